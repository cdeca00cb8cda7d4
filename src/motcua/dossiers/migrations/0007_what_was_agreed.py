"""What is filed already keeps what its procedure says today, where it lies, and the steps it has taken."""

from django.db import migrations
from django.db.models import F, OuterRef, Subquery


def fill(apps, schema_editor):
    """Note revision, time limit, fee and holder on every filed dossier, and write down its steps."""
    Dossier, Step = apps.get_model("dossiers", "Dossier"), apps.get_model("dossiers", "Step")
    Revision, Paper = apps.get_model("procedures", "ProcedureRevision"), apps.get_model("dossiers", "Paper")
    Document = apps.get_model("procedures", "RequiredDocument")
    filed = Dossier.objects.exclude(status=0)
    for revision in Revision.objects.filter(number=1):
        for channel, name in ((1, "direct"), (2, "online")):
            filed.filter(procedure=revision.procedure_id, channel=channel).update(
                revision=revision,
                term_limit=revision.content["time_limit"],
                term_unit=revision.content["time_unit"],
                fee_due=revision.content["fees"].get(name),
                term_began_at=F("received_at"),
                holder_office=F("office"),
            )
    steps = []
    wanted = ("pk", "citizen__user", "submitted_at", "received_at", "received_by")
    for pk, citizen, submitted_at, received_at, received_by in filed.order_by("saved_at").values_list(*wanted):
        if submitted_at and citizen:
            steps.append(Step(dossier_id=pk, move="submit", origin=0, target=1, at=submitted_at, actor_id=citizen))
        if received_at:
            move, origin = ("take_up", 1) if submitted_at else ("receive", None)
            steps.append(
                Step(dossier_id=pk, move=move, origin=origin, target=2, at=received_at, actor_id=received_by)
            )
    Step.objects.bulk_create(steps, batch_size=1000)
    name = Document.objects.filter(pk=OuterRef("document")).values("name")[:1]
    Paper.objects.exclude(document=None).update(document_name=Subquery(name))


class Migration(migrations.Migration):
    dependencies = [("dossiers", "0006_whole_life")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
