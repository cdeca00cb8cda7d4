"""``motcua later_checks``: how many dossiers wait for the register's answer."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Count, Min
from django.utils import timezone

from motcua.dossiers.models import Recheck


class Command(BaseCommand):
    """Tell how long the queue of later checks is; asks nobody."""

    help = "Tells how many dossiers wait for a later check, since when, and how many an officer must look at."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the option."""
        parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON object")

    def handle(self, *args: Any, as_json: bool, **options: Any) -> None:
        """Run."""
        waiting = Recheck.objects.filter(state=Recheck.State.WAITING).aggregate(
            count=Count("pk"), since=Min("queued_at")
        )
        parked = Recheck.objects.filter(state=Recheck.State.PARKED).count()
        since = timezone.localtime(waiting["since"]) if waiting["since"] else None
        if as_json:
            moment = since.isoformat(timespec="seconds") if since else None
            self.stdout.write(json.dumps({"waiting": waiting["count"], "since": moment, "parked": parked}))
            return
        oldest = f", the oldest since {since:%d/%m/%Y %H:%M:%S}" if since else ""
        self.stdout.write(f"waiting: {waiting['count']}{oldest}")
        self.stdout.write(f"for an officer to look at: {parked}")
