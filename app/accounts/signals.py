"""What this room says to others. Sent inside the transaction of the change."""

from django.dispatch import Signal

user_registered = Signal()  # user: User; once for each new account, sender User
