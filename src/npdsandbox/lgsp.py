"""The façade of a provincial gateway of the Hậu Giang kind: a token, then SOAP (protocol §3.3)."""

from typing import Final
from urllib.parse import parse_qsl

from lxml import etree

import npdschema
from npdsandbox import access, reading, register, state
from npdsandbox.answers import Answer, as_json, soap_fault
from npdsandbox.direct import read_soap
from npdsandbox.journal import Entry
from npdsandbox.refusals import GatewayRefusal, Refusal
from npdsandbox.register import Call, Facade
from npdsandbox.switches import Switches

_NAME: Final = "lgsp"


def no_procedure() -> GatewayRefusal:
    """The refusal of a call that names no procedure."""
    return GatewayRefusal(400, "001", "Chưa có mã thủ tục (MaDVC).")


def in_gateway_words(refusal: Refusal) -> Refusal:
    """Return the gateway's own refusal for an unlicensed officer (005) or procedure (004), else the one given."""
    match refusal.code:
        case "SBX.OFFICER":
            return GatewayRefusal(400, "005", access.OFFICER_HAS_NO_RIGHT)
        case "SBX.SERVICE":
            return GatewayRefusal(400, "004", access.PROCEDURE_HAS_NO_RIGHT)
    return refusal


def check_token(call: Call, gateway: str) -> None:
    """Check the Bearer token; raises GatewayRefusal 401 SBX.TOKEN."""
    if not state.TOKENS.knows(gateway, access.bearer_of(call.headers)):
        raise GatewayRefusal(
            401, "SBX.TOKEN", "the token is missing, unknown, withdrawn or at its end",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )  # fmt: skip


def _handle(call: Call, body: bytes, entry: Entry, switches: Switches) -> Answer:
    def check(operation: str) -> tuple[str, ...]:
        application = access.check_lgsp_access(call.headers)
        check_token(call, _NAME)
        return access.check_officer_key(call.headers), application

    element, clients = read_soap(call, body, entry, switches, check)
    try:
        if _lacks_procedure(element):
            raise no_procedure()
        question = reading.read_question(element, strict=switches.strict)
        return register.ask(question, clients, entry, switches)
    except Refusal as refusal:
        raise in_gateway_words(refusal) from None


def _lacks_procedure(call: etree._Element) -> bool:
    """Say whether MaDVC is missing or empty where it belongs: 033 has none (§1.4)."""

    def text(name: str) -> str:
        return (call.findtext(f"{{{npdschema.REQUEST_NAMESPACE}}}{name}") or "").strip()

    return not text("MaDVC") and "033" not in (text("MaTichHop"), text("MaDichVu"))


def _give_token(call: Call, body: bytes, entry: Entry, switches: Switches) -> Answer:
    entry.operation = "token"
    application = access.check_lgsp_access(call.headers)
    try:
        form = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=10)
    except ValueError:
        form = []
    if form != [("grant_type", "client_credentials")]:
        raise GatewayRefusal(400, "SBX.GRANT", "the body must be grant_type=client_credentials")
    seconds = switches.token_seconds
    fields = {
        "access_token": state.TOKENS.issue(_NAME, seconds), "token_type": "Bearer", "expires_in": seconds  # nosec B105 # its kind, a word of the protocol
    }  # fmt: skip
    return register.give_token(fields, (application,), entry)


def _refuse(refusal: Refusal) -> Answer:
    # What the gateway itself refuses is JSON; what the register behind it refuses stays SOAP.
    if isinstance(refusal, GatewayRefusal) or refusal.status == 401:
        return refuse_in_json(refusal)
    return soap_fault(refusal)


def refuse_in_json(refusal: Refusal) -> Answer:
    """Write a refusal as `message` and `errorCode` (§2.5)."""
    return as_json({"message": refusal.message, "errorCode": refusal.code}, status=refusal.status)


LGSP = Facade(_NAME, _handle, _refuse)
LGSP_TOKEN = Facade(_NAME, _give_token, refuse_in_json)
