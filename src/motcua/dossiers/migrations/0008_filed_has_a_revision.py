"""Whatever is filed knows under which revision of its procedure."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dossiers", "0007_what_was_agreed")]

    operations = [
        migrations.AddConstraint(
            model_name="dossier",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", 0), ("revision__isnull", False), _connector="OR"),
                name="only_a_draft_has_no_revision",
            ),
        ),
    ]
