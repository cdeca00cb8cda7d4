"""Who we are to the register, and where we post: one module per way in. Transports know bytes, never
citizens.
"""
