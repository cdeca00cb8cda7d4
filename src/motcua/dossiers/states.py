"""The one table of how a dossier may move: from where to where, at whose hand, and what people read of it.

The numbers are the national status codes; 0 is ours. Nothing here knows a database: ``steps`` applies the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from motcua.accounts.rights import Right

DRAFT: Final = 0
SUBMITTED: Final = 1
RECEIVED: Final = 2
REFUSED: Final = 3
PROCESSING: Final = 4
SUPPLEMENT: Final = 5
FEE: Final = 6
WITHDRAWN: Final = 7
STOPPED: Final = 8
FINISHED: Final = 9
RETURNED: Final = 10

OPEN: Final = frozenset({SUBMITTED, RECEIVED, PROCESSING, SUPPLEMENT, FEE})
CLOSED: Final = frozenset({REFUSED, WITHDRAWN, STOPPED, RETURNED})
# Only what an office has received gets there; who was sent home for papers at the desk has not been received yet.
AFTER_RECEPTION: Final = frozenset({PROCESSING, FEE, STOPPED, FINISHED, RETURNED})
# What an office has received is not refused any more: a leader may stop it.
BEFORE_RECEPTION: Final = frozenset({REFUSED})
# Nobody takes these steps while the applicant's identity waits for the register or for an officer's look.
DECISIONS: Final = frozenset({STOPPED, FINISHED, RETURNED})


class Clock(StrEnum):
    """What a move does to the time limit."""

    KEEP = "keep"
    START = "start"
    STOP = "stop"
    RESUME = "resume"


class MoveRefused(ValueError):
    """A dossier cannot go from where it is to where it should go, or not at this hand."""


class DecisionBarred(MoveRefused):
    """Nobody decides on a dossier whose applicant's identity is still open."""


@dataclass(frozen=True, slots=True)
class Move:
    """One way of a dossier.

    ``origins``: the statuses from which it leads; None stands for a dossier that does not exist yet. ``right``: what
    an official needs for it; None when only the citizen goes it. ``is_citizens``: whether the citizen whose dossier it
    is may go it. ``slip`` is the statutory form that goes with it.

    What people read of it: ``label`` at the desk, ``entry`` in the citizen's timeline and when anybody follows the
    dossier (None for a draft, which is nobody's business), ``message`` in the citizen's inbox, with ``%(code)s``,
    ``%(procedure)s``, ``%(office)s`` and ``%(due)s``, never with what somebody wrote, which is sealed; None when
    nothing is to be told. ``kind`` is what goes out by e-mail and SMS, of ``messaging.kinds.KINDS``.
    """

    name: str
    label: Promise
    origins: frozenset[int | None]
    target: int
    right: Right | None = None
    is_citizens: bool = False
    needs_reason: bool = False
    clock: Clock = Clock.KEEP
    entry: Promise | None = None
    message: Promise | None = None
    kind: str = ""
    slip: str = ""

    @property
    def is_decision(self) -> bool:
        """Say whether it waits until the applicant's identity is settled."""
        return self.target in DECISIONS


def _from(*origins: int | None) -> frozenset[int | None]:
    return frozenset(origins)


