"""Keys are changed while everybody goes on: nothing is unreadable at any moment, nothing is overwritten."""

from __future__ import annotations

import threading
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.db import close_old_connections, connections
from pytest_django import Settings

from motcua.accounts.models import Citizen, User
from motcua.audit.models import AuditEvent
from motcua.config import keys as config_keys
from motcua.sealing import resealing
from motcua.sealing.keyring import add_key
from motcua.sealing.resealing import SECRET_KEY, count_by_key, reseal, sealed_fields
from tests.at_rest import found, told
from tests.conftest import raw, sealed_long_ago
from tests.people import cast
from tests.sealing.conftest import a_minute_passes, ids

NAMES = ("Nguyễn Văn An", "Trần Thị Bình")


def command(*words: str) -> int:
    """Run ``motcua keys …``; return its exit code."""
    parser = ArgumentParser()
    config_keys.declare(parser)
    return config_keys.run(parser.parse_args(words))


@contextmanager
def busy(*jobs: Callable[[int], None]) -> Iterator[list[int]]:
    """Let each job run over and over in a thread of its own while the block lasts; a mistake of one fails the test."""
    stop, wrong, turns = threading.Event(), [], [0] * len(jobs)

    def over_and_over(place: int) -> None:
        try:
            for turn in count():
                if stop.is_set():
                    return
                jobs[place](turn)
                turns[place] = turn + 1
        except BaseException as error:
            wrong.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=over_and_over, args=[place]) for place in range(len(jobs))]
    for thread in threads:
        thread.start()
    try:
        yield turns
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert wrong == []


@pytest.mark.django_db(transaction=True)
def test_keys_are_changed_while_everybody_reads_and_writes(
    keys: Path, people: None, settings: Settings
) -> None:
    settings.SEALING_KEYS_FILE = keys.parent / "none"  # as before there were keys
    accounts = [User(login=f"u{place}", full_name=NAMES[0]) for place in range(300)]
    User.objects.bulk_create(accounts)
    pks = [user.pk for user in accounts]
    settings.SEALING_KEYS_FILE = keys
    written: dict[int, str] = dict.fromkeys(pks, NAMES[0])

    def reads(turn: int) -> None:
        assert User.objects.get(pk=pks[turn % len(pks)]).full_name in NAMES
        names = User.objects.filter(pk__in=pks[:20]).values_list("full_name", flat=True)
        assert {str(name) for name in names} <= set(NAMES)

    def writes(turn: int) -> None:
        pk = pks[turn * 7 % len(pks)]
        user = User.objects.get(pk=pk)
        user.full_name = written[pk] = NAMES[turn % 2]
        user.save()

    with busy(reads, writes) as turns:
        for _ in range(3):
            before, first = list(turns), ids(keys)[0]
            assert command("reseal") == 0
            assert command("add") == 0
            assert command("reseal") == 0
            a_minute_passes(keys)
            while command("drop", first):  # somebody was about to write with it
                assert command("reseal") == 0
            assert first not in ids(keys)
            while any(turn < earlier + 20 for turn, earlier in zip(turns, before, strict=True)):
                assert threading.active_count() > 2
                close_old_connections()

    assert count_by_key() == {SECRET_KEY: 0, ids(keys)[-1]: sum(count_by_key().values())}
    assert {user.pk: user.full_name for user in User.objects.filter(pk__in=pks)} == written
    for model, fields in sealed_fields().items():
        for row in model._base_manager.all():
            assert all(isinstance(getattr(row, field.attname), str) for field in fields)
    assert found(told(cast.an, cast.binh, cast.lan)) == []
    events = AuditEvent.objects.filter(name="keys.rotated").order_by("id")
    assert events[0].details["old"] == SECRET_KEY
    assert all(event.details["count"] > 0 for event in events)


