"""Faults and attacks against real processes: nothing is simulated inside the product."""
