"""An order that ended unpaid is asked about some more times; one that is paid is not."""

from django.db import migrations, models
from django.db.models import F


def leave_paid(apps, schema_editor):
    """Let no paid order be asked about."""
    apps.get_model("payments", "OnlinePayment").objects.filter(state="paid").update(ask_at=None)


def give_back(apps, schema_editor):
    """Give every order a moment again."""
    apps.get_model("payments", "OnlinePayment").objects.filter(ask_at=None).update(ask_at=F("begun_at"))


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]

    operations = [
        migrations.RemoveIndex(model_name="onlinepayment", name="payment_to_ask"),
        migrations.AlterField(
            model_name="onlinepayment",
            name="ask_at",
            field=models.DateTimeField(
                help_text="The bank is not asked about it earlier; null: not any more", null=True
            ),
        ),
        migrations.RunPython(leave_paid, give_back),
        migrations.AddIndex(
            model_name="onlinepayment",
            index=models.Index(
                condition=models.Q(("ask_at__isnull", False)), fields=["ask_at"], name="payment_to_ask"
            ),
        ),
    ]
