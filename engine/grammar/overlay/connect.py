"""Facts about what a call is connected to, and what `start` and `stop` run beside it."""

from collections.abc import Mapping

from engine.grammar.fields import Address, Choice, Decimal, Either, Pattern, Several, Text, Whole
from engine.grammar.overlay.common import BOOLEAN, NORMALIZED, RECORD_CALL, SECONDS, TRACK
from engine.grammar.overlay.facts import ANY, Added, Conduct, Facts, Rule

INTERRUPTED_BY = Choice(("none", "dtmf", "speech", "any", "true", "false"))
ABSOLUTE_CALLBACK = Address("callback", absolute=True)

CONNECT: Mapping[str, Facts] = {
    "Connect": Facts(
        help="Hands the call to a program or a room until that ends.",
        rules=(Rule("exactly_one", (ANY,), "a connect has one element in it"),),
        conduct=Conduct(
            waits=True,
            comes_back=True,
            answer=("SessionStatus", "VirtualAgentStatus"),
            results=("completed", "ended", "failed", "live-agent-handoff", "hangup"),
            others=("ended",),
            sends=("SessionId", "SessionDuration", "HandoffData", "ErrorCode", "ErrorMessage"),
        ),
    ),
    "ConversationRelay": Facts(
        help="Talks with the caller through a WebSocket: speech in, speech out.",
        kinds={
            "url": Address("socket", absolute=True, schemes=("wss",)),
            "welcome_greeting_interruptible": INTERRUPTED_BY,
            "interruptible": INTERRUPTED_BY,
            "report_input_during_agent_speech": INTERRUPTED_BY,
            "interrupt_sensitivity": Choice(("low", "medium", "high")),
            "dtmf_detection": BOOLEAN,
            "partial_prompts": BOOLEAN,
            "preemptible": BOOLEAN,
            "application_reconnect": BOOLEAN,
            "echo_prompt_filtering": BOOLEAN,
            "background_noise_reduction": BOOLEAN,
            "ignore_backchannel": BOOLEAN,
            "partial_prompt_on_hangup": BOOLEAN,
            "turn_detection": BOOLEAN,
            "deepgram_smart_format": BOOLEAN,
            "elevenlabs_text_normalization": NORMALIZED,
            "elevenlabs_language_text_normalization": BOOLEAN,
            "speech_timeout": Either((Choice(("auto",)), Whole(600, 5000, "milliseconds"))),  # else error 64101
            "eot_threshold": Decimal(0.5, 0.9),
            "eager_eot_threshold": Decimal(0.3, 0.9),
            "events": Several(Choice(("speaker-events", "tokens-played", "config-updated"))),
            "debug": Several(Pattern("[a-z]+(-[a-z]+)*", "the name of a debug option", "speaker-events")),
            "include_in_prompt": Several(Choice(("turn-state", "prompt-segments"))),
        },
        added={
            "conversation_configuration": Added(
                "conversationConfiguration", "Configuration of the conversation it belongs to"
            ),
            "eot_threshold": Added("eotThreshold", "Confidence at which the caller's turn counts as ended"),
        },
        nested=("Failover",),
        rules=(Rule("at_most", ("failover",), "backup providers stand in one `failover`"),),
        required=("url",),
        scalar="url",
    ),
    "Language": Facts(help="How one language of the conversation is spoken and heard.", required=("code",)),
    # Not in the library: Twilio, "Provider failover for Conversation Relay", 2026-11-18
    "Failover": Facts(
        help="Backup providers of speech: each takes over once in a call, when its language's own provider fails.",
        nested=("Language",),
    ),
    "Stream": Facts(
        help="Sends the sound of the call to a WebSocket.",
        kinds={
            "url": Address("socket", absolute=True, schemes=("wss",), query=False),
            "track": TRACK,
            "status_callback": ABSOLUTE_CALLBACK,
            "sample_rate": Whole(8000, 48000, "hertz"),
        },
        scalar="url",
    ),
    "Room": Facts(help="A video room to join.", text=Text(shortest=1)),
    "VirtualAgent": Facts(
        help="A Dialogflow agent that talks with the caller.",
        kinds={"sentiment_analysis": BOOLEAN},
    ),
    "Config": Facts(help="A setting by its name.", required=("name", "value")),
    "Conversation": Facts(
        help="Takes the call into a Twilio Conversation.",
        kinds={
            "inbound_autocreation": BOOLEAN,
            "routing_assignment_timeout": SECONDS,
            "inbound_timeout": SECONDS,
            "url": Address("page"),
            "record": RECORD_CALL,
            "status_callback_event": Several(
                Choice(("call-initiated", "call-ringing", "call-answered", "call-completed"))
            ),
        },
    ),
    "ConversationRelaySession": Facts(help="A conversation relay that is set up elsewhere."),
    "AiSession": Facts(help="A session with an AI connector."),
    "Autopilot": Facts(
        help="A Twilio Autopilot assistant.", deprecated="Autopilot is retired; use `conversation_relay`"
    ),
    "Siprec": Facts(help="Sends the sound of the call to a SIPREC recorder.", kinds={"track": TRACK}),
    "Recording": Facts(
        help="Records the call.",
        kinds={
            "track": Choice(("inbound", "outbound", "both")),
            "channels": Choice(("mono", "dual")),
        },
        added={"name": Added("name", "Name by which `stop` finds the recording")},
    ),
    "Transcription": Facts(
        help="Writes down the call while it is spoken.",
        kinds={
            "track": TRACK,
            "status_callback_url": ABSOLUTE_CALLBACK,
            "partial_results": BOOLEAN,
            "transcription_engine": Choice(("google", "deepgram")),
            "enable_automatic_punctuation": BOOLEAN,
            "enable_provider_data": BOOLEAN,
        },
        added={
            "enable_provider_data": Added(
                "enableProviderData", "Also report what the transcription engine itself says"
            ),
            "conversation_configuration": Added(
                "conversationConfiguration", "Configuration of the conversation it belongs to"
            ),
            "conversation_id": Added("conversationId", "Conversation it belongs to"),
        },
    ),
}
