"""Values: their types, what none and lists become, and that what a caller says or sends is data wherever it stands."""

import json
import re
from datetime import UTC, datetime
from functools import reduce
from urllib.parse import parse_qsl, quote, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.grammar.limits import SIZE, TOO_DEEP, TOO_LARGE
from engine.program.library import load_sources
from engine.runtime.request import Request
from engine.runtime.respond import respond, respond_in_session
from engine.runtime.scope import storable

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class TestTypes:
    @pytest.mark.parametrize(
        ("written", "value"),
        [
            ("1", 1),
            ("-2.5", -2.5),
            ("1e3", 1000.0),
            ("true", True),
            ("false", False),
            ("null", None),
            ("'1'", "1"),
            ('"true"', "true"),
            ("yes", "yes"),
            ("no", "no"),
            ("0177", "0177"),
            ("+15550100", "+15550100"),
            ("09:30", "09:30"),
            ("1.", "1."),
            ("NaN", "NaN"),
            ("True", "True"),
            ("[1, a, [true]]", [1, "a", [True]]),
            ("{a: 1, b: {c: x}}", {"a": 1, "b": {"c": "x"}}),
            ("'{{ 1 + 1 }}'", 2),
            ("'{{ [1, 2] }}'", [1, 2]),
            ("'{{ {\"a\": none} }}'", {"a": None}),
            ("'{{ none }}'", None),
            ("'{{ 1 == 1 }}'", True),
            ("'{{ 1 }}{{ 1 }}'", "11"),
            ("'n{{ 1 }}'", "n1"),
            ("'{{ now }}'", "2026-11-23T12:00:00+00:00"),
            ("['{{ 1 }}', '{{ now }}']", [1, "2026-11-23T12:00:00+00:00"]),
            ("{a: '{{ call.from }}'}", {"a": "+15550001111"}),
            ("'{{ params }}'", {"CallSid": "CA1", "From": "+15550001111", "To": "+15550002222"}),
        ],
    )
    def test_a_value_keeps_its_type(self, call, written, value):
        made = call(f=f"steps:\n  a:\n    - set: {{x: {written}}}\n")
        made.ask("f")
        assert made.session.variables["x"] == value
        assert type(made.session.variables["x"]) is type(value)

    @pytest.mark.parametrize("place", ["vars", "takes"])
    def test_first_values_have_types_and_templates_too(self, call, place):
        made = call(
            f=f"{place}: {{a: 1, b: '{{{{ a + 1 }}}}', c: '{{{{ call.from }}}}', d: [1, x]}}\nsteps: {{s: [{{say: '{{{{ b }}}}'}}]}}"
        )
        assert made.ask("f") == "<Say>2</Say>"
        assert made.session.variables == {"a": 1, "b": 2, "c": "+15550001111", "d": [1, "x"]}

    def test_set_happens_in_order(self, call):
        made = call(
            f="steps: {a: [{set: {a: 1, b: '{{ a + 1 }}', c: '{{ b * 2 }}', a2: '{{ a }}'}}, {say: '{{ a }}{{ b }}{{ c }}'}]}"
        )
        assert made.ask("f") == "<Say>124</Say>"

    def test_what_no_session_can_hold_is_kept_as_text(self):
        assert storable({1: (1, {2}), "t": NOON, "o": 1j}) == {"1": [1, [2]], "t": NOON.isoformat(), "o": "1j"}


