"""The ledger's models moved from the label `effects` to `owed`: their content types move, and with them what was granted.

Django makes types of the new label, without grants, once all migrations have run; so it is done before.
"""

from django.db import migrations

MODELS = ("effect", "tick", "heartbeat", "unproven")


def move(old, new):
    def run(apps, schema_editor):
        types = apps.get_model("contenttypes", "ContentType").objects.using(schema_editor.connection.alias)
        there = set(types.filter(app_label=new).values_list("model", flat=True))
        for model in MODELS:
            if model not in there:
                types.filter(app_label=old, model=model).update(app_label=new)

    return run


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("owed", "0001_initial"),
    ]

    operations = [migrations.RunPython(move("effects", "owed"), move("owed", "effects"))]
