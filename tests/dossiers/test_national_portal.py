"""What the national portal is told: every change, with the national codes, and nothing beyond its fields."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from motcua.accounts.models import Office, User
from motcua.dossiers import hand_overs, national_portal, service, states
from motcua.dossiers.extensions import extend
from motcua.dossiers.fees import ask_fee
from motcua.dossiers.filing import start_draft
from motcua.dossiers.models import Dossier, DossierOwner, Fee, Paper, Result, Step, Supplement
from motcua.dossiers.results import finish, hand_out
from motcua.dossiers.service import NotReceived, Owner
from motcua.dossiers.steps import go, take_step
from motcua.dossiers.supplements import ask_supplement, take_supplement
from motcua.identity.numbers import IdNumber
from motcua.outbox.models import Parcel
from motcua.outbox.service import erase_old_parcels
from motcua.payments.service import take_cash
from motcua.procedures.models import Procedure, ProcedureRevision
from tests.conftest import ToldRegister, account_of
from tests.dossiers.filing import filed, procedure_of
from tests.dossiers.lives import place, received, standing_at
from tests.people import FIRST_OFFICE, cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]
GOLDEN = Path(__file__).parent.parent / "messages"
NOW = timezone.now()
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 09:00 in Vietnam
ALL_ROLES = ["specialist", "leader", "cashier", "result_desk"]


@pytest.fixture
def portal(settings: Settings) -> None:
    """Configure a portal; nobody listens there."""
    settings.NATIONAL_PORTAL_URL = "http://127.0.0.1:9/"
    settings.NATIONAL_PORTAL_UNIT = "H23"
    settings.NATIONAL_PORTAL_TOKEN = "a-token"


@pytest.fixture
def official(officer: User) -> User:
    """Return Lan, who for once does everybody's work."""
    officer.also_roles = ALL_ROLES
    officer.save()
    return officer


def told(dossier: Dossier) -> list[dict[str, Any]]:
    """Return what the portal is to be told of a dossier, in its order."""
    parcels = Parcel.objects.filter(topic="portal", about=str(dossier.pk)).order_by("id")
    assert [parcel.number for parcel in parcels] == list(range(1, len(parcels) + 1))
    return [json.loads(str(parcel.content)) for parcel in parcels]


def services(dossier: Dossier, *, after: int = 0) -> list[str]:
    """Return the names of the messages, from one on."""
    return [message["service"] for message in told(dossier)[after:]]


def last(dossier: Dossier, name: str) -> dict[str, Any]:
    """Return what the last message of a kind says."""
    said: dict[str, Any] = [one["data"] for one in told(dossier) if one["service"] == name][-1]
    return said


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def of_the_book() -> Dossier:
    """Return a dossier that nobody saves, the same on every day."""
    procedure = Procedure(code="1.001193", name="Đăng ký khai sinh", sector="Hộ tịch")
    return Dossier(
        pk=UUID(int=1),
        code="H23.101-261123-0001",
        procedure=procedure,
        revision=ProcedureRevision(
            procedure=procedure, name="Đăng ký khai sinh", content={"sector": "Hộ tịch"}
        ),
        office=Office(name="Bộ phận Một cửa phường Mẫu A"),
        status=states.PROCESSING,
        applicant_name=cast.an.full_name,
        phone="0912345678",
        email="an@vidu.vn",
        created_at=AT,
        received_at=AT,
        due_at=AT + timedelta(days=3),
        received_documents=[{"name": "Tờ khai", "originals": 1, "copies": 2}],
    )


def full(dossier: Dossier, **other: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "owner": None,
        "papers": [],
        "fees": [],
        "supplements": [],
        "steps": [],
        "result": None,
    }
    return national_portal.dossier_message(dossier, **{**given, **other})


