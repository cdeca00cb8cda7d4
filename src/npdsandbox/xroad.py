"""The façade of X-Road: the same SOAP through a security server's REST interface (protocol §3.5, pr-rest)."""

import base64
import hashlib
import time
import uuid
from dataclasses import replace
from typing import Final

from npdsandbox import access, reading, register
from npdsandbox.answers import Answer, soap_fault
from npdsandbox.direct import read_soap
from npdsandbox.journal import Entry
from npdsandbox.refusals import XRoadRefusal
from npdsandbox.register import Call, Facade
from npdsandbox.switches import Switches
from npdsandbox.troubles import TroubleKind

SERVICE: Final = "SANDBOX/GOV/BCA/CSDLDC"


def _handle(call: Call, body: bytes, entry: Entry, switches: Switches) -> Answer:
    if call.service != SERVICE or reading.operation_of(call.operation) is None:
        raise XRoadRefusal(500, "Server.ServerProxy.UnknownService", "there is no such service here")

    def check(operation: str) -> tuple[str, ...]:
        clients: list[str] = []
        if switches.xroad_check_client:
            clients.append(access.check_xroad_client(call.headers))
        elif client := call.headers.get("X-Road-Client", "").strip():
            clients.append(client)
        if switches.xroad_check_api_key:
            access.check_api_key(call.headers, taken=switches.api_key)
        if switches.xroad_check_basic:
            taken = switches.c06_account
            username = access.check_c06(call.headers, operation=operation, now=time.time(), taken=taken)
            clients.insert(0, username)
        return tuple(clients)

    element, clients = read_soap(call, body, entry, switches, check)
    question = reading.read_question(element, strict=switches.strict)
    return register.ask(question, clients, entry, switches)


def _with_headers(call: Call, body: bytes, result: Answer, entry: Entry) -> Answer:
    """Add the headers a security server puts on an answer; the hash is over the body alone (CHOICE)."""
    sent_id = call.headers.get("X-Road-Id", "").strip()[:200]
    message_id = sent_id or str(uuid.uuid4())
    entry.xroad_id = message_id
    if result.trouble and result.trouble.kind is TroubleKind.XROAD_OTHER_ID:
        message_id = str(uuid.uuid4())
    headers = {
        "X-Road-Client": call.headers.get("X-Road-Client", "").strip()[:200],
        "X-Road-Id": message_id,
        "X-Road-Request-Id": str(uuid.uuid4()),
        "X-Road-Request-Hash": base64.b64encode(hashlib.sha512(body).digest()).decode(),
    }
    if call.service == SERVICE and reading.operation_of(call.operation):
        headers["X-Road-Service"] = f"{call.service}/{call.operation}"
    return replace(result, headers=headers | result.headers)


XROAD = Facade("r1", _handle, soap_fault, _with_headers)
