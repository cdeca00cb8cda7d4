"""Who people are here: citizens with an account of the portal's own, officials, offices; register, log in, edit.

    service                   the doors: register, log in, change a password, correct a profile; who asks the register
    passwords, tries, second_factor, sessions     the way in, and how often one may be wrong
    backends, session_store   who it is that logs in, and how every page knows them again
    rights, rights_table, access      the one table of rights, the same as people read it, and which page it opens
    requests                  what reaches a page behind such a guard
    administration            who comes in to the administration pages
    offices, hours            the tree of offices, and when each is open
    notices                   messages in somebody's inbox
    recording                 what happens to an account, entered in the log
    demo                      the accounts whose passwords everybody can read

Must not know procedures, dossiers or desks. Asks the register only through ``verification.service``.
"""
