"""A fee that nobody pays any more, because the dossier was closed, is cancelled."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dossiers', '0010_citizen'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='fee',
            name='one_open_fee',
        ),
        migrations.AddField(
            model_name='fee',
            name='cancelled_at',
            field=models.DateTimeField(blank=True, help_text='The dossier was closed before the fee was paid', null=True, verbose_name='Hủy lúc'),
        ),
        migrations.AddConstraint(
            model_name='fee',
            constraint=models.UniqueConstraint(condition=models.Q(('cancelled_at', None), ('settled_at', None)), fields=('dossier',), name='one_open_fee'),
        ),
        migrations.AddConstraint(
            model_name='fee',
            constraint=models.CheckConstraint(condition=models.Q(('settled_at', None), ('cancelled_at', None), _connector='OR'), name='fee_is_settled_or_cancelled'),
        ),
    ]
