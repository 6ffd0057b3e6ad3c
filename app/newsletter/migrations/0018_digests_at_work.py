"""What takes long on a large table, without a lock that readers and mailings wait for: indexes, and looking at each row."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('newsletter', '0017_digests'),
    ]

    operations = [
        ValidateConstraint(model_name='delivery', name='newsletter_delivery_state'),
        ValidateConstraint(model_name='subscriber', name='subscriber_frequency_known'),
        AddIndexConcurrently(
            model_name='delivery',
            index=models.Index(condition=models.Q(('digest__isnull', False)), fields=['digest'], name='delivery_digest'),
        ),
        AddIndexConcurrently(
            model_name='delivery',
            index=models.Index(condition=models.Q(('digest__isnull', True), ('state', 'digest')), fields=['subscriber'], include=('send',), name='delivery_waits'),
        ),
        AddIndexConcurrently(
            model_name='subscriber',
            index=models.Index(condition=models.Q(('frequency', 'each'), _negated=True), fields=['time_zone', 'frequency'], name='subscriber_digests'),
        ),
    ]
