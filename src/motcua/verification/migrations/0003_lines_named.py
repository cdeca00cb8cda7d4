from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("verification", "0002_lines"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="linechoice",
            options={"verbose_name": "Đường truyền CSDLQG", "verbose_name_plural": "Đường truyền CSDLQG"},
        ),
    ]
