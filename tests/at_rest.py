"""Looking into the database as a thief would: what stands in any column of any table, whatever it is called."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.contrib.sessions.models import Session
from django.db import connection

from motcua.identity.names import wire_form
from motcua.procedures.search import fold
from motcua.sealing.resealing import sealed_fields
from tests.people import Person


def told(*people: Person) -> dict[str, list[str]]:
    """Return what must stand nowhere of some people: every way to write name, number and birth date."""
    secrets: dict[str, list[str]] = {}
    for person in people:
        names = {person.full_name, wire_form(person.full_name), fold(person.full_name)}
        names |= {turn(name) for name in names for turn in (str.lower, str.upper, str.title)}
        born = (
            {person.born, person.typed_birth, person.born.replace("-", "")} if "-" in person.born else set()
        )
        secrets[person.id] = sorted({*names, *born, person.number, *filter(None, [person.old_number])})
    return secrets


def found(secrets: dict[str, list[str]]) -> list[str]:
    """Return where any of it stands, as "person in table.column"."""
    places = set()
    for place, text in _everything():
        for person, words in secrets.items():
            if any(word in text for word in words):
                places.add(f"{person} in {place}")
    return sorted(places)


def kept_sealed(*words: str) -> list[str]:
    """Return in which sealed fields any of the words stands, whatever its capitals, as "model.field"."""
    places = set()
    for model, fields in sealed_fields().items():
        for row in model._base_manager.all():
            for field in fields:
                text = _text(getattr(row, field.attname)).casefold()
                if any(word.casefold() in text for word in words):
                    places.add(f"{model._meta.object_name}.{field.name}")
    return sorted(places)


def _everything() -> Iterable[tuple[str, str]]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    yield f"{table}.{column}", _text(value)
    for session in Session.objects.all():
        yield "django_session, decoded", _text(json.dumps(session.get_decoded()))


def _text(value: Any) -> str:
    """Return a value as a text in composed letters, JSON's escapes undone; bytes as whatever text they hold."""
    if isinstance(value, bytes | memoryview):
        text = bytes(value).decode("utf-8", "ignore")
    else:
        text = value if isinstance(value, str) else str(value)
    text = re.sub(r"\\u([0-9a-f]{4})", lambda escape: chr(int(escape[1], 16)), text)
    return unicodedata.normalize("NFC", text)
