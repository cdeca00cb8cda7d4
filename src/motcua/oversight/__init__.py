"""Who looked at whom, for those who may ask: the citizen, the supervisor, the authority.

Reads the checks, and asks the register for look-ups without a dossier alone. Must not know the desk's pages, nor they
it.
"""
