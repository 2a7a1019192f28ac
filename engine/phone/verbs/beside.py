"""What runs beside a call from Start to Stop, or to its end: what is reported of streams, recordings and transcriptions."""

import json
import re
from collections.abc import Callable

from engine.phone.document import Node
from engine.phone.events import Did, Heard
from engine.phone.leg import Leg, Running
from engine.phone.line import Kept
from engine.phone.tape import Moment
from engine.phone.transport import Pairs

Report = Callable[[], None]

CONFIDENCE = 0.9  # of words whose sound nobody judges
_SCHEME = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*:")  # RFC 3986, "3.1 Scheme"


def run(leg: Leg, noun: Node) -> None:
    """Begins to report of what a Start starts."""
    reports = {"stream": _stream, "recording": _recording, "transcription": _transcription}
    begin = reports.get(noun.name)
    stopped = begin(leg, noun) if begin else None
    if stopped is not None:
        leg.running.append(Running(noun.name, noun.get("name"), stopped))


def stop(leg: Leg, noun: Node) -> None:
    """Reports of what a Stop stops: that of its name, without one all of its kind (unverified)."""
    name = noun.get("name")
    for one in [one for one in leg.running if one.kind == noun.name and name in ("", one.name)]:
        leg.running.remove(one)
        one.stopped()


def _stream(leg: Leg, noun: Node) -> Report | None:
    """Twilio, TwiML <Stream>, statusCallback: not the standard parameters."""
    url = _absolute(leg, noun, "statusCallback")
    if not url:
        return None
    sid = leg.sids.next("MZ")

    def report(event: str) -> None:
        facts = (
            ("AccountSid", leg.party.account),
            ("CallSid", leg.party.sid),
            ("StreamSid", sid),
            ("StreamName", noun.get("name")),
            ("StreamEvent", event),
            ("Timestamp", leg.line.tape.iso()),
        )
        leg.line.callback(url, noun.get("statusCallbackMethod", "POST"), facts, leg.side)

    report("stream-started")
    return lambda: report("stream-stopped")


def _recording(leg: Leg, noun: Node) -> Report:
    """Twilio, TwiML <Recording>: reported when it is over, where that is asked for."""
    url = noun.get("recordingStatusCallback")
    sid, began, here = leg.sids.next("RE"), leg.line.tape.now, leg.address(url) if url else ""

    def stopped() -> None:
        seconds = int(leg.line.tape.now - began)
        leg.line.keep(Kept(sid, leg.party.sid, seconds, "StartCallRecordingTwiML"))
        facts = (
            ("AccountSid", leg.party.account),
            ("CallSid", leg.party.sid),
            ("RecordingSid", sid),
            ("RecordingUrl", recording_url(leg, sid)),
            ("RecordingStatus", "completed"),
            ("RecordingDuration", str(seconds)),
            ("RecordingChannels", "1" if noun.get("channels") == "mono" else "2"),
            ("RecordingTrack", noun.get("track", "both")),
            ("RecordingSource", "StartCallRecordingTwiML"),
        )
        method = noun.get("recordingStatusCallbackMethod", "POST")
        if here:
            leg.line.later(lambda: leg.line.callback(here, method, facts, leg.side))

    return stopped


def _transcription(leg: Leg, noun: Node) -> Report | None:
    """Twilio, TwiML <Transcription>, statusCallbackUrl: that it began, each utterance, that it ended; always by POST.

    Unverified: what is reported of words that a key cuts short; here all of them, as they come when they begin.
    """
    url = _absolute(leg, noun, "statusCallbackUrl")
    if not url:
        return None
    sid, track, sequence = leg.sids.next("GT"), noun.get("track", "both_tracks"), 0

    def report(event: str, *facts: tuple[str, str]) -> None:
        nonlocal sequence
        sequence += 1
        about: Pairs = (
            ("AccountSid", leg.party.account),
            ("CallSid", leg.party.sid),
            ("TranscriptionSid", sid),
            ("Timestamp", leg.line.tape.iso()),
            ("SequenceId", str(sequence)),
            ("TranscriptionEvent", event),
        )
        leg.line.callback(url, "POST", (*about, *facts), leg.side)

    def hear(moment: Moment) -> None:
        match moment.event:
            case Heard(text=words) if moment.side == leg.side:
                spoken = "outbound_track"
            case Did(act="say", words=words) if moment.side == leg.side:
                spoken = "inbound_track"
            case _:
                return
        if track in (spoken, "both_tracks"):
            told = json.dumps({"transcript": words, "confidence": CONFIDENCE}, ensure_ascii=False)
            language = ("LanguageCode", noun.get("languageCode", "en-US"))
            report("transcription-content", language, ("Track", spoken), ("TranscriptionData", told), ("Final", "true"))

    labels = ((name[:1].upper() + name[1:], noun.get(name)) for name in ("inboundTrackLabel", "outboundTrackLabel"))
    report(
        "transcription-started",
        ("Name", noun.get("name")),
        ("TranscriptionEngine", noun.get("transcriptionEngine", "google")),
        ("Track", track),
        ("LanguageCode", noun.get("languageCode", "en-US")),
        ("PartialResults", noun.get("partialResults", "false")),
        *((name, label) for name, label in labels if label),
    )
    leg.line.tape.listeners.append(hear)

    def stopped() -> None:
        leg.line.tape.listeners.remove(hear)
        report("transcription-stopped")

    return stopped


def _absolute(leg: Leg, noun: Node, attribute: str) -> str:
    """An address that Twilio takes only if it is absolute; "" if there is none (Twilio, TwiML <Stream>, <Transcription>)."""
    url = noun.get(attribute)
    if url and not _SCHEME.match(url):
        leg.warn(11100, f"`{noun.tag}` {attribute}=`{url}`: it must be absolute")
        return ""
    return url


def recording_url(leg: Leg, sid: str) -> str:
    """Where Twilio keeps a recording."""
    return f"{leg.line.api}/2010-04-01/Accounts/{leg.party.account}/Recordings/{sid}"
