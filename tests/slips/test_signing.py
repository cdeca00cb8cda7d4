"""Signed slips: whose key signs, that nothing can be changed after, and that no key stops a slip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from django.test import Client
from django.urls import reverse
from pyhanko.config.pkcs11 import TokenCriteria
from pyhanko.keys import load_cert_from_pemder
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from motcua.audit.models import AuditEvent
from motcua.dossiers.models import Dossier
from motcua.slips import checks, service, signing
from tests.slips.conftest import NOW, made, read
from tests.slips.reading import opened, words

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

PASSPHRASE = "mat-khau-de-thu"
NONE = dict.fromkeys(
    (
        *("SLIP_SIGNING_KEY", "SLIP_SIGNING_PASSPHRASE", "SLIP_SIGNING_FOLDER"),
        *("SLIP_PKCS11_MODULE", "SLIP_PKCS11_TOKEN", "SLIP_PKCS11_KEY", "SLIP_PKCS11_PIN"),
    ),
    "",
)
SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")


class Seal:
    """A throw-away key with its certificate, of an office that is not there."""

    def __init__(self, name: str, *, days: int = 365) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=2000))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(usage, critical=True)
            .sign(self.key, hashes.SHA256())
        )

    def file(self, path: Path, passphrase: str = PASSPHRASE) -> Path:
        """Write it down as a PKCS#12 file."""
        lock = serialization.BestAvailableEncryption(passphrase.encode())
        path.write_bytes(
            pkcs12.serialize_key_and_certificates(b"seal", self.key, self.certificate, None, lock)
        )
        return path

    def pem(self, path: Path) -> Path:
        """Write the certificate alone."""
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return path


@pytest.fixture(scope="module")
def seal() -> Seal:
    """Return a key that holds for a year."""
    return Seal("Phường Mẫu A")


@pytest.fixture
def keys(settings: Any) -> Callable[..., None]:
    """Return how the operator sets up keys."""

    def set_up(**said: Any) -> None:
        settings.SLIP_SIGNING = NONE | {name: str(value) for name, value in said.items()}

    return set_up


@pytest.fixture
def signed_slip(
    receive: Callable[..., Dossier],
    keys: Callable[..., None],
    seal: Seal,
    officer_client: Client,
    tmp_path: Path,
) -> bytes:
    """Return a receipt as the desk gets it, signed."""
    keys(SLIP_SIGNING_KEY=seal.file(tmp_path / "seal.p12"), SLIP_SIGNING_PASSPHRASE=PASSPHRASE)
    answer = officer_client.get(reverse("slip", args=[receive().pk, "01"]))
    assert answer["X-Slip-Signed"] == "yes"
    assert answer["Content-Disposition"].endswith('-da-ky-so.pdf"')
    return bytes(answer.content)


def status_of(pdf: bytes, seal: Seal, folder: Path) -> Any:
    """Judge the one signature of a PDF, trusting the certificate itself."""
    (signature,) = opened(pdf).embedded_signatures
    root = load_cert_from_pemder(str(seal.pem(folder / "root.pem")))
    return validate_pdf_signature(signature, ValidationContext(trust_roots=[root], allow_fetching=False))


def test_a_signed_slip_holds(signed_slip: bytes, seal: Seal, tmp_path: Path) -> None:
    (signature,) = opened(signed_slip).embedded_signatures
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    status = status_of(signed_slip, seal, tmp_path)
    assert status.bottom_line
    assert status.intact
    assert status.trusted
    assert AuditEvent.objects.get(name="dossier.slip_made").details == {"slip": "01", "signed": True}


def test_a_signed_slip_is_still_tagged_and_the_same_words(signed_slip: bytes) -> None:
    root = opened(signed_slip).root
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "vi"
    plain = service.make("01", read(Dossier.objects.get()), now=NOW, base_url="http://testserver")
    assert words(signed_slip) == words(plain)


def test_a_changed_byte_breaks_the_signature(signed_slip: bytes, seal: Seal, tmp_path: Path) -> None:
    place = signed_slip.index(b"stream") + 40
    changed = signed_slip[:place] + bytes([signed_slip[place] ^ 1]) + signed_slip[place + 1 :]
    assert not status_of(changed, seal, tmp_path).bottom_line


def test_something_added_after_the_signature_is_seen(signed_slip: bytes, seal: Seal, tmp_path: Path) -> None:
    from io import BytesIO

    from pyhanko.pdf_utils.generic import pdf_string
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(BytesIO(signed_slip))
    writer.root["/Lang"] = pdf_string("en")
    writer.update_root()
    written = BytesIO()
    writer.write(written)
    assert not status_of(written.getvalue(), seal, tmp_path).bottom_line


def test_anothers_certificate_is_not_trusted(signed_slip: bytes, tmp_path: Path) -> None:
    status = status_of(signed_slip, Seal("Ai đó"), tmp_path)
    assert not status.trusted


