"""The state of the reception form between two presses, as the page shows it.

The page holds what was typed and nothing else; what the register said is found again from the claim
(``reception.service``). So every press can be answered with a part of the page or with the whole of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from django.forms import BoundField
from django.http import QueryDict
from django.utils.functional import Promise, cached_property
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from motcua.accounts.models import User
from motcua.audit.service import record
from motcua.dossiers.models import Dossier
from motcua.dossiers.service import PressKeyReused
from motcua.identity.card_qr import CardReading
from motcua.identity.claims import Contradiction, IdentityClaim, Sex, contradictions
from motcua.identity.verification import BirthMatch
from motcua.procedures.models import Procedure, RequiredDocument
from motcua.procedures.service import Catalogue, offered
from motcua.reception import opening, scan, service
from motcua.reception.findings import Finding, Situation, inquire, recall
from motcua.reception.forms import SEXES, ClaimForm, RestForm, is_number_known
from motcua.verification.service import Light, LineStatus, claim_digest, line_status, press_of

CHANGED: Final = _("Thông tin đã thay đổi sau khi kiểm tra, vui lòng kiểm tra lại.")
WORN_OUT: Final = _(
    "Lần kiểm tra trước không còn dùng được (quá 30 phút, đã dùng cho một hồ sơ, hoặc thủ tục đã đổi). "
    "Vui lòng kiểm tra lại."
)
NOT_CHECKED: Final = _(
    "Vui lòng bấm “Kiểm tra danh tính số” trước khi lưu. Nếu người nộp không có số định danh, vui lòng chọn lý do "
    "ở mục “Người nộp không có số định danh”."
)
HAS_NUMBER: Final = _(
    "Người nộp có số CCCD/CMND: vui lòng bấm “Kiểm tra danh tính số”, hoặc xóa số nếu nhập nhầm."
)
FEW_TRIES: Final = 10
NUMBER_HELP: Final = _("12 số, hoặc 9 số")
BIRTH_HELP: Final = _("hoặc chỉ năm sinh")
ANOTHER_PRESS: Final = _("Trang này đã lưu một hồ sơ khác. Vui lòng xem lại rồi bấm “Lưu hồ sơ” lần nữa.")


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """One line of the list of documents, with what the officer ticked."""

    document: RequiredDocument
    has_original: bool
    has_copy: bool

    def received(self) -> dict[str, str | int]:
        """Return the line as it is kept with the dossier; what the list asks for in two copies comes in two."""
        return {
            "name": self.document.name,
            "originals": max(self.document.originals, 1) if self.has_original else 0,
            "copies": max(self.document.copies, 1) if self.has_copy else 0,
        }


@dataclass
class Desk:
    """Everything that the reception form shows."""

    claim_form: ClaimForm
    rest_form: RestForm
    data: QueryDict
    now: datetime
    officer: User
    press_key: str
    procedure: Procedure | None = None
    finding: Finding = field(default_factory=lambda: Finding(Situation.NOT_ASKED))
    contradictions: Sequence[Contradiction] = ()
    checked: str = ""
    warned: str = ""
    scan_error: str | Promise = ""
    notice: str | Promise = ""
    is_saving: bool = False

    @property
    def form_token(self) -> str:
        """Return what shows that this form was opened here, by this officer."""
        return opening.opened(officer=self.officer, press_key=self.press_key, now=self.now)

    @property
    def tries_left(self) -> int | None:
        """Return how many wrong tries the officer has left, once that is worth a word."""
        left = self.finding.check.tries_left if self.finding.check else None
        return left if left is not None and left <= FEW_TRIES else None

    @property
    def check_key(self) -> str:
        """Return the key of the next press of the check button."""
        return str(uuid.uuid4())

    @cached_property
    def documents(self) -> list[DocumentRow]:
        """Return the documents of the chosen procedure."""
        if self.procedure is None:
            return []
        originals, copies = set(self.data.getlist("original")), set(self.data.getlist("copy"))
        return [
            DocumentRow(document, str(document.pk) in originals, str(document.pk) in copies)
            for document in self.procedure.documents.all()
        ]

    @property
    def procedure_options(self) -> str:
        """Return the options of the select, the chosen one marked."""
        chosen = str(self.procedure.pk) if self.procedure else self.data.get("procedure", "")
        options = _options(offered())
        if not chosen.isdecimal():
            return options
        return mark_safe(options.replace(f'value="{chosen}"', f'value="{chosen}" selected'))  # noqa: S308 (digits)

    @property
    def is_blank(self) -> bool:
        """Say whether this is the form for the next person, where scanning comes first."""
        return not self.data

    @property
    def is_missing_procedure(self) -> bool:
        """Say whether nobody was asked because no procedure was chosen."""
        return not self.is_saving and bool(self.claim_form.errors.get("procedure"))

    @property
    def claim_fields_with_errors(self) -> list[BoundField]:
        """Return the fields that kept the question from being asked."""
        return [] if self.is_saving else [field for field in self.claim_form if field.errors]

    @property
    def fields_with_errors(self) -> list[BoundField]:
        """Return the fields of the whole page that are to be mended."""
        return [field for form in (self.claim_form, self.rest_form) for field in form if field.errors]

    @property
    def birth_help(self) -> Promise:
        """Return how a birth date is typed."""
        return BIRTH_HELP

    @property
    def number_help(self) -> Promise:
        """Return how a number is typed."""
        return NUMBER_HELP

    @property
    def is_year_match(self) -> bool:
        """Say whether only the year of birth could be compared."""
        return self.finding.check is not None and self.finding.check.birth_match == BirthMatch.YEAR

    @property
    def sex_label(self) -> str | Promise:
        """Return the applicant's sex in words."""
        applicant = self.finding.applicant
        return next((label for sex, label in SEXES if applicant and sex == applicant.sex), "—")

    @property
    def is_warning_first(self) -> bool:
        """Say whether the officer is warned before anybody is asked."""
        return bool(self.contradictions) and bool(self.warned)

    @property
    def is_by_hand_open(self) -> bool:
        """Say whether the form for people without a number is unfolded."""
        return self.data.get("by_hand_reason") in service.WITHOUT_NUMBER

    @property
    def is_unanswered(self) -> bool:
        """Say whether the register gave no usable answer about this claim."""
        return self.finding.situation is Situation.UNANSWERED

    @property
    def is_for_later(self) -> bool:
        """Say whether the person can be received now and asked about later."""
        return self.finding.reason == Dossier.ByHand.UNANSWERED

    @property
    def is_line_heard(self) -> bool:
        """Say whether this press tells how the line stands: it asked the register, or shows that nobody answered."""
        return self.is_unanswered or (
            self.finding.check is not None and self.finding.check.asked_at >= self.now
        )

    @cached_property
    def line(self) -> LineStatus:
        """Return how the line stands; a line that just gave this page no answer is not called fine."""
        kept = self.finding.line or line_status(now=self.now)
        return replace(kept, light=Light.SLOW) if self.is_unanswered and kept.is_open else kept

    @property
    def by_hand_reasons(self) -> list[tuple[str, Any]]:
        """Return the reasons that may be chosen as things stand."""
        fitting = [self.finding.reason] if self.finding.reason else sorted(service.WITHOUT_NUMBER, key=_place)
        return [(reason, Dossier.ByHand(reason).label) for reason in fitting]


