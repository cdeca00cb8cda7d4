"""An officer's own number can be recognized in a question without being opened."""

from __future__ import annotations

import logging
from typing import Any

from django.db import migrations, models

from motcua.sealing import BrokenSeal, digest, unseal

_log = logging.getLogger("motcua.accounts")


def keep_digests(apps: Any, schema_editor: Any) -> None:
    """Write the digest of each number that is on file."""
    user_model = apps.get_model("accounts", "User")
    for user in user_model.objects.exclude(officer_number_sealed=None).only("officer_number_sealed"):
        try:
            number = unseal("officer_number", user.officer_number_sealed)
        except BrokenSeal:
            # One number that is lost must not keep a whole installation from starting.
            _log.warning("accounts.officer_number_unreadable user=%s Put it on file anew.", user.pk)
            continue
        user.officer_number_digest = digest("number", number)
        user.save(update_fields=["officer_number_digest"])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_guarded_accounts"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="officer_number_digest",
            field=models.CharField(blank=True, db_index=True, default="", editable=False, max_length=64),
        ),
        migrations.RunPython(keep_digests, migrations.RunPython.noop),
    ]
