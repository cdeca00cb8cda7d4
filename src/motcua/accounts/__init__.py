"""Who people are here: citizens with an account of the portal's own, officials, offices; register, log in, edit.

    service                   the doors: register, log in, change a password, correct a profile; who asks the register
    passwords, tries, second_factor, sessions     the way in, and how often one may be wrong
    rights, access            the one table of rights, and which page it opens
    offices, hours            the tree of offices, and when each is open
    notices                   messages in somebody's inbox
    recording                 what happens to an account, entered in the log

Must not know procedures, dossiers or desks. Asks the register only through ``verification.service``.
"""
