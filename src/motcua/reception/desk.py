"""The state of the reception form between two presses, as the page shows it.

The page holds what was typed and nothing else; what the register said is found again from the claim
(``reception.findings``). So every press can be answered with a part of the page or with the whole of it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.forms import BoundField
from django.http import QueryDict
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from motcua.accounts.models import User
from motcua.accounts.recording import office_code
from motcua.audit.service import record
from motcua.dossiers.models import Dossier, DossierOwner
from motcua.dossiers.service import NotReceived, PressKeyReused, foresee
from motcua.identity.card_qr import CardReading
from motcua.identity.claims import IdentityClaim
from motcua.procedures.models import ProcedureCase, RequiredDocument
from motcua.procedures.service import offered, offered_at
from motcua.reception import open_forms, scan, service
from motcua.reception.findings import Situation, recall
from motcua.reception.forms import (
    OWNER_ORIGINALS,
    ClaimForm,
    OwnerClaimForm,
    OwnerForm,
    RestForm,
    is_number_known,
    optional_of_owner,
)
from motcua.reception.person import OTHER_ANSWER, WORN_OUT, PersonBlock
from motcua.reception.procedure_options import procedure_options
from motcua.verification.service import claim_digest
from motcua.web.requests import number_in

NOT_CHECKED: Final = _(
    "Vui lòng bấm “Kiểm tra danh tính số” trước khi lưu. Nếu người nộp không có số định danh, vui lòng chọn lý do "
    "ở mục “Người nộp không có số định danh”."
)
OWNER_NOT_CHECKED: Final = _(
    "Vui lòng bấm “Kiểm tra danh tính chủ hồ sơ” trước khi lưu. "
    "Nếu chủ hồ sơ chưa có số định danh, vui lòng chọn lý do."
)
OWNER_IS_APPLICANT: Final = _("Chủ hồ sơ chính là người nộp. Vui lòng chọn nộp cho “Bản thân”.")
NOT_FOR_OTHERS: Final = _("Thủ tục này do chủ hồ sơ tự nộp. Vui lòng chọn nộp cho “Bản thân”.")
PROCEDURE_FIRST: Final = _("Vui lòng chọn thủ tục trước: mỗi lần tra cứu phải gắn với một thủ tục.")
HAS_NUMBER: Final = _(
    "Người nộp có số CCCD/CMND: vui lòng bấm “Kiểm tra danh tính số”, hoặc xóa số nếu nhập nhầm."
)
OWNER_HAS_NUMBER: Final = _(
    "Chủ hồ sơ có số thì cần kiểm tra. Vui lòng chọn “Đã có số định danh”, hoặc xóa số."
)
NOTHING_MISSING: Final = _("Vui lòng đánh dấu hoặc nhập ít nhất một giấy tờ cần bổ sung.")
ANOTHER_PRESS: Final = _("Trang này đã lưu một hồ sơ khác. Vui lòng xem lại rồi bấm “Lưu hồ sơ” lần nữa.")
ANOTHER_CASE: Final = _("Trường hợp này không thuộc thủ tục đã chọn. Vui lòng chọn lại.")
OWNER_PREFIX: Final = "owner-"


class Way(StrEnum):
    """What an officer gives a person in place of a reception."""

    GUIDE = "guide"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """One line of the list of documents, with what the officer ticked; ``is_missing`` asks the citizen to add it."""

    document: RequiredDocument
    has_original: bool
    has_copy: bool
    is_missing: bool

    def received(self) -> dict[str, str | int]:
        """Return the line as it is kept with the dossier; what the list asks for in two copies comes in two."""
        return {
            "name": self.document.name,
            "originals": max(self.document.originals, 1) if self.has_original else 0,
            "copies": max(self.document.copies, 1) if self.has_copy else 0,
        }


@dataclass(kw_only=True)
class OwnerBlock(PersonBlock):
    """The part of the form about the person for whom the applicant files."""

    rest_form: OwnerForm
    prefix: str = OWNER_PREFIX

    @property
    def procedure_error(self) -> str | Promise:
        """Return why nobody was asked, where no procedure was chosen."""
        is_pressed = self.claim_form.is_bound and not self.is_saving
        return PROCEDURE_FIRST if is_pressed and self.procedure is None else ""


@dataclass(kw_only=True)
class Desk(PersonBlock):
    """Everything that the reception form shows; as a block of its own, the applicant."""

    claim_form: ClaimForm
    rest_form: RestForm
    press_key: str

    @property
    def form_token(self) -> str:
        """Return what shows that this form was opened here, by this officer."""
        return open_forms.opened(officer=self.officer, press_key=self.press_key, now=self.now)

    @cached_property
    def owner(self) -> OwnerBlock:
        """Return the owner's part, as it was posted and not judged."""
        return _owner_block(self)

    @property
    def may_be_for_other(self) -> bool:
        """Say whether the chosen procedure may be filed for another; as long as none is chosen, nobody knows."""
        return self.procedure is None or self.procedure.may_be_filed_for_others

    @property
    def is_for_other(self) -> bool:
        """Say whether the applicant files for another; a newborn's birth is registered by somebody else."""
        if not self.may_be_for_other:
            return False
        if self.is_procedure_new and not any(self.owner.said(name) for name in ("full_name", "number")):
            return self.is_owner_expected
        return self.data.get("for_other") == "1"

    @property
    def is_owner_expected(self) -> bool:
        """Say whether the procedure is mostly for somebody who has no number yet."""
        return self.procedure is not None and self.procedure.owner_may_lack_number

    @property
    def is_procedure_new(self) -> bool:
        """Say whether the page that was posted did not show what belongs to the chosen procedure."""
        return (
            not self.is_saving
            and self.procedure is not None
            and self.data.get("shown_procedure", "") != str(self.procedure.pk)
        )

    @property
    def is_owner_part_new(self) -> bool:
        """Say whether the owner's part must look otherwise than on the page that was posted; else it is left alone."""
        shown = number_in(self.data.get("shown_procedure", ""))
        before = None if shown is None else offered().get(shown)
        kinds = [
            (True, False) if one is None else (one.may_be_filed_for_others, one.owner_may_lack_number)
            for one in (before, self.procedure)
        ]
        return kinds[0] != kinds[1]

    @cached_property
    def case(self) -> ProcedureCase | None:
        """Return the chosen case of the procedure, None for the general one."""
        return next((case for case in self.cases if str(case.pk) == self.data.get("case")), None)

    @cached_property
    def cases(self) -> list[ProcedureCase]:
        """Return the cases of the chosen procedure."""
        return list(self.procedure.cases.all()) if self.procedure else []

    @property
    def channel(self) -> int:
        """Return how the papers came."""
        is_postal = self.data.get("channel") == str(Dossier.Channel.POSTAL)
        return Dossier.Channel.POSTAL if is_postal else Dossier.Channel.DESK

    @cached_property
    def foreseen(self) -> Dossier | None:
        """Return the terms and the due date that a dossier received now would have."""
        if self.procedure is None or self.officer.office is None:
            return None
        case_key = self.case.pk if self.case else None
        return foresee(
            procedure=self.procedure,
            office=self.officer.office,
            channel=self.channel,
            case_key=case_key,
            now=self.now,
        )

    @property
    def way(self) -> Way | None:
        """Return what the officer gives in place of a reception: asked to be shown, or pressed."""
        return _way(self.data)

    @cached_property
    def documents(self) -> list[DocumentRow]:
        """Return the documents of the chosen procedure and case."""
        if self.procedure is None:
            return []
        originals, copies = set(self.data.getlist("original")), set(self.data.getlist("copy"))
        missing = set(self.data.getlist("missing")) if self.data.get("shown_way") == Way.GUIDE else None
        case_key = self.case.pk if self.case else None
        rows = []
        for document in self.procedure.documents.all():
            if document.case_id not in (None, case_key):
                continue
            key = str(document.pk)
            has_original, has_copy = key in originals, key in copies
            is_lacking = document.is_required and not has_original and not has_copy
            is_missing = is_lacking if missing is None else key in missing
            rows.append(DocumentRow(document, has_original, has_copy, is_missing))
        return rows

    @property
    def asked_to_add(self) -> list[str]:
        """Return the names of the documents that the citizen is asked to add."""
        other = self.data.get("missing_other", "").splitlines()
        listed = [row.document.name for row in self.documents if row.is_missing]
        return listed + [name for line in other if (name := " ".join(line.split()))]

    @property
    def procedure_options(self) -> str:
        """Return the options of the select, the chosen one marked."""
        chosen = str(self.procedure.pk) if self.procedure else self.data.get("procedure", "")
        return procedure_options(officer=self.officer, chosen=chosen, now=self.now)

    @property
    def is_blank(self) -> bool:
        """Say whether this is the form for the next person, where scanning comes first."""
        return not self.data

    @property
    def procedure_error(self) -> str | Promise:
        """Return why nobody was asked, where no procedure was chosen."""
        errors = () if self.is_saving else self.claim_form.errors.get("procedure", ())
        return str(errors[0]) if errors else ""

    @property
    def fields_with_errors(self) -> list[BoundField]:
        """Return the fields of the whole page that are to be mended."""
        forms = (self.claim_form, self.owner.rest_form, self.owner.claim_form, self.rest_form)
        return [field for form in forms for field in form if field.errors]

    @property
    def is_by_hand_open(self) -> bool:
        """Say whether the form for people without a number is unfolded."""
        return self.data.get("by_hand_reason") in service.WITHOUT_NUMBER

    @property
    def is_for_later(self) -> bool:
        """Say whether the person can be received now and asked about later."""
        return self.finding.reason == Dossier.ByHand.UNANSWERED

    @property
    def by_hand_reasons(self) -> list[tuple[str, Any]]:
        """Return the reasons that may be chosen as things stand."""
        fitting = [self.finding.reason] if self.finding.reason else sorted(service.WITHOUT_NUMBER, key=_place)
        return [(reason, Dossier.ByHand(reason).label) for reason in fitting]


