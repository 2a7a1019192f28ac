"""`touchtone phone` asks the world as a server does, shows what it was asked, and saves what it answered."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import chdir
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from click.testing import CliRunner, Result

from engine.cli import main

FLOW = """\
on_error: sorry
steps:
  a:
    - say: Welcome.
    - request:
        url: "{{ env.SHOP }}/customers"
        params: {phone: "{{ call.from }}", key: "{{ env.SHOP_KEY }}"}
        headers: {Authorization: "Bearer {{ env.SHOP_KEY }}"}
        save: {customer: body, quota: headers}
        branch: {404: nobody}
    - run: {function: greet, args: {name: "{{ customer.name }}"}, save: words}
    - gather: {num_digits: 1, say: "{{ words }} You have {{ quota['x-left'] }} left. Press 1."}
    - send: {to: "{{ call.from }}", body: "Hello {{ customer.name }}"}
    - say: A text is on its way.
  nobody: [{say: Nobody knows you.}]
  sorry: [{say: Sorry.}]
"""
Ring = Callable[..., Result]


class Shop(BaseHTTPRequestHandler):
    """A shop with one customer; what it was asked stands in `asked`."""

    asked: ClassVar[list[tuple[str, str]]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Authorization"]))
        body = json.dumps({"name": "Ann", "token": "hunter22", "orders": [{"text": "x" * 99}] * 99}).encode()
        self.send_response(200 if "phone=%2B15550111" in self.path else 404)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("X-Left", "7")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Says nothing."""


@pytest.fixture
def shop() -> Iterator[str]:
    """The address of the shop."""
    Shop.asked = []
    server = HTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "shop.yaml").write_text(FLOW)
    (tmp_path / "flows" / "functions.py").write_text("def greet(name):\n    return f'Good day, {name}.'\n")
    with chdir(tmp_path):
        yield tmp_path


@pytest.fixture
def run(house: Path, shop: str) -> Ring:
    """The command with the settings that the flow needs."""

    def make(*words: str, lines: str = "", **env: str) -> Result:
        clean = {name: "" for name in os.environ if name.startswith(("TWILIO", "TOUCHTONE"))}
        needed = {"TOUCHTONE_ENV": "SHOP,SHOP_KEY", "SHOP": shop, "SHOP_KEY": "hunter22"}
        allowed = {"TOUCHTONE_ALLOW_HOSTS": shop.removeprefix("http://")}
        return CliRunner(env={**clean, **needed, **allowed, **env}).invoke(main, [*words], input=lines)

    return make


def test_what_is_asked_is_shown_without_secrets_and_nobody_is_texted(run: Ring) -> None:
    result = run("phone", "shop", "--from", "+15550111", lines="1\n")
    assert result.stdout == (
        """\
  "Welcome."
  (asks GET •••/customers?phone=%2B15550111&key=••• -> 200)
  (runs greet {"name": "Ann"} -> "Good day, Ann.")
  "Good day, Ann. You have 7 left. Press 1."
  asks for keys (1 key, 5 s)
> press 1
  (texts +15550111: Hello Ann -> sent)
  "A text is on its way."
the flow ran out, and Twilio hung up after 5 s; 3 round trips
"""
    )
    assert Shop.asked == [("/customers?phone=%2B15550111&key=hunter22", "Bearer hunter22")]


def test_it_is_shown_as_json_too(run: Ring) -> None:
    result = run("phone", "shop", "--from", "+15550111", "--json", lines="1\n")
    told = [json.loads(line) for line in result.stdout.splitlines()]
    reached = [{**one, "at": 0} for one in told if one["event"] == "reached"]
    assert reached[0] == {
        "at": 0,
        "side": "caller",
        "event": "reached",
        "kind": "request",
        "asked": "GET •••/customers?phone=%2B15550111&key=•••",
        "answer": "200",
        "problem": "",
    }
    assert [one["kind"] for one in reached] == ["request", "run", "send"]
    assert "hunter22" not in result.stdout


