from django.db import migrations, models


def give_macs(apps, schema_editor):
    """Give the events of before a mac, each of the content that it has now."""
    from motcua.audit import chain
    from motcua.audit.recording import mac

    events = apps.get_model("audit", "AuditEvent").objects
    some = []
    for event in events.order_by("id").iterator(chunk_size=1000):
        event.mac = mac(
            chain.content(
                event.at, event.name, event.actor_id, event.office_code, event.subject, event.details
            )
        )
        some.append(event)
        if len(some) == 1000:
            events.bulk_update(some, ["mac"])
            some = []
    events.bulk_update(some, ["mac"])


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="auditevent",
            name="mac",
            field=models.CharField(
                blank=True, default="", editable=False, max_length=80, verbose_name="Mã xác thực"
            ),
        ),
        migrations.CreateModel(
            name="AuditBatch",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="Số lô")),
                ("previous", models.CharField(max_length=64, verbose_name="Dấu của lô trước")),
                ("root", models.CharField(max_length=64, verbose_name="Gốc cây băm")),
                ("count", models.IntegerField(verbose_name="Số sự kiện")),
                ("ids", models.TextField(blank=True, verbose_name="Số thứ tự các sự kiện")),
                ("reach", models.BigIntegerField(verbose_name="Số thứ tự lớn nhất")),
                ("sealed_at", models.DateTimeField(db_index=True, verbose_name="Niêm phong lúc")),
                ("note", models.TextField(blank=True, verbose_name="Ghi chú khi ghi tiếp")),
                ("key", models.CharField(max_length=16, verbose_name="Dấu của khoá ký")),
                ("head", models.CharField(max_length=64, verbose_name="Dấu của lô")),
                ("signature", models.CharField(max_length=128, verbose_name="Chữ ký")),
                ("leaves", models.BinaryField(editable=False)),
            ],
            options={
                "verbose_name": "Lô niêm phong",
                "verbose_name_plural": "Các lô niêm phong",
                "ordering": ("-number",),
            },
        ),
        migrations.RunPython(give_macs, migrations.RunPython.noop, elidable=True),
    ]
