"""The way to the National Population Database: messages, transports, time, breaker.

What it is for: it implements the core's port (`motcua.identity.register.PopulationRegister`) over the wire
that provincial systems use, and ships an honest in-memory register for tests and demonstrations.

What it must not know: Django, pages, officers' rights, limits of persons. What several processes must share
(the breaker, the bound on questions in flight) it only describes (`line.py`); who runs it decides where
that state lives. lxml and urllib3 are used here and nowhere else.
"""