class TestWhatTwimlGets:
    def test_none_leaves_the_attribute_out(self, call):
        made = call(
            f="""
            vars: {lang: null, voice: Polly.Amy}
            steps:
              a: [{say: {message: Hello, language: "{{ lang }}", voice: "{{ voice }}", loop: "{{ none }}"}}]
        """
        )
        assert made.ask("f") == '<Say voice="Polly.Amy">Hello</Say>'

    def test_an_url_that_is_none_is_left_out_too(self, call, plain):
        made = call(f="steps: {a: [{enqueue: {name: q, wait_url: '{{ none }}'}}]}")
        assert plain(made.ask("f")) == "<Enqueue>q</Enqueue>"

    def test_a_list_repeats_the_element_with_its_attributes(self, call, plain):
        made = call(
            f="""
            vars: {numbers: ["+15550101", "+15550102"], none_at_all: []}
            steps:
              a: [{dial: {number: {phone_number: "{{ numbers }}", url: screen, send_digits: "{{ 1 }}"}}}]
              b: [{dial: {timeout: 5, number: [{phone_number: "{{ none_at_all }}"}, "+15550103"]}}]
              screen: [{say: Hello.}]
        """
        )
        number = '<Number sendDigits="1" url="f/screen&amp;_t=1&amp;_c=CA1">+1555010{}</Number>'
        assert plain(made.ask("f")) == f"<Dial>{number.format(1)}{number.format(2)}</Dial>"
        assert plain(made.ask("f/b")) == '<Dial timeout="5"><Number>+15550103</Number></Dial>'

    def test_a_list_in_an_attribute_is_joined_as_the_attribute_wants_it(self, call, plain):
        made = call(
            f="""
            vars: {words: [red, green], events: [initiated, ringing]}
            steps:
              a: [{gather: {input: speech, hints: "{{ words }}"}}]
              b: [{gather: {input: speech, hints: [blue, "{{ words }}"]}}]
              c: [{dial: {number: {phone_number: "+15550100", status_callback_event: "{{ events }}"}}}]
        """
        )
        assert 'hints="red,green"' in made.ask("f")
        assert 'hints="blue,red,green"' in made.ask("f/b")
        assert 'statusCallbackEvent="initiated ringing"' in made.ask("c")

    def test_booleans_and_numbers_in_attributes(self, call):
        made = call(
            f="""
            vars: {deep: true, t: 7}
            steps:
              a: [{dial: {number: "+15550100", hangup_on_star: "{{ deep }}", timeout: "{{ t + 1 }}", answer_on_bridge: "{{ t > 9 }}"}}]
        """
        )
        assert made.ask("f") == '<Dial answerOnBridge="false" hangupOnStar="true" timeout="8">+15550100</Dial>'

    def test_booleans_none_and_lists_in_texts(self, call):
        made = call(
            f="""
            vars: {yes_: true, nothing: null, many: [a, 2, true]}
            steps:
              a: [{say: "{{ yes_ }}"}, {say: "It is {{ yes_ }}{{ nothing }}."}, {say: "{{ nothing }}"}, {say: "{{ many }}"}]
        """
        )
        assert made.ask("f") == "<Say>true</Say><Say>It is true.</Say><Say></Say><Say>a 2 true</Say>"

    def test_a_mapping_for_task_is_json_with_types(self, call):
        made = call(
            f="""
            vars: {n: 5}
            steps:
              a: [{enqueue: {workflow_sid: WW1, task: {body: {count: "{{ n }}", who: "{{ call.from }}", ok: true, list: ["{{ n }}"]}}}}]
        """
        )
        task = ElementTree.fromstring(f"<r>{made.ask('f')}</r>").find("Enqueue/Task")
        assert json.loads(task.text) == {"count": 5, "who": "+15550001111", "ok": True, "list": [5]}


