"""What each statutory slip says about a dossier (TT 03/2025/TT-VPCP), read from the rows that prove it.

A slip is about the moment that it names: what was agreed at the reception stands in the dossier and its revision, when
it was received and promised stands in its steps. So it says the same tomorrow, whatever becomes of the procedure.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from motcua.accounts.models import Office
from motcua.dossiers import states
from motcua.dossiers.agreed_terms import case_name
from motcua.dossiers.models import Dossier, Extension, HandOver, owner_in
from motcua.dossiers.papers import came_in
from motcua.dossiers.timeline import last_step_with, reception_of, steps_of
from motcua.identity.verification import MatchedBy
from motcua.slips.codes import bar_code, qr_code
from motcua.verification.models import IdentityCheck
from motcua.web.languages import in_vietnamese
from motcua.web.markup import opened
from motcua.web.templatetags.motcua import birth, moment, money

Facts = dict[str, Any]

TITLES: Final = {
    "01": "Giấy tiếp nhận hồ sơ và hẹn trả kết quả",
    "02": "Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ",
    "03": "Phiếu từ chối tiếp nhận giải quyết hồ sơ",
    "04": "Văn bản xin lỗi và đề nghị gia hạn",
    "05": "Thông báo dừng giải quyết hồ sơ",
    "06": "Phiếu kiểm soát quá trình giải quyết hồ sơ",
    "07": "Sổ theo dõi hồ sơ",
}
# What a reader of one dossier's slip needs beside the dossier's own row.
NEIGHBORS: Final = (
    *("procedure", "office__parent", "revision", "identity_check", "received_by"),
    *("owner__identity_check", "citizen", "extension__made_by", "result"),
)
_SEXES: Final = {"male": "Nam", "female": "Nữ"}
_NO_MARKS: Final = dict.fromkeys(("name", "birth", "number", "sex", "address"), False)


class NoSuchSlip(LookupError):
    """The dossier has no slip of this number (yet)."""


@in_vietnamese()
def facts_of(slip: str, dossier: Dossier, *, now: datetime, base_url: str) -> Facts:
    """Return what a slip of one dossier says.

    Args:
        slip: "01" to "06".
        dossier: with its ``NEIGHBORS``.
        now: the moment at which it is made.
        base_url: how the portal is reached from outside, such as ``https://dichvucong.example``.

    Raises:
        NoSuchSlip: what the slip would tell has not happened, or the number is none of these.
    """
    if slip not in _OWN or dossier.is_draft or not dossier.code:
        raise NoSuchSlip(slip)
    own = _OWN[slip](dossier)
    common = {
        **head_of(dossier.office, slip=slip, subject=dossier.code, now=own.pop("made_at", None) or now),
        **_drawings(dossier, base_url),
        **_identity(dossier),
        "code": dossier.code,
        "filer": _filer(dossier),
        "owner": _owner(dossier),
        "procedure": _procedure(dossier),
        "case": case_name(dossier),
        "channel": str(dossier.get_channel_display()),
        "phone": dossier.office.phone,
    }
    return common | own


@in_vietnamese()
def head_of(office: Office, *, slip: str, subject: str, now: datetime, title: str = "") -> Facts:
    """Return what stands at the head of every slip of an office; the title left out is that of the slip's number."""
    day = timezone.localdate(now)
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    dated = f"ngày {day.day:02} tháng {month} năm {day.year}"
    return {
        "form": slip,
        "title": title or TITLES[slip],
        "subject": subject,
        "office": office.name,
        # Written in capitals here, before it is seen to that the fonts have every letter.
        "office_head": office.name.upper(),
        "unit_head": office.parent.name.upper() if office.parent else "",
        "dated": f"{office.place}, {dated}" if office.place else dated.capitalize(),
    }


def _reception(dossier: Dossier) -> Facts:
    """Mẫu 01: what was received, and when the result is promised."""
    reception = reception_of(dossier)
    if reception is None:
        raise NoSuchSlip("01")
    return {
        "made_at": reception.at,
        "received": _at(reception.at),
        "due": _at(reception.due_at) if reception.due_at else _("theo quy định của thủ tục"),
        "term": dossier.term or _("theo quy định của thủ tục"),
        "fee": _fee(dossier),
        "documents": _documents(dossier, until=reception.at),
        "collecting": _collecting(dossier),
        "officer": opened(reception.by_name),
    }


def _supplement(dossier: Dossier) -> Facts:
    """Mẫu 02: the last request for papers."""
    asked = dossier.supplements.select_related("asked_by").last()
    if asked is None:
        raise NoSuchSlip("02")
    return {
        "made_at": asked.asked_at,
        "documents": [
            {"name": str(one.get("name", "")), "note": str(one.get("note", ""))} for one in asked.documents
        ],
        "reason": opened(asked.reason),
        "officer": opened(asked.asked_by.full_name),
    }


