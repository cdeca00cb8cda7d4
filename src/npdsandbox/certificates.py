"""Practice certificates, and the names in a caller's one. No Django."""

import datetime as dt
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ORGANIZATION: Final = "SBX practice only H00"
OTHER_ORGANIZATION: Final = "SBX practice only H99"
_KNOWN_BY: Final = ("organizationName", "commonName")


def names_in(certificate: Any) -> tuple[str, ...]:
    """Return organization and common name of a certificate in the form of `SSLSocket.getpeercert`; none without one."""
    subject = (certificate or {}).get("subject", ())
    return tuple(value for names in subject for kind, value in names if kind in _KNOWN_BY)


def make_certificates(folder: Path, *, days: int, client_days: int, now: dt.datetime) -> list[Path]:
    """Write a set of certificates to practise with, and return the files.

    The authority's own key is thrown away: nobody can ever add to the set.

    Args:
        folder: where they go; made when it is missing.
        days: how long everything but the present client certificate is valid.
        client_days: how long `client.pem` is valid; 0 makes one that has ended.
        now: the moment they are valid from, less an hour.

    Raises:
        FileExistsError: one of the files is there already; nothing is overwritten.
    """
    authority = _Authority(now)
    end = now + dt.timedelta(days=days)
    client_end = now + dt.timedelta(days=client_days, minutes=0 if client_days else -1)
    server = authority.issue("localhost", ORGANIZATION, end, is_server=True)
    client = authority.issue("motcua, present", ORGANIZATION, client_end)
    following = authority.issue("motcua, next", ORGANIZATION, end)
    other = authority.issue("somebody else", OTHER_ORGANIZATION, end)
    revoked = authority.issue("motcua, revoked", ORGANIZATION, end)
    public = {
        "ca.pem": authority.certificate.public_bytes(serialization.Encoding.PEM),
        "crl.pem": authority.revoke(revoked.certificate, end),
    }
    private = {}
    for name, pair in (
        ("server", server), ("client", client), ("client-next", following), ("other", other), ("revoked", revoked)
    ):  # fmt: skip
        public[f"{name}.pem"] = pair.certificate.public_bytes(serialization.Encoding.PEM)
        private[f"{name}-key.pem"] = pair.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*public, *private):
        if (folder / name).exists():
            raise FileExistsError(folder / name)
    for files, mode in ((public, 0o644), (private, 0o600)):
        for name, content in files.items():
            with open(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                file.write(content)
    return [folder / name for name in sorted((*public, *private))]


@dataclass(frozen=True)
class _Pair:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


class _Authority:
    """Signs while the set is made."""

    def __init__(self, now: dt.datetime) -> None:
        self._start = now - dt.timedelta(hours=1)
        self._now = now
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("practice authority, never trust it elsewhere", "SBX practice only")
        builder = self._builder(self._name, self._key.public_key(), now + dt.timedelta(days=3650))
        self.certificate = (
            builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(is_authority=True), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    def issue(
        self, common_name: str, organization: str, end: dt.datetime, *, is_server: bool = False
    ) -> _Pair:
        """Make a key and the certificate of a server on this machine, or of a client."""
        key = ec.generate_private_key(ec.SECP256R1())
        purpose = ExtendedKeyUsageOID.SERVER_AUTH if is_server else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = (
            self._builder(_name(common_name, organization), key.public_key(), end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(is_authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )
        if is_server:
            addresses = [x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", "::1")]
            names = x509.SubjectAlternativeName([x509.DNSName("localhost"), *addresses])
            builder = builder.add_extension(names, critical=False)
        return _Pair(builder.sign(self._key, hashes.SHA256()), key)

    def revoke(self, certificate: x509.Certificate, end: dt.datetime) -> bytes:
        """Return the list of revoked certificates, with this one in it."""
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(certificate.serial_number)
            .revocation_date(self._now)
            .build()
        )
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._name)
            .last_update(self._start)
            .next_update(end)
            .add_revoked_certificate(entry)
            .add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, end: dt.datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._start)
            .not_valid_after(end)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )


def _name(common_name: str, organization: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=is_authority, crl_sign=is_authority,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
