"""A province's tables, full: ``python -m bench.filling ACCOUNTS DOSSIERS CHECKS EVENTS`` writes them.

Forty units with a desk and two rooms each; the first desk received a fifth of everything. Nineteen of twenty dossiers
are done. Checks and events lie over five years. Rows are made by the database from a pattern, or sent with COPY.
"""

from __future__ import annotations

import json
import random
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any, Final

from bench import sealing
from bench.crowd import PASSWORD, somebody

_UNITS: Final = 40
_SHARE_OF_FIRST: Final = 5
_STAFF: Final = 20  # specialists of a room
_OPEN: Final = {1: 15, 2: 15, 4: 40, 5: 10, 6: 5, 9: 15}  # shares of what is not done
_DONE: Final = {10: 88, 7: 5, 3: 4, 8: 3}
RARE_WORD, RARE_PROCEDURE = "Quýnh", "3.000001"
LOGINS: Final = {
    "officer": "hd-can-bo", "specialist": "hd-chuyen-vien", "leader": "hd-lanh-dao", "cashier": "hd-thu-phi",
    "result_desk": "hd-tra-ket-qua", "supervisor": "hd-phu-trach",
}  # fmt: skip
ADMINISTRATOR: Final = "hd-quan-tri"
_FOR_FILLING: Final = (
    "ALTER SYSTEM SET max_wal_size = '16GB'",
    "SELECT pg_reload_conf()",
    "SET maintenance_work_mem = '1GB'",
    "SET synchronous_commit = off",
)
_DAYS: Final = 1800  # five years, which is how long a check is kept
_OF_FIRST, _OF_SECOND = 40, 5_000  # checks about the first two citizens of the crowd


def fill(*, accounts: int, dossiers: int, checks: int, events: int) -> dict[str, float]:
    """Write offices, officials, citizens' accounts, dossiers with the words of their names, checks and events.

    Args:
        accounts: of citizens, beside the crowd's.
        dossiers: how many, with hand-overs that wait and ratings.
        checks: how many.
        events: of the log, each with its mac.

    Returns:
        The seconds that each part took.
    """
    import django

    django.setup()
    from django.db import connection

    took: dict[str, float] = {}
    desks, rooms, specialists = _make_offices()
    _make_officials()
    with connection.cursor() as cursor:
        for statement in _FOR_FILLING:
            cursor.execute(statement)
        for name, part in (
            ("accounts", lambda: _write_accounts(connection, accounts)),
            ("dossiers", lambda: _write_dossiers(connection, dossiers, desks, rooms, specialists)),
            ("checks", lambda: _write_checks(connection, checks, accounts)),
            ("events", lambda: _write_events(events)),
            ("vacuum", lambda: cursor.execute("VACUUM ANALYZE")),
            # Else the server writes gigabytes to the disk while pages are looked at; no office was filled so fast.
            ("checkpoint", lambda: cursor.execute("CHECKPOINT")),
        ):
            began = time.monotonic()
            part()
            took[name] = round(time.monotonic() - began, 1)
        cursor.execute("ALTER SYSTEM RESET max_wal_size")
        cursor.execute("SELECT pg_reload_conf()")
    return took


def _make_offices() -> tuple[list[Any], dict[int, list[int]], dict[int, list[int]]]:
    """Make the units; return the desks, the rooms of each desk's unit, and the specialists of each room."""
    from motcua.accounts.models import Office, User

    desks, rooms, specialists = [], {}, {}
    first = Office.objects.get(code="000.00.01.H23")
    for place in range(_UNITS):
        if place == 0:
            unit, desk = first.parent, first
        else:
            unit = Office.objects.create(code=f"HB.{place:03}", name=f"UBND phường Thử {place}", kind="unit")
            desk = Office.objects.create(
                code=f"HB.{place:03}.01", name=f"Một cửa phường Thử {place}", kind="desk", parent=unit
            )
        of_unit = [
            Office.objects.create(
                code=f"HB.{place:03}.{room}",
                name=f"Phòng {room} phường Thử {place}",
                kind="division",
                parent=unit,
            ).pk
            for room in (11, 12)
        ]
        desks.append(desk)
        rooms[desk.pk] = of_unit
        for room in of_unit:
            staff = [
                User(
                    login=f"hd-{room}-{one}",
                    role="specialist",
                    office_id=room,
                    full_name=somebody(one).full_name,
                )
                for one in range(_STAFF)
            ]
            specialists[room] = [user.pk for user in User.objects.bulk_create(staff)]
    return desks, rooms, specialists