def test_an_offices_own_key_comes_before_its_units_and_the_common_one(
    receive: Callable[..., Dossier], keys: Callable[..., None], seal: Seal, tmp_path: Path
) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    common = seal.file(tmp_path / "common.p12")
    keys(SLIP_SIGNING_KEY=common, SLIP_SIGNING_PASSPHRASE=PASSPHRASE, SLIP_SIGNING_FOLDER=folder)
    office = receive().office
    assert [key.file for key in signing.keys_of(office)] == [common]

    of_unit = seal.file(folder / "H23.101.p12")
    assert [key.file for key in signing.keys_of(office)] == [of_unit, common]

    own = seal.file(folder / f"{office.code}.p12", passphrase="rieng")
    own.with_suffix(".passphrase").write_text("rieng\n", encoding="utf-8")
    assert [key.file for key in signing.keys_of(office)] == [own, of_unit, common]
    assert signing.sign(made("01", Dossier.objects.get()), signing.keys_of(office), now=NOW) is not None


def test_the_units_key_signs_for_a_desk_two_levels_below_it(
    receive: Callable[..., Dossier], keys: Callable[..., None], seal: Seal, tmp_path: Path
) -> None:
    from motcua.accounts.models import Office
    from motcua.accounts.offices import forget

    office = receive().office
    unit = Office.objects.create(code="H23.5", name="Sở Mẫu", kind=office.parent.kind)
    Office.objects.filter(pk=office.parent.pk).update(parent=unit)
    forget()
    folder = tmp_path / "keys"
    folder.mkdir()
    keys(SLIP_SIGNING_FOLDER=folder, SLIP_SIGNING_PASSPHRASE=PASSPHRASE)
    of_unit = seal.file(folder / "H23.5.p12")

    assert [key.file for key in signing.keys_of(office)] == [of_unit]


def test_an_offices_code_leads_out_of_the_folder_nowhere(
    keys: Callable[..., None], seal: Seal, tmp_path: Path
) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    seal.file(tmp_path / "x.p12")
    keys(SLIP_SIGNING_FOLDER=folder)
    from motcua.accounts.models import Office

    assert signing.keys_of(Office(code="../x")) == []


@pytest.mark.parametrize("fault", ["missing", "no file", "wrong passphrase", "nonsense", "over"])
def test_a_key_that_fails_stops_no_slip_and_nothing_is_claimed(
    receive: Callable[..., Dossier],
    keys: Callable[..., None],
    seal: Seal,
    officer_client: Client,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    file = seal.file(tmp_path / "seal.p12")
    if fault == "no file":
        file.unlink()
    if fault == "nonsense":
        file.write_bytes(b"not a key")
    if fault == "over":
        Seal("Hết hạn", days=-1).file(file)
    if fault == "missing":
        monkeypatch.setitem(sys.modules, "pyhanko.sign.signers", None)
    keys(SLIP_SIGNING_KEY=file, SLIP_SIGNING_PASSPHRASE="sai" if fault == "wrong passphrase" else PASSPHRASE)

    answer = officer_client.get(reverse("slip", args=[receive().pk, "01"]))

    assert answer.status_code == 200
    assert answer["X-Slip-Signed"] == "no"
    assert "da-ky-so" not in answer["Content-Disposition"]
    assert opened(answer.content).embedded_signatures == []
    assert AuditEvent.objects.get(name="dossier.slip_made").details == {"slip": "01", "signed": False}
    assert "slips.not_signed key=SLIP_SIGNING_KEY" in caplog.text
    assert PASSPHRASE not in caplog.text
    if fault == "missing":
        assert signing.INSTALL in caplog.text


def test_without_the_signing_library_the_product_starts_and_makes_slips(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['pyhanko'] = None; sys.modules['pkcs11'] = None\n"
        "import django; django.setup()\n"
        "from django.core.checks import run_checks\n"
        "print([m.id for m in run_checks() if (m.id or '').startswith('motcua.W04')])\n"
        "from motcua.slips import views, signing; print(signing.is_installed())\n"
    )
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("MOTCUA_", "SLIP_"))
    } | {
        "DJANGO_SETTINGS_MODULE": "motcua.config.settings",
        "MOTCUA_STATE": str(tmp_path),
        "PYTHONPATH": "src",
        "SLIP_SIGNING_KEY": "/nowhere.p12",
    }
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["['motcua.W041']", "False"], done.stderr


def test_a_worker_never_holds_the_typesetter(
    receive: Callable[..., Dossier], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "typst", raising=False)
    made("01", receive())
    assert "typst" not in sys.modules


