"""The tables of this room."""

from app.newsletter.models.bounce import Bounce
from app.newsletter.models.bounce_mailbox import BounceMailbox
from app.newsletter.models.choice import MailingChoice, MailingSettings
from app.newsletter.models.confirmation import Confirmation
from app.newsletter.models.delivery import Delivery
from app.newsletter.models.digest import Digest
from app.newsletter.models.erased import ErasedAddress
from app.newsletter.models.greeting import Greeting
from app.newsletter.models.list_import import ListImport, ListLine
from app.newsletter.models.mail_check import MailCheck
from app.newsletter.models.sample import SampleMail
from app.newsletter.models.segment import Segment
from app.newsletter.models.send import Send
from app.newsletter.models.subscriber import Subscriber

__all__ = [
    "Bounce", "BounceMailbox", "Confirmation", "Delivery", "Digest", "ErasedAddress", "Greeting", "ListImport", "ListLine",
    "MailCheck", "MailingChoice", "MailingSettings", "SampleMail", "Segment", "Send", "Subscriber",
]  # fmt: skip
