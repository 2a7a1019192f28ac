"""The values that Twilio's pages allow are taken, and others are refused: a table of all attributes that have such values."""

import pytest
from twilio.twiml import messaging_response, voice_response

from engine.diagnostics import Report, Source
from engine.document.folder import Folder
from engine.grammar.fields import Address, Json, Phone, Text, Wrong
from engine.grammar.overlay import FACTS
from engine.grammar.schema import flow_schema
from engine.grammar.vocabulary import MESSAGING, VOICE, Element, elements, find
from engine.model.build import build

BOOLEAN = ("true false", "sometimes yes 1")
TRACK = ("inbound_track outbound_track both_tracks", "inbound both")
RECORDING_EVENTS = ("in-progress completed absent", "failed")
CALL_EVENTS = ("initiated ringing answered completed", "busy")
INTERRUPTED = ("none dtmf speech any true false", "always")
TRIM = ("trim-silence do-not-trim", "true")
METHOD = ("GET POST", "PUT")
CARDS = ("visa mastercard amex maestro discover optima jcb diners-club enroute", "visacard")
DETECTION = ("Enable DetectMessageEnd", "true")
RECORD = (
    "do-not-record record-from-answer record-from-ringing record-from-answer-dual record-from-ringing-dual true false",
    "always",
)

