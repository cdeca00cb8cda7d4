"""Does a server talk as every known client needs it, and does our client survive every known server?

What it is for: scenarios in two halves. `families` and `rules` speak to a server as other people's programs do, in
hand-written text over the standard library, sharing no line with our own client. `answers` and `breakdowns` put our
client before a small server on loopback (`replay`) that answers in every shape we know and misbehaves in every way we
could think of. `page` writes what came out as a page.

What it must not know: Django, a database, who signs the report. It changes nothing in the server that it examines,
and asks about synthetic people only, unless it is given others.
"""
