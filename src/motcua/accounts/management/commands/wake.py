"""``motcua wake LOGIN``: for the last administrator, whom nobody else can wake."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from motcua.accounts.service import official, wake


class Command(BaseCommand):
    """Lets somebody log in whose account was not used for ``IDLE_DAYS``."""

    help = "Wake the account of an officer or administrator who has not logged in for IDLE_DAYS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the log-in word."""
        parser.add_argument("login", help="the log-in word")

    def handle(self, *args: Any, **options: Any) -> None:
        """Wake the account."""
        user = official(options["login"])
        if user is None:
            raise CommandError(f"There is no officer or administrator {options['login']!r}.")
        wake(user=user, by=None, now=timezone.now())
        self.stdout.write(f"{user.login} may log in again.")