def _way(data: QueryDict) -> Way | None:
    asked = data.get("instead") or data.get("other_way")
    return Way(asked) if asked in set(Way) else None


def _place(reason: Dossier.ByHand) -> int:
    return list(Dossier.ByHand).index(reason)


def blank(*, officer: User, now: datetime, procedure_code: str = "") -> Desk:
    """Return the form for the next person; with a procedure chosen, the scan box works at once."""
    desk = _desk(QueryDict(), officer, now)
    if procedure_code:
        desk.procedure = next(
            (one for one in offered_at(officer.office_id).values() if one.code == procedure_code), None
        )
    return desk


def shown_again(*, data: QueryDict, officer: User, now: datetime, is_claim_shown: bool = True) -> Desk:
    """Return the form as it was posted, with what is known about its claims; asks nobody and refuses nothing.

    Args:
        data: what was posted.
        officer: whose form it is.
        now: the moment.
        is_claim_shown: False when only a part without claims is shown again; then nothing is looked up about them.
    """
    form, claim = _read_claim(data)
    desk = _desk(data, officer, now)
    desk.procedure = form.cleaned_data.get("procedure")
    if is_claim_shown:
        _recall(desk, claim)
        _recall_owner(desk)
    return desk


def checked(*, data: QueryDict, officer: User, address: str, now: datetime, is_whole: bool = True) -> Desk:
    """Press "Kiểm tra danh tính số": read the card if one was scanned, warn once, then ask the register.

    Args:
        data: what was posted.
        officer: who asks.
        address: the network address of the desk.
        now: the moment.
        is_whole: whether the whole page is shown, and so the owner too.
    """
    data, card, scan_error = scan.taken(data)
    form, claim = _read_claim(data)
    desk = _desk(data, officer, now, form)
    desk.scan_error = scan_error
    _ask(desk, desk, claim, card, address)
    if is_whole:
        _recall_owner(desk)
    return desk


