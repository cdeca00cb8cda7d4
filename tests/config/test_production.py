"""In production the start refuses what is only good for trying, all at once, each with its variable and what helps."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import BinaryField, Value

from motcua.accounts.models import Citizen, User
from motcua.accounts.passwords import PUBLISHED
from motcua.audit.models import AuditEvent
from motcua.config import demo, doctor, production, serve
from motcua.config.doctor import Trouble
from motcua.config.production import (
    fit_for_production,
    refuse_demo_log_ins,
    refuse_lost_sealing_keys,
)
from motcua.sealing import keyring
from motcua.verification.checks import register_can_be_asked
from motcua.verification.models import Route
from motcua.verification.registers import register_settings
from tests.conftest import sealed_long_ago
from tests.people import PASSWORD, cast
from tests.product_process import MOTCUA, environment

GOOD_KEY = "9vF2kQ7wZr1XcB8nM4tLpY6sJ3hG0dEaUoIiRxTyWq5_"
GOOD = {
    "NPD_URL": "https://npd.example/c06/{operation}",
    "NPD_HASH_URI": "/csdldc/{operation}",
    "NPD_USERNAME": "hp_motcua",
    "NPD_SECRET": "given by the ministry",
    "NPD_PORTAL_OFFICER": "031080000000",
    "NPD_PORTAL_OFFICER_KEY": "",
}
LGSP = {
    "NPD_TRANSPORT": "lgsp",
    "NPD_URL": "https://lgsp.example/{operation}",
    "NPD_TOKEN_URL": "https://lgsp.example/token",
    "NPD_LGSP_ACCESS_KEY": "ours",
    "NPD_LGSP_SECRET_KEY": "ours",
}


@pytest.fixture
def in_production(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Configure a production in which nothing is wrong."""
    monkeypatch.setenv("MOTCUA_SECRET_KEY", GOOD_KEY)
    monkeypatch.setenv("NPD_AGENCY_CODE", "000.00.00.H24")
    monkeypatch.setenv("DATABASE_URL", "postgresql://motcua@127.0.0.1/motcua")
    settings.MOTCUA_MODE = "production"
    settings.OFFICER_SECOND_FACTOR = "required"
    settings.SESSION_COOKIE_SECURE = True
    settings.ALLOWED_HOSTS = ["motcua.example"]
    settings.TRUSTED_PROXIES = ["127.0.0.1/32"]
    settings.NPD = {**settings.NPD, **GOOD}
    return settings


_PORTAL = {
    "NATIONAL_PORTAL_URL": "https://portal.example/",
    "NATIONAL_PORTAL_UNIT": "H23",
    "NATIONAL_PORTAL_TOKEN": "t" * 40,
}


def refusals() -> dict[str, str]:
    """Return what is refused or warned of now: identity and text."""
    found = [*register_can_be_asked(None), *fit_for_production(None)]
    assert all(message.hint for message in found)
    return {str(message.id): str(message.msg) for message in found}


def test_a_production_in_order_starts(in_production: Any) -> None:
    assert refusals() == {}


def test_papers_do_not_go_over_the_network_in_clear(in_production: Any) -> None:
    for endpoint, is_fine in (
        ("http://kho.example", False), ("https://kho.example", True), ("http://127.0.0.1:9000", True),
    ):  # fmt: skip
        store = {
            "BACKEND": "motcua.dossiers.files.object_store.ObjectStore",
            "OPTIONS": {"endpoint": endpoint},
        }
        in_production.STORAGES = {**in_production.STORAGES, "default": store}
        assert ("motcua.E031" in refusals()) is not is_fine
    for address, is_warned in (
        (("clamd.example", 3310), True),
        (("127.0.0.1", 3310), False),
        ("/run/c", False),
    ):
        in_production.CLAMD_ADDRESS = address
        assert ("motcua.W031" in refusals()) is is_warned


