"""Every form of a target: where it leads, and the address it is in an attribute."""

import re
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

import pytest

from engine.diagnostics import render_text
from engine.program.library import load_sources
from engine.runtime.request import Request
from engine.runtime.respond import respond

BILLING = "steps: {welcome: [{say: Billing.}], pay: [{say: Pay here.}]}"


def findings(text: str, **others: str) -> str:
    sources = {"f.yaml": text, **{f"{name}.yaml": other for name, other in others.items()}}
    return render_text(load_sources(sources).report.diagnostics)


def said(twiml: str) -> list[str]:
    return re.findall(r"<Say[^>]*>([^<]*)</Say>", twiml)


FORMS = [
    ("b", "<Say>B.</Say>"),
    ("f/b", "<Say>B.</Say>"),
    ("billing/pay", "<Say>Pay here.</Say>"),
    ("billing/", "<Say>Billing.</Say>"),
    ("https://example.com/x?a=1&b=2", "<Redirect>https://example.com/x?a=1&amp;b=2</Redirect>"),
    ("/other/x", "<Redirect>/other/x</Redirect>"),
    ("./more", "<Redirect>f/more</Redirect>"),
    ("./more?a=1&b=2", "<Redirect>f/more?a=1&amp;b=2</Redirect>"),
    ("../more", "<Redirect>more</Redirect>"),
    ("../billing/pay?a=1&b=2", "<Redirect>billing/pay?a=1&amp;b=2</Redirect>"),
    ("../../more", "<Redirect>../more</Redirect>"),
    ("../", "<Redirect>./</Redirect>"),
    ("/more?next=https://example.com/", "<Redirect>/more?next=https://example.com/</Redirect>"),
    ("..//more", "<Redirect>.//more</Redirect>"),
    ("../a:b", "<Redirect>./a:b</Redirect>"),
    ("../more?next=https://example.com/", "<Redirect>more?next=https://example.com/</Redirect>"),
    ("hangup", "<Hangup />"),
    ("leave", "<Leave />"),
]


@pytest.mark.parametrize(("target", "twiml"), FORMS)
def test_a_redirect_goes_on_at_its_target(call, target, twiml):
    made = call(f=f"steps: {{a: [{{redirect: '{target}'}}], b: [{{say: B.}}]}}", billing=BILLING)
    assert made.ask("f") == twiml


@pytest.mark.parametrize(("target", "twiml"), FORMS)
def test_a_branch_goes_on_at_its_target(call, target, twiml):
    made = call(f=f"steps: {{a: [{{branch: [{{else: '{target}'}}]}}], b: [{{say: B.}}]}}", billing=BILLING)
    assert made.ask("f") == twiml


@pytest.mark.parametrize(("target", "twiml"), FORMS)
def test_a_key_goes_on_at_its_target(call, plain, target, twiml):
    made = call(f=f"steps: {{a: [{{gather: {{branch: {{1: '{target}'}}}}}}], b: [{{say: B.}}]}}", billing=BILLING)
    made.ask("f")
    assert made.ask(made.action(), Digits="1") == (re.sub(r">(?=f/more|more|billing/pay\?|\.)", ">../", twiml))


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("b", "f/b"),
        ("f/b", "f/b"),
        ("billing/pay", "billing/pay"),
        ("billing/", "billing/welcome"),
        ("https://example.com/x?a=1&b=2", "https://example.com/x?a=1&amp;b=2"),
        ("/other/x", "/other/x"),
        ("./more", "f/more"),
        ("../more", "more"),
        ("../billing/pay", "billing/pay"),
        ("../../more", "../more"),
        ("repeat", "f/a"),
        ("restart", "f/start"),
        ("hangup", "f/start?_w=hangup"),
        ("leave", "f/start?_w=leave"),
    ],
)
@pytest.mark.parametrize(
    ("verb", "tag"),
    [
        ("dial: {number: '+1', action: TARGET}", "action"),
        ("enqueue: {name: q, action: TARGET}", "action"),
        ("gather: {partial_result_callback: TARGET}", "partialResultCallback"),
        ("record: {recording_status_callback: TARGET}", "recordingStatusCallback"),
        ("dial: {number: {phone_number: '+1', status_callback: TARGET}}", "statusCallback"),
        ("dial: {number: '+1', refer_url: TARGET}", "referUrl"),
    ],
)
def test_in_an_attribute_it_is_the_address_of_its_target(call, plain, target, address, verb, tag):
    steps = f"start: [{{redirect: a}}], a: [{{{verb.replace('TARGET', repr(target))}}}], b: []"
    twiml = plain(call(f=f"steps: {{{steps}}}", billing="steps: {welcome: [], pay: []}").ask("f"))
    assert re.findall(f' {tag}="([^"]*)"', twiml) == [address]