def owner_checked(
    *, data: QueryDict, officer: User, address: str, now: datetime, is_whole: bool = True
) -> Desk:
    """Press "Kiểm tra danh tính chủ hồ sơ": like ``checked``, about the person for whom the applicant files."""
    data, card, scan_error = scan.taken(data, prefix=OWNER_PREFIX)
    if not data.get("for_other"):
        data = data.copy()
        data["for_other"] = "1"  # who asks about an owner files for one
    form, applicants = _read_claim(data)
    desk = _desk(data, officer, now)
    desk.procedure = form.cleaned_data.get("procedure")
    judged = OwnerClaimForm(data)
    judged.is_valid()
    claim = judged.claim()
    owner = desk.owner = _owner_block(desk, judged)
    owner.scan_error = scan_error
    if not desk.may_be_for_other:
        owner.notice = NOT_FOR_OTHERS
    else:
        _ask(desk, owner, claim, card, address)
    if is_whole:
        _recall(desk, applicants)
    return desk


@dataclass(frozen=True, slots=True)
class Saved:
    """The dossier that a form became; ``is_changed_since`` says that this press would have it otherwise, in vain."""

    dossier: Dossier
    is_changed_since: bool


def saved(*, data: QueryDict, officer: User, now: datetime) -> Saved | Desk:
    """Press "Lưu hồ sơ", or one of the two other ways: return the dossier, or the form with what is to be mended."""
    form, claim = _read_claim(data)
    desk = _desk(data, officer, now, form)
    desk.is_saving = True
    desk.rest_form = RestForm(data, needs_reason=desk.way is not None)
    owners: IdentityClaim | None = None
    if desk.is_for_other:
        judged = OwnerClaimForm(data, optional=optional_of_owner(data))
        judged.is_valid()
        owners = judged.claim() if "number" in judged.cleaned_data else None
        desk.owner = _owner_block(desk, judged, OwnerForm(data, may_lack_number=desk.is_owner_expected))
        desk.owner.is_saving = True
    if desk.procedure is not None and desk.procedure.pk not in offered_at(officer.office_id):
        form.add_error("procedure", form.fields["procedure"].error_messages["invalid_choice"])
    if _is_in_order(desk):
        try:
            return _receive(desk, claim, owners)
        except service.CheckNeeded:
            desk.notice = desk.why_check_is_needed(claim, NOT_CHECKED)
        except service.OwnerCheckNeeded:
            desk.owner.notice = desk.owner.why_check_is_needed(owners, OWNER_NOT_CHECKED)
        except service.OwnerIsApplicant:
            desk.owner.notice = OWNER_IS_APPLICANT
        except service.ReasonDoesNotFit:
            why = desk.why_check_is_needed(claim, NOT_CHECKED)
            desk.notice = why if is_number_known(data) else HAS_NUMBER
        except PressKeyReused:
            desk.notice, desk.press_key = ANOTHER_PRESS, str(uuid.uuid4())
    # A page that showed no answer gets none by saving: its officer is asked to press the check.
    _recall(desk, claim)
    _recall(desk.owner, owners)
    if desk.owner.notice and desk.owner.finding.reason:
        desk.owner.notice = ""
        desk.owner.rest_form.add_error("originals_seen", OWNER_ORIGINALS)
    return desk