def _make_officials() -> None:
    """Make one official of every role in the first unit."""
    from django.contrib.auth.hashers import make_password

    from motcua.accounts.models import Office, User

    desk = Office.objects.get(code="000.00.01.H23")
    room = Office.objects.get(code="HB.000.11")
    password = make_password(PASSWORD)
    for place, (role, login) in enumerate(LOGINS.items()):
        office = {"specialist": room, "leader": desk.parent}.get(role, desk)
        user = User(
            login=login, role=role, office=office, full_name=somebody(place).full_name, password=password
        )
        user.save()
    User.objects.create_superuser(ADMINISTRATOR, PASSWORD)


def _write_accounts(connection: Any, accounts: int) -> None:
    """Write citizens' accounts like the first one of the crowd; nobody can log in to them."""
    from motcua.accounts.models import Citizen, User

    pattern = Citizen.objects.select_related("user").order_by("pk")[0]
    users, users_named = _columns(
        User,
        {
            "id": None,
            "login": "'c-' || encode(sha256(('login' || place)::bytea), 'hex')",
            "password": "'!'",
            "created_at": f"now() - interval '{_DAYS} days' * (place::float / %(accounts)s)",
        },
    )
    citizens, citizens_named = _columns(
        Citizen,
        {
            "id": None,
            "user_id": "made.id",
            "number_digest": "encode(sha256(('number' || made.id)::bytea), 'hex')",
        },
    )
    statement = f"""
        WITH made AS (
            INSERT INTO accounts_user ({users_named}) SELECT {users}
            FROM accounts_user AS pattern, generate_series(1::bigint, %(accounts)s) AS place WHERE pattern.id = %(user)s
            RETURNING id
        ) INSERT INTO accounts_citizen ({citizens_named}) SELECT {citizens}
        FROM accounts_citizen AS pattern, made WHERE pattern.id = %(citizen)s"""
    with _without_indexes(connection, (User, Citizen)), connection.cursor() as cursor:
        cursor.execute(statement, {"accounts": accounts, "user": pattern.user_id, "citizen": pattern.pk})


def _write_dossiers(
    connection: Any,
    dossiers: int,
    desks: list[Any],
    rooms: dict[int, list[int]],
    specialists: dict[int, list[int]],
) -> None:
    """Write dossiers, the words of their names, hand-overs that wait for the first room, and ratings."""
    from motcua.dossiers.models import ApplicantWord, Dossier, HandOver

    with _without_indexes(connection, (Dossier, ApplicantWord)):
        handed = _copy(connection, dossiers, desks, rooms, specialists)
    HandOver.objects.bulk_create(handed)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dossiers_rating (dossier_id, scores, comment, rated_at)"
            """ SELECT id, '{"1": 2, "2": 1, "5": 2, "6": 0, "7": 2}', '', closed_at FROM dossiers_dossier"""
            " WHERE status = 10 AND random() < 0.1"
        )


