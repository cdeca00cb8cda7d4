"""The façade of C06 itself: SOAP, called directly (protocol §3.2)."""

import time
from collections.abc import Callable

from lxml import etree

from npdsandbox import access, reading, register
from npdsandbox.answers import Answer, soap_fault
from npdsandbox.journal import Entry
from npdsandbox.refusals import Refusal
from npdsandbox.register import Call, Facade
from npdsandbox.switches import Switches

CheckAccess = Callable[[str], tuple[str, ...]]


def read_soap(
    call: Call, body: bytes, entry: Entry, switches: Switches, check_access: CheckAccess
) -> tuple[etree._Element, tuple[str, ...]]:
    """Return the element that asks, and the names the caller goes by.

    Args:
        call: the call; its operation is taken from the Body where the path names none.
        body: the HTTP body.
        entry: the journal's entry; operation and client are noted.
        switches: the switches in force.
        check_access: takes the operation, returns the caller's names with the client's own last, or refuses.

    Raises:
        Refusal: unknown operation, no access, too many calls, or no readable message.
    """
    element = None
    operation = reading.operation_of(call.operation)
    if not call.operation:
        element = reading.read_call(body, strict=switches.strict)
        operation = reading.read_operation(element)
    if operation is None:
        raise Refusal(500, "SBX.OPERATION", "this operation is not served")
    entry.operation = operation
    clients = check_access(operation)
    register.admit(clients, entry, switches)
    if element is None:
        element = reading.read_call(body, strict=switches.strict)
        if reading.read_operation(element) != operation:
            raise Refusal(500, "SBX.OPERATION", "the Body asks for another operation than the address")
    return element, clients


def _handle(call: Call, body: bytes, entry: Entry, switches: Switches) -> Answer:
    def check(operation: str) -> tuple[str, ...]:
        taken = switches.c06_account
        return (access.check_c06(call.headers, operation=operation, now=time.time(), taken=taken),)

    element, clients = read_soap(call, body, entry, switches, check)
    question = reading.read_question(element, strict=switches.strict)
    return register.ask(question, clients, entry, switches)


C06 = Facade("c06", _handle, soap_fault)
