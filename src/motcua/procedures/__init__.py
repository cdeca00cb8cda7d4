"""The catalogue of administrative procedures: what to bring, how long it takes, what it costs.

Must not know dossiers, desks or the register.
"""
