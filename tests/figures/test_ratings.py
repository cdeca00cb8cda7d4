"""How citizens rated: points by indicator, and comments among which nobody is recognised."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import User
from motcua.dossiers.models import Rating
from motcua.figures import counting
from motcua.figures.counting import Marks, Rated, comments_of, ratings_of
from motcua.figures.reporting import all_procedures, ratings_rows
from motcua.procedures.models import Procedure
from tests.conftest import browser_of
from tests.figures.lives import at, lived, slice_of
from tests.figures.test_pages import words_of
from tests.people import SECOND_OFFICE
from tests.reception.queues import standing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]
PAGE = "/mot-cua/so-lieu/danh-gia/"
FEBRUARY = (at("01/02 00:00"), at("28/02 00:00"))


def rated(
    scores: dict[str, int], *, when: datetime | None = None, comment: str = "", **dossier: object
) -> Rating:
    """Write down a rating."""
    given = when or at("10/02 09:00")
    return Rating.objects.create(
        dossier=lived(at("05/02 09:00"), finished=at("06/02 09:00"), **dossier),  # type: ignore[arg-type]
        scores=scores, comment=comment, rated_at=given,
    )  # fmt: skip


def commented(*comments: str, office: str | None = None) -> None:
    """Let citizens write, one a minute."""
    for place, comment in enumerate(comments, start=Rating.objects.count()):
        more = {"office": office} if office else {}
        rated({"7": 2}, when=at("10/02 09:00") + timedelta(minutes=place), comment=comment, **more)


def test_points_are_added_up_by_indicator_office_and_procedure() -> None:
    other = Procedure.objects.exclude(code="1.001193").order_by("pk")[0]
    rated({"1": 2, "7": 2})
    rated({"1": 1, "7": 0, "9": 2})
    rated({"1": 0}, procedure=other)
    rated({"1": 2}, office=SECOND_OFFICE)
    rated({"1": 0}, when=at("01/03 00:00"))
    marks, offices, procedures = ratings_rows(ratings_of(slice_of(*FEBRUARY)), procedures=all_procedures())

    assert marks.ratings == 4
    assert marks.answers == (4, 0, 0, 0, 0, 0, 2, 0, 1)
    assert marks.points == (5, 0, 0, 0, 0, 0, 2, 0, 2)
    assert marks.means[:2] == [1.25, None]
    assert marks.satisfied == pytest.approx(100 * 9 / 14)
    assert [(row.code, row.marks.ratings) for row in offices] == [("000.00.01.H23", 3), (SECOND_OFFICE, 1)]
    assert [(row.code, row.marks.ratings) for row in procedures] == [("1.001193", 3), (other.code, 1)]
    assert (
        sum((row.marks for row in offices), Marks())
        == sum((row.marks for row in procedures), Marks())
        == marks
    )


def test_a_period_without_ratings_says_what_to_do(leaders_client: Client) -> None:
    assert "mời công dân đánh giá" in words_of(leaders_client.get(PAGE).content.decode())


def test_ratings_stand_on_the_page_with_their_questions(leaders_client: Client) -> None:
    rated({"7": 2}, when=timezone.now())
    rated({"7": 1}, when=timezone.now())
    page = words_of(leaders_client.get(PAGE, {"ky": "hom-nay"}).content.decode())

    assert "7. Thái độ của cán bộ 1,50 2" in page
    assert "Mức độ hài lòng 75,0%" in page
    assert "8. Việc tiếp thu, giải quyết phản ánh, kiến nghị — 0" in page


def test_many_ratings_are_written_as_people_write_numbers(
    leaders_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = rated({"7": 2}, when=timezone.now())
    many = Rated(made.dossier.office_id, made.dossier.procedure_id, Marks(1234, (1234,) * 9, (2468,) * 9))
    monkeypatch.setattr(counting, "ratings_of", lambda _chosen: [many])
    page = words_of(leaders_client.get(PAGE, {"ky": "hom-nay"}).content.decode())

    assert "1.234" in page
    assert "1234" not in page


def test_comments_come_in_fives_so_that_nobody_is_recognised(leader: User) -> None:
    offices = [leader.office_id, *(office.pk for office in leader.office.children.all())]
    commented("một", "hai", "ba", "bốn")
    assert comments_of(offices) == []

    commented("năm")
    assert sorted(comments_of(offices)) == sorted(["một", "hai", "ba", "bốn", "năm"])

    commented("sáu", "bảy", "tám", "chín")
    assert len(comments_of(offices)) == 5

    commented("mười")
    assert len(comments_of(offices)) == 10
    assert set(comments_of(offices)[:5]) == {"sáu", "bảy", "tám", "chín", "mười"}


def test_the_order_of_comments_within_five_does_not_tell_who_wrote_last(leader: User) -> None:
    orders = set()
    for turn in range(4):
        Rating.objects.all().delete()
        commented(*"abcde")
        orders.add("".join(comments_of([rating.dossier.office_id for rating in Rating.objects.all()])))
        assert turn >= 0
    assert len(orders) > 1


def test_the_newest_twenty_comments_are_shown_and_empty_ones_are_not() -> None:
    commented(*(f"ý kiến {place}" if place % 2 else " " for place in range(60)))
    office = Rating.objects.all()[0].dossier.office_id
    comments = comments_of([office])

    assert len(comments) == 20
    assert "ý kiến 59" in comments
    assert "ý kiến 1" not in comments


def test_no_choice_on_the_page_changes_which_comments_are_shown(leaders_client: Client) -> None:
    commented("một", "hai", "ba", "bốn", "năm", "sáu")

    def shown(**said: str) -> list[str]:
        page = leaders_client.get(PAGE, said).content.decode()
        return re.findall(r"<li>([^<]+)</li>", page[page.index('id="y-kien"') :])

    everything = shown()
    assert len(everything) == 5
    for said in (
        {"ky": "hom-nay"}, {"tu": "10/02/2026", "den": "10/02/2026"}, {"kenh": "2"}, {"thu-tuc": "2.000815"},
        {"tu": "x"},
    ):  # fmt: skip
        assert shown(**said) == everything


def test_comments_are_for_leaders_of_the_unit_alone(
    leader: User, supervisor: User, administrator: User
) -> None:
    commented(*(f"ý kiến {place}" for place in range(5)))
    commented(*(f"nơi khác {place}" for place in range(5)), office=SECOND_OFFICE)
    pages = [browser_of(user).get(PAGE).content.decode() for user in (leader, supervisor, administrator)]

    assert ["ý kiến 3" in page for page in pages] == [True, False, False]
    assert not any("nơi khác" in page for page in pages)


def test_a_comment_is_shown_as_text_and_never_as_markup(leaders_client: Client) -> None:
    commented(*["<img src=x onerror=alert(1)>"] * 5)

    page = leaders_client.get(PAGE).content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_no_comment_is_in_any_file(leaders_client: Client) -> None:
    commented(*["Chị Lan nói nặng lời"] * 5)
    standing(4, 1)
    for kind in ("xlsx", "csv"):
        content = leaders_client.post("/mot-cua/so-lieu/xuat/?ky=nam-nay", {"dang": kind}).content
        assert "Chị Lan nói".encode() not in content
