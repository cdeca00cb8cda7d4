from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dossiers", "0014_figures")]

    operations = [
        migrations.RemoveIndex(model_name="applicantword", name="applicant_word"),
        migrations.AddIndex(
            model_name="applicantword",
            index=models.Index(fields=["digest", "-id", "dossier"], name="applicant_word"),
        ),
    ]
