"""What a flow wrote becomes an effect: templates have their values, and a value that cannot be one is a fault of the step."""

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diagnostics import Report, Source, render_text
from engine.document.folder import Folder
from engine.grammar.templates import TemplateFault
from engine.model.build import build
from engine.model.parts import PerformEffect
from engine.runtime.effects.calls import Circumstances, function_call, http_call, text_message
from engine.runtime.effects.effect import FunctionCall, HttpCall, TextMessage
from engine.runtime.fault import Fault

SCOPE = {
    "number": "+1 555/01?x=1#y",
    "many": ["a", 2, None],
    "nothing": None,
    "pairs": {"a": 1, "b": [True, "x"], "c": None},
    "site": "https://shop.example/a b",
    "language": "en",
}

NOW = Circumstances("k", "+15550100")


def read(text: str):
    """The one instruction of a step, in a flow that has the variables of SCOPE."""
    report = Report()
    names = "".join(f"{name}: 0, " for name in SCOPE if name != "language")
    flow = f"vars: {{{names}}}\nsteps:\n  menu:\n    - {text}\n    - hangup\n"
    project = build(Folder(Path(), (Source("a.yaml", flow),), None), report)
    assert not report.errors, render_text(report.diagnostics)
    return project.flows["a"].steps["menu"].instructions[0]


def call(fields: str, **scope: object) -> HttpCall:
    request = read(f"request: {{url: https://shop.example/, {fields}}}")
    assert isinstance(request, PerformEffect)
    return http_call(request, {**SCOPE, **scope}, "k1")


def test_a_request_as_it_is_written():
    assert call("") == HttpCall("GET", "https://shop.example/", key="k1")


@pytest.mark.parametrize(
    ("url", "came_out"),
    [
        (
            "https://shop.example/{{ number }}?n={{ number }}",
            "https://shop.example/%2B1%20555%2F01%3Fx%3D1%23y?n=%2B1%20555%2F01%3Fx%3D1%23y",
        ),
        ("{{ site }}", "https://shop.example/a b"),
        ("{{ site }}/{{ number }}", "https://shop.example/a b/%2B1%20555%2F01%3Fx%3D1%23y"),
        ("  https://shop.example/  ", "https://shop.example/"),
    ],
)
def test_what_stands_in_an_address_is_encoded_unless_it_is_the_address(url, came_out):
    request = read(f'request: {{url: "{url}"}}')
    assert http_call(request, SCOPE, "").url == came_out


@given(st.text())
def test_no_value_leads_to_another_place(value):
    request = read('request: {url: "https://shop.example/customers/{{ number }}/orders?n={{ number }}#{{ number }}"}')
    if value in (".", ".."):
        with pytest.raises(Fault, match="in its path, which leads to another one"):
            http_call(request, {**SCOPE, "number": value}, "")
        return
    url = http_call(request, {**SCOPE, "number": value}, "").url
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path.count("/")) == ("https", "shop.example", 3)
    assert parse_qsl(parts.query, keep_blank_values=True, errors="surrogatepass") == [("n", value)]


@pytest.mark.parametrize(
    ("fields", "method"),
    [
        ("", "GET"),
        ("json: {a: 1}", "POST"),
        ("form: {a: 1}", "POST"),
        ("method: put, json: {a: 1}", "PUT"),
        ("method: \"{{ 'delete' }}\"", "DELETE"),
        ("method: '{{ nothing }}'", "GET"),
    ],
)
def test_the_method(fields, method):
    assert call(fields).method == method


def test_json_has_types_and_keeps_those_of_templates():
    made = call(
        'json: {a: 1, b: "1", c: +15550100, d: [true, null, 0177], e: "{{ many }}", f: "x{{ many[1] }}", g: "{{ nothing }}"}'
    )
    assert made.has_json
    assert made.json == {
        "a": 1,
        "b": "1",
        "c": "+15550100",
        "d": [True, None, "0177"],
        "e": ["a", 2, None],
        "f": "x2",
        "g": None,
    }
    assert call('json: "{{ pairs }}"').json == {"a": 1, "b": [True, "x"], "c": None}
    assert call("json: null, method: POST") == HttpCall("POST", "https://shop.example/", has_json=True, key="k1")


