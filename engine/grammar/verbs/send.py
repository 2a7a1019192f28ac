"""`send`: a text message through the account."""

from engine.grammar.fields import Address, Text
from engine.grammar.overlay.common import TEXTED, TEXTED_FROM
from engine.grammar.verbs.spec import Key, Most, VerbSpec

_EXAMPLE = "write  send: {to: '{{ call.from }}', body: See you soon.}"

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
        "from": Key(
            "one of your numbers; by default the one that was called or texted",
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
    defaults=("from",),
    wanted="a mapping with `to` and `body`",
    written=_EXAMPLE,
    needs=(("to",), ("body", "media_url")),
    asks=True,
    account=True,
    done="texts",
    stubs="word",
    shown="the text",
    undone="is not sent",
    sample={"sid": "SM" + "0" * 32},
    given="write  send: sent  or  send: error",
    trial="-a send=sent",
)
