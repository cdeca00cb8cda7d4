"""The catalogue of administrative procedures: what to bring, how long it takes, what it costs.

    service, search           what is offered where, and finding it
    terms, comparing          what a procedure says at a time: its revisions
    catalogue_file, importing, copying    the catalogue as a file, and settings from office to office

Must not know dossiers, desks or the register.
"""
