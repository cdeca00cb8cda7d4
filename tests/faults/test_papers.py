"""Papers while processes are killed, the store goes away and the scanner too: what was acknowledged is there, once.

Citizens upload whole files and files in pieces, open them and take some out again, whatever breaks. Every try sends
bytes of its own, so that each row and each file can be told from all others.
"""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
import subprocess
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from io import BytesIO
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode, urlsplit

import psycopg
import pytest
from moto.server import ThreadedMotoServer
from PIL import Image

from motcua.dossiers.files.object_store import ObjectStore
from tests.dossiers.clamd import VIRUS, Clamd
from tests.dossiers.objects import BUCKET, forget_all, options
from tests.dossiers.test_previews import bare_pdf
from tests.faults import killing
from tests.faults.browser import NEW_PASSWORD, Browser, Seen
from tests.people import Person
from tests.postgres import free_port
from tests.product_process import MOTCUA, Store, environment, eventually

# One a round, in a random order.
_VICTIMS = {
    "inside": ["web worker"] * 5 + ["server"],
    "apart": ["web worker"] * 3 + ["worker apart"] * 2 + ["server"],
}
CITIZENS = 3
_EACH_ROUND = 20  # answers are heard at least, so that there is something to be killed in
_MOST_PAPERS = 30  # of a citizen at a time; a draft takes forty
_LOST = (OSError, HTTPException)
_LATER = 900  # seconds: longer than anybody's lease and than any pause
_KINDS = ("page", "page", "long", "long", "junk", "infected", "infected", "picture")
_DRAWN = ("page", "long", "picture")
# Seventeen days pass: each looks at a sixteenth of the names, and leaves alone what is not a day old.
_HOUSEKEEPING = """
from datetime import timedelta
from django.utils import timezone
from motcua.config.retention import rules
for day in range(2, 19):
    for rule in rules():
        if rule.what in ("unfinished uploads", "files without a row"):
            print(rule.erase(now=timezone.now() + timedelta(days=day), dry_run=False), rule.what)
"""
# What happens before which round: who goes away, or comes back.
_EVENTS = {1: [("scanner", True)], 2: [("store", True)], 3: [("store", False)], 4: [("scanner", False)]}
_WAITING = (
    ("dossiers_paper", "scanned_at", "scan = 'not_yet'"),
    ("outbox_parcel", "leased_until", "taken_at IS NULL"),
    ("outbox_parcel", "not_before", "taken_at IS NULL"),
    ("outbox_pause", "until", "true"),
)
_UNFINISHED = "SELECT (SELECT count(*) FROM dossiers_upload) + (SELECT count(*) FROM dossiers_uploadpiece)"
_GIVEN_UP = "SELECT count(*) FROM outbox_parcel WHERE given_up_at IS NOT NULL"
_UNDONE = """
    SELECT (SELECT count(*) FROM dossiers_paper WHERE scan = 'not_yet')
         + (SELECT count(*) FROM outbox_parcel
            WHERE topic IN ('preview', 'store') AND taken_at IS NULL AND given_up_at IS NULL)
"""


class Place(Protocol):
    """Where papers lie, seen from outside, and how it goes away and comes back."""

    variables: dict[str, str]

    def begins(self) -> None: ...
    def goes(self) -> None: ...
    def returns(self) -> None: ...
    def names(self) -> set[str]: ...
    def content(self, name: str) -> bytes: ...


class Disk:
    """A folder of the machine, behind a link; while it is away the link leads to no folder."""

    def __init__(self, folder: Path) -> None:
        self.variables: dict[str, str] = {}
        self._link, self._papers = folder / "papers", folder / "papers-lie-here"

    def begins(self) -> None:
        with suppress(FileNotFoundError):
            self._link.rmdir()
        self._papers.mkdir()
        self.returns()

    def goes(self) -> None:
        self._leads_to("secret.key")

    def returns(self) -> None:
        self._leads_to(self._papers.name)

    def names(self) -> set[str]:
        return {str(path.relative_to(self._papers)) for path in self._papers.rglob("*") if path.is_file()}

    def content(self, name: str) -> bytes:
        return (self._papers / name).read_bytes()

    def _leads_to(self, name: str) -> None:
        fresh = self._link.with_name("papers-fresh")
        fresh.symlink_to(name)
        fresh.replace(self._link)