# Element and attribute: values that Twilio takes, and some that it does not, with spaces between.
VALUES: dict[str, tuple[str, str]] = {
    "say@loop": ("0 1 1000", "-1 often"),
    "play@loop": ("0 7", "-1"),
    "play@digits": ("1W2w#*AD", "E1 x"),
    "pause@length": ("1 60", "0 -1"),
    "gather@action_on_empty_result": BOOLEAN,
    "gather@input": ("dtmf speech", "voice"),
    "gather@finish_on_key": ("# * 0 9", "## A"),
    "gather@num_digits": ("1 20", "0"),
    "gather@timeout": ("1 5 auto", "0 soon"),
    "gather@speech_timeout": ("1 auto", "0 never"),
    "gather@max_speech_time": ("1 60", "0"),
    "gather@profanity_filter": BOOLEAN,
    "gather@barge_in": BOOLEAN,
    "gather@debug": BOOLEAN,
    "gather@enhanced": BOOLEAN,
    "gather@method": METHOD,
    "gather@partial_result_callback_method": METHOD,
    "record@timeout": ("0 5", "-1"),
    "record@finish_on_key": ("1234567890*# #", "A"),
    "record@max_length": ("2 3600 86400", "1 86401"),
    "record@play_beep": BOOLEAN,
    "record@transcribe": BOOLEAN,
    "record@trim": TRIM,
    "record@recording_status_callback_event": RECORDING_EVENTS,
    "dial@answer_on_bridge": BOOLEAN,
    "dial@hangup_on_star": BOOLEAN,
    "dial@sequential": BOOLEAN,
    "dial@record": RECORD,
    "dial@recording_status_callback_event": RECORDING_EVENTS,
    "dial@recording_track": ("both inbound outbound", "both_tracks"),
    "dial@ring_tone": ("at au us us-old za", "usa"),
    "dial@time_limit": ("1 14400", "0"),
    "dial@timeout": ("5 600", "4 601"),
    "dial@trim": TRIM,
    "dial@events": ("call-progress-event", "progress"),
    "dial.number@status_callback_event": CALL_EVENTS,
    "dial.number@machine_detection": DETECTION,
    "dial.number@machine_detection_timeout": ("3 60", "2 61"),
    "dial.number@machine_detection_speech_threshold": ("1000 6000", "999 6001"),
    "dial.number@machine_detection_speech_end_threshold": ("500 5000", "499 5001"),
    "dial.number@machine_detection_silence_timeout": ("2000 10000", "1999 10001"),
    "dial.sip@machine_detection": DETECTION,
    "dial.sip@status_callback_event": CALL_EVENTS,
    "dial.client@status_callback_event": CALL_EVENTS,
    "dial.whats_app@status_callback_event": CALL_EVENTS,
    "dial.application@status_callback_event": CALL_EVENTS,
    "dial.application@copy_parent_to": BOOLEAN,
    "dial.conference@muted": BOOLEAN,
    "dial.conference@beep": ("true false onEnter onExit", "onJoin"),
    "dial.conference@start_conference_on_enter": BOOLEAN,
    "dial.conference@end_conference_on_exit": BOOLEAN,
    "dial.conference@jitter_buffer_size": ("large medium small off", "none"),
    "dial.conference@max_participants": ("1 250", "0 251"),
    "dial.conference@record": ("do-not-record record-from-start", "record-from-answer"),
    "dial.conference@region": ("us1 us2 ie1 sg1 br1 au1 jp1 de1", "eu1"),
    "dial.conference@status_callback_event": (
        "start end join leave mute hold modify speaker announcement",
        "completed",
    ),
    "dial.conference@trim": TRIM,
    "dial.conference@wait_method": METHOD,
    "enqueue@max_queue_size": ("1 1000", "0"),
    "enqueue@wait_url_method": METHOD,
    "reject@reason": ("rejected busy", "closed"),
    "pay@input": ("dtmf", "speech"),
    "pay@bank_account_type": (
        "consumer-checking consumer-savings commercial-checking commercial-savings",
        "checking",
    ),
    "pay@payment_method": ("credit-card ach-debit", "cash"),
    "pay@security_code": BOOLEAN,
    "pay@max_attempts": ("1 3", "0 4"),
    "pay@token_type": ("reusable one-time payment-method", "once"),
    "pay@charge_amount": ("0 20.45 1000000", "1000001 $5"),
    "pay@valid_card_types": CARDS,
    "pay.prompt@for": (
        "payment-card-number expiration-date security-code postal-code payment-processing bank-account-number "
        "bank-routing-number",
        "card",
    ),
    "pay.prompt@error_type": (
        "timeout invalid-card-number invalid-card-type invalid-date invalid-security-code internal-error "
        "input-matching-failed",
        "invalid",
    ),
    "pay.prompt@card_type": CARDS,
    "pay.prompt@attempt": ("1 2 3", "0"),
    "pay.prompt@require_matching_inputs": BOOLEAN,
    "connect.conversation_relay@tts_provider": ("Google Amazon ElevenLabs", "Azure"),
    "connect.conversation_relay@transcription_provider": ("Google Deepgram", "Amazon"),
    "connect.conversation_relay@welcome_greeting_interruptible": INTERRUPTED,
    "connect.conversation_relay@interruptible": INTERRUPTED,
    "connect.conversation_relay@report_input_during_agent_speech": INTERRUPTED,
    "connect.conversation_relay@interrupt_sensitivity": ("low medium high", "highest"),
    "connect.conversation_relay@events": ("speaker-events tokens-played config-updated", "bogus"),
    "connect.conversation_relay@debug": ("debugging speaker-events tokens-played", "? A/B"),
    "connect.conversation_relay@include_in_prompt": ("turn-state prompt-segments", "all"),
    "connect.conversation_relay@speech_timeout": ("auto 600 5000", "599 5001 soon"),
    "connect.conversation_relay@eot_threshold": ("0.5 0.9", "0.4 1"),
    "connect.conversation_relay@eager_eot_threshold": ("0.3 0.9", "0.2 1"),
    "connect.conversation_relay@elevenlabs_text_normalization": ("auto on off", "always"),
    "connect.conversation_relay@tts_text_normalization": ("auto on off", "true"),
    **{
        f"connect.conversation_relay@{name}": BOOLEAN
        for name in [
            "application_reconnect",
            "asr_smart_format",
            "background_noise_reduction",
            "deepgram_smart_format",
            "dtmf_detection",
            "echo_prompt_filtering",
            "elevenlabs_language_text_normalization",
            "ignore_backchannel",
            "partial_prompt_on_hangup",
            "partial_prompts",
            "preemptible",
            "profanity_filter",
            "tts_language_text_normalization",
            "turn_detection",
        ]
    },
    "connect.conversation_relay.language@tts_provider": ("Google Amazon ElevenLabs", "Azure"),
    "connect.conversation_relay.language@transcription_provider": ("Google Deepgram", "Whisper"),
    "connect.conversation_relay.language@asr_smart_format": BOOLEAN,
    "connect.conversation_relay.language@tts_text_normalization": ("auto on off", "true"),
    "connect.stream@track": TRACK,
    "connect.stream@sample_rate": ("8000 16000 24000 48000", "x 8 96000"),
    "connect.stream@status_callback_method": METHOD,
    "connect.virtual_agent@sentiment_analysis": BOOLEAN,
    "connect.conversation@inbound_autocreation": BOOLEAN,
    "connect.conversation@record": RECORD,
    "connect.conversation@trim": TRIM,
    "connect.conversation@status_callback_event": (
        "call-initiated call-ringing call-answered call-completed",
        "ringing",
    ),
    "connect.conversation@recording_status_callback_event": RECORDING_EVENTS,
    "start.recording@track": ("inbound outbound both", "both_tracks"),
    "start.recording@channels": ("mono dual", "stereo"),
    "start.recording@trim": TRIM,
    "start.recording@recording_status_callback_event": RECORDING_EVENTS,
    "start.transcription@track": TRACK,
    "start.transcription@transcription_engine": ("google deepgram", "whisper"),
    "start.transcription@partial_results": BOOLEAN,
    "start.transcription@profanity_filter": BOOLEAN,
    "start.transcription@enable_automatic_punctuation": BOOLEAN,
    "start.transcription@enable_provider_data": BOOLEAN,
    "start.siprec@track": TRACK,
    "say.break@strength": ("none x-weak weak medium strong x-strong", "long"),
    "say.emphasis@level": ("strong moderate reduced", "none"),
    "say.phoneme@alphabet": (
        "ipa x-sampa x-amazon-jyutping x-amazon-pinyin x-amazon-pron-kana x-amazon-yomigana",
        "sampa",
    ),
    "say.say_as@interpret_as": (
        "characters spell-out cardinal number ordinal digits fraction unit date time address expletive telephone",
        "digit",
    ),
    "say.say_as@format": ("mdy dmy ymd md dm ym my d m y yyyymmdd", "ddmm"),
}


