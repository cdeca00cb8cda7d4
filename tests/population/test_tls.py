"""Whom we trust: only a certificate of a known authority for the right host; and who trusts ours."""

import datetime
import ipaddress
import socket
import ssl
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from motcua.identity.register import NO_EXCHANGE, CouldNotAsk, Inquiry, TouchPoint, Trouble
from motcua.population.certificates import expiries, of_the_other_side
from motcua.population.settings import RegisterSettings
from motcua.population.transports.c06 import C06
from tests.population.stub_register import StubRegister, answering, dripping, golden, http, silent
from tests.product_process import eventually

ASKED_BY = Inquiry("H40-1", "canbo01", "lan", "000.00.01.H23", "VPCP", TouchPoint.RECEPTION)
MATCH = http(golden("reply-037-match.xml"))


HERE = datetime.timezone(datetime.timedelta(hours=7))


class Authority:
    """Makes certificates in a folder."""

    def __init__(self, folder, name: str, *, days: int = 1) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._sign(self.name, self.key, days=days, authority=True)
        self.path = str(folder / f"{name}.pem")
        (folder / f"{name}.pem").write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def _sign(self, subject, key, *, host="127.0.0.1", days=1, since=-30, authority=False, role=None):
        now = datetime.datetime.now(datetime.UTC)
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=since))
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if role is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([role]), critical=False)
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


def serial_of(path: str) -> str:
    return f"{x509.load_pem_x509_certificate(Path(path).read_bytes()).serial_number:x}"


def days_from_now(days: float):
    return lambda: time.time() + days * 86_400


def post(stub: StubRegister, *, now=time.time, **changes):
    given = {
        "transport": "c06",
        "url": stub.url,
        "hash_uri": "/x",
        "username": "u",
        "secret": "s",
        "connect_seconds": 3.0,
        "total_seconds": 3.0,
    }
    return C06(RegisterSettings(**(given | changes))).post("A", b"<a/>", inquiry=ASKED_BY, now=now)


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
        error = refusal(stub)
    assert error.trouble is Trouble.TLS
    assert error.is_unsent


def test_a_certificate_for_another_host_is_refused(authority):
    with StubRegister(answering(MATCH), tls=server(authority.issue("npd", host="127.0.0.2"))) as stub:
        assert refusal(stub, ca=authority.path).trouble is Trouble.TLS


def test_an_expired_certificate_is_refused_and_the_operator_told_which(authority):
    path = authority.issue("npd", days=-1)
    with StubRegister(answering(MATCH), tls=server(path)) as stub:
        error = refusal(stub, ca=authority.path)
    assert error.trouble is Trouble.TLS
    assert error.is_unsent
    assert "expired" in error.detail
    assert serial_of(path) in error.detail


def test_a_certificate_made_for_clients_is_no_server_s(authority):
    path = authority.issue("npd", role=ExtendedKeyUsageOID.CLIENT_AUTH)
    with StubRegister(answering(MATCH), tls=server(path)) as stub:
        error = refusal(stub, ca=authority.path)
    assert error.trouble is Trouble.TLS
    assert serial_of(path) in error.detail


def test_a_server_without_tls_is_refused(authority):
    with StubRegister(answering(MATCH)) as stub:
        error = refusal(stub, url=stub.url.replace("http:", "https:"), ca=authority.path, connect_seconds=0.5)
    assert error.trouble in (Trouble.TLS, Trouble.TIMEOUT)
    assert error.is_unsent


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
    assert "NPD_TOTAL_SECONDS" in caught.value.detail


def test_a_handshake_that_does_not_end_takes_no_longer_than_connecting_may():
    with StubRegister(silent) as stub, pytest.raises(CouldNotAsk) as caught:
        post(stub, url=stub.url.replace("http:", "https:"), connect_seconds=0.3)
    assert caught.value.trouble is Trouble.TIMEOUT
    assert caught.value.is_unsent
    assert "NPD_CONNECT_SECONDS" in caught.value.detail


# --- which certificate the other side showed


