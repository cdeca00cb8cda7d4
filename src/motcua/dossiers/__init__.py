"""A dossier's life: the citizen's draft, its papers, its code, its states, its tracking.

Must not know the desk's pages. Asks the register only through ``verification.service``.
"""
