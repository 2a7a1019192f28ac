"""`touchtone phone`: lines from a pipe, single keys in a terminal, other servers, and what is saved."""

import json
import os
import pty
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import chdir
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Self

import pytest
from click.testing import CliRunner, Result
from twilio.request_validator import RequestValidator

from engine.cli import main
from engine.phone.handset import words_of

FLOW = """\
steps:
  menu:
    - gather:
        input: dtmf speech
        say: For sales, press 1. For a message, press 2. For your code, press 3.
        branch: {1 | sales: sales, 2: box, 3: code, else: hangup}
  sales:
    - dial: {number: {phone_number: "+15550100", url: screen}, branch: {completed: hangup, else: nobody}}
  screen:
    - gather: {num_digits: 1, say: A call. Press 1., branch: {1: [], else: hangup}}
  nobody:
    - say: Nobody is there.
  box:
    - record: {finish_on_key: "#"}
    - say: Thank you.
  code:
    - gather: {say: Your code and pound., branch: {/\\d+/: nobody}}
"""
CALLING = "Calling shop from the files in flows/ (no server is running)\n"
OVER = "the flow ran out, and Twilio hung up after 17 s; 3 round trips\n"
TEXTS = 'channel: messaging\nsteps:\n  incoming:\n    - message: "You wrote {{ message.body }}."\n'
Ring = Callable[..., Result]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Path]:
    """A folder with two flows, in which the command is run."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "shop.yaml").write_text(FLOW)
    (tmp_path / "flows" / "texts.yaml").write_text(TEXTS)
    with chdir(tmp_path):
        yield tmp_path


@pytest.fixture
def ring(house: Path) -> Ring:
    """Rings a flow, with lines from a pipe."""

    def make(lines: str, *words: str, flow: str = "shop", **env: str) -> Result:
        clean = {name: "" for name in os.environ if name.startswith(("TWILIO", "TOUCHTONE"))}
        return CliRunner(env={**clean, **env}).invoke(main, ["phone", flow, *words], input=lines)

    return make


def test_lines_from_a_pipe_are_played_and_the_last_line_sums_up(ring: Ring) -> None:
    result = ring("1 busy\n")
    assert result.exit_code == 0
    assert result.output == (
        """\
Calling shop from the files in flows/ (no server is running)
  "For sales, press 1. For a message, press 2. For your code, press 3."
  asks for keys or words (1 key, 5 s)
> press 1
  dials +15550100
> dial busy
  "Nobody is there."
