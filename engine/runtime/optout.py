"""Knows the words by which people are left alone, or ask who writes: STOP, HELP and START are Twilio's to answer.

Twilio, "Support for opt-out keywords (SMS STOP filtering)", "Advanced Opt-Out": Twilio replies to these words by itself, and
sends nothing more to whoever wrote STOP (error 21610). They still come to the webhook, with `OptOutType` where a messaging
service has Advanced Opt-Out. A word counts alone: "please stop" is none.
"""

from engine.runtime.turn import Turn

STOP = frozenset(("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"))
HELP = frozenset(("HELP", "INFO"))
# START, YES and UNSTOP mean something to Twilio only after a STOP; a flow may be begun by one of them, or asked for a YES.


def left_to_twilio(turn: Turn) -> str:
    """STOP, HELP or START if Twilio answers this message by itself; "" if the flow does.

    Without `OptOutType` the words are Twilio's between numbers of phones only: no other channel has them of itself.
    """
    said = turn.params.get("OptOutType", "").upper()
    if said in ("STOP", "HELP", "START"):
        return said
    if ":" in turn.params.get("From", ""):
        return ""
    word = turn.params.get("Body", "").strip().upper()
    return "STOP" if word in STOP else "HELP" if word in HELP else ""
