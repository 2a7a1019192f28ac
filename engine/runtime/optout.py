"""Leaves to Twilio what is Twilio's to answer: STOP, HELP and START.

Twilio, "Support for opt-out keywords (SMS STOP filtering)" and "Advanced Opt-Out": Twilio replies to these words by itself, and
sends nothing more to whoever wrote STOP (error 21610). The messages still come to the webhook, with `OptOutType` where a
messaging service has Advanced Opt-Out.
"""

from engine.grammar.optout import opts_out
from engine.runtime.request import Request


def left_to_twilio(request: Request) -> str:
    """STOP, HELP or START if Twilio answers this message by itself; "" if the flow does.

    Without `OptOutType` the words are Twilio's between numbers of phones only: no other channel has them of itself.
    """
    said = request.params.get("OptOutType", "").upper()
    if said in ("STOP", "HELP", "START"):
        return said
    return "" if ":" in request.params.get("From", "") else opts_out(request.params.get("Body", ""))
