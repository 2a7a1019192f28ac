"""Knows a status report: Twilio tells what became of a message, a call or a recording, and expects nothing for it.

Twilio, "Track outbound message status"; "TwiML for Programmable Voice", request parameters; "Call resource", StatusCallback;
TwiML <Record>, <Conference>, <Gather>, <Stream> and <Transcription>, their callbacks.
"""

from engine.grammar.vocabulary import VOICE
from engine.runtime.channel import is_fresh, message_status
from engine.runtime.turn import Turn

# A CallStatus after which nothing is played.
ENDED = frozenset(("completed", "busy", "failed", "no-answer", "canceled"))

# Each of these comes with an asynchronous callback only, never with a request for TwiML.
TOLD = (
    "CallbackSource",
    "StatusCallbackEvent",
    "RecordingStatus",
    "TranscriptionStatus",
    "TranscriptionEvent",
    "StreamEvent",
    "UnstableSpeechResult",
)

# With one of these a call that has ended is the answer of a verb: the caller hung up while recording, or after a dial.
ANSWERS = frozenset(name for verb in VOICE.children.values() for name in verb.conduct.answer)


def report_of(turn: Turn) -> str:
    """What a status report tells, as `MessageStatus=delivered`; "" for a turn of a caller, and for addresses of the engine's own.

    Every address that the engine writes carries the version of the flows: what comes back there belongs to its call.
    """
    if not is_fresh(turn):
        return ""
    if status := message_status(turn):
        return f"MessageStatus={status}"
    params = turn.params
    for name in TOLD:
        if params.get(name):
            return f"{name}={params[name]}"
    status = params.get("CallStatus", "")
    # Whoever answered is told beside the call, without a CallStatus, or with its first request.
    if not status and "MachineDetectionDuration" in params:
        return f"AnsweredBy={params.get('AnsweredBy', '')}"
    if status in ENDED and not any(params.get(name) for name in ANSWERS):
        return f"CallStatus={status}"
    return ""