@pytest.mark.parametrize(
    ("verb", "written"),
    [
        ("enqueue: {name: q, wait_url: hold}", 'waitUrl="f/hold"'),
        ("dial: {conference: {name: r, wait_url: hold}}", 'waitUrl="f/hold"'),
        ("enqueue: {name: q, wait_url: ''}", 'waitUrl=""'),
        ("enqueue: {name: q, wait_url: '{{ params.X }}'}", 'waitUrl=""'),
        ("dial: {number: {phone_number: '+1', url: hold}}", ' url="f/hold"'),
        ("dial: {client: {identity: alice, url: hold}}", ' url="f/hold"'),
        ("dial: {queue: {name: q, url: hold}}", ' url="f/hold"'),
    ],
)
def test_pages_for_others_are_steps(call, plain, verb, written):
    assert written in plain(call(f=f"steps: {{a: [{{{verb}}}], hold: [{{say: Please hold.}}]}}").ask("f"))


def test_the_address_that_a_word_has_in_an_attribute_does_what_the_word_says(call):
    made = call(f="steps: {a: [{say: A.}, {dial: {number: '+1', action: hangup}}]}")
    made.ask("f")
    assert made.ask(made.action()) == "<Hangup />"


def test_where_twilio_wants_the_host_too_it_is_the_one_that_was_asked(load):
    """A document that is kept ready for one host is not given to another."""
    program = load(
        f="steps: {a: [{start: {stream: {url: 'wss://example.com', status_callback: b}}}], b: [{log: Told.}]}"
    )
    for host in ("one.example", "two.example"):
        body = respond(
            program, Request("f", "", datetime(2026, 11, 23, tzinfo=UTC), folder=f"https://{host}/flows/")
        ).body
        assert f'statusCallback="https://{host}/flows/f/b?'.encode() in body


class TestOwnPath:
    """`./path` is relative to the address of the step it is written in, whichever document the step is given in."""

    FLOWS = {
        "f": "steps: {a: [{redirect: g/b}]}",
        "g": "steps: {b: [{gather: {action: ./x, say: B.}}, {redirect: ./y}]}",
    }

    def test_in_its_own_document(self, call):
        assert (
            call(**self.FLOWS).ask("g/b") == '<Gather action="../g/x"><Say>B.</Say></Gather><Redirect>../g/y</Redirect>'
        )

    def test_at_the_entry_of_its_flow(self, call):
        assert call(**self.FLOWS).ask("g") == '<Gather action="g/x"><Say>B.</Say></Gather><Redirect>g/y</Redirect>'

    def test_in_the_document_of_another_step(self, call):
        assert call(**self.FLOWS).ask("f") == '<Gather action="g/x"><Say>B.</Say></Gather><Redirect>g/y</Redirect>'
        assert (
            call(**self.FLOWS).ask("f/a") == '<Gather action="../g/x"><Say>B.</Say></Gather><Redirect>../g/y</Redirect>'
        )


