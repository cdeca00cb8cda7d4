"""The officer's queue over a million dossiers: ``python -m bench.queue DOSSIERS`` fills the tables.

Forty units with a desk and two rooms each; the first desk received a fifth of everything. Nineteen of twenty dossiers
are done. Every kind of page is asked for over HTTP and timed by itself.
"""

from __future__ import annotations

import os
import random
import re
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from html import unescape
from typing import Any, Final
from urllib.parse import urlencode

from bench import journeys
from bench.browser import Browser, OverHttp
from bench.crowd import PASSWORD, somebody
from bench.desk import just_do
from bench.load import Stream, Taken, drive
from bench.stack import Product, run

DOSSIERS: Final = int(os.environ.get("BENCH_DOSSIERS", "1000000"))
_UNITS: Final = 40
_SHARE_OF_FIRST: Final = 5
_STAFF: Final = 20  # specialists of a room
_RATE, _SECONDS = 8, 4  # looks a second at each page
_DEEP: Final = 50  # pages down a list
_ADDRESS: Final = "/mot-cua/"
_NEXT: Final = re.compile(r'href="(\?[^"]+)#danh-sach" rel="next"')
_TOKEN: Final = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
_OPEN: Final = {1: 15, 2: 15, 4: 40, 5: 10, 6: 5, 9: 15}  # shares of what is not done
_DONE: Final = {10: 88, 7: 5, 3: 4, 8: 3}
_RARE_WORD, _RARE_PROCEDURE = "Quýnh", "3.000001"
LOGINS: Final = {
    "officer": "hd-can-bo", "specialist": "hd-chuyen-vien", "leader": "hd-lanh-dao", "cashier": "hd-thu-phi",
    "result_desk": "hd-tra-ket-qua", "supervisor": "hd-phu-trach",
}  # fmt: skip
# Who looks at what: the name of a page, the role, what stands in the address; "q" is posted.
_PAGES: Final = (
    ("default: officer", "officer", ""),
    ("default: specialist", "specialist", ""),
    ("default: leader", "leader", ""),
    ("default: cashier", "cashier", ""),
    ("default: result desk", "result_desk", ""),
    ("default: supervisor", "supervisor", ""),
    ("at work, by due date", "officer", "pham-vi=tiep-nhan&muc=xu-ly"),
    ("at work, newest first", "officer", "pham-vi=tiep-nhan&muc=xu-ly&xep=moi"),
    ("done, newest first", "officer", "pham-vi=tiep-nhan&muc=da-xong"),
    ("done, oldest first", "officer", "pham-vi=tiep-nhan&muc=da-xong&xep=cu"),
    ("one state", "officer", "pham-vi=tiep-nhan&muc=da-xong&trang-thai=8"),
    ("late", "officer", "pham-vi=tiep-nhan&muc=xu-ly&han=qua-han"),
    ("due in two days", "officer", "pham-vi=tiep-nhan&muc=xu-ly&han=hai-ngay"),
    ("a common procedure", "officer", "pham-vi=tiep-nhan&muc=da-xong&thu-tuc=1.001193"),
    ("a rare procedure", "officer", f"pham-vi=tiep-nhan&muc=da-xong&thu-tuc={_RARE_PROCEDURE}"),
    ("a channel", "officer", "pham-vi=tiep-nhan&muc=da-xong&kenh=3"),
    ("one month long ago", "officer", "pham-vi=tiep-nhan&muc=da-xong&tu=2024-03-01&den=2024-03-31"),
    ("assigned to nobody", "officer", "pham-vi=tiep-nhan&muc=da-xong&can-bo=0"),
    ("held by the room, done", "specialist", "pham-vi=dang-giu&muc=da-xong"),
    ("held by one person, done", "specialist", "pham-vi=cua-toi&muc=da-xong"),
    ("whole unit, at work", "leader", "pham-vi=dang-giu&muc=xu-ly&don-vi=tat-ca"),
    ("whole unit, done", "leader", "pham-vi=dang-giu&muc=da-xong&don-vi=tat-ca"),
    ("waits to be accepted", "specialist", "pham-vi=ban-giao"),
    ("search: code", "officer", "q=000.00.01.H23-250303-0001"),
    ("search: number of a day", "officer", "q=0012"),
    ("search: day", "officer", "q=250303"),
    ("search: citizen's number", "officer", f"q={somebody(7).number}"),
    ("search: one common word", "officer", "q=nguyen"),
    ("search: two common words", "officer", "q=nguyen anh"),
    ("search: three common words", "officer", "q=nguyen van anh"),
    ("search: a rare word", "officer", f"q={_RARE_WORD}"),
    ("search: beginning of a word", "officer", "q=nguyen van ph"),
    ("search: nobody", "officer", "q=nguyen khong ai"),
    ("search: words, by a room", "specialist", "q=nguyen anh"),
    ("search: words, whole unit", "leader", "q=nguyen anh"),
)
_DEEP_PAGES: Final = (
    ("page 50, by due date", "officer", "pham-vi=tiep-nhan&muc=xu-ly"),
    ("page 50, done", "officer", "pham-vi=tiep-nhan&muc=da-xong"),
    ("page 50, whole unit, done", "leader", "pham-vi=dang-giu&muc=da-xong&don-vi=tat-ca"),
)


