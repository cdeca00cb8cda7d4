"""Keys outside the database: several open, the newest seals, and a running process hears of a change."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from pytest_django import Settings

from motcua.audit import heads
from motcua.sealing import BrokenSeal, digest, keyring, seal, unseal
from motcua.sealing.keyring import BadKeys, add_key, read_keys, remove_key
from tests.sealing.conftest import ids

SECRET = "a-secret-that-is-long-enough-to-be-one"


def test_a_sealed_value_says_which_key_opens_it_and_never_the_same_twice(keys: Path) -> None:
    one, two = seal("name", "Nguyễn Văn An"), seal("name", "Nguyễn Văn An")

    assert one != two
    assert one[1:5].hex() == ids(keys)[0]
    assert unseal("name", one) == unseal("name", memoryview(two)) == "Nguyễn Văn An"


def test_a_new_key_seals_at_once_and_the_older_ones_still_open(keys: Path) -> None:
    before = seal("name", "An")
    new = add_key()

    assert seal("name", "An")[1:5].hex() == new.id
    assert unseal("name", before) == "An"


def test_the_file_is_for_its_owner_alone_also_after_a_change(keys: Path) -> None:
    add_key()
    remove_key(ids(keys)[0])

    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    assert [file.name for file in keys.parent.iterdir()] == [keys.name]


def test_a_value_of_the_time_before_there_were_keys_is_opened(keys: Path, settings: Settings) -> None:
    settings.SEALING_KEYS_FILE = keys.parent / "none"
    old = [seal("name", "An") for _ in range(600)]  # some of their nonces begin like a key's id would
    settings.SEALING_KEYS_FILE = keys

    assert any(value[0] == 1 for value in old) or len(old) == 600
    assert {unseal("name", value) for value in old} == {"An"}


def test_a_key_that_another_process_added_is_looked_for_once(
    keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = seal("name", "An")
    new = add_key()
    foreign = seal("name", "Bình")
    monkeypatch.setattr(keyring, "LOOK_EVERY", 3600.0)
    keys_now = keys.read_text(encoding="ascii")
    keys.write_text(keys_now.splitlines(keepends=True)[0], encoding="ascii")
    keyring._read(("", keys))  # this process knows the first key alone
    keys.write_text(keys_now, encoding="ascii")

    assert unseal("name", foreign) == "Bình"
    assert keyring.newest() == new
    assert unseal("name", old) == "An"
    reads: list[object] = []
    monkeypatch.setattr(keyring, "read_keys", lambda text: reads.append(text) or read_keys(text))
    for _ in range(3):
        with pytest.raises(BrokenSeal):
            unseal("name", b"\x01\xde\xad\xbe\xef" + foreign[5:])
    assert len(reads) == 1


def test_a_dropped_key_opens_nothing_and_is_named(keys: Path) -> None:
    value = seal("name", "An")
    old = ids(keys)[0]
    add_key()
    remove_key(old)

    with pytest.raises(BrokenSeal, match=old):
        unseal("name", value)


@pytest.mark.parametrize("place", [0, 3, 8, 20, -1])
def test_a_changed_byte_is_noticed(keys: Path, place: int) -> None:
    value = bytearray(seal("name", "Nguyễn Văn An"))
    value[place] ^= 1

    with pytest.raises(BrokenSeal):
        unseal("name", bytes(value))


def test_a_value_opens_for_no_other_use(keys: Path) -> None:
    with pytest.raises(BrokenSeal):
        unseal("birth", seal("name", "An"))


@pytest.mark.parametrize("garbage", [b"", b"\x01", b"\x01" + bytes(4), bytes(12), bytes(28), b"\x01" * 40])
def test_garbage_is_refused_as_a_broken_seal(keys: Path, garbage: bytes) -> None:
    with pytest.raises(BrokenSeal):
        unseal("name", garbage)


def test_the_key_that_seals_is_never_removed(keys: Path) -> None:
    for unwanted in (ids(keys)[-1], "00000000"):
        with pytest.raises(KeyError):
            remove_key(unwanted)
    assert len(ids(keys)) == 1


def test_keys_that_cannot_be_read_any_more_leave_those_that_were_known(
    keys: Path, caplog: pytest.LogCaptureFixture
) -> None:
    value = seal("name", "An")
    keys.write_text("nonsense\n", encoding="ascii")
    assert unseal("name", value) == "An"
    keys.unlink()

    assert unseal("name", seal("name", "Bình")) == "Bình"
    assert "sealing.keys_unreadable" in caplog.text
    assert "nonsense" not in caplog.text


def test_keys_may_come_from_a_variable(settings: Settings) -> None:
    settings.SEALING_KEYS = f"0000000a {SECRET}\n# the next one\n\n0000000b {SECRET}2, 0000000c {SECRET}3"

    assert [key.id for key in keyring.known()] == ["0000000a", "0000000b", "0000000c"]
    assert unseal("name", seal("name", "An")) == "An"


@pytest.mark.parametrize(
    "text",
    ["one", f"0000000g {SECRET}", "0000000a short", f"0000000a {SECRET} more", f"0000000a {SECRET}\n" * 2],
)
def test_a_line_that_is_no_key_is_refused_without_telling_it(text: str) -> None:
    with pytest.raises(BadKeys, match="line [12]") as refusal:
        read_keys(text)
    assert SECRET not in str(refusal.value)


def test_digests_stay_the_same_when_keys_change(keys: Path) -> None:
    before = digest("number", "999085000001")
    add_key()

    assert digest("number", "999085000001") == before


@pytest.fixture
def served_by_another(keys: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Let the file seem to belong to user 4711; return to whom files are given."""
    real, given = Path.stat, []

    def stat_of(path: Path, **options: bool) -> os.stat_result:
        found = real(path, **options)
        return os.stat_result((*found[:4], 4711, 4712, *found[6:])) if path == keys else found

    monkeypatch.setattr(Path, "stat", stat_of)
    monkeypatch.setattr(os, "fchown", lambda file, *owner: given.append(owner))
    return given


def test_a_key_that_root_adds_is_in_a_file_of_whoever_serves(
    keys: Path, served_by_another: list[tuple[int, int]]
) -> None:
    add_key()

    assert served_by_another == [(4711, 4712)]


def test_a_file_of_heads_that_root_shortens_stays_whose_it_was(
    keys: Path, served_by_another: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "_LARGEST", 8)
    monkeypatch.setattr(os.path, "samestat", lambda one, other: one.st_ino == other.st_ino)
    heads.shorten(keys)

    assert served_by_another == [(4711, 4712)]


def test_who_may_not_give_the_file_to_its_owner_is_told_to_work_as_him(
    keys: Path, served_by_another: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "fchown", refuse)
    before = keys.read_bytes()
    with pytest.raises(PermissionError, match="sudo -u #4711"):
        add_key()

    assert keys.read_bytes() == before
    assert [file.name for file in keys.parent.iterdir()] == [keys.name]


@pytest.mark.parametrize("is_root", [True, False])
def test_a_first_file_that_root_makes_belongs_to_whom_the_folder_belongs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_root: bool
) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0 if is_root else 1000)
    monkeypatch.setattr(os, "fchown", lambda file, *owner: given.append(owner))
    keyring.make_first_key(tmp_path / "sealing.keys")
    heads.begin(tmp_path / "audit-heads.jsonl")

    folder = tmp_path.stat()
    assert given == [(folder.st_uid, folder.st_gid)] * 2 * is_root
