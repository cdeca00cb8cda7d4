"""TLS by real processes: who gets in with which certificate, and the command that makes the practice set."""

import os
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from tests.sandbox.callers import AN, LOOKUP, Reply, c06_headers, envelope, json_token, lgsp_token, send
from tests.sandbox_process import SandboxProcess, client_tls, make_certificates, start_sandbox

ORGANIZATION = "SBX practice only H00"
KINDS = ("server", "client", "client-next", "other", "revoked")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("certificates") / "set")


@pytest.fixture(scope="module")
def guarded_sandbox(certificates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """A sandbox that lets in only one organization."""
    sandbox = start_sandbox(
        tmp_path_factory.mktemp("guarded"), certificates=certificates,
        NPDSANDBOX_TLS_CLIENT_CA=str(certificates / "ca.pem"), NPDSANDBOX_TLS_CRL=str(certificates / "crl.pem"),
        NPDSANDBOX_TLS_CLIENTS=f"{ORGANIZATION}; somebody unknown",
    )  # fmt: skip
    yield sandbox
    sandbox.stop()


@pytest.fixture
def guarded(guarded_sandbox: SandboxProcess) -> SandboxProcess:
    guarded_sandbox.reset()
    return guarded_sandbox


def ask(sandbox: SandboxProcess, tls: ssl.SSLContext | None = None) -> Reply:
    return send(
        sandbox, envelope(AN), path=f"/c06/{LOOKUP}", tls=tls,
        headers={"Content-Type": "application/xml", **c06_headers()},
    )  # fmt: skip


@pytest.mark.parametrize("client", ["client", "client-next"])
def test_the_present_and_the_next_certificate_both_get_in(
    guarded: SandboxProcess, certificates: Path, client: str
) -> None:
    assert ask(guarded, client_tls(certificates, client)).found_name == "NGUYỄN VĂN AN"
    assert guarded.journal()[-1]["certificate"].startswith(ORGANIZATION + " / motcua")


@pytest.mark.parametrize("client", ["", "revoked", "server"])
def test_without_a_certificate_or_with_a_wrong_one_nobody_gets_through_the_handshake(
    guarded: SandboxProcess, certificates: Path, client: str
) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ask(guarded, client_tls(certificates, client))
    assert guarded.journal() == []
    assert ask(guarded).status == 200


def test_a_certificate_of_a_foreign_authority_is_refused(guarded: SandboxProcess, tmp_path: Path) -> None:
    foreign = client_tls(make_certificates(tmp_path / "foreign"), "client")
    foreign.check_hostname = False
    foreign.verify_mode = ssl.CERT_NONE
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ask(guarded, foreign)
    assert guarded.journal() == []


def test_another_organization_is_told_so_on_every_way_in(guarded: SandboxProcess, certificates: Path) -> None:
    stranger = client_tls(certificates, "other")
    reply = ask(guarded, stranger)
    assert (reply.status, reply.fault) == (403, "SBX.CERTIFICATE")
    for refused in (lgsp_token(guarded, tls=stranger), json_token(guarded, tls=stranger)):
        assert (refused.status, refused.json["errorCode"]) == (403, "SBX.CERTIFICATE")
    assert [(entry["outcome"], entry["certificate"], entry["number"]) for entry in guarded.journal()] == [
        ("SBX.CERTIFICATE", "SBX practice only H99 / somebody else", "")
    ] * 3


def test_a_client_that_does_not_know_the_authority_does_not_go_on(guarded: SandboxProcess) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        ask(guarded, ssl.create_default_context())


def test_troubles_of_the_connection_work_under_tls_and_nothing_is_logged(
    certificates: Path, tmp_path: Path
) -> None:
    sandbox = start_sandbox(tmp_path, certificates=certificates)
    try:
        assert ask(sandbox, client_tls(certificates)).found_name == "NGUYỄN VĂN AN"
        assert sandbox.journal()[-1]["certificate"] == ""
        for kind in ("reset", "half_body"):
            sandbox.trouble(kind, next=1)
            with pytest.raises(Exception) as broken:
                ask(sandbox)
            assert not isinstance(broken.value, TimeoutError)
        assert ask(sandbox).status == 200
        wsdl = send(sandbox, b"", path=f"/c06/{LOOKUP}?wsdl", method="GET", headers={})
        assert f'location="{sandbox.url}/c06/{LOOKUP}"' in wsdl.body.decode()
    finally:
        assert sandbox.stop() == 0
    assert (tmp_path / "sandbox.log").read_text() == ""


def test_a_client_certificate_that_has_ended_is_refused_and_the_next_one_taken(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path / "set", client_days=0)
    sandbox = start_sandbox(
        tmp_path / "state", certificates=certificates, NPDSANDBOX_TLS_CLIENT_CA=str(certificates / "ca.pem")
    )
    try:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            ask(sandbox, client_tls(certificates, "client"))
        assert ask(sandbox, client_tls(certificates, "client-next")).status == 200
        # Without a list of organizations every certificate of the authority is as good.
        assert ask(sandbox, client_tls(certificates, "other")).status == 200
    finally:
        sandbox.stop()


def test_only_the_owner_can_read_the_keys_and_every_name_says_practice(certificates: Path) -> None:
    names = {"ca.pem", "crl.pem", *(f"{kind}{end}" for kind in KINDS for end in (".pem", "-key.pem"))}
    assert {path.name for path in certificates.iterdir()} == names
    for path in certificates.iterdir():
        is_key = path.name.endswith("-key.pem")
        assert is_key == (b"PRIVATE KEY" in path.read_bytes())
        if is_key:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        elif path.name != "crl.pem":
            found = x509.load_pem_x509_certificate(path.read_bytes())
            assert "practice only" in found.subject.rfc4514_string()


def test_the_days_are_those_asked_for(tmp_path: Path) -> None:
    folder = make_certificates(tmp_path, days=90, client_days=7)
    ends = {
        kind: x509.load_pem_x509_certificate((folder / f"{kind}.pem").read_bytes()).not_valid_after_utc
        for kind in KINDS
    }
    moment = datetime.now(UTC)
    for kind, end in ends.items():
        days = 7 if kind == "client" else 90
        assert timedelta(days=days) - timedelta(minutes=1) < end - moment <= timedelta(days=days), kind


def run(*arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "npdsandbox", *arguments],
        env={"PATH": os.environ["PATH"], **env}, capture_output=True, text=True, check=False,
        timeout=30,
    )  # fmt: skip


