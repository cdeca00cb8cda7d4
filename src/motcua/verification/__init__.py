"""Asking on behalf of a page: permission, limits, proof.

The only app that knows the way to the register. Must not know accounts, procedures, dossiers or pages: who asks and
why come in as plain values (``service.Asker``, ``service.Purpose``).
"""
