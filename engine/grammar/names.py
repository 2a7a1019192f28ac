"""The names that every template knows, and what Twilio calls them."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "answer": "the answer that came in: what was pressed, said or texted, or a verb's result; empty without one",
        "digits": "the keys that were pressed; empty if none were",
        "speech": "what was said, as Twilio understood it; empty if nothing was",
        "confidence": "how sure Twilio is of `speech`, from 0.0 to 1.0; empty without speech",
        "call": "the call: `call.sid`, `call.from`, `call.to`, `call.from_city` …, empty where Twilio sent nothing",
        "message": "the text message: `message.from`, `message.body`, `message.media` …, empty where nothing was sent",
        "params": "every parameter under the name it was sent with, as `params.CallToken`; empty if it was not sent. `Name[1]=…` "
        "is `params.Name[1]`, and `params.Name` goes through all of them",
        "now": "the time of this request, with its time zone",
        "hours": "the opening hours: `hours.desk.open`, `.opens_at`, `.closes_at`, `.holiday`, `.now`",
        "env": "the environment variables that the settings list, as `env.SHOP_URL`; where it need not be set "
        "`env.SHOP_URL | default('')`",
        "flow": "the name of this flow",
        "step": "the name of this step",
        "language": "the language of the call, one of `languages`",
        "channel": "`voice` or `messaging`",
    }
)
"""The root names of templates, with a line of documentation each."""

HOURS: Mapping[str, str] = MappingProxyType(
    {
        "open": "whether it is open now: from the minute of opening on, until the minute of closing",
        "opens_at": "when it opens next, also while it is open: a time in its zone; empty if that is not within a year",
        "closes_at": "when it closes: from now if it is open, else from when it opens next; ranges that touch are one time; "
        "empty if that is not within a year",
        "holiday": "the name of today's holiday, of those in `closed`; empty on other days",
        "now": "the time of this request in its zone",
    }
)
"""What is known of opening hours, below `hours.<name>`, with a line of documentation each."""

_PLACE = {
    f"{side.lower()}_{part.lower()}": f"{side}{part}"
    for side in ("From", "To")
    for part in ("City", "State", "Zip", "Country")
}

CALL: Mapping[str, str] = MappingProxyType(
    {
        "sid": "CallSid",
        "parent_sid": "ParentCallSid",
        "account_sid": "AccountSid",
        "application_sid": "ApplicationSid",
        "from": "From",
        "to": "To",
        "caller": "Caller",
        "called": "Called",
        "status": "CallStatus",
        "direction": "Direction",
        "caller_name": "CallerName",
        "forwarded_from": "ForwardedFrom",
        **_PLACE,
        "answered_by": "AnsweredBy",
        "machine_detection_duration": "MachineDetectionDuration",
        "stir_verstat": "StirVerstat",
        "stir_passport_token": "StirPassportToken",
        "token": "CallToken",
        "duration": "CallDuration",
        "sip_domain": "SipDomain",
        "api_version": "ApiVersion",
        "timestamp": "Timestamp",
        "recording_url": "RecordingUrl",
        "recording_sid": "RecordingSid",
        "recording_duration": "RecordingDuration",
    }
)
"""What stands below `call.`, and Twilio's name of it (Twilio, TwiML for Programmable Voice, "Request parameters")."""

MESSAGE: Mapping[str, str] = MappingProxyType(
    {
        "sid": "MessageSid",
        "account_sid": "AccountSid",
        "messaging_service_sid": "MessagingServiceSid",
        "from": "From",
        "to": "To",
        "body": "Body",
        "status": "MessageStatus",
        "error_code": "ErrorCode",
        "num_media": "NumMedia",
        "num_segments": "NumSegments",
        **_PLACE,
        "button_payload": "ButtonPayload",
        "button_text": "ButtonText",
        "button_type": "ButtonType",
        "interactive_data": "InteractiveData",
        "flow_data": "FlowData",
        "channel_metadata": "ChannelMetadata",
        "latitude": "Latitude",
        "longitude": "Longitude",
        "address": "Address",
        "label": "Label",
        "profile_name": "ProfileName",
        "wa_id": "WaId",
        "forwarded": "Forwarded",
        "frequently_forwarded": "FrequentlyForwarded",
        "referral_body": "ReferralBody",
        "referral_headline": "ReferralHeadline",
        "referral_source_id": "ReferralSourceId",
        "referral_source_type": "ReferralSourceType",
        "referral_source_url": "ReferralSourceUrl",
        "referral_media_id": "ReferralMediaId",
        "referral_media_content_type": "ReferralMediaContentType",
        "referral_media_url": "ReferralMediaUrl",
        "referral_num_media": "ReferralNumMedia",
        "referral_ctwa_clid": "ReferralCtwaClid",
        "opt_out_type": "OptOutType",
        "add_ons": "AddOns",
        "api_version": "ApiVersion",
    }
)
"""What stands below `message.`, and Twilio's name of it (Twilio, "Webhook request" of Programmable Messaging).

`message.media` is known as well: the list of what was attached, made of the numbered `MediaUrl` and `MediaContentType`.
"""


def snake(name: str) -> str:
    """Twilio's name of a parameter in snake_case: `RecordingUrl` is `recording_url`."""
    return re.sub(r"[^a-z0-9]+", "_", _HUMP.sub("_", name).lower()).strip("_")


def find_parameter(params: Mapping[str, str], name: str) -> str | None:
    """The value of a parameter that a flow names in snake_case, or `speech`; None if it was not sent."""
    wanted = "speech_result" if name == "speech" else name
    return next((value for sent, value in params.items() if snake(sent) == wanted), None)


def known_entries(name: str) -> Iterable[str] | None:
    """The entries that may be looked up below the root name `name`; None where any may."""
    return {"call": CALL, "message": {**MESSAGE, "media": ""}}.get(name)
