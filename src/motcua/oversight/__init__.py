"""Who looked at whom, for those who may ask: the citizen, the supervisor, the authority.

Reads the checks and never asks the register. Must not know the desk's pages, nor they it.
"""
