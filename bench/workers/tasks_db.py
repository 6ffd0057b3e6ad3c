"""A task of django.tasks that does nothing."""

from owed.django_tasks import task


@task()
def nothing(n: int) -> None:
    pass