class TestMessages:
    """Each field, as the wire has it."""

    def test_a_dossier_under_way_reads_as_in_the_golden_file(self) -> None:
        assert full(of_the_book()) == golden("portal-dossier")

    def test_a_returned_dossier_with_everything_reads_as_in_the_golden_file(self) -> None:
        dossier = of_the_book()
        dossier.status, dossier.collecting = states.RETURNED, Dossier.Collecting.POSTAL
        dossier.finished_at, dossier.closed_at = AT + timedelta(days=2), AT + timedelta(days=2, hours=3)
        asked_at, taken_at = AT + timedelta(hours=1), AT + timedelta(hours=5)
        papers = [
            Paper(pk=UUID(int=11), document_name="Giấy chứng sinh", original_name="tên riêng.pdf"),
            Paper(pk=UUID(int=12), kind=Paper.Kind.AUTHORITY, original_name="ủy quyền.pdf"),
            Paper(pk=UUID(int=13), kind=Paper.Kind.RESULT, original_name="kết quả.pdf"),
        ]
        fees = [
            Fee(amount=8000, kind=Fee.Kind.FILING, settled_at=AT),
            Fee(amount=5000, exempted_at=AT),
            Fee(amount=9000, cancelled_at=AT),
        ]
        asked = Supplement(
            pk=7,
            documents=[{"name": "Sổ hộ khẩu", "note": ""}, {"name": "Ảnh", "note": "4 × 6"}],
            reason="Thiếu",
            asked_at=asked_at,
            closed_at=taken_at,
        )
        steps = [
            Step(move="ask_supplement", at=asked_at, due_at=AT + timedelta(days=1)),
            Step(move="take_supplement", at=taken_at, due_at=AT + timedelta(days=3)),
        ]
        said = full(
            dossier,
            owner=DossierOwner(full_name="Trần Thị Bình"),
            papers=papers,
            fees=fees,
            supplements=[asked],
            steps=steps,
            result=Result(is_granted=True, summary="Số 12 quyển 3"),
        )
        assert said == golden("portal-dossier-returned")

    def test_a_status_and_a_progress_read_as_in_the_golden_files(self, officer: User) -> None:
        dossier = of_the_book()
        assert national_portal.status_message(dossier, at=AT) == golden("portal-status")
        said = national_portal.progress_message(dossier, act="Bắt đầu giải quyết", by=officer, at=AT)
        assert said == golden("portal-progress")

    def test_papers_came_when_the_citizen_sent_them_and_not_when_the_office_took_them(self) -> None:
        asked = Supplement(
            pk=7,
            documents=[],
            asked_at=AT,
            answered_at=AT + timedelta(hours=1),
            closed_at=AT + timedelta(hours=5),
        )
        taken = Step(move="take_supplement", at=AT + timedelta(hours=5))
        for steps in ([], [taken]):
            (said,) = full(of_the_book(), supplements=[asked], steps=steps)["DanhSachHoSoBoSung"]
            assert said["NgayBoSung"] == "20261123100000"

    def test_of_a_citizen_it_is_said_that_a_citizen_did_it_and_no_more(self) -> None:
        by = account_of(cast.an).user
        said = national_portal.progress_message(of_the_book(), act="Rút hồ sơ", by=by, at=AT)
        assert (said["NguoiXuLy"], said["ChucDanh"], said["PhongBanXuLy"]) == ("Công dân", "", "")


MOVES = [
    (move, origin)
    for move in states.MOVES.values()
    for origin in sorted(origin for origin in move.origins if origin)
    if states.leads_on(move, origin=origin, is_received=origin not in {1, 5})
]


@pytest.mark.usefixtures("portal")
@pytest.mark.parametrize(("move", "origin"), MOVES, ids=lambda value: getattr(value, "name", value))
def test_every_move_tells_its_status_and_who_took_it(
    move: states.Move, origin: int, official: User, settings: Settings
) -> None:
    settings.NATIONAL_PORTAL_URL = ""
    dossier = standing_at(origin)
    settings.NATIONAL_PORTAL_URL = "http://127.0.0.1:9/"
    with transaction.atomic():
        national_portal.tell(dossier, act="Trước đó", by=official, now=NOW)
    before = len(told(dossier))

    go(dossier=dossier, move=move.name, by=official, now=NOW, reason="Lý do riêng tư")

    expected = {
        "DongBoHoSoMC": move.name != "process",
        "DongBoTrangThaiHoSo": move.target != origin,
        "CapNhatTienDoHoSoMC": True,
    }
    assert services(dossier, after=before) == [name for name, is_told in expected.items() if is_told]
    for message in told(dossier)[before:]:
        data = message["data"]
        assert data["MaHoSo"] == dossier.code
        assert data.get("TrangThai", data.get("TrangThaiHoSo")) == str(move.target)
    progress = last(dossier, "CapNhatTienDoHoSoMC")
    assert (progress["NguoiXuLy"], progress["NoiDungXuLy"]) == (official.full_name, str(move.label))
    assert "riêng tư" not in json.dumps(told(dossier), ensure_ascii=False), "a reason is nobody else's"


