from django.db import migrations
from django.db.models import OuterRef, Subquery


def note_offices(apps, schema_editor):
    """Note for earlier steps where their actors work today: nothing else is known of then, and from now on it stays."""
    Step, User = apps.get_model("dossiers", "Step"), apps.get_model("accounts", "User")
    works_at = User.objects.filter(pk=OuterRef("actor")).values("office")
    Step.objects.filter(office=None, actor__office__isnull=False).update(office=Subquery(works_at))


class Migration(migrations.Migration):
    dependencies = [
        ("dossiers", "0017_where_steps_were_taken"),
    ]

    operations = [
        migrations.RunPython(note_offices, migrations.RunPython.noop),
    ]
