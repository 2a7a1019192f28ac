"""Record: a message of the caller, reported also when they hung up."""

from collections.abc import Callable

from engine.phone.document import Node
from engine.phone.events import Recording
from engine.phone.leg import Course, Gone, Leg
from engine.phone.line import Kept
from engine.phone.tape import PACE
from engine.phone.transport import Pairs, with_params
from engine.phone.verbs.beside import recording_url

KEYS = "1234567890*#"
TRANSCRIBED = 120.0  # seconds until a recording is transcribed (Twilio, TwiML <Record>, transcribe: some minutes)


def record(leg: Leg, node: Node) -> Course:
    """Twilio, TwiML <Record>: the action is requested in any case; what follows in the document is not reached.

    The action comes first, then that the recording is done, then its transcription: both are made of the finished recording.
    """
    leg.answer()
    longest = 120 if node.says("transcribe") else 3600
    recording = Recording(
        max_length=node.number("maxLength", longest),
        finish_on_key=node.get("finishOnKey", KEYS),
        timeout=node.number("timeout", 5),
        beep=node.says("playBeep", True),
    )
    if node.says("transcribe") and recording.max_length > 120:
        leg.warn(13615, f"a recording of up to {recording.max_length} seconds is too long to be transcribed")
    leg.tell(recording)
    sid = leg.sids.next("RE")
    _report(leg, node, sid, "in-progress", 0)()
    began, spoken, ended_by, words = leg.line.tape.now, 0.0, "", ""
    extra: Pairs = ()
    try:
        while True:
            act = yield from leg.ask(recording)
            if act.kind == "press":
                key = next((key for key in act.words if key in recording.finish_on_key), "")
                if key:
                    ended_by = key
                    break
                leg.lose(act, "no key of these ends the recording")
            elif act.kind == "say":
                words = f"{words} {act.words}".strip()
                spoken += act.seconds or max(len(act.words) / PACE, 1.0)
                if not act.held:
                    break
            elif act.kind == "outcome":
                spoken, ended_by, extra = float(act.seconds), act.words, act.extra
                break
            else:
                break
    except Gone as gone:
        seconds = _finish(leg, node, recording, sid, began, spoken, words)
        if gone.side == leg.side:
            leg.part(gone, leg.way(node, _result(leg, sid, seconds, "hangup")))
        raise
    if not ended_by and spoken < recording.max_length:
        leg.line.tape.now += recording.timeout
    seconds = _finish(leg, node, recording, sid, began, spoken, words)
    return leg.way(node, with_params(_result(leg, sid, seconds, ended_by), extra))


def _finish(leg: Leg, node: Node, recording: Recording, sid: str, began: float, spoken: float, words: str) -> int:
    """Reports the recording to whoever is told of it; gives its seconds."""
    seconds = int(min(spoken, recording.max_length))
    leg.line.tape.now = max(leg.line.tape.now, began) + seconds
    if seconds:
        leg.line.keep(Kept(sid, leg.party.sid, seconds, "RecordVerb"))
    leg.line.later(_report(leg, node, sid, "completed" if seconds else "absent", seconds))
    if seconds and node.says("transcribe") and node.get("transcribeCallback"):
        # Twilio, TwiML <Record>, transcribe: only recordings of 2 to 120 seconds. Nothing recorded leaves nothing to transcribe.
        done = 2 <= seconds <= 120
        if not done:
            leg.warn(13617, f"a recording of {seconds} second{'s' if seconds != 1 else ''} is not transcribed")
        transcription, url = leg.sids.next("TR"), leg.address(node.get("transcribeCallback"))
        facts = (
            ("TranscriptionSid", transcription),
            ("TranscriptionText", words if done else ""),
            ("TranscriptionStatus", "completed" if done else "failed"),
            ("TranscriptionUrl", f"{recording_url(leg, sid)}/Transcriptions/{transcription}"),
            ("RecordingSid", sid),
            ("RecordingUrl", recording_url(leg, sid)),
        )
        leg.line.later(lambda: leg.line.callback(url, "POST", (*leg.party.params(), *facts), leg.side), TRANSCRIBED)
    return seconds


def _result(leg: Leg, sid: str, seconds: int, ended_by: str) -> Pairs:
    """Twilio, TwiML <Record>: `Digits` is the key that ended it, or the word hangup; unverified: empty after silence."""
    return (
        ("RecordingUrl", recording_url(leg, sid)),
        ("RecordingSid", sid),
        ("RecordingDuration", str(seconds)),
        ("Digits", ended_by),
    )


def _report(leg: Leg, node: Node, sid: str, status: str, seconds: int) -> Callable[[], None]:
    """Posts what became of a recording (Twilio, TwiML <Record>, recordingStatusCallback: neither From and To nor CallStatus)."""
    url = node.get("recordingStatusCallback")
    if not url or status not in node.get("recordingStatusCallbackEvent", "completed").split():
        return lambda: None
    facts = (
        ("AccountSid", leg.party.account),
        ("CallSid", leg.party.sid),
        ("RecordingSid", sid),
        ("RecordingUrl", recording_url(leg, sid)),
        ("RecordingStatus", status),
        ("RecordingDuration", str(seconds)),
        ("RecordingChannels", "1"),
        ("RecordingSource", "RecordVerb"),
    )
    # The address is one of the document that is played now.
    address, method = leg.address(url), node.get("recordingStatusCallbackMethod", "POST")
    return lambda: leg.line.callback(address, method, facts, leg.side)
