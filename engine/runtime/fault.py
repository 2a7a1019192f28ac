"""What a step cannot do for a caller."""

from engine.diagnostics.source import Span


class Fault(Exception):
    """Something that a step cannot do for this caller: `message` says what, `span` where."""

    def __init__(self, message: str, span: Span | None) -> None:
        super().__init__(message)
        self.message, self.span = message, span
