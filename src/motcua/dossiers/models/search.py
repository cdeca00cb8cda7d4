"""How a dossier is found: by the words of a name, or by its code without logging in."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from motcua.dossiers.models.dossier import Dossier


class ApplicantWord(models.Model):
    """One word of the name on a filed dossier, as a keyed digest, so that its office finds it; see ``search``."""

    dossier = models.ForeignKey(Dossier, models.CASCADE, related_name="words", db_index=False)
    digest = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["digest", "-id", "dossier"], name="applicant_word"),
            models.Index(fields=["dossier", "digest"], name="applicant_has_word"),
        ]

    def __str__(self) -> str:
        return str(self.dossier_id)


class TrackTry(models.Model):
    """A try to follow a dossier without logging in that was not right, or is not known to be right yet."""

    what = models.CharField(max_length=64, help_text="Keyed digest of the code, or of the network address")
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["what", "-at"], name="track_try_of"),
            models.Index(fields=["at"], name="track_try_at"),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%H:%M}"
