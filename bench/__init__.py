"""How fast the product is, measured against a register that always takes fifty milliseconds; not a test.

``python -m bench`` (``make bench``) starts its own PostgreSQL, product and register, measures, and writes
``bench/results/latest.json``.
"""