@pytest.mark.parametrize("place", VALUES)
def test_an_attribute_takes_the_values_that_twilio_allows_and_no_others(place: str) -> None:
    path, name = place.split("@")
    element = find(path)
    assert element is not None, path
    field = element.attributes[name].field
    good, bad = VALUES[place]
    assert {value: field.read(value) for value in good.split()} == {value: value for value in good.split()}
    assert [value for value in bad.split() if not isinstance(field.read(value), Wrong)] == []
    if field.join == " ":
        assert field.read(good) == good, "several of them with spaces between"


# Twilio's pages give no list for these, only a form.
UNLISTED = {
    "break@time",
    "conversation@inbound_timeout",
    "conversation@routing_assignment_timeout",
    "number@send_digits",
    "pay@min_postal_code_length",
    "prosody@pitch",
    "prosody@rate",
    "prosody@volume",
    "say@play_urls",  # the engine's own
    "uri@priority",
    "uri@weight",
}


def test_each_attribute_that_has_such_values_is_in_the_table() -> None:
    """What is missing here was not compared with Twilio's pages; `task@priority` and the like stand under another element."""
    listed = {place.rpartition("@")[2] for place in VALUES}
    found = {
        f"{element.name}@{attribute.name}"
        for element in elements(VOICE)
        for attribute in element.attributes.values()
        if not isinstance(attribute.field, Text | Address | Json | Phone)
        if attribute.name not in listed and not attribute.name.endswith("_method") and attribute.name != "hints"
    }
    assert found - {"task@priority"} == UNLISTED