class Bucket:
    """A bucket of an object store; what it holds survives its process."""

    def __init__(self) -> None:
        self._port = free_port()
        address = f"http://127.0.0.1:{self._port}"
        self._store = ObjectStore(**options(address))
        self.variables = {
            "PAPER_STORE": "s3",
            "S3_ENDPOINT": address,
            "S3_BUCKET": BUCKET,
            "S3_ACCESS_KEY": "ai-do",
            "S3_SECRET_KEY": "bi-mat",
        }

    def begins(self) -> None:
        forget_all()
        self.returns()
        with self._store._asked() as client:
            client.create_bucket(Bucket=BUCKET)

    def goes(self) -> None:
        self._server.stop()

    def returns(self) -> None:
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=self._port, verbose=False)
        self._server.start()

    def names(self) -> set[str]:
        return {name for name, _ in self._store.listed("")}

    def content(self, name: str) -> bytes:
        with self._store.open(name) as file:
            return bytes(file.read())


@dataclass
class Sent:
    """One try to give one paper: what was sent, and what was heard of it."""

    kind: str
    name: str
    content: bytes
    is_acknowledged: bool = False
    removed_file: str = ""  # the name of its file, once its citizen took it out
    upload: str = ""  # where its pieces went; empty for a file that went whole

    @property
    def digest(self) -> str:
        return digest_of(self.content)


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def made(kind: str, chance: random.Random) -> bytes:
    """Return a file that nobody else has."""
    mark = f"q 1 0 0 RG 30 30 m {chance.random() * 500} {chance.random() * 800} l S Q %{chance.randbytes(16).hex()}"
    if kind == "picture":
        written = BytesIO()
        Image.frombytes("RGB", (60, 40), chance.randbytes(7200)).save(written, "PNG")
        return written.getvalue()
    if kind == "junk":
        return b"%PDF-1.7\n" + chance.randbytes(9000) + b"\n%%EOF\n"
    padding = (
        b"%" + chance.randbytes(chance.randrange(100_000, 300_000)).hex().encode() if kind == "long" else b""
    )
    return bare_pdf(content=mark.encode() + b"\n%" + (VIRUS if kind == "infected" else b"") + b"\n" + padding)


@dataclass
class Siege:
    """An office with its papers, and what came of it; ``wrong`` says what must never happen."""

    work: killing.Office
    place: Place
    clamd: Clamd
    sent: list[Sent] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    heard: int = 0  # answers
    resumed: int = 0  # files in pieces that went on where they had broken off
    deaths: Counter[str] = field(
        default_factory=Counter
    )  # of the store and the scanner; odd while one is away
    judged: set[str] = field(default_factory=set)  # what the scanner saw before it went
    swept: int = 0

    def goes(self, who: str) -> None:
        """Have the store or the scanner die, also in the middle of a file."""
        if who == "store":
            self.place.goes()
        else:
            self.clamd.stop()
            self.judged |= set(map(digest_of, self.clamd.seen))
        self.deaths[who] += 1

    def returns(self, who: str, *, pause: float = 0.1) -> None:
        """Have it back where it was."""
        if who == "store":
            self.place.returns()
        else:
            self.clamd = Clamd(port=self.clamd.address[1])
            self.clamd.pause = pause
        self.deaths[who] += 1

    def papers(self) -> list[tuple[str, ...]]:
        """Return of each paper its id, name, digest, file, preview and scan."""
        question = "SELECT id, original_name, sha256, file, preview, scan FROM dossiers_paper"
        return [(killing.as_hex(id_), *more) for id_, *more in self.work.store.rows(question)]

    def looks_at_scans(self) -> None:
        """See that nothing is said of a file which the scanner has not said."""
        said = [(digest, scan) for _, _, digest, _, _, scan in self.papers() if scan != "not_yet"]
        judged = self.judged | set(map(digest_of, self.clamd.seen))
        self.wrong += [
            f"{digest} is {scan} and was never judged" for digest, scan in said if digest not in judged
        ]