def _write_checks(connection: Any, checks: int, accounts: int) -> None:
    """Write checks over five years; a fifth by the first desk, a tenth by the portal, and two citizens' own."""
    from django.utils import timezone

    from motcua.accounts.models import Office, User
    from motcua.sealing import digest
    from motcua.verification.models import IdentityCheck

    now = timezone.now()
    pattern = IdentityCheck.objects.create(
        request_id="pattern",
        touch_point="reception",
        office_code="000.00.01.H23",
        purpose="Tiếp nhận hồ sơ: Cấp giấy xác nhận tình trạng hôn nhân",
        procedure_code="1.004873",
        number_masked="999******000",
        asked_at=now,
        answered_at=now,
        outcome="verified",
    )
    # Where it was asked: 0 to 9 the portal, 10 to 29 the first desk.
    where = "(place * 7919 %% 100)"
    values, named = _columns(
        IdentityCheck,
        {
            "id": "gen_random_uuid()",
            "request_id": "%(name)s || '-' || place",
            "touch_point": f"""CASE WHEN {where} < 5 THEN 'registration' WHEN {where} < 10 THEN 'filing'
                WHEN place %% 5000 = 0 THEN 'lookup' ELSE 'reception' END""",
            "office_code": f"""CASE WHEN {where} < 10 THEN '' WHEN {where} < 30 THEN %(first)s
                ELSE (%(offices)s::text[])[1 + (place %% %(many)s)::int] END""",
            "asked_by_id": f"""CASE WHEN {where} < 10 THEN NULL WHEN {where} < 30 THEN
                (%(officers)s::bigint[])[1 + (place %% %(officers_many)s)::int] ELSE
                (%(others)s::bigint[])[1 + (place %% %(others_many)s)::int] END""",
            "number_digest": """CASE WHEN %(digest)s <> '' AND place %% 10 > 0 THEN %(digest)s
                ELSE encode(sha256(('number' || place %% %(people)s)::bytea), 'hex') END""",
            "claim_digest": "encode(sha256(('claim' || place)::bytea), 'hex')",
            "spelling_digest": "substr(md5(place::text), 1, 16)",
            "person_digest": """CASE WHEN place %% 10 > 0 THEN ''
                WHEN %(digest)s = '' THEN encode(sha256(('person' || place)::bytea), 'hex') ELSE %(digest)s END""",
            "address_digest": f"""CASE WHEN {where} < 10
                THEN encode(sha256(('address' || place %% 50000)::bytea), 'hex') ELSE '' END""",
            "outcome": """CASE WHEN place %% 10 = 0 THEN 'verified' ELSE
                CASE place %% 8 WHEN 0 THEN 'unanswered' WHEN 1 THEN 'rejected' ELSE 'verified' END END""",
            "marks": "CASE WHEN place %% 5000 = 0 THEN 'lookup' WHEN place %% 5003 = 0 THEN 'burst' ELSE '' END",
            "asked_at": "at",
            "answered_at": "at + interval '1 second'",
        },
    )
    statement = f"""
        INSERT INTO verification_identitycheck ({named}) SELECT {values}
        FROM verification_identitycheck AS pattern, generate_series(1::bigint, %(checks)s) AS place,
            LATERAL (SELECT now() - interval '{_DAYS} days' * (place::float / %(checks)s) - interval '1 hour' AS at)
                AS moments
        WHERE pattern.id = %(pattern)s"""
    officers = list(
        User.objects.filter(role="officer", office__code="000.00.01.H23").values_list("pk", flat=True)
    )
    others = list(User.objects.filter(role="specialist").values_list("pk", flat=True))
    offices = list(
        Office.objects.filter(kind="desk").exclude(code="000.00.01.H23").values_list("code", flat=True)
    )
    about = {
        "pattern": pattern.pk, "people": max(1, accounts), "first": "000.00.01.H23",
        "officers": officers, "officers_many": len(officers), "others": others, "others_many": len(others),
        "offices": offices, "many": len(offices),
    }  # fmt: skip
    parts = [("O", "", checks)] + [
        (name, digest("number", somebody(place).number), min(many, checks))
        for name, place, many in (("A", 0, _OF_FIRST), ("B", 1, _OF_SECOND))
    ]
    with _without_indexes(connection, (IdentityCheck,)), connection.cursor() as cursor:
        for name, of_whom, many in parts:
            cursor.execute(statement, {**about, "name": name, "digest": of_whom, "checks": many})


def _write_events(events: int) -> None:
    """Write the log's events over five years."""
    from django.utils import timezone

    past = timedelta(days=_DAYS)
    sealing.write(events, began=timezone.now() - past, every=past / events)


