"""Verifying: does the log still say what was recorded; and if not, which record is the first that is wrong."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection
from django.utils import timezone

from motcua.audit import archives, chain, heads, months, reading
from motcua.audit.archives import Archive, File, Held
from motcua.audit.chain import Header, Span
from motcua.audit.erasing import erasures
from motcua.audit.heads import Heads
from motcua.audit.reading import Batch
from motcua.audit.recording import is_ours
from motcua.audit.report import Report
from motcua.audit.sealer import LONG_OPEN, open_for, open_spans, seal
from motcua.audit.standing import RESUME, CannotSeal, is_about_to_begin, is_declared_lost, resumption_of

_NEAR: Final = 64  # ids between two spans that are read in one go
_MOST_STRANGERS: Final = 200  # rows with each other's contents that are told apart


def verify(*, now: datetime, elsewhere: Iterable[Path] = (), brought: Path | None = None) -> Report:
    """Compare every event with its seal, the chain with itself, and its end with the heads kept outside the database.

    What is still open is sealed first, but only where the chain and its heads are in order.

    Args:
        now: the moment.
        elsewhere: further files of heads, brought back from where copies are kept.
        brought: the folder with the files of archived months; without it these are not looked at.

    Raises:
        OSError: a file of ``elsewhere``, or one that was brought, cannot be read.
    """
    if brought is not None and not brought.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "there is no such folder", str(brought))
    report = Report()
    # Heads are written after their batches: read in this order, what is sealed meanwhile does not seem to be cut off.
    files = _files(list(elsewhere), report)
    kept = reading.batches()
    doubted = check_chain(kept, None, report)
    missing = _check_heads(kept, files, report)
    _check_newest(kept, missing, report)
    if report.is_whole:
        new = _seal(now, kept, report)
        doubted |= check_chain(new, kept[-1] if kept else None, report)
        kept += new
    report.batches, report.last = len(kept), kept[-1] if kept else None
    absent = _check_events(kept, doubted, report)
    absent += _still_absent(missing)
    _check_open(report)
    for low, high in reading.doubled_macs():
        report.add(high, f"is a copy of event {low}, put in by hand")
    by_number = {one.header.number: one for one in kept}
    archived = _check_absent(absent, by_number, doubted, report)
    _check_archives(archived, by_number, brought, now, report)
    report.sort()
    return report


def _seal(now: datetime, kept: list[Batch], report: Report) -> list[Batch]:
    """Seal what is open and return the batches that have come."""
    waited = open_for(now)
    if waited >= LONG_OPEN:
        report.notes.append(
            f"Events were open for {int(waited.total_seconds() // 60)} minutes. "
            "Does motcua serve, or motcua work where MOTCUA_WORK=apart, run and seal?"
        )
    try:
        done = seal(now=now, is_thorough=True)
    except CannotSeal as refusal:
        report.add(None, str(refusal))
        return []
    for path, why in done.unwritten.items():
        report.notes.append(f"The head could not be written to {path} ({why}).")
    return reading.batches("number > %s", [kept[-1].header.number if kept else 0])


def check_chain(kept: list[Batch], before: Batch | None, report: Report) -> set[int]:
    """Check that each batch is what it was and follows the one before; return those that cannot be believed."""
    doubted: set[int] = set()
    last, last_head = (before.header.number, before.head) if before else (0, chain.NOTHING_BEFORE)
    for one in kept:
        header = one.header
        where = f"batch {header.number} (events {header.ids or 'none'})"
        if trouble := one.signed.trouble():
            doubted.add(header.number)
            report.add(None, f"the seal of {where} was changed: {trouble}")
        elif header.previous != last_head or not _may_follow(one, last):
            doubted.add(last)
            if header.number > last + 1:
                between = str(last + 1) if header.number == last + 2 else f"{last + 1} to {header.number - 1}"
                what = (
                    f"the seal of batch {between} is missing: after batch {last} comes batch {header.number}"
                )
            else:
                what = (
                    f"batch {header.number} does not follow batch {last}: one of the two was put in by hand"
                )
            report.add(None, what)
        elif found := resumption_of(one):
            lost = f" Batches {found.lost[0]} to {found.lost[1]} were lost then." if found.lost else ""
            report.notes.append(f"Resumed on {_told(header.sealed_at)} by {found.by}: {found.reason}.{lost}")
        last, last_head = header.number, one.head
    if kept and not kept[-1].signed.is_of_a_known_key:
        report.add(
            None, f"batch {last}, the last one, is signed with another key: was MOTCUA_SECRET_KEY changed?"
        )
    return doubted


def _may_follow(one: Batch, last: int) -> bool:
    if one.header.number == last + 1:
        return True
    found = resumption_of(one)
    lost = found.lost if found else None
    return lost is not None and lost[0] <= last + 1 and lost[1] >= one.header.number - 1


def _check_heads(kept: list[Batch], files: list[Heads], report: Report) -> list[Header]:
    """Compare the chain with heads kept outside; return the headers of lost batches."""
    there = {one.header.number: one.head for one in kept}
    resumptions = [one for one in kept if one.header.note]
    missing: dict[int, Header] = {}
    for file in files:
        wrong = [
            one
            for one in file.heads
            if there.get(one.header.number) != one.head and not is_declared_lost(one, resumptions)
        ]
        missing |= {one.header.number: one.header for one in wrong if one.is_of_a_known_key}
        if wrong:
            first = min(wrong, key=lambda one: one.header.number).header
            if first.number in there:
                what = f"batch {first.number} is another one than {file.path} knows"
            else:
                more = f", and {len(wrong) - 1} more after it" if len(wrong) > 1 else ""
                what = (
                    f"batch {first.number} (events {first.ids}, sealed on {_told(first.sealed_at)}) is gone{more}, "
                    f"though {file.path} knows it: the end was cut or an older state put back"
                )
            report.add(None, f"{what}. After a back-up was put back on purpose: {RESUME}")
        if file.bad_lines:
            lines = ", ".join(map(str, file.bad_lines[:5]))
            what = f"{file.path}: line {lines} is damaged or not ours"
            if file.is_end_bad:
                report.add(
                    None,
                    f"{what}, so whether the end was cut cannot be said. Put a good copy there, or: {RESUME}",
                )
            else:
                report.notes.append(f"{what}; a later line is good and vouches for it.")
        report.compared.append((file.path, len(file.heads)))
    return [missing[number] for number in sorted(missing)]


def _files(elsewhere: list[Path], report: Report) -> list[Heads]:
    """Return our own file of heads and its copy, as far as they can be read, and those that were brought back."""
    files = []
    last = reading.last_batch()
    own, copy = settings.AUDIT_HEADS, settings.AUDIT_HEAD_COPY
    for path in [own, *([Path(copy)] if copy else [])]:
        try:
            file = heads.read(path)
        except OSError as error:
            what = f"{path} cannot be read ({error.strerror}), so whether the end was cut cannot be said"
            if path == own:
                report.add(None, f"{what}. Mend its rights.")
            else:
                report.notes.append(f"{what} by it (AUDIT_HEAD_COPY).")
            continue
        if file.heads or file.bad_lines:
            files.append(file)
        elif last is not None and not is_about_to_begin(file, last):
            what = f"{path} is missing or empty, so whether the end was cut cannot be said"
            if path == own:
                report.add(None, f"{what}. Bring the file from where it was, or, if it is lost: {RESUME}")
            else:
                report.notes.append(f"{what} by it (AUDIT_HEAD_COPY).")
    for path in elsewhere:
        file = heads.read(path)
        if not file.is_there:
            raise FileNotFoundError(f"{file.path} is not there")
        files.append(file)
    return files


def _check_events(kept: list[Batch], doubted: set[int], report: Report) -> list[tuple[int, list[Span]]]:
    """Compare every sealed event with its leaf; return the ids that are not there, with their batches."""
    absent: list[tuple[int, list[Span]]] = []
    strangers: list[tuple[reading.Row, bytes, Batch]] = []
    for some in reading.chunks(kept):
        sealed = reading.leaves([one.header.number for one in some])
        expected: dict[int, bytes] = {}
        batch_of: dict[int, Batch] = {}
        unproved: set[int] = set()
        spans: list[Span] = []
        for one in some:
            header, leaves = one.header, sealed[one.header.number]
            is_proof = header.number not in doubted
            # A list of ids that a hand has written may be endless; only one as long as the leaves is looked at.
            ids = one.ids if is_proof or one.size == len(leaves) else []
            if is_proof and (chain.root(leaves) != header.root or len(ids) != len(leaves)):
                is_proof = False
                report.add(
                    None,
                    f"the leaves of batch {header.number} (events {header.ids}) were changed: "
                    "they do not give its root",
                )
            if not is_proof:
                unproved.update(ids)
                leaves = [b""] * len(ids)
            expected.update(zip(ids, leaves, strict=True))
            batch_of.update(dict.fromkeys(ids, one))
            spans += header.spans if ids else []
        before = None
        for row in reading.events_in(_near(spans)):
            if row.pk == before:  # PostgreSQL lets an id stand in two months
                report.add(row.pk, "stands there twice: one of the two was put in by hand")
            before = row.pk
            leaf = expected.pop(row.pk, None)
            if leaf is None:
                continue
            report.events += 1
            if row.pk in unproved:
                if not is_ours(row.mac, row.content):
                    report.add(row.pk, "was changed after it was recorded, and so was its seal")
            elif leaf != row.leaf:
                one = batch_of[row.pk]
                if is_ours(row.mac, row.content) and len(strangers) < _MOST_STRANGERS:
                    strangers.append((row, leaf, one))
                else:
                    report.add(row.pk, f"was changed after it was recorded ({_where(one)})")
        gone: dict[int, list[int]] = {}
        for pk in expected:
            gone.setdefault(batch_of[pk].header.number, []).append(pk)
        absent += [(number, chain.spans_of(ids)) for number, ids in gone.items()]
    for row, _, one in strangers:
        owner = next(
            (other.pk for other, leaf, _ in strangers if chain.leaf(other.pk, row.mac, row.content) == leaf),
            0,
        )
        whose = f"event {owner}" if owner else "another event"
        report.add(row.pk, f"holds what belongs to {whose}: swapped, or copied over it ({_where(one)})")
    return absent


def _where(one: Batch) -> str:
    return f"sealed on {_told(one.header.sealed_at)} in batch {one.header.number}"


def _check_newest(kept: list[Batch], missing: list[Header], report: Report) -> None:
    """Check that of the newest events, which no batch has sealed, none is gone, where the database lets us know.

    SQLite gives its ids without gaps, since one that is rolled back is given again; PostgreSQL does not.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = 'audit_auditevent'")
        (given,) = cursor.fetchone()
    reach = kept[-1].header.reach if kept else None
    newest = reading.ids_after(0 if reach is None else reach)
    sealed = [span for header in missing for span in header.spans]  # told as lost
    if reach is None:
        if not newest:
            return
        reach = newest[0]
    known = chain.joined([*chain.spans_of(newest), *sealed, (int(given or 0) + 1, reading.END)])
    for first, last in chain.gaps(known, reach):
        report.add(first, f"{_gone(first, last)}; deleted before it was sealed")


