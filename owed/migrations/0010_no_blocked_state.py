from django.db import migrations, models

STATES = ["ready", "waiting", "running", "held", "paused", "done", "dead", "discarded"]


class Migration(migrations.Migration):
    # 0004 allowed a state "blocked", which nothing has ever set: what waits for others is counted by a set (0009).
    dependencies = [("owed", "0009_sets_and_priority")]

    operations = [
        migrations.RemoveConstraint(model_name="effect", name="effect_state_known"),
        migrations.RemoveConstraint(model_name="effect", name="effect_finished_when_over"),
        migrations.AlterField(
            model_name="effect",
            name="state",
            field=models.CharField(
                choices=[(state, state.capitalize()) for state in STATES], default="ready", max_length=10
            ),
        ),
        migrations.AddConstraint(
            model_name="effect",
            constraint=models.CheckConstraint(condition=models.Q(state__in=STATES), name="effect_state_known"),
        ),
        migrations.AddConstraint(
            model_name="effect",
            constraint=models.CheckConstraint(
                condition=models.Q(finished_at__isnull=False, state__in=("done", "dead", "discarded"))
                | models.Q(finished_at=None, state__in=["ready", "waiting", "running", "held", "paused"]),
                name="effect_finished_when_over",
            ),
        ),
    ]