@pytest.mark.parametrize("field", ["headers", "params", "form"])
def test_names_with_texts(field):
    made = getattr(
        call(
            f'{field}: {{a: 01, b: [x, "{{{{ number }}}}"], c: "{{{{ many }}}}", d: "{{{{ nothing }}}}", e: "", f: true}}'
        ),
        field,
    )
    assert made == (("a", "01"), ("b", "x"), ("b", SCOPE["number"]), ("c", "a"), ("c", "2"), ("e", ""), ("f", "true"))


@pytest.mark.parametrize("field", ["headers", "params", "form"])
def test_or_a_mapping_that_comes_out_of_a_template(field):
    assert getattr(call(f'{field}: "{{{{ pairs }}}}"'), field) == (("a", "1"), ("b", "true"), ("b", "x"))
    assert getattr(call(f'{field}: "{{{{ nothing }}}}"'), field) == ()
    with pytest.raises(Fault, match=f"`{field}` came out as no mapping of names and values"):
        call(f'{field}: "{{{{ many }}}}"')


def test_times_and_tries():
    assert call("timeout: 2.5, retries: 0")[7:9] == (2.5, 0)
    assert call("timeout: '{{ 3 }}', retries: '{{ 2 }}'")[7:9] == (3.0, 2)
    assert call("timeout: '{{ nothing }}', retries: '{{ nothing }}'")[7:9] == (4.0, None)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ("timeout: '{{ 60 }}'", "`timeout` must be a number, 0.1 to 10, and came out as `60`"),
        ("retries: '{{ many }}'", "`retries` must be a whole number, and came out as `a 2 `"),
        ("method: '{{ number }}'", "`method` must be GET, HEAD"),
    ],
)
def test_a_value_that_cannot_be_one_is_a_fault_with_its_place(fields, words):
    with pytest.raises(Fault) as caught:
        call(fields)
    assert str(caught.value).startswith(words)
    assert caught.value.span is not None
    assert caught.value.span.location.startswith("a.yaml:4:")


def test_a_template_that_cannot_be_rendered_is_one_too():
    with pytest.raises(TemplateFault):
        call("params: {a: '{{ pairs.zzz }}'}")


def test_arguments_of_a_function_have_types():
    run = read('run: {function: lookup, args: {number: "{{ number }}", tries: 3, deep: [true, "{{ many }}"]}}')
    assert isinstance(run, PerformEffect)
    args = {"number": SCOPE["number"], "tries": 3, "deep": [True, ["a", 2, None]]}
    assert function_call(run, SCOPE) == FunctionCall("lookup", args)
    assert function_call(read("run: lookup"), SCOPE) == FunctionCall("lookup", {})


def test_a_text_message():
    send = read(
        'send: {to: "{{ \' +15550101 \' }}", body: "Hi {{ many[0] }}", media_url: [https://a.example/x.png, "{{ many }}"]}'
    )
    assert isinstance(send, PerformEffect)
    media = ("https://a.example/x.png", "a", "2")
    assert text_message(send, SCOPE, NOW) == TextMessage("+15550101", "Hi a", media, "+15550100", "k")
    own = read('send: {to: "+15550101", body: Hi, from: "{{ nothing }}"}')
    assert text_message(own, SCOPE, NOW).from_ == "+15550100"
    own = read('send: {to: "+15550101", body: Hi, from: "+15550199"}')
    assert text_message(own, SCOPE, NOW).from_ == "+15550199"


@pytest.mark.parametrize(
    ("to", "own", "from_"),
    [
        ("+15550101", "+15550100", "+15550100"),
        ("whatsapp:+15550101", "+15550100", "whatsapp:+15550100"),
        ("whatsapp:+15550101", "whatsapp:+15550100", "whatsapp:+15550100"),
        ("+15550101", "whatsapp:+15550100", "+15550100"),
        ("messenger:1", "+15550100", "+15550100"),
        ("whatsapp:+15550101", "", ""),
    ],
)
def test_the_number_that_was_called_sends_on_the_channel_of_the_other(to, own, from_):
    send = read(f'send: {{to: "{to}", body: Hi}}')
    assert text_message(send, SCOPE, Circumstances("k", own)).from_ == from_


def test_a_message_to_nobody_or_with_too_many_pictures_is_a_fault():
    with pytest.raises(Fault, match="`to` came out as nothing"):
        text_message(read('send: {to: "{{ nothing }}", body: Hi}'), SCOPE, NOW)
    with pytest.raises(Fault, match="`media_url` came out as 11 addresses: a message takes 10"):
        text_message(read('send: {to: "+15550101", media_url: "{{ many }}"}'), {**SCOPE, "many": ["x"] * 11}, NOW)
