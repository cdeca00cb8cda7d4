"""Following a dossier without logging in: wrong tries are counted."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dossiers', '0009_queue'),
    ]

    operations = [
        migrations.CreateModel(
            name='TrackTry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.CharField(help_text='Keyed digest of the code, or of the network address', max_length=64)),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['what', '-at'], name='track_try_of'), models.Index(fields=['at'], name='track_try_at')],
            },
        ),
    ]
