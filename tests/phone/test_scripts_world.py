"""What the world answers in call scripts: how it is written, what it fits, and how calls go by it."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.diagnostics import Report, Source, render_line, render_text
from engine.phone.scripts import Result, Script, check_names, play, read_script
from engine.phone.scripts.stubs import MASK, Answer, Ask, Stub, hint
from engine.phone.scripts.write_stubs import LONG, given_lines, pruned, stubs_of
from engine.runtime.effects import secrets
from engine.testing.project import Project

BANK = """\
on_error: sorry
steps:
  welcome:
    - say: Welcome.
    - request:
        url: https://bank.example.com/accounts
        params: {phone: "{{ call.from }}", key: "{{ env.BANK_KEY }}"}
        save: account
        branch: {404: nobody, timeout: slow}
    - gather: {num_digits: 4, say: "Your PIN, {{ account.name }}.", save: pin}
    - request:
        url: "https://bank.example.com/accounts/{{ account.id }}/pin"
        json: {pin: "{{ pin }}"}
        save: {wait: headers, proof: body}
        branch: {403: wrong}
    - run: {function: greeting, args: {name: "{{ account.name }}"}, save: words, branch: {error: plain}}
    - say: "{{ words }}"
    - send: {to: "{{ call.from }}", body: "Your balance is {{ account.balance | money }}.", branch: {error: sorry}}
    - say: A text is on its way.
  nobody: [{say: Nobody has an account.}]
  slow: [{say: The bank is slow.}]
  wrong: [{say: "Wrong. Wait {{ wait['retry-after'] }}."}]
  plain: [{say: Good day.}]
  sorry: [{say: Sorry.}]
