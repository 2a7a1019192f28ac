"""`send`: a text message through the account."""

from engine.grammar.fields import Address, Json, Pattern, Text
from engine.grammar.overlay.common import TEXTED, TEXTED_FROM
from engine.grammar.overlay.facts import Rule
from engine.grammar.verbs.spec import Key, Most, VerbSpec

_EXAMPLE = "write  send: {to: '{{ call.from }}', body: See you soon.}"
_VARIABLES = "write  content_variables: {1: '{{ name }}'}"


def _sid(prefix: str, of: str) -> Pattern:
    return Pattern(f"{prefix}[0-9a-fA-F]{{32}}", f"the SID of {of}: {prefix} and 32 hexadecimal digits", f"{prefix}…")


SEND = VerbSpec(
    "send",
    "Sends a text message through the account.",
    {
        "to": Key(
            "the number, in full (E.164), or an address such as whatsapp:+15550101",
            TEXTED,
            wanted="a phone number",
            example=_EXAMPLE,
            called=("number", "phone", "recipient"),
        ),
        "body": Key(
            "the text, at most 1600 characters",
            Text(1600),  # Twilio, Messages resource, `Body`; error 21617
            "words",
            wanted="text",
            example=_EXAMPLE,
            called=("text", "message", "content"),
        ),
        "media_url": Key(
            "the URL of a picture or recording, or a list of up to 10",
            Address("media", absolute=True),
            "list",
            wanted="a URL, or a list of them",
            example="write  media_url: https://example.com/map.png",
            most=Most(10, "addresses", "a message"),  # Twilio, Messages resource, `MediaUrl`
            called=("media", "image", "picture"),
        ),
        "content_sid": Key(
            "a content template, which has the text in place of `body`: its SID, HX…",
            _sid("HX", "a content template"),
            "localized",
            wanted="the SID of a content template",
            example="write  content_sid: HX…",
            called=("template", "template_sid", "content_template", "content_template_sid"),
        ),
        "content_variables": Key(
            "what stands in the places of the template, by their names: `{1: Ann, 2: '9:30'}`",
            Json(),
            "json",
            wanted="a mapping of names and texts",
            example=_VARIABLES,
            called=("variables", "template_variables", "parameters"),
        ),
        "messaging_service_sid": Key(
            "the messaging service that sends it, MG…; it chooses the number, unless `from` is given too",
            _sid("MG", "a messaging service"),
            wanted="the SID of a messaging service",
            example="write  messaging_service_sid: MG…",
            called=("service", "messaging_service", "service_sid"),
        ),
        "status_callback": Key(
            "a step, flow or URL that is told what becomes of the message: `params.MessageStatus` is sent, delivered, "
            "undelivered, failed or read. A step holds set, log, branch, redirect and other verbs of the engine, and knows the variables of the call",
            Address("callback"),
            "target",
            called=("callback", "status_url", "on_status"),
        ),
        "from": Key(
            "one of your numbers; by default the one that was called or texted, or what `messaging_service_sid` chooses",
            TEXTED_FROM,
            wanted="a phone number",
            example=_EXAMPLE,
            called=("sender", "caller_id"),
        ),
        "save": Key("keeps the SID of the message: `save: sent`", form="save"),
        "branch": Key("where to go on when it was `sent`, and on `error`", form="branch"),
    },
    "send:\n  to: '{{ call.from }}'\n  body: We are at 5 Main Street.",
    answers=("sent", "error"),
    gives=("sid",),
    defaults=("from", "messaging_service_sid", "status_callback"),
    wanted="a mapping with `to` and `body`",
    written=_EXAMPLE,
    needs=(("to",), ("body", "media_url", "content_sid")),
    rules=(
        # Twilio, error 35127 and Messages resource, `ContentSid`: the template has all that is sent.
        Rule("exclusive", ("content_sid", "body", "media_url"), "a content template has its own words and media"),
        # Twilio, error 21654
        Rule("needs", ("content_variables", "content_sid"), "`content_variables` fill the places of a template"),
    ),
    asks=True,
    account=True,
    done="texts",
    stubs="word",
    shown="the text",
    undone="is not sent",
    reports=("delivered", "undelivered", "failed", "read"),
    sample={"sid": "SM" + "0" * 32},
    given="write  send: sent  or  send: error",
    trial="-a send=sent",
)
