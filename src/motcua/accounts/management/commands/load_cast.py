"""``motcua load_cast``: the offices and log-ins of the demo."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from motcua.accounts.demo import read_cast, stored_login
from motcua.accounts.models import Citizen, Office, User
from motcua.accounts.offices import forget
from motcua.accounts.passwords import hashed
from motcua.accounts.recording import office_code
from motcua.audit.service import record
from motcua.identity.birth import BirthDate
from motcua.identity.numbers import IdNumber

# Her account carries this name until she corrects it: the third journey begins with a failure.
NAMES_ON_ACCOUNTS = {"binh": "Trần Thị Bính"}


class Command(BaseCommand):
    """Makes what is missing and leaves what is there; never asks the register."""

    help = "Load the offices, officers and citizens' accounts of the demo (synthetic people, published passwords)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare ``--anyway``."""
        parser.add_argument(
            "--anyway", action="store_true", help="load although NPD_URL is not on this machine"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load the cast."""
        if settings.MOTCUA_MODE == "production":
            raise CommandError(
                "The passwords of the cast are published, and MOTCUA_MODE is production. Nothing was loaded. "
                "To try the product out, use a state folder and a database of their own with MOTCUA_MODE=trial."
            )
        host = urlsplit(settings.NPD["NPD_URL"]).hostname
        if host not in {"127.0.0.1", "::1", "localhost"} and not options["anyway"]:
            raise CommandError(
                "The passwords of the cast are published, and NPD_URL does not point to a sandbox on this machine. "
                "Nothing was loaded. If this is a demo all the same: motcua load_cast --anyway"
            )
        cast = read_cast()
        people = {person["id"]: person for person in cast["citizens"]}
        logins = [stored_login(entry) for entry in cast["logins"]]
        there = set(User.objects.filter(login__in=logins).values_list("login", flat=True))
        missing = [
            (login, entry) for login, entry in zip(logins, cast["logins"], strict=True) if login not in there
        ]
        now = timezone.now()
        hashes = {password: hashed(password) for password in {entry["password"] for _, entry in missing}}
        with transaction.atomic():
            for office in cast["offices"]:
                said = {name: office.get(name, "") for name in ("name", "kind", "place", "address", "phone")}
                _, is_new = Office.objects.get_or_create(code=office["code"], defaults=said)
                if is_new:
                    record(
                        name="demo.loaded", now=now, office_code=office["code"], details={"kind": "office"}
                    )
            offices = {office.code: office for office in Office.objects.all()}
            for office in cast["offices"]:
                if office["parent"] and offices[office["code"]].parent_id is None:
                    offices[office["code"]].parent = offices[office["parent"]]
                    offices[office["code"]].save(update_fields=["parent"])
            forget()
            for login, entry in missing:
                person = people.get(entry["citizen"])
                user = _make(
                    login, entry, person, hashes[entry["password"]], offices.get(entry.get("office"))
                )
                record(
                    name="demo.loaded",
                    now=now,
                    office_code=office_code(user),
                    subject=str(user.pk),
                    details={"kind": "account", "role": user.role},
                )
        self.stdout.write(f"load_cast: {len(missing)} made, {len(there)} already there")


def _make(
    login: str,
    entry: dict[str, Any],
    person: dict[str, Any] | None,
    password_hash: str,
    office: Office | None,
) -> User:
    name = NAMES_ON_ACCOUNTS.get(entry["citizen"]) or (person["full_name"] if person else "Quản trị hệ thống")
    user = User(login=login, role=entry["role"], full_name=name, office=office, password=password_hash)
    user.is_superuser = user.role == User.Role.ADMINISTRATOR
    if not user.is_citizen:
        user.officer_number = person["personal_number"] if person else ""
        user.gateway_key = f"{login}:sandbox-pass" if user.is_officer else ""
        user.save()
        return user
    if person is None:
        raise CommandError(f"cast.json: the citizen's log-in {entry['citizen']!r} names nobody of the cast.")
    user.save()
    citizen = Citizen(user=user, full_name=name)
    citizen.phone = f"0900000{person['personal_number'][-3:]}"
    citizen.address = person["current_residence"]["detail"]
    citizen.number = IdNumber(person["personal_number"])
    citizen.birth_date = BirthDate.of_canonical(person["birth_date"])
    citizen.save()
    return user
