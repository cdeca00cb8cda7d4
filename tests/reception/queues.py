"""Dossiers as they may stand in the queue of an office, written down at once."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

from django.test import Client
from django.urls import reverse

from motcua.accounts.models import Citizen, Office, User
from motcua.dossiers import states
from motcua.dossiers.agreed_terms import agree
from motcua.dossiers.models import CodeCounter, Dossier
from motcua.dossiers.search import write_words
from motcua.procedures.models import Procedure
from motcua.verification.models import IdentityCheck
from tests.people import FIRST_OFFICE

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ROOM = "H23.101.02"
CODE = re.compile(r"data-row>([^<]+)</a>")


def standing(
    status: int, place: int, *, office: str = FIRST_OFFICE, holder_office: str | None = None, **fields: Any
) -> Dossier:
    """Write down a dossier of a foreigner in a status; the higher its place, the later it was moved last."""
    CodeCounter.objects.get_or_create(office_code=office, on=date(2026, 11, 23), defaults={"last": 9999})
    at = NOW - timedelta(days=30) + timedelta(minutes=place)
    desk = Office.objects.get(code=office)
    officer = User.objects.filter(office=desk, role=User.Role.OFFICER)[0]
    dossier = Dossier(
        code=f"{office}-261123-{place:04}",
        procedure=Procedure.objects.get(code="1.001193"),
        office=desk,
        holder_office=Office.objects.get(code=holder_office) if holder_office else desk,
        channel=Dossier.Channel.DESK,
        status=status,
        by_hand_reason=Dossier.ByHand.FOREIGNER,
        applicant_name="Nguyễn Văn Mẫu",
        created_at=at,
        saved_at=at,
    )
    if status == states.SUBMITTED:
        dossier.citizen = Citizen.objects.order_by("pk")[0]
        dossier.has_sworn, dossier.submitted_at, dossier.by_hand_reason = True, at, ""
        dossier.identity_check = _check()
    if status not in (states.SUBMITTED, states.REFUSED):
        dossier.received_at, dossier.received_by = at, officer
    if status in (states.FINISHED, states.RETURNED):
        dossier.finished_at = at
    if status in states.CLOSED:
        dossier.closed_at = at
    agree(dossier)
    for name, value in fields.items():
        setattr(dossier, name, value)
    dossier.save(force_insert=True)
    write_words(dossier)
    return dossier


def _check() -> IdentityCheck:
    return IdentityCheck.objects.create(
        request_id=uuid.uuid4().hex, touch_point="filing", purpose="Nộp hồ sơ", asked_at=NOW, answered_at=NOW,
        outcome="verified",
    )  # fmt: skip


class Looker:
    """An official at the queue."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.client = Client()
        self.client.force_login(user)
        self.text = ""

    def sees(self, query: str = "") -> list[str]:
        """Open the queue and return the last digits of the codes in their order."""
        response = self.client.get(f"{reverse('queue')}?{query}")
        assert response.status_code == 200
        return self._shown(response.content.decode())

    def finds(self, sought: str) -> list[str]:
        """Search."""
        return self._shown(self.client.post(reverse("queue"), {"q": sought}).content.decode())

    def turns(self, way: str) -> list[str]:
        """Turn the page: "next" or "prev"."""
        return self.sees(self.link(way))

    def link(self, way: str) -> str:
        """Return where a page of the list goes on, empty when it does not."""
        found = re.search(rf'href="\?([^"#]*)#danh-sach" rel="{way}"', self.text)
        return unescape(found[1]) if found else ""

    def counts(self) -> dict[str, int]:
        """Return the count on every tab and scope."""
        found = re.findall(r'>([^<>]+) <span class="count">(\d+)', self.text)
        return {unescape(label): int(n) for label, n in found}

    def presses(self, action: str, *dossiers: Dossier, press: str = "", **more: str) -> str:
        """Do something with dossiers and return the page that follows, with its tags taken out."""
        data = {
            "viec": action,
            "ho-so": [str(one.pk) for one in dossiers],
            "press": press or uuid.uuid4().hex,
            **more,
        }
        self._shown(self.client.post(reverse("batch"), data, follow=True).content.decode())
        return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", self.text)))

    def _shown(self, text: str) -> list[str]:
        self.text = text
        return [code[-4:] for code in CODE.findall(text)]
