"""Who people are here: citizens with an account of the portal's own, officers, offices; register, log in, edit.

Must not know procedures, dossiers or desks. Asks the register only through ``verification.service``.
"""