def shown_serial(path: str) -> str:
    """Return a serial as it is told of an exchange: whole bytes in upper-case hexadecimal, as OpenSSL writes it."""
    number = x509.load_pem_x509_certificate(Path(path).read_bytes()).serial_number
    return number.to_bytes((number.bit_length() + 7) // 8).hex().upper()


def way_to(stub: StubRegister, authority: Authority) -> C06:
    return C06(https_settings(stub.url, ca=authority.path, connect_seconds=1.5, total_seconds=1.5))


def certificate_of(way: C06) -> str:
    return way.post("A", b"<a/>", inquiry=ASKED_BY, now=time.time).exchange.certificate


def test_the_serial_that_the_other_side_showed_is_told(authority):
    path = authority.issue("npd")
    with StubRegister(answering(MATCH), tls=server(path)) as stub:
        assert certificate_of(way_to(stub, authority)) == shown_serial(path)


def test_a_kept_connection_tells_the_certificate_that_it_began_with(authority):
    first, second = authority.issue("first"), authority.issue("second")
    context = server(first)
    with StubRegister(answering(MATCH), tls=context) as stub:
        way = way_to(stub, authority)
        assert certificate_of(way) == shown_serial(first)
        context.load_cert_chain(second)
        assert certificate_of(way) == shown_serial(first)
        another_way = way_to(stub, authority)
        assert certificate_of(another_way) == shown_serial(second)
        stub.behaviors[:] = [answering(MATCH, keep=False), answering(MATCH)]
        assert certificate_of(way) == shown_serial(first)
        eventually(lambda: stub.closed == 1, "the connection to be closed on the other side")
        assert certificate_of(way) == shown_serial(second)


def test_the_certificate_is_read_once_a_connection(authority, monkeypatch):
    read = []
    getpeercert = ssl.SSLSocket.getpeercert
    monkeypatch.setattr(
        ssl.SSLSocket, "getpeercert", lambda self, *how: read.append(1) or getpeercert(self, *how)
    )
    with StubRegister(answering(MATCH), tls=server(authority.issue("npd"))) as stub:
        way = way_to(stub, authority)
        certificate_of(way)
        at_first = len(read)
        for _ in range(5):
            certificate_of(way)
    assert len(read) == at_first


def test_who_never_answered_is_known_by_the_certificate_too(authority):
    path = authority.issue("npd")
    with StubRegister(silent, tls=server(path)) as stub, pytest.raises(CouldNotAsk) as caught:
        certificate_of(way_to(stub, authority))
    assert caught.value.messages is not None
    assert caught.value.messages.exchange.certificate == shown_serial(path)


def test_after_an_exchange_behind_tls_one_without_it_names_no_certificate(authority):
    with (
        StubRegister(answering(MATCH), tls=server(authority.issue("npd"))) as guarded,
        StubRegister(answering(MATCH)) as plain,
    ):
        assert certificate_of(way_to(guarded, authority))
        assert certificate_of(way_to(plain, authority)) == ""


def test_a_refused_certificate_is_not_told_as_the_one_that_was_asked(authority):
    with StubRegister(answering(MATCH), tls=server(authority.issue("npd", days=-1))) as stub:
        error = refusal(stub, ca=authority.path)
    assert error.messages is not None
    assert error.messages.exchange == NO_EXCHANGE


# --- until when certificates hold


def test_our_certificate_on_the_day_after_its_last_is_not_shown_and_nothing_is_asked(authority):
    ours = authority.issue("motcua", days=1)
    context = server(authority.issue("npd"), clients=authority.path)
    with StubRegister(answering(MATCH), tls=context) as stub:
        given = {"ca": authority.path, "client_cert": ours, "client_key": ours}
        assert post(stub, **given).status == 200
        with pytest.raises(CouldNotAsk) as caught:
            post(stub, now=days_from_now(2), prefix="NPD_STANDBY_", **given)
        assert len(stub.received) == 1
    error = caught.value
    assert (error.trouble, error.is_unsent) == (Trouble.TLS, True)
    day = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)).astimezone(HERE)
    assert (
        f"NPD_STANDBY_CLIENT_CERT (certificate {serial_of(ours)}) expired on {day:%d/%m/%Y}" in error.detail
    )


def test_a_line_opened_with_an_expired_certificate_could_not_ask(authority):
    ours = authority.issue("motcua", days=-1)
    with StubRegister(answering(MATCH), tls=server(authority.issue("npd"))) as stub:
        error = refusal(stub, ca=authority.path, client_cert=ours, client_key=ours)
    assert (error.trouble, error.is_unsent) == (Trouble.TLS, True)


def test_after_the_change_over_the_next_certificate_is_shown(authority, tmp_path):
    (tmp_path / "next").mkdir()
    issuer = Authority(tmp_path / "next", "next")
    first, second = authority.issue("motcua", days=1), issuer.issue("motcua", days=400)
    ours = {
        "ca": authority.path,
        "client_cert": first,
        "client_key": first,
        "client_cert_next": second,
        "client_key_next": second,
    }
    npd = authority.issue("npd")
    with StubRegister(answering(MATCH), tls=server(npd, clients=authority.path)) as before:
        assert post(before, **ours).status == 200
    with StubRegister(answering(MATCH), tls=server(npd, clients=issuer.path)) as after:
        assert post(after, now=days_from_now(2), **ours).status == 200


