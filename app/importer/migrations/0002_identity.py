import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce


def take_keys_from_posts(apps, schema_editor):
    """Until now the key of a post was its `source`."""
    post = apps.get_model("blog", "Post")
    source = post.objects.filter(pk=OuterRef("post_id")).values("source")[:1]
    apps.get_model("importer", "Origin").objects.update(key=Coalesce(Subquery(source), models.Value("")))


class Migration(migrations.Migration):

    dependencies = [
        ('blog', '0001_initial'),
        ('importer', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='origin',
            name='key',
            field=models.CharField(blank=True, db_index=True, default='', max_length=300),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='origin',
            name='identities',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='origin',
            name='fingerprint',
            field=models.CharField(blank=True, default='', max_length=64),
            preserve_default=False,
        ),
        migrations.CreateModel(
            name='ImportedComment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=100)),
                ('comment', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='imported', to='blog.comment')),
                ('origin', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='comments', to='importer.origin')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('origin', 'key'), name='imported_comment_once')],
            },
        ),
        migrations.RunPython(take_keys_from_posts, migrations.RunPython.noop, elidable=True),
    ]
