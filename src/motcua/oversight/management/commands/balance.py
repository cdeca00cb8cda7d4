"""``motcua balance``: compare a day's checks with its dossiers."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count
from django.utils import timezone

from motcua.oversight.balancing import DayNotOver, balance
from motcua.web.days import parse_day


class Command(BaseCommand):
    """Make the balance of one day, or print the one that was made."""

    help = "Compares a day's checks with its dossiers and counts what differs; by itself this happens every night."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the day."""
        parser.add_argument(
            "--on", type=parse_day, help="the day as dd/mm/yyyy; yesterday when it is left out"
        )

    def handle(self, *args: Any, on: date | None, **options: Any) -> None:
        """Run."""
        now = timezone.now()
        day = on or timezone.localdate(now) - timedelta(days=1)
        try:
            made = balance(on=day, now=now)
        except DayNotOver:
            raise CommandError(f"{day:%d/%m/%Y} can be balanced from 00:30 of the next day on.") from None
        self.stdout.write(f"{made}: {made.checks} checks, {made.dossiers} dossiers")
        kinds = made.differences.values_list("kind").annotate(Count("pk")).order_by("kind")
        for kind, count in kinds:
            self.stdout.write(f"  {kind}: {count}")
        if not kinds:
            self.stdout.write("  no differences")
