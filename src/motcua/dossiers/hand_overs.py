"""Who holds a dossier: given to another office or person, accepted, declined, assigned, claimed, released.

What is given stays with the giver until the other side accepts it. A dossier that is closed stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Final

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from motcua.accounts.models import Office, User
from motcua.accounts.offices import offices_of_unit, unit_of
from motcua.accounts.rights import Right, may
from motcua.audit.service import record
from motcua.dossiers import national_portal, states
from motcua.dossiers.access import has_in_hand, holding_office
from motcua.dossiers.models import Dossier, HandOver
from motcua.dossiers.notifications import tell_officials
from motcua.dossiers.steps import NotYours, may_take, take_step
from motcua.web.alphabet import alphabetical
from motcua.web.languages import in_vietnamese
from motcua.web.markup import opened

# Before its reception a dossier is the desk's with which it was filed; after its end it is nobody's work.
GIVEN_ON: Final = (states.OPEN - {states.SUBMITTED}) | {states.FINISHED}
_OPEN: Final = {"accepted_at": None, "declined_at": None}
# What the national portal reads of each act.
_ACTS: Final[dict[str, Promise]] = {
    "given": gettext_lazy("Chuyển hồ sơ"),
    "accepted": gettext_lazy("Nhận hồ sơ được chuyển"),
    "declined": gettext_lazy("Trả lại hồ sơ được chuyển"),
    "taken_back": gettext_lazy("Thu hồi lượt chuyển hồ sơ"),
    "assigned": gettext_lazy("Được phân công thụ lý"),
    "claimed": gettext_lazy("Nhận thụ lý"),
    "released": gettext_lazy("Thôi thụ lý"),
}


class Refusal(StrEnum):
    """Why a dossier cannot change hands."""

    CLOSED = "closed"
    UNDER_WAY = "under_way"
    NOT_UNDER_WAY = "not_under_way"
    OFFICE = "office"
    PERSON = "person"
    HELD = "held"


REFUSALS: Final[dict[Refusal, Promise]] = {
    Refusal.CLOSED: gettext_lazy("Hồ sơ chưa được tiếp nhận hoặc đã kết thúc nên không bàn giao được."),
    Refusal.UNDER_WAY: gettext_lazy("Hồ sơ đang chờ bên nhận. Vui lòng thu hồi lượt bàn giao đó trước."),
    Refusal.NOT_UNDER_WAY: gettext_lazy("Lượt bàn giao này không còn chờ nhận nữa."),
    Refusal.OFFICE: gettext_lazy("Vui lòng chọn một bộ phận khác đang hoạt động của cùng cơ quan."),
    Refusal.PERSON: gettext_lazy("Người được chọn không nhận hồ sơ ở bộ phận này. Vui lòng chọn người khác."),
    Refusal.HELD: gettext_lazy("Hồ sơ đang do người khác thụ lý. Vui lòng liên hệ người đó hoặc phụ trách."),
}


class HandingRefused(ValueError):
    """A dossier cannot change hands; ``reason`` says why, ``message`` in words."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(f"handing refused: {reason}")
        self.reason = reason

    @property
    def message(self) -> str:
        """Return what the person reads."""
        return str(REFUSALS[self.reason])


