"""Facts about what a call is connected to, and what `start` and `stop` run beside it."""

from collections.abc import Mapping

from engine.grammar.fields import Address, Choice, Several, Text
from engine.grammar.overlay.common import BOOLEAN, RECORD_CALL, SECONDS, TRACK
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
        },
        required=("url",),
        scalar="url",
    ),
    "Language": Facts(help="How one language of the conversation is spoken and heard.", required=("code",)),
    "Stream": Facts(
        help="Sends the sound of the call to a WebSocket.",
        kinds={
            "url": Address("socket", absolute=True, schemes=("wss",), query=False),
            "track": TRACK,
            "status_callback": ABSOLUTE_CALLBACK,
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
