"""Orders of the time before the later looks come through the migrations whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from motcua.accounts.models import Citizen
from motcua.dossiers.models import Fee
from motcua.payments import online
from motcua.payments.bank import Status, Word
from motcua.payments.models import OnlinePayment
from tests.dossiers.test_migrating import latest, migrate
from tests.payments.conftest import ToldBank

__all__ = ["latest"]


@pytest.mark.usefixtures("latest", "catalogue", "people")
def test_old_orders_are_asked_about_unless_they_are_paid(
    costly: Callable[..., Fee], told_bank: ToldBank, citizen_an: Citizen
) -> None:
    now = timezone.now()
    begun, ended, paid = (online.begin(fee_pk=costly().pk, by=citizen_an.user, now=now).pk for _ in range(3))
    online.hear(Word(ended, Status.CANCELLED, 0, ""), now=now)
    online.hear(Word(paid, Status.PAID, 8000, "NH"), now=now)

    migrate([("payments", "0001_initial")])
    migrate([("payments", "0002_asked_after_the_end")])

    left = OnlinePayment.objects.filter(ask_at=None)
    assert list(left.values_list("pk", flat=True)) == [paid]
    told_bank.knows[str(ended)] = ("paid", 8000)
    while online.ask_next(now=now + timedelta(minutes=12)):
        pass
    assert OnlinePayment.objects.get(pk=ended).state == "paid"
    assert OnlinePayment.objects.get(pk=begun).state == "begun"
