"""Every procedure that is there gets its first revision: what it says today."""

from django.db import migrations
from django.utils import timezone

SAID = (
    *("code", "name", "official_name", "sector", "agency", "audience", "levels", "kind", "authority"),
    *("receiving_address", "delegate", "partners", "related", "steps", "conditions", "legal_basis"),
    *("time_limit", "time_unit", "times", "time_note", "fees", "fee_note", "service_level", "results"),
    *("decision", "keywords", "npd_fields", "may_be_filed_for_others", "owner_may_lack_number"),
)
OF_A_DOCUMENT = ("name", "kind", "originals", "copies", "is_required", "when", "form")


def publish(apps, schema_editor):
    """Write the revisions; there are no cases yet."""
    Procedure, Revision = apps.get_model("procedures", "Procedure"), apps.get_model("procedures", "ProcedureRevision")
    now, revisions = timezone.now(), []
    for procedure in Procedure.objects.prefetch_related("documents"):
        content = {name: getattr(procedure, name) for name in SAID} | {"cases": []}
        content["documents"] = [
            {"key": document.pk, "case": None, **{name: getattr(document, name) for name in OF_A_DOCUMENT}}
            for document in procedure.documents.order_by("position")
        ]
        revisions.append(
            Revision(procedure=procedure, number=1, name=procedure.name, content=content, made_at=now)
        )
    Revision.objects.bulk_create(revisions)


class Migration(migrations.Migration):
    dependencies = [("procedures", "0003_cases_and_revisions")]

    operations = [migrations.RunPython(publish, migrations.RunPython.noop)]