@in_vietnamese()
def hand_over(
    *,
    dossier: Dossier,
    to_office: Office,
    to_user: User | None = None,
    note: str = "",
    by: User,
    now: datetime,
) -> HandOver:
    """Give a dossier to another office, or to one person there; the second press gives nothing more.

    A note that comes with the second press takes the place of the first one.

    Args:
        dossier: which; its row is read anew.
        to_office: an active office of the same unit; the dossier's own only together with a person.
        to_user: who shall have it; None leaves it to the whole office.
        note: for the receiver.
        by: an official of the holding office, or one whose right reaches the whole unit.
        now: the moment.

    Returns:
        What waits for the other side.

    Raises:
        NotYours: not at this hand.
        HandingRefused: it is closed, under way already, held by somebody else, or cannot go there.
    """
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        _insist(fresh, Right.HAND_OVER, by)
        under_way = open_hand_over(fresh)
        if under_way is not None:
            said = (under_way.from_user_id, under_way.to_office_id, under_way.to_user_id)
            if said == (by.pk, to_office.pk, to_user.pk if to_user else None):
                if note.strip():
                    under_way.note = note.strip()
                    under_way.save(update_fields=["note"])
                return under_way
            raise HandingRefused(Refusal.UNDER_WAY)
        if not changes_hands(fresh):
            raise HandingRefused(Refusal.CLOSED)
        _refuse_held_by_another(fresh, by)
        home = holding_office(fresh)
        if not _may_go(to_office, home) or (to_office.pk == home and to_user is None):
            raise HandingRefused(Refusal.OFFICE)
        if to_user is not None and (to_user.pk == fresh.holder_id or not _receives(to_user, to_office.pk)):
            raise HandingRefused(Refusal.PERSON)
        given = HandOver.objects.create(
            dossier=fresh,
            from_office_id=home,
            from_user=by,
            to_office=to_office,
            to_user=to_user,
            note=note.strip(),
            given_at=now,
        )
        _note(fresh, "given", by, now, office=to_office.code, officer=to_user)
        text = _("Hồ sơ %(code)s được chuyển đến, đang chờ nhận.") % {"code": fresh.code}
        _tell(fresh, [to_user] if to_user else receivers([to_office.pk]), text, by=by, now=now)
    return given


@in_vietnamese()
def accept(*, dossier: Dossier, by: User, now: datetime) -> Dossier:
    """Take what was given: the dossier is the receiver's from now on; the second press changes nothing.

    A received dossier begins to be dealt with at the hand of somebody who deals with dossiers.

    Args:
        dossier: which; its row is read anew.
        by: the person to whom it was given, or anybody of the receiving office who takes dossiers.
        now: the moment.

    Raises:
        NotYours: it was given to others.
        HandingRefused: nothing waits any more.
    """
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        under_way = open_hand_over(fresh)
        if under_way is None:
            last = fresh.hand_overs.order_by("-pk").first()
            if last is not None and last.accepted_by_id == by.pk and fresh.holder_id == by.pk:
                return fresh
            raise HandingRefused(Refusal.NOT_UNDER_WAY)
        if not is_receiver(by, under_way):
            raise NotYours("accept")
        under_way.accepted_at, under_way.accepted_by = now, by
        under_way.save(update_fields=["accepted_at", "accepted_by"])
        _give(fresh, by.office_id, by)
        _note(fresh, "accepted", by, now, office=under_way.to_office.code, officer=by)
        text = _("Hồ sơ %(code)s đã được nhận.") % {"code": fresh.code}
        _tell(fresh, [under_way.from_user], text, by=by, now=now)
        begin = states.MOVES["process"]
        if fresh.status in begin.origins and may_take(dossier=fresh, move=begin, by=by):
            take_step(dossier=fresh, move=begin, by=by, now=now)
    return fresh


@in_vietnamese()
def decline(*, dossier: Dossier, reason: str, by: User, now: datetime) -> HandOver:
    """Send back what was given: it stays with the giver, who reads why; of a second press the reason counts.

    Args:
        dossier: which; its row is read anew.
        reason: why.
        by: as for ``accept``.
        now: the moment.

    Raises:
        ValueError: no reason.
        NotYours: it was given to others.
        HandingRefused: nothing waits any more.
    """
    if not reason.strip():
        raise ValueError("a hand-over is declined with a reason")
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        under_way = _insist_open(fresh, by)
        if not is_receiver(by, under_way):
            raise NotYours("decline")
        if under_way.declined_at is not None:
            under_way.decline_reason = reason.strip()
            under_way.save(update_fields=["decline_reason"])
            return under_way
        under_way.declined_at, under_way.declined_by = now, by
        under_way.decline_reason = reason.strip()
        under_way.save(update_fields=["declined_at", "declined_by", "decline_reason"])
        _note(fresh, "declined", by, now, office=under_way.to_office.code)
        text = _("Hồ sơ %(code)s bị trả lại. Vui lòng xem lý do ở trang hồ sơ.") % {"code": fresh.code}
        _tell(fresh, [under_way.from_user], text, by=by, now=now)
    return under_way