@pytest.mark.parametrize(("days", "told"), [(-1, "motcua.W043"), (20, "motcua.W044"), (60, "")])
def test_the_start_tells_of_a_certificate_that_runs_out(
    keys: Callable[..., None], tmp_path: Path, days: int, told: str
) -> None:
    keys(SLIP_SIGNING_KEY=Seal("x", days=days).file(tmp_path / "x.p12"), SLIP_SIGNING_PASSPHRASE=PASSPHRASE)
    assert [message.id for message in checks.slips_can_be_signed(None)] == ([told] if told else [])


def test_the_start_tells_of_keys_that_cannot_be_used(
    keys: Callable[..., None], seal: Seal, tmp_path: Path
) -> None:
    keys()
    assert checks.slips_can_be_signed(None) == []
    keys(SLIP_SIGNING_FOLDER=tmp_path / "none")
    assert [message.id for message in checks.slips_can_be_signed(None)] == ["motcua.W040"]
    keys(SLIP_SIGNING_KEY=seal.file(tmp_path / "x.p12"), SLIP_SIGNING_PASSPHRASE="sai")
    (message,) = checks.slips_can_be_signed(None)
    assert message.id == "motcua.W042"
    assert "sai" not in message.msg.split("passphrase")[0]
    keys(SLIP_PKCS11_MODULE=tmp_path / "none.so")
    assert [message.id for message in checks.slips_can_be_signed(None)] == ["motcua.W045"]
    keys(SLIP_PKCS11_MODULE=__file__, SLIP_PKCS11_TOKEN="t", SLIP_PKCS11_KEY="k")
    (message,) = checks.slips_can_be_signed(None)
    assert "SLIP_PKCS11_PIN" in message.msg


def test_a_token_is_opened_as_it_is_set_up(
    receive: Callable[..., Dossier],
    keys: Callable[..., None],
    seal: Seal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pyhanko.sign import pkcs11, signers

    asked: list[Any] = []

    @contextmanager
    def session(*given: Any, **named: Any) -> Iterator[str]:
        asked.append((given, named))
        yield "session"

    def signer(of: str, **named: Any) -> Any:
        asked.append((of, named))
        return signers.SimpleSigner.load_pkcs12(
            str(seal.file(tmp_path / "x.p12")), passphrase=PASSPHRASE.encode()
        )

    monkeypatch.setattr(pkcs11, "open_pkcs11_session", session)
    monkeypatch.setattr(pkcs11, "PKCS11Signer", signer)
    keys(
        SLIP_PKCS11_MODULE="/lib/hsm.so",
        SLIP_PKCS11_TOKEN="mot-cua",
        SLIP_PKCS11_KEY="khoa",
        SLIP_PKCS11_PIN="1234",
    )
    dossier = receive()

    signed = signing.sign(made("01", dossier), signing.keys_of(dossier.office), now=NOW)

    assert signed is not None
    assert status_of(signed, seal, tmp_path).bottom_line
    assert asked == [
        (("/lib/hsm.so",), {"token_criteria": TokenCriteria(label="mot-cua"), "user_pin": "1234"}),
        ("session", {"key_label": "khoa", "cert_label": "khoa"}),
    ]


@pytest.mark.skipif(
    not (SOFTHSM.exists() and shutil.which("softhsm2-util")),
    reason="no software token (softhsm2) is installed here",
)
def test_a_software_token_signs(
    receive: Callable[..., Dossier],
    keys: Callable[..., None],
    seal: Seal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import pkcs11
    from pkcs11.util.rsa import decode_rsa_private_key
    from pkcs11.util.x509 import decode_x509_certificate

    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(
        f"directories.tokendir = {tmp_path / 'tokens'}\n", encoding="ascii"
    )
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    token = ["--init-token", "--free", "--label", "mot-cua", "--pin", "1234", "--so-pin", "1234"]
    subprocess.run(["softhsm2-util", *token], check=True, capture_output=True)
    der, pkcs8 = serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL
    with pkcs11.lib(str(SOFTHSM)).get_token(token_label="mot-cua").open(user_pin="1234", rw=True) as session:
        private = decode_rsa_private_key(seal.key.private_bytes(der, pkcs8, serialization.NoEncryption()))
        session.create_object(private | {pkcs11.Attribute.LABEL: "khoa", pkcs11.Attribute.TOKEN: True})
        certificate = decode_x509_certificate(seal.certificate.public_bytes(der))
        session.create_object(certificate | {pkcs11.Attribute.LABEL: "khoa", pkcs11.Attribute.TOKEN: True})
    keys(
        SLIP_PKCS11_MODULE=SOFTHSM,
        SLIP_PKCS11_TOKEN="mot-cua",
        SLIP_PKCS11_KEY="khoa",
        SLIP_PKCS11_PIN="1234",
    )
    dossier = receive()

    signed = signing.sign(made("01", dossier), signing.keys_of(dossier.office), now=datetime.now(UTC))

    assert signed is not None
    assert status_of(signed, seal, tmp_path).bottom_line