@pytest.mark.parametrize(
    ("host", "tls", "is_fine"),
    [
        ("db.example", {}, False),
        ("db.example", {"sslmode": "require"}, False),
        ("db.example", {"sslmode": "verify-full"}, True),
        ("127.0.0.1", {}, True),
        ("/run/postgresql", {}, True),
        ("", {}, True),
    ],
)
def test_the_database_is_not_reached_over_the_network_unverified(
    in_production: Any, monkeypatch: pytest.MonkeyPatch, host: str, tls: dict[str, str], is_fine: bool
) -> None:
    monkeypatch.setitem(in_production.DATABASES["default"], "HOST", host)
    monkeypatch.setitem(in_production.DATABASES["default"], "OPTIONS", tls)

    assert ("motcua.E033" in refusals()) is not is_fine


def test_a_trial_is_left_in_peace(settings: Any) -> None:
    assert refusals() == {}


@pytest.mark.parametrize(
    ("changes", "identity", "variable"),
    [
        ({"DEBUG": True}, "motcua.E023", "MOTCUA_DEBUG"),
        ({"SESSION_COOKIE_SECURE": False}, "motcua.E024", "MOTCUA_HTTPS"),
        ({"ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"]}, "motcua.E025", "MOTCUA_HOSTS"),
        ({"ALLOWED_HOSTS": ["*"]}, "motcua.E025", "MOTCUA_HOSTS"),
        ({"TRUSTED_PROXIES": []}, "motcua.E030", "MOTCUA_PROXIES"),
        ({"METRICS_TOKEN": "prometheus"}, "motcua.E032", "METRICS_TOKEN"),
        ({"OFFICER_SECOND_FACTOR": "offered"}, "motcua.E026", "OFFICER_SECOND_FACTOR"),
        ({**_PORTAL, "NATIONAL_PORTAL_URL": "http://portal.example/"}, "motcua.E050", "NATIONAL_PORTAL_URL"),
        ({**_PORTAL, "NATIONAL_PORTAL_UNIT": ""}, "motcua.E051", "NATIONAL_PORTAL_UNIT"),
        ({**_PORTAL, "NATIONAL_PORTAL_TOKEN": ""}, "motcua.E051", "NATIONAL_PORTAL_TOKEN"),
    ],
)
def test_an_unsafe_setting_is_named(
    in_production: Any, changes: dict[str, Any], identity: str, variable: str
) -> None:
    for name, value in changes.items():
        setattr(in_production, name, value)

    found = refusals()

    assert list(found) == [identity]
    assert variable in found[identity]


@pytest.mark.parametrize(
    ("changes", "identity", "variable"),
    [
        ({"NPD_URL": "http://127.0.0.1:9/c06/{operation}"}, "motcua.E010", "NPD_URL"),
        ({"NPD_URL": "https://localhost:9/c06/{operation}"}, "motcua.E010", "NPD_URL"),
        ({"NPD_URL": "http://npd.example/c06/{operation}"}, "motcua.E011", "NPD_URL"),
        ({"NPD_SECRET": "sandbox-secret-1"}, "motcua.E012", "NPD_SECRET"),
        ({"NPD_SECRET_NEXT": "sandbox-secret-2"}, "motcua.E012", "NPD_SECRET_NEXT"),
        ({"NPD_USERNAME": "sandbox_hp"}, "motcua.E012", "NPD_USERNAME"),
        ({"NPD_HASH_URI": "/sandbox/csdldc/{operation}"}, "motcua.E012", "NPD_HASH_URI"),
        (
            {"NPD_TRANSPORT": "xroad", "NPD_XROAD_CLIENT": "SANDBOX/GOV/A/B", "NPD_API_KEY": ""},
            "motcua.E012",
            "NPD_XROAD_CLIENT",
        ),
        (
            {"NPD_TRANSPORT": "xroad", "NPD_XROAD_CLIENT": "VN/GOV/A/B", "NPD_API_KEY": "sbx-key-1"},
            "motcua.E012",
            "NPD_API_KEY",
        ),
        ({**LGSP, "NPD_LGSP_SECRET_KEY": "sbx-secret"}, "motcua.E012", "NPD_LGSP_SECRET_KEY"),
        ({**LGSP, "NPD_TOKEN_URL": "http://127.0.0.1:9/lgsp/token"}, "motcua.E010", "NPD_TOKEN_URL"),
        ({**LGSP, "NPD_PORTAL_OFFICER_KEY": "portal:sandbox-pass"}, "motcua.E028", "NPD_PORTAL_OFFICER_KEY"),
        ({"NPD_PORTAL_OFFICER": "999080000001"}, "motcua.E027", "NPD_PORTAL_OFFICER"),
    ],
)
def test_the_sandbox_is_refused_as_register(
    in_production: Any, changes: dict[str, Any], identity: str, variable: str
) -> None:
    in_production.NPD = {**in_production.NPD, **changes}

    found = refusals()

    assert list(found) == [identity]
    assert found[identity].startswith(variable)


