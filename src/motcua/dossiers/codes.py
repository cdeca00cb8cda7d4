"""A dossier's code ``{office}-YYMMDD-XXXX``, no gaps, no doubles (TT 01/2018/TT-VPCP, Điều 19)."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from django.db import connection
from django.db.transaction import TransactionManagementError

from motcua.dossiers.models import CodeCounter
from motcua.identity.numbers import UNSEEN

# Both styles of unit codes (000.00.01.H27 and H27.01), and the ministries' longer numbers.
_CODE: Final = re.compile(r"[A-Z0-9]{1,10}(?:\.[A-Z0-9]{1,10}){0,9}-[0-9]{6}-[0-9]{4,7}")
_LONGEST: Final = 60
# A long code has such places in the register's book, where it breaks.
_BETWEEN: Final = re.compile(rf"[\s{UNSEEN}]+")
# Slips bear the address where a dossier is followed as a QR code: what a scanner types that reads this one.
_ON_A_SLIP: Final = re.compile(r"\s*https?:\S*[?&]ma=(\S+)\s*", re.IGNORECASE)
# One statement on both databases: it makes the day's row or locks it, and tells the number it gave.
_NEXT: Final = f"""
    INSERT INTO {CodeCounter._meta.db_table} (office_code, "on", last) VALUES (%s, %s, 1)
    ON CONFLICT (office_code, "on") DO UPDATE SET last = {CodeCounter._meta.db_table}.last + 1 RETURNING last
"""  # noqa: S608  # nosec B608 # names of ours


def next_code(office_code: str, on: date) -> str:
    """Give the next code of an office on a day; the number is lost neither by a crash nor by a refusal.

    Must be called inside the transaction that saves the dossier: the counter's row stays locked until that
    transaction ends, and a rollback gives the number back.

    Args:
        office_code: the unit code of the receiving office.
        on: the local day.

    Returns:
        The code, such as ``H24.31.01-261123-0001``; from the ten-thousandth on it has five digits.

    Raises:
        TransactionManagementError: no transaction is open.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("next_code must run inside the transaction that saves the dossier")
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [office_code, on])
        (last,) = cursor.fetchone()
    return f"{office_code}-{on:%y%m%d}-{last:04d}"


def parse_code(text: str) -> str | None:
    """Read a code as a person types it, or as a scanner the bar code or QR code of a slip.

    Lower case, blanks, typographic dashes and what nobody sees are forgiven.

    Returns:
        The code as it is stored, or None when the text cannot be one.
    """
    if len(text) > 2 * _LONGEST:
        return None
    if scanned := _ON_A_SLIP.fullmatch(text):
        text = scanned[1]
    code = plain(text)
    return code if len(code) <= _LONGEST and _CODE.fullmatch(code) else None


def plain(text: str) -> str:
    """Return a code, or a part of one, in the signs that codes have: without blanks and what nobody sees in it."""
    return re.sub(r"[‐‑‒–—−]", "-", _BETWEEN.sub("", text)).upper()
