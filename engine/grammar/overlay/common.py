"""The kinds of value that belong to an attribute's name, whichever element has it."""

from collections.abc import Mapping

from engine.grammar.fields import Address, Boolean, Choice, Either, Field, Keys, Phone, Several, Text, Whole

ACTION = Address("action")
CALLBACK = Address("callback")
WHISPER = Address("whisper")
METHOD = Choice(("GET", "POST"))
BOOLEAN = Boolean()
COUNT = Whole(1)
SECONDS = Whole(1, unit="seconds")
AUTO_OR_SECONDS = Either((Choice(("auto",)), SECONDS))
KEY = Keys()
HINTS = Several(Text(100), join=",", most=500)
TRIM = Choice(("trim-silence", "do-not-trim"))
TRACK = Choice(("inbound_track", "outbound_track", "both_tracks"))
RECORDING_EVENTS = Several(Choice(("in-progress", "completed", "absent")))
CALL_EVENTS = Several(Choice(("initiated", "ringing", "answered", "completed")))
RECORD_CALL = Choice(
    (
        "do-not-record",
        "record-from-answer",
        "record-from-ringing",
        "record-from-answer-dual",
        "record-from-ringing-dual",
        "true",
        "false",
    )
)
DIALED = Phone(calls=True)
TEXTED = Phone(texts=True)
TEXTED_FROM = Phone(texts=True, sends=True)
DETECTION = Choice(("Enable", "DetectMessageEnd"))

NORMALIZED = Choice(("auto", "on", "off"))

BY_NAME: Mapping[str, Field] = {
    "action": ACTION,
    "method": METHOD,
    "refer_url": Address("page"),
    "client_notification_url": CALLBACK,
    "status_callback_event": CALL_EVENTS,
    "recording_status_callback_event": RECORDING_EVENTS,
    "recording_track": Choice(("both", "inbound", "outbound")),
    "hints": HINTS,
    "trim": TRIM,
    "loop": Whole(0, unit="times"),
    "profanity_filter": BOOLEAN,
    # Twilio, TwiML <ConversationRelay> and its <Language>
    "tts_provider": Choice(("Google", "Amazon", "ElevenLabs")),
    "transcription_provider": Choice(("Google", "Deepgram")),
    "asr_smart_format": BOOLEAN,
    "tts_text_normalization": NORMALIZED,
    "tts_language_text_normalization": BOOLEAN,
    "machine_detection": DETECTION,
    # Twilio, TwiML <Number>, "Answering machine detection"
    "machine_detection_timeout": Whole(3, 60, "seconds"),
    "machine_detection_speech_threshold": Whole(1000, 6000, "milliseconds"),
    "machine_detection_speech_end_threshold": Whole(500, 5000, "milliseconds"),
    "machine_detection_silence_timeout": Whole(2000, 10000, "milliseconds"),
}

# Attributes whose text is heard, or listened for: catalogues translate them.
WORDS = frozenset(("hints", "alias", "welcome_greeting"))

# A name newer than this overlay is still known by its ending.
BY_ENDING: Mapping[str, Field] = {
    "_callback": CALLBACK,
    "_callback_url": CALLBACK,
    "_method": METHOD,
}