class TestPathAboveTheOwn:
    """`../path` is relative to the address of the step too: it lies beside the flow, wherever the step is given."""

    FLOWS = {
        "f": "steps: {a: [{redirect: g/b}], c: [{branch: [{else: g/b}]}]}",
        "g": "steps: {b: [{gather: {action: ../h/x, say: B.}}, {redirect: ../../y}]}",
    }

    @pytest.mark.parametrize(
        ("address", "base"),
        [("g", ""), ("g/b", "../"), ("f", ""), ("f/a", "../"), ("f/c", "../")],
    )
    def test_in_every_document_it_is_the_same_address(self, call, address, base):
        twiml = f'<Gather action="{base}h/x"><Say>B.</Say></Gather><Redirect>{base}../y</Redirect>'
        assert call(**self.FLOWS).ask(address) == twiml
        for written, whole in ((f"{base}h/x", "/sub/flows/h/x"), (f"{base}../y", "/sub/y")):
            assert urlsplit(urljoin(f"https://example.com/sub/flows/{address}", written)).path == whole

    @pytest.mark.parametrize("written", ["../{{ params.X }}", "{{ params.U }}"])
    def test_as_a_template(self, call, written):
        made = call(
            {"X": "a/b", "U": "../a%2Fb"},
            f="steps: {a: [{redirect: g/b}]}",
            g=f"steps: {{b: [{{redirect: '{written}'}}]}}",
        )
        assert made.ask("f") == "<Redirect>a%2Fb</Redirect>"
        assert made.ask("/flows/f/a") == "<Redirect>../a%2Fb</Redirect>"

    @pytest.mark.parametrize("sent", ["..//evil.example/x", "..///evil.example/x", "../javascript:x"])
    def test_what_a_caller_sends_leads_to_no_other_host(self, call, sent):
        made = call({"U": sent}, f="steps: {a: [{redirect: '{{ params.U }}'}]}")
        (url,) = re.findall("<Redirect>(.*)</Redirect>", made.ask("f"))
        assert urljoin("https://example.com/flows/f", url).startswith("https://example.com/flows/")

    def test_in_an_attribute_a_wait_document_and_on_error(self, call):
        made = call(f="on_error: ../sorry\nsteps: {a: [{enqueue: {name: desk, wait_url: ../hold}}]}")
        assert made.ask("f") == '<Enqueue waitUrl="hold">desk</Enqueue>'

    @pytest.mark.parametrize("written", ["..", "..x", "a/../b"])
    def test_what_only_looks_like_it_is_no_target(self, written):
        assert "F203" in findings(f"steps: {{a: [{{redirect: '{written}'}}]}}")


class TestRepeat:
    def test_is_this_step_again_from_its_beginning(self, call):
        made = call(
            f="steps: {a: [{say: Hello.}, {gather: {say: Menu., branch: {1: b}}}], b: [{gather: {say: B., branch: {9: repeat}}}]}"
        )
        made.ask("f")
        made.ask(made.action(0), Digits="1")
        assert said(made.ask(made.action(0), Digits="9")) == ["B."]

    def test_is_the_step_it_is_written_in_wherever_that_is_given(self, call, plain):
        made = call(f="steps: {a: [{say: A.}, {redirect: g/b}]}", g="steps: {b: [{say: B.}, {redirect: repeat}]}")
        assert plain(made.ask("f")) == "<Say>A.</Say><Say>B.</Say><Redirect>g/b</Redirect>"


class TestRestart:
    def test_is_the_start_of_the_flow_this_step_belongs_to(self, call):
        made = call(
            f="start: s\nsteps: {x: [{say: X.}], s: [{gather: {say: Start., branch: {1: b, 2: g/c}}}], b: [{gather: {branch: {0: restart}}}]}",
            g="steps: {h: [{say: H.}], c: [{gather: {branch: {0: restart}}}]}",
        )
        for key, heard in (("1", ["Start."]), ("2", ["H."])):
            made.ask("/flows/f")
            made.ask(made.action(0), Digits=key)
            assert said(made.ask(made.action(0), Digits="0")) == heard


class TestBack:
    FLOW = """
        steps:
          first: [{gather: {say: First., branch: {1: second, 9: back}}}]
          second: [{gather: {say: Second., branch: {1: third, 9: back, no_input: back}}}]
          third: [{gather: {say: Third., branch: {1: end, 9: back, else: third}}}]
          end: [{say: End.}, {redirect: back}]
    """

    def press(self, made, keys: str) -> list[str]:
        heard: list[str] = []
        for key in keys:
            heard = said(made.ask(made.action(0), Digits=key))
        return heard

    def test_is_the_question_that_was_answered_before_this_one(self, call):
        made = call(f=self.FLOW)
        made.ask("f")
        assert self.press(made, "1")[0] == "Second."
        assert self.press(made, "9") == ["First."]

    def test_again_is_the_one_before_that(self, call):
        made = call(f=self.FLOW)
        made.ask("f")
        assert self.press(made, "11") == ["Third."]
        assert self.press(made, "9")[0] == "Second."
        assert self.press(made, "9") == ["First."]

    def test_at_the_first_it_is_restart(self, call):
        made = call(f=self.FLOW)
        made.ask("f")
        assert self.press(made, "9") == ["First."]
        assert self.press(made, "1999") == ["First."]

    def test_forward_again_it_remembers_the_new_way(self, call):
        made = call(f=self.FLOW)
        made.ask("f")
        assert self.press(made, "1191") == ["Third."]
        assert self.press(made, "9")[0] == "Second."

    def test_an_answer_that_no_key_takes_is_no_answered_question(self, call):
        made = call(f=self.FLOW)
        made.ask("f")
        assert self.press(made, "1177") == ["Third."]
        assert self.press(made, "9")[0] == "Second."

    def test_to_hear_a_question_again_is_no_answer_to_it(self, call):
        made = call(f=self.FLOW.replace("1: third, ", "1: third, 5: repeat, "))
        made.ask("f")
        assert self.press(made, "155")[0] == "Second."
        assert self.press(made, "9") == ["First."]

    def test_on_silence_it_is_known_only_when_the_silence_is_over(self, call):
        made = call(f=self.FLOW)
        made.ask("f")
        self.press(made, "1")
        assert said(made.ask(made.redirect())) == ["First."]

    def test_by_redirect_it_is_the_last_answered_question(self, call):
        made = call(f=self.FLOW)
        made.ask("f")
        assert self.press(made, "111") == ["End.", "Third."]

    def test_a_call_that_answered_nothing_begins_anew(self, call):
        made = call(f="steps: {a: [{gather: {say: A., branch: {1: b}}}], b: [{redirect: back}]}")
        assert said(made.ask("f/b")) == ["A."]


