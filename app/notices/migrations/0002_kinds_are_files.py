"""Kinds of notice are files: a CHECK that lists them would want a migration for each. The address change moved to members."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial"), ("members", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("AddressChange")]),
        migrations.RemoveConstraint(model_name="notice", name="notice_kind_known"),
        migrations.AlterField(model_name="notice", name="kind", field=models.CharField(max_length=40)),
    ]
