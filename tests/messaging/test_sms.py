"""SMS against a gateway: each message once by its id, our own mistake makes all wait, a bad message no other."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from motcua.messaging import sms
from motcua.messaging.channels import couriers
from motcua.outbox.models import Parcel, Pause
from motcua.outbox.service import Courier, FateUnknown, Refused, Unreachable, bring_next, put
from tests.messaging.letters import load
from tests.postgres import free_port

NOW = timezone.now()
HANGS_UP = -1
TOKEN = "mat khau cua cong tin nhan"


@dataclass
class Gateway:
    """Takes each id once; ``status`` is what it answers instead."""

    port: int
    status: int = 0
    took: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answers(self, key: str, token: str, said: dict[str, Any]) -> int:
        self.asked.append((key, token))
        if self.status:
            return self.status
        if key in self.took:
            return 409
        self.took[key] = said
        return 200


@pytest.fixture
def gateway(settings: Any) -> Iterator[Gateway]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            key, token = self.headers["Idempotency-Key"], self.headers["Authorization"]
            self._says(stand.answers(key, token, said))

        def do_GET(self) -> None:
            self._says(stand.status or 405)

        def _says(self, status: int) -> None:
            if status == HANGS_UP:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand = Gateway(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    configure(settings, stand.port)
    try:
        yield stand
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def configure(settings: Any, port: int) -> None:
    """Lead the product to a gateway."""
    settings.SMS = {
        "SMS_URL": f"http://127.0.0.1:{port}/sms",
        "SMS_TOKEN": TOKEN,
        "SMS_SENDER": "MOTCUA",
    }


def courier() -> Courier:
    found = sms.courier()
    assert found is not None
    return found


def test_a_message_goes_out_in_the_form_of_the_manual_with_its_id_as_key(gateway: Gateway) -> None:
    told = load(to="0912345678", subject="", body="Hồ sơ H24.31.01-261123-0001 đã có kết quả.")
    courier()(told)
    assert gateway.took == {
        str(told.message_id): {
            "id": str(told.message_id),
            "from": "MOTCUA",
            "to": "+84912345678",
            "text": "Hồ sơ H24.31.01-261123-0001 đã có kết quả.",
        }
    }
    assert gateway.asked == [(str(told.message_id), f"Bearer {TOKEN}")]


def test_a_message_that_the_gateway_knows_already_counts_as_taken(gateway: Gateway) -> None:
    told = load(to="0912345678")
    courier()(told)
    courier()(told)
    assert len(gateway.asked) == 2
    assert len(gateway.took) == 1


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Refused),
        (422, Refused),
        (401, Unreachable),
        (403, Unreachable),
        (404, Unreachable),
        (429, Unreachable),
        (503, Unreachable),
        (500, FateUnknown),
        (504, FateUnknown),
        (HANGS_UP, FateUnknown),
    ],
)
def test_what_the_gateway_says_decides_who_waits(
    gateway: Gateway, status: int, outcome: type[Exception]
) -> None:
    gateway.status = status
    with pytest.raises(outcome) as caught:
        courier()(load(to="0912345678"))
    assert type(caught.value) is outcome


def test_the_probe_sends_nothing_and_names_the_variable_that_helps(gateway: Gateway, settings: Any) -> None:
    assert sms.probe() == "gateway answers, not encrypted"
    settings.SMS = {**settings.SMS, "SMS_URL": ""}
    assert "SMS_URL" in sms.probe()
    configure(settings, gateway.port)
    gateway.status = 401
    with pytest.raises(Unreachable, match="SMS_TOKEN"):
        sms.probe()
    configure(settings, free_port())
    with pytest.raises(Unreachable, match="SMS_URL"):
        sms.probe()
    assert gateway.took == {}


@pytest.mark.django_db
def test_an_outage_loses_no_message_and_the_log_names_no_number(
    gateway: Gateway, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    configure(settings, free_port())
    with transaction.atomic():
        for digit in range(3):
            put(topic="sms", content=load(to=f"091234567{digit}").content, now=NOW)
    with caplog.at_level(logging.INFO):
        for hours in (0, 1, 24):
            bring(timedelta(hours=hours))
        configure(settings, gateway.port)
        gateway.status = 422
        assert bring_next(couriers=couriers(), now=NOW + timedelta(hours=25))
        gateway.status = 0
        bring(timedelta(hours=26))
    assert sorted(said["to"] for said in gateway.took.values()) == ["+84912345671", "+84912345672"]
    assert Parcel.objects.exclude(given_up_at=None).get().problem == "status_422"
    assert not Pause.objects.exists()
    assert "91234567" not in caplog.text


def bring(after: timedelta) -> None:
    while bring_next(couriers=couriers(), now=NOW + after):
        pass
