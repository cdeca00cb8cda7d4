"""Tickets for later questions, their pace, reminders; and what bars a decision."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_notice_without_citizen"),
        ("dossiers", "0001_initial"),
        ("verification", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Recheck",
            fields=[
                (
                    "dossier",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="recheck",
                        serialize=False,
                        to="dossiers.dossier",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Chờ kiểm tra"),
                            ("settled", "Đã có kết quả"),
                            ("parked", "Cần cán bộ xem"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="Trạng thái",
                    ),
                ),
                ("queued_at", models.DateTimeField(verbose_name="Xếp hàng lúc")),
                (
                    "not_before",
                    models.DateTimeField(
                        help_text="Nobody touches it earlier: a question may be under way until then, or the last one found no answer"
                    ),
                ),
                (
                    "check_id",
                    models.UUIDField(
                        help_text="Of the question that the last claim was going to ask; not always asked",
                        null=True,
                    ),
                ),
                (
                    "repeats_id",
                    models.UUIDField(
                        help_text="Of the question before that one, whose fate is unknown", null=True
                    ),
                ),
                (
                    "tries",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Questions without an answer so far"
                    ),
                ),
                (
                    "unusable",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Answers so far that could not be trusted"
                    ),
                ),
                ("settled_at", models.DateTimeField(null=True, verbose_name="Kết quả lúc")),
            ],
            options={
                "verbose_name": "Lượt kiểm tra lại danh tính",
                "verbose_name_plural": "Lượt kiểm tra lại danh tính",
            },
        ),
        migrations.CreateModel(
            name="RecheckPace",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("next_at", models.DateTimeField()),
                ("gap", models.FloatField(help_text="Seconds to the one after it; wider after an outage")),
            ],
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                (
                    "dossier",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="reminder",
                        serialize=False,
                        to="dossiers.dossier",
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="Tạo lúc")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="Nhắc lúc")),
            ],
            options={
                "verbose_name": "Lời nhắc",
                "verbose_name_plural": "Lời nhắc",
            },
        ),
        migrations.AddField(
            model_name="dossier",
            name="is_decision_barred",
            field=models.BooleanField(
                default=False,
                help_text="The identity waits for the register, or its late answer for an officer's look at the originals",
                verbose_name="Chưa được quyết định",
            ),
        ),
        migrations.AlterField(
            model_name="dossier",
            name="by_hand_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("rejected", "Xác thực thất bại, đã xem giấy tờ gốc"),
                    ("unanswered", "Chưa kiểm tra được, xác thực sau"),
                    ("not_allowed", "Chưa được phép tra cứu"),
                    ("newborn", "Trẻ mới sinh, chưa có số định danh"),
                    ("foreigner", "Người nước ngoài"),
                    ("no_number", "Chưa có số định danh, lý do khác"),
                    ("unusable", "Câu trả lời của CSDLQG về dân cư không dùng được"),
                ],
                max_length=20,
                verbose_name="Lý do chưa xác thực",
            ),
        ),
        migrations.AddField(
            model_name="recheck",
            name="officer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="Người tra cứu",
            ),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("sent_at", None)), fields=["created_at"], name="reminder_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="recheck",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["queued_at", "not_before"],
                name="recheck_queue",
            ),
        ),
    ]
