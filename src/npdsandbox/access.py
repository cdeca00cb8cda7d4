"""Who may call: C06's Basic and Timestamp hash (protocol §3.2), X-Road's client and key (§3.5), the provincial
gateway's access and officer keys (§3.3). No Django.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from npdsandbox.cast import credentials
from npdsandbox.refusals import GatewayRefusal, Refusal, XRoadRefusal

CLOCK_TOLERANCE_SECONDS: Final = 300
CHANGE_OVER: Final = ("current", "both", "next")
"""Which of two secrets is taken while a client changes over."""
OFFICER_HAS_NO_RIGHT: Final = "Tài khoản cán bộ chưa được cấp quyền khai thác CSDLQG về dân cư."
PROCEDURE_HAS_NO_RIGHT: Final = "Thủ tục chưa được cấp phép khai thác CSDLQG về dân cư."


def call_hash(*, hash_uri: str, username: str, timestamp: str, secret: str) -> str:
    """Return lower-case hex SHA-256 of the four texts put together (§3.2)."""
    return hashlib.sha256(f"{hash_uri}{username}{timestamp}{secret}".encode()).hexdigest()


def check_c06(headers: Mapping[str, str], *, operation: str, now: float, taken: str = "current") -> str:
    """Check Authorization and Timestamp and return the user name.

    Args:
        headers: the request's headers, case-insensitive.
        operation: the operation's name without the suffix `Request`; the hash is over its address.
        now: seconds since the epoch.
        taken: which secret counts, one of CHANGE_OVER.

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
    is_right_hash = False
    for secret in _taken(account["secret"], account["next_secret"], taken):
        expected = call_hash(
            hash_uri=account["hash_uri"].format(operation=operation),
            username=account["username"], timestamp=timestamp, secret=secret,
        )  # fmt: skip
        is_right_hash |= hmac.compare_digest(sent_hash.encode(), expected.encode())
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


def check_api_key(headers: Mapping[str, str], *, taken: str = "current") -> None:
    """Check the header ApiKey; `taken` is one of CHANGE_OVER; raises Refusal."""
    known = credentials()["xroad"]
    sent = headers.get("ApiKey", "").strip().encode()
    keys = _taken(known["api_key"], known["next_api_key"], taken)
    if not any(hmac.compare_digest(sent, key.encode()) for key in keys):
        raise _not_allowed("SBX.AUTH", "ApiKey is missing or unknown")


def check_lgsp_access(headers: Mapping[str, str]) -> str:
    """Check the header lgspaccesstoken (§3.3) and return the application's name.

    Raises:
        GatewayRefusal: 401, SBX.AUTH.
    """
    known = credentials()["lgsp"]
    expected = {
        "AccessKey": known["access_key"], "SecretKey": known["secret_key"], "AppName": known["app_name"],
        "PartnerCode": known["partner_code"], "PartnerCodeCus": known["partner_code_cus"],
    }  # fmt: skip
    sent = _unpack_json(headers.get("lgspaccesstoken", "").strip())
    texts = {name: str(sent.get(name, "")) for name in expected}
    if not all(
        hmac.compare_digest(texts[name].encode(errors="replace"), expected[name].encode())
        for name in expected
    ):
        raise GatewayRefusal(401, "SBX.AUTH", "lgspaccesstoken is missing or unknown")
    return known["app_name"]


def check_officer_key(headers: Mapping[str, str]) -> str:
    """Check the header AuthHash (§3.3) and return the officer's key name.

    Raises:
        GatewayRefusal: 400 with 005, the gateway's own code for an officer it does not know.
    """
    try:
        sent = base64.b64decode(headers.get("AuthHash", "").strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        sent = ""
    name, _, password = sent.partition(":")
    right = credentials()["lgsp_officers"].get(name, "")
    if not right or not hmac.compare_digest(password.encode(errors="replace"), right.encode()):
        raise GatewayRefusal(400, "005", OFFICER_HAS_NO_RIGHT)
    return name


def check_json_auth(headers: Mapping[str, str]) -> None:
    """Check the static header Auth of the JSON gateway (§3.4); raises GatewayRefusal."""
    right = credentials()["lgsp_json"]["auth"].encode()
    if not hmac.compare_digest(headers.get("Auth", "").strip().encode(), right):
        raise GatewayRefusal(401, "SBX.AUTH", "Auth is missing or unknown")


def bearer_of(headers: Mapping[str, str]) -> str:
    """Return the Bearer token of a call, or an empty text."""
    given = re.fullmatch(r"(?i:bearer) +(\S+)", headers.get("Authorization", "").strip())
    return given.group(1) if given else ""


def _taken(current: str, following: str, taken: str) -> tuple[str, ...]:
    return {"current": (current,), "next": (following,)}.get(taken, (current, following))


def _unpack_json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _not_allowed(code: str, message: str) -> Refusal:
    return Refusal(401, code, message, headers={"WWW-Authenticate": 'Basic realm="npdsandbox"'})
