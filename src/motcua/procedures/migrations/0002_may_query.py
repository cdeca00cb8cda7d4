"""Procedures for which the register may be asked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("procedures", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="procedure",
            name="may_query",
            field=models.BooleanField(
                default=True,
                help_text="Bỏ dấu thì không câu hỏi nào được gửi cho thủ tục này.",
                verbose_name="Được khai thác CSDLQG về dân cư",
            ),
        ),
    ]
