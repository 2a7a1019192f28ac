"""`request`: an HTTP request from the server."""

from engine.grammar.fields import Address, Choice, Decimal, Whole
from engine.grammar.verbs.spec import Key, VerbSpec

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_EXAMPLE = "write  request: {url: https://example.com/, save: found}"
_PAIRS = "a mapping of names and values"

REQUEST = VerbSpec(
    "request",
    "An HTTP request from the server. A failure that no key takes is a fault of the step.",
    {
        "url": Key(
            "the address; what stands in `{{ }}` is percent-encoded, unless that is the whole of it",
            Address("foreign", absolute=True, any_host=True),
            "address",
            example="write  url: https://example.com/customers",
            called=("uri", "address", "endpoint", "href"),
        ),
        "method": Key(
            "GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS; GET, and POST with `json` or `form`",
            Choice(METHODS),
            wanted="one of the methods",
            called=("verb", "type"),
        ),
        "headers": Key(
            "header fields by name; a secret is written as `{{ env.NAME }}`",
            form="headers",
            wanted=_PAIRS,
            example="write  headers: {Accept: application/json}",
        ),
        "params": Key(
            "what is added to the query of the address",
            form="pairs",
            wanted=_PAIRS,
            example="write  params: {number: '{{ call.from }}'}",
            called=("query", "qs", "querystring", "arguments"),
        ),
        "json": Key("the body, sent as JSON", form="plain", called=("body", "payload", "content")),
        "form": Key(
            "the body, sent as a form",
            form="pairs",
            wanted=_PAIRS,
            example="write  form: {number: '{{ call.from }}'}",
            called=("data", "fields"),
        ),
        "timeout": Key("seconds for one attempt, 0.1 to 10; 4 by default", Decimal(0.1, 10)),
        "auth": Key(
            "`{user: …, password: …}` (HTTP Basic), or `twilio`: signed as Twilio signs, for protected Functions; `none` where `defaults` give one",
            form="login",
        ),
        "retries": Key(
            "how often it is tried again, 0 to 5; once by default, and a POST or PATCH never",
            Whole(0, 5),
            called=("attempts", "tries"),
        ),
        "save": Key("keeps the body (JSON, else text): `save: customer`, `save: {found: status}`", form="save"),
        "branch": Key("where each answer leads: `404` comes before `4xx`, that before `ok` and `error`", form="branch"),
    },
    "request:\n"
    "  url: https://example.com/customers/{{ call.from }}\n"
    "  save: customer\n"
    "  branch:\n"
    "    404: menu\n"
    "    error: operator",
    answers=("ok", "error", "timeout"),
    gives=("body", "status", "headers"),
    defaults=("timeout", "retries", "headers", "auth"),
    wanted="a mapping with `url`",
    written=_EXAMPLE,
    instead="write  request: {{url: {}, save: found}}",
    needs=(("url",),),
    called=("http", "fetch", "curl", "api", "webhook", "get", "post"),
    statuses=True,
    asks=True,
    done="asks",
    stubs="address",
    given="write  request: {GET https://example.com/customers: {name: Ann}}\nor     request: {/customers: 404}",
    trial="-a request=200",
)