def _check_open(report: Report) -> None:
    """Check the macs of the events that no batch has sealed."""
    for row in reading.events_in(open_spans()):
        report.open += 1
        if not is_ours(row.mac, row.content):
            report.add(row.pk, "was put in by hand, or changed before it was sealed: its mac is not ours")


def _still_absent(missing: list[Header]) -> list[tuple[int, list[Span]]]:
    """Return the ids of lost batches whose events are gone as well; one that came later under an old id is another."""
    absent = []
    for header in missing:
        spans = header.spans
        there = {row.pk for row in reading.events_in(spans) if chain.moment(row.at) <= header.sealed_at}
        gone = (pk for pk in chain.ids_of(spans) if pk not in there)
        absent.append((header.number, chain.spans_of(gone)))
    return absent


def _check_absent(
    absent: list[tuple[int, list[Span]]], kept: dict[int, Batch], doubted: set[int], report: Report
) -> dict[int, list[int]]:
    """Tell for every event that is gone whether it was erased because its time was over, or went into an archive.

    Returns:
        The batches of the archived ones, by the event that tells of the archive.
    """
    wrong = {one.event for one in report.findings}
    report.archives = archives.archives(
        row for row in reading.events_named(archives.EVENT) if row.pk not in wrong
    )
    archived: dict[int, list[int]] = {}
    if not any(spans for _, spans in absent):
        return archived
    erased = erasures(row for row in reading.events_named("audit.erased") if row.pk not in wrong)
    owners = archives.owners(report.archives)
    for number, spans in absent:
        one = kept.get(number)
        unexplained = []
        for pk in chain.ids_of(spans):
            found, owner = erased.of(pk), owners.of(pk)
            if (found is None and owner is None) or one is None or number in doubted:
                unexplained.append(pk)
            elif owner is not None:
                report.archived += 1
                numbers = archived.setdefault(owner.event, [])
                if numbers[-1:] != [number]:
                    numbers.append(number)
            elif found is not None:
                report.erased += 1
                at, days = found
                if datetime.fromisoformat(one.header.sealed_at) + timedelta(days=days) > at:
                    sealed_on = _told(one.header.sealed_at)
                    report.add(pk, f"was erased too early: sealed on {sealed_on}, kept {days} days")
        where = f"sealed in batch {number}" + ("" if one else ", which is gone too")
        for first, last in chain.spans_of(unexplained):
            report.add(first, f"{_gone(first, last)}; {where}")
    return archived


