"""Names, birth dates and addresses are sealed like the numbers; what stood in clear is dropped."""

import motcua.sealing.fields
from django.db import migrations, models
from motcua.sealing.migrating import seal_columns

SEALED = {
    "user": {
        "full_name": ("user_name", 100, {"blank": True, "verbose_name": "Họ và tên"}),
    },
    "citizen": {
        "full_name": ("citizen_name", 100, {"verbose_name": "Họ và tên"}),
        "birth": (
            "citizen_birth",
            10,
            {
                "verbose_name": "Ngày sinh",
                "help_text": "1985-03-07, or 1950 where only the year is known",
            },
        ),
        "address": ("citizen_address", 300, {"blank": True, "verbose_name": "Địa chỉ liên hệ"}),
    },
}


def steps(model, fields):
    """Return the steps for one model: the clear columns step aside, are sealed into new ones, and go."""
    for name, (use, length, options) in fields.items():
        yield migrations.RenameField(model, name, f"{name}_clear")
        yield migrations.AlterField(
            model, f"{name}_clear", models.CharField(max_length=length, blank=True, default="")
        )
        yield migrations.AddField(
            model,
            name,
            motcua.sealing.fields.SealedTextField(default="", max_length=length, use=use, **options),
            preserve_default=False,
        )
    yield seal_columns("accounts", model, {f"{name}_clear": name for name in fields})
    for name in fields:
        yield migrations.RemoveField(model, f"{name}_clear")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_officer_number_digest"),
    ]

    operations = [
        *steps("user", SEALED["user"]),
        *steps("citizen", SEALED["citizen"]),
        migrations.RenameField("user", "officer_number_sealed", "officer_digits"),
        migrations.AlterField(
            "user",
            "officer_digits",
            motcua.sealing.fields.SealedTextField(
                blank=True,
                editable=False,
                help_text="The officer's own personal number (MaCanBo)",
                null=True,
                use="officer_number",
            ),
        ),
        migrations.RenameField("user", "gateway_key_sealed", "gateway_key"),
        migrations.AlterField(
            "user",
            "gateway_key",
            motcua.sealing.fields.SealedTextField(
                blank=True,
                editable=False,
                help_text='The officer\'s own "name:password" at the provincial gateway',
                null=True,
                use="gateway_key",
            ),
        ),
        migrations.RenameField("user", "totp_sealed", "totp_secret"),
        migrations.AlterField(
            "user",
            "totp_secret",
            motcua.sealing.fields.SealedTextField(
                blank=True, editable=False, help_text="Of the second factor", null=True, use="totp"
            ),
        ),
        migrations.RenameField("citizen", "number_sealed", "number_digits"),
        migrations.AlterField(
            "citizen",
            "number_digits",
            motcua.sealing.fields.SealedTextField(editable=False, use="citizen_number"),
        ),
    ]
