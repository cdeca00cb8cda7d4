"""What all pages share: form fields over the core, middleware, log filter, templates, static files.

    fields, markup            what people type, read by the core; its refusals in Vietnamese
    languages, formats        Vietnamese and English, and how each writes dates and numbers
    logs, middleware, requests, uploads, context      what no page should have to think of
    days, moments             whole days, and a moment in an address
    alphabet                  the order in which names and titles stand
    addresses, unions, cells, administration          for long lists: addresses, one out of several, files, a week
    statements, connections   queries built once; the place at the database that a thread holds
    tallies                   counts over all processes of a machine
    places                    how many requests of a process work at once, and when one more is too many

Must not know any business app, nor the register.
"""
