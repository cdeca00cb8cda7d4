"""A receipt's number in the series of its office and year: no gaps, no doubles."""

from __future__ import annotations

from typing import Final

from django.db import connection
from django.db.transaction import TransactionManagementError

from motcua.payments.models import ReceiptCounter

_TABLE: Final = ReceiptCounter._meta.db_table
# One statement on both databases: it makes the year's row or locks it, and tells the number it gave.
_NEXT: Final = f"""
    INSERT INTO {_TABLE} (office_id, year, last) VALUES (%s, %s, 1)
    ON CONFLICT (office_id, year) DO UPDATE SET last = {_TABLE}.last + 1 RETURNING last
"""  # noqa: S608  # nosec B608 # names of ours


def next_number(office_pk: int, year: int) -> int:
    """Give the next number of an office in a year; a rollback gives it back.

    Call it inside the transaction that saves the receipt, as late as can be: the counter's row stays locked until that
    transaction ends.

    Raises:
        TransactionManagementError: no transaction is open.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("a receipt is numbered in the transaction that saves it")
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [office_pk, year])
        (last,) = cursor.fetchone()
    return int(last)
