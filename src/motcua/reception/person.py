"""One person on the reception form, applicant or owner, between two presses: what was claimed, what came back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from django.forms import BoundField
from django.http import QueryDict
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from motcua.accounts.models import User
from motcua.identity.card_qr import CardReading
from motcua.identity.claims import Contradiction, IdentityClaim, Sex, contradictions
from motcua.identity.verification import BirthMatch
from motcua.procedures.models import Procedure
from motcua.reception import open_forms
from motcua.reception.findings import Finding, Situation, inquire
from motcua.reception.forms import SEXES, PersonForm
from motcua.verification.service import Light, LineStatus, claim_digest, line_status, press_of

CHANGED: Final = _("Thông tin đã thay đổi sau khi kiểm tra, vui lòng kiểm tra lại.")
WORN_OUT: Final = _(
    "Lần kiểm tra trước không còn dùng được (quá 30 phút, đã dùng cho một hồ sơ, hoặc đã đổi thủ tục hay cơ quan). "
    "Vui lòng kiểm tra lại."
)
OTHER_ANSWER: Final = _(
    "Chưa lưu: kết quả kiểm tra còn hiệu lực của người này khác với kết quả đã hiện ở trang này. "
    "Vui lòng xem kết quả dưới đây rồi bấm lưu lần nữa."
)
FEW_TRIES: Final = 10


@dataclass(kw_only=True)
class PersonBlock:
    """A person's part of the form; ``prefix`` stands before the names of its fields."""

    number_help = _("12 số, hoặc 9 số")
    birth_help = _("hoặc chỉ năm sinh")

    claim_form: PersonForm
    data: QueryDict
    now: datetime
    officer: User
    procedure: Procedure | None = None
    prefix: str = ""
    finding: Finding = field(default_factory=lambda: Finding(Situation.NOT_ASKED))
    contradictions: Sequence[Contradiction] = ()
    checked: str = ""
    warned: str = ""
    scan_error: str | Promise = ""
    notice: str | Promise = ""
    is_saving: bool = False

    def said(self, name: str) -> str:
        """Return what was posted in one of this person's fields."""
        return self.data.get(f"{self.prefix}{name}", "")

    @property
    def check_key(self) -> str:
        """Return the key of the next press of the check button."""
        return str(uuid.uuid4())

    @property
    def tries_left(self) -> int | None:
        """Return how many wrong tries the officer has left, once that is worth a word."""
        left = self.finding.check.tries_left if self.finding.check else None
        return left if left is not None and left <= FEW_TRIES else None

    @property
    def claim_fields_with_errors(self) -> list[BoundField]:
        """Return the fields that kept the question from being asked."""
        return [] if self.is_saving else [field for field in self.claim_form if field.errors]

    @property
    def is_year_match(self) -> bool:
        """Say whether only the year of birth could be compared."""
        return self.finding.check is not None and self.finding.check.birth_match == BirthMatch.YEAR

    @property
    def sex_label(self) -> str | Promise:
        """Return the person's sex in words."""
        applicant = self.finding.applicant
        return next((label for sex, label in SEXES if applicant and sex == applicant.sex), "—")

    @property
    def is_warning_first(self) -> bool:
        """Say whether the officer is warned before anybody is asked."""
        return bool(self.contradictions) and bool(self.warned)

    @property
    def is_unanswered(self) -> bool:
        """Say whether the register gave no usable answer about this claim."""
        return self.finding.situation is Situation.UNANSWERED

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

    def ask(self, claim: IdentityClaim, *, card: CardReading | None, address: str) -> bool:
        """Warn once of what contradicts itself, then ask the register.

        A scanned card is not held up by warnings: its digits and its date come from the same hand.

        Args:
            claim: what is put to the register.
            card: the card that was scanned, if one was.
            address: the network address of the desk.

        Returns:
            False when no open form of the officer's was shown; then nobody was asked.
        """
        if self.procedure is None:
            raise ValueError("every question belongs to a procedure")
        self.contradictions = contradictions(claim, sex=self._sex(card))
        digest = claim_digest(claim)
        if self.contradictions and card is None and digest not in (self.said("warned"), self.said("checked")):
            self.warned = digest
            return True
        form_key = open_forms.open_form(
            token=self.data.get("form_token", ""),
            officer=self.officer,
            press_key=self.data.get("press_key", ""),
            now=self.now,
        )
        if form_key is None:
            self.finding = Finding(Situation.FORM_MISSING)
            return False
        self.finding = inquire(
            claim=claim,
            procedure=self.procedure,
            officer=self.officer,
            address=address,
            form_key=form_key,
            press=press_of(self.data, name=f"{self.prefix}check_key"),
            now=self.now,
            is_asked_again=self.said("checked") == digest,
        )
        if self.finding.situation is not Situation.PRESSED_BEFORE:
            self.checked = digest
        if self.finding.is_verified:
            self.contradictions = ()
        return True

    def why_check_is_needed(self, claim: IdentityClaim | None, otherwise: Promise) -> Promise:
        """Say why what was saved is not vouched for.

        Args:
            claim: as it was saved.
            otherwise: what to say when the page showed no answer at all.
        """
        if not self.said("checked"):
            return otherwise
        return WORN_OUT if claim is not None and self.said("checked") == claim_digest(claim) else CHANGED

    def _sex(self, card: CardReading | None) -> Sex | None:
        if card is not None:
            return card.sex
        return next((sex for sex in Sex if sex.value == self.said("sex")), None)