def _is_in_order(desk: Desk) -> bool:
    """Judge the whole form, and say whether nothing is to be mended."""
    rest, owner = desk.rest_form, desk.owner
    rest.is_valid()
    if desk.procedure is not None and desk.data.get("case") and desk.case is None:
        rest.add_error("case", ANOTHER_CASE)
    if desk.way is Way.GUIDE and not desk.asked_to_add:
        rest.add_error("missing_other", NOTHING_MISSING)
    if desk.is_for_other:
        owner.rest_form.is_valid()
        number = owner.claim_form.cleaned_data.get("number")
        if number and owner.rest_form.cleaned_data.get("without_number"):
            owner.claim_form.add_error("number", OWNER_HAS_NUMBER)
        elif number and number == desk.claim_form.cleaned_data.get("number"):
            owner.claim_form.add_error("number", OWNER_IS_APPLICANT)
    elif desk.data.get("for_other") == "1":
        desk.claim_form.add_error("procedure", NOT_FOR_OTHERS)
    return not desk.fields_with_errors


def _receive(desk: Desk, claim: IdentityClaim | None, owners: IdentityClaim | None) -> Saved:
    rest, owner = desk.rest_form.cleaned_data, desk.owner
    documents = [row.received() for row in desk.documents if row.has_original or row.has_copy]
    said_owner = None
    if desk.is_for_other:
        said_owner = service.SaidOwner(owner.rest_form.owner(owner.claim_form.cleaned_data), owners)
        documents += owner.rest_form.authority()
    instead = None
    if desk.way is not None:
        asked = desk.asked_to_add if desk.way is Way.GUIDE else []
        instead = NotReceived(rest["instead_reason"], tuple({"name": name, "note": ""} for name in asked))
    assert desk.procedure is not None  # nosec B101 # tells the type checker
    handed = service.Handed(
        officer=desk.officer,
        procedure=desk.procedure,
        claim=claim,
        typed=desk.rest_form.applicant(desk.claim_form.cleaned_data),
        documents=documents + desk.rest_form.other_document(),
        press_key=rest["press_key"],
        now=desk.now,
        owner=said_owner,
        case_key=desk.case.pk if desk.case else None,
        channel=rest["channel"],
        instead=instead,
    )
    if rest["by_hand_reason"]:
        dossier = service.receive_by_hand(handed, reason=rest["by_hand_reason"])
    else:
        dossier = service.receive_verified(handed)
    is_new = dossier.created_at == desk.now
    return Saved(dossier, is_changed_since=not is_new and not service.is_as_said(dossier, handed))