_ALL: Final = (
    Move("draft", _("Bắt đầu soạn"), _from(None), DRAFT, is_citizens=True),
    Move(
        "submit",
        _("Nộp trực tuyến"),
        _from(DRAFT),
        SUBMITTED,
        is_citizens=True,
        entry=_("Đã nộp hồ sơ trực tuyến"),
        message=_("Đã nộp hồ sơ %(code)s: %(procedure)s."),
        kind="filed",
    ),
    Move(
        "receive",
        _("Tiếp nhận tại quầy"),
        _from(None),
        RECEIVED,
        Right.RECEIVE,
        clock=Clock.START,
        entry=_("Hồ sơ được tiếp nhận tại quầy"),
        message=_("%(office)s đã tiếp nhận hồ sơ %(code)s. Hẹn trả kết quả: %(due)s."),
        kind="received",
        slip="01",
    ),
    Move(
        "guide_walk_in",
        _("Hướng dẫn bổ sung tại quầy"),
        _from(None),
        SUPPLEMENT,
        Right.RECEIVE,
        needs_reason=True,
        entry=_("Được hướng dẫn bổ sung giấy tờ tại quầy"),
        message=_("Hồ sơ %(code)s cần bổ sung giấy tờ trước khi được tiếp nhận. Vui lòng xem ở trang hồ sơ."),
        kind="supplement_asked",
        slip="02",
    ),
    Move(
        "refuse_walk_in",
        _("Từ chối tiếp nhận tại quầy"),
        _from(None),
        REFUSED,
        Right.RECEIVE,
        needs_reason=True,
        entry=_("Hồ sơ không được tiếp nhận"),
        message=_("%(office)s không tiếp nhận hồ sơ %(code)s. Vui lòng xem lý do ở trang hồ sơ."),
        kind="refused",
        slip="03",
    ),
    Move(
        "take_up",
        _("Tiếp nhận hồ sơ trực tuyến"),
        _from(SUBMITTED),
        RECEIVED,
        Right.RECEIVE,
        clock=Clock.START,
        entry=_("Hồ sơ được tiếp nhận"),
        message=_("%(office)s đã tiếp nhận hồ sơ %(code)s. Hẹn trả kết quả: %(due)s."),
        kind="received",
        slip="01",
    ),
    Move(
        "refuse",
        _("Từ chối tiếp nhận"),
        _from(SUBMITTED, SUPPLEMENT),
        REFUSED,
        Right.RECEIVE,
        needs_reason=True,
        entry=_("Hồ sơ không được tiếp nhận"),
        message=_("%(office)s không tiếp nhận hồ sơ %(code)s. Vui lòng xem lý do ở trang hồ sơ."),
        kind="refused",
        slip="03",
    ),
    Move(
        "ask_supplement",
        _("Yêu cầu bổ sung giấy tờ"),
        _from(SUBMITTED, RECEIVED, PROCESSING, SUPPLEMENT),
        SUPPLEMENT,
        Right.ASK_SUPPLEMENT,
        needs_reason=True,
        clock=Clock.STOP,
        entry=_("Cơ quan yêu cầu bổ sung giấy tờ"),
        message=_(
            "Hồ sơ %(code)s cần bổ sung giấy tờ. Vui lòng xem danh sách ở trang hồ sơ và nộp bổ sung; thời hạn giải "
            "quyết được tính lại từ khi bổ sung đủ."
        ),
        kind="supplement_asked",
        slip="02",
    ),
    Move(
        "take_supplement",
        _("Tiếp nhận giấy tờ bổ sung"),
        _from(SUPPLEMENT),
        RECEIVED,
        Right.RECEIVE,
        clock=Clock.START,
        entry=_("Cơ quan đã nhận đủ giấy tờ bổ sung; thời hạn tính lại từ đầu"),
        message=_("%(office)s đã nhận đủ giấy tờ bổ sung của hồ sơ %(code)s. Hẹn trả kết quả: %(due)s."),
        kind="supplement_taken",
        slip="01",
    ),
    Move(
        "process",
        _("Bắt đầu giải quyết"),
        _from(RECEIVED),
        PROCESSING,
        Right.PROCESS,
        entry=_("Hồ sơ bắt đầu được giải quyết"),
    ),
    Move(
        "ask_fee",
        _("Yêu cầu nộp phí, lệ phí"),
        _from(RECEIVED, PROCESSING),
        FEE,
        Right.ASK_FEE,
        needs_reason=True,
        clock=Clock.STOP,
        entry=_("Cơ quan yêu cầu nộp phí, lệ phí"),
        message=_("Hồ sơ %(code)s cần nộp phí, lệ phí để được giải quyết tiếp. Vui lòng xem ở trang hồ sơ."),
        kind="fee_asked",
    ),
    Move(
        "take_fee",
        _("Ghi nhận đã thu phí, lệ phí"),
        _from(FEE),
        PROCESSING,
        Right.TAKE_FEE,
        is_citizens=True,  # who pays online; only a bank's answer takes this step (``payments.online``)
        clock=Clock.RESUME,
        entry=_("Đã nộp phí, lệ phí"),
        message=_("Đã nhận phí, lệ phí của hồ sơ %(code)s. Hẹn trả kết quả: %(due)s."),
        kind="fee_taken",
    ),
    Move(
        "waive_fee",
        _("Miễn phí, lệ phí"),
        _from(FEE),
        PROCESSING,
        Right.EXEMPT_FEE,
        clock=Clock.RESUME,
        entry=_("Được miễn phí, lệ phí"),
        message=_("Hồ sơ %(code)s được miễn phí, lệ phí. Hẹn trả kết quả: %(due)s."),
        kind="fee_waived",
    ),
    Move(
        "withdraw",
        _("Rút hồ sơ"),
        _from(SUBMITTED, RECEIVED, PROCESSING, SUPPLEMENT, FEE),
        WITHDRAWN,
        Right.WITHDRAW,
        is_citizens=True,
        needs_reason=True,
        clock=Clock.STOP,
        entry=_("Hồ sơ được rút theo yêu cầu của công dân"),
        message=_("Hồ sơ %(code)s đã được rút theo yêu cầu của ông/bà."),
        kind="withdrawn",
    ),
    Move(
        "stop",
        _("Dừng giải quyết"),
        _from(RECEIVED, PROCESSING, SUPPLEMENT, FEE),
        STOPPED,
        Right.STOP,
        needs_reason=True,
        clock=Clock.STOP,
        entry=_("Cơ quan dừng giải quyết hồ sơ"),
        message=_("Hồ sơ %(code)s đã dừng giải quyết. Vui lòng xem lý do ở trang hồ sơ."),
        kind="stopped",
        slip="05",
    ),
    Move(
        "finish",
        _("Ghi nhận kết quả"),
        _from(RECEIVED, PROCESSING),
        FINISHED,
        Right.FINISH,
        clock=Clock.STOP,
        entry=_("Đã có kết quả"),
        message=_("Hồ sơ %(code)s đã có kết quả. Vui lòng xem cách nhận kết quả ở trang hồ sơ."),
        kind="finished",
    ),
    Move(
        "reopen",
        _("Giải quyết lại"),
        _from(FINISHED),
        PROCESSING,
        Right.FINISH,
        needs_reason=True,
        clock=Clock.RESUME,
        entry=_("Kết quả được xem lại trước khi trả"),
        message=_("Kết quả của hồ sơ %(code)s được xem lại trước khi trả. Vui lòng xem lý do ở trang hồ sơ."),
        kind="reopened",
    ),
    Move(
        "hand_out",
        _("Trả kết quả"),
        _from(FINISHED),
        RETURNED,
        Right.HAND_OUT,
        is_citizens=True,
        entry=_("Đã trả kết quả"),
        message=_("Kết quả của hồ sơ %(code)s đã được trả."),
        kind="handed_out",
    ),
)
MOVES: Final[dict[str, Move]] = {move.name: move for move in _ALL}


