"""The database itself refuses a decision while the identity is open."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dossiers", "0003_recheck_of_received"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="dossier",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__lte", 2), ("is_decision_barred", False), _connector="OR"),
                name="no_decision_while_barred",
            ),
        ),
        migrations.AddConstraint(
            model_name="dossier",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("by_hand_reason", "unanswered"), _negated=True),
                    ("is_decision_barred", True),
                    _connector="OR",
                ),
                name="unanswered_bars_decisions",
            ),
        ),
    ]
