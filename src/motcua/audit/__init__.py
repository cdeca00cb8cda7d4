"""What happened, who did it, when: append-only events that tell no secrets.

A check of an identity is its own record (``verification.IdentityCheck``); everything else that an inspector may ask
about is an event here. Knows no page and no register.
"""