def moves_with(slip: str) -> list[str]:
    """Return the names of the moves with which a statutory slip goes; the slip by its number, such as "01"."""
    return [move.name for move in _ALL if move.slip == slip]


def leads_on(move: Move, *, origin: int | None, is_received: bool) -> bool:
    """Say whether a move leads on from a status, for a dossier that an office has received or has not."""
    return origin in move.origins and move.target not in (
        BEFORE_RECEPTION if is_received else AFTER_RECEPTION
    )


def target_of(
    move: Move,
    *,
    origin: int | None,
    is_received: bool = True,
    is_barred: bool = False,
    reason: str = "",
) -> int:
    """Return the status to which a move leads.

    Args:
        move: of the table.
        origin: the present status, None for a dossier that is about to be made.
        is_received: whether an office has ever received it.
        is_barred: whether the applicant's identity still waits for the register or for an officer's look.
        reason: why, as the one who moves it wrote.

    Raises:
        DecisionBarred: it is barred, and the move is a decision.
        MoveRefused: the move does not lead on from there, or its reason is missing.
    """
    if not leads_on(move, origin=origin, is_received=is_received):
        raise MoveRefused(f"no way from {origin} by {move.name}")
    if is_barred and move.is_decision:
        raise DecisionBarred(f"{move.name} waits: the identity is open")
    if move.needs_reason and not reason.strip():
        raise MoveRefused(f"{move.name} needs a reason")
    return move.target