@pytest.mark.usefixtures("portal")
class TestTelling:
    """When something is told, and what."""

    def test_a_reception_tells_the_dossier_first(self, officer: User) -> None:
        dossier = received(officer)
        assert services(dossier) == ["DongBoHoSoMC", "DongBoTrangThaiHoSo", "CapNhatTienDoHoSoMC"]
        first = told(dossier)[0]
        assert (first["isUpdating"], first["data"]["TrangThaiHoSo"]) == ("False", "2")
        assert first["data"]["NgayHenTra"] == f"{timezone.localtime(dossier.due_at):%Y%m%d%H%M%S}"

    def test_no_number_of_a_person_is_told(self, officer: User) -> None:
        assert cast.an.number not in json.dumps(told(received(officer)))

    def test_what_is_told_stands_sealed_until_it_was_taken(self, officer: User) -> None:
        received(officer)
        with connection.cursor() as cursor:
            cursor.execute("SELECT content FROM outbox_parcel")
            kept = b"".join(bytes(row[0]) for row in cursor.fetchall())
        assert cast.an.full_name.encode() not in kept
        assert b"MaHoSo" not in kept

    def test_somebody_guided_at_the_desk_has_their_owner_and_papers_told_at_once(self, officer: User) -> None:
        applicant = service.Applicant(cast.an.full_name, IdNumber(cast.an.number), birth=cast.an.born)
        owner = Owner("parent", "Nguyễn Bé Con", None, without_number="newborn")
        dossier = service.receive_at_desk(
            officer=officer,
            office=officer.office,
            procedure=procedure_of(),
            applicant=applicant,
            check=None,
            by_hand_reason="foreigner",
            received_documents=[],
            press_key=uuid4(),
            now=NOW,
            owner=owner,
            instead=NotReceived("Thiếu", ({"name": "Giấy chứng sinh", "note": ""},)),
        )
        said = told(dossier)[0]["data"]
        assert said["ChuHoSo"] == "Nguyễn Bé Con"
        assert said["TrangThaiHoSo"] == "5"
        assert [one["NoiDungBoSung"] for one in said["DanhSachHoSoBoSung"]] == ["Giấy chứng sinh"]

    def test_a_filing_tells_the_papers(self, register: ToldRegister, an_client: Client) -> None:
        dossier = filed(an_client)
        assert services(dossier) == ["DongBoHoSoMC", "DongBoTrangThaiHoSo", "CapNhatTienDoHoSoMC"]
        assert told(dossier)[0]["data"]["TaiLieuNop"]
        assert Parcel.objects.filter(topic=national_portal.TOPIC).count() == 3

    def test_a_draft_is_nobodys_business(self) -> None:
        citizen = account_of(cast.an)
        start_draft(citizen=citizen, procedure=procedure_of(), office=place(FIRST_OFFICE), now=NOW)
        assert not Parcel.objects.exists()

    def test_papers_fees_and_result_are_in_the_message_of_their_own_step(self, official: User) -> None:
        dossier = received(official)
        ask_supplement(
            dossier=dossier,
            documents=[{"name": "Sổ hộ khẩu", "note": ""}],
            reason="Thiếu",
            by=official,
            now=NOW,
        )
        asked = last(dossier, "DongBoHoSoMC")["DanhSachHoSoBoSung"]
        assert [(one["NoiDungBoSung"], one["TrangThaiBoSung"]) for one in asked] == [("Sổ hộ khẩu", "0")]

        take_supplement(dossier=dossier, by=official, now=NOW + timedelta(days=14))
        (taken,) = last(dossier, "DongBoHoSoMC")["DanhSachHoSoBoSung"]
        assert taken["TrangThaiBoSung"] == "1"
        assert taken["NgayHenTraMoi"] > taken["NgayHenTraTruoc"]

        ask_fee(dossier=dossier, amount=8000, reason="Bản sao", by=official, now=NOW)
        assert [fee["Gia"] for fee in last(dossier, "DongBoHoSoMC")["DanhSachLePhi"]] == ["8000"]
        take_cash(fee_pk=dossier.fees.get(kind="later").pk, by=official, now=NOW)
        finish(dossier=dossier, is_granted=False, summary="Không đủ điều kiện", by=official, now=NOW)
        assert last(dossier, "DongBoHoSoMC")["ThongTinTra"] == "Không đồng ý giải quyết"
        hand_out(dossier=dossier, how="desk", by=official, now=NOW)
        assert last(dossier, "DongBoHoSoMC")["NgayTra"]
        assert [
            one["data"]["TrangThai"] for one in told(dossier) if one["service"] == "DongBoTrangThaiHoSo"
        ] == [*("2", "5", "2", "6", "4", "9", "10")]

    def test_a_new_due_date_is_told_where_no_step_is_taken(self, official: User) -> None:
        dossier = received(official)
        before = len(told(dossier))
        assert dossier.due_at is not None
        extend(
            dossier=dossier,
            new_due_at=dossier.due_at + timedelta(days=7),
            reason="Chờ xác minh",
            by=official,
            now=NOW,
        )
        assert services(dossier, after=before) == ["DongBoHoSoMC", "CapNhatTienDoHoSoMC"]
        assert last(dossier, "DongBoHoSoMC")["NgayHenTra"] == (
            f"{timezone.localtime(dossier.due_at + timedelta(days=7)):%Y%m%d%H%M%S}"
        )

    def test_every_change_of_hands_names_who_has_it(
        self, officer: User, specialist: User, leader: User
    ) -> None:
        dossier = received(officer)
        before = len(told(dossier))
        hand_overs.hand_over(dossier=dossier, to_office=place(), by=officer, now=NOW)
        hand_overs.accept(dossier=dossier, by=specialist, now=NOW)
        hand_overs.release(dossier=dossier, by=specialist, now=NOW)
        hand_overs.assign(dossier=dossier, to_user=specialist, by=leader, now=NOW)
        after = told(dossier)[before:]
        acts = [
            (one["data"]["NguoiXuLy"], one["data"]["NoiDungXuLy"])
            for one in after
            if one["service"] == "CapNhatTienDoHoSoMC"
        ]
        assert acts == [
            (officer.full_name, "Chuyển hồ sơ"),
            (specialist.full_name, "Nhận hồ sơ được chuyển"),
            (specialist.full_name, "Bắt đầu giải quyết"),
            (specialist.full_name, "Thôi thụ lý"),
            (specialist.full_name, "Được phân công thụ lý"),
        ]
        assert last(dossier, "CapNhatTienDoHoSoMC")["PhongBanXuLy"] == specialist.office.name

    def test_a_change_that_is_taken_back_tells_nothing(self, official: User) -> None:
        dossier = received(official)
        before = len(told(dossier))
        with transaction.atomic():
            fresh = Dossier.objects.locked(dossier.pk)
            take_step(dossier=fresh, move=states.MOVES["process"], by=official, now=NOW)
            transaction.set_rollback(True)
        assert len(told(dossier)) == before

    def test_a_dossier_that_is_older_than_the_portal_begins_with_what_it_is(
        self, official: User, settings: Settings
    ) -> None:
        settings.NATIONAL_PORTAL_URL = ""
        dossier = received(official)
        settings.NATIONAL_PORTAL_URL = "http://127.0.0.1:9/"
        go(dossier=dossier, move="process", by=official, now=NOW)
        assert services(dossier) == ["DongBoHoSoMC", "DongBoTrangThaiHoSo", "CapNhatTienDoHoSoMC"]

    def test_the_count_goes_on_after_what_was_taken_is_forgotten(self, official: User) -> None:
        dossier = received(official)
        Parcel.objects.exclude(topic=national_portal.TOPIC).delete()
        Parcel.objects.update(taken_at=NOW - timedelta(days=200), content="")
        assert erase_old_parcels(now=NOW, dry_run=False) == 2
        go(dossier=dossier, move="process", by=official, now=NOW)
        numbers = (
            Parcel.objects.filter(topic=national_portal.TOPIC)
            .order_by("number")
            .values_list("number", flat=True)
        )
        assert list(numbers) == [3, 4, 5]

    @pytest.mark.parametrize("seed", range(6))
    def test_any_way_through_the_table_leaves_no_gap_in_the_numbers(self, official: User, seed: int) -> None:
        chance = random.Random(seed)
        dossier, taken = received(official), 1
        for _ in range(12):
            ways = [
                move
                for move in states.MOVES.values()
                if states.leads_on(move, origin=dossier.status, is_received=True) and move.right is not None
            ]
            if not ways:
                break
            origin, move = dossier.status, chance.choice(ways)
            dossier = go(dossier=dossier, move=move.name, by=official, now=NOW, reason="Lý do")
            taken += origin != move.target
        said = told(dossier)  # insists on the numbers
        statuses = [one["data"]["TrangThai"] for one in said if one["service"] == "DongBoTrangThaiHoSo"]
        assert len(statuses) == taken
        assert statuses[-1] == str(dossier.status)

    def test_a_step_costs_two_statements_more_and_the_office_of_who_took_it(
        self, official: User, settings: Settings
    ) -> None:
        dossiers = [received(official) for _ in range(2)]

        def queries(dossier: Dossier) -> int:
            with CaptureQueriesContext(connection) as counted:
                go(dossier=dossier, move="process", by=official, now=NOW)
            return len(counted)

        on = queries(dossiers[0])
        settings.NATIONAL_PORTAL_URL = ""
        assert on - queries(dossiers[1]) <= 3


def test_without_a_portal_nothing_is_written_and_nothing_asked(official: User) -> None:
    with CaptureQueriesContext(connection) as counted:
        dossier = received(official)
        go(dossier=dossier, move="process", by=official, now=NOW)
        hand_overs.claim(dossier=dossier, by=official, now=NOW)
    assert not [query for query in counted if national_portal.TOPIC in query["sql"]]
    assert not Parcel.objects.filter(topic=national_portal.TOPIC).exists()
