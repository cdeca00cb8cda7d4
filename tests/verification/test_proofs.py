"""Every answered check is signed; whatever is changed afterwards shows, also years later and without a database."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motcua.audit.models import AuditEvent
from motcua.identity.register import Answer, Exchange, Inquiry, MessageIds, TouchPoint
from motcua.population.gateway import open_gateway
from motcua.sealing import key_id, sign
from motcua.verification import proofs
from motcua.verification.models import IdentityCheck
from motcua.verification.proofs import ProofRefused
from motcua.verification.registers import use_register
from motcua.verification.service import Asker, look_up
from tests.contract.facades import settings_for
from tests.people import cast
from tests.population.stub_register import StubRegister, answering, golden, http
from tests.verification.checks import ENDS, NOW, check_at, check_that_ends

pytestmark = pytest.mark.django_db
_OPENSSL = ["openssl", "pkeyutl", "-verify", "-pubin", "-rawin"]
OTHERS = {  # another value for every part of a statement
    "touch_point": "filing",
    "asked_by_id": None,
    "office_code": "000.00.99.H23",
    "purpose": "Tiếp nhận hồ sơ: Đăng ký kết hôn",
    "procedure_code": "1.000894",
    "dossier_id": "7f6cf1f8-8a5c-4a4e-9d94-3a1c2b0a1f11",
    "number_digest": "0" * 64,
    "claim_digest": "0" * 64,
    "route": "standby",
    "asked_at": NOW - timedelta(microseconds=1),
    "answered_at": NOW + timedelta(days=1),
    "outcome": "rejected",
    "reason": "timeout",
    "matched_by": "register_alone",
    "birth_match": "year",
    "line": "c06/003",
    "register_ids": [["X-Road-Request-Id", "another"]],
    "request_digest": "0" * 64,
    "answer_digest": "0" * 64,
    "transport": "xroad",
    "certificate": "0A",
    "number_masked": "999******002",
    "spelling_digest": "0" * 16,
    "address_digest": "0" * 64,
    "person_digest": "0" * 64,
    "form_key": "7f6cf1f8-8a5c-4a4e-9d94-3a1c2b0a1f11",
    "press_key": "7f6cf1f8-8a5c-4a4e-9d94-3a1c2b0a1f11",
    "marks": "self",
}


def keys_of(folder: Path) -> dict[str, bytes]:
    return proofs.published_keys([folder / "published-keys"])


@pytest.mark.parametrize("touch_point", TouchPoint)
@pytest.mark.parametrize("end", ENDS)
def test_every_end_at_every_touch_point_is_signed_and_entered_in_the_log(
    register, officer, state, end: str, touch_point: TouchPoint
) -> None:
    check = check_that_ends(end, touch_point, officer, register)
    if check is None:
        return

    assert proofs.holds(check) is True
    said, key = proofs.verified(proofs.proof_text(check).encode(), keys_of(state))
    assert (said["outcome"], said["touch_point"]) == (check.outcome, touch_point.value)
    assert key == check.key_id
    event = AuditEvent.objects.get(name="check.answered")
    assert event.subject == check.id.hex
    assert event.details["check"] == check.request_id
    assert event.details["outcome"] == check.outcome


def test_a_statement_tells_all_that_was_promised_and_nothing_of_the_person(register, officer) -> None:
    text = proofs.proof_text(check_at(TouchPoint.RECEPTION, officer))
    said = json.loads(text)["statement"]

    assert said["outcome"] == "verified"
    assert said["asked_at"] == "2026-11-23T01:31:07.000040+00:00"
    assert said["touch_point"] == "reception"
    assert said["office"] == "000.00.01.H23"
    assert said["purpose"] == "Tiếp nhận hồ sơ: Đăng ký khai sinh"
    assert len(said["claim_digest"]) == 64
    for personal in (cast.an.number, cast.an.record.full_name, "Văn An", cast.an.claim.number.masked):
        assert personal not in text


def test_a_question_over_the_wire_is_bound_to_its_answer_in_the_statement(officer) -> None:
    reply = golden("cast-an.xml")
    with StubRegister(answering(http(reply))) as stub:
        address = f"http://127.0.0.1:{stub.port}"
        with use_register(open_gateway(settings_for("c06", address))):
            check = check_at(TouchPoint.RECEPTION, officer)
        question = stub.received[0].body

    said = proofs.statement(check)
    assert said["request_digest"] == sha256(question)
    assert said["answer_digest"] == sha256(reply)
    assert (said["transport"], said["certificate"]) == ("c06", "")
    assert said["line"] == "c06/037"


def test_what_the_register_told_of_the_exchange_is_kept_with_the_check(officer) -> None:
    exchange = Exchange("a" * 64, "b" * 64, "xroad", "0A1B")

    class Telling:
        def ask(self, claim, inquiry: Inquiry) -> Answer:
            return Answer(
                None, False, MessageIds(inquiry.request_id, (("X-Road-Id", "x"),), exchange), "test"
            )

    with use_register(Telling()):
        check = check_at(TouchPoint.FILING, officer)

    assert Exchange(check.request_digest, check.answer_digest, check.transport, check.certificate) == exchange
    assert proofs.statement(check)["register_ids"] == [["X-Road-Id", "x"]]
    assert proofs.holds(check)


def test_a_signature_costs_no_statement_but_the_entry_in_the_log(register, officer) -> None:
    check_at(TouchPoint.FILING, officer)
    with CaptureQueriesContext(connection) as queries:
        check_at(TouchPoint.FILING, officer, now=NOW + timedelta(minutes=1))

    written = [one["sql"] for one in queries if one["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    checks, log = IdentityCheck._meta.db_table, AuditEvent._meta.db_table
    tables = [table for sql in written for table in (checks, log) if f'"{table}"' in sql]
    assert tables == [checks, checks, log]  # intent, outcome, entry


@pytest.mark.parametrize("column", sorted(OTHERS))
def test_a_row_that_was_edited_bears_its_signature_no_longer(register, officer, column: str) -> None:
    check = check_at(TouchPoint.RECEPTION, officer)
    assert str(getattr(check, column)) != str(OTHERS[column])

    IdentityCheck.objects.filter(pk=check.pk).update(**{column: OTHERS[column]})

    assert proofs.holds(IdentityCheck.objects.get(pk=check.pk)) is False


def test_every_part_of_a_statement_is_tried_above() -> None:
    assert {*OTHERS, "id", "request_id"} == set(proofs.SIGNED)


def test_no_column_is_forgotten_but_those_that_may_change() -> None:
    columns = {field.attname for field in IdentityCheck._meta.concrete_fields}
    assert columns - set(proofs.SIGNED) == {"signature", "key_id", "repeats_id", "replays"}


def test_why_a_supervisor_looks_at_a_check_is_bound_and_not_told(register, officer) -> None:
    asker = Asker(officer, officer_number="999180000008", agency="000.00.01.H23")
    marks = [IdentityCheck.Mark.SELF]
    found = look_up(claim=cast.an.claim, asker=asker, reason="Người dân hỏi", now=NOW, marks=marks)
    check = IdentityCheck.objects.get(pk=found.pk)
    assert check.marks == "lookup self"

    said = proofs.statement(check)

    assert [value for value in said.values() if "self" in str(value) or "lookup " in str(value)] == []
    check.marks = "lookup"
    assert proofs.statement(check) != said


def test_a_check_from_before_signatures_says_so_and_has_no_proof(officer) -> None:
    old = IdentityCheck.objects.create(
        request_id="MC-OLD",
        touch_point="filing",
        purpose="x",
        asked_at=NOW,
        answered_at=NOW,
        outcome="verified",
    )

    assert proofs.holds(old) is None
    with pytest.raises(ProofRefused):
        proofs.proof_text(old)


def test_after_the_secret_was_changed_old_and_new_proofs_hold(register, officer, state, settings) -> None:
    old = check_at(TouchPoint.FILING, officer)
    settings.SECRET_KEY = "another secret, because the first one was seen by somebody"
    new = check_at(TouchPoint.FILING, officer)

    assert old.key_id != new.key_id
    assert {path.stem for path in (state / "published-keys").iterdir()} == {old.key_id, new.key_id}
    for check in (old, new):
        assert proofs.holds(IdentityCheck.objects.get(pk=check.pk))
        assert proofs.verified(proofs.proof_text(check).encode(), keys_of(state))[1] == check.key_id


def test_the_key_of_another_installation_is_refused_though_the_file_carries_it(
    register, officer, state, settings, tmp_path: Path
) -> None:
    check_at(TouchPoint.FILING, officer)
    settings.SECRET_KEY = "a forger's secret"
    settings.STATE = tmp_path / "forger"
    settings.STATE.mkdir()
    forged = proofs.proof_text(check_at(TouchPoint.FILING, officer)).encode()
    settings.STATE = state

    with pytest.raises(ProofRefused, match="not among the keys"):
        proofs.verified(forged, keys_of(state))
    assert proofs.verified(forged, keys_of(tmp_path / "forger"))  # whole, for those who trust that key


def test_a_signature_for_another_purpose_is_no_proof(register, officer, state) -> None:
    proof = proofs.proof_file(check_at(TouchPoint.FILING, officer))
    proof["statement"]["outcome"] = "verified"
    signature = sign("conformance report", proofs.canonical(proof["statement"]))
    proof["signature"] = base64.b64encode(signature).decode()

    with pytest.raises(ProofRefused):
        proofs.verified(json.dumps(proof).encode(), keys_of(state))


def test_a_check_is_answered_though_the_key_cannot_be_written_down(
    register, officer, settings, tmp_path
) -> None:
    settings.STATE = tmp_path / "a file"
    settings.STATE.write_text("in the way")

    check = check_at(TouchPoint.FILING, officer)

    assert check.is_verified
    settings.STATE = tmp_path / "mended"
    settings.STATE.mkdir()
    proofs.publish()
    assert proofs.holds(check)


class TestAFile:
    """One proof, and what may and may not be done to it."""

    @pytest.fixture
    def raw(self, register, officer, state) -> bytes:
        """Return a proof's file."""
        return proofs.proof_text(check_at(TouchPoint.RECEPTION, officer)).encode()

    @pytest.fixture
    def keys(self, raw: bytes, state: Path) -> dict[str, bytes]:
        """Return the published keys."""
        return keys_of(state)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(data=st.data())
    def test_one_changed_byte_is_found(self, raw: bytes, keys, data) -> None:
        place = data.draw(st.integers(0, len(raw) - 1))
        byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != raw[place]))
        changed = raw[:place] + bytes([byte]) + raw[place + 1 :]
        try:
            if json.loads(changed) == json.loads(raw):
                return  # other blanks, the same file
        except ValueError:
            pass

        with pytest.raises(ProofRefused):
            proofs.verified(changed, keys)

    @pytest.mark.parametrize(
        ("member", "value", "why"),
        [
            ("code", "0000-0000-0000", "code"),
            ("signature", base64.b64encode(b"\0" * 64).decode(), "changed after"),
            ("signature", None, "changed after"),
            ("signature", "ж", "changed after"),
            ("key_id", "0" * 16, "not among the keys"),
            ("key_id", ["a"], "not among the keys"),
            ("public_key", "", "public key in the file"),
            ("public_key", 7, "public key in the file"),
            ("statement", [], "members"),
            ("more", "", "members"),
        ],
    )
    def test_a_changed_member_is_named(self, raw: bytes, keys, member: str, value: object, why: str) -> None:
        with pytest.raises(ProofRefused, match=why):
            proofs.verified(json.dumps(json.loads(raw) | {member: value}).encode(), keys)

    def test_a_signature_that_is_written_another_way_is_refused(self, raw: bytes, keys) -> None:
        signature = json.loads(raw)["signature"]
        other = signature[:-3] + chr(ord(signature[-3]) + 1) + "=="  # bits that no byte has
        assert base64.b64decode(other) == base64.b64decode(signature)

        with pytest.raises(ProofRefused, match="changed after"):
            proofs.verified(raw.replace(signature.encode(), other.encode()), keys)

    def test_a_statement_that_says_a_thing_twice_is_refused(self, raw: bytes, keys) -> None:
        twice = raw.replace(b'"outcome": "verified"', b'"outcome": "rejected", "outcome": "verified"')
        assert twice != raw

        with pytest.raises(ProofRefused, match="not the JSON"):
            proofs.verified(twice, keys)

    @pytest.mark.parametrize("junk", [b"", b"null", b"\xff", b"[" * 60_000, b"1" * 60_000, b'{"a":NaN}'])
    def test_junk_is_refused(self, keys, junk: bytes) -> None:
        with pytest.raises(ProofRefused):
            proofs.verified(junk, keys)

    def test_a_file_that_went_through_an_editor_still_holds(self, raw: bytes, keys) -> None:
        travelled = b"\xef\xbb\xbf" + json.dumps(json.loads(raw)).replace(", ", ",\r\n").encode()

        assert proofs.verified(travelled, keys)

    def test_it_is_verified_without_us_as_the_page_of_the_keys_says(
        self, raw: bytes, keys, tmp_path: Path
    ) -> None:
        (named, pem), *_ = keys.items()
        proof = json.loads(raw)
        assert named == proof["key_id"] == key_id(pem)
        said = json.dumps(proof["statement"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        (tmp_path / "noi-dung").write_bytes(said.encode())
        (tmp_path / "chu-ky").write_bytes(base64.b64decode(proof["signature"]))
        (tmp_path / "khoa.pem").write_bytes(pem)

        outcome = subprocess.run(
            [*_OPENSSL, "-inkey", "khoa.pem", "-in", "noi-dung", "-sigfile", "chu-ky"],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )

        assert outcome.returncode == 0, outcome.stderr


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
