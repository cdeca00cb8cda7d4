"""What a check says, signed: so that anybody can see years later, and without us, that it says so unchanged.

A statement is built from the stored row alone, in one canonical form, and signed with a key of this installation in
the very writing of the outcome; its digest goes into the log. So a check that was edited no longer bears its
signature, and one that was edited or deleted differs from the log.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser

from motcua.audit import service as audit
from motcua.sealing import key_id, public_key, sign, verify_signature
from motcua.verification.codes import code_of, parse_code
from motcua.verification.models import IdentityCheck

FORMAT: Final = "motcua-check/1"
# What a statement says, and the column that says it. Nothing of a person but keyed digests, and nothing that changes
# after the outcome.
COLUMNS: Final = {
    "check": "id",
    "request_id": "request_id",
    "touch_point": "touch_point",
    "asked_by": "asked_by_id",
    "office": "office_code",
    "purpose": "purpose",
    "procedure": "procedure_code",
    "dossier": "dossier_id",
    "number_digest": "number_digest",
    "claim_digest": "claim_digest",
    "route": "route",
    "asked_at": "asked_at",
    "answered_at": "answered_at",
    "outcome": "outcome",
    "reason": "reason",
    "matched_by": "matched_by",
    "birth_match": "birth_match",
    "line": "line",
    "register_ids": "register_ids",
    "request_digest": "request_digest",
    "answer_digest": "answer_digest",
    "transport": "transport",
    "certificate": "certificate",
}
# What is bound too, but told to nobody: an officer does not read here why a supervisor looks at a check, nor anybody
# part of a number. One digest over all; the keyed digests among them keep it from being guessed.
HIDDEN: Final = (
    "number_masked",
    "spelling_digest",
    "address_digest",
    "person_digest",
    "form_key",
    "press_key",
    "marks",
)
SIGNED: Final = (*COLUMNS.values(), *HIDDEN)
_PURPOSE: Final = "proof"
_MEMBERS: Final = frozenset({"code", "statement", "signature", "key_id", "public_key"})
_CANONICAL: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
LARGEST: Final = 65_536  # bytes of a proof's file
_log = logging.getLogger("motcua.verification")


class ProofRefused(ValueError):
    """A file is no valid proof; the text says which part of it is wrong."""


def statement(check: IdentityCheck) -> dict[str, Any]:
    """Return what a check says, as it is signed; for the same row the same on every database, at any time."""
    return statement_of([getattr(check, column) for column in SIGNED])


def statement_of(values: Sequence[Any]) -> dict[str, Any]:
    """Return what the values of a row say, given in the order of ``SIGNED``."""
    said: dict[str, Any] = dict(zip(COLUMNS, values, strict=False))
    hidden = [str(value or "") for value in values[len(COLUMNS) :]]
    said["hidden_digest"] = hashlib.sha256("\n".join(hidden).encode()).hexdigest()
    for name in ("check", "dossier"):
        said[name] = said[name] and said[name].hex
    for name in ("asked_at", "answered_at"):
        said[name] = said[name] and _written(said[name])
    said["format"] = FORMAT
    return said


def canonical(said: Mapping[str, Any]) -> bytes:
    """Return the bytes of a statement that are signed: JSON in UTF-8, names sorted, nothing between its parts."""
    return _CANONICAL.encode(said).encode()


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def sign_check(check: IdentityCheck) -> str:
    """Sign what a check says, once all else of it is set; saves nothing.

    Returns:
        The SHA-256 of the signed statement, for the log.
    """
    said = canonical(statement(check))
    check.signature, check.key_id = sign(_PURPOSE, said), _present_key_id()
    return hashlib.sha256(said).hexdigest()


def log_check(check: IdentityCheck, said: str, *, by: AbstractBaseUser | None) -> None:
    """Enter an answered check in the log, inside the transaction that saves it.

    Args:
        check: the check.
        said: what ``sign_check`` returned.
        by: the user who asked, if one was logged in.
    """
    assert check.answered_at is not None  # nosec B101 # tells the type checker
    audit.record(
        name="check.answered",
        now=check.answered_at,
        actor=by,
        office_code=check.office_code,
        subject=check.id.hex,
        details={
            "check": check.request_id,
            "statement": said,
            "outcome": str(check.outcome),
            "touch_point": check.touch_point,
        },
    )


def holds(check: IdentityCheck) -> bool | None:
    """Say whether the row still says what was signed with a published key of ours; None when it was never signed."""
    if check.signature is None:
        return None
    key = our_keys().get(check.key_id)
    return key is not None and verify_signature(key, canonical(statement(check)), bytes(check.signature))


def find(text: str) -> IdentityCheck | None:
    """Return the check with a short code, however it was typed, or with a request id; None when there is none."""
    ids = parse_code(text)
    if ids is None:
        return IdentityCheck.objects.filter(request_id=text.strip()[:40]).first()
    return find_by_code(text)


def find_by_code(text: str) -> IdentityCheck | None:
    """Return the check with a short code, however it was typed; None when there is none."""
    if (ids := parse_code(text)) is None:
        return None
    found = IdentityCheck.objects.filter(id__gte=ids[0], id__lte=ids[1]).order_by("id")[:2]
    return found[0] if len(found) == 1 else None


# --- files


def proof_file(check: IdentityCheck) -> dict[str, Any]:
    """Return all that somebody needs who wants to verify a check without us.

    Raises:
        ProofRefused: the check bears no signature: it is not answered yet, or from before signatures.
    """
    if check.signature is None:
        raise ProofRefused(
            "the check bears no signature: it has no outcome yet, or is from before signatures"
        )
    return {
        "code": check.code,
        "statement": statement(check),
        "signature": base64.b64encode(bytes(check.signature)).decode(),
        "key_id": check.key_id,
        "public_key": our_keys().get(check.key_id, b"").decode(),
    }


def proof_text(check: IdentityCheck) -> str:
    """Return the proof's file as it is handed out. Raises ProofRefused like ``proof_file``."""
    return json.dumps(proof_file(check), ensure_ascii=False, indent=2) + "\n"


