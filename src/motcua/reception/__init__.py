"""The officer's desk: the reception form, the check button, the queue, a dossier's page.

    desk, person, findings    the form between two presses, each person on it, what the register said of them
    open_forms, scan, procedure_options       an open form, a scanned card, and the procedures to choose from
    service                   what becomes of the form when it is saved
    listing, filters, search, saved_filters, batches    the queue
    actions, action_forms     the table of what officials may do with a dossier; it shows and calls, and decides nothing

Must not know figures or oversight, nor they it. Asks the register only through ``verification.service``.
"""
