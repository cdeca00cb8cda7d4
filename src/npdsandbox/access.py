"""Who may call: C06's Basic and Timestamp hash (protocol §3.2), X-Road's client and key (§3.5). No Django."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final

from npdsandbox.cast import credentials
from npdsandbox.refusals import Refusal, XRoadRefusal

CLOCK_TOLERANCE_SECONDS: Final = 300


def call_hash(*, hash_uri: str, username: str, timestamp: str, secret: str) -> str:
    """Return lower-case hex SHA-256 of the four texts put together (§3.2)."""
    return hashlib.sha256(f"{hash_uri}{username}{timestamp}{secret}".encode()).hexdigest()


def check_c06(headers: Mapping[str, str], *, operation: str, now: float) -> str:
    """Check Authorization and Timestamp and return the user name.

    Args:
        headers: the request's headers, case-insensitive.
        operation: the operation's name without the suffix `Request`; the hash is over its address.
        now: seconds since the epoch.

    Raises:
        Refusal: 401, SBX.AUTH or SBX.TIMESTAMP.
    """
    account = credentials()["c06"]
    given = re.fullmatch(r"(?i:basic) +([A-Za-z0-9+/=]+)", headers.get("Authorization", "").strip())
    try:
        decoded = base64.b64decode(given.group(1), validate=True).decode() if given else ""
    except (binascii.Error, UnicodeDecodeError):
        decoded = ""
    username, _, sent_hash = decoded.partition(":")
    if not username or not sent_hash:
        raise _not_allowed("SBX.AUTH", "Authorization needs Basic with user name and hash")
    timestamp = headers.get("Timestamp", "").strip()
    # C11: ten digits are seconds, thirteen milliseconds.
    if not re.fullmatch(r"[0-9]{10}|[0-9]{13}", timestamp):
        raise _not_allowed("SBX.TIMESTAMP", "Timestamp is missing, or not 10 or 13 digits")
    sent_at = int(timestamp) / (1000 if len(timestamp) == 13 else 1)
    if abs(sent_at - now) > CLOCK_TOLERANCE_SECONDS:
        raise _not_allowed(
            "SBX.TIMESTAMP", f"Timestamp is off by more than {CLOCK_TOLERANCE_SECONDS} seconds"
        )
    expected = call_hash(
        hash_uri=account["hash_uri"].format(operation=operation),
        username=account["username"], timestamp=timestamp, secret=account["secret"],
    )  # fmt: skip
    is_right_hash = hmac.compare_digest(sent_hash.lower().encode(), expected.encode())
    is_right_user = hmac.compare_digest(username.encode(), account["username"].encode())
    if not (is_right_hash and is_right_user):
        raise _not_allowed("SBX.AUTH", "unknown user or wrong hash")
    return username


def check_xroad_client(headers: Mapping[str, str]) -> str:
    """Return the X-Road client when it is a listed one; raises XRoadRefusal."""
    client = headers.get("X-Road-Client", "").strip()
    if not client:
        raise XRoadRefusal(400, "Client.BadRequest", "the header X-Road-Client is missing")
    if client != credentials()["xroad"]["client"]:
        raise XRoadRefusal(500, "Server.ServerProxy.AccessDenied", "this client may not call this service")
    return client


def check_api_key(headers: Mapping[str, str]) -> None:
    """Check the header ApiKey; raises Refusal."""
    right = credentials()["xroad"]["api_key"].encode()
    if not hmac.compare_digest(headers.get("ApiKey", "").strip().encode(), right):
        raise _not_allowed("SBX.AUTH", "ApiKey is missing or unknown")


def _not_allowed(code: str, message: str) -> Refusal:
    return Refusal(401, code, message, headers={"WWW-Authenticate": 'Basic realm="npdsandbox"'})