def _check_archives(
    archived: dict[int, list[int]],
    kept: dict[int, Batch],
    brought: Path | None,
    now: datetime,
    report: Report,
) -> None:
    """Check what events ``audit.archived`` say and, where the files were brought, every line of these."""
    for one in report.archives:
        month = f"{one.month:%m/%Y}"
        if months.month_of(one.at) < months.later(one.month, 2):
            report.add(one.event, f"archived {month} too early")
        begin = timezone.localdate(months.begin_of(one.month))
        for file in one.files:
            if file.until < begin + timedelta(days=file.days):
                report.add(one.event, f"lets {file.name} be deleted too early")
        if brought is None:
            report.held += [Held(one.month, file, None, archives.is_over(file, now)) for file in one.files]
            continue
        sealed: dict[int, tuple[bytes, str]] = {}
        owner = archives.owners([one])
        batches = [kept[number] for number in archived.get(one.event, [])]
        for some in reading.chunks(batches):
            leaves = reading.leaves([batch.header.number for batch in some])
            for batch in some:
                for pk, leaf in zip(batch.ids, leaves[batch.header.number], strict=False):
                    if owner.of(pk):
                        sealed[pk] = leaf, batch.header.sealed_at
        expected = dict(sealed)
        away = 0
        for file in one.files:
            held = _check_file(one, file, brought, sealed, expected, now, report)
            report.held.append(held)
            if held.path is None and not (brought / file.name).exists():
                away += file.count
                report.erased += file.count if held.is_over else 0
                report.archived -= file.count if held.is_over else 0
        if away and len(expected) > away:  # what the files that are gone held is known by its number alone
            report.name(
                f"archive of {month}",
                f"{len(expected)} events are in no file, but the files that are gone held {away}",
            )
        elif not away:
            for first, last in chain.spans_of(sorted(expected)):
                report.add(first, f"{_gone(first, last)}; archived, and in no file of {month}")


