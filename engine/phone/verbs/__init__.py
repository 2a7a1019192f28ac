"""How each verb is carried out, by its name in the vocabulary."""

from engine.phone.leg import Verbs
from engine.phone.verbs.dial import dial
from engine.phone.verbs.gather import gather
from engine.phone.verbs.handing import connect, pay, refer
from engine.phone.verbs.plain import hangup, leave, redirect, reject, sms, start, stop
from engine.phone.verbs.queue import enqueue
from engine.phone.verbs.record import record
from engine.phone.verbs.sounds import SOUNDS

VERBS = Verbs(
    at_once={
        **SOUNDS,
        "redirect": redirect,
        "hangup": hangup,
        "reject": reject,
        "leave": leave,
        "start": start,
        "stop": stop,
        "sms": sms,
    },
    waiting={
        "gather": gather,
        "record": record,
        "dial": dial,
        "enqueue": enqueue,
        "connect": connect,
        "refer": refer,
        "pay": pay,
    },
)

__all__ = ["VERBS"]