class TestTemplates:
    ASKED = {"Digits": "1", "X": "a b&c#d/e?f=g%h'\"<é", "U": "https://example.com/p?a=1&b=2#c"}

    def leads(self, call, target: str, **sent: str) -> str:
        made = call({**self.ASKED, **sent}, f=f"steps: {{a: [{{redirect: {target!r}}}]}}")
        return made.ask("f")

    def test_a_template_inside_a_url_is_percent_encoded(self, call):
        encoded = "a%20b%26c%23d%2Fe%3Ff%3Dg%25h%27%22%3C%C3%A9"
        for target in ("https://example.com/{{ params.X }}/z", "/x?q={{ params.X }}", "/x/{{ params.X | string }}?a=1"):
            assert encoded in self.leads(call, target)

    def test_a_template_that_is_the_whole_url_is_not(self, call):
        assert self.leads(call, "{{ params.U }}") == "<Redirect>https://example.com/p?a=1&amp;b=2#c</Redirect>"
        assert self.leads(call, "{{ params.U | trim }}") == "<Redirect>https://example.com/p?a=1&amp;b=2#c</Redirect>"

    def test_a_template_with_which_a_url_begins_is_its_scheme_and_host(self, call):
        assert self.leads(call, "{{ params.U }}/{{ params.X }}", U="https://example.com", X="a/b") == (
            "<Redirect>https://example.com/a%2Fb</Redirect>"
        )
        assert self.leads(call, "{{ params.U | trim }}/{{ params.X | trim }}", U="https://example.com", X="a/b") == (
            "<Redirect>https://example.com/a%2Fb</Redirect>"
        )

    def test_what_loops_and_conditions_write_is_encoded_too(self, call):
        target = "/x{% for n in [1, 2] %}/{{ params.X }}{{ n }}{% endfor %}"
        assert self.leads(call, target, X="&") == "<Redirect>/x/%261/%262</Redirect>"

    def test_what_no_url_can_hold_is_encoded_in_a_whole_one(self, call):
        assert self.leads(call, "{{ params.U }}", U="https://example.com/a b<c>é%20") == (
            "<Redirect>https://example.com/a%20b%3Cc%3E%C3%A9%20</Redirect>"
        )

    @pytest.mark.parametrize("url", ["https://example.com/x", "http://h/x", "HTTPS://example.com", "/path", "/"])
    def test_it_must_come_out_as_a_url(self, call, url):
        assert self.leads(call, "{{ params.U }}", U=url) == f"<Redirect>{url}</Redirect>"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "b",
            "f/b",
            "javascript:alert(1)",
            "ftp://example.com/",
            "//evil.example/x",
            "https://",
            "https:///x",
            "wss://example.com",
            "hangup",
        ],
    )
    def test_anything_else_is_a_fault_of_the_step(self, call, text):
        made = call(
            {"U": text}, f="on_error: sorry\nsteps: {a: [{redirect: '{{ params.U }}'}], b: [], sorry: [{say: Sorry.}]}"
        )
        assert made.ask("f") == "<Say>Sorry.</Say>"
        assert "must come out as a URL" in made.outcome.trouble.message

    def test_in_branches_and_attributes_the_same_holds(self, call, plain):
        made = call(
            self.ASKED,
            f="""
            steps:
              a:
                - gather:
                    partial_result_callback: "https://example.com/{{ params.X }}"
                    branch: {1: "/one?x={{ params.X }}"}
        """,
        )
        assert 'partialResultCallback="https://example.com/a%20b%26c' in made.ask("f")
        assert made.ask(made.action()).startswith("<Redirect>/one?x=a%20b%26c%23d%2Fe%3Ff%3Dg%25h%27%22%3C%C3%A9<")

    def test_none_leaves_an_attribute_out(self, call):
        made = call(f="steps: {a: [{dial: {number: '+1', action: '{{ params.U or none }}'}}]}")
        assert made.ask("f") == "<Dial>+1</Dial>"

    @pytest.mark.parametrize("written", ["./{{ params.X }}", "{{ params.U }}"])
    def test_an_own_path_is_relative_to_the_step_it_is_written_in(self, call, written):
        made = call(
            {"X": "a/b", "U": "./a%2Fb"},
            f="steps: {a: [{redirect: g/b}]}",
            g=f"steps: {{b: [{{redirect: '{written}'}}]}}",
        )
        assert made.ask("f") == "<Redirect>g/a%2Fb</Redirect>"
        assert made.ask("/flows/f/a") == "<Redirect>../g/a%2Fb</Redirect>"

    @pytest.mark.parametrize("verb", ["start: {stream: {url: URL}}", "connect: {conversation_relay: {url: URL}}"])
    def test_a_socket_is_reached_by_wss(self, call, verb):
        step = verb.replace("URL", "'wss://example.com/{{ params.X }}'")
        assert 'url="wss://example.com/a%2Fb"' in call({"X": "a/b"}, f=f"steps: {{a: [{{{step}}}]}}").ask("f")
        for other in ("https://example.com", "/path", "./path"):
            step = verb.replace("URL", "'{{ params.X }}'")
            made = call({"X": other}, f=f"steps: {{a: [{{{step}}}]}}")
            made.ask("f")
            assert "must come out as a URL" in made.outcome.trouble.message

    def test_a_file_to_play_is_found_from_every_address(self, call):
        made = call(
            {"X": "a/b"},
            f="steps: {a: [{play: 'audio/{{ params.X }}.mp3'}, {play: 'https://example.com/{{ params.X }}'}]}",
        )
        assert made.ask("f") == "<Play>audio/a%2Fb.mp3</Play><Play>https://example.com/a%2Fb</Play>"
        assert made.ask("/flows/f/a") == "<Play>../audio/a%2Fb.mp3</Play><Play>https://example.com/a%2Fb</Play>"

    @pytest.mark.parametrize(
        "target", ["step_{{ params.X }}", "f/{{ params.X }}", "wss://x/{{ params.X }}", "ftp://{{ params.X }}"]
    )
    def test_one_that_begins_as_no_url_is_an_error_when_the_file_is_read(self, target):
        assert "error[F203]" in findings(f"steps: {{a: [{{redirect: '{target}'}}]}}")

    def test_names_in_it_are_checked(self):
        assert "error[F301]" in findings("steps: {a: [{redirect: 'https://example.com/{{ nobody }}'}]}")


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("menue", "F201"),
        ("billing/nowhere", "F201"),
        ("biling/", "F202"),
        ("biling/pay", "F202"),
        ("f/billing/pay", "F203"),
        ("ftp://example.com", "F103"),
        ("https://", "F103"),
        ("https://my_host.example/", "F103"),
        ("https://example.com/a b", "F103"),
        ("Menu!", "F203"),
    ],
)
def test_a_target_that_does_not_exist_is_an_error_with_the_nearest_name(target, code):
    said_of_it = findings(f"steps: {{menu: [{{redirect: '{target}'}}]}}", billing=BILLING)
    assert f"error[{code}]" in said_of_it
    if code in ("F201", "F202") and target != "billing/nowhere":
        assert "did you mean" in said_of_it


@pytest.mark.parametrize("word", ["repeat", "back", "restart", "hangup", "leave"])
def test_the_words_are_never_names_of_steps(word):
    assert "error[F111]" in findings(f"steps: {{{word}: [{{say: Hello}}]}}")


def test_a_redirect_to_a_foreign_address_may_ask_by_get(call):
    made = call(f="steps: {a: [{redirect: {url: 'https://example.com/{{ call.from }}', method: GET}}]}")
    assert made.ask("f") == '<Redirect method="GET">https://example.com/%2B15550001111</Redirect>'
