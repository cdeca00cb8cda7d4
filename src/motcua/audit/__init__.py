"""What happened, who did it, when: append-only events that tell no secrets.

    service                   the doors: record, seal, verify, erase, export, archive
    events                    the catalogue: every event, its sentence, what it may carry, how long it stays
    recording, reading        one row, with a mac; rows again, whatever a hand has made of them
    chain, sealer             the arithmetic of the chain, and what makes a batch of it
    heads, standing           heads outside the database, and where the database stands beside them
    verifying, report         does the log still say what was recorded; what was found
    erasing, months           what goes when its time is over; a table for each month
    archiving, archives       old months into files, and these read again
    exporting                 a signed copy of a period

A check of an identity is its own record (``verification.IdentityCheck``); everything else that an inspector may ask
about is an event here. Knows no page and no register.
"""
