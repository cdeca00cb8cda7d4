"""``motcua outbox``: what waits to be told to other systems, and which of them are out of reach; sending again."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from motcua.outbox.models import Parcel
from motcua.outbox.service import standing
from motcua.oversight.sending_again import send_given_up_again


class Command(BaseCommand):
    """Tell how each system stands, asking nobody; or let everything that was given up for one wait again."""

    help = "Tells what waits for each other system, since when, what was given up, and who is out of reach."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--again", metavar="SYSTEM", help="send again all that was given up for a system")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON object")

    def handle(self, *args: Any, as_json: bool, again: str | None = None, **options: Any) -> None:
        """Run; ends with 1 when a system is out of reach, or something was given up or tried in vain for long."""
        if again is not None:
            return self._send_again(again)
        topics = standing()
        if as_json:
            said = {one.topic: one.as_json() for one in topics}
            self.stdout.write(json.dumps(said, ensure_ascii=False))
        elif not topics:
            self.stdout.write("nothing waits")
        else:
            for one in topics:
                self.stdout.write(f"{one.topic}: {one.waiting} waiting{_since(', the oldest', one.oldest)}")
                if one.stuck:
                    self.stdout.write(f"  tried again and again in vain: {one.stuck}")
                if one.given_up:
                    self.stdout.write(f"  given up: {one.given_up}")
                if one.paused_since:
                    again = f"{timezone.localtime(one.next_try):%H:%M:%S}"
                    gone = _since("", one.paused_since)
                    self.stdout.write(f"  out of reach{gone}: {one.problem}; next try {again}")
        if any(one.stuck or one.given_up or one.paused_since for one in topics):
            sys.exit(1)
        return None

    def _send_again(self, topic: str) -> None:
        """Ends with 1 when nothing was given up, or something of it cannot be sent any more."""
        given_up = Parcel.objects.filter(Parcel.GIVEN_UP)
        if not given_up.filter(topic=topic).exists():
            there = sorted(set(given_up.order_by().values_list("topic", flat=True)))
            raise CommandError(
                f"nothing was given up for {topic!r}; for others: {', '.join(there) or 'nothing'}"
            )
        done = send_given_up_again(Parcel.objects.filter(topic=topic), by=None, now=timezone.now())
        self.stdout.write(f"{topic}: {done.sent} will be sent again")
        if done.forgotten:
            raise CommandError(f"{done.forgotten} cannot be sent: what they said was deleted after its time")


def _since(words: str, at: Any) -> str:
    return f"{words} since {timezone.localtime(at):%d/%m/%Y %H:%M:%S}" if at else ""
