from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0014_log_ins_of_officials'),
    ]

    operations = [
        migrations.AddField(
            model_name='failedlogin',
            name='address_digest',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
        migrations.AddIndex(
            model_name='failedlogin',
            index=models.Index(fields=['address_digest', 'at'], name='failed_login_address'),
        ),
    ]
