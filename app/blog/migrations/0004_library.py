import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Pictures are kept until a person deletes them.

    `unclaimed_since` is not read any more. The column stays for the web and workers of the release before, which select it,
    and has a default, so that they leave what this release uploads the grace that they know.
    """

    dependencies = [
        ('blog', '0003_guid'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(model_name='media', name='media_unclaimed'),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'ALTER TABLE blog_media ALTER COLUMN unclaimed_since SET DEFAULT now()',
                    'ALTER TABLE blog_media ALTER COLUMN unclaimed_since DROP DEFAULT',
                ),
            ],
            state_operations=[migrations.RemoveField(model_name='media', name='unclaimed_since')],
        ),
        migrations.AddField(
            model_name='media',
            name='deleted_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='media',
            name='deleted_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='media',
            name='name',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
        migrations.AddField(
            model_name='media',
            name='also_uploaded_by',
            field=models.ManyToManyField(blank=True, related_name='shared_media', to=settings.AUTH_USER_MODEL),
        ),
        migrations.CreateModel(
            name='EarlierUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('author_id', models.BigIntegerField()),
                ('until', models.DateTimeField(default=django.utils.timezone.now)),
                ('media', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='earlier_uses', to='blog.media')),
                ('post', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='blog.post')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('media', 'post'), name='earlier_use_once')],
            },
        ),
    ]
