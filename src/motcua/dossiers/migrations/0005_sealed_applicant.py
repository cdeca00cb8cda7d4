"""Name, birth date and residences of the applicant are sealed like the number; the office finds the name by digests."""

import django.db.models.deletion
import motcua.sealing.fields
from django.db import migrations, models
from motcua.dossiers.search import word_digests
from motcua.sealing.migrating import seal_columns

SEALED = {
    "applicant_name": ("applicant_name", 100, "Họ và tên"),
    "applicant_birth": ("applicant_birth", 10, "Ngày sinh"),
    "permanent_residence": ("permanent_residence", 400, "Nơi thường trú"),
    "current_residence": ("current_residence", 400, "Nơi ở hiện tại"),
}
BATCH = 1000


def steps():
    """Return the steps by which the clear columns step aside and new ones come."""
    for name, (use, length, label) in SEALED.items():
        yield migrations.RenameField("dossier", name, f"{name}_clear")
        yield migrations.AlterField(
            "dossier", f"{name}_clear", models.CharField(max_length=length, blank=True, default="")
        )
        yield migrations.AddField(
            "dossier",
            name,
            motcua.sealing.fields.SealedTextField(
                blank=True, default="", max_length=length, use=use, verbose_name=label
            ),
            preserve_default=False,
        )


def write_words(apps, schema_editor):
    """Write the words of every filed dossier's name, the oldest first, as they would have been written."""
    Dossier, Word = apps.get_model("dossiers", "Dossier"), apps.get_model("dossiers", "ApplicantWord")
    words = []
    filed = Dossier.objects.exclude(status=0).order_by("saved_at")
    for pk, office, name in filed.values_list("pk", "office_id", "applicant_name_clear").iterator():
        words += [Word(dossier_id=pk, digest=digest) for digest in word_digests(office, name)]
        if len(words) >= BATCH:
            Word.objects.bulk_create(words)
            words = []
    Word.objects.bulk_create(words)


class Migration(migrations.Migration):
    dependencies = [
        ("dossiers", "0004_no_decision_while_barred"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApplicantWord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.BigIntegerField()),
                (
                    "dossier",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="words",
                        to="dossiers.dossier",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["digest", "-id"], name="applicant_word"),
                    models.Index(fields=["dossier", "digest"], name="applicant_has_word"),
                ],
            },
        ),
        *steps(),
        seal_columns("dossiers", "dossier", {f"{name}_clear": name for name in SEALED}),
        migrations.RunPython(write_words, migrations.RunPython.noop),
        *(migrations.RemoveField("dossier", f"{name}_clear") for name in SEALED),
        migrations.RenameField("dossier", "applicant_number_sealed", "applicant_number"),
        migrations.AlterField(
            "dossier",
            "applicant_number",
            motcua.sealing.fields.SealedTextField(
                blank=True, editable=False, null=True, use="applicant_number"
            ),
        ),
    ]