@lru_cache(maxsize=1)
def _options(catalogue: Catalogue) -> str:
    """Return the options by sector, made once for a reading: forty of them would cost a template dearly."""
    sectors = groupby(catalogue.values(), key=attrgetter("sector"))
    return format_html_join(
        "\n",
        '<optgroup label="{}">{}</optgroup>',
        (
            (
                sector,
                format_html_join(
                    "\n",
                    '<option value="{}">{} ({})</option>',
                    ((one.pk, one.name, one.code) for one in group),
                ),
            )
            for sector, group in sectors
        ),
    )


def _place(reason: Dossier.ByHand) -> int:
    return list(Dossier.ByHand).index(reason)


def blank(*, officer: User, now: datetime, procedure_code: str = "") -> Desk:
    """Return the form for the next person; with a procedure chosen, the scan box works at once."""
    desk = _desk(QueryDict(), officer, now)
    if procedure_code:
        desk.procedure = next((one for one in offered().values() if one.code == procedure_code), None)
    return desk


def shown_again(*, data: QueryDict, officer: User, now: datetime, is_claim_shown: bool = True) -> Desk:
    """Return the form as it was posted, with what is known about its claim; asks nobody and refuses nothing.

    Args:
        data: what was posted.
        officer: whose form it is.
        now: the moment.
        is_claim_shown: False when only the documents are shown again; then nothing is looked up about the claim.
    """
    form, claim = _read_claim(data)
    desk = _desk(data, officer, now)
    desk.procedure = form.cleaned_data.get("procedure")
    if is_claim_shown and claim is not None and desk.procedure is not None:
        desk.finding = recall(claim=claim, procedure=desk.procedure, officer=officer, now=now)
        desk.checked = data.get("checked", "")
    return desk