the flow ran out, and Twilio hung up after 6 s; 3 round trips
"""
    )


@pytest.mark.parametrize(
    ("lines", "heard"),
    [
        ("sales", "dials +15550100"),
        ("'1'", "> say 1"),
        ("I want sales please", "> say I want sales please"),
        ("silence", "> silence\nthe flow hung up"),
        ("\n", "> silence\nthe flow hung up"),
        ("hangup", "you hung up"),
        ("1 'pick up' 1 60s", "    > press 1\n  connected with +15550100\n> dial completed\nthe flow hung up"),
        ("1 pickup 2", "the flow hung up\n  "),
        ("1 no-answer", "Nobody is there."),
        ("1 'no answer'", "Nobody is there."),
        ("1 silence", "Nobody is there."),
        ("1 pickup 1 silence", "> silence\nthe flow hung up"),
        ("1 pickup 1 completed", "> dial completed\nthe flow hung up"),
        ("2 12s", "> record 12\n"),
        ("2 hello there", "> say hello\n"),
        ("3 12#", '> press 12#\n  "Nobody is there."'),
    ],
)
def test_what_a_pipe_can_say(lines: str, heard: str, ring: Ring) -> None:
    result = ring(lines)
    assert result.exit_code == 0
    assert heard in result.output


def test_a_call_is_hung_up_when_nothing_more_is_said(ring: Ring) -> None:
    assert ring("1").output.endswith("> hang up\nyou hung up after 4 s; 3 round trips\n")


def test_what_cannot_be_done_is_said_and_the_call_goes_on(ring: Ring) -> None:
    result = ring("1 bridged busy")
    assert result.stderr == CALLING + "! `bridged` cannot happen: it takes: pick up, busy, no-answer, failed\n"
    assert "Nobody is there." in result.stdout


def test_what_comes_after_the_end_is_not_played(ring: Ring) -> None:
    result = ring("silence 1 2 3")
    assert result.exit_code == 0
    assert result.output.count(">") == 1
    assert result.stderr.endswith("! not used, as the call was over: `1`, `2`, `3`\n")


def test_a_writer_that_never_ends_does_not_hold_the_telephone(house: Path) -> None:
    """The call is over, and whoever holds the pipe open writes nothing more."""
    command = [sys.executable, "-m", "engine.cli", "phone", "shop"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write("hangup\n2\n")
        process.stdin.flush()
        assert "`2`" in process.stderr.read()
        assert process.wait(20) == 0


def test_outcomes_can_be_given_in_advance(ring: Ring) -> None:
    result = ring("1", "--answer", "dial=no-answer")
    assert "> dial no-answer\n" in result.output
    assert ring("2", "--answer", "record=12 #").output.endswith('> record 12 #\n  "Thank you."\n' + OVER)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("dial", "--answer is a name and a value, such as --answer dial=busy; not dial"),
        ("dail=busy", "--answer: the verb `dail` has no outcome; did you mean `dial`?"),
        ("dial=bussy", "--answer: `dial` never ends `bussy`; did you mean `busy`?"),
        ("record=long", '--answer: a recording is told by its seconds; write record: 12, or record: "12 #"'),
    ],
)
def test_an_outcome_that_never_comes_is_told_before_it_rings(answer: str, said: str, ring: Ring) -> None:
    result = ring("1", "--answer", answer)
    assert (result.exit_code, result.output) == (2, f"touchtone: {said}\n")


def test_each_line_to_a_flow_that_answers_messages_is_a_text(ring: Ring) -> None:
    result = ring("hello\nIt's me\n\n", flow="texts")
    assert result.stdout == (
        '> text hello\n  "You wrote hello."\n> text It\'s me\n  "You wrote It\'s me."\n2 texts; 2 round trips\n'
    )


def test_everything_that_happens_as_json(ring: Ring) -> None:
    lines = [json.loads(line) for line in ring("1 busy", "--json", "--from", "+15550111").stdout.splitlines()]
    assert [line["event"] for line in lines] == [
        "requested", "heard", "asked", "did", "requested", "dialled", "did", "requested", "heard", "hungup",
    ]  # fmt: skip
    assert ["From", "+15550111"] in lines[0]["params"]
    assert lines[-1] == {"at": lines[-1]["at"], "side": "caller", "event": "hungup", "by": "end"}


@pytest.mark.parametrize("flow", ["shpo", "flows/shop.yaml"])
def test_a_flow_that_is_not_there_is_status_2(flow: str, ring: Ring) -> None:
    result = ring("", flow=flow)
    assert result.exit_code == 2
    assert result.stderr == f"touchtone: there is no flow named `{flow}`; did you mean `shop`?\n"


def test_a_time_that_is_none_is_told_with_an_example(ring: Ring) -> None:
    result = ring("1", "--at", "tomorrow")
    assert result.exit_code == 2
    assert result.stderr == "touchtone: --at is a day and a time, such as 2026-12-24T18:00 (UTC); not tomorrow\n"


def test_the_time_of_a_call_may_name_its_zone(ring: Ring, house: Path) -> None:
    (house / "flows" / "shop.yaml").write_text(FLOW.replace("Nobody is there.", "It is {{ now | time }}."))
    assert "11:30 PM" in ring("1 busy", "--at", "2026-12-24T18:30-05:00").output


def test_no_messages_are_written_to_a_flow_that_answers_calls(ring: Ring) -> None:
    result = ring("hello", "--text")
    assert (result.exit_code, result.output) == (2, "touchtone: `shop` answers calls, not messages; leave out --text\n")


def test_flows_with_a_mistake_are_told_before_it_rings(ring: Ring, house: Path) -> None:
    (house / "flows" / "shop.yaml").write_text(FLOW.replace("2: box", "2: bx"))
    result = ring("1")
    assert result.exit_code == 1
    assert "there is no step named `bx`" in result.stderr


def test_a_fault_of_a_step_is_told_with_its_place(ring: Ring, house: Path) -> None:
    (house / "flows" / "shop.yaml").write_text(FLOW.replace("Thank you.", "'{{ 1 / 0 }}'"))
    assert "! flows/shop.yaml:15:12: a number is divided by zero\n" in ring("2 5s").stderr


def test_what_a_flow_logs_is_shown_where_it_happens(ring: Ring, house: Path) -> None:
    (house / "flows" / "logs.yaml").write_text(
        """\
vars: {tries: 0}
steps:
  a:
    - log: "{{ call.from }} is here"
    - say: Hello.
    - gather: {num_digits: 1, say: Press 1., branch: {1: b}}
  b: [{log: "First\\nsecond: {{ answer }}"}, {say: Thanks.}, {log: Done.}, hangup]