class TestKnownNames:
    @pytest.mark.parametrize(
        ("expression", "value"),
        [
            ("answer", "1"),
            ("digits", "1"),
            ("speech", ""),
            ("confidence", ""),
            ("call.sid", "CA1"),
            ("call.parent_sid", ""),
            ("call.caller_name", ""),
            ("message.body", ""),
            ("message.media | length", "0"),
            ("params.Anything", ""),
            ("params.CallSid", "CA1"),
            ("now.year", "2026"),
            ("flow", "f"),
            ("step", "a"),
            ("channel", "voice"),
            ("language", ""),
            ("mapping.items", "3"),
            ("mapping.keys", "4"),
        ],
    )
    def test_known_names_always_exist(self, call, expression, value):
        made = call(f="vars: {mapping: {items: 3, keys: 4}}\nsteps: {a: [{say: '{{ " + expression + " }}'}]}")
        assert made.ask("f", Digits="1") == f"<Say>{value}</Say>"

    def test_step_and_flow_are_those_of_the_step_that_is_played(self, call):
        made = call(
            f="steps: {a: [{say: '{{ flow }}/{{ step }}'}, {redirect: b}], b: [{say: '{{ step }}'}, {redirect: g/}]}",
            g="steps: {c: [{say: '{{ flow }}/{{ step }}'}]}",
        )
        assert made.ask("f") == "<Say>f/a</Say><Say>b</Say><Say>g/c</Say>"

    def test_what_was_texted_is_the_answer(self, call):
        made = call(
            {"CallSid": "", "MessageSid": "SM1", "Body": "Yes please"},
            f="channel: messaging\nsteps: {a: [{message: '{{ answer }}'}]}",
        )
        assert made.ask("f") == "<Message>Yes please</Message>"

    @pytest.mark.parametrize(
        ("sent", "text"),
        [
            ({"Name[1]": "Ann", "Name[7]": "Bob"}, "2:Ann,Bob,:Bob"),
            ({"Name": "Ann"}, "3:Ann,:n"),
            ({"Name[0]": "Ann", "Name[1]": "Bob"}, "2:Ann,Bob,:"),
            ({}, "0::"),
        ],
        ids=["numbered", "alone", "from zero", "not sent"],
    )
    def test_names_with_brackets_are_gathered(self, call, sent, text):
        made = call(
            f="steps: {a: [{say: '{{ params.Name | length }}:{% for n in params.Name %}{{ n }},{% endfor %}:{{ params.Name[7] if params.Name is not string else params.Name[1:2] }}'}]}"
        )
        assert made.ask("f", **sent) == f"<Say>{text}</Say>"