@pytest.mark.django_db
def test_what_somebody_writes_meanwhile_is_never_overwritten(
    keys: Path, citizen_an: Citizen, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_key()
    is_first = [True]

    def seal_after_an_edit(use: str, text: str) -> bytes:
        if use == "citizen_name" and is_first.pop():
            is_first.append(False)
            Citizen.objects.filter(pk=citizen_an.pk).update(full_name="Nguyễn Văn Mới")
        elif not is_first:
            is_first.append(False)
        return honest(use, text)

    honest = resealing.seal
    monkeypatch.setattr(resealing, "seal", seal_after_an_edit)
    result = reseal(pause=lambda seconds: None)

    assert result.raced == 1
    citizen = Citizen.objects.get(pk=citizen_an.pk)
    assert (citizen.full_name, citizen.birth) == ("Nguyễn Văn Mới", cast.an.born)
    assert count_by_key()[ids(keys)[0]] == 0


@pytest.mark.django_db
def test_a_key_that_is_still_needed_is_not_dropped(keys: Path, people: None, capsys: Any) -> None:
    reseal()
    first = ids(keys)[0]
    assert command("drop", first) == 1  # it seals
    add_key()
    assert command("drop", first) == 1
    assert "moment ago" in capsys.readouterr().err
    a_minute_passes(keys)
    assert command("drop", first) == 1
    assert "still need" in capsys.readouterr().err
    assert command("drop", "ffffffff") == 1
    assert ids(keys)[0] == first


@pytest.mark.django_db
def test_a_dry_run_seals_nothing_and_says_how_much_it_would(
    keys: Path, citizen_an: Citizen, capsys: Any
) -> None:
    reseal()
    add_key()
    before, needed = raw(citizen_an, "birth"), count_by_key()[ids(keys)[0]]

    assert command("reseal", "--dry-run") == 0

    assert f"{needed} values would be" in capsys.readouterr().out
    assert raw(citizen_an, "birth") == before
    assert not AuditEvent.objects.filter(name="keys.rotated").exists()


@pytest.mark.django_db
def test_what_no_key_opens_is_told_and_left_as_it_is(keys: Path, citizen_an: Citizen, capsys: Any) -> None:
    Citizen.objects.filter(pk=citizen_an.pk).update(birth=sealed_long_ago())
    before = raw(citizen_an, "birth")

    assert command("reseal") == 1

    assert "1 values were left" in capsys.readouterr().err
    assert raw(citizen_an, "birth") == before
    assert raw(citizen_an, "full_name")[1:5].hex() == ids(keys)[0]


@pytest.mark.django_db
def test_the_list_names_keys_and_tells_no_secret(keys: Path, people: None, capsys: Any) -> None:
    reseal()
    add_key()
    assert command("list") == 0

    told_of = capsys.readouterr().out
    for line in keys.read_text(encoding="ascii").splitlines():
        key_id, secret = line.split()
        assert key_id in told_of
        assert secret not in told_of
    assert "seals" in told_of.splitlines()[-1]


@pytest.mark.django_db
def test_keys_of_a_variable_are_changed_by_the_operator_alone(
    settings: Settings, people: None, capsys: Any
) -> None:
    assert command("add") == 0
    new = capsys.readouterr().out.strip()
    old, settings.SEALING_KEYS = settings.SEALING_KEYS, f"{settings.SEALING_KEYS}\n{new}"
    assert command("reseal") == 0
    assert command("drop", old.split()[0]) == 0
    assert "take its line out" in capsys.readouterr().out


def test_every_place_that_seals_a_column_is_a_sealed_field() -> None:
    assert {
        f"{model._meta.label}.{field.name}" for model, fields in sealed_fields().items() for field in fields
    } == {
        "accounts.User.full_name",
        "accounts.User.officer_digits",
        "accounts.User.gateway_key",
        "accounts.User.totp_secret",
        "accounts.Citizen.full_name",
        "accounts.Citizen.number_digits",
        "accounts.Citizen.birth",
        "accounts.Citizen.address",
        "dossiers.Dossier.applicant_name",
        "dossiers.Dossier.applicant_birth",
        "dossiers.Dossier.applicant_number",
        "dossiers.Dossier.permanent_residence",
        "dossiers.Dossier.current_residence",
        "dossiers.DossierOwner.full_name",
        "dossiers.DossierOwner.birth",
        "dossiers.DossierOwner.number",
        "dossiers.DossierOwner.residence",
        "dossiers.Step.reason",
        "dossiers.HandOver.note",
        "dossiers.HandOver.decline_reason",
        "dossiers.Supplement.reason",
        "dossiers.Extension.reason",
        "dossiers.Fee.exemption_reason",
        "dossiers.Result.summary",
        "dossiers.Result.collected_by",
        "dossiers.Rating.comment",
        "messaging.Mailbox.address",
        "outbox.Parcel.content",
        "payments.Receipt.payer",
        "payments.Receipt.void_reason",
        "payments.DayClosing.note",
        "verification.WaitingRecord.said",
    }
