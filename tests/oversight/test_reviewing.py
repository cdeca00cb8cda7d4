"""What a supervisor looks at: marked checks, a sample of the others, and what is decided."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import User
from motcua.audit.models import AuditEvent
from motcua.oversight import reviewing
from motcua.oversight.models import CheckReview
from motcua.oversight.overview import scope_of
from motcua.verification.models import IdentityCheck
from tests.oversight.conftest import NOON
from tests.people import cast

pytestmark = pytest.mark.django_db
LIST = "/mot-cua/giam-sat/can-xem/"
SAMPLE = f"{LIST}mau-ngau-nhien/"
Asked = Callable[..., IdentityCheck]
JUSTIFIED, UNCLEAR = CheckReview.Finding.JUSTIFIED, CheckReview.Finding.UNCLEAR


def listed(client: Client, page: str = LIST) -> list[str]:
    """Return the keys of the checks on a page, in their order."""
    return re.findall(r"can-xem/([0-9a-f-]{36})/", client.get(page).content.decode())


@pytest.mark.parametrize("mark", list(IdentityCheck.Mark))
def test_every_mark_brings_a_check_before_the_supervisor_in_words(
    supervisor_client: Client, officer: User, asked: Asked, mark: IdentityCheck.Mark
) -> None:
    check = asked(officer, marks=mark.value)
    asked(officer)

    assert listed(supervisor_client) == [str(check.pk)]
    assert str(mark.label) in supervisor_client.get(LIST).content.decode()


def test_the_newest_come_first_page_by_page(supervisor_client: Client, officer: User, asked: Asked) -> None:
    made = [str(asked(officer, at=NOON + timedelta(minutes=m), marks="burst").pk) for m in range(25)]
    first = supervisor_client.get(LIST).content.decode()
    following = re.search(r'href="(\?sau=[^"]+)" rel="next"', first)
    assert following

    assert listed(supervisor_client) + listed(supervisor_client, LIST + following[1]) == made[::-1]


def test_a_decision_takes_a_check_from_the_list_and_stays_readable(
    supervisor_client: Client, supervisor: User, officer: User, asked: Asked
) -> None:
    check = asked(officer, marks="odd_hours")
    response = supervisor_client.post(f"{LIST}{check.pk}/", {"finding": "justified"}, follow=True)

    assert "Đã ghi kết luận: Có căn cứ." in response.content.decode()
    assert listed(supervisor_client) == []
    assert supervisor.full_name in supervisor_client.get(f"{LIST}{check.pk}/").content.decode()
    event = AuditEvent.objects.get(name="review.closed")
    assert (event.actor, event.subject, event.details) == (
        supervisor, check.request_id, {"finding": "justified"},
    )  # fmt: skip


@pytest.mark.parametrize("finding", ["unclear", "unjustified"])
def test_whatever_is_not_justified_needs_a_note(
    supervisor_client: Client, supervisor: User, officer: User, asked: Asked, finding: str
) -> None:
    check = asked(officer, marks="burst")

    assert (
        "aria-invalid"
        in supervisor_client.post(
            f"{LIST}{check.pk}/", {"finding": finding, "note": "\u200b "}
        ).content.decode()
    )
    with pytest.raises(reviewing.NoteMissing):
        reviewing.close(check=check, finding=CheckReview.Finding(finding), note=" ", by=supervisor, now=NOON)
    assert not CheckReview.objects.exists()


@pytest.mark.parametrize("finding", ["", "guilty"])
def test_a_decision_is_one_of_three(
    supervisor_client: Client, officer: User, asked: Asked, finding: str
) -> None:
    check = asked(officer, marks="burst")
    supervisor_client.post(f"{LIST}{check.pk}/", {"finding": finding, "note": "Vì sao"})

    assert not CheckReview.objects.exists()


def test_nobody_decides_on_a_check_of_their_own(
    supervisor_client: Client, administrator_client: Client, supervisor: User, asked: Asked
) -> None:
    check = asked(supervisor, marks="lookup", touch_point="lookup")
    page = f"{LIST}{check.pk}/"

    assert "lượt của chính ông/bà" in supervisor_client.get(page).content.decode()
    assert supervisor_client.post(page, {"finding": "justified"}).status_code == 403
    assert not CheckReview.objects.exists()
    administrator_client.post(page, {"finding": "justified"})
    assert CheckReview.objects.count() == 1


def test_the_second_decision_changes_nothing(
    supervisor_client: Client, administrator_client: Client, officer: User, asked: Asked
) -> None:
    check = asked(officer, marks="burst")
    supervisor_client.post(f"{LIST}{check.pk}/", {"finding": "unclear", "note": "Hỏi lại cán bộ"})
    html = administrator_client.post(
        f"{LIST}{check.pk}/", {"finding": "justified"}, follow=True
    ).content.decode()

    assert "Lượt này đã có kết luận." in html
    assert CheckReview.objects.get().finding == "unclear"
    assert AuditEvent.objects.filter(name="review.closed").count() == 1


def test_the_page_of_a_check_leads_to_the_dossier_that_came_of_it(
    supervisor_client: Client, desk_dossier: Any
) -> None:
    dossier = desk_dossier()

    assert dossier.code in supervisor_client.get(f"{LIST}{dossier.identity_check_id}/").content.decode()


def test_the_sample_is_the_configured_share_and_always_the_same(
    supervisor: User, officer: User, asked: Asked, settings: Any
) -> None:
    for _ in range(300):
        asked(officer)
    scope = scope_of(supervisor)
    sizes = []
    for percent in (0, 20, 100):
        settings.REVIEW_SAMPLE_PERCENT = percent
        drawn, _more = reviewing.sample(scope, now=NOON, size=1000)
        again, _more = reviewing.sample(scope, now=NOON, size=1000)
        assert drawn == again
        sizes.append(len(drawn))

    assert sizes[0] == 0
    assert 25 < sizes[1] < 100
    assert sizes[2] == 300


def test_who_lacks_the_key_cannot_tell_what_will_be_drawn(
    supervisor: User, officer: User, asked: Asked, settings: Any
) -> None:
    settings.REVIEW_SAMPLE_PERCENT = 50
    for _ in range(60):
        asked(officer)
    scope = scope_of(supervisor)
    ours, _more = reviewing.sample(scope, now=NOON, size=100)
    settings.SECRET_KEY = "another key, as a guesser would have"
    theirs, _more = reviewing.sample(scope, now=NOON, size=100)

    assert {one.pk for one in ours} != {one.pk for one in theirs}


def test_the_sample_holds_ordinary_questions_of_desks_alone_and_what_is_decided_leaves_it(
    supervisor_client: Client, officer: User, asked: Asked, settings: Any
) -> None:
    settings.REVIEW_SAMPLE_PERCENT = 100
    now = timezone.now()
    one = asked(officer, at=now - timedelta(hours=1))
    asked(officer, at=now - timedelta(hours=1), marks="burst")
    asked(officer, at=now - timedelta(hours=1), touch_point="recheck")
    asked(officer, at=now - timedelta(days=31))

    assert listed(supervisor_client, SAMPLE) == [str(one.pk)]
    supervisor_client.post(f"{LIST}{one.pk}/", {"finding": "justified"})
    assert listed(supervisor_client, SAMPLE) == []


def test_the_sample_is_read_page_by_page_without_loss_or_repetition(
    supervisor: User, officer: User, asked: Asked, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REVIEW_SAMPLE_PERCENT = 30
    made = [asked(officer, at=NOON - timedelta(seconds=place // 4)) for place in range(90)]
    is_drawn = reviewing.lot()
    wanted = {check.pk for check in made if is_drawn(check.pk)}
    monkeypatch.setattr(reviewing, "_LOOKED_THROUGH", 7)
    seen, after, pages = [], "", 0
    while pages == 0 or after:
        drawn, after = reviewing.sample(scope_of(supervisor), now=NOON, after=after, size=2)
        seen += [check.pk for check in drawn]
        pages += 1

    assert len(seen) == len(set(seen))
    assert set(seen) == wanted
    assert pages >= 90 // 7


def test_no_page_of_review_shows_more_of_a_number_than_its_mask(
    supervisor_client: Client, officer: User, asked: Asked
) -> None:
    check = asked(officer, cast.binh, marks="burst")
    for page in (LIST, f"{LIST}{check.pk}/"):
        html = supervisor_client.get(page).content.decode()
        assert check.number_masked in html
        assert cast.binh.number not in html
        assert cast.binh.full_name not in html
        assert check.number_digest not in html