def test_the_stand_by_line_is_looked_at_too(in_production: Any) -> None:
    in_production.NPD_STANDBY = {**in_production.NPD_STANDBY, "NPD_TRANSPORT": "xroad"}

    found = [message for message in register_can_be_asked(None) if message.id]

    assert {message.msg.split()[0] for message in found} >= {
        "NPD_STANDBY_URL",
        "NPD_STANDBY_SECRET",
        "NPD_STANDBY_XROAD_CLIENT",
    }


def test_what_a_line_does_not_use_may_be_anything(in_production: Any) -> None:
    # An adapter without tokens sends no fixed header, and no line of this kind makes a hash.
    unused = {"NPD_TOKEN_URL": "", "NPD_LGSP_AUTH": "sbx-auth", "NPD_SECRET": "sandbox-secret-1"}
    in_production.NPD = {**in_production.NPD, "NPD_TRANSPORT": "lgsp_json", **unused}

    assert refusals() == {}


def test_one_file_as_database_is_a_warning(in_production: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")

    assert list(refusals()) == ["motcua.W020"]


def test_a_security_server_beside_the_product_may_be_asked_in_clear(in_production: Any) -> None:
    in_production.NPD = {**in_production.NPD, "NPD_URL": "http://127.0.0.1:8080/{operation}"}

    assert refusals() == {}


def test_an_agency_that_nobody_chose_is_refused(in_production: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NPD_AGENCY_CODE")

    assert list(refusals()) == ["motcua.E029"]


@pytest.mark.parametrize(
    "key",
    [
        "k7Jq-2mX",
        "a" * 60,
        "abcabcabcabc" * 5,
        "django-insecure-9vF2kQ7wZr1XcB8nM4tLpY6sJ3hG0dEaUoIiRxTyWq5_",
        "a-key-for-tests-that-opens-nothing-anywhere-else",
    ],
)
def test_a_key_that_others_may_have_is_refused(
    in_production: Any, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("MOTCUA_SECRET_KEY", key)

    found = refusals()

    assert list(found) == ["motcua.E022"]
    assert key not in str(found)


def test_a_key_in_the_state_folder_is_good_if_nobody_else_reads_it(
    in_production: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MOTCUA_SECRET_KEY")
    in_production.STATE = tmp_path
    assert list(refusals()) == ["motcua.E020"]

    (tmp_path / "secret.key").write_text(GOOD_KEY, encoding="ascii")
    (tmp_path / "secret.key").chmod(0o644)
    assert list(refusals()) == ["motcua.E021"]

    (tmp_path / "secret.key").chmod(0o600)
    assert refusals() == {}


@pytest.mark.django_db
@pytest.mark.usefixtures("people")
def test_open_log_ins_of_the_demo_are_refused_by_name_until_they_are_closed(in_production: Any) -> None:
    with pytest.raises(SystemExit, match="lan.*999190000002") as refused:
        refuse_demo_log_ins()
    assert "DATABASE_URL" in str(refused.value)

    User.objects.exclude(login__in=["lan", "minh"]).update(is_active=False)
    User.objects.filter(login="minh").update(password="!")
    with pytest.raises(SystemExit, match=": lan. "):
        refuse_demo_log_ins()

    User.objects.filter(login="lan").update(is_active=False)
    refuse_demo_log_ins()


@pytest.mark.django_db
@pytest.mark.usefixtures("people")
def test_a_trial_may_have_log_ins_of_the_demo() -> None:
    refuse_demo_log_ins()


@pytest.mark.django_db
def test_nothing_loads_the_demo_in_production(in_production: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for anyway in (False, True):
        with pytest.raises(CommandError, match="MOTCUA_MODE is production"):
            call_command("load_cast", anyway=anyway, skip_checks=True)
    assert not User.objects.exists()

    monkeypatch.setenv("MOTCUA_MODE", "production")
    with pytest.raises(SystemExit, match="MOTCUA_MODE is production"):
        demo.run(argparse.Namespace(dossiers=0))


@pytest.fixture
def without_its_keys(people: None, settings: Any, tmp_path: Path) -> Path:
    """Bring back a database without the keys of its values; return where they should be."""
    settings.SEALING_KEYS, settings.SEALING_KEYS_FILE = "", tmp_path / "sealing.keys"
    return tmp_path / "sealing.keys"


@pytest.mark.django_db
def test_a_state_that_was_brought_back_without_its_sealing_keys_is_refused(
    without_its_keys: Path, in_production: Any
) -> None:
    with pytest.raises(SystemExit, match="0123abcd") as refused:
        refuse_lost_sealing_keys()
    assert str(without_its_keys) in str(refused.value)

    keyring.make_first_key(without_its_keys)
    with pytest.raises(SystemExit, match="0123abcd"):
        refuse_lost_sealing_keys()


@pytest.mark.django_db
def test_a_trial_without_its_sealing_keys_is_told_and_goes_on(
    without_its_keys: Path, caplog: pytest.LogCaptureFixture
) -> None:
    refuse_lost_sealing_keys()

    assert f"sealing.keys_lost {without_its_keys}: the key 0123abcd" in caplog.text


@pytest.mark.django_db
def test_keys_that_are_there_and_an_empty_database_are_no_reason_to_refuse(
    officer: User, in_production: Any
) -> None:
    refuse_lost_sealing_keys()
    User.objects.update(full_name=sealed_long_ago())  # one that a hand spoiled is not a lost key
    refuse_lost_sealing_keys()
    User.objects.update(full_name=Value(b"", BinaryField()))
    refuse_lost_sealing_keys()


@pytest.mark.django_db
def test_another_secret_than_the_databases_own_is_refused(
    people: None, settings: Any, tmp_path: Path, in_production: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SEALING_KEYS, settings.SEALING_KEYS_FILE = "", tmp_path / "sealing.keys"
    User.objects.update(full_name="Trần Thị Lan")
    refuse_lost_sealing_keys()

    monkeypatch.setenv("MOTCUA_SECRET_KEY", GOOD_KEY)
    settings.SECRET_KEY = GOOD_KEY
    with pytest.raises(SystemExit, match="MOTCUA_SECRET_KEY: it is not the key"):
        refuse_lost_sealing_keys()
    with pytest.raises(Trouble, match="MOTCUA_SECRET_KEY"):
        doctor._keys()

    officer = User.objects.order_by("-pk")[1]
    User.objects.filter(pk=officer.pk).update(full_name="Trần Thị Lan")
    refuse_lost_sealing_keys()  # the newest alone is a spoiled row


@pytest.mark.django_db
@pytest.mark.parametrize("whose", ["citizen", "officer"])
def test_another_secret_is_refused_though_names_are_sealed_with_keys_of_their_own(
    people: None, officer: User, whose: str, settings: Any, in_production: Any
) -> None:
    if whose == "officer":
        Citizen.objects.all().delete()
        officer.officer_number = "999090000017"
        officer.save()
    refuse_lost_sealing_keys()

    settings.SECRET_KEY = GOOD_KEY
    with pytest.raises(SystemExit, match="MOTCUA_SECRET_KEY: it is not the key"):
        refuse_lost_sealing_keys()
    with pytest.raises(Trouble, match="MOTCUA_SECRET_KEY"):
        doctor._keys()


def test_the_start_looks_for_lost_keys(
    db: None, without_its_keys: Path, in_production: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "call_command", lambda *words, **options: None)
    monkeypatch.setattr("django.setup", lambda: None)
    monkeypatch.setattr(production, "refuse_demo_log_ins", lambda: None)
    with pytest.raises(SystemExit, match=r"sealing\.keys"):
        serve.prepare()
    assert not AuditEvent.objects.filter(name="product.started").exists()


@pytest.mark.django_db
def test_the_demo_leaves_a_log_of_its_own_making(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AUDIT_HEADS = tmp_path / "audit-heads.jsonl"
    monkeypatch.setattr("django.setup", lambda: None)
    monkeypatch.setattr(serve, "call_command", lambda *words, **options: None)  # all is there already
    monkeypatch.setattr(serve, "are_static_files_stale", lambda: False)
    demo._prepare()
    demo._seal()

    assert AuditEvent.objects.count() >= 10
    assert settings.AUDIT_HEADS.read_text(encoding="ascii").count("\n") == 1, "and it is sealed"


def test_every_published_password_is_known_as_such() -> None:
    from motcua.accounts.demo import read_cast

    assert {entry["password"] for entry in read_cast()["logins"]} <= PUBLISHED
    assert PASSWORD in PUBLISHED
    assert cast.an.number in {entry["login"] for entry in read_cast()["logins"]}


def test_the_registers_client_refuses_a_sandbox_in_production_only(in_production: Any) -> None:
    assert register_settings(Route.PRIMARY).refuse_sandbox

    in_production.MOTCUA_MODE = "trial"
    assert not register_settings(Route.PRIMARY).refuse_sandbox


@pytest.mark.parametrize("command", [["serve"], ["work"], ["check"], ["load_procedures"]])
def test_every_way_to_start_tells_all_at_once_and_starts_nothing(tmp_path: Path, command: list[str]) -> None:
    variables = environment(MOTCUA_MODE="production", MOTCUA_STATE=str(tmp_path), MOTCUA_PORT="18987")

    ended = subprocess.run(
        [MOTCUA, *command], env=variables, capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 1
    for variable in ("MOTCUA_SECRET_KEY", "MOTCUA_HTTPS", "MOTCUA_HOSTS", "NPD_URL", "NPD_SECRET", "NPD_USERNAME",
                     "NPD_PORTAL_OFFICER", "NPD_AGENCY_CODE"):  # fmt: skip
        assert variable in ended.stderr
    assert "Traceback" not in ended.stderr
    # No key is made that would pass for the lost one, and no table.
    assert [path.name for path in tmp_path.iterdir()] == []


@pytest.mark.parametrize("command", [["keys", "add"], ["proof", "key"]])
def test_what_needs_the_key_says_that_it_is_not_there_and_makes_none(
    tmp_path: Path, command: list[str]
) -> None:
    variables = {
        **environment(MOTCUA_MODE="production", MOTCUA_STATE=str(tmp_path)),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    motcua = [sys.executable, "-c", "from motcua.config.cli import main; main()"]

    ended = subprocess.run(
        [*motcua, *command], env=variables, capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith("MOTCUA_SECRET_KEY is not set")
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "sealing.keys").exists()


def test_production_asks_for_a_second_factor_unless_told_otherwise(tmp_path: Path) -> None:
    asked = "from motcua.config import settings; print(settings.OFFICER_SECOND_FACTOR)"
    given = {"MOTCUA_STATE": str(tmp_path), "MOTCUA_SECRET_KEY": GOOD_KEY}
    for mode, factor in (("production", "required"), ("trial", "offered")):
        variables = {**environment(MOTCUA_MODE=mode, **given), "PYTHONPATH": os.pathsep.join(sys.path)}
        told = subprocess.run(
            [sys.executable, "-c", asked], env=variables, capture_output=True, text=True, check=True
        )
        assert told.stdout.strip() == factor


def test_the_check_is_there_for_every_command() -> None:
    from django.core.checks.registry import registry

    assert production.fit_for_production in registry.get_checks()