def _columns(model: Any, special: dict[str, str | None]) -> tuple[str, str]:
    """Return what is selected for each column of a table, and the columns; what is not special is as in ``pattern``.

    ``None`` leaves a column to the database.
    """
    columns = [
        field.column for field in model._meta.concrete_fields if special.get(field.column, "") is not None
    ]
    return (
        ", ".join(special.get(column) or f'pattern."{column}"' for column in columns),
        ", ".join(f'"{column}"' for column in columns),
    )


def _copy(
    connection: Any,
    dossiers: int,
    desks: list[Any],
    rooms: dict[int, list[int]],
    specialists: dict[int, list[int]],
) -> list[Any]:
    """Write the dossiers with COPY; return the hand-overs that wait for the first room."""
    from django.utils import timezone

    from motcua.accounts.models import Citizen, User
    from motcua.dossiers.models import ApplicantWord, CodeCounter, Dossier, HandOver
    from motcua.dossiers.search import word_digests
    from motcua.procedures.models import Procedure, ProcedureRevision
    from motcua.sealing import digest, seal
    from motcua.verification.models import IdentityCheck

    chance = random.Random(1)
    now = timezone.now()
    revisions = dict(ProcedureRevision.objects.values_list("procedure", "pk"))
    rare = Procedure.objects.create(
        code=RARE_PROCEDURE, name="Thủ tục hiếm", sector="Thử", agency="Thử", service_level="một phần"
    )
    revisions[rare.pk] = next(iter(revisions.values()))
    procedures = [key for key in revisions if key != rare.pk]
    checks = IdentityCheck.objects.bulk_create(
        IdentityCheck(
            request_id=f"hd-{place}", touch_point="reception", purpose="Tiếp nhận hồ sơ", outcome="verified",
            asked_at=now, answered_at=now,
        )
        for place in range(1000)
    )  # fmt: skip
    citizens = list(Citizen.objects.order_by("pk").values_list("pk", flat=True)[:60])
    mine = User.objects.get(login=LOGINS["specialist"])
    by = User.objects.get(login=LOGINS["officer"])
    specialists[mine.office_id][0] = mine.pk
    people = []
    for place in range(440):
        person = somebody(place)
        name = person.full_name if place else f"Nguyễn Văn {RARE_WORD}"
        number = digest("number", person.number)
        people.append((name, seal("applicant_name", name), number, seal("applicant_number", person.number)))
    birth, residence, nothing = seal("applicant_birth", "1985-03-07"), seal("permanent_residence", "Thử"), b""
    fields = {field.attname: field for field in Dossier._meta.concrete_fields}
    columns = ", ".join(f'"{field.column}"' for field in fields.values())
    defaults = {
        name: nothing if field.get_internal_type() == "BinaryField" and not field.null else _plain(field)
        for name, field in fields.items()
    }
    words: list[tuple[uuid.UUID, int]] = []
    counters: dict[tuple[str, date], int] = {}
    handed: list[Any] = []
    digests: dict[tuple[int, int], list[int]] = {}
    with connection.cursor() as cursor:
        raw = cursor.connection.cursor()
        with raw.copy(f"COPY {Dossier._meta.db_table} ({columns}) FROM STDIN") as copy:
            for place in range(dossiers):
                desk = desks[0] if place % _SHARE_OF_FIRST == 0 else desks[1 + place % (_UNITS - 1)]
                at = now - timedelta(days=1100 * (1 - place / dossiers), seconds=chance.randrange(3600))
                is_open = chance.random() < 0.05
                status = chance.choices(*_weights(_OPEN if is_open else _DONE))[0]
                if is_open:
                    at = now - timedelta(days=40 * chance.random() ** 2, seconds=5)
                day = timezone.localdate(at)
                serial = counters[(desk.code, day)] = counters.get((desk.code, day), 0) + 1
                who = chance.randrange(1, 440) if place % 50_000 else 0
                name, sealed_name, number_digest, sealed_number = people[who]
                room = chance.choice(rooms[desk.pk])
                is_held = status in (4, 5, 6, 7, 8, 9, 10)
                is_received = status not in (1, 3)
                pk = uuid.UUID(int=chance.getrandbits(128), version=4)
                procedure = rare.pk if place % 90_000 == 0 else chance.choice(procedures)
                saved = min(now, at + timedelta(days=0 if status in (1, 2) else chance.random() * 15))
                due = (at + timedelta(days=1 + chance.randrange(30))).replace(
                    hour=10, minute=0, second=0, microsecond=0
                )
                values = defaults | {
                    "id": pk,
                    "code": f"{desk.code}-{day:%y%m%d}-{serial:04}",
                    "procedure_id": procedure,
                    "revision_id": revisions[procedure],
                    "office_id": desk.pk,
                    "holder_office_id": room if is_held else desk.pk,
                    "holder_id": chance.choice(specialists[room])
                    if is_held and chance.random() < 0.9
                    else None,
                    "channel": chance.choices((1, 2, 3), (60, 37, 3))[0] if status != 1 else 2,
                    "status": status,
                    "citizen_id": citizens[place % len(citizens)] if status == 1 else None,
                    "identity_check_id": checks[place % 1000].pk,
                    "has_sworn": status == 1,
                    "applicant_name": sealed_name,
                    "applicant_birth": birth,
                    "applicant_number": sealed_number,
                    "applicant_number_digest": number_digest if place % 97 == 0 else _digest_like(place),
                    "applicant_number_masked": "999******001",
                    "permanent_residence": residence,
                    "received_documents": "[]",
                    "collecting": "desk",
                    "created_at": at,
                    "saved_at": saved,
                    "submitted_at": at if status == 1 else None,
                    "received_at": at if is_received else None,
                    "received_by_id": by.pk if is_received else None,
                    "term_began_at": at if is_received else None,
                    "due_at": due if is_received and chance.random() < 0.97 else None,
                    "paused_at": saved if status not in (1, 2, 4) else None,
                    "finished_at": saved if status in (9, 10) else None,
                    "closed_at": saved if status in (3, 7, 8, 10) else None,
                }
                copy.write_row([values[name] for name in fields])
                known = digests.get((desk.pk, who))
                if known is None:
                    known = digests[(desk.pk, who)] = word_digests(desk.pk, name)
                words += ((pk, word) for word in known)
                if desk is desks[0] and status == 2 and len(handed) < 300:
                    handed.append(
                        HandOver(
                            dossier_id=pk,
                            from_office=desk,
                            from_user=by,
                            to_office_id=mine.office_id,
                            given_at=now,
                        )
                    )
        with raw.copy(f"COPY {ApplicantWord._meta.db_table} (dossier_id, digest) FROM STDIN") as copy:
            for row in words:
                copy.write_row(row)
    CodeCounter.objects.bulk_create(
        (CodeCounter(office_code=code, on=day, last=last) for (code, day), last in counters.items()),
        batch_size=5000,
    )
    return handed


def _digest_like(place: int) -> str:
    """Return what looks like a keyed digest and is nobody's."""
    return f"{place * 2654435761 % 2**64:016x}" * 4


def _weights(shares: dict[int, int]) -> tuple[list[int], list[int]]:
    return list(shares), list(shares.values())


def _plain(field: Any) -> Any:
    """Return what stands in a column where a dossier says nothing."""
    if field.null:
        return None
    return False if field.get_internal_type() == "BooleanField" else ""


@contextmanager
def _without_indexes(connection: Any, models: tuple[Any, ...]) -> Iterator[None]:
    """Drop the indexes that are not constraints while the block lasts: building them at once is far faster."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND NOT EXISTS"
            " (SELECT 1 FROM pg_constraint WHERE conname = indexname)",
            [[model._meta.db_table for model in models]],
        )
        found = cursor.fetchall()
        for name, _definition in found:
            cursor.execute(f'DROP INDEX "{name}"')
    yield
    with connection.cursor() as cursor:
        for _name, definition in found:
            cursor.execute(definition)


if __name__ == "__main__":
    _accounts, _dossiers, _checks, _events = map(int, sys.argv[1:])
    print(json.dumps(fill(accounts=_accounts, dossiers=_dossiers, checks=_checks, events=_events)))
