"""The person whose dossier it is, where somebody else files it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from motcua.dossiers.models.dossier import Dossier
from motcua.identity.birth import BirthDate
from motcua.identity.claims import IdentityClaim
from motcua.identity.numbers import IdNumber
from motcua.sealing import digest
from motcua.sealing.fields import SealedTextField


class DossierOwner(models.Model):
    """The person whose dossier it is (chủ hồ sơ), where somebody else files it."""

    class Relation(models.TextChoices):
        PARENT = "parent", _("Cha, mẹ nộp cho con")
        GUARDIAN = "guardian", _("Người giám hộ")
        AUTHORIZED = "authorized", _("Người được ủy quyền")
        RELATIVE = "relative", _("Người thân thích")

    class WithoutNumber(models.TextChoices):
        NEWBORN = "newborn", _("Trẻ mới sinh, chưa có số định danh")
        OTHER = "other", _("Chưa có số định danh, lý do khác")

    dossier = models.OneToOneField(Dossier, models.CASCADE, primary_key=True, related_name="owner")
    relation = models.CharField(_("Người nộp là"), max_length=12, choices=Relation.choices)
    full_name = SealedTextField(_("Họ và tên"), use="owner_name", max_length=100, blank=True)
    birth = SealedTextField(_("Ngày sinh"), use="owner_birth", max_length=10, blank=True)
    sex = models.CharField(_("Giới tính"), max_length=10, blank=True)
    number = SealedTextField(use="owner_number", null=True, blank=True, editable=False)  # type: ignore[misc]
    number_digest = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    number_masked = models.CharField(_("Số CCCD/CMND"), max_length=12, blank=True)
    residence = SealedTextField(_("Nơi thường trú"), use="owner_residence", max_length=400, blank=True)
    identity_check = models.ForeignKey(
        "verification.IdentityCheck",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Lần kiểm tra danh tính"),
    )
    without_number = models.CharField(
        _("Vì sao chưa có số"), max_length=10, choices=WithoutNumber.choices, blank=True
    )
    is_by_hand = models.BooleanField(
        _("Đã xem giấy tờ gốc"),
        default=False,
        help_text="At the desk: the register did not confirm the owner, and the officer saw the originals",
    )

    class Meta:
        verbose_name = _("Chủ hồ sơ")
        verbose_name_plural = _("Chủ hồ sơ")
        constraints = [
            models.CheckConstraint(
                name="owner_has_number_or_says_why",
                condition=~models.Q(number_digest="") | ~models.Q(without_number=""),
            ),
        ]

    def __str__(self) -> str:
        return str(self.dossier_id)

    @property
    def claim(self) -> IdentityClaim | None:
        """Return what is claimed of the owner; None without a number, a name or a date of birth."""
        if not (self.number and self.birth and self.full_name):
            return None
        return IdentityClaim(self.full_name, IdNumber(self.number), BirthDate.of_canonical(self.birth))

    def set_number(self, number: IdNumber | None) -> None:
        """Keep the owner's number sealed, findable and masked; None forgets it."""
        self.number = number.digits if number else ""
        self.number_digest = digest("number", number.digits) if number else ""
        self.number_masked = number.masked if number else ""


def owner_in(dossier: Dossier) -> DossierOwner | None:
    """Return the person whose dossier it is, where somebody else files it."""
    return getattr(dossier, "owner", None)