"""
    )
    result = ring("1", flow="logs")
    lines = result.output.splitlines()
    assert lines.index("  (logs +15550001111 is here)") < lines.index('  "Hello."')
    assert lines.index("> press 1") < lines.index("  (logs First second: 1)") < lines.index('  "Thanks."')
    assert "  (logs Done.)" in lines
    told = [json.loads(line) for line in ring("1", "--json", flow="logs").stdout.splitlines()]
    assert [(one["text"], one["place"]) for one in told if one["event"] == "logged"] == [
        ("+15550001111 is here", "flows/logs.yaml:4:12"),
        ("First\nsecond: 1", "flows/logs.yaml:7:13"),
        ("Done.", "flows/logs.yaml:7:67"),
    ]


def test_what_was_played_is_saved_as_a_script_that_goes_as_written(ring: Ring, house: Path) -> None:
    saved = "tests/shop.calls.yaml"
    assert ring("1 busy", "--save", saved).stderr == f"{CALLING}written to {saved}\n"
    assert ring("2 12s", "--save", saved, "--from", "+15550111").exit_code == 0
    assert ring("1 busy", "--save", saved).exit_code == 0
    text = (house / saved).read_text()
    assert [line for line in text.splitlines() if line.startswith("  ") and not line.startswith("   ")] == [
        "  press 1, dial busy:",
        "  press 2, record 12:",
        "  press 1, dial busy (2):",
    ]
    assert '    given: {from: "+15550111"}\n    turns:\n' in text
    played = CliRunner().invoke(main, ["test"])
    assert played.exit_code == 0, played.output
    assert "tests/shop.calls.yaml  3 calls\n" in played.output


def test_a_saved_call_holds_no_secret_of_the_settings(ring: Ring, house: Path) -> None:
    (house / ".env").write_text("TOUCHTONE_ENV=KEY\nKEY=zebra-99\n")
    (house / "flows" / "shop.yaml").write_text("steps: {a: [{say: 'Hello there, {{ env.KEY }} it is.'}]}\n")
    result = ring("", "--save", "x.calls.yaml")
    assert result.exit_code == 0, result.output
    assert "- hear: Hello there\n" in (house / "x.calls.yaml").read_text()


def test_a_saved_call_says_how_it_came_in(ring: Ring, house: Path) -> None:
    (house / "flows" / "shop.yaml").write_text(
        FLOW.replace("Nobody is there.", "It is {{ now | time }}, {{ params.City }}.")
    )
    assert ring("1 busy", "--save", "x.calls.yaml", "--at", "2026-12-24T18:30", "--param", "City=Rome").exit_code == 0
    text = (house / "x.calls.yaml").read_text()
    assert '    given: {at: "2026-12-24T18:30+00:00", params: {"City": "Rome"}}\n' in text
    assert CliRunner().invoke(main, ["test", "x.calls.yaml"]).exit_code == 0


def test_a_flow_may_be_rung_under_a_query(ring: Ring, house: Path) -> None:
    (house / "flows" / "asked.yaml").write_text("steps: {a: [{say: 'Hello {{ params.Name }}{{ params.N[1] }}.'}]}\n")
    result = ring("", "--save", "asked.calls.yaml", flow="asked?Name=Ann+%26+Bob&N[1]=!")
    assert result.stderr.startswith("Calling asked from the files")
    assert '"Hello Ann & Bob!."' in result.stdout
    assert 'given: {query: "Name=Ann+%26+Bob&N%5B1%5D=%21"}' in (house / "asked.calls.yaml").read_text()
    assert CliRunner().invoke(main, ["test", "asked.calls.yaml"]).exit_code == 0


def test_a_call_to_a_flow_that_looks_at_the_clock_is_saved_with_its_time(ring: Ring, house: Path) -> None:
    assert ring("1 busy", "--save", "x.calls.yaml").exit_code == 0
    assert "at:" not in (house / "x.calls.yaml").read_text()
    (house / "flows" / "shop.yaml").write_text(FLOW.replace("Nobody is there.", "Closed now. Ask for our hours."))
    assert ring("1 busy", "--save", "z.calls.yaml").exit_code == 0
    assert "at:" not in (house / "z.calls.yaml").read_text()
    (house / "flows" / "shop.yaml").write_text(FLOW.replace("Nobody is there.", "It is {{ now | time }}."))
    assert ring("1 busy", "--save", "y.calls.yaml").exit_code == 0
    assert '    given: {at: "2' in (house / "y.calls.yaml").read_text()


def test_a_conversation_of_nothing_is_not_saved(ring: Ring, house: Path) -> None:
    result = ring("\n", "--save", "x.calls.yaml", flow="texts")
    assert result.exit_code == 2
    assert (
        result.stderr
        == CALLING.replace("Calling shop", "Texting texts")
        + "touchtone: nothing was written to `texts`: there is nothing to save\n"
    )
    assert not (house / "x.calls.yaml").exists()


def test_a_conversation_is_saved_as_well(ring: Ring) -> None:
    assert ring("hello\n", "--save", "tests/texts.calls.yaml", flow="texts").exit_code == 0
    assert CliRunner().invoke(main, ["test"]).exit_code == 0


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("x.yaml", "", "a call script is named *.calls.yaml, not x.yaml"),
        ("x.calls.yaml", "flow: other\ncalls:\n  A:\n    - ends\n", "x.calls.yaml is no script of calls to `shop`"),
    ],
)
def test_nothing_is_saved_over_something_else(file: str, text: str, said: str, ring: Ring, house: Path) -> None:
    if text:
        (house / file).write_text(text)
    result = ring("1", "--save", file)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not text or (house / file).read_text() == text


# A server that runs


class Other(BaseHTTPRequestHandler):
    """A server that is not ours: what it was sent stands in `asked`."""

    asked: list[tuple[str, dict[str, str], str]]

    def do_POST(self) -> None:
        from urllib.parse import parse_qsl

        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.asked.append(
            (self.path, dict(parse_qsl(body, keep_blank_values=True)), self.headers["X-Twilio-Signature"])
        )
        twiml = b"<Response><Say>Hello from elsewhere.</Say><Gather><Say>Press.</Say></Gather></Response>"
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(twiml)))
        self.end_headers()
        self.wfile.write(twiml)

    def log_message(self, *words: object) -> None:
        """Says nothing."""


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[tuple[str, dict[str, str], str]]]]:
    """The address of a server that is not ours, and what it is asked."""
    Other.asked = []
    server = HTTPServer(("127.0.0.1", 0), Other)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", Other.asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_server_that_runs_is_rung_with_signed_requests(
    ring: Ring, elsewhere: tuple[str, list[tuple[str, dict[str, str], str]]]
) -> None:
    url, asked = elsewhere
    result = ring("1", "--url", url, "--to", "+15550199", TWILIO_AUTH_TOKEN="secret")
    assert '"Hello from elsewhere."' in result.output
    path, params, signature = asked[0]
    assert path == "/flows/shop"
    assert params["To"] == "+15550199"
    assert RequestValidator("secret").validate(f"{url}/flows/shop", params, signature)
    assert asked[1][1]["Digits"] == "1"


def test_a_server_is_rung_under_a_query(
    ring: Ring, elsewhere: tuple[str, list[tuple[str, dict[str, str], str]]]
) -> None:
    url, asked = elsewhere
    ring("1", "--url", url, flow="shop?lang=en&n[1]=x")
    assert asked[0][0] == "/flows/shop?lang=en&n%5B1%5D=x"


def test_an_address_with_a_path_is_rung_as_it_is(
    ring: Ring, elsewhere: tuple[str, list[tuple[str, dict[str, str], str]]]
) -> None:
    url, asked = elsewhere
    ring("hangup", "--url", f"{url}/voice/answer?lang=en")
    ring("hello", "--url", f"{url}/messages", "--text")
    assert [(path, params.get("Body")) for path, params, _ in asked] == [
        ("/voice/answer?lang=en", None),
        ("/messages", "hello"),
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--url", "127.0.0.1:8000"],
            "--url is the address of a server, such as http://127.0.0.1:8000; not 127.0.0.1:8000",
        ),
        (["--url", "example.com"], "--url is the address of a server, such as https://example.com; not example.com"),
        (
            ["--url", "http://x", "--at", "2026-01-01"],
            "--at needs the flows here: a server that runs has its own clock",
        ),
    ],
)
def test_what_a_server_elsewhere_cannot_be_told(words: list[str], said: str, ring: Ring) -> None:
    result = ring("", *words)
    assert (result.exit_code, result.stderr) == (2, f"touchtone: {said}\n")


def test_a_server_that_is_not_there_is_status_2(ring: Ring) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        result = ring("1", "--url", f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert result.exit_code == 2
    assert "refuses the connection; is the server running?" in " ".join(result.output.split())


# A terminal


class Terminal:
    """The command in a pseudo-terminal: keys go in, what is shown comes out."""

    def __init__(self, *words: str) -> None:
        self._number, theirs = pty.openpty()
        command = [sys.executable, "-m", "engine.cli", "phone", *words]
        env = {name: value for name, value in os.environ.items() if not name.startswith(("TWILIO", "TOUCHTONE"))}
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env)
        os.close(theirs)
        self.shown = ""

    def see(self, words: str) -> str:
        """Waits until words are shown; gives all that was shown up to their end, and forgets it."""
        while words not in self.shown:
            ready, _, _ = select.select([self._number], [], [], 20)
            assert ready, f"`{words}` does not come; shown: {self.shown}"
            try:
                piece = os.read(self._number, 4096)
            except OSError:  # Linux: the other end is closed
                piece = b""
            assert piece, f"`{words}` does not come; shown: {self.shown}"
            self.shown += piece.decode().replace("\r\n", "\n")
        seen, _, self.shown = self.shown.partition(words)
        return seen + words

    def type(self, keys: str) -> None:
        os.write(self._number, keys.encode())

    def close(self) -> int:
        status = self.process.wait(20)
        os.close(self._number)
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


def test_single_keys_are_pressed_at_once_and_words_are_typed(house: Path) -> None:
    with Terminal("shop") as terminal:
        assert "shop: keys are pressed at once" in terminal.see("press 3.")
        terminal.see("(keys or words, Enter for silence)\n")
        terminal.type("3")
        terminal.see("> press 3\n")
        terminal.see("Enter for silence)\n")
        terminal.type("12")
        terminal.see("> press 1\n")
        terminal.see("> press 2\n")
        terminal.type("\n")  # nothing more: what was pressed is taken
        terminal.see('> silence\n  "Nobody is there."\n')
        terminal.see("Twilio hung up after")
        assert terminal.close() == 0


def test_keys_that_belong_together_are_saved_as_one_turn(house: Path) -> None:
    with Terminal("shop", "--save", "x.calls.yaml") as terminal:
        terminal.see("Enter for silence)\n")
        terminal.type("3")
        terminal.see("(keys, Enter for silence)\n")
        terminal.type("12")
        assert "Enter for silence" not in terminal.see("> press 2\n"), "the same hint for each key"
        terminal.type("3#")
        terminal.see("written to x.calls.yaml")
        assert terminal.close() == 0
    assert '    - press: "123#"\n    - hear: Nobody is there.\n' in (house / "x.calls.yaml").read_text()
    played = CliRunner().invoke(main, ["test", "x.calls.yaml"])
    assert played.exit_code == 0, played.output


def test_arrows_are_not_typed(house: Path) -> None:
    with Terminal("shop") as terminal:
        terminal.see("Enter for silence)\n")
        terminal.type("sal\x1b[D\x1b[1;5C\x1bOAes\x1b[3~\n")
        terminal.see("> say sales\n")
        terminal.type("\x04")
        terminal.see("you hung up after")
        assert terminal.close() == 0


def test_a_terminal_of_80_columns_holds_every_line(house: Path) -> None:
    with Terminal("shop") as terminal:
        shown = terminal.see("Enter for silence)\n")
        terminal.type("\x04")
        terminal.see("you hung up after")
    assert max(map(len, shown.splitlines())) <= 80


def test_what_is_typed_can_be_mended_and_ctrl_d_hangs_up(house: Path) -> None:
    with Terminal("shop") as terminal:
        terminal.see("Enter for silence)\n")
        terminal.type("salex\x7fs\n")
        terminal.see("> say sales\n")
        terminal.see("(pick up, busy, no-answer, failed)\n")
        terminal.type("bridged\n")
        terminal.see("! it takes: pick up, busy, no-answer, failed\n")
        terminal.type("bussy\n")
        terminal.see("! did you mean `busy`? it takes: pick up, busy, no-answer, failed\n")
        terminal.type("\x04")
        terminal.see("you hung up after")
        assert terminal.close() == 0


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("1 2 silence 'book an appointment'", ("1", "2", "silence", "'book an appointment")),
        ('0 "pick up" 1', ("0", "'pick up", "1")),
        ("I don't know", ("'I don't know",)),
        ("busy", ("busy",)),
        ("12# don't", ("12#", "don't")),
        ("", ()),
    ],
)
def test_quotes_keep_words_together(line: str, words: tuple[str, ...]) -> None:
    assert words_of(line) == words
