"""The desk's form, for what all pages share."""

from __future__ import annotations

from tests.reception.conftest import desk

__all__ = ["desk"]