def _recall(block: PersonBlock, claim: IdentityClaim | None) -> None:
    """Show again what is known about a claim whose answer the page showed; asks nobody."""
    if claim is None or block.procedure is None or not block.said("checked"):
        return
    block.finding = recall(claim=claim, procedure=block.procedure, officer=block.officer, now=block.now)
    is_known = block.finding.situation is not Situation.NOT_ASKED
    block.checked = claim_digest(claim) if is_known else ""
    if block.finding.check is not None and block.notice is WORN_OUT:
        block.notice = OTHER_ANSWER


def _recall_owner(desk: Desk) -> None:
    """Show again what is known about the owner as posted."""
    if desk.is_for_other and desk.owner.said("checked"):
        form = OwnerClaimForm(desk.data)
        form.is_valid()
        _recall(desk.owner, form.claim())


def _ask(
    desk: Desk, block: PersonBlock, claim: IdentityClaim | None, card: CardReading | None, address: str
) -> None:
    """Ask about one person of the form, if there is something to ask for a purpose.

    Who asks without an open form of their own is noted, and given one: the next press may ask.
    """
    if block.scan_error or block.procedure is None or claim is None:
        return
    if block.ask(claim, card=card, address=address):
        return
    record(
        name="check.form_missing",
        now=desk.now,
        actor=desk.officer,
        office_code=office_code(desk.officer),
        details={"procedure": block.procedure.code},
    )
    desk.press_key = str(uuid.uuid4())


def _desk(data: QueryDict, officer: User, now: datetime, judged: ClaimForm | None = None) -> Desk:
    """Return the form as it was posted; only its claim may have been judged."""
    typed = {name: data.get(name) for name in (*ClaimForm.base_fields, *RestForm.base_fields) if name in data}
    return Desk(
        claim_form=judged or ClaimForm(initial=typed),
        rest_form=RestForm(initial=typed, needs_reason=_way(data) is not None),
        data=data,
        now=now,
        officer=officer,
        press_key=data.get("press_key") or str(uuid.uuid4()),
        procedure=judged.cleaned_data.get("procedure") if judged else None,
    )


def _owner_block(
    desk: Desk, judged: OwnerClaimForm | None = None, rest: OwnerForm | None = None
) -> OwnerBlock:
    """Return the owner's part as posted, judged as far as it was; a newborn is expected where most owners are."""
    data, names = desk.data, (*OwnerClaimForm.base_fields, *OwnerForm.base_fields)
    typed = {name: data.get(f"{OWNER_PREFIX}{name}") for name in names if f"{OWNER_PREFIX}{name}" in data}
    if desk.is_procedure_new and desk.is_owner_expected and not typed.get("full_name"):
        typed |= {
            "relation": DossierOwner.Relation.PARENT,
            "without_number": DossierOwner.WithoutNumber.NEWBORN,
        }
    return OwnerBlock(
        claim_form=judged or OwnerClaimForm(initial=typed),
        rest_form=rest or OwnerForm(initial=typed),
        data=data,
        now=desk.now,
        officer=desk.officer,
        procedure=desk.procedure,
    )


def _read_claim(data: QueryDict) -> tuple[ClaimForm, IdentityClaim | None]:
    """Read procedure and claim from what was posted."""
    form = ClaimForm(data, optional=() if is_number_known(data) else ("number", "birth_date"))
    form.is_valid()
    return form, form.claim()
