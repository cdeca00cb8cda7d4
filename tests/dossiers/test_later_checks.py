"""What ``motcua later_checks`` tells the operator."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command

from motcua.accounts.models import User
from tests.dossiers.test_rechecks import received

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]


def test_the_operator_reads_how_long_the_queue_is(officer: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("later_checks")
    assert capsys.readouterr().out.splitlines() == ["waiting: 0", "for an officer to look at: 0"]

    received(officer)
    call_command("later_checks")
    assert "waiting: 1, the oldest since 23/11/2026 09:00:00" in capsys.readouterr().out
    call_command("later_checks", "--json")
    told = json.loads(capsys.readouterr().out)

    assert told == {"waiting": 1, "since": "2026-11-23T09:00:00+07:00", "parked": 0}
