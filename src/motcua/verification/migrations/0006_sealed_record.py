"""The waiting record is a sealed text like all others."""

import motcua.sealing.fields
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("verification", "0005_proof"),
    ]

    operations = [
        migrations.RenameField("waitingrecord", "sealed", "said"),
        migrations.AlterField(
            "waitingrecord", "said", motcua.sealing.fields.SealedTextField(use="waiting_record")
        ),
    ]
