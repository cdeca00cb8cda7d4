"""Dossiers that cost something, the cashier's browser, and a bank that says what it is told to say."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from motcua.accounts.models import User
from motcua.dossiers import states
from motcua.dossiers.models import Dossier, Fee
from motcua.outbox.posting import Answer
from motcua.payments import bank
from tests.conftest import account_of
from tests.dossiers.lives import standing_at
from tests.people import cast

SECRET = "bí mật của bài thử"
MERCHANT = "PHUONG-MAU-A"


@pytest.fixture
def cashier_client(cashier: User) -> Client:
    """Return Nga's browser."""
    client = Client()
    client.force_login(cashier)
    return client


@pytest.fixture
def costly(catalogue: None, people: None) -> Callable[..., Fee]:
    """Return how a dossier of An's is made that stands somewhere and owes a fee."""

    def made(*, status: int = states.PROCESSING, kind: str = "filing", amount: int = 8000) -> Fee:
        dossier = standing_at(status, citizen=account_of(cast.an))
        officer = User.objects.get(login="lan")
        fee = dossier.fees.first()
        if fee is not None:
            Fee.objects.filter(pk=fee.pk).update(amount=amount, kind=kind)
        else:
            Fee.objects.create(
                dossier=dossier, kind=kind, amount=amount, asked_at=timezone.now(), asked_by=officer
            )
        return Fee.objects.select_related("dossier__citizen").get(dossier=dossier)

    return made


def status_of(dossier: Dossier) -> int:
    """Return the status that the database has."""
    return Dossier.objects.values_list("status", flat=True).get(pk=dossier.pk)


def signed(said: dict[str, str], secret: str = SECRET) -> dict[str, str]:
    """Sign what a bank says, by the description of the protocol and with none of our code."""
    words = urlencode(sorted(said.items())).encode()
    return {**said, "signature": hmac.new(secret.encode(), words, hashlib.sha256).hexdigest()}


class ToldBank:
    """A bank that knows of orders what a test tells it; ``asked`` counts questions."""

    def __init__(self) -> None:
        self.asked = 0
        self.knows: dict[str, tuple[str, int]] = {}
        self.trouble: Exception | None = None
        self.before_answer: Callable[[], object] | None = None

    def notice(self, order: object, amount: int, status: str = "paid", **other: str) -> dict[str, str]:
        """Return a signed notice."""
        said = {
            "kind": "notice",
            "merchant": MERCHANT,
            "order": str(order),
            "amount": str(amount),
            "status": status,
            "reference": f"NH{uuid4().hex[:8]}",
        }
        return signed(said | other)

    def tells(self, order: object, amount: int, status: str = "paid", **other: str) -> HttpResponse:
        """Post a signed notice to the product."""
        return self.posts(self.notice(order, amount, status, **other))

    @staticmethod
    def posts(said: Any) -> HttpResponse:
        """Post anything as a notice; the bank's browser has no token."""
        return Client(enforce_csrf_checks=True).post(
            "/thanh-toan/bao/", json.dumps(said), content_type="application/json"
        )

    def answers(self, url: str, *, headers: Any = None) -> Answer:
        """Answer a question as ``outbox.posting.get_json`` would bring it."""
        self.asked += 1
        if self.before_answer is not None:
            self.before_answer()
        if self.trouble is not None:
            raise self.trouble
        order = url.split("order=")[1].split("&")[0]
        status, amount = self.knows.get(order, ("unknown", 0))
        said = {
            "kind": "answer",
            "merchant": MERCHANT,
            "order": order,
            "amount": str(amount),
            "status": status,
            "reference": "NH-HOI",
        }
        return Answer(200, json.dumps(signed(said)).encode())


@pytest.fixture
def told_bank(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> ToldBank:
    """Put a bank in place that does as it is told."""
    settings.BANK_URL, settings.BANK_MERCHANT, settings.BANK_SECRET = (
        "https://bank.example/tt",
        MERCHANT,
        SECRET,
    )
    told = ToldBank()
    monkeypatch.setattr(bank, "get_json", told.answers)
    return told
