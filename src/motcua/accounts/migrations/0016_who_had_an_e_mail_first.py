import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0015_tries_by_address'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='email_since',
            field=models.DateTimeField(blank=True, editable=False, help_text='Of several accounts the first one logs in by an address', null=True),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(django.db.models.functions.text.Upper('email'), name='user_email'),
        ),
    ]
