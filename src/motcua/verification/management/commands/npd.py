"""The operator's commands: ``motcua npd ping`` and ``motcua npd check``."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand
from django.utils import timezone

from motcua.identity.birth import BirthRefused, parse_birth
from motcua.identity.claims import IdentityClaim
from motcua.identity.names import NameRefused
from motcua.identity.numbers import NumberRefused, parse_number
from motcua.identity.verification import NotAllowed, Outcome, Rejected, Unanswered, Verified
from motcua.verification.models import IdentityCheck
from motcua.verification.service import check_as_operator, ping

_EXIT: Final = {"verified": 0, "rejected": 1, "unanswered": 2, "not_allowed": 3, "invalid": 4}


class Command(BaseCommand):
    """Ask the register from the command line, for those who keep the product up."""

    help = "Ask the National Population Database: is it there (ping), is a person who they say (check)?"
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the two commands."""
        commands = parser.add_subparsers(dest="command", required=True)
        commands.add_parser(
            "ping", help="ask for a person who cannot exist; only the proper 'nobody' is good"
        )
        check = commands.add_parser("check", help="check a name, a number and a birth date; output is masked")
        check.add_argument("--name", required=True, help="full name with all accents")
        check.add_argument("--number", required=True, help="12 digits (CCCD) or 9 digits (CMND)")
        check.add_argument("--birth", required=True, help="dd/mm/yyyy, or yyyy where only the year is known")
        check.add_argument("--json", action="store_true", dest="as_json", help="print one JSON object")

    def handle(self, *args: Any, command: str, **options: Any) -> None:
        """Run one of the two; the exit code tells the outcome."""
        if command == "ping":
            sys.exit(self._ping())
        sys.exit(
            self._check(options["name"], options["number"], options["birth"], as_json=options["as_json"])
        )

    def _ping(self) -> int:
        check, outcome = ping(now=timezone.now())
        match outcome:
            case Rejected():
                took = (check.answered_at - check.asked_at).total_seconds() if check.answered_at else 0.0
                self.stdout.write(
                    f"The register answered in {took:.2f} s by {outcome.line}: nobody, as it should."
                )
                return 0
            case Verified():
                self.stdout.write(
                    "Somebody answers to NPD_PING_NUMBER. Set it to a number that no person has."
                )
                return 1
            case Unanswered() | NotAllowed():
                self.stdout.write(f"{_told(outcome)}. See NPD_URL, NPD_USERNAME and NPD_SECRET, and the log.")
                return _EXIT[check.outcome]

    def _check(self, name: str, number: str, birth: str, *, as_json: bool) -> int:
        try:
            claim = IdentityClaim(name, parse_number(number), parse_birth(birth, today=timezone.localdate()))
        except (NameRefused, NumberRefused, BirthRefused) as refusal:
            field = {NameRefused: "--name", NumberRefused: "--number", BirthRefused: "--birth"}[type(refusal)]
            return self._print({"outcome": "invalid", "field": field, "reason": refusal.reason}, as_json)
        check, outcome = check_as_operator(claim=claim, now=timezone.now())
        return self._print(_facts(check, outcome), as_json)

    def _print(self, facts: dict[str, Any], as_json: bool) -> int:
        if as_json:
            self.stdout.write(json.dumps(facts, ensure_ascii=False))
        else:
            self.stdout.write(str(facts["outcome"]))
            for label, value in facts.items():
                if label != "outcome" and value:
                    self.stderr.write(f"  {label}: {value}")
        return _EXIT[facts["outcome"]]


def _facts(check: IdentityCheck, outcome: Outcome) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "outcome": check.outcome,
        "number": check.number_masked,
        "request_id": check.request_id,
        "line": check.line,
        "asked_at": timezone.localtime(check.asked_at).isoformat(timespec="seconds"),
    }
    if isinstance(outcome, Verified):
        facts |= {"matched_by": check.matched_by, "birth_match": check.birth_match}
    if isinstance(outcome, Unanswered | NotAllowed):
        facts |= {"reason": check.reason, "detail": outcome.detail}
    return facts


def _told(outcome: Unanswered | NotAllowed) -> str:
    reason = outcome.trouble.value if isinstance(outcome, Unanswered) else outcome.barred.value
    return f"No proper answer ({reason}): {outcome.detail}"
