"""Signatures of an installation: what it signed is known again, by anybody, and nothing else is."""

from django.test import override_settings

from motcua.sealing import public_key, sign, verify_signature

DATA = "Báo cáo".encode()


def test_what_was_signed_is_known_again() -> None:
    assert verify_signature(public_key("report"), DATA, sign("report", DATA))


def test_changed_data_was_not_signed() -> None:
    assert not verify_signature(public_key("report"), DATA + b" ", sign("report", DATA))


def test_a_changed_signature_is_none() -> None:
    signature = sign("report", DATA)
    for wrong in (
        b"",
        signature[:-1],
        signature + b"\0",
        bytes(64),
        signature[:-1] + bytes([signature[-1] ^ 1]),
    ):
        assert not verify_signature(public_key("report"), DATA, wrong)


def test_each_purpose_has_a_key_of_its_own() -> None:
    assert public_key("report") != public_key("proof")
    assert not verify_signature(public_key("proof"), DATA, sign("report", DATA))


def test_each_installation_has_a_key_of_its_own_and_keeps_it() -> None:
    ours, signature = public_key("report"), sign("report", DATA)
    with override_settings(SECRET_KEY="another installation's secret"):
        assert public_key("report") != ours
        assert not verify_signature(public_key("report"), DATA, signature)
    assert (public_key("report"), sign("report", DATA)) == (ours, signature)


def test_a_key_that_is_no_key_signed_nothing() -> None:
    p256 = (
        b"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n"
        b"6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n-----END PUBLIC KEY-----\n"
    )
    for key in (b"", b"not a key", p256):
        assert not verify_signature(key, DATA, sign("report", DATA))


def test_the_secret_does_not_stand_in_the_key() -> None:
    with override_settings(SECRET_KEY="a-secret-that-may-not-travel"):
        assert b"a-secret" not in public_key("report") + sign("report", DATA)