def test_a_failure_says_why(run: Ring) -> None:
    result = run("phone", "shop", TOUCHTONE_ALLOW_HOSTS="")
    shown = " ".join(result.stdout.split())
    assert (
        "-> error, 127.0.0.1 is a loopback address, which is not asked: TOUCHTONE_ALLOW_HOSTS does not name it)"
        in shown
    )
    assert '"Sorry."' in shown
    assert Shop.asked == []


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("{name: Ann}", "`name`"),  # a body without a path: the key is read as the end of an address
        ("{/custmers: {name: Ann}}", "`/custmers`"),
        ("{POST /customers: {name: Ann}}", "`POST /customers`"),
        ("{/v1/customers: 404}", "`/v1/customers`"),
        ("{/customers?phone=1: 404}", "`/customers?phone=1`"),
        ("{https://example.com: 404}", "`https://example.com`"),
        ("{/a: 1, /b: 2, /c: 3, /d: 4}", "`/a`, `/b`, `/c` and 1 more"),
    ],
)
def test_once_a_request_is_answered_no_other_is_really_asked(run: Ring, house: Path, given: str, named: str) -> None:
    """A typo in a key must not send what a caller typed to a real server."""
    (house / "given.yaml").write_text(f"request: {given}\n")
    for option in (("-a", f"request={given}"), ("--given", "given.yaml")):
        result = run("phone", "shop", "--from", "+15550111", *option)
        assert "nothing given for `request` answers GET •••/customers, so it was not really asked" in result.stderr
        assert f"given: {named}" in result.stderr
        assert '"Sorry."' in result.stdout
        assert "15550111" not in result.stderr, "what is sent along may be secret"
    assert Shop.asked == []


def test_the_other_kinds_are_still_asked(run: Ring) -> None:
    assert '"Good' in run("phone", "shop", "--from", "+15550111", "-a", "request={/customers: {name: Ann}}").stdout
    result = run("phone", "shop", "--from", "+15550111", "-a", "run={greet: Hi there.}")
    assert "Hi there. You have 7 left." in result.stdout
    assert len(Shop.asked) == 1
    assert run("phone", "shop", "--from", "+15550111", "-a", "send=error").exit_code == 0
    assert len(Shop.asked) == 2


def test_once_a_function_is_answered_no_other_really_runs(run: Ring, house: Path) -> None:
    (house / "flows" / "functions.py").write_text(
        "from pathlib import Path\n"
        "def other():\n    return 1\n"
        "def greet(name):\n    Path('ran').touch()\n    return 'Hi'\n"
    )
    (house / "flows" / "two.yaml").write_text(
        "steps:\n  a:\n    - run: {function: greet, args: {name: Ann}, save: words}\n"
        "    - run: {function: other, save: more}\n    - say: '{{ words }}'\n"
    )
    result = run("phone", "two", "-a", "run={other: 1}")
    assert "nothing given for `run` answers `greet`, so it was not really asked; given: `other`" in result.stderr
    result = run("twiml", "two", "-a", "run={other: 1}")
    assert result.exit_code == 2
    assert "greet" in result.stderr
    assert "what is given does not fit it: run other" in result.stderr
    assert not (house / "ran").exists()
    assert "Hi" in run("phone", "two").stdout


def test_twiml_never_asks(run: Ring) -> None:
    for words in ((), ("-a", "request={/custmers: 404}")):
        result = run("twiml", "shop/a?_i=1", *words)
        assert result.exit_code == 2
        assert "GET" in result.stderr
    assert "what is given does not fit it: request /custmers" in result.stderr
    assert Shop.asked == []


def test_functions_that_cannot_be_imported_are_told_before_it_rings(run: Ring, house: Path) -> None:
    (house / "flows" / "functions.py").write_text("import no_such_module\ndef greet(name):\n    pass\n")
    result = run("phone", "shop", "--from", "+15550111")
    assert result.stderr.startswith("! flows/functions.py:1: ModuleNotFoundError: No module named 'no_such_module'\n")


def test_what_the_world_answered_is_saved_and_played_again(run: Ring, house: Path, shop: str) -> None:
    saved = "tests/shop.calls.yaml"
    assert run("phone", "shop", "--from", "+15550111", "--save", saved, lines="1\n").exit_code == 0
    assert run("phone", "shop", "--save", saved).exit_code == 0
    text = (house / saved).read_text()
    assert text == (
        """\
flow: shop

calls:
  press 1:
    given:
      from: "+15550111"
      request:
        GET */customers: {body: {name: Ann}, headers: {x-left: "7"}}
      run:
        greet: "Good day, Ann."
      send: sent
    turns:
      - hear: Welcome.
      - hear: Good day, Ann. You have 7 left. Press 1.
      - press: 1
      - asked: "+15550111: Hello Ann"
      - hear: A text is on its way.
      - ends: hangup

  the caller only listens:
    given:
      request:
        GET */customers: {status: 404, body: {name: Ann}, headers: {x-left: "7"}}
    turns:
      - hear: Welcome.
      - hear: Nobody knows you.
      - ends: hangup
"""
    )
    Shop.asked.clear()
    played = run("test", SHOP="https://shop.example")
    assert played.exit_code == 0, played.output
    assert "2 calls, all as written" in played.output
    assert "L501" not in played.output
    assert Shop.asked == []
