"""What other systems are told: written down with the change that they are told of, sent when they can be reached.

Must not know what is in a parcel, nor to whom it goes: a courier for each topic is passed in (``config.couriers``).
``posting`` is the one way out over HTTP beside the register's client.
"""
