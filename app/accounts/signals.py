"""What this room says to others. Sent inside the transaction of the change."""

from django.dispatch import Signal

user_registered = Signal()  # user: User; once for each new account, sender User
password_renewed = Signal()  # user: User; each time it changes, by the owner or by an operator
address_confirmed = Signal()  # user: User; once, when a person first confirms by a link that an address is theirs