def take_back(*, dossier: Dossier, by: User, now: datetime) -> HandOver:
    """Take back what nobody accepted yet.

    Args:
        dossier: which; its row is read anew.
        by: who gave it, or whoever may give it in their place.
        now: the moment.

    Raises:
        NotYours: not at this hand.
        HandingRefused: the other side was faster.
    """
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        under_way = _insist_open(fresh, by)
        if under_way.declined_at is not None:
            return under_way
        if not may_take_back(by, fresh, under_way):
            raise NotYours("take_back")
        under_way.declined_at, under_way.declined_by = now, by
        under_way.save(update_fields=["declined_at", "declined_by"])
        _note(fresh, "taken_back", by, now, office=under_way.to_office.code)
    return under_way


@in_vietnamese()
def assign(*, dossier: Dossier, to_user: User, by: User, now: datetime) -> Dossier:
    """Say who of the holding office deals with a dossier.

    Args:
        dossier: which; its row is read anew.
        to_user: an active official of the holding office.
        by: who distributes the work there.
        now: the moment.

    Raises:
        NotYours: not at this hand.
        HandingRefused: it is closed, on its way to others, or the person does not work there.
    """
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        _insist(fresh, Right.ASSIGN, by)
        _insist_at_rest(fresh)
        if not _receives(to_user, holding_office(fresh)):
            raise HandingRefused(Refusal.PERSON)
        if fresh.holder_id != to_user.pk:
            _give(fresh, holding_office(fresh), to_user)
            _note(fresh, "assigned", by, now, officer=to_user)
            text = _("Ông/bà được phân công thụ lý hồ sơ %(code)s.") % {"code": fresh.code}
            _tell(fresh, [to_user], text, by=by, now=now)
    return fresh


def claim(*, dossier: Dossier, by: User, now: datetime) -> Dossier:
    """Take on a dossier of one's own office that nobody deals with; the second press changes nothing.

    Args:
        dossier: which; its row is read anew.
        by: an official of the holding office.
        now: the moment.

    Raises:
        NotYours: not at this hand.
        HandingRefused: it is closed, on its way to others, or a colleague was faster.
    """
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        if not may_claim(by, fresh):
            raise NotYours("claim")
        _insist_at_rest(fresh)
        if fresh.holder_id == by.pk:
            return fresh
        if fresh.holder_id is not None:
            raise HandingRefused(Refusal.HELD)
        _give(fresh, by.office_id, by)
        _note(fresh, "claimed", by, now, officer=by)
    return fresh


def release(*, dossier: Dossier, by: User, now: datetime) -> Dossier:
    """Give a dossier back to its office, so that a colleague may take it on.

    Args:
        dossier: which; its row is read anew.
        by: who deals with it, or who distributes the work there.
        now: the moment.

    Raises:
        NotYours: not at this hand.
        HandingRefused: it is closed, or on its way to others.
    """
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        if fresh.holder_id is None and has_in_hand(by, Right.HAND_OVER, fresh):
            return fresh
        if fresh.holder_id != by.pk and not has_in_hand(by, Right.ASSIGN, fresh):
            raise NotYours("release")
        _insist_at_rest(fresh)
        _give(fresh, holding_office(fresh), None)
        _note(fresh, "released", by, now)
    return fresh


def open_hand_over(dossier: Dossier) -> HandOver | None:
    """Return what waits for another side to accept, None when nothing does."""
    waiting = dossier.hand_overs.filter(**_OPEN).select_related(
        "to_office", "to_user", "from_user", "from_office"
    )
    return waiting.first()


def changes_hands(dossier: Dossier) -> bool:
    """Say whether a dossier is work that somebody may have: received, and not at its end."""
    return dossier.is_received and dossier.status in GIVEN_ON


def is_receiver(user: User, given: HandOver) -> bool:
    """Say whether somebody may accept or decline a hand-over."""
    return _receives(user, given.to_office_id) and given.to_user_id in {None, user.pk}


