"""An example of each TwiML verb, as one instruction of a flow."""

from collections.abc import Mapping

from engine.grammar.verbs import ENGINE_VERBS

_TWIML: Mapping[str, str] = {
    "say": "say: Thank you for calling.",
    "play": "play: audio/welcome.mp3",
    "pause": "pause: 2",
    "gather": """gather:
  say: For sales, press 1. For billing, press 2.
  retry: {attempts: 3, no_input: I did not hear anything.}
  branch:
    1: sales
    2: billing
    else: operator""",
    "record": """record:
  max_length: 120
  save: {voicemail: recording_url}
  branch:
    recorded: goodbye
    else: operator""",
    "dial": """dial:
  number: "+15550100"
  timeout: 20
  branch:
    completed: hangup
    else: voicemail""",
    "enqueue": """enqueue:
  name: support
  wait_url: hold
  branch:
    leave: voicemail""",
    "leave": "leave",
    "hangup": "hangup",
    "reject": "reject: busy",
    "refer": "refer: sip:alice@example.com",
    "pay": """pay:
  charge_amount: 20.45
  prompt: {for: payment-card-number, say: Enter your card number.}
  branch:
    success: goodbye
    else: operator""",
    "connect": """connect:
  conversation_relay:
    url: wss://example.com/talk
    welcome_greeting: How can we help?""",
    "start": """start:
  stream: {name: listener, url: wss://example.com/sound}""",
    "stop": """stop:
  stream: {name: listener}""",
    "sms": """sms: {message: We are at 5 Main Street., to: "+15550101", from: "+15550100"}""",
    "echo": "echo",
    "message": """message:
  body: Your table is ready.
  media: https://example.com/table.jpg""",
}

# A verb that both channels have, as it is in messaging.
BY_TEXT: Mapping[str, str] = {
    "gather": """gather:
  message: See you tomorrow at 9? Reply C to confirm, R to change it.
  timeout: 1d
  retry: {attempts: 2, no_match: Please reply C or R.}
  branch:
    C | yes: confirmed
    R: change
    else: operator""",
}

EXAMPLES: Mapping[str, str] = {
    **_TWIML,
    **{name: word.example for name, word in ENGINE_VERBS.items() if word.example},
}
