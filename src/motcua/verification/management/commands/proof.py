"""The commands about signed checks: ``motcua proof export``, ``verify`` and ``key``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand
from django.utils import timezone

from motcua.identity.birth import BirthRefused, parse_birth
from motcua.identity.claims import IdentityClaim
from motcua.identity.names import NameRefused
from motcua.identity.numbers import NumberRefused, parse_number
from motcua.sealing import key_id
from motcua.verification import proofs
from motcua.verification.proofs import ProofRefused
from motcua.verification.service import claim_digest

_VALID, _NOT_VALID = 0, 1
_TOLD: Final = (
    "outcome", "reason", "asked_at", "answered_at", "touch_point", "office", "procedure", "purpose", "request_id",
    "register_ids", "request_digest", "answer_digest", "transport", "certificate",
)  # fmt: skip


class Command(BaseCommand):
    """Hand out what proves a check, and verify it, also years later and elsewhere."""

    help = "Export and verify signed checks of an identity."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the commands."""
        commands = parser.add_subparsers(dest="command", required=True)
        export = commands.add_parser(
            "export", help="write a check's proof; a person stands in it as digests only"
        )
        export.add_argument("check", help="the short code (XXXX-XXXX-XXXX) or the request id (MC-…)")
        export.add_argument("file", nargs="?", type=Path, help="where to; standard output if not given")
        verify = commands.add_parser(
            "verify", help="verify a proof, without database and network; exit 0 valid, 1 not valid"
        )
        verify.add_argument("file", type=Path)
        verify.add_argument(
            "--key",
            type=Path,
            action="append",
            default=[],
            metavar="PEM_OR_FOLDER",
            help="a public key that is trusted, or a folder of them; MOTCUA_STATE/published-keys if not given",
        )
        verify.add_argument(
            "--about",
            action="store_true",
            help="also say whether it is about one person: name, number and birth date are read from standard input, "
            "one a line; only where the secret is that the check was made with",
        )
        commands.add_parser("key", help="print the public key of what is signed now")

    def handle(self, *args: Any, command: str, **options: Any) -> None:
        """Run one of them; the exit code tells the outcome."""
        match command:
            case "export":
                code = self._export(options["check"], options["file"])
            case "verify":
                code = self._verify(options["file"], options["key"], is_about=options["about"])
            case _:
                named = proofs.publish()
                self.stdout.write(proofs.present_key().decode(), ending="")
                self.stderr.write(f"Key {named}, kept in {proofs.folder()}.")
                code = _VALID
        sys.exit(code)

    def _export(self, named: str, file: Path | None) -> int:
        check = proofs.find(named)
        if check is None:
            self.stderr.write("There is no check with this code or request id.")
            return _NOT_VALID
        try:
            text = proofs.proof_text(check)
            if file is None:
                self.stdout.write(text, ending="")
            else:
                file.write_text(text, encoding="utf-8")
        except ProofRefused as refused:
            self.stderr.write(f"There is no proof: {refused}.")
            return _NOT_VALID
        except OSError as error:
            self.stderr.write(f"{file} cannot be written to ({error.strerror}).")
            return _NOT_VALID
        return _VALID

    def _verify(self, file: Path, places: list[Path], *, is_about: bool) -> int:
        try:
            keys = proofs.published_keys(places)
            with file.open("rb") as opened:
                raw = opened.read(proofs.LARGEST + 1)
        except OSError as error:
            self.stderr.write(f"NOT VALID: {error.filename} cannot be read ({error.strerror}).")
            return _NOT_VALID
        except ValueError:
            self.stderr.write("NOT VALID: --key names a file that holds no Ed25519 public key in PEM form.")
            return _NOT_VALID
        try:
            said, key = proofs.verified(raw, keys)
        except ProofRefused as refused:
            self.stderr.write(f"NOT VALID: {refused}.")
            return _NOT_VALID
        self.stdout.write(f"VALID: signed with the key {key}, and unchanged since.")
        for name in _TOLD:
            if said.get(name):
                self.stdout.write(f"  {name}: {said[name]}")
        return self._about(said, key) if is_about else _VALID

    def _about(self, said: dict[str, Any], key: str) -> int:
        if key != key_id(proofs.present_key()):
            self.stderr.write("Whom it is about cannot be told here: it was made with another secret.")
            return _NOT_VALID
        name, number, birth = (sys.stdin.readline().strip() for _ in range(3))
        try:
            claim = IdentityClaim(name, parse_number(number), parse_birth(birth, today=timezone.localdate()))
        except (NameRefused, NumberRefused, BirthRefused) as refused:
            # The reason alone: what was typed is personal.
            self.stderr.write(f"Name, number and birth date cannot be read ({refused.reason}).")
            return _NOT_VALID
        if claim_digest(claim) != said["claim_digest"]:
            self.stderr.write("It is not about this person.")
            return _NOT_VALID
        self.stdout.write("It is about this person.")
        return _VALID
