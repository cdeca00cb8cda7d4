"""A dossier's life, from draft to result.

    states, steps             the one table of moves with all that people read of them; the one door to a new status
    access                    whose hand may do what to which dossier
    filing, owners            the citizen's draft until it is filed, for themselves or another
    filing_holds, filing_checks                   what holds a draft back; the question to the register about it
    intake, hand_overs        received by an office, and passed from hand to hand
    agreed_terms              what holds for it from then on: revision, time limit, fee
    supplements, fees         papers and fees asked for, and given
    due_dates, time_limits, extensions            when it is due
    results, ratings          what came out, and how the citizen found it
    rechecks, recheck_pace, reminders             identities that are checked later
    notifications, national_portal, timeline      what citizens, officials and the national portal are told
    codes, search, tracking, residence            its code, how it is found again, a residence in words
    papers, paper_lines, uploads, paper_reuse     files that are given: for what, in pieces, again; kept by ``files``
    service                   what several pages do to dossiers, in one place

Must not know money's receipts, slips or the desk's pages. Asks the register only through ``verification.service``.
"""
