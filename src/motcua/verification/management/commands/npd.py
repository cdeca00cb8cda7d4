"""The operator's commands: ``motcua npd ping``, ``check``, ``lines``, ``use`` and ``conformance``."""

from __future__ import annotations

import getpass
import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand
from django.db import OperationalError, ProgrammingError
from django.utils import timezone

from motcua.identity.birth import BirthRefused, parse_birth
from motcua.identity.claims import IdentityClaim
from motcua.identity.names import NameRefused
from motcua.identity.numbers import NumberRefused, parse_number
from motcua.identity.verification import NotAllowed, Outcome, Rejected, Unanswered, Verified
from motcua.verification import lines_told, registers
from motcua.verification.models import IdentityCheck
from motcua.verification.service import Mode, NoSuchLine, Route, check_as_operator, ping, use_line
from motcua.web.connections import away

_EXIT: Final = {"verified": 0, "rejected": 1, "unanswered": 2, "not_allowed": 3, "invalid": 4}
_REFUSED: Final = 4


class Command(BaseCommand):
    """Ask the register from the command line, for those who keep the product up."""

    help = "Ask the National Population Database, and see to the lines that lead there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the commands."""
        commands = parser.add_subparsers(dest="command", required=True)
        ping = commands.add_parser(
            "ping", help="ask for a person who cannot exist; only the proper 'nobody' is good"
        )
        ping.add_argument(
            "--line", choices=Route.values, help="which line; the one that questions take if not given"
        )
        check = commands.add_parser("check", help="check a name, a number and a birth date; output is masked")
        check.add_argument("--name", required=True, help="full name with all accents")
        check.add_argument("--number", required=True, help="12 digits (CCCD) or 9 digits (CMND)")
        check.add_argument("--birth", required=True, help="dd/mm/yyyy, or yyyy where only the year is known")
        check.add_argument("--json", action="store_true", dest="as_json", help="print one JSON object")
        lines = commands.add_parser(
            "lines",
            help="show the lines, their light and certificates; exit 0 fine, 1 look soon, 2 out of reach",
        )
        lines.add_argument("--json", action="store_true", dest="as_json", help="print one JSON object")
        use = commands.add_parser("use", help="choose the line that questions take; recorded")
        use.add_argument("mode", choices=Mode.values, help="auto: by health; primary or standby: by hand")
        conformance = commands.add_parser(
            "conformance",
            help="try a register and our own client with every known shape of question and answer",
        )
        what = conformance.add_mutually_exclusive_group(required=True)
        what.add_argument("--url", help="address of the register or sandbox that is tried")
        what.add_argument("--verify", type=Path, metavar="FOLDER", help="check the signature of a report")
        conformance.add_argument("--json", action="store_true", dest="as_json", help="print one JSON object")
        conformance.add_argument("--report", type=Path, help="folder for the signed report and its page")
        conformance.add_argument(
            "--people", type=Path, help="JSON of other people, paths and credentials than the sandbox's"
        )

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Check the settings first only where a question is asked.

        A line whose settings cannot work is seen, and left for the other, by these very commands.
        """
        if options["command"] not in ("ping", "check"):
            options["skip_checks"] = True
        return super().execute(*args, **options)

    def handle(self, *args: Any, command: str, **options: Any) -> None:
        """Run one of them; the exit code tells the outcome."""
        if command == "conformance":
            sys.exit(self._conformance(options))
        try:
            code = self._with_database(command, options)
        except (OperationalError, ProgrammingError) as error:
            self.stderr.write(
                f"{away(error)} Give this command the variables that motcua serve has, and run motcua serve first."
            )
            code = _EXIT["unanswered"]
        sys.exit(code)

    def _with_database(self, command: str, options: dict[str, Any]) -> int:
        match command:
            case "ping":
                return self._ping(Route(options["line"]) if options["line"] else None)
            case "lines":
                return lines_told.tell(
                    now=timezone.now(), as_json=options["as_json"], out=self.stdout, more=self.stderr
                )
            case "use":
                return self._use(Mode(options["mode"]))
            case _:
                return self._check(
                    options["name"], options["number"], options["birth"], as_json=options["as_json"]
                )

    def _conformance(self, options: dict[str, Any]) -> int:
        # Needs no database, and much that no other command needs.
        from motcua.verification import conformance

        if options["verify"]:
            return conformance.verify_report(options["verify"], stdout=self.stdout, stderr=self.stderr)
        return conformance.run(
            url=options["url"],
            as_json=options["as_json"],
            folder=options["report"],
            stdout=self.stdout,
            people=options["people"],
            stderr=self.stderr,
        )

    def _use(self, mode: Mode) -> int:
        try:
            use_line(mode=mode, by=None, operator=getpass.getuser(), now=timezone.now())
        except NoSuchLine:
            self.stderr.write("There is no stand-by line: set NPD_STANDBY_TRANSPORT and what belongs to it.")
            return _REFUSED
        self.stdout.write(f"Questions take: {mode.value}.")
        return 0

    def _ping(self, route: Route | None) -> int:
        if route is Route.STANDBY and route not in registers.routes():
            self.stderr.write("There is no stand-by line: set NPD_STANDBY_TRANSPORT and what belongs to it.")
            return _REFUSED
        check, outcome = ping(now=timezone.now(), route=route)
        match outcome:
            case Rejected():
                took = (check.answered_at - check.asked_at).total_seconds() if check.answered_at else 0.0
                self.stdout.write(
                    f"The register answered in {took:.2f} s over the {check.route} line by {outcome.line}: "
                    "nobody, as it should."
                )
                return 0
            case Verified():
                self.stdout.write(
                    "Somebody answers to NPD_PING_NUMBER. Set it to a number that no person has."
                )
                return 1
            case Unanswered() | NotAllowed():
                prefix = registers.register_settings(Route(check.route)).prefix
                self.stdout.write(
                    f"{_told(outcome)}. See {prefix}URL and the credentials beside it, and the log."
                )
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
        "route": check.route,
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
