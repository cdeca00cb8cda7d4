"""The table of everything that officials do with one dossier: whose it is, when it is open, what it asks and does.

Whether a step is really allowed the services decide, with the row locked; this table only shows and calls them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from motcua.accounts.models import User
from motcua.accounts.rights import Right, may
from motcua.dossiers import fees, hand_overs, results, states, steps, supplements
from motcua.dossiers import service as dossiers
from motcua.dossiers.access import has_in_hand, may_do
from motcua.dossiers.extensions import extend, may_be_extended
from motcua.dossiers.models import Dossier, Fee, HandOver
from motcua.dossiers.steps import go, may_take
from motcua.payments.service import exempt, take_cash
from motcua.reception.action_forms import (
    ActionForm,
    AssignForm,
    DeclineForm,
    ExtendForm,
    FeeForm,
    FinishForm,
    HandOutForm,
    HandOverForm,
    ReasonForm,
    SupplementForm,
    WaiveForm,
)
from motcua.web.requests import number_in

Perform = Callable[[Dossier, User, datetime, dict[str, Any]], object]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that may be done.

    ``is_theirs`` tells whether role and office give it at all, ``is_open`` whether the dossier, with what is under way,
    lets it happen now. ``form`` is None where a press says everything. ``is_likely``: may be the page's main button.
    ``is_final``: cannot be undone, so it is shown once more before it happens. ``is_move``: changes the status.
    ``takes_away``: whoever holds the dossier holds it no longer afterwards.
    """

    code: str
    label: Promise
    done: Promise
    perform: Perform
    is_theirs: Callable[[User, Dossier], bool]
    is_open: Callable[[User, Dossier, HandOver | None], bool]
    form: type[ActionForm] | None = None
    is_likely: bool = False
    is_final: bool = False
    is_move: bool = False
    takes_away: bool = False

    @property
    def has_form(self) -> bool:
        """Say whether a press alone does not say everything."""
        return self.form is not None


def _move(
    code: str,
    done: Promise,
    form: type[ActionForm] | None = None,
    perform: Perform | None = None,
    *,
    is_likely: bool = False,
    is_final: bool = False,
) -> Action:
    move = states.MOVES[code]

    def is_theirs(user: User, dossier: Dossier) -> bool:
        return may_take(dossier=dossier, move=move, by=user)

    def is_open(user: User, dossier: Dossier, under_way: HandOver | None) -> bool:
        return steps.is_open(dossier=dossier, move=move) and is_theirs(user, dossier)

    def just_go(dossier: Dossier, by: User, now: datetime, said: dict[str, Any]) -> Dossier:
        return go(dossier=dossier, move=code, by=by, now=now, reason=said.get("reason", ""))

    return Action(
        code,
        move.label,
        done,
        perform or just_go,
        is_theirs,
        is_open,
        form,
        is_likely,
        is_final,
        is_move=True,
    )


def _receives(user: User, dossier: Dossier) -> bool:
    return may(user, Right.HAND_OVER) or may(user, Right.HAND_OUT)


def _hands_over(user: User, dossier: Dossier) -> bool:
    return may(user, Right.HAND_OVER)


def _distributes(user: User, dossier: Dossier) -> bool:
    return may(user, Right.ASSIGN)


def _waits_for(user: User, dossier: Dossier, under_way: HandOver | None) -> bool:
    return under_way is not None and hand_overs.is_receiver(user, under_way)


def _awaited(dossier: Dossier) -> int:
    """Return the key of the fee for which a dossier waits. Raises MoveRefused: it waits for none."""
    fee = dossier.fees.filter(Fee.OPEN, kind=Fee.Kind.LATER).first()
    if fee is None:
        raise states.MoveRefused("no fee is waited for")
    return fee.pk


def _is_at_rest(dossier: Dossier, under_way: HandOver | None) -> bool:
    return under_way is None and hand_overs.changes_hands(dossier)


