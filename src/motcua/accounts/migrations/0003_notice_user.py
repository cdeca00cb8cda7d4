"""Messages get a user as reader, be it a citizen or an officer; officers get licences."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="notice",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notices",
                to=settings.AUTH_USER_MODEL,
                verbose_name="Người nhận",
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="link",
            field=models.CharField(
                blank=True,
                help_text="A path of this site, such as /ho-so/",
                max_length=200,
                verbose_name="Trang liên quan",
            ),
        ),
        migrations.AlterField(
            model_name="notice",
            name="citizen",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.citizen",
            ),
        ),
        migrations.AlterField(
            model_name="notice",
            name="read_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="Đọc lúc"),
        ),
        migrations.AddField(
            model_name="user",
            name="gateway_key_sealed",
            field=models.BinaryField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="may_query",
            field=models.BooleanField(
                default=True,
                help_text="Bỏ dấu thì cán bộ này không gửi được câu hỏi nào đến CSDLQG về dân cư.",
                verbose_name="Được khai thác CSDLQG về dân cư",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="npd_officer_code",
            field=models.CharField(
                blank=True,
                help_text="Chỉ điền khi mã này khác số định danh của cán bộ.",
                max_length=40,
                verbose_name="Mã cán bộ trên CSDLQG về dân cư (MaCanBo)",
            ),
        ),
    ]