def checked(*, data: QueryDict, officer: User, address: str, now: datetime) -> Desk:
    """Press "Kiểm tra danh tính số": read the card if one was scanned, warn once, then ask the register.

    A scanned card is not held up by warnings: its digits and its date come from the same hand.
    """
    card, scan_error = scan.read(data.get("scan", ""))
    if card is not None:
        data = scan.filled(data, card)
    elif scan_error:
        data = scan.emptied(data)
    form, claim = _read_claim(data)
    desk = _desk(data, officer, now, form)
    desk.scan_error = scan_error
    if scan_error or desk.procedure is None or claim is None:
        return desk
    desk.contradictions = contradictions(claim, sex=_sex(card, data))
    digest = claim_digest(claim)
    if desk.contradictions and card is None and digest not in (data.get("warned"), data.get("checked")):
        desk.warned = digest
        return desk
    form_key = opening.open_form(
        token=data.get("form_token", ""), officer=officer, press_key=desk.press_key, now=now
    )
    if form_key is None:
        return _with_a_new_form(desk)
    desk.finding = inquire(
        claim=claim,
        procedure=desk.procedure,
        officer=officer,
        address=address,
        form_key=form_key,
        press=press_of(data, name="check_key"),
        now=now,
        is_asked_again=data.get("checked") == digest,
    )
    if desk.finding.situation is not Situation.PRESSED_BEFORE:
        desk.checked = digest
    if desk.finding.is_verified:
        desk.contradictions = ()
    return desk


def _with_a_new_form(desk: Desk) -> Desk:
    """Note that somebody asked without an open form of their own, and open one: the next press may ask."""
    record(
        name="check.form_missing",
        now=desk.now,
        actor=desk.officer,
        office_code=desk.officer.office.code if desk.officer.office else "",
        details={"procedure": desk.procedure.code if desk.procedure else ""},
    )
    desk.finding, desk.press_key = Finding(Situation.FORM_MISSING), str(uuid.uuid4())
    return desk


def saved(*, data: QueryDict, officer: User, now: datetime) -> Dossier | Desk:
    """Press "Lưu hồ sơ": return the received dossier, or the form with what is to be mended."""
    form, claim = _read_claim(data)
    desk = _desk(data, officer, now, form)
    desk.is_saving = True
    desk.rest_form = RestForm(data)
    if desk.rest_form.is_valid() and desk.claim_form.is_valid():
        try:
            return _receive(desk, claim, officer)
        except service.CheckNeeded:
            desk.notice = _why_check_is_needed(data, claim)
        except service.ReasonDoesNotFit:
            desk.notice = HAS_NUMBER if not is_number_known(data) else _why_check_is_needed(data, claim)
        except PressKeyReused:
            desk.notice, desk.press_key = ANOTHER_PRESS, str(uuid.uuid4())
    # A page that showed no answer gets none by saving: its officer is asked to press the check.
    if data.get("checked") and claim is not None and desk.procedure is not None:
        desk.finding = recall(claim=claim, procedure=desk.procedure, officer=officer, now=now)
        desk.checked = claim_digest(claim) if desk.finding.situation is not Situation.NOT_ASKED else ""
    return desk


def _receive(desk: Desk, claim: IdentityClaim | None, officer: User) -> Dossier:
    rest = desk.rest_form.cleaned_data
    common: dict[str, Any] = {
        "officer": officer,
        "procedure": desk.procedure,
        "claim": claim,
        "typed": desk.rest_form.applicant(desk.claim_form.cleaned_data),
        "received_documents": [row.received() for row in desk.documents if row.has_original or row.has_copy],
        "press_key": rest["press_key"],
        "now": desk.now,
    }
    if rest["by_hand_reason"]:
        return service.receive_by_hand(reason=rest["by_hand_reason"], **common)
    return service.receive_verified(**common)


def _why_check_is_needed(data: QueryDict, claim: IdentityClaim | None) -> Promise:
    if not data.get("checked"):
        return NOT_CHECKED
    return WORN_OUT if claim is not None and data["checked"] == claim_digest(claim) else CHANGED


def _desk(data: QueryDict, officer: User, now: datetime, judged: ClaimForm | None = None) -> Desk:
    """Return the form as it was posted; only its claim may have been judged."""
    typed = {name: data.get(name) for name in (*ClaimForm.base_fields, *RestForm.base_fields) if name in data}
    return Desk(
        claim_form=judged or ClaimForm(initial=typed),
        rest_form=RestForm(initial=typed),
        data=data,
        now=now,
        officer=officer,
        press_key=data.get("press_key") or str(uuid.uuid4()),
        procedure=judged.cleaned_data.get("procedure") if judged else None,
    )


def _read_claim(data: QueryDict) -> tuple[ClaimForm, IdentityClaim | None]:
    """Read procedure and claim from what was posted."""
    form = ClaimForm(data, is_number_known=is_number_known(data))
    form.is_valid()
    return form, form.claim()


def _sex(card: CardReading | None, data: QueryDict) -> Sex | None:
    if card is not None:
        return card.sex
    return next((sex for sex in Sex if sex.value == data.get("sex")), None)