"""
BARE = "steps: {a: [{request: {url: 'https://x.example/a'}}, {say: Fine.}]}"
AGAIN = """\
steps:
  a:
    - request: {url: https://x.example/a, branch: {503: wait, timeout: wait}}
    - say: Fine.
    - redirect: wait
  wait: [{gather: {say: Wait.}}, {redirect: a}]
"""
FUNCTIONS = "def greeting(name):\n    return f'Good day, {name}.'\n"
ANN = "/accounts?: {id: 4711, name: Ann, balance: '12.50'}"

Play = Callable[..., Result]


def read(text: str) -> tuple[Script | None, str]:
    report = Report()
    script = read_script(Source("bank.calls.yaml", text), report)
    return script, render_line(report.diagnostics)


def given_(lines: str) -> str:
    return f"given:\n{lines}\ncalls:\n  A call:\n    - hear: Hello\n"


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("flows")
    (folder / "functions.py").write_text(FUNCTIONS)
    sources = {"bank.yaml": BANK, "bare.yaml": BARE, "again.yaml": AGAIN}
    for name, text in sources.items():
        (folder / name).write_text(text)
    project = Project.load(folder, {"BANK_KEY": "hunter22"})
    assert isinstance(project, Project), render_text(project.diagnostics)
    return project


@pytest.fixture
def played(bank: Project) -> Play:
    """Plays a script of one call; mistakes in the script itself fail the test."""

    def make(text: str, flow: str = "bank") -> Result:
        script, wrong = read(f"flow: {flow}\n{text}")
        assert not wrong
        assert script is not None
        (result,) = play(script, bank)
        return result

    return make


def missed(result: Result) -> tuple[str, ...]:
    assert result.failure is not None, result.transcript
    return result.failure.title, *result.failure.notes


# Reading


@pytest.mark.parametrize(
    ("written", "answers"),
    [
        ("404", [Answer("", 404)]),
        ("timeout", [Answer(failure="timeout")]),
        ("error", [Answer(failure="error")]),
        ('"error"', [Answer("error")]),
        ("sunny", [Answer("sunny")]),
        ("600", [Answer(600)]),
        ("null", [Answer(None)]),
        ("{id: 4711, name: Ann, vip: true, zip: '0177'}", [Answer({"id": 4711, "name": "Ann", "vip": True, "zip": "0177"})]),
        ("{status: 500}", [Answer("", 500)]),
        ("{status: shipped}", [Answer({"status": "shipped"})]),
        ("{body: [1, 2]}", [Answer([1, 2])]),
        ("{status: 429, headers: {Retry-After: 3}}", [Answer("", 429, {"retry-after": "3"})]),
        ("[503, {id: 1}, timeout]", [Answer("", 503), Answer({"id": 1}), Answer(failure="timeout")]),
        ("[[1, 2]]", [Answer([1, 2])]),
        ("[]", [Answer([])]),
    ],
)  # fmt: skip
def test_what_answers_a_request(written: str, answers: list[Answer]) -> None:
    script, wrong = read(given_(f"  request:\n    /a: {written}"))
    assert not wrong
    assert script is not None
    (stub,) = script.calls[0].given.stubs
    assert (stub.kind, stub.words, list(stub.answers)) == ("request", "/a", answers)


@pytest.mark.parametrize(
    ("line", "kind", "answers"),
    [
        ("request: timeout", "request", [Answer(failure="timeout")]),
        ("request: [500, 404]", "request", [Answer("", 500), Answer("", 404)]),
        ("send: sent", "send", [Answer()]),
        ("send: [error, sent]", "send", [Answer(failure="error"), Answer()]),
    ],
)
def test_what_answers_everything_of_a_kind(line: str, kind: str, answers: list[Answer]) -> None:
    script, wrong = read(given_(f"  {line}"))
    assert not wrong
    assert script is not None
    (stub,) = script.calls[0].given.stubs
    assert (stub.kind, stub.words, list(stub.answers)) == (kind, "", answers)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("request: {}", "error[F403]: `request` answers nothing (write request: {GET https://example.com/customers: {name: Ann}} or request: {/customers: 404})"),
        ("request: nobody", "error[F403]: `request` must be a status, `error`, `timeout` or a body by path (write request: 404 or request: error or request: {/customers: {name: Ann}})"),
        ("request: {status: 404}", "error[F403]: `request` says which request is answered (the key is the path of a request: request: {/customers: {status: 404}})"),
        ("request: {/a: }", "error[F403]: nothing is answered here (write timeout, or null for nothing)"),
        ("request: {/a: timout}", "error[F405]: `request` never ends `timout` (did you mean `timeout`?)"),
        ("request: {/a: 4xx}", "error[F405]: `request` never ends `4xx` (did you mean `404`?)"),
        ("request: {/a: {status: 1000}}", "error[F403]: a status is a number from 100 to 599 (write status: 404)"),
        ("request: {/a: {status: gone, body: x}}", "error[F403]: a status is a number from 100 to 599 (write status: 404)"),
        ("request: {/a: {stats: 404, body: x}}", "error[F402]: an answer has no part `stats` (did you mean `status`?)"),
        ("request: {/a: {body: x, headers: {a: [1]}}}", "error[F403]: `a` must be a text"),
        ('request: {"/a(/": 404}', "error[F403]: this is no regular expression: missing ) (between slashes is a regular expression; a path that ends with a slash has none of its signs)"),
        ('request: {"https://x.example/{{ id }}": 404}', "error[F403]: a call script has no templates (write what comes out of it, or * in its place: https://x.example/*)"),
        ("run: lookup", "error[F403]: `run` must be a mapping (write run: {lookup: {name: Ann}})"),
        ("run: {look up: 1}", "error[F403]: a function is told by its name (write run: {lookup: {name: Ann}})"),
        ("run: {lookup: }", "error[F403]: nothing is answered here (write error, or null for nothing)"),
        ("send: send", "error[F405]: `send` never ends `send` (did you mean `sent`?)"),
        ("send: {to: 1}", "error[F403]: `send` is told by `sent` or `error` (write send: sent or send: error)"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_what_to_write(line: str, said: str) -> None:
    text = given_(f"  {line}")
    found = read(text)[1]
    assert re.sub(r"^bank\.calls\.yaml:2:\d+: ", "", found) == said
    assert "\n" not in found


def test_a_message_is_no_wider_than_a_terminal() -> None:
    report = Report()
    read_script(Source("bank.calls.yaml", given_('  request: {"/a(/": 404, /b: {status: 0}, /c: tmeout}')), report)
    assert len(report.diagnostics) == 3
    assert max(map(len, render_text(report.diagnostics).splitlines())) <= 80


def test_functions_that_no_flow_runs_are_told_with_the_nearest_name(bank: Project) -> None:
    script, _ = read(
        "given: {run: {greetings: 1}}\ncalls:\n  A: [hangup]\n  B:\n    given: {run: {other: 1, greeting: 1}}\n    turns: [hangup]\n"
    )
    assert script is not None
    report = Report()
    flows = {name: flow.steps for name, flow in bank.program.flows.items()}
    assert not check_names(script, flows, report, None, bank.functions)
    assert render_line(report.diagnostics).splitlines() == [
        "bank.calls.yaml:1:15: error[F404]: no flow runs a function named `greetings` (did you mean `greeting`?)",
        "bank.calls.yaml:5:19: error[F404]: no flow runs a function named `other` (known here: greeting)",
    ]
    report = Report()
    assert not check_names(script, flows, report, None, ())
    assert "leave  run  out" in render_text(report.diagnostics)


LEAVES = st.sampled_from(
    [
        "404",
        "timeout",
        "error",
        "sent",
        "null",
        "{}",
        "[]",
        "''",
        '"x"',
        "~",
        "1e999",
        "NaN",
        "600",
        "4xx",
        "'/('",
        "'{{ x }}'",
    ]
)
KEYS = st.sampled_from(
    ["a", "''", "status", "body", "headers", "/x/", "/(/", "GET https://x", "look", "_x", "'{{ a }}'"]
)
NODES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(st.tuples(KEYS, inner), max_size=3).map(
            lambda pairs: f"{{{', '.join(f'{k}: {v}' for k, v in pairs)}}}"
        )
    ),
    max_leaves=8,
)


@settings(max_examples=200)
@given(st.sampled_from(["request", "run", "send"]), NODES)
def test_whatever_is_written_is_read_or_told_within_a_terminal(kind: str, node: str) -> None:
    report = Report()
    script = read_script(Source("bank.calls.yaml", given_(f"  {kind}: {node}")), report)
    assert script is not None or report.errors
    assert max(map(len, render_text(report.diagnostics).splitlines()), default=0) <= 80


def test_what_others_call_a_turn_that_expects_an_ask_leads_to_its_name() -> None:
    for word in ("request", "send", "asks"):
        assert "did you mean `asked`?" in read(f"calls: {{A: [{word}: GET]}}\n")[1]


# What an answer fits


@pytest.mark.parametrize(
    ("words", "line", "fits"),
    [
        ("GET https://x.example/a", "GET https://x.example/a?b=1", True),
        ("get HTTPS://X.example/a", "GET https://x.example/a", True),
        ("POST", "GET https://x.example/a", False),
        ("GET", "GET https://x.example/a", True),
        ("", "GET https://x.example/a", True),
        # a whole path
        ("/orders/12345", "GET https://x.example/orders/12345", True),
        ("/orders/12345", "GET https://x.example/orders/12345.", False),
        ("/orders/12345", "GET https://x.example/orders/123456", False),
        ("/orders/12345", "GET https://x.example/v1/orders/12345", False),
        ("/orders/12345", "GET https://x.example/orders/12345/lines", False),
        ("/orders", "GET https://x.example/orders?id=12345", True),
        ("/orders", "GET https://x.example/Orders", False),
        ("https://x.example/a", "GET https://x.example/a/b", False),
        ("https://x.example/a", "GET https://y.example/a", False),
        ("https://x.example/a", "GET http://x.example/a", False),
        ("https://x.example", "GET https://x.example/", True),
        ("https://x.example/", "GET https://x.example/a", False),
        # a server alone: everything on it
        ("https://x.example", "GET https://x.example/a", True),
        ("https://x.example", "GET https://y.example/x.example", False),
        ("x.example", "GET https://x.example/a?b=1", True),
        ("localhost:8001", "GET http://localhost:8001/a", True),
        ("a.json", "GET https://x.example/b/a.json", True),
        # a slash at its end is a part of it, and makes no pattern of it
        ("/orders/", "GET https://x.example/orders/", True),
        ("/orders/", "GET https://x.example/orders", False),
        ("/orders", "GET https://x.example/orders/", False),
        ("/v1.2/", "GET https://x.example/v1.2/a", False),
        # the end of an address
        ("4711/pin", "POST https://x.example/accounts/4711/pin", True),
        ("711/pin", "POST https://x.example/accounts/4711/pin", False),
        ("4711", "POST https://x.example/accounts/4711/pin", False),
        ("pin", "POST https://x.example/accounts/4711/pin", True),
        ("x.example/a", "GET https://x.example/a", True),
        ("X.example/a", "GET https://x.example/a", True),
        ("localhost:8001/a", "GET http://localhost:8001/a", True),
        ("x.example", "GET https://x.example/", True),
        ("example/a", "GET https://x.example/a", False),
        # anything
        ("/orders/*", "GET https://x.example/orders/1/lines", True),
        ("/orders/*", "GET https://x.example/orders", False),
        ("/orders/*/lines", "GET https://x.example/orders/1/lines", True),
        ("/orders/*/lines", "GET https://x.example/orders/lines", False),
        ("/*", "GET https://x.example/a/b?c=1", True),
        ("https://*.example/a", "GET https://x.example/a", True),
        ("orders/*", "GET https://x.example/v1/orders/1", True),
        ("orders/*", "GET https://x.example/reorders/1", False),
        # spellings of the same address (RFC 3986, 6.2)
        ("https://X.EXAMPLE:443/a", "GET https://x.example/a", True),
        ("https://x.example/a", "GET https://X.example:443/a", True),
        ("http://x.example:80/a", "GET http://x.example/a", True),
        ("https://x.example/a", "GET https://x.example:8443/a", False),
        ("/a%7Eb", "GET https://x.example/a~b", True),
        ("/caf%c3%a9", "GET https://x.example/café", True),
        ("/café", "GET https://x.example/caf%C3%A9", True),
        ("/a/b", "GET https://x.example/a%2Fb", False),
        ("/a%2Ab", "GET https://x.example/a*b", True),
        ("/a%2Ab", "GET https://x.example/axb", False),
        ("/a#part", "GET https://x.example/a", True),
        # the query
        ("?phone=+1555", "GET https://x.example/a?phone=%2B1555", True),
        ("?phone=%2B1555", "GET https://x.example/a?phone=%2B1555", True),
        ("/a?phone=%2B1555", "GET https://x.example/a?b=1&phone=%2B1555", True),
        ("/a?phone", "GET https://x.example/a?b=1&phone=", True),
        ("/a?phone", "GET https://x.example/a?b=1", False),
        ("/a?phone=1", "GET https://x.example/a?phone=12", False),
        ("/a?phone=1*", "GET https://x.example/a?phone=12", True),
        ("/a?q=two+words", "GET https://x.example/a?q=two%20words", True),
        ("/a?b=2&b=1", "GET https://x.example/a?b=1&b=2", True),
        (f"/a?key={MASK}", "GET https://x.example/a?key=hunter22", True),
        # the body
        ('POST /a {"pin": "1234"}', 'POST https://x.example/a {"id": 1, "pin": "1234"}', True),
        ('{"pin": "1234"}', 'POST https://x.example/a {"pin":"1234"}', True),
        ('{"pin": 1234}', 'POST https://x.example/a {"pin": "1234"}', False),
        ('{"pin": 1}', 'POST https://x.example/a {"pin": true}', False),
        ("POST /a pin=1234", "POST https://x.example/a id=1&pin=1234", True),
        ("POST /a pin=1234", "POST https://x.example/a pin=12345", False),
        # patterns
        (r"/\/a\/\d+$/", "GET https://x.example/a/12", True),
        (r"/\/a\/\d+$/", "GET https://x.example/a/12/b", False),
        (r"/colou?rs/", "GET https://x.example/colors", True),
        (r"/a.*z/", "GET https://x.example/abcz", True),
    ],
)
def test_a_key_means_a_whole_path_unless_it_says_otherwise(words: str, line: str, fits: bool) -> None:
    ask = Ask("request", line, line.replace("hunter22", MASK))
    stub = read_stub(f"  request: {{'{words}': 404}}" if words else "  request: 404")
    assert stub.takes(ask) is fits
    assert not stub.takes(ask._replace(kind="run"))


def test_the_most_exact_of_several_keys_answers_wherever_it_is_written() -> None:
    keys = [
        'POST https://x.example/a/b?c=1 {"d": 1}',
        "POST https://x.example/a/b?c=1",
        "/a/b?c=1",
        "POST https://x.example/a/b",
        "https://x.example/a/b",
        "x.example/a/b",
        "/a/b",
        "a/b",
        "b",
        "/a/*",
        "*",
        "https://x.example",
        "POST",
        r"/\/a\/b/",
    ]
    asked = Ask("request", 'POST https://x.example/a/b?c=1 {"d": 1}', 'POST https://x.example/a/b?c=1 {"d": 1}')
    for written in (keys, keys[::-1], keys[::2] + keys[1::2]):
        lines = "".join(f"    {json.dumps(key)}: 404\n" for key in written)
        script, wrong = read(given_(f"  request:\n{lines}"))
        assert not wrong
        assert script is not None
        stubs = script.calls[0].given.stubs
        assert [stub.words for stub in stubs] == keys
        assert all(stub.takes(asked) for stub in stubs)


def test_an_exact_answer_of_the_file_stands_behind_any_of_the_call(played: Play) -> None:
    result = played("""
given: {request: {GET https://bank.example.com/accounts: timeout}}
calls:
  A call:
    given: {request: 404}
    turns:
      - hear: Nobody has an account.
""")
    assert result.failure is None, result


def test_a_path_that_is_only_the_end_of_what_is_asked_is_told(played: Play) -> None:
    said = missed(
        played(f"given: {{request: {{/pin: 204, {ANN}}}}}\ncalls:\n  A call:\n    - press: 1234\n    - hear: x\n")
    )
    assert said[0] == "the script has no answer to a `request` of the flow"
    assert "`/pin` is a whole path; the end of one has no slash before it: pin" in said


def test_a_function_fits_by_its_whole_name() -> None:
    stub = read_stub("  run: {look: 1}")
    assert stub.takes(Ask("run", "look {}", "look {}"))
    assert not stub.takes(Ask("run", "lookup {}", "lookup {}"))


def test_the_sign_for_a_secret_is_the_one_of_the_log() -> None:
    assert MASK == secrets.MASK


def read_stub(lines: str) -> Stub:
    script, wrong = read(given_(lines).replace("\\\\", "\\"))
    assert not wrong
    assert script is not None
    return script.calls[0].given.stubs[0]


# Playing


def test_a_call_goes_by_what_the_world_answers(played: Play) -> None:
    result = played(f"""
given:
  request:
    {ANN}
    4711/pin: 204
  send: sent
calls:
  Ann is known:
    - asked: GET https://bank.example.com/accounts?phone=+15550001111&key={MASK}
    - hear: [Welcome., "Your PIN, Ann."]
    - press: 1234
    - asked: ['POST https://bank.example.com/accounts/4711/pin {{"pin": "1234"}}', 'greeting {{"name": "Ann"}}']
    - hear: Good day, Ann.
    - asked: {{exactly: "+15550001111: Your balance is $12.50."}}
    - asked: {{not: accounts?phone}}
    - ends: hangup
""")
    assert result.failure is None, result
    assert "hunter22" not in result.transcript
    assert [line for line in result.transcript.splitlines() if line.startswith("  (")] == [
        f"  (asks GET https://bank.example.com/accounts?phone=%2B15550001111&key={MASK} ->",
        '  (asks POST https://bank.example.com/accounts/4711/pin {"pin": "1234"} -> 204)',
        '  (runs greeting {"name": "Ann"} -> "Good day, Ann.")',
        "  (texts +15550001111: Your balance is $12.50. -> sent)",
    ]


@pytest.mark.parametrize(
    ("answers", "heard"),
    [
        ("/accounts?: 404", "Nobody has an account."),
        ("/accounts?: timeout", "The bank is slow."),
        ("/accounts?: error", "Sorry."),
        ("/accounts?: 500", "Sorry."),
        (f"{ANN}\n    pin: {{status: 403, headers: {{Retry-After: 9}}}}", "Wrong. Wait 9."),
        (f"{ANN}\n    pin: {{id: 1}}\n  run: {{greeting: Hello you.}}\n  send: sent", "Hello you."),
        (f"{ANN}\n    pin: 200\n  run: {{greeting: error}}", "Good day."),
        (f"{ANN}\n    pin: 200\n  run: {{greeting: x}}\n  send: error", "Sorry."),
    ],
)
def test_each_answer_takes_its_branch(answers: str, heard: str, played: Play) -> None:
    press = "    - press: 1234\n" if "pin" in answers else ""
    result = played(f"given:\n  request:\n    {answers}\ncalls:\n  A call:\n{press}    - hear: {heard}\n")
    assert result.failure is None, result


def test_answers_come_one_after_another_and_the_last_holds(played: Play) -> None:
    waits = "    - silence\n    - hear: {not: Fine}\n"
    flow = f"given: {{request: [503, timeout, 200, 503]}}\ncalls:\n  A call:\n{waits}    - silence\n    - hear: Fine.\n{waits * 2}"
    assert played(flow, "again").failure is None
    assert missed(played(flow.replace(", 200, 503]", ", 200]"), "again"))[0] == "the caller hears `Fine`"


def test_what_the_call_says_wins_over_the_file_and_the_most_exact_over_others(played: Play) -> None:
    result = played("""
given: {request: {/accounts: timeout}}
calls:
  A call:
    given: {request: {/accounts: 500, /accounts?phone: 404}}
    turns:
      - hear: Nobody has an account.
""")
    assert result.failure is None, result


def test_what_nothing_takes_is_a_fault_of_the_flow(played: Play) -> None:
    title, *_ = missed(played("given: {request: 500}\ncalls:\n  A call:\n    - hear: sorry\n", "bare"))
    assert re.search(
        r"bare\.yaml:1:\d+: GET https://x\.example/a is answered with 500, and neither its branch nor `on_error` takes that",
        title,
    )


def test_a_request_without_an_answer_fails_the_call_and_says_what_to_write(played: Play) -> None:
    assert missed(played("calls:\n  A call:\n    - hear: Hello\n")) == (
        "the script has no answer to a `request` of the flow",
        f"it asks: GET https://bank.example.com/accounts?phone=%2B15550001111&key={MASK}",
        "write\ngiven:\n  request: {GET https://bank.example.com/accounts: …}",
    )
    said = missed(played("given: {request: {/acounts: 404}}\ncalls:\n  A call:\n    - hear: Hello\n"))
    assert "given, and not asked so far: /acounts" in said


def test_so_does_a_text(played: Play) -> None:
    text = f"given:\n  request:\n    {ANN}\n    pin: 200\ncalls:\n  A call:\n    - press: 1234\n    - ends\n"
    assert missed(played(text)) == (
        "the script has no answer to a `send` of the flow",
        "it asks: +15550001111: Your balance is $12.50.",
        "write  given: {send: sent}",
    )


def test_functions_that_cannot_be_imported_are_told_when_they_are_needed(tmp_path: Path) -> None:
    (tmp_path / "functions.py").write_text("def look():\n    pass\nimport no_such_module\n")
    (tmp_path / "f.yaml").write_text(
        "steps: {a: [{run: {function: look, branch: {error: b}}}, {say: Fine.}], b: [{say: Bad.}]}"
    )
    project = Project.load(tmp_path)
    assert isinstance(project, Project)
    script, _ = read(
        "flow: f\ncalls:\n  Really:\n    - hear: Fine.\n  Answered:\n    given: {run: {look: 1}}\n    turns: [hear: Fine.]\n"
    )
    assert script is not None
    really, answered = play(script, project)
    assert missed(really)[0] == "the script has no answer to a `run` of the flow"
    assert "functions.py:3: ModuleNotFoundError: No module named 'no_such_module'" in missed(really)[2]
    assert missed(really)[3] == "write\ngiven:\n  run: {look: …}"
    assert answered.failure is None


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        ("asked: POST", ("the flow does not ask `POST`", f"it asks: GET https://bank.example.com/accounts?phone=%2B15550001111&key={MASK}")),
        ("asked: {not: accounts}", ("the flow asks `accounts`",)),
        ("asked: {exactly: GET}", ("the flow does not ask exactly `GET`",)),
    ],
)  # fmt: skip
def test_what_is_not_asked_is_told_with_what_is(turn: str, said: tuple[str, ...], played: Play) -> None:
    found = missed(played(f"given: {{request: 404}}\ncalls:\n  A call:\n    - {turn}\n"))
    assert found[: len(said)] == said


def test_what_was_asked_before_the_last_turn_is_told_apart(played: Play) -> None:
    text = f"given:\n  request:\n    {ANN}\n    pin: 500\ncalls:\n  A call:\n    - press: 1234\n    - asked: GET\n"
    assert "it asked that before `press: 1234`; `asked` stands above the turn that follows it" in missed(played(text))
    text = f"given:\n  request:\n    {ANN}\ncalls:\n  A call:\n    - hangup\n    - asked: POST\n"
    assert missed(played(text))[1] == "since `hangup` it asks nothing of the world"


# Writing


LINES = st.sampled_from(
    [
        "GET https://x.example/a",
        "GET https://x.example/a/b",
        "GET https://x.example/a/b?c=1",
        "GET https://x.example/a/b?c=2",
        "POST https://x.example/a {}",
        'POST https://x.example/a {"b": 1}',
        "GET https://y.example/?u=https://x.example/a",
        "GET https://z.example/a,b#c",
        "GET https://z.example/a*b",
        "GET https://z.example/axb",
        "GET https://z.example/a/",
        "POST https://z.example/a b=1",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | st.floats(-9, 9) | st.text(max_size=9) | st.sampled_from(["error", "timeout", "404", "true", "a: b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6) | st.sampled_from(["status", "body"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
REQUESTS = st.tuples(
    LINES.map(lambda line: Ask("request", line, line)),
    st.builds(Answer, VALUES, st.sampled_from([200, 201, 404, 500]), st.just({}) | st.just({"retry-after": "3"}))
    | st.sampled_from([Answer(failure="timeout"), Answer(failure="error")]),
)
RUNS = st.tuples(
    st.sampled_from(["look {}", "lookup {}"]).map(lambda line: Ask("run", line, line)),
    st.builds(Answer, VALUES) | st.just(Answer(failure="error")),
)
SENDS = st.tuples(st.just(Ask("send", "+1: x", "+1: x")), st.sampled_from([Answer(), Answer(failure="error")]))


@settings(max_examples=150)
@given(st.lists(REQUESTS | RUNS | SENDS, min_size=1, max_size=8))
def test_what_the_world_answered_is_answered_again_by_what_is_written(asked: list[tuple[Ask, Answer]]) -> None:
    lines = "\n".join(f"  {line}" for line in given_lines(stubs_of(asked)))
    script, wrong = read(given_(lines))
    assert not wrong, lines
    assert script is not None
    stubs, times = script.calls[0].given.stubs, dict.fromkeys(range(99), 0)
    for ask, answer in asked:
        number = next(number for number, stub in enumerate(stubs) if stub.takes(ask))
        found = stubs[number].answers[min(times[number], len(stubs[number].answers) - 1)]
        times[number] += 1
        if answer.body is None and ask.kind == "request" and not answer.failure:
            found, answer = (Answer(one.body or None, one.status, one.headers) for one in (found, answer))
        assert found == answer, lines


def test_what_is_written_reads_well() -> None:
    def ask(line: str) -> Ask:
        return Ask("request", line, line)

    asked = [
        (ask("GET https://x.example/a?b=1"), Answer({"id": 4711, "name": "Ann"})),
        (ask("POST https://x.example/a/pin {}"), Answer("", 403)),
        (ask("POST https://x.example/a/pin {}"), Answer("", 204)),
        (ask("POST https://x.example/a/pin {}"), Answer("", 204)),
        (Ask("send", "+1: x", "+1: x"), Answer()),
    ]
    assert list(given_lines(stubs_of(asked))) == [
        "request:",
        "  GET https://x.example/a: {id: 4711, name: Ann}",
        "  POST https://x.example/a/pin: [403, 204]",
        "send: sent",
    ]


def test_a_request_is_told_by_a_part_without_secrets() -> None:
    asked = [(Ask("request", "GET https://hunter22.example/a?b=1", f"GET https://{MASK}/a?b=1"), Answer("", 404))]
    assert list(given_lines(stubs_of(asked))) == ["request:", "  GET https://*/a: 404"]


def test_a_long_body_is_left_what_flows_speak_of() -> None:
    def spoken_of(name: str) -> bool:
        return name in ("name", "orders", "id")

    long = {"name": "Ann", "junk": "x" * LONG, "orders": [{"id": number, "junk": 1} for number in range(300)]}
    answer = pruned(
        Answer(long, headers={"set-cookie": "x", "id": "hunter22"}),
        spoken_of,
        lambda text: text.replace("hunter22", MASK),
    )
    assert answer.body["name"] == "Ann"
    assert "junk" not in answer.body
    assert answer.body["orders"] == [{"id": number} for number in range(10)]
    assert answer.headers == {"id": MASK}
    short = {"junk": "x", "list": list(range(20))}
    assert pruned(Answer(short), spoken_of).body == short
    assert len(pruned(Answer("x" * 5000), spoken_of).body) == 300


@pytest.mark.parametrize(
    ("ask", "written"),
    [
        ("GET https://x.example/a?b=1", "GET https://x.example/a"),
        ("GET https://x.example/a,b", '"GET https://x.example/a,b"'),
        (f"GET https://x.example/{'long/' * 20}end", "long/long/long/long/long/long/long/long/end"),
        *((f"GET http://x.example:80/{'a' * number}/b", f"{'a' * number}/b") for number in range(23, 36)),
    ],
)
def test_a_hint_can_be_pasted(ask: str, written: str) -> None:
    assert hint(Ask("request", ask, ask)) == f"write\ngiven:\n  request: {{{written}: …}}"
    script, wrong = read(
        hint(Ask("request", ask, ask)).removeprefix("write\n").replace("…", "404") + "\ncalls: {A: [hangup]}\n"
    )
    assert not wrong
    assert script is not None
    assert script.calls[0].given.stubs[0].takes(Ask("request", ask, ask))
