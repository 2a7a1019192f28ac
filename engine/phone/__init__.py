"""The other end of the line: reads TwiML as Twilio does, over a transport function."""

from engine.phone.asgi import in_process
from engine.phone.call import PhoneCall
from engine.phone.conversation import Conversation
from engine.phone.course import NotNow
from engine.phone.phone import Phone
from engine.phone.transcript import transcript
from engine.phone.transport import Request, Response, Transport, Unreachable
from engine.phone.web import over_http

__all__ = [
    "Conversation",
    "NotNow",
    "Phone",
    "PhoneCall",
    "Request",
    "Response",
    "Transport",
    "Unreachable",
    "in_process",
    "over_http",
    "transcript",
]
