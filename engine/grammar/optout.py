"""The words by which people are left alone, or ask who writes to them: Twilio answers STOP and HELP by itself.

Twilio, "Support for opt-out keywords (SMS STOP filtering)", and "Advanced Opt-Out", January 2026: a word counts alone,
case and blanks around it aside; "please stop" is none. START, YES and UNSTOP mean something only after a STOP: a flow may
begin with one of them, or ask for a YES.
"""

STOP = frozenset(("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"))
HELP = frozenset(("help", "info"))
START = frozenset(("start", "yes", "unstop"))


def opts_out(text: str) -> str:
    """STOP or HELP if the text is one of their words; "" for anything else."""
    word = text.strip().casefold()
    return "STOP" if word in STOP else "HELP" if word in HELP else ""
