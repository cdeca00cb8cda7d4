"""What all pages share: form fields over the core, middleware, log filter, templates, static files.

    fields, markup            what people type, read by the core; its refusals in Vietnamese
    languages, formats        Vietnamese and English, and how each writes dates and numbers
    logs, middleware, requests, uploads   what no page should have to think of
    tallies                   counts over all processes of a machine
    places                    how many requests of a process work at once, and when one more is too many

Must not know any business app, nor the register.
"""