def _check_file(
    one: Archive,
    file: File,
    brought: Path,
    sealed: dict[int, tuple[bytes, str]],
    expected: dict[int, tuple[bytes, str]],
    now: datetime,
    report: Report,
) -> Held:
    """Compare a file with its digest, and each line with its leaf; what was found is taken out of ``expected``."""
    path, is_over = brought / file.name, archives.is_over(file, now)
    before = report.count
    owner = archives.owners([one])
    try:
        if archives.sha256_of(path) != file.sha256:
            report.name(file.name, "is not the file that was written when its month was archived")
        told = archives.lines(path)
        if next(told, None) != archives.head(one.month, file):
            report.name(file.name, "says of itself something else than the log says of it")
        for number, line in enumerate(told, 2):
            row = archives.row_of(line)
            if row is None or owner.of(row.pk) is None:
                report.name(file.name, f"line {number} is no event of this archive")
                continue
            seen = sealed.get(row.pk)
            if seen is None:  # its row is still in the database, and was compared there
                continue
            expected.pop(row.pk, None)
            report.read += 1
            leaf, sealed_at = seen
            if row.leaf != leaf:
                report.add(row.pk, f"was changed after it was archived (line {number} of {file.name})")
            elif timezone.localdate(datetime.fromisoformat(sealed_at)) + timedelta(file.days) > file.until:
                report.add(row.pk, f"may be deleted too early (line {number} of {file.name})")
    except FileNotFoundError:
        if not is_over:
            what = f"{file.count} events of {one.month:%m/%Y}, to be kept until {file.until:%d/%m/%Y}"
            report.name(file.name, f"is missing in {brought}: {what}")
        return Held(one.month, file, None, is_over)
    except archives.BrokenFile as error:
        report.name(file.name, str(error))
    return Held(one.month, file, path if report.count == before else None, is_over)


def _gone(first: int, last: int) -> str:
    return f"is missing, and so are all up to event {last}" if last > first else "is missing"


def _near(spans: list[Span]) -> list[Span]:
    """Join spans between which hardly anything lies."""
    result: list[Span] = []
    for first, last in chain.joined(spans):
        if result and first - result[-1][1] <= _NEAR:
            result[-1] = (result[-1][0], last)
        else:
            result.append((first, last))
    return result


def _told(moment: str) -> str:
    try:
        return timezone.localtime(datetime.fromisoformat(moment)).strftime("%d/%m/%Y %H:%M:%S")
    except ValueError:
        return moment
