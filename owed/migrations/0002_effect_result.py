from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("owed", "0001_initial")]

    operations = [
        # Null and without a default: PostgreSQL adds it without touching a row, and processes of before insert without it.
        migrations.AddField(model_name="effect", name="result", field=models.JSONField(null=True)),
    ]
