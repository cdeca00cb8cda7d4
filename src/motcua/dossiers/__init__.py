"""A dossier's life, from draft to result.

    states, moving            the one table of moves, and the one door through which a status changes
    access                    whose hand may do what to which dossier
    filing, owners, holding, asking, agreeing     the citizen's draft until it is filed, and what holds it back
    receiving, handing        received by an office, and passed from hand to hand
    supplementing, answering, charging            papers and fees asked for, and given
    due_dates, clock, extending                   when it is due
    results, rating           what came out, and how the citizen found it
    rechecking, pace, reminding                   identities that are checked later
    telling, national, timeline                   what citizens, officials and the national portal are told
    numbering, finding, tracking, residence       its code, and how it is found again
    giving, uploading, reusing, components        papers that are given; ``files`` keeps what is in them
    service                   what other apps may do to dossiers

Must not know money's receipts, slips or the desk's pages. Asks the register only through ``verification.service``.
"""
