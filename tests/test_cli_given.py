"""`--given` and `--answer`: what comes back from outside while a flow is called, or asked for one answer."""

import os
from collections.abc import Callable, Iterator
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.cli import main

SHOP = """\
takes: {greeting: Hello}
vars: {order: {}}
steps:
  welcome:
    - request: {url: "https://shop.example.com/orders", params: {of: "{{ call.from }}"}, save: order, branch: {404: nobody, timeout: slow, error: slow}}
    - say: "{{ greeting }} {{ order.name }}."
    - run: {function: double, args: {number: 21}, save: twice}
    - send: {to: "{{ call.from }}", body: Ready., branch: {error: untold}}
    - gather: {num_digits: 1, say: "Twice is {{ twice }}.", branch: {1: clock, 2: ring, else: hangup}}
  nobody: [{say: Nobody knows you.}]
  slow: [{say: The shop is slow.}]
  untold: [{say: No text.}]
  clock: [{say: "It is {{ now | time }}."}]
  ring:
    - dial: {number: "+15550100", branch: {completed: hangup, busy: ring, else: nobody}}
"""
QUIET = """\
steps:
  a:
    - run: {function: double, args: {number: 21}, save: twice}
    - send: {to: "+15550111", body: Ready., branch: {error: untold}}
    - say: "Twice is {{ twice }}."
  untold: [{say: No text.}]
"""
FUNCTIONS = "def double(number):\n    return number * 2\n"
Run = Callable[..., Result]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Path]:
    """A folder with a flow that asks outside, and another file with an error."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "shop.yaml").write_text(SHOP)
    (tmp_path / "flows" / "quiet.yaml").write_text(QUIET)
    (tmp_path / "flows" / "broken.yaml").write_text("steps: {a: [{redirect: nowhere}]}")
    (tmp_path / "flows" / "functions.py").write_text(FUNCTIONS)
    with chdir(tmp_path):
        yield tmp_path


@pytest.fixture
def run(shop: Path) -> Run:
    def make(*words: str, lines: str = "") -> Result:
        clean = {name: "" for name in os.environ if name.startswith(("TWILIO", "TOUCHTONE"))}
        return CliRunner(env=clean).invoke(main, list(words), input=lines)

    return make


ANN = ("-a", "request={/orders: {name: Ann}}", "-a", "send=sent")


@pytest.mark.parametrize(
    ("words", "heard"),
    [
        (ANN, '"Hello Ann."'),
        ((*ANN, "-a", "run={double: 7}"), '"Twice is 7."'),
        (ANN, '"Twice is 42."'),
        (("-a", "request=404"), '"Nobody knows you."'),
        (("-a", "request=timeout"), '"The shop is slow."'),
        (("-a", "request=error"), '"The shop is slow."'),
        (("-a", "request={/other: 404, /orders: 503}"), '"The shop is slow."'),
        (("-a", "request={/orders: {name: Ann}}", "-a", "send=error"), '"No text."'),
    ],
)
def test_an_answer_stands_for_what_is_outside(run: Run, words: tuple[str, ...], heard: str) -> None:
    result = run("phone", "shop", *words)
    assert result.exit_code == 0, result.output
    assert heard in result.output


@pytest.mark.parametrize(
    ("flow", "words", "heard"),
    [
        ("shop", ("-a", "request={/orders: {name: Ann}}"), "<Say>Hello Ann.</Say>"),
        ("shop", ("-a", "request=404"), "<Say>Nobody knows you.</Say>"),
        ("shop", ("-a", "request=timeout"), "<Say>The shop is slow.</Say>"),
        ("shop", ("-a", "request=500"), "<Say>The shop is slow.</Say>"),
        ("quiet", ("-a", "send=sent"), "<Say>Twice is 42.</Say>"),
        ("quiet", ("-a", "send=sent", "-a", "run={double: 7}"), "<Say>Twice is 7.</Say>"),
        ("quiet", ("-a", "send=error"), "<Say>No text.</Say>"),
        ("quiet", ("-a", "send=sent", "-a", "run={double: error}"), "<Say>We are sorry, something went wrong."),
        ("shop/nobody", (), "<Say>Nobody knows you.</Say>"),
    ],
)
def test_twiml_is_answered_with_what_is_given(run: Run, flow: str, words: tuple[str, ...], heard: str) -> None:
    result = run("twiml", flow, *words)
    assert result.exit_code == 0, result.output
    assert heard in result.output


@pytest.mark.parametrize(
    ("text", "lines", "heard"),
    [
        ("request: {/orders: {name: Ann}}\nsend: sent\ntakes: {greeting: Good day}", "", '"Good day Ann."'),
        ("request: {/orders: {name: Ann}}\nsend: sent\nat: 2026-01-05 18:00", "1", '"It is 6 PM."'),
        ("step: nobody", "", '"Nobody knows you."'),
        ('from: "+15550199"\nrequest: {"/orders?of=+15550199": 404}', "", '"Nobody knows you."'),
        ("request: {/orders: {name: Ann}}\nsend: sent\ndial: [busy, no-answer]", "2", "> dial no-answer"),
        ("given: {request: 404}\ncalls:\n  A call: [{hear: Nobody}]", "", '"Nobody knows you."'),  # a whole script
    ],
)
def test_a_file_says_what_is_given_as_a_script_does(run: Run, shop: Path, text: str, lines: str, heard: str) -> None:
    (shop / "given.yaml").write_text(text)
    result = run("phone", "shop", "--given", "given.yaml", lines=lines)
    assert result.exit_code == 0, result.output
    assert heard in result.output


def test_flags_win_over_the_file(run: Run, shop: Path) -> None:
    (shop / "given.yaml").write_text("request: {/orders: {name: Ann}}\nsend: sent\nat: 2026-01-05 18:00")
    assert "Nobody knows you." in run("phone", "shop", "--given", "given.yaml", "-a", "request=404").output
    late = run("phone", "shop", "--given", "given.yaml", "--at", "2026-01-05T07:00", lines="1")
    assert "It is 7 AM." in late.output


def test_what_is_given_in_vain_is_said(run: Run) -> None:
    result = run("phone", "shop", "-a", "request={/orders: 404, /customers: 200}", "-a", "send=sent")
    assert "! given, but never asked for: request /customers\n" in result.output
    assert "! given, but never asked for: send\n" in result.output
    assert "/orders" not in result.output.partition("! given")[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-a", "request=bang"), "`request` must be a status, `error`, `timeout` or a body by path"),
        (("-a", "requst=404"), "the verb `requst` has no outcome; did you mean `request`?"),
        (("-a", "send=maybe"), "`send` never ends `maybe`"),
        (("-a", "run=error"), "a function is given by its name"),
        (("-a", "run={dubble: 1}"), "no flow runs a function named `dubble`; did you mean `double`?"),
        (("-a", "request={"), "--answer: "),
        (("--given", "nowhere.yaml"), "nowhere.yaml cannot be read: no such file or directory"),
        (("--given", "flows"), "flows cannot be read: it is a pipe, a folder or a device"),
    ],
)
def test_a_mistake_in_what_is_given_is_told(run: Run, words: tuple[str, ...], said: str) -> None:
    result = run("phone", "shop", *words)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "given.yaml is empty"),
        ("requets: {/orders: 404}", "did you mean `request`?"),
        ("- request", "`given` must be a mapping"),
        ("request: {/orders: 404", "given.yaml:1"),
        ("step: nobdy", "there is no step named `nobdy` in `shop`; did you mean `nobody`?"),
        ("run: {dubble: 1}", "did you mean `double`?"),
        ("\xff", "given.yaml is not UTF-8"),
    ],
)
def test_a_mistake_in_a_given_file_is_told(run: Run, shop: Path, text: str, said: str) -> None:
    (shop / "given.yaml").write_bytes(text.encode("latin-1"))
    result = run("phone", "shop", "--given", "given.yaml")
    assert result.exit_code == 2
    assert said in result.output


def test_a_server_is_given_no_answers(run: Run) -> None:
    result = run("phone", "shop", "-a", "request=404", "--url", "http://127.0.0.1:1")
    assert result.exit_code == 2
    assert "--given and --answer request=… need the flows here" in result.output


def test_the_telephone_plays_beside_a_file_with_errors(run: Run) -> None:
    result = run("phone", "shop", "-a", "request=404")
    assert result.exit_code == 0
    assert "touchtone: flows/broken.yaml has errors and is left out\n" in result.stderr


def test_a_flow_that_leads_to_the_file_with_errors_ends_in_an_apology_there(run: Run, shop: Path) -> None:
    (shop / "flows" / "third.yaml").write_text("steps: {a: [{say: Hello.}, {redirect: broken/}]}")
    result = run("phone", "third")
    assert result.exit_code == 0
    assert "We are sorry" in result.stdout
    assert "the flow `broken` is not served: flows/broken.yaml has errors" in result.stderr


def test_twiml_says_what_it_needs_to_know_first(run: Run, shop: Path) -> None:
    result = run("twiml", "shop")
    assert result.exit_code == 2
    assert result.stderr.endswith(
        """\
touchtone: `shop` cannot answer before it knows the result of a `request`:
  GET https://shop.example.com/orders?of=
give the result with  -a request=200  or  --given FILE,
or play the whole call with  touchtone phone shop
"""
    )
    beyond = run("twiml", "quiet")
    assert "the result of a `send`:\n" in beyond.stderr
    assert "-a send=sent" in beyond.stderr
    other = run("twiml", "shop", "-a", "request={/customers: 404}")
    assert "what is given does not fit it: request /customers\n" in other.stderr
    (shop / "flows" / "functions.py").unlink()
    (shop / "flows" / "functions.py").write_text("import nowhere_at_all\n\ndef double(number): ...\n")
    assert '-a "run={double: null}"' in run("twiml", "quiet").stderr
