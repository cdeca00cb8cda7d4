"""What was received "xác thực sau" before there were tickets gets one each."""

from django.db import migrations


def give_tickets(apps, schema_editor):
    Dossier, Recheck = apps.get_model("dossiers", "Dossier"), apps.get_model("dossiers", "Recheck")
    waiting = Dossier.objects.filter(by_hand_reason="unanswered")
    waiting.update(is_decision_barred=True)
    askable = waiting.exclude(applicant_number_digest="").exclude(applicant_birth="")
    Recheck.objects.bulk_create(
        (
            Recheck(
                dossier_id=dossier.pk,
                officer_id=dossier.received_by_id,
                queued_at=dossier.received_at,
                not_before=dossier.received_at,
            )
            for dossier in askable.only("received_at", "received_by").iterator()
        ),
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("dossiers", "0002_recheck"),
    ]

    operations = [
        migrations.RunPython(give_tickets, migrations.RunPython.noop),
    ]