# In the order of the page: what is likeliest comes first.
_ALL: Final = (
    Action(
        "accept",
        _("Nhận bàn giao"),
        _("Đã nhận bàn giao hồ sơ."),
        lambda dossier, by, now, said: hand_overs.accept(dossier=dossier, by=by, now=now),
        _receives,
        _waits_for,
        is_likely=True,
    ),
    _move(
        "take_up",
        _("Đã tiếp nhận hồ sơ."),
        perform=lambda dossier, by, now, said: dossiers.take_up(dossier=dossier, officer=by, now=now),
        is_likely=True,
    ),
    _move(
        "take_supplement",
        _("Đã tiếp nhận giấy tờ bổ sung. Thời hạn được tính lại từ đầu."),
        perform=lambda dossier, by, now, said: supplements.take_supplement(dossier=dossier, by=by, now=now),
        is_likely=True,
    ),
    _move(
        "take_fee",
        _("Đã ghi nhận thu phí, lệ phí."),
        perform=lambda dossier, by, now, said: take_cash(fee_pk=_awaited(dossier), by=by, now=now),
        is_likely=True,
    ),
    _move(
        "waive_fee",
        _("Đã ghi nhận miễn phí, lệ phí."),
        WaiveForm,
        lambda dossier, by, now, said: exempt(
            fee_pk=_awaited(dossier), exemption=said["exemption"], reason=said["reason"], by=by, now=now
        ),
    ),
    _move(
        "hand_out",
        _("Đã trả kết quả."),
        HandOutForm,
        lambda dossier, by, now, said: results.hand_out(
            dossier=dossier,
            how=said["how"],
            collected_by=said["collected_by"].strip(),
            has_authority=said["has_authority"],
            by=by,
            now=now,
        ),
        is_likely=True,
        is_final=True,
    ),
    _move("process", _("Đã bắt đầu giải quyết."), is_likely=True),
    _move(
        "finish",
        _("Đã ghi nhận kết quả."),
        FinishForm,
        lambda dossier, by, now, said: results.finish(
            dossier=dossier,
            is_granted=said["is_granted"] == "yes",
            summary=said["summary"],
            by=by,
            now=now,
        ),
        is_likely=True,
    ),
    Action(
        "hand_over",
        _("Chuyển xử lý"),
        _("Đã chuyển. Hồ sơ vẫn ở bộ phận của ông/bà cho đến khi bên nhận bấm “Nhận bàn giao”."),
        lambda dossier, by, now, said: hand_overs.hand_over(
            dossier=dossier,
            to_office=said["receiver"][0],
            to_user=said["receiver"][1],
            note=said["note"],
            by=by,
            now=now,
        ),
        _hands_over,
        lambda user, dossier, under_way: under_way is None and hand_overs.may_give(user, dossier),
        HandOverForm,
        is_likely=True,
        takes_away=True,
    ),
    Action(
        "claim",
        _("Nhận thụ lý"),
        _("Ông/bà đang thụ lý hồ sơ này."),
        lambda dossier, by, now, said: hand_overs.claim(dossier=dossier, by=by, now=now),
        _hands_over,
        lambda user, dossier, under_way: (
            _is_at_rest(dossier, under_way)
            and dossier.holder_id is None
            and hand_overs.may_claim(user, dossier)
        ),
    ),
    Action(
        "assign",
        _("Phân công"),
        _("Đã phân công người thụ lý."),
        lambda dossier, by, now, said: hand_overs.assign(
            dossier=dossier, to_user=said["person"], by=by, now=now
        ),
        _distributes,
        lambda user, dossier, under_way: (
            _is_at_rest(dossier, under_way) and has_in_hand(user, Right.ASSIGN, dossier)
        ),
        AssignForm,
        takes_away=True,
    ),
    _move(
        "ask_supplement",
        _("Đã yêu cầu bổ sung giấy tờ. Thời hạn tạm dừng."),
        SupplementForm,
        lambda dossier, by, now, said: supplements.ask_supplement(
            dossier=dossier, documents=said["documents"], reason=said["reason"], by=by, now=now
        ),
    ),
    _move(
        "ask_fee",
        _("Đã yêu cầu nộp phí, lệ phí. Thời hạn tạm dừng."),
        FeeForm,
        lambda dossier, by, now, said: fees.ask_fee(
            dossier=dossier, amount=said["amount"], reason=said["reason"], by=by, now=now
        ),
    ),
    Action(
        "decline",
        _("Trả lại bên giao"),
        _("Đã trả lại bên giao."),
        lambda dossier, by, now, said: hand_overs.decline(
            dossier=dossier, reason=said["reason"], by=by, now=now
        ),
        _receives,
        _waits_for,
        DeclineForm,
    ),
    Action(
        "take_back",
        _("Thu hồi bàn giao"),
        _("Đã thu hồi lượt bàn giao."),
        lambda dossier, by, now, said: hand_overs.take_back(dossier=dossier, by=by, now=now),
        _hands_over,
        lambda user, dossier, under_way: (
            under_way is not None and hand_overs.may_take_back(user, dossier, under_way)
        ),
    ),
    Action(
        "release",
        _("Thôi thụ lý"),
        _("Hồ sơ không còn người thụ lý; người khác trong bộ phận có thể nhận."),
        lambda dossier, by, now, said: hand_overs.release(dossier=dossier, by=by, now=now),
        _receives,
        lambda user, dossier, under_way: (
            _is_at_rest(dossier, under_way)
            and dossier.holder_id is not None
            and (dossier.holder_id == user.pk or has_in_hand(user, Right.ASSIGN, dossier))
        ),
        takes_away=True,
    ),
    Action(
        "extend",
        _("Xin lỗi, hẹn lại"),
        _("Đã hẹn lại ngày trả kết quả. Mỗi hồ sơ chỉ được hẹn lại một lần."),
        lambda dossier, by, now, said: extend(
            dossier=dossier, new_due_at=said["new_due_at"], reason=said["reason"], by=by, now=now
        ),
        lambda user, dossier: may_do(user, Right.EXTEND, dossier),
        lambda user, dossier, under_way: may_do(user, Right.EXTEND, dossier) and may_be_extended(dossier),
        ExtendForm,
        is_final=True,
    ),
    _move("reopen", _("Hồ sơ được giải quyết lại."), ReasonForm),
    _move("refuse", _("Đã từ chối tiếp nhận hồ sơ."), ReasonForm, is_final=True),
    _move("withdraw", _("Đã rút hồ sơ."), ReasonForm, is_final=True),
    _move("stop", _("Đã dừng giải quyết hồ sơ."), ReasonForm, is_final=True),
)
ACTIONS: Final[dict[str, Action]] = {action.code: action for action in _ALL}