def test_an_older_set_is_never_overwritten(certificates: Path) -> None:
    before = (certificates / "ca.pem").read_bytes()
    done = run("certificates", str(certificates))
    assert done.returncode != 0
    assert "is there already" in done.stderr
    assert (certificates / "ca.pem").read_bytes() == before


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "practice").touch()
    done = run("certificates", str(tmp_path / "practice"), PYTHONPATH=os.environ.get("PYTHONPATH", ""))
    assert done.returncode == 1
    assert done.stderr.startswith(f"{tmp_path / 'practice'} is there already")


@pytest.mark.parametrize("arguments", [("--days", "0"), ("--days", "-1"), ("--client-days", "soon")])
def test_days_that_make_no_sense_are_refused(tmp_path: Path, arguments: tuple[str, str]) -> None:
    done = run("certificates", str(tmp_path), *arguments)
    assert done.returncode != 0
    assert arguments[0] in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_half_a_setting_stops_the_start_and_names_the_variable(certificates: Path, tmp_path: Path) -> None:
    pair = {
        "NPDSANDBOX_TLS_CERT": str(certificates / "server.pem"),
        "NPDSANDBOX_TLS_KEY": str(certificates / "server-key.pem"),
    }
    for name, env in (
        ("NPDSANDBOX_TLS_KEY", {"NPDSANDBOX_TLS_CERT": pair["NPDSANDBOX_TLS_CERT"]}),
        ("NPDSANDBOX_TLS_KEY", {**pair, "NPDSANDBOX_TLS_KEY": str(certificates / "missing.pem")}),
        ("NPDSANDBOX_TLS_KEY", {**pair, "NPDSANDBOX_TLS_KEY": str(certificates / "client-key.pem")}),
        ("NPDSANDBOX_TLS_CLIENT_CA", {"NPDSANDBOX_TLS_CLIENT_CA": str(certificates / "ca.pem")}),
        ("NPDSANDBOX_TLS_CLIENT_CA", {**pair, "NPDSANDBOX_TLS_CLIENT_CA": str(certificates / "crl.pem")}),
        ("NPDSANDBOX_TLS_CLIENTS", {**pair, "NPDSANDBOX_TLS_CLIENTS": "somebody"}),
        ("NPDSANDBOX_TLS_CRL", {**pair, "NPDSANDBOX_TLS_CRL": str(certificates / "crl.pem")}),
        (
            "NPDSANDBOX_TLS_CRL",
            {
                **pair,
                "NPDSANDBOX_TLS_CLIENT_CA": str(certificates / "ca.pem"),
                "NPDSANDBOX_TLS_CRL": str(certificates / "server.pem"),
            },
        ),
    ):
        done = run("serve", NPDSANDBOX_STATE=str(tmp_path), **env)
        assert done.returncode != 0
        assert name in done.stderr
        assert "Traceback" not in done.stderr
