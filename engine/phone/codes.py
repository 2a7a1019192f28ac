"""The numbers Twilio gives to mistakes in TwiML (Twilio, Error and Warning Dictionary)."""

from collections.abc import Mapping

SCHEMA = 12200  # whatever has no number of its own: the offending part is ignored, the rest is carried out

# Of a value that is wrong, by class of the element and name of the attribute in TwiML.
VALUES: Mapping[str, Mapping[str, int]] = {
    "Gather": {
        "finishOnKey": 13310,
        "method": 13312,
        "timeout": 13313,
        "numDigits": 13314,
        "input": 13326,
        "speechTimeout": 13327,
        "maxSpeechTime": 13328,
        "partialResultCallbackMethod": 13329,
        "hints": 13330,
        "language": 13331,
        "bargeIn": 13332,
        "profanityFilter": 13333,
        "speechModel": 13334,
        "actionOnEmptyResult": 13338,
    },
    "Dial": {
        "method": 13210,
        "timeout": 13212,
        "hangupOnStar": 13213,
        "callerId": 13214,
        "timeLimit": 13216,
        "record": 13217,
        "sequential": 13218,
        "answerOnBridge": 13219,
        "ringTone": 13220,
        "recordingStatusCallback": 13256,
    },
    "Number": {"method": 13221, "sendDigits": 13222},
    "Conference": {
        "muted": 13230,
        "endConferenceOnExit": 13231,
        "startConferenceOnEnter": 13232,
        "waitUrl": 13233,
        "waitMethod": 13234,
        "beep": 13235,
        "trim": 13239,
        "coach": 13240,
        "recordingStatusCallback": 13256,
    },
    "Sip": {"method": 13241},
    "Record": {
        "method": 13610,
        "timeout": 13611,
        "maxLength": 13612,
        "finishOnKey": 13613,
        "transcribe": 13614,
        "playBeep": 13616,
        "recordingStatusCallback": 13256,
        "trim": 13699,
        "recordingStatusCallbackEvent": 13621,
        "transcribeCallback": 13257,
    },
    "Play": {"loop": 13410, "digits": 13430},
    "Say": {"loop": 13510, "voice": 13511, "language": 13512},
    "Redirect": {"method": 13710},
    "Pause": {"length": 13910},
    "Reject": {"reason": 13810},
    "Enqueue": {"method": 14201, "waitUrl": 14202, "action": 14203, "waitUrlMethod": 14206, "workflowSid": 14220},
    "Queue": {"method": 14210, "url": 14211, "reservationSid": 14215},
    "Message": {"to": 14101, "from": 14102, "method": 14104, "statusCallback": 14105},
}

# Of an element that may not stand where it does, by class of the one around it.
NESTING: Mapping[str, int] = {"Gather": 13320, "Dial": 13215, "Start": 14300, "MessagingResponse": 14110}

# Of a text that is empty, and of one that is too long or wrong.
TEXTS: Mapping[str, tuple[int, int]] = {
    "Say": (13520, 13521),
    "Message": (14103, 14103),
    "Body": (14103, 14103),
    "Enqueue": (14204, 14205),
    "Conference": (13237, 13237),
    "Queue": (14212, 14213),
    "Task": (14221, 14221),
}

# Those that the dictionary calls errors; unverified: what becomes of the document then, which is carried out here.
ERRORS = frozenset(
    {13231, 13239, 13240, 13257, 13338, 13621, 13802, 14300, 64016}
    | {*range(14201, 14207), *range(14210, 14214), 14215, 14220, 14221}
)

# Of the rules an element breaks, by its class and the first name in the rule.
RULES: Mapping[tuple[str, str], int] = {
    ("Dial", "conference"): 13000,
    ("Say", "text"): 13520,
    ("Message", "text"): 14103,
}
