"""``motcua delete_old_drafts``: for the daily timer."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from motcua.dossiers import service


class Command(BaseCommand):
    """Delete drafts that nobody has saved for thirty days."""

    help = "Deletes drafts, with their files, that nobody has saved for thirty days. Run it once a day."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        count = service.delete_old_drafts(now=timezone.now())
        self.stdout.write(f"{count} old drafts deleted.")
