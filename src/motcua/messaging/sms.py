"""SMS over an HTTP gateway.

Every gateway has a form of its own; the one below is this product's, and a small adapter on the way, or another
``_form``, makes it theirs:

    POST SMS_URL
    Authorization: Bearer SMS_TOKEN
    Idempotency-Key: 0f8e…                    the message's id, the same at every try
    {"id": "0f8e…", "from": SMS_SENDER, "to": "+84912345678", "text": "…"}

200 to 299 means taken; 409 means that this id was taken before. 400, 410, 413 and 422 refuse this message for good.
With any other refusal (a wrong token, a wrong address) nothing is lost: all messages wait until it is mended. Where the
gateway heard a message and gave no answer, or failed over it, that one is sent again a bounded number of times: each
may cost money.
"""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings

from motcua.outbox.posting import TOKEN_REFUSED, get_json, post_json
from motcua.outbox.service import Courier, Failed, FateUnknown, Load, Refused, Unreachable

_KNOWN_ALREADY: Final = "status_409"
_OF_THIS_MESSAGE: Final = frozenset({"status_400", "status_410", "status_413", "status_422"})
_FATE_UNKNOWN: Final = frozenset({"timeout", "ReadTimeoutError", "ProtocolError", "status_504"})


def courier() -> Courier | None:
    """Return what brings an SMS to the gateway; None when none is configured."""
    return _bring if settings.SMS["SMS_URL"] else None


def probe() -> str:
    """Ask whether the gateway is there, without sending anything.

    Returns:
        What works, in a few words; also that none is configured.

    Raises:
        Unreachable: it is not, or the token is refused; the text says what is wrong and which variable helps.
    """
    url = settings.SMS["SMS_URL"]
    if not url:
        return "no SMS gateway: SMS_URL is not set"
    try:
        get_json(url, headers=_token())
    except Unreachable as error:
        if str(error) in TOKEN_REFUSED:
            raise Unreachable(f"the SMS gateway refuses us ({error}); see SMS_TOKEN") from None
        raise Unreachable(f"the SMS gateway does not answer ({error}); see SMS_URL") from None
    except (Refused, Failed):
        pass  # an address that only takes posts says so, which is an answer
    return "gateway answers" + (" over verified TLS" if url.startswith("https:") else ", not encrypted")


def _bring(load: Load) -> None:
    try:
        post_json(
            settings.SMS["SMS_URL"],
            _form(load),
            headers={**_token(), "Idempotency-Key": str(load.message_id)},
        )
    except Refused as error:
        if str(error) == _KNOWN_ALREADY:
            return
        if str(error) in _OF_THIS_MESSAGE:
            raise
        raise Unreachable(str(error)) from None
    except Unreachable as error:
        if str(error) in _FATE_UNKNOWN:
            raise FateUnknown(str(error)) from None
        raise
    except Failed as error:  # an error of theirs, perhaps after the message had gone out
        raise FateUnknown(str(error)) from None


def _form(load: Load) -> dict[str, Any]:
    """Return a message in the gateway's words; the one place to change for another gateway."""
    return {
        "id": str(load.message_id),
        "from": settings.SMS["SMS_SENDER"],
        "to": f"+84{load.content['to'].removeprefix('0')}",
        "text": load.content["body"],
    }


def _token() -> dict[str, str]:
    token = settings.SMS["SMS_TOKEN"]
    return {"Authorization": f"Bearer {token}"} if token else {}
