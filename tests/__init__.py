"""Tests, laid out as the code is; they speak of the cast in ``tests/people.py``."""
