"""The numbers that people manage by: received, on time, late, checked, rated; no person stands in any of them.

Counts dossiers, checks and ratings (``counting``), and changes nothing. Must not know the desk's pages or those of
oversight, nor they it.
"""
