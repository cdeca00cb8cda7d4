"""``motcua second_factor_off LOGIN``: for the last administrator, whose telephone is lost."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from motcua.accounts.second_factor import switch_off
from motcua.accounts.service import official


class Command(BaseCommand):
    """Switches off a factor that was lost; where one is required, the next log-in leads to a new one."""

    help = "Switch off the second factor of an officer or administrator who has lost it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the log-in word."""
        parser.add_argument("login", help="the log-in word")

    def handle(self, *args: Any, **options: Any) -> None:
        """Switch it off."""
        user = official(options["login"])
        if user is None or not user.has_second_factor:
            raise CommandError(
                f"There is no officer or administrator {options['login']!r} with a second factor."
            )
        switch_off(user=user, by=None, now=timezone.now())
        self.stdout.write(f"{user.login} logs in with the password alone, and should switch a new one on.")