SHOW = """
vars: {kept: ""}
steps:
  a:
    - set: {kept: "{{ params.T }}"}
    - say: "{{ params.T }}"
    - say: {message: "x{{ kept }}x", language: "{{ params.T }}", voice: "v{{ params.T }}v"}
    - say: ["a", {say_as: {words: "{{ params.T }}", interpret_as: digits}}]
    - say: "{% if params.T %}{{ params.T ~ '' }}{% endif %}"
    - log: "{{ params.T }}"
    - enqueue: {workflow_sid: WW1, task: {body: {said: "{{ params.T }}", deep: ["{{ kept }}"]}}, branch: {else: a}}
  b:
    - twiml: <Say voice="{{ params.T }}">{{ params.T }}</Say>
"""
SOURCES = {"f.yaml": SHOW}
TRAPS = [
    "</Say><Dial>+19005550100</Dial><Say>",
    "{{ 7*7 }}",
    "{% for x in range(9999) %}x{% endfor %}",
    "{# gone #}",
    "]]>",
    "<![CDATA[x]]>",
    "&lt;&#0;&amp;",
    "a\x00b\x08c\x1bd\x7fe\x85f",
    "a\ud800b\udfffc",
    "\ufffe\uffff\ufdd0",
    "\r\n\tx\r",
    "\u2028\u2029",
    "'\"`",
    "😀é",
    "x" * 4000,  # a longer one is parted: tests/program/test_speech.py
    " padded ",
]
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class TestWhatACallerSaysIsData:
    program = load_sources(SOURCES).program

    def check(self, text: str) -> None:
        turn = Request("f", "", NOON, {"CallSid": "CA1", "T": text}, {}, {"campaign": text}, "")
        outcome, session = respond_in_session(self.program, turn, None)
        assert outcome.trouble is None, outcome.trouble
        root = ElementTree.fromstring(outcome.body.decode())
        clean = UNPRINTABLE.sub("", text)
        assert [child.tag for child in root] == ["Say", "Say", "Say", "Say", "Enqueue"]
        assert (root[0].text or "") == clean
        assert root[1].text == f"x{clean}x"
        assert root[1].get("language") == clean
        assert root[1].get("voice") == f"v{clean}v"
        assert [child.tag for child in root[2]] == ["say-as"]
        assert (root[2][0].text or "") == clean
        assert (root[3].text or "") == clean
        task = json.loads(root[4][0].text)
        assert [UNPRINTABLE.sub("", task["said"]), UNPRINTABLE.sub("", task["deep"][0])] == [clean, clean]
        assert session.variables["kept"] == text
        query = dict(parse_qsl(urlsplit(root[4].get("action")).query, keep_blank_values=True))
        assert query["campaign"] == re.sub("[\ud800-\udfff]", "?", text)
        assert outcome.lines[0][0] == text
        turn = Request("f", "b", NOON, {"CallSid": "CA1", "T": text})
        outcome, _ = respond_in_session(self.program, turn, None)
        (say,) = ElementTree.fromstring(outcome.body.decode())
        assert outcome.trouble is None
        assert (say.text or "") == clean.replace("\r\n", "\n").replace("\r", "\n")
        assert say.get("voice") == re.sub("\r\n|[\r\n\t]", " ", clean)

    @pytest.mark.parametrize("text", TRAPS, ids=[ascii(text)[:24] for text in TRAPS])
    def test_in_every_place_of_a_document(self, text):
        self.check(text)

    @settings(max_examples=150, deadline=None)
    @given(st.text(max_size=60) | st.text(st.characters(codec=None, exclude_categories=()), max_size=30))
    def test_whatever_it_is(self, text):
        self.check(text)

    @settings(max_examples=150, deadline=None)
    @given(st.text(alphabet="<>/&;\"'{}%# aSy=![]-?\x00\ufffe\r\n", max_size=40))
    def test_whatever_markup_it_looks_like(self, text):
        self.check(text)

    @pytest.mark.parametrize("name", ["SpeechResult", "Digits", "CallerName", "From", "To", "Body"])
    @pytest.mark.parametrize("text", TRAPS, ids=[ascii(text)[:24] for text in TRAPS])
    def test_in_every_parameter(self, call, name, text):
        made = call(
            f="""
            steps:
              a:
                - say: "{{ speech }}|{{ digits }}|{{ call.caller_name }}|{{ call.from }}|{{ call.to }}|{{ message.body }}"
        """
        )
        say = ElementTree.fromstring(made.ask("f", **{name: text}))
        assert UNPRINTABLE.sub("", text) in say.text
        assert len(say) == 0

    @pytest.mark.parametrize("text", TRAPS, ids=[ascii(text)[:24] for text in TRAPS])
    def test_a_whole_value_in_twiml_comes_out_well_formed_or_is_a_fault(self, call, text):
        made = call(f="on_error: b\nsteps: {a: [{twiml: '{{ params.T }}'}], b: [{say: Sorry.}]}")
        root = ElementTree.fromstring(f"<r>{made.ask('f', T=text)}</r>")
        assert all(child.tag in ("Say", "Dial") for child in root)

    def test_a_whole_value_in_twiml_is_markup(self, call):
        made = call(f="steps: {a: [{twiml: '{{ params.T }}'}]}")
        assert made.ask("f", T="<Say>Hi</Say><Pause/>") == "<Say>Hi</Say><Pause/>"

    def test_markup_that_a_caller_could_take_apart_is_a_fault(self, call):
        made = call(f="on_error: b\nsteps: {a: [{twiml: '<{{ params.T }}>x</{{ params.T }}>'}], b: [{say: Sorry.}]}")
        assert made.ask("f", T="Say") == "<Say>x</Say>"
        assert made.ask("f", T="Say voice='x") == "<Say>Sorry.</Say>"

    @pytest.mark.parametrize("text", ["javascript:x", "ftp://x", "//x", "x y", "", "menu", "http://", "\r\nhttps:/x"])
    def test_a_templated_target_must_come_out_as_a_url(self, call, text):
        made = call(f="on_error: b\nsteps: {a: [{redirect: '{{ params.T }}'}], b: [{say: Sorry.}]}")
        assert made.ask("f", T=text) == "<Say>Sorry.</Say>"

    @pytest.mark.parametrize("text", [*TRAPS, "\n"], ids=lambda text: ascii(text)[:24])
    def test_a_templated_url_holds_no_markup_and_no_line_breaks(self, call, text):
        made = call(f="on_error: b\nsteps: {a: [{play: 'https://example.com/{{ params.T }}.mp3'}], b: [{say: Sorry.}]}")
        play = ElementTree.fromstring(made.ask("f", T=text))
        assert play.tag == "Play", "half of a character is no fault either"
        assert re.fullmatch(r"https://example\.com/[!-~]*", play.text)

    @settings(max_examples=100, deadline=None)
    @given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4))
    def test_no_parameter_breaks_an_answer(self, params):
        program = self.program
        turn = Request("f", "", NOON, {**params, "CallSid": "CA1"}, {}, params, "")
        outcome = respond_in_session(program, turn, None)[0]
        assert outcome.trouble is None, "an apology would be well-formed too"
        assert ElementTree.fromstring(outcome.body.decode()).tag == "Response"

    def test_the_query_of_the_entry_brings_no_markup_into_addresses(self):
        program = load_sources({"f.yaml": "steps: {a: [{gather: {num_digits: 1, branch: {1: a}}}]}"}).program
        text = '"><Hangup/>\r\nSet-Cookie: x&_v=1&_c=2'
        turn = Request("f", "", NOON, {"CallSid": "CA1"}, {}, {"a": text, text: "b"}, "")
        gather = ElementTree.fromstring(respond(program, turn).body.decode())[0]
        query = dict(parse_qsl(urlsplit(gather.get("action")).query))
        assert query == {"_a": "0", "_v": program.version, "a": text, text: "b"}
        assert quote("\r\n") in gather.get("action")


