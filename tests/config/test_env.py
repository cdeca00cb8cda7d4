"""A nonsense value stops the start with the variable's name and the expected form; secrets may come from files."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from motcua.config import pages
from motcua.config import settings as product
from motcua.config.env import OF_A_LINE, VARIABLES, BadSetting, Environment
from motcua.verification.models import Route
from motcua.verification.registers import register_settings


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("MOTCUA_PORT", "eighty", "a port"),
        ("MOTCUA_PORT", "70000", "a port"),
        ("REGISTRATION_OPEN", "perhaps", "on or off"),
        ("NPD_TOTAL_SECONDS", "-1", "seconds"),
        ("NPD_TOTAL_SECONDS", "nan", "seconds"),
        ("NPD_TRANSPORT", "pigeon", "one of c06, xroad"),
        ("TRIES_NUMBER_HOUR", "0", "1 or more"),
        # Further back than the calendar goes.
        ("KEEP_DRAFTS_DAYS", "999999", "from 1 to 36500"),
        ("IDLE_DAYS", "999999", "from 1 to 36500"),
        ("KEEP_CHECKS_YEARS", "3000", "from 1 to 100"),
        # No request would have such a host, and every page would be refused.
        ("MOTCUA_HOSTS", "https://mot-cua.example", "host names"),
        ("MOTCUA_HOSTS", "mot-cua.example:443", "host names"),
        ("MOTCUA_HOSTS", "mot-cua.example 10.0.0.7", "host names"),
        ("MOTCUA_HOSTS", ", ,", "host names"),
        ("MOTCUA_ORIGINS", "mot-cua.example", "addresses such as https://"),
        ("MOTCUA_ORIGINS", "https://mot-cua.example/mot-cua/", "addresses such as https://"),
        ("MOTCUA_SITE_URL", "mot-cua.example", "an address"),
        ("SMS_URL", "http://[", "an address"),
        # As a header it would reach the other side as something else.
        ("METRICS_TOKEN", "mã-của-tôi", "visible ASCII"),
        ("SMS_TOKEN", "mã-của-tôi", "visible ASCII"),
        ("NATIONAL_PORTAL_TOKEN", "two words", "visible ASCII"),
        ("BANK_URL", "https://bank.example:port", "an address"),
        ("NATIONAL_PORTAL_URL", "ftp://portal.example", "an address"),
    ],
)
def test_a_nonsense_value_names_its_variable_and_what_is_expected(
    name: str, value: str, expected: str
) -> None:
    with pytest.raises(BadSetting) as refusal:
        Environment({name: value})[name]

    assert name in str(refusal.value)
    assert expected in str(refusal.value)
    assert value not in str(refusal.value).replace(expected, "")


def test_every_default_can_be_read() -> None:
    environment = Environment({})

    assert all(environment[name] is not None for name in VARIABLES)


def test_a_secret_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a word\n", encoding="utf-8")

    assert Environment({"NPD_SECRET_FILE": str(tmp_path / "secret")})["NPD_SECRET"] == "a word"


def test_a_mark_that_an_editor_put_before_a_secret_is_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a word\n", encoding="utf-8-sig")

    assert Environment({"NPD_SECRET_FILE": str(tmp_path / "secret")})["NPD_SECRET"] == "a word"


def test_a_file_of_a_secret_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes("a word".encode("utf-16"))

    with pytest.raises(BadSetting, match="NPD_SECRET_FILE: .*UTF-8"):
        Environment({"NPD_SECRET_FILE": str(tmp_path / "secret")})["NPD_SECRET"]


def test_a_missing_file_of_a_secret_is_named() -> None:
    with pytest.raises(BadSetting, match="NPD_SECRET_FILE"):
        Environment({"NPD_SECRET_FILE": "/nowhere/at/all"})["NPD_SECRET"]


def test_a_file_that_holds_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"\xff\xfe\xd0")

    with pytest.raises(BadSetting, match="BANK_SECRET_FILE"):
        Environment({"BANK_SECRET_FILE": str(tmp_path / "secret")})["BANK_SECRET"]


def test_an_origin_is_one_with_its_slash_and_without() -> None:
    assert Environment({"MOTCUA_ORIGINS": "https://mot-cua.example/, https://*.b.example"})[
        "MOTCUA_ORIGINS"
    ] == [
        "https://mot-cua.example",
        "https://*.b.example",
    ]


def started(
    folder: Path, *, told: str = "import motcua.config.settings", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Read the settings in a process of their own, as every command does first."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MOTCUA_")}
    return subprocess.run(
        [sys.executable, "-c", told],
        env={
            **environment,
            "PYTHONPATH": str(Path(product.__file__).parents[2]),
            "MOTCUA_STATE": str(folder),
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_first_start_makes_keys_that_later_ones_keep(tmp_path: Path) -> None:
    assert started(tmp_path).returncode == 0
    keys = (tmp_path / "sealing.keys").read_text(encoding="ascii")
    assert started(tmp_path).returncode == 0

    assert (tmp_path / "sealing.keys").read_text(encoding="ascii") == keys
    assert (tmp_path / "sealing.keys").stat().st_mode & 0o777 == 0o600
    assert len(keys.splitlines()) == 1


def test_a_key_is_the_same_with_and_without_the_end_of_its_line(tmp_path: Path) -> None:
    told = "import motcua.config.settings as s; print(repr(s.SECRET_KEY))"
    (tmp_path / "secret.key").write_text("a key that an editor wrote\n", encoding="ascii")

    in_the_folder = started(tmp_path, told=told)
    named = started(tmp_path, told=told, MOTCUA_SECRET_KEY_FILE=str(tmp_path / "secret.key"))

    assert in_the_folder.stdout == named.stdout == "'a key that an editor wrote'\n"


def test_a_key_that_cannot_be_used_stops_the_start_with_its_place(tmp_path: Path) -> None:
    for text in (b"", b"\n", b"\xff\xfe"):
        (tmp_path / "secret.key").write_bytes(text)
        refused = started(tmp_path)

        assert refused.returncode == 1
        assert str(tmp_path / "secret.key") in refused.stderr
        assert "Traceback" not in refused.stderr

    (tmp_path / "secret.key").unlink()
    (tmp_path / "secret.key").mkdir()  # as unreadable as a file of another user, for root too
    refused = started(tmp_path)

    assert "secret.key: the key cannot be read" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("sign", ["[", "#", "/", "?"])
def test_a_password_of_the_database_with_a_sign_as_it_is_stops_the_start_and_is_not_repeated(
    tmp_path: Path, sign: str
) -> None:
    refused = started(tmp_path, DATABASE_URL=f"postgresql://motcua:{sign}hidden@127.0.0.1:5432/motcua")

    assert refused.returncode == 1
    assert refused.stderr.startswith("DATABASE_URL: expected postgresql://")
    assert "%23" in refused.stderr
    assert "hidden" not in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_value_that_only_the_server_reads_stops_every_command(tmp_path: Path) -> None:
    assert started(tmp_path, MOTCUA_WORKERS="many").stderr.startswith(
        "MOTCUA_WORKERS: expected a whole number"
    )


def test_no_key_is_made_where_other_hosts_could_not_know_of_it(tmp_path: Path) -> None:
    assert started(tmp_path, MOTCUA_SECRET_KEY="given to several hosts").returncode == 0

    assert not (tmp_path / "sealing.keys").exists()


def test_keys_that_cannot_be_read_stop_the_start_with_their_place_and_without_their_words(
    tmp_path: Path,
) -> None:
    (tmp_path / "sealing.keys").write_text("a-secret-in-the-wrong-place\n", encoding="ascii")
    for refused in (
        started(tmp_path),
        started(tmp_path, MOTCUA_SEALING_KEYS="a-secret-in-the-wrong-place"),
        started(tmp_path, MOTCUA_SEALING_KEYS_FILE=str(tmp_path / "sealing.keys")),
        started(tmp_path, MOTCUA_SEALING_KEYS_FILE="/nowhere/at/all"),
    ):
        assert refused.returncode == 1
        assert "keys" in refused.stderr.lower()
        assert "wrong-place" not in refused.stderr
        assert "Traceback" not in refused.stderr


def test_the_generated_pages_are_fresh() -> None:
    assert pages.run(argparse.Namespace(check=True)) == 0


def test_the_stand_by_line_has_every_variable_of_the_primary_and_is_off_by_default() -> None:
    environment = Environment({})

    assert OF_A_LINE
    for suffix in OF_A_LINE:
        primary, standby = VARIABLES[f"NPD_{suffix}"], VARIABLES[f"NPD_STANDBY_{suffix}"]
        assert (primary.kind, primary.is_secret) == (standby.kind, standby.is_secret)
    assert environment["NPD_STANDBY_TRANSPORT"] == ""
    assert Environment({"NPD_STANDBY_TRANSPORT": "lgsp"})["NPD_STANDBY_TRANSPORT"] == "lgsp"


@pytest.mark.parametrize("route", Route)
def test_the_statuses_of_the_dead_are_told_to_every_line(settings, route: Route) -> None:
    said = Environment({"NPD_DECEASED_STATUSES": " 3, 04,"})["NPD_DECEASED_STATUSES"]
    settings.NPD_STANDBY = {**settings.NPD_STANDBY, "NPD_TRANSPORT": "c06"}

    assert product.NPD["NPD_DECEASED_STATUSES"] == register_settings(route).deceased_statuses
    settings.NPD = {**settings.NPD, "NPD_DECEASED_STATUSES": said}
    assert register_settings(route).deceased_statuses == {"3", "04"}


def test_a_wrong_way_in_is_refused_for_either_line() -> None:
    for name in ("NPD_TRANSPORT", "NPD_STANDBY_TRANSPORT"):
        with pytest.raises(BadSetting, match=f"{name}: expected one of c06, xroad, lgsp, lgsp_json"):
            Environment({name: "pigeon"})[name]


@pytest.mark.parametrize("transport", ["c06", "xroad", "lgsp", "lgsp_json"])
@pytest.mark.parametrize("prefix", ["NPD_", "NPD_STANDBY_"])
def test_without_an_address_every_way_in_leads_to_the_sandbox(
    monkeypatch, settings, transport: str, prefix: str
) -> None:
    monkeypatch.setenv(f"{prefix}TRANSPORT", transport)

    settings.NPD_STANDBY = product._line(prefix)
    found = register_settings(Route.STANDBY)

    assert found.transport == transport
    assert urlsplit(found.url).hostname == "127.0.0.1"
    assert bool(found.token_url) == transport.startswith("lgsp")


def test_with_an_address_of_ones_own_no_token_is_fetched_from_the_sandbox(monkeypatch) -> None:
    monkeypatch.setenv("NPD_TRANSPORT", "lgsp")
    monkeypatch.setenv("NPD_URL", "https://lgsp.example/{operation}")

    assert product._line("NPD_")["NPD_TOKEN_URL"] == ""


def test_the_database_may_be_told_to_prove_itself() -> None:
    told = product._database("postgresql://a:b@db.example/motcua?sslmode=verify-full&sslrootcert=/etc/ca.pem")

    assert told["HOST"] == "db.example"
    assert (told["OPTIONS"]["sslmode"], told["OPTIONS"]["sslrootcert"]) == ("verify-full", "/etc/ca.pem")
    with pytest.raises(BadSetting, match="DATABASE_URL"):
        product._database("postgresql://a:b@db.example/motcua?options=-c%20role=postgres")
