"""``motcua outbox``: what waits to be told to other systems, and which of them are out of reach."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from motcua.outbox.service import standing


class Command(BaseCommand):
    """Tell how each system stands; sends nothing and asks nobody."""

    help = "Tells what waits for each other system, since when, what was given up, and who is out of reach."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the option."""
        parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON object")

    def handle(self, *args: Any, as_json: bool, **options: Any) -> None:
        """Run; ends with 1 when a system is out of reach or something was given up."""
        topics = standing()
        if as_json:
            said = {one.topic: one.as_json() for one in topics}
            self.stdout.write(json.dumps(said, ensure_ascii=False))
        elif not topics:
            self.stdout.write("nothing waits")
        else:
            for one in topics:
                self.stdout.write(f"{one.topic}: {one.waiting} waiting{_since(', the oldest', one.oldest)}")
                if one.given_up:
                    self.stdout.write(f"  given up: {one.given_up}")
                if one.paused_since:
                    again = f"{timezone.localtime(one.next_try):%H:%M:%S}"
                    gone = _since("", one.paused_since)
                    self.stdout.write(f"  out of reach{gone}: {one.problem}; next try {again}")
        if any(one.given_up or one.paused_since for one in topics):
            sys.exit(1)


def _since(words: str, at: Any) -> str:
    return f"{words} since {timezone.localtime(at):%d/%m/%Y %H:%M:%S}" if at else ""
