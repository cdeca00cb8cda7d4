"""Money: receipts, the till and its day, paying by a bank.

Public: ``service`` (cash and exemptions), ``closing``, ``online`` (paying by a bank), ``bank.probe``.
"""
