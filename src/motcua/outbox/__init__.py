"""What other systems are told: written down with the change that they are told of, sent when they can be reached.

    service                   parcels written down with their cause, and brought once and in order
    posting                   JSON over HTTP: the one way out beside the register's client

Must not know what is in a parcel, nor to whom it goes: a courier for each topic is passed in (``config.couriers``).
"""
