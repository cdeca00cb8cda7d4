"""Settings, addresses and commands: the one package that knows everybody, and that nobody imports.

    env, settings, production     every variable, what becomes of it, and what is refused in production
    database                  what the database must be
    pages, processing         the pages written from code, and the record of processing among them
    cli, serve, work          the command ``motcua``, the server, and the work that waits
    crowding                  who is told to wait when more come than can be answered
    couriers                  who brings the parcels of ``outbox``
    standing, metrics, told, watching, doctor     how everything stands: for a monitor, for people, for operators
    backup, rehearsal, keys, retention            what is saved, brought back, sealed anew and erased
    demo, province            the product with a living office, to look at
    administration, translations, urls, wsgi

Decides nothing about a citizen, a check or a dossier: it asks the services of the floors below.
"""
