"""Mutation fuzzers over everything that reads what strangers write: ``make fuzz``."""