def may_take_back(user: User, dossier: Dossier, given: HandOver) -> bool:
    """Say whether somebody may take a hand-over back: the giver, or who distributes the work of the giver's office."""
    return user.pk == given.from_user_id or has_in_hand(user, Right.ASSIGN, dossier)


def may_give(user: User, dossier: Dossier) -> bool:
    """Say whether somebody may hand a dossier over as it stands, whatever is under way."""
    return (
        changes_hands(dossier)
        and has_in_hand(user, Right.HAND_OVER, dossier)
        and (dossier.holder_id in {None, user.pk} or has_in_hand(user, Right.ASSIGN, dossier))
    )


def may_claim(user: User, dossier: Dossier) -> bool:
    """Say whether somebody works in the office that holds a dossier and may deal with dossiers there."""
    return may(user, Right.HAND_OVER) and user.office_id == holding_office(dossier)


def receivers(offices: Iterable[int]) -> list[User]:
    """Return the officials of some offices who may accept dossiers, with their offices, by these and their names."""
    there = User.objects.filter(office__in=list(offices), office__is_active=True).select_related("office")
    awake = there.filter(is_active=True, asleep_since=None).exclude(role=User.Role.CITIZEN)
    code_of = attrgetter("office.code")
    in_order = sorted(awake, key=lambda one: (code_of(one), alphabetical(opened(one.full_name))))
    return [one for one in in_order if _receives(one, one.office_id)]


def ways_of(dossier: Dossier, *, by: User) -> list[User]:
    """Return the officials to whom a dossier may be handed over; their offices are where it may go."""
    return [one for one in receivers(offices_of_unit(holding_office(dossier))) if one.pk != by.pk]


def _receives(user: User, office_id: int | None) -> bool:
    """Say whether somebody works there, and may accept dossiers."""
    return (
        user.office_id == office_id
        and user.is_active
        and user.asleep_since is None
        and (may(user, Right.HAND_OVER) or may(user, Right.HAND_OUT))
    )


def _may_go(office: Office, home: int) -> bool:
    return office.is_active and unit_of(office.pk) == unit_of(home)


def _insist(dossier: Dossier, right: Right, by: User) -> None:
    if not has_in_hand(by, right, dossier):
        raise NotYours(right)


def _insist_open(dossier: Dossier, by: User) -> HandOver:
    """Return what waits; what this person has just sent back or taken back stands for itself."""
    if (under_way := open_hand_over(dossier)) is not None:
        return under_way
    last = dossier.hand_overs.order_by("-pk").first()
    if last is None or last.declined_by_id != by.pk:
        raise HandingRefused(Refusal.NOT_UNDER_WAY)
    return last


def _insist_at_rest(dossier: Dossier) -> None:
    if not changes_hands(dossier):
        raise HandingRefused(Refusal.CLOSED)
    if open_hand_over(dossier) is not None:
        raise HandingRefused(Refusal.UNDER_WAY)


def _refuse_held_by_another(dossier: Dossier, by: User) -> None:
    if dossier.holder_id not in {None, by.pk} and not has_in_hand(by, Right.ASSIGN, dossier):
        raise HandingRefused(Refusal.HELD)


def _give(dossier: Dossier, office_id: int | None, holder: User | None) -> None:
    dossier.holder_office_id, dossier.holder = office_id, holder
    dossier.save(update_fields=["holder_office", "holder"])


@in_vietnamese()
def _note(
    dossier: Dossier, act: str, by: User, now: datetime, *, office: str = "", officer: User | None = None
) -> None:
    details = {"act": act, "office": office, "officer": str(officer.pk) if officer else ""}
    record(
        name="dossier.handed_over",
        now=now,
        actor=by,
        office_code=dossier.office.code,
        subject=str(dossier.code),
        details={name: said for name, said in details.items() if said},
    )
    # Of what is assigned the portal is told who has it now; of everything else, who did it.
    has_it = officer if officer is not None and act == "assigned" else by
    national_portal.tell(dossier, act=str(_ACTS[act]), by=has_it, now=now)


def _tell(dossier: Dossier, people: Iterable[User], text: str, *, by: User, now: datetime) -> None:
    tell_officials(dossier, [one for one in people if one.pk != by.pk], text, now=now)