def test_a_next_certificate_that_is_not_valid_yet_is_not_shown_either(authority):
    old, new = authority.issue("old", days=-1), authority.issue("new", since=10, days=20)
    with StubRegister(answering(MATCH), tls=server(authority.issue("npd"))) as stub:
        error = refusal(
            stub,
            ca=authority.path,
            client_cert=old,
            client_key=old,
            client_cert_next=new,
            client_key_next=new,
        )
    assert "NPD_CLIENT_CERT (certificate" in error.detail
    assert "NPD_CLIENT_CERT_NEXT (certificate" in error.detail
    assert "not valid before" in error.detail


def https_settings(address: str, **changes) -> RegisterSettings:
    given = {"transport": "c06", "url": address, "hash_uri": "/x", "username": "u", "secret": "s"}
    return RegisterSettings(**(given | changes))


def test_the_files_of_a_line_tell_until_when_they_hold(authority):
    ours, new = authority.issue("motcua", days=20), authority.issue("new", since=1, days=400)
    settings = https_settings(
        "https://127.0.0.1/",
        prefix="NPD_STANDBY_",
        client_cert=ours,
        client_key=ours,
        client_cert_next=new,
        client_key_next=new,
        ca=authority.path,
    )
    found = {one.variable: one for one in expiries(settings)}
    assert list(found) == ["NPD_STANDBY_CLIENT_CERT", "NPD_STANDBY_CLIENT_CERT_NEXT", "NPD_STANDBY_CA"]
    assert found["NPD_STANDBY_CLIENT_CERT"].serial == serial_of(ours)
    now = datetime.datetime.now(datetime.UTC)
    assert (found["NPD_STANDBY_CLIENT_CERT"].expires_at - now).days in (19, 20)
    assert found["NPD_STANDBY_CLIENT_CERT_NEXT"].not_before > now


def test_of_many_authorities_in_a_file_the_one_that_lasts_longest_counts(authority, tmp_path):
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other", "other", days=900)
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join(Path(path).read_bytes() for path in (authority.path, other.path)))
    (found,) = expiries(https_settings("https://127.0.0.1/", ca=str(both)))
    assert found.serial == serial_of(other.path)


def test_a_line_without_certificates_has_none_to_watch():
    assert expiries(https_settings("http://127.0.0.1/")) == []
    assert of_the_other_side(https_settings("http://127.0.0.1/"), 1.0) is None


@pytest.mark.parametrize("days", [5, -1])
def test_the_other_side_s_certificate_is_seen_even_when_it_is_not_trusted(authority, days):
    path = authority.issue("npd", days=days)
    with StubRegister(answering(MATCH), tls=server(path)) as stub:
        seen = of_the_other_side(https_settings(stub.url), 3.0)
    assert seen is not None
    assert (seen.variable, seen.serial) == ("NPD_URL", serial_of(path))
    assert stub.received == []


def test_a_door_that_asks_for_our_certificate_shows_its_own_all_the_same(authority):
    path = authority.issue("npd")
    with StubRegister(answering(MATCH), tls=server(path, clients=authority.path)) as stub:
        seen = of_the_other_side(https_settings(stub.url), 3.0)
    assert seen is not None
    assert seen.serial == serial_of(path)


def test_another_side_that_shows_no_certificate_keeps_nobody_waiting(authority):
    with socket.create_server(("127.0.0.1", 0)) as silent_door:
        address = f"https://127.0.0.1:{silent_door.getsockname()[1]}/"
        started = time.monotonic()
        assert of_the_other_side(https_settings(address), 0.3) is None
        assert time.monotonic() - started < 5
    assert of_the_other_side(https_settings(address), 0.3) is None


@pytest.mark.parametrize("variable", ["NPD_CA", "NPD_CLIENT_CERT", "NPD_CLIENT_CERT_NEXT"])
def test_a_certificate_file_that_holds_none_is_named(authority, tmp_path, variable):
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing here")
    changes = {variable.removeprefix("NPD_").lower(): str(empty)}
    if variable == "NPD_CLIENT_CERT_NEXT":
        changes |= {"client_cert": authority.issue("motcua")}
    settings = RegisterSettings(
        transport="c06", url="https://127.0.0.1/", hash_uri="/x", username="u", secret="s", **changes
    )
    with pytest.raises(CouldNotAsk) as caught:
        C06(settings)
    assert caught.value.trouble is Trouble.CONFIGURATION
    assert variable in caught.value.detail