def _refusal(dossier: Dossier) -> Facts:
    """Mẫu 03: why the dossier is not received."""
    step = last_step_with(dossier, "03")
    if step is None:
        raise NoSuchSlip("03")
    return {
        "made_at": step.at,
        "submitted": moment(dossier.submitted_at),
        "reason": opened(step.reason),
        "officer": opened(step.actor_name),
    }


def _extension(dossier: Dossier) -> Facts:
    """Mẫu 04: the one apology, and the new date."""
    extension = getattr(dossier, "extension", None)
    if extension is None:
        raise NoSuchSlip("04")
    return {
        "made_at": extension.made_at,
        "received": _at(dossier.received_at),
        "old_due": _at(extension.old_due_at),
        "new_due": _at(extension.new_due_at),
        "reason": opened(extension.reason),
        "officer": opened(extension.made_by.full_name),
    }


def _stop(dossier: Dossier) -> Facts:
    """Mẫu 05: why the office goes no further."""
    step = last_step_with(dossier, "05")
    if step is None:
        raise NoSuchSlip("05")
    return {
        "made_at": step.at,
        "received": _at(dossier.received_at),
        "stopped": _at(step.at),
        "reason": opened(step.reason),
        "officer": opened(step.actor_name),
    }


def _control(dossier: Dossier) -> Facts:
    """Mẫu 06: through whose hands the dossier went, and whether in time."""
    if not dossier.is_received:
        raise NoSuchSlip("06")
    neighbors = ("from_office", "from_user", "to_office", "to_user", "accepted_by", "declined_by")
    hand_overs = [_hand_over(one) for one in dossier.hand_overs.select_related(*neighbors)]
    steps = [_step(one) for one in steps_of(dossier)]
    extension = getattr(dossier, "extension", None)
    apologies = [_apology(extension)] if extension is not None else []
    rows = sorted([*hand_overs, *steps, *apologies], key=lambda row: row["sorted_by"])
    return {
        "received": _at(dossier.received_at),
        "due": _at(dossier.due_at) if dossier.due_at else _("theo quy định của thủ tục"),
        "documents": _documents(dossier),
        "rows": [{name: said for name, said in row.items() if name != "sorted_by"} for row in rows],
        "result": f"{dossier.get_status_display()}. {_timeliness(dossier.finished_at, dossier.due_at)}".rstrip(
            ". "
        ),
    }


_OWN: Final[dict[str, Callable[[Dossier], Facts]]] = {
    "01": _reception,
    "02": _supplement,
    "03": _refusal,
    "04": _extension,
    "05": _stop,
    "06": _control,
}


def _step(step: Any) -> Facts:
    place, who = step.actor_office, opened(step.actor_name)
    return {
        "sorted_by": (step.at, 0, step.pk),
        "at": moment(step.at),
        "giver": f"{who}, {place}" if place else who,
        "taker": str(step.get_move_display()),
        # Of the result alone: who fetches it late makes no office late, and what ended without one kept no term.
        "result": _timeliness(step.at, step.due_at) if step.target == states.FINISHED else "",
        "note": opened(step.reason),
    }


def _apology(extension: Extension) -> Facts:
    return {
        "sorted_by": (extension.made_at, 2, 0),
        "at": moment(extension.made_at),
        "giver": opened(extension.made_by.full_name),
        "taker": _("hẹn lại từ %(old)s đến %(new)s")
        % {"old": moment(extension.old_due_at), "new": moment(extension.new_due_at)},
        "result": "",
        "note": opened(extension.reason),
    }


def _hand_over(one: HandOver) -> Facts:
    taker = one.accepted_by or one.to_user
    said = [f"{opened(taker.full_name)}, {one.to_office.name}" if taker else one.to_office.name]
    if one.accepted_at:
        said.append(_("nhận %(at)s") % {"at": moment(one.accepted_at)})
    elif one.declined_at:
        # Without a reason the receiver did nothing: the giver took it back, or the dossier ended.
        words = _("trả lại %(at)s") if one.decline_reason else _("thu hồi hoặc kết thúc %(at)s")
        said.append(words % {"at": moment(one.declined_at)})
    else:
        said.append(_("chưa nhận"))
    return {
        "sorted_by": (one.given_at, 1, one.pk),
        "at": moment(one.given_at),
        "giver": f"{opened(one.from_user.full_name)}, {one.from_office.name}",
        "taker": ", ".join(said),
        "result": "",
        "note": " ".join(filter(None, (opened(one.note), opened(one.decline_reason)))),
    }


def _timeliness(at: datetime | None, due: datetime | None) -> str:
    """Say whether something came sooner than promised, on its day, or late; nothing where nothing was promised."""
    if at is None or due is None:
        return ""
    if at > due:
        return _("Trễ hạn")
    return _("Đúng hạn") if timezone.localdate(at) == timezone.localdate(due) else _("Trước hạn")