def open_to(user: User, dossier: Dossier, under_way: HandOver | None) -> list[Action]:
    """Return what somebody may do now with a dossier, the likeliest first.

    Args:
        user: the official.
        dossier: as it stands.
        under_way: the hand-over that waits for another side, if any.
    """
    return [action for action in _ALL if action.is_open(user, dossier, under_way)]


def waits_for_identity(user: User, dossier: Dossier) -> list[Action]:
    """Return what somebody could do with a dossier if its applicant's identity were settled."""
    if not dossier.is_decision_barred:
        return []
    moves = [states.MOVES[action.code] for action in _ALL if action.is_move]
    barred = {move.name for move in moves if move.is_decision and dossier.status in move.origins}
    return [action for action in _ALL if action.code in barred and action.is_theirs(user, dossier)]


def was_just_done(action: Action, dossier: Dossier, by: User) -> bool:
    """Say whether the last step of a dossier is this very one, at the same hand: a button that was pressed twice."""
    if action.code == "extend":
        return hasattr(dossier, "extension") and dossier.extension.made_by_id == by.pk
    last = dossier.steps.last() if action.is_move else None
    return last is not None and last.move == action.code and last.actor_id == by.pk


def mark_of(dossier: Dossier) -> str:
    """Return what tells a page that shows a dossier as it is from one that shows it as it was."""
    return f"{_state_of(dossier)}-{dossier.holder_id or 0}"


def is_outdated(action: Action, mark: str, fresh: Dossier, *, to_user: User | None = None) -> bool:
    """Say whether a page showed another dossier than the one with which something is now done, as far as that matters.

    Args:
        action: what is done.
        mark: of the page; empty where it had none.
        fresh: the dossier as it is.
        to_user: who shall hold it afterwards; from them nothing is taken away.
    """
    state, _dash, holder = mark.rpartition("-")
    known = {None, to_user.pk if to_user else None, number_in(holder) or 0}
    return bool(mark) and (
        (action.is_move and state != _state_of(fresh)) or (action.takes_away and fresh.holder_id not in known)
    )


def _state_of(dossier: Dossier) -> str:
    return f"{dossier.status}-{dossier.saved_at.timestamp():.6f}"
