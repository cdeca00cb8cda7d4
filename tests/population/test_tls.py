"""Whom we trust: only a certificate of a known authority for the right host; and who trusts ours."""

import datetime
import ipaddress
import ssl
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from motcua.identity.register import CouldNotAsk, Inquiry, TouchPoint, Trouble
from motcua.population.settings import RegisterSettings
from motcua.population.transports.c06 import C06
from tests.population.stub_register import StubRegister, answering, dripping, golden, http

ASKED_BY = Inquiry("H40-1", "canbo01", "lan", "000.00.01.H23", "VPCP", TouchPoint.RECEPTION)
MATCH = http(golden("reply-037-match.xml"))


class Authority:
    """Makes certificates in a folder."""

    def __init__(self, folder, name: str) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._sign(self.name, self.key, authority=True)
        self.path = str(folder / f"{name}.pem")
        (folder / f"{name}.pem").write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def _sign(self, subject, key, *, host="127.0.0.1", days=1, authority=False):
        now = datetime.datetime.now(datetime.UTC)
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=30))
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        return (builder if authority else builder.add_extension(names, critical=False)).sign(
            self.key, hashes.SHA256()
        )

    def issue(self, name: str, **how) -> str:
        """Return the path of a PEM file with key and certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path = self.folder / f"{name}.pem"
        path.write_bytes(private + self._sign(subject, key, **how).public_bytes(serialization.Encoding.PEM))
        return str(path)


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path, "authority")


def server(certificate: str, clients: str = "") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients)
    return context


def post(stub: StubRegister, **changes):
    given = {
        "transport": "c06",
        "url": stub.url,
        "hash_uri": "/x",
        "username": "u",
        "secret": "s",
        "connect_seconds": 3.0,
        "total_seconds": 3.0,
    }
    return C06(RegisterSettings(**(given | changes))).post("A", b"<a/>", inquiry=ASKED_BY, now=time.time)


def refusal(stub: StubRegister, **changes) -> CouldNotAsk:
    with pytest.raises(CouldNotAsk) as caught:
        post(stub, **changes)
    assert stub.received == []  # our credentials never left
    return caught.value


def test_a_certificate_of_the_known_authority_is_trusted(authority):
    with StubRegister(answering(MATCH), tls=server(authority.issue("npd"))) as stub:
        assert post(stub, ca=authority.path).status == 200


def test_a_certificate_of_an_unknown_authority_is_refused(authority):
    with StubRegister(answering(MATCH), tls=server(authority.issue("npd"))) as stub:
        assert refusal(stub).trouble is Trouble.TLS


def test_a_certificate_for_another_host_is_refused(authority):
    with StubRegister(answering(MATCH), tls=server(authority.issue("npd", host="127.0.0.2"))) as stub:
        assert refusal(stub, ca=authority.path).trouble is Trouble.TLS


def test_an_expired_certificate_is_refused_and_the_operator_told_which(authority):
    path = authority.issue("npd", days=-1)
    with StubRegister(answering(MATCH), tls=server(path)) as stub:
        error = refusal(stub, ca=authority.path)
    with open(path, "rb") as file:
        serial = x509.load_pem_x509_certificate(file.read()).serial_number
    assert error.trouble is Trouble.TLS
    assert "expired" in error.detail
    assert f"{serial:x}" in error.detail


def test_a_server_without_tls_is_refused(authority):
    with StubRegister(answering(MATCH)) as stub:
        error = refusal(stub, url=stub.url.replace("http:", "https:"), ca=authority.path, connect_seconds=0.5)
    assert error.trouble in (Trouble.TLS, Trouble.TIMEOUT)


def test_our_own_certificate_opens_a_door_that_asks_for_one(authority):
    ours = authority.issue("motcua")
    context = server(authority.issue("npd"), clients=authority.path)
    with StubRegister(answering(MATCH), tls=context) as stub:
        assert post(stub, ca=authority.path, client_cert=ours, client_key=ours).status == 200


@pytest.mark.parametrize("how", ["none", "another authority's"])
def test_without_the_right_certificate_of_ours_there_is_no_answer(authority, tmp_path, how):
    (tmp_path / "other").mkdir()
    theirs = Authority(tmp_path / "other", "other").issue("stranger")
    changes = {} if how == "none" else {"client_cert": theirs, "client_key": theirs}
    context = server(authority.issue("npd"), clients=authority.path)
    with StubRegister(answering(MATCH), tls=context) as stub:
        assert refusal(stub, ca=authority.path, **changes).trouble in (Trouble.TLS, Trouble.CONNECTION)


def test_the_total_time_is_kept_behind_tls_too(authority):
    with (
        StubRegister(dripping(MATCH), tls=server(authority.issue("npd"))) as stub,
        pytest.raises(CouldNotAsk) as caught,
    ):
        post(stub, ca=authority.path, connect_seconds=0.5, total_seconds=0.5)
    assert caught.value.trouble is Trouble.TIMEOUT


@pytest.mark.parametrize("variable", ["NPD_CA", "NPD_CLIENT_CERT"])
def test_a_certificate_file_that_holds_none_is_named(authority, tmp_path, variable):
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing here")
    changes = {"ca": str(empty)} if variable == "NPD_CA" else {"client_cert": str(empty)}
    settings = RegisterSettings(
        transport="c06", url="https://127.0.0.1/", hash_uri="/x", username="u", secret="s", **changes
    )
    with pytest.raises(CouldNotAsk) as caught:
        C06(settings)
    assert caught.value.trouble is Trouble.CONFIGURATION
    assert variable in caught.value.detail
