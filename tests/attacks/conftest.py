"""The desk's form, for attacks on it."""

from __future__ import annotations

from tests.reception.conftest import desk, desk_of

__all__ = ["desk", "desk_of"]
