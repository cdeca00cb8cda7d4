"""Certificates on both sides of a real line: known, changed over, ended, revoked; never a "no" because of one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from motcua.identity.matching import YearAlone
from motcua.identity.register import Inquiry, TouchPoint, Trouble
from motcua.identity.verification import Outcome, Unanswered, Verified, verify
from motcua.population.certificates import expiries, of_the_other_side
from motcua.population.gateway import open_gateway
from tests.contract.facades import settings_for
from tests.people import cast
from tests.sandbox_process import SandboxProcess, make_certificates, start_sandbox

FACADES = ["c06", "xroad", "lgsp", "lgsp_json dong_thap"]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("certificates") / "set")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, certificates: Path) -> Iterator[SandboxProcess]:
    process = start_sandbox(
        tmp_path_factory.mktemp("guarded"),
        certificates=certificates,
        NPDSANDBOX_TLS_CLIENT_CA=str(certificates / "ca.pem"),
        NPDSANDBOX_TLS_CRL=str(certificates / "crl.pem"),
    )
    yield process
    process.stop()


def shown(folder: Path, name: str, suffix: str = "") -> dict[str, str]:
    """Return the settings that show a certificate of a folder."""
    return {
        f"client_cert{suffix}": str(folder / f"{name}.pem"),
        f"client_key{suffix}": str(folder / f"{name}-key.pem"),
    }


def ask(sandbox: SandboxProcess, facade: str, **settings: str) -> Outcome:
    inquiry = Inquiry(
        "H40-1", cast.lan.number, "lan", "000.00.01.H23", "VPCP", TouchPoint.RECEPTION, "lan:sandbox-pass"
    )
    register = open_gateway(settings_for(facade, sandbox.url, **settings))
    return verify(claim=cast.an.claim, register=register, inquiry=inquiry, year_alone=YearAlone.ANY_RECORD)


@pytest.mark.parametrize("facade", FACADES)
def test_with_our_certificate_every_line_answers(guarded, certificates, facade):
    outcome = ask(guarded, facade, ca=str(certificates / "ca.pem"), **shown(certificates, "client"))
    assert isinstance(outcome, Verified)
    shown_by_them = x509.load_pem_x509_certificate((certificates / "server.pem").read_bytes())
    assert int(outcome.messages.exchange.certificate, 16) == shown_by_them.serial_number


@pytest.mark.parametrize("facade", FACADES)
@pytest.mark.parametrize("name", ["", "revoked"])
def test_without_a_certificate_that_is_taken_the_question_stays_open(guarded, certificates, facade, name):
    given = shown(certificates, name) if name else {}
    outcome = ask(guarded, facade, ca=str(certificates / "ca.pem"), **given)
    assert isinstance(outcome, Unanswered)
    assert outcome.trouble in (Trouble.TLS, Trouble.CONNECTION)


@pytest.mark.parametrize("facade", FACADES)
def test_on_the_day_after_its_last_the_next_certificate_takes_over_and_without_one_nothing_leaves(
    guarded, tmp_path, certificates, facade
):
    ended = make_certificates(tmp_path / "ended", client_days=0)
    ours = {"ca": str(certificates / "ca.pem")} | shown(ended, "client")
    alone = ask(guarded, facade, **ours)
    assert isinstance(alone, Unanswered)
    assert (alone.trouble, alone.is_unsent) == (Trouble.TLS, True)
    assert "NPD_CLIENT_CERT (certificate" in alone.detail
    both = ask(guarded, facade, **ours, **shown(certificates, "client-next", "_next"))
    assert isinstance(both, Verified)


@pytest.mark.parametrize("facade", FACADES)
def test_a_register_that_we_do_not_trust_is_told_nothing(guarded, tmp_path, facade):
    stranger = make_certificates(tmp_path / "stranger")
    outcome = ask(guarded, facade, ca=str(stranger / "ca.pem"), **shown(stranger, "client"))
    assert isinstance(outcome, Unanswered)
    assert (outcome.trouble, outcome.is_unsent) == (Trouble.TLS, True)
    assert "certificate" in outcome.detail


def test_the_days_of_both_sides_are_seen(guarded, certificates):
    settings = settings_for(
        "c06", guarded.url, ca=str(certificates / "ca.pem"), **shown(certificates, "client")
    )
    theirs = of_the_other_side(settings, 3.0)
    assert theirs is not None
    ours, authority = expiries(settings)
    assert (theirs.expires_at - ours.expires_at).days > 300
    assert (theirs.variable, ours.variable, authority.variable) == ("NPD_URL", "NPD_CLIENT_CERT", "NPD_CA")
