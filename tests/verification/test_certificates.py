"""Certificates that run out are told in time, and a line whose certificate is over refuses nobody."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from motcua.verification import certificates
from motcua.verification.checks import certificates_hold
from motcua.verification.models import LineChoice, Route
from motcua.verification.service import line_status

NOW = datetime(2026, 11, 23, 1, 31, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _not_looked_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "_looked_on", None)


def certificate(folder: Path, name: str, *, until: datetime, since: datetime | None = None) -> str:
    """Make a certificate with its key in one file and return its path."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(since or until - timedelta(days=365))
        .not_valid_after(until)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{name}.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return str(path)


@pytest.mark.parametrize(
    ("days", "identity", "words"),
    [
        (31, "", ""),
        (30, "motcua.W002", "in 30 days (warned at 30)"),
        (12, "motcua.W002", "in 12 days (warned at 14)"),
        (5, "motcua.W002", "(warned at 7)"),
        (0, "motcua.W002", "(warned at 1)"),
        (-2, "motcua.W003", "expired on"),
    ],
)
def test_the_start_warns_of_a_certificate_that_runs_out_and_goes_on(
    settings, tmp_path, days: int, identity: str, words: str
) -> None:
    until = datetime.now(UTC) + timedelta(days=days, hours=1)
    settings.NPD = {**settings.NPD, "NPD_CLIENT_CERT": certificate(tmp_path, "one", until=until)}

    messages = certificates_hold(None)

    assert [message.id for message in messages] == ([identity] if identity else [])
    for message in messages:
        assert not message.is_serious()
        assert words in message.msg
        assert "NPD_CLIENT_CERT" in message.msg


def test_the_stand_by_s_certificate_is_named_by_its_own_variable(settings, tmp_path) -> None:
    until = datetime.now(UTC) + timedelta(days=3)
    settings.NPD_STANDBY = {
        **settings.NPD_STANDBY,
        "NPD_TRANSPORT": "c06",
        "NPD_CLIENT_CERT": certificate(tmp_path, "one", until=until),
    }

    assert ["NPD_STANDBY_CLIENT_CERT" in message.msg for message in certificates_hold(None)] == [True]


def test_once_the_next_certificate_is_there_the_present_one_is_no_worry(settings, tmp_path) -> None:
    settings.NPD = {
        **settings.NPD,
        "NPD_CLIENT_CERT": certificate(tmp_path, "one", until=NOW + timedelta(days=2)),
        "NPD_CLIENT_CERT_NEXT": certificate(tmp_path, "next", until=NOW + timedelta(days=300)),
    }

    assert certificates.running_out(Route.PRIMARY, NOW) == []
    assert [held.days for held in certificates.ours(Route.PRIMARY, NOW)] == [2, 300]


@pytest.mark.parametrize(("day_of_change", "is_told"), [(2, False), (4, True)])
def test_a_next_certificate_that_begins_too_late_is_told_until_it_begins(
    settings, tmp_path, day_of_change: int, is_told: bool
) -> None:
    begins = NOW + timedelta(days=day_of_change)
    settings.NPD = {
        **settings.NPD,
        "NPD_CLIENT_CERT": certificate(tmp_path, "one", until=NOW + timedelta(days=3)),
        "NPD_CLIENT_CERT_NEXT": certificate(tmp_path, "next", until=NOW + timedelta(days=300), since=begins),
    }

    assert [found.days for found in certificates.running_out(Route.PRIMARY, NOW)] == [3] * is_told
    assert certificates.running_out(Route.PRIMARY, NOW + timedelta(days=5)) == []


@pytest.mark.django_db
def test_the_log_tells_once_a_day_over_all_processes(
    register, settings, tmp_path, monkeypatch, caplog
) -> None:
    settings.NPD = {
        **settings.NPD,
        "NPD_CLIENT_CERT": certificate(tmp_path, "one", until=NOW + timedelta(days=14, hours=1)),
    }
    caplog.set_level(logging.WARNING)

    def told(now: datetime) -> list[str]:
        caplog.clear()
        line_status(now=now)
        return [text for text in caplog.messages if text.startswith("npd.certificate_expires")]

    LineChoice.objects.all().delete()  # as in an emptied database
    assert told(NOW) == ["npd.certificate_expires days=14 variable=NPD_CLIENT_CERT"]
    assert told(NOW + timedelta(minutes=5)) == []
    monkeypatch.setattr(certificates, "_looked_on", None)  # another process
    assert told(NOW + timedelta(minutes=6)) == []
    assert "days=13" in told(NOW + timedelta(days=1))[0]
    for days, level in ((8, "WARNING"), (7, "ERROR")):
        told(NOW + timedelta(days=14 - days))
        assert [entry.levelname for entry in caplog.records if f"days={days} " in entry.message] == [level]


@pytest.mark.django_db
def test_a_clock_that_was_months_ahead_silences_no_warning_once_it_is_put_back(
    register, settings, tmp_path, monkeypatch, caplog
) -> None:
    until = NOW + timedelta(days=14, hours=1)
    settings.NPD = {**settings.NPD, "NPD_CLIENT_CERT": certificate(tmp_path, "one", until=until)}
    line_status(now=NOW + timedelta(days=90))
    caplog.clear()

    for _process in range(2):
        monkeypatch.setattr(certificates, "_looked_on", None)
        line_status(now=NOW)

    told = [text for text in caplog.messages if text.startswith("npd.certificate_expires")]
    assert told == ["npd.certificate_expires days=14 variable=NPD_CLIENT_CERT"]


@pytest.mark.django_db
def test_a_file_that_is_gone_since_the_start_is_told_in_the_log_and_stops_no_page(
    register, settings, tmp_path, caplog
) -> None:
    settings.NPD = {**settings.NPD, "NPD_CA": str(tmp_path / "gone.pem")}

    line_status(now=NOW)

    (told,) = [text for text in caplog.messages if text.startswith("npd.certificate_unreadable")]
    assert "route=primary" in told
    assert "NPD_CA: expected the path of a readable PEM file" in told
