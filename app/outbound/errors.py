"""How an outgoing request can fail. Two kinds only, and neither text reveals what is behind an address."""


class OutboundFailed(Exception):
    """No usable answer came."""


class Unreachable(OutboundFailed):
    """This address cannot be reached from here."""

    def __init__(self) -> None:
        super().__init__("This address cannot be reached from here.")


class NoReply(OutboundFailed):
    """The request went out and no answer came back: it may have been acted on."""

    def __init__(self) -> None:
        super().__init__("The request went out and no answer came back.")