def codes(text: str) -> list[str]:
    report = Report()
    build(Folder(__file__, (Source("f.yaml", f"steps:\n  menu:\n    - {text}\n"),), None), report)  # type: ignore[arg-type]
    return [found.code for found in report.diagnostics]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("application_reconnect: sometimes", ["F103"]),
        ("application_reconnect: true", []),
        ("events: bogus", ["F105"]),
        ("events: [speaker-events, tokens-played]", []),
        ("events: speaker-events config-updated", []),
        ("events: [speaker-events, bogus]", ["F105"]),
        ("debug: [debugging, speaker-events]", []),
        ("debug: debugging", []),
        ("include_in_prompt: [turn-state, prompt-segments]", []),
        ("hints: [Spokes, repair]", []),
        ("speech_timeout: 200", ["F104"]),
        ("conversation_configuration: conv_configuration_1", []),
        ("failover: {language: [{code: en-US, tts_provider: Amazon}, {code: es-MX}]}", []),
        ("failover: {language: {tts_provider: Amazon}}", ["F109"]),
        ("failover: [{language: {code: en-US}}, {language: {code: es-MX}}]", ["F110"]),
        ("failover: {language: {code: en-US, tts_provider: Azure}}", ["F105"]),
    ],
)
def test_a_conversation_relay_says_what_twilio_understands(written: str, found: list[str]) -> None:
    assert codes(f"connect: {{conversation_relay: {{url: 'wss://example.com/', {written}}}}}") == found


def test_a_stream_has_a_sample_rate_in_hertz() -> None:
    assert codes("start: {stream: {url: 'wss://example.com/', sample_rate: x}}") == ["F103"]
    assert codes("connect: {stream: {url: 'wss://example.com/', sample_rate: 16000}}") == []


def test_what_the_overlay_adds_is_written_as_twiml(call) -> None:  # type: ignore[no-untyped-def]
    relay = "{url: 'wss://example.com/', conversation_configuration: c1, failover: {language: {code: en-US, voice: x}}}"
    assert call(f=f"steps: {{a: [{{connect: {{conversation_relay: {relay}}}}}]}}").ask("f") == (
        '<Connect><ConversationRelay conversationConfiguration="c1" url="wss://example.com/">'
        '<Failover><Language code="en-US" voice="x" /></Failover></ConversationRelay></Connect>'
    )
    assert call(f="steps: {a: [{stop: {recording: {name: r}}}]}").ask("f") == '<Stop><Recording name="r" /></Stop>'


ADDED_ATTRIBUTES = {
    "Client": {"client_notification_url"},
    "ConversationRelay": {"conversation_configuration", "eot_threshold"},
    "Dial": {"call_reason"},
    "Recording": {"name"},
    "Say": {"play_urls"},  # the engine's own
    "Transcription": {"enable_provider_data", "conversation_configuration", "conversation_id"},
}
ADDED_ELEMENTS = {"ConversationRelay": {"Failover"}, "Failover": {"Language"}, "Stop": {"Recording"}}


def own(element: Element) -> type | None:
    """The class of the library by that name."""
    return getattr(voice_response, element.class_name, None) or getattr(messaging_response, element.class_name, None)


def test_what_the_overlay_adds_is_still_missing_in_the_library() -> None:
    """When the library has caught up, this fails: take the addition out of the overlay."""
    known = {each.class_name: each for root in (MESSAGING, VOICE) for each in (root, *elements(root))}
    added = {name: set(facts.added) for name, facts in FACTS.items() if facts.added and name != "MessagingGather"}
    assert added == ADDED_ATTRIBUTES
    assert {name: set(facts.nested) for name, facts in FACTS.items() if facts.nested} == ADDED_ELEMENTS
    for name, children in ADDED_ELEMENTS.items():
        library = own(known[name])
        for child in children:
            assert library is None or not hasattr(library, known_name(known, child)), f"{name} > {child}"
    assert [name for name in ADDED_ELEMENTS if own(known[name]) is None] == ["Failover"]
    for name, attributes in ADDED_ATTRIBUTES.items():
        assert attributes.isdisjoint(of_library(known[name])), name


def known_name(known: dict[str, Element], class_name: str) -> str:
    return known[class_name].name


def of_library(element: Element) -> set[str]:
    """The names of the attributes that the library's own methods take for an element."""
    names: set[str] = set()
    for module in (voice_response, messaging_response):
        for class_ in vars(module).values():
            method = vars(class_).get(element.name) if isinstance(class_, type) else None
            if method is not None and f"<{element.tag}>" in (method.__doc__ or ""):
                names |= set(method.__code__.co_varnames)
    return names


def test_the_schema_knows_what_the_overlay_adds() -> None:
    made = flow_schema()["definitions"]
    assert isinstance(made, dict)
    assert "Failover" in made
    assert "failover" in str(made["ConversationRelay"])
