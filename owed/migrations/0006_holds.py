from django.db import migrations

# What was held until now is a dead letter that says so. It is owed, and nothing of it was tried for the last time.
HOLD = """
UPDATE effects_effect SET state = 'held', finished_at = NULL, outcome = '', wake_at = '9999-01-01 00:00+00',
    reason = 'held before holds were a state of their own'
WHERE state = 'dead' AND outcome = 'held'
"""
BURY = """
UPDATE effects_effect SET state = 'dead', finished_at = clock_timestamp(), outcome = 'held' WHERE state = 'held'
"""


class Migration(migrations.Migration):
    dependencies = [("owed", "0005_pauses")]

    operations = [migrations.RunSQL(HOLD, BURY)]