class Citizen(threading.Thread):
    """Gives papers one after the other, opens some, takes some out again; goes on where it broke off."""

    def __init__(self, siege: Siege, person: Person, seed: int) -> None:
        super().__init__(daemon=True)
        self.siege, self.chance = siege, random.Random(seed)
        self.mine: list[Sent] = []  # what must be there
        self._is_to_end = threading.Event()
        self._browser = Browser(siege.work.product.url)
        assert self._browser.registers(person).path == "/dang-ky/hoan-tat/"
        self._browser.log_in_as(person.number, NEW_PASSWORD)
        self.page = self._browser.agrees(self._browser.starts_filing()).path
        assert self.page.endswith("/giay-to/"), self.page
        self.dossier = self.page.removesuffix("giay-to/")

    def run(self) -> None:
        try:
            while not self._is_to_end.is_set():
                if self.chance.random() < 0.4:
                    self._gives_whole()
                else:
                    self.gives_in_pieces()
                self.opens(self.chance.choice(self.mine))
                if len(self.mine) > _MOST_PAPERS or self.chance.random() < 0.2:
                    self._takes_out(self.chance.choice(self.mine))
                self._is_to_end.wait(self.chance.uniform(0, 0.2))
        except BaseException as error:
            self.siege.wrong.append(f"a citizen was stopped: {type(error).__name__} {error}")
            raise

    def ends(self) -> None:
        """Finish the paper at hand."""
        self._is_to_end.set()
        self.join(60)
        assert not self.is_alive()

    def gives_once(self) -> None:
        """Send one whole file, once, whether an answer comes or not."""
        self._browser.url = self.siege.work.product.url
        sent = self._writes()
        with suppress(*_LOST):
            self._browser.uploads(self.page, sent.name, sent.content)

    def opens(self, sent: Sent) -> None:
        """Open a paper, and see that it is what was sent, or sealed away, or that the store is away."""
        stood = self._stands(sent)
        if stood is None:
            self._wrong(sent, "was acknowledged and is lost")
            return
        deaths = self.siege.deaths["store"]
        address = f"{self.page}{uuid.UUID(stood[0])}/"
        answer = self._stubborn(lambda: self._browser.get(address), {200, 403, 404, 503})
        if answer.status == 200 and answer.body == sent.content and stood[1] != "infected":
            return
        is_sealed = answer.status == 403 and sent.kind == "infected"
        is_away = answer.status == 503 and (deaths % 2 or deaths != self.siege.deaths["store"])
        if not (is_sealed or is_away) or sent.content[-100:] in answer.body:
            self._wrong(sent, f"stood as {stood[1]} and was opened with {answer.status}")

    def sees(self) -> str:
        """Return the page with the papers."""
        return self._stubborn(lambda: self._browser.get(self.page)).text

    def _gives_whole(self) -> None:
        while True:
            sent, deaths = self._writes(), self.siege.deaths["scanner"]
            page = self._once(lambda sent=sent: self._browser.uploads(self.page, sent.name, sent.content))
            text = page.text if page is not None and page.status == 200 else self.sees()
            if f">{sent.name}</a>" in text:
                break
            self._is_to_end.wait(0.1)  # refused, because the store is away, or lost
        self._is_there(sent)
        mark = text.partition(f">{sent.name}</a>")[2].partition("</li>")[0]
        if deaths % 2 and deaths == self.siege.deaths["scanner"] and "Chưa quét mã độc" not in mark:
            self._wrong(sent, "is not said to be unscanned while the scanner is away")

    def gives_in_pieces(self, kind: str = "", *, breaks_off: Callable[[], None] | None = None) -> None:
        """Send one file in pieces until it is there.

        Args:
            kind: of the file; a long one has at least two pieces.
            breaks_off: called once, when the first piece is there and the last is not.
        """
        sent = self._writes(kind)
        size = len(sent.content)
        piece = min(max(500, size // self.chance.randint(2, 7)), 256 * 1024)
        at, taken = None, 0
        while not sent.is_acknowledged:
            if not sent.upload:
                form = urlencode({"line": "other", "name": sent.name, "size": size}).encode()
                answer = self._once(
                    lambda form=form: self._browser.asks("POST", f"{self.dossier}tai-len/", form)
                )
                if answer is not None and answer.status in (200, 201):
                    sent.upload, at = answer.headers["Location"], int(answer.headers["Upload-Offset"])
            elif at is None:
                answer = self._once(lambda: self._browser.asks("HEAD", sent.upload, Tus_Resumable="1.0.0"))
                if answer is not None and answer.status == 200:
                    at = int(answer.headers["Upload-Offset"])
                    self.siege.resumed += at > 0
            else:
                end = min(at + piece, size)
                answer = self._sends(sent, at, end)
                at = None
                if answer is not None and answer.status == 204:
                    at = taken = int(answer.headers["Upload-Offset"])
                    sent.is_acknowledged = end == size
                    if breaks_off and end < size:
                        breaks_off()
                        breaks_off = at = None  # as a page does that is opened anew
            if answer is not None and answer.status in (404, 409, 422, 460):
                raise AssertionError(f"{sent.name}: {answer.status} {answer.text}")
            if at is not None and at < taken:
                self._wrong(sent, f"stands at {at}, and {taken} bytes were acknowledged")
                taken = at
            if at is None:
                self._is_to_end.wait(0.05)
        if self.chance.random() < 0.3:  # as if the answer had been lost
            self._sends(sent, size - min(piece, size), size)
        self._is_there(sent)

    def _sends(self, sent: Sent, at: int, end: int) -> Seen | None:
        headers = {"Upload_Beginning": digest_of(sent.content[:at])} if at else {}
        headers |= {"Content_Type": "application/offset+octet-stream", "Tus_Resumable": "1.0.0"}
        headers["Upload_Offset"] = str(at)
        return self._once(lambda: self._browser.asks("PATCH", sent.upload, sent.content[at:end], **headers))

    def _takes_out(self, sent: Sent) -> None:
        if (stood := self._stands(sent)) is None:
            self._wrong(sent, "was acknowledged and is lost")
            return
        address = f"{self.page}{uuid.UUID(stood[0])}/xoa/"
        self._stubborn(lambda: self._browser.post(address, {}))
        sent.removed_file = stood[2]
        self.mine.remove(sent)

    def _writes(self, kind: str = "") -> Sent:
        kind = kind or self.chance.choice(_KINDS)
        content = made(kind, self.chance)
        sent = Sent(kind, digest_of(content)[:16] + (".png" if kind == "picture" else ".pdf"), content)
        self.siege.sent.append(sent)
        return sent

    def _is_there(self, sent: Sent) -> None:
        sent.is_acknowledged = True
        self.mine.append(sent)

    def _stands(self, sent: Sent) -> tuple[str, str, str] | None:
        """Return the id, the scan and the file of a paper."""
        question = f"SELECT id, scan, file FROM dossiers_paper WHERE sha256 = '{sent.digest}'"
        found = self.siege.work.store.rows(question)
        return (killing.as_hex(found[0][0]), *found[0][1:]) if found else None

    def _wrong(self, sent: Sent, what: str) -> None:
        self.siege.wrong.append(f"{sent.kind} {sent.name} {what}")

    def _once(self, press: Callable[[], Seen]) -> Seen | None:
        self._browser.url = self.siege.work.product.url
        try:
            page = press()
        except _LOST:
            return None
        self.siege.heard += 1
        return page

    def _stubborn(self, press: Callable[[], Seen], wanted: Collection[int] = (200,)) -> Seen:
        def once() -> Seen | None:
            page = self._once(press)
            return page if page is not None and page.status in wanted else None

        page: Seen = eventually(once, "an answer", seconds=60)
        return page


def besiege(siege: Siege, *, seed: int) -> None:
    """Kill one process a round, while the scanner and the store go away and come back; then let everything be done.

    Args:
        siege: open, and nothing given yet.
        seed: decides whom and when, and what is given.
    """
    work, chance = siege.work, random.Random(seed)
    citizens = [Citizen(siege, work.people.pop(), chance.randrange(2**32)) for _ in range(CITIZENS)]
    # One file surely breaks off; when the others do is left to chance.
    citizens[0].gives_in_pieces("long", breaks_off=lambda: work.kills("server", work.product.process.pid))
    for citizen in citizens:
        citizen.start()
    victims = [*_VICTIMS[work.place]]
    chance.shuffle(victims)
    pause = threading.Event()
    for number in range(len(victims)):
        for who, goes in _EVENTS.get(number, ()):
            siege.goes(who) if goes else siege.returns(who)
        enough = siege.heard + _EACH_ROUND
        eventually(lambda: siege.heard >= enough or siege.wrong, "citizens to get on", seconds=60)  # noqa: B023
        pause.wait(chance.uniform(0.0, 0.3))  # the random moment
        kind = victims.pop()
        work.kills(kind, chance.choice(work.victims()[kind]))
        siege.looks_at_scans()
    for citizen in citizens:
        citizen.ends()
    _dies_between_file_and_row(siege, citizens[0])
    for table, column, only in _WAITING:
        killing.earlier(work.store, table, column, _LATER, only=only)
    siege.clamd.pause = 0
    work.starts()
    with suppress(AssertionError):  # whatever still waits is counted below
        eventually(lambda: work.store.rows(_UNDONE) == [(0,)], "scans and previews to be made", seconds=30)
    for citizen in citizens:
        for sent in citizen.mine:
            citizen.opens(sent)
        if "Chưa quét mã độc" in citizen.sees():
            siege.wrong.append("a page says that a paper is not scanned")
    work.dies()
    siege.looks_at_scans()
    removed = {sent.removed_file for sent in siege.sent} & siege.place.names()
    siege.wrong += [f"file {name} was taken out and is there" for name in removed]
    register = {"NPDSANDBOX_PORT": str(urlsplit(work.sandbox.url).port)}
    swept = subprocess.run(
        [MOTCUA, "shell", "-c", _HOUSEKEEPING],
        env=environment(**work.store.variables, **register, **work.variables),
        capture_output=True,
        text=True,
        check=True,
    )
    siege.swept = sum(int(line.split()[0]) for line in swept.stdout.splitlines() if "without a row" in line)
    _count(siege)


def _dies_between_file_and_row(siege: Siege, citizen: Citizen) -> None:
    """Kill everything at the moment at which a paper has its file and not yet its row."""

    def files() -> set[str]:
        return {name for name in siege.place.names() if not name.endswith("-preview.jpg")}

    known = files()
    with _nobody_else_writes(siege.work.store, killing.as_hex(citizen.dossier.split("/")[2])):
        giving = threading.Thread(target=citizen.gives_once)
        giving.start()
        eventually(lambda: files() - known, "a file")
        siege.work.dies()
    giving.join(20)


@contextmanager
def _nobody_else_writes(store: Store, dossier: str) -> Iterator[None]:
    if store.database_url:
        with psycopg.connect(store.database_url) as postgres:
            postgres.execute("SELECT 1 FROM dossiers_dossier WHERE id = %s FOR UPDATE", [dossier])
            yield
        return
    with closing(sqlite3.connect(store.folder / "motcua.sqlite3", timeout=10)) as sqlite:
        sqlite.execute("BEGIN IMMEDIATE")
        yield
        sqlite.rollback()


def _count(siege: Siege) -> None:
    """Compare what was sent, the rows, the files and what the scanner saw."""
    wrong, rows = siege.wrong, siege.papers()
    sent = {one.digest: one for one in siege.sent}
    stored = {name: siege.place.content(name) for name in siege.place.names()}
    for id_, name, digest, file, preview, scan in rows:
        one = sent.get(digest)
        if one is None or one.name != name:
            wrong.append(f"nobody sent paper {id_}")
            continue
        what = f"{one.kind} {one.name}"
        if digest_of(stored.get(file, b"")) != digest:
            wrong.append(f"{what} has {'another' if file in stored else 'no'} file")
        if scan != ("infected" if one.kind == "infected" else "clean"):
            wrong.append(f"{what} is {scan}")
        if bool(preview) != (one.kind in _DRAWN) or (
            preview and not stored.get(preview, b"").startswith(b"\xff\xd8\xff")
        ):
            wrong.append(f"{what} has the preview {preview!r}, {preview in stored}")
        if one.upload and killing.as_hex(one.upload.split("/")[-2]) != id_:
            wrong.append(f"{what} is not the paper of its upload")
    times = Counter(digest for _, _, digest, *_ in rows)
    for one in siege.sent:
        least, most = (0, 0) if one.removed_file else (one.is_acknowledged, 1)
        if not least <= times[one.digest] <= most:
            wrong.append(
                f"{one.kind} {one.name} is there {times[one.digest]} times instead of {least} to {most}"
            )
    named = {name for row in rows for name in row[3:5] if name}
    wrong += [f"file {name} has no row" for name in stored if name not in named]
    told = Counter(
        subject
        for (details,) in siege.work.store.rows(
            "SELECT details FROM audit_auditevent WHERE name = 'dossier.paper_infected'"
        )
        for subject in [json.loads(details)["paper"] if isinstance(details, str) else details["paper"]]
    )
    wrong += [f"paper {id_} was found infected {count} times" for id_, count in told.items() if count != 1]
    wrong += [
        f"nobody was told of {name}"
        for id_, name, *_, scan in rows
        if scan == "infected" and str(uuid.UUID(id_)) not in told
    ]
    for question in (_UNDONE, _UNFINISHED, _GIVEN_UP):
        if siege.work.store.rows(question) != [(0,)]:
            wrong.append(f"something is left: {' '.join(question.split())}")


@pytest.mark.parametrize(("kind", "work"), [("disk", "inside"), ("s3", "apart")])
def test_papers_survive_kills_and_outages_whole_and_once_and_nothing_else_stays(
    filled: Store, tmp_path: Path, kind: str, work: str
) -> None:
    seed = random.randrange(1_000_000)
    place: Place = Bucket() if kind == "s3" else Disk(tmp_path / "product")
    clamd = Clamd()
    clamd.pause = 0.1
    variables = {**place.variables, "CLAMD_ADDRESS": "{}:{}".format(*clamd.address)}
    with killing.office(filled, tmp_path, place=work, people=100, **variables) as office:
        place.begins()
        siege = Siege(office, place, clamd)
        try:
            besiege(siege, seed=seed)
        except BaseException as error:
            error.add_note(f"seed {seed}, {siege.wrong}")
            raise
        finally:
            if not siege.deaths["scanner"] % 2:
                siege.clamd.stop()
            if kind == "s3" and not siege.deaths["store"] % 2:
                place.goes()

    assert siege.wrong == [], f"seed {seed}"
    assert siege.resumed, f"seed {seed}: no file went on where it broke off, so nothing was shown"
    assert siege.swept, f"seed {seed}: no file was left without a row, so nothing was shown"
