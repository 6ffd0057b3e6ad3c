"""The model of an address change moves here from notices, renamed; its table, rows and constraints stay as they are."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def move_content_type(apps, schema_editor):
    """Keep the id of the content type: permissions that were granted hang on it. post_migrate would make a second one."""
    types = apps.get_model("contenttypes", "ContentType").objects.using(schema_editor.connection.alias)
    if not types.filter(app_label="members", model="emailchange").exists():
        types.filter(app_label="notices", model="addresschange").update(app_label="members", model="emailchange")


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("notices", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="EmailChange",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("old_email", models.EmailField(blank=True, max_length=254)),
                        ("new_email", models.EmailField(max_length=254)),
                        ("password_mark", models.CharField(editable=False, max_length=64)),
                        ("asked_at", models.DateTimeField(db_index=True)),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="email_changes",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "db_table": "notices_addresschange",
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("closed_at", None)), fields=("user",), name="address_change_open_once"
                            )
                        ],
                    },
                ),
            ],
        ),
        migrations.RunPython(move_content_type, migrations.RunPython.noop, elidable=True),
    ]
