"""The register's table, those of the stand-in national portal and of the practice bank."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from npdsandbox.records import COLUMNS, Record, from_row


class Origin(models.TextChoices):
    """Where a row comes from; generated people are replaced by the next `seed`."""

    CAST = "cast", "the cast"
    DEMO = "demo", "examples and troubled numbers"
    GENERATED = "generated", "the generator"


class Citizen(models.Model):
    """One synthetic person; what is only shown, never searched, lies in `details`."""

    personal_number = models.CharField(max_length=12, primary_key=True)
    old_card_number = models.CharField(max_length=9, blank=True)
    full_name = models.CharField(max_length=100)
    birth_date = models.CharField(max_length=10)
    sex = models.CharField(max_length=1)
    is_deceased = models.BooleanField(default=False)
    details = models.TextField()
    origin = models.CharField(max_length=9, choices=Origin.choices)

    objects: ClassVar[models.Manager[Citizen]] = models.Manager()

    class Meta:
        app_label = "npdsandbox"
        indexes = [models.Index(fields=["old_card_number"], name="old_card_number")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(personal_number__startswith="999"),
                name="personal_number_is_synthetic",
            ),
            models.CheckConstraint(
                condition=models.Q(old_card_number="") | models.Q(old_card_number__startswith="999"),
                name="old_card_number_is_synthetic",
            ),
        ]

    def __str__(self) -> str:
        return "synthetic person"

    @classmethod
    def with_number(cls, *, personal_number: str, old_card_number: str) -> list[Record]:
        """Return the records that carry the number asked for; the 12 digits decide when both are there."""
        rows = (
            cls.objects.filter(personal_number=personal_number)
            if personal_number
            else cls.objects.filter(old_card_number=old_card_number)
        )
        # A shared old number has two or three owners, never many.
        return [from_row(row) for row in rows.values_list(*COLUMNS)[:20]]


class PortalMessage(models.Model):
    """One message that a product sent to the national portal, as it arrived; ids grow in the order of arrival."""

    message_id = models.UUIDField(unique=True)
    unit = models.CharField(max_length=35)
    dossier_code = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    service = models.CharField(max_length=30)
    content = models.TextField()
    arrived_at = models.DateTimeField()
    repeats = models.PositiveIntegerField(default=0)
    is_late = models.BooleanField(default=False)

    objects: ClassVar[models.Manager[PortalMessage]] = models.Manager()

    class Meta:
        app_label = "npdsandbox"
        constraints = [
            models.UniqueConstraint(fields=["dossier_code", "number"], name="one_message_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.dossier_code} {self.number}"


class BankOrder(models.Model):
    """What somebody is to pay at the practice bank: a sum and what it is about, never a person."""

    class State(models.TextChoices):
        OPEN = "open", "chờ thanh toán"
        PAID = "paid", "đã thanh toán"
        CANCELLED = "cancelled", "đã hủy"

    id = models.UUIDField(primary_key=True)
    merchant = models.CharField(max_length=60)
    amount = models.PositiveBigIntegerField()
    about = models.CharField(max_length=100)
    back = models.CharField(max_length=500)
    notify = models.CharField(max_length=500)
    until = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    reference = models.CharField(max_length=20)

    objects: ClassVar[models.Manager[BankOrder]] = models.Manager()

    class Meta:
        app_label = "npdsandbox"

    def __str__(self) -> str:
        return str(self.pk)
