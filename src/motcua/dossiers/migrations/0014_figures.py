from django.db import migrations, models
from django.db.models.functions import Coalesce


class Migration(migrations.Migration):
    dependencies = [("dossiers", "0013_waive_fee")]

    operations = [
        migrations.AddIndex(
            model_name="dossier",
            index=models.Index(
                models.F("office"),
                Coalesce("finished_at", "closed_at"),
                models.F("received_at"),
                name="dossier_ended",
                condition=models.Q(received_at__isnull=False),
            ),
        ),
    ]
