"""``motcua changepassword [LOGIN]``: another password for somebody who forgot theirs and whom nobody else can help."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from motcua.accounts.backends import find_user
from motcua.accounts.forms import PasswordField, password_errors
from motcua.accounts.models import User
from motcua.accounts.service import give_password

_TRIES: Final = 3
_FIELD: Final = PasswordField(label="", autocomplete="")


class Command(BaseCommand):
    """In the place of Django's command, which left no trace in the log."""

    help = (
        "Give an official, or a citizen whose card the desk has seen, another password; that ends all sessions of the "
        "account. Without LOGIN it asks for it: a citizen's number shall stand in no shell's history."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the log-in word."""
        parser.add_argument("login", nargs="?", help="the log-in word of an official")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask for the password twice, judge it as the pages do, and keep it."""
        word = options["login"] or input("Log-in word, or a citizen's number: ")
        user = find_user(word)
        if user is None:
            raise CommandError("There is nobody who logs in by this.")
        self.stdout.write(f"Another password for {user.full_name} ({user.get_role_display()}).")
        for _try in range(_TRIES):
            typed = getpass.getpass("New password: ")
            if not typed:
                raise CommandError("Nothing was changed.")
            wrong = _wrong_with(typed, getpass.getpass("New password (again): "), user)
            if not wrong:
                give_password(user=user, new=_FIELD.clean(typed), now=timezone.now())
                self.stdout.write("The password was changed.")
                return
            self.stderr.write("\n".join(wrong))
        raise CommandError(f"Nothing was changed: {_TRIES} tries were refused.")


def _wrong_with(typed: str, again: str, user: User) -> list[str]:
    if typed != again:
        return ["The two are not the same."]
    try:
        errors = password_errors(_FIELD.clean(typed), user)
    except ValidationError as refused:
        return list(refused.messages)
    return [message for error in errors for message in ValidationError([error]).messages]