def measure(product: Product, environment: dict[str, str]) -> dict[str, Any]:
    """Fill the tables, then look at every kind of page.

    Args:
        product: the running product, with catalogue and cast in it.
        environment: the product's.
    """
    began = time.monotonic()
    run(["-m", "bench.queue", str(DOSSIERS)], environment)
    filled = time.monotonic() - began
    browsers = {role: logged_in(product, login) for role, login in LOGINS.items()}
    pages = [(name, role, where) for name, role, where in _PAGES]
    for name, role, where in _DEEP_PAGES:
        pages.append((name, role, _deep_in(again(product, browsers[role]), where)))
    streams = {name: _stream(again(product, browsers[role]), where) for name, role, where in pages}
    taken: dict[str, Taken] = {}
    cpu: dict[str, float] = {}
    for name, stream in streams.items():
        drive(port=product.port, seconds=1, streams=[stream])  # warms up
        before = product.cpu_seconds()
        (taken[name],) = drive(port=product.port, seconds=_SECONDS, streams=[stream])
        cpu[name] = (product.cpu_seconds() - before) * 1000 / max(1, len(taken[name].latencies))
    return {
        "queue_dossiers": DOSSIERS,
        "queue_fill_seconds": round(filled),
        "queue_p95_ms": round(max(each.percentile(95) for each in taken.values()), 1),
        "queue_cpu_ms": round(max(cpu.values()), 1),
        "queue_pages": {
            name: {
                **{f"p{percent}_ms": round(each.percentile(percent), 1) for percent in (50, 95)},
                "cpu_ms": round(cpu[name], 1),
                "wrong": dict(each.wrong),
            }
            for name, each in taken.items()
        },
    }


def logged_in(product: Product, login: str) -> Browser:
    browser = Browser(OverHttp(product.port))
    journeys.log_in(browser, just_do, login)
    return browser


def again(product: Product, browser: Browser) -> Browser:
    """Return the same session over a connection of its own: one kept for long is closed by the product."""
    assert isinstance(browser.carrier, OverHttp)
    carrier = OverHttp(product.port)
    carrier.cookies = dict(browser.carrier.cookies)
    return Browser(carrier)


def _stream(browser: Browser, where: str) -> Stream:
    assert isinstance(browser.carrier, OverHttp)
    cookies = "; ".join(f"{name}={value}" for name, value in browser.carrier.cookies.items())
    head = f"Host: localhost\r\nCookie: {cookies}\r\n"
    if not where.startswith("q="):
        request = f"GET {_ADDRESS}?{where} HTTP/1.1\r\n{head}\r\n".encode()
        return Stream(_RATE, lambda _: request, b'id="danh-sach"')
    token = _TOKEN.search(browser.get(_ADDRESS).text)
    assert token is not None
    body = urlencode({"csrfmiddlewaretoken": token[1], "q": where.removeprefix("q=")})
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    request = f"POST {_ADDRESS} HTTP/1.1\r\n{head}{kind}Content-Length: {len(body)}\r\n\r\n{body}".encode()
    return Stream(_RATE, lambda _: request, b'id="tim-thay"')


def _deep_in(browser: Browser, where: str) -> str:
    """Turn pages of a list, and return the query of the page reached."""
    for turned in range(_DEEP if DOSSIERS >= 1_000_000 else 5):
        found = _NEXT.search(browser.get(f"{_ADDRESS}?{where}").text)
        if found is None:
            raise AssertionError(f"the list ended after {turned} pages: {where}")
        where = unescape(found[1]).removeprefix("?")
    return where


def fill(dossiers: int) -> None:
    """Write offices, officials, dossiers, words of names and hand-overs."""
    import django

    django.setup()
    from django.db import connection

    from motcua.dossiers.models import ApplicantWord, Dossier, HandOver

    desks, rooms, specialists = _make_offices()
    _make_officials()
    connection.ensure_connection()
    with _without_indexes(connection, (Dossier, ApplicantWord)):
        handed = _copy(connection, dossiers, desks, rooms, specialists)
    HandOver.objects.bulk_create(handed)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


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
    from motcua.dossiers.finding import word_digests
    from motcua.dossiers.models import ApplicantWord, CodeCounter, Dossier, HandOver
    from motcua.procedures.models import Procedure, ProcedureRevision
    from motcua.sealing import digest, seal
    from motcua.verification.models import IdentityCheck

    chance = random.Random(1)
    now = timezone.now()
    revisions = dict(ProcedureRevision.objects.values_list("procedure", "pk"))
    rare = Procedure.objects.create(
        code=_RARE_PROCEDURE, name="Thủ tục hiếm", sector="Thử", agency="Thử", service_level="một phần"
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
    citizen = Citizen.objects.order_by("pk")[0]
    mine = User.objects.get(login=LOGINS["specialist"])
    by = User.objects.get(login=LOGINS["officer"])
    specialists[mine.office_id][0] = mine.pk
    people = []
    for place in range(440):
        person = somebody(place)
        name = person.full_name if place else f"Nguyễn Văn {_RARE_WORD}"
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
                    "citizen_id": citizen.pk if status == 1 else None,
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
    fill(int(sys.argv[1]))
