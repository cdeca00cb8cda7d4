"""Every message belongs to the user of the citizen to whom it was written."""

from django.db import migrations, models


def name_readers(apps, schema_editor):
    Notice, Citizen = apps.get_model("accounts", "Notice"), apps.get_model("accounts", "Citizen")
    owner = Citizen.objects.filter(pk=models.OuterRef("citizen_id")).values("user_id")
    Notice.objects.filter(user=None).update(user_id=models.Subquery(owner))


def name_citizens(apps, schema_editor):
    Notice, Citizen = apps.get_model("accounts", "Notice"), apps.get_model("accounts", "Citizen")
    citizen = Citizen.objects.filter(user_id=models.OuterRef("user_id")).values("pk")
    Notice.objects.filter(citizen=None).update(citizen_id=models.Subquery(citizen))
    Notice.objects.filter(citizen=None).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_notice_user"),
    ]

    operations = [
        migrations.RunPython(name_readers, name_citizens),
    ]