def _drawings(dossier: Dossier, base_url: str) -> Facts:
    tracking, check = base_url + reverse("track"), dossier.identity_check
    bars, width = bar_code(str(dossier.code))
    proof = check.code if check is not None and check.outcome else ""
    return {
        "tracking": tracking,
        "tracking_svg": qr_code(f"{tracking}?{urlencode({'ma': dossier.code})}"),
        "bars_svg": bars,
        "bars": width,
        "proof": proof,
        "proof_svg": qr_code(f"{base_url}{reverse('verify')}?{urlencode({'ma': proof})}") if proof else "",
    }


def _identity(dossier: Dossier) -> Facts:
    is_verified = dossier.is_identity_verified
    check = dossier.identity_check
    return {
        "is_verified": is_verified,
        "verified_at": moment(check.answered_at) if is_verified and check is not None else "",
        "by_hand": dossier.by_hand_words,
        "is_extracted": _is_filer_extracted(dossier) or _is_owner_extracted(dossier),
    }


def _is_filled(check: IdentityCheck | None) -> bool:
    """Say whether a check filled the desk's form: a yes, asked at the reception, with a record."""
    return (
        check is not None
        and check.is_verified
        and check.touch_point == IdentityCheck.TouchPoint.RECEPTION
        and check.matched_by != MatchedBy.REGISTER_ALONE
    )


def _is_filer_extracted(dossier: Dossier) -> bool:
    return dossier.is_identity_verified and _is_filled(dossier.identity_check)


def _is_owner_extracted(dossier: Dossier) -> bool:
    owner = owner_in(dossier)
    return owner is not None and not owner.is_by_hand and _is_filled(owner.identity_check)


def _marks(dossier: Dossier, *, is_extracted: bool, has_residence: bool) -> dict[str, bool]:
    """Return which of a person's data are the register's: those that the procedure takes over."""
    if not is_extracted:
        return dict(_NO_MARKS)
    taken = _content(dossier).get("npd_fields") or ()
    return {
        **dict.fromkeys(("name", "birth", "number"), True),
        "sex": "sex" in taken,
        "address": "permanent_residence" in taken and has_residence,
    }


def _filer(dossier: Dossier) -> Facts:
    return {
        "name": opened(dossier.applicant_name),
        "birth": birth(opened(dossier.applicant_birth)),
        "sex": _SEXES.get(dossier.applicant_sex, dossier.applicant_sex),
        "number": dossier.applicant_number_masked,
        "address": opened(dossier.permanent_residence) or opened(dossier.current_residence),
        "phone": dossier.phone,
        "email": dossier.email,
        "marks": _marks(
            dossier,
            is_extracted=_is_filer_extracted(dossier),
            has_residence=bool(dossier.permanent_residence),
        ),
    }


def _owner(dossier: Dossier) -> Facts | None:
    owner = owner_in(dossier)
    if owner is None:
        return None
    return {
        "name": opened(owner.full_name),
        "birth": birth(opened(owner.birth)),
        "number": owner.number_masked or str(owner.get_without_number_display()),
        "address": opened(owner.residence),
        "relation": str(owner.get_relation_display()),
        "marks": _marks(
            dossier, is_extracted=_is_owner_extracted(dossier), has_residence=bool(owner.residence)
        ),
    }


def _content(dossier: Dossier) -> dict[str, Any]:
    return dossier.revision.content if dossier.revision else {}


def _procedure(dossier: Dossier) -> str:
    content = _content(dossier)
    return (
        f"{content.get('name') or dossier.procedure.name} ({content.get('code') or dossier.procedure.code})"
    )


def _fee(dossier: Dossier) -> str:
    if dossier.fee_due is None:
        return ""
    return money(dossier.fee_due) if dossier.fee_due else _("miễn phí")


def _documents(dossier: Dossier, until: datetime | None = None) -> list[Facts]:
    """List what was handed in until a moment, papers and files, and nothing that nobody noted."""
    rows: dict[str, dict[str, int]] = {}
    for one in dossier.received_documents:
        row = rows.setdefault(str(one.get("name", "")), {"originals": 0, "copies": 0, "files": 0})
        row["originals"] += int(one.get("originals") or 0)
        row["copies"] += int(one.get("copies") or 0)
    for paper in came_in(dossier=dossier, until=until):
        row = rows.setdefault(
            paper.document_name or paper.original_name, {"originals": 0, "copies": 0, "files": 0}
        )
        row["files"] += 1
    shown = {
        one["name"] for one in _content(dossier).get("documents") or () if one.get("kind") == "xuất trình"
    }
    return [
        {
            "name": f"{name} ({_('xuất trình')})" if name in shown else name,
            **{kind: str(counts.get(kind) or "") for kind in ("originals", "copies", "files")},
        }
        for name, counts in rows.items()
    ]


def _collecting(dossier: Dossier) -> str:
    how = str(dossier.get_collecting_display())
    if dossier.collecting != Dossier.Collecting.DESK:
        return how
    return ", ".join(filter(None, (how, dossier.office.name, dossier.office.address)))


def _at(value: datetime | None) -> str:
    """Write a moment as forms do: 08 giờ 30 phút, ngày 05/11/2026."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    return f"{local:%H} giờ {local:%M} phút, ngày {local:%d/%m/%Y}"
