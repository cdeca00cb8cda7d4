"""The way to the National Population Database: messages, transports, time, breaker.

What it is for: it implements the core's port (`motcua.identity.register.PopulationRegister`) over the wire
that provincial systems use, and ships an honest in-memory register for tests and demonstrations.

    wire, soap                the register's messages in SOAP: bytes ↔ values, and the hardened parser
    wire_json, json_text      the same for provinces' JSON adapters
    transports                who we are to the register, and where we post: one module per way in
    gateway, settings         message, transport and time put together; what one line is set up with
    line, certificates        breaker and bound as pure rules; until when certificates hold
    memory, conformance       the register for tests; scenarios for other people's servers

What it must not know: Django, pages, officers' rights, limits of persons. What several processes must share
(the breaker, the bound on questions in flight) it only describes (`line.py`); who runs it decides where
that state lives. lxml is used here and nowhere else; urllib3 here and in `outbox.posting`.
"""