class TestWhatASessionHolds:
    @pytest.mark.parametrize(
        "value",
        [
            "{{ 2 ** 63 }}",
            "{{ 2 ** 1000 }}",
            "{{ 1e308 * 10 }}",
            "{{ -1e308 * 10 }}",
            "{{ 1e308 * 10 - 1e308 * 10 }}",
            "{{ 0.1 + 0.2 }}",
        ],
    )
    def test_numbers_of_any_size_are_kept_from_turn_to_turn(self, line, value):
        made = line(f=f"vars: {{x: '{value}'}}\nsteps: {{a: [{{say: '{{{{ x }}}}'}}, {{pause: 1}}, {{redirect: a}}]}}")
        first = made.ask("f")
        assert "sorry" not in first.twiml
        assert made.ask(first.redirect).twiml.split("<Pause")[0] == first.twiml.split("<Pause")[0]

    def test_a_list_that_doubles_from_turn_to_turn_is_a_fault_when_it_is_too_large(self, line):
        made = line(
            f="on_error: b\nvars: {a: [x]}\nsteps: {a: [{set: {a: '{{ [a, a] }}'}}, {pause: 1}, {redirect: a}], b: [{say: Large.}]}"
        )
        answer = made.ask("f")
        for _ in range(40):
            if "Redirect" in answer.twiml:
                answer = made.ask(answer.redirect)
        assert answer.twiml == "<Say>Large.</Say>"

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            (["x" * 60_000] * 5, TOO_LARGE),
            ({"a": [0] * SIZE}, TOO_LARGE),
            ("x" * 70_000, "the text is longer than 65536 characters"),
            (1 << 60_000, "the number is too large"),
            (reduce(lambda inner, _: [inner], range(60), 0), TOO_DEEP),
        ],
        ids=["texts", "numbers", "text", "number", "nested"],
    )
    def test_what_is_too_large_is_not_kept(self, value, message):
        with pytest.raises(OverflowError) as refused:
            storable(value)
        assert str(refused.value) == message

    def test_a_variable_put_together_too_large_is_a_fault_with_its_place(self):
        entries = ", ".join(["'{{ l }}'"] * 5)
        flow = f"vars: {{l: \"{{{{ 'x' * 60000 }}}}\"}}\nsteps: {{a: [{{set: {{m: [{entries}]}}}}]}}"
        turn = Request("f", "", NOON, {"CallSid": "CA1"})
        outcome, session = respond_in_session(load_sources({"f.yaml": flow}).program, turn, None)
        assert outcome.trouble.message == TOO_LARGE
        assert outcome.trouble.span is not None
        assert "m" not in session.variables

    def test_mappings_with_keys_of_any_kind(self, line):
        made = line(f="vars: {x: '{{ {1: 2, none: 3} }}'}\nsteps: {a: [{say: '{{ x | length }}'}]}")
        assert made.ask("f").twiml == "<Say>2</Say>"