def verified(raw: bytes, keys: Mapping[str, bytes]) -> tuple[dict[str, Any], str]:
    """Return the statement of a proof's file and the id of its key, if the holder of that key signed exactly this.

    Needs no database and no network, and trusts no key for standing in the file.

    Args:
        raw: the file.
        keys: the public keys that are trusted, as PEM, by their ids.

    Raises:
        ProofRefused: the file is no proof, or something in it was changed, or it was signed with another key.
    """
    proof = _read(raw)
    said: dict[str, Any] = proof["statement"]
    named = proof["key_id"]
    key = keys.get(named) if isinstance(named, str) else None
    if key is None:
        raise ProofRefused(
            f"it names the key {_shown(named)}, which is not among the keys that are trusted here"
        )
    if not isinstance(proof["public_key"], str) or proof["public_key"].encode().strip() != key.strip():
        raise ProofRefused(f"the public key in the file is not the key {named}")
    try:
        signature = base64.b64decode(proof["signature"], validate=True)
        is_signed = base64.b64encode(signature).decode() == proof["signature"]
        is_signed = is_signed and verify_signature(key, canonical(said), signature)
    except (TypeError, ValueError):
        is_signed = False
    if not is_signed:
        raise ProofRefused("the statement or its signature was changed after it was signed")
    if said.get("format") != FORMAT:
        raise ProofRefused(f"the statement is of another format than {FORMAT}")
    if proof["code"] != code_of(uuid.UUID(said["check"])):
        raise ProofRefused("the code in the file is not the code of its statement")
    return said, named


def _read(raw: bytes) -> dict[str, Any]:
    proof: Any
    if len(raw) > LARGEST:
        raise ProofRefused(f"it is larger than {LARGEST} bytes, so no proof")
    try:
        proof = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_members)
    except (ValueError, RecursionError):
        raise ProofRefused("it is not the JSON of a proof") from None
    if not isinstance(proof, dict) or proof.keys() != _MEMBERS or not isinstance(proof["statement"], dict):
        raise ProofRefused(f"it does not have exactly the members {', '.join(sorted(_MEMBERS))}")
    return proof


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse what says one thing twice: two readers could read two different things."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def _shown(named: Any) -> str:
    text = named if isinstance(named, str) and named.isalnum() and named.isascii() else "(unreadable)"
    return text[:16]


# --- keys


def present_key() -> bytes:
    """Return the public key that belongs to what is signed now, as PEM."""
    return public_key(_PURPOSE)


def our_keys() -> dict[str, bytes]:
    """Return every public key that ever signed here, the present one first, by their ids."""
    present = present_key()
    return {key_id(present): present, **published_keys()}


def published_keys(places: Sequence[Path] = ()) -> dict[str, bytes]:
    """Return public keys as PEM, by their ids.

    Args:
        places: files in PEM form, or folders of such; when none, this installation's own published keys.

    Raises:
        OSError: a place cannot be read.
        ValueError: a file that was named holds no Ed25519 key.
    """
    found: dict[str, bytes] = {}
    for place in places or [folder()]:
        if place.is_dir():
            for path in sorted(place.glob("*.pem")):
                pem = path.read_bytes()
                try:
                    found[key_id(pem)] = pem
                except ValueError:
                    _log.warning("proof.no_key file=%s", path.name)
        elif places or place.exists():
            pem = place.read_bytes()
            found[key_id(pem)] = pem
    return found


def folder() -> Path:
    """Return where every public key that ever signed here is kept, one file each."""
    state: Path = settings.STATE
    return state / "published-keys"


def publish() -> str:
    """Write the present public key down beside the earlier ones, unless it is there; returns its id.

    Raises:
        OSError: the folder cannot be written to.
    """
    pem = present_key()
    named = key_id(pem)
    path = folder() / f"{named}.pem"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        beginning = path.with_suffix(f".{os.getpid()}")
        beginning.write_bytes(pem)
        beginning.replace(path)
        _log.info("proof.key_published key=%s", named)
    return named


def _present_key_id() -> str:
    """Return the id of the present key, published at its first use in this process."""
    pem = present_key()
    try:
        return _published(pem, folder())
    except OSError as error:
        # A check is worth more than a file that the next check, or the page of the keys, will write.
        _log.error("proof.key_unpublished error=%s", type(error).__name__)
        return key_id(pem)


@lru_cache(maxsize=8)
def _published(pem: bytes, place: Path) -> str:
    return publish()
