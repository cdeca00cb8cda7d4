"""Who looked at whom, for those who may ask: the citizen, the supervisor, the authority.

    overview, reviewing       the supervisor's look at checks
    history, objecting        the citizen's own list, and saying "I did not ask for this"
    looking_up                the one question without a dossier
    balancing, exporting      the nightly comparison with the dossiers, and the signed file
    outbox_admin, sending_again, log_admin        what other systems were told, and the log, for administrators
    rows, keeping             tables of checks as HTML; for how long findings stay

Reads the checks, and asks the register for look-ups without a dossier alone. Must not know the desk's pages, nor they
it.
"""
