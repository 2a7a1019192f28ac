"""The command: what each subcommand prints, and its exit status."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.commands.common import Commands

GOOD = """\
description: A shop
steps:
  welcome:
    - gather:
        say: For sales, press 1.
        branch: {1: sales, else: hangup}
  sales:
    - say: Sales is closed.
"""
BAD = GOOD.replace("1: sales", "1: salse")


@pytest.fixture
def flows(tmp_path) -> Path:
    folder = tmp_path / "flows"
    folder.mkdir()
    (folder / "shop.yaml").write_text(GOOD)
    return folder


@pytest.fixture
def touchtone(tmp_path):
    """Runs a subcommand in a folder of its own, and gives its exit status, output and errors."""

    def run(*words: object):
        runner = CliRunner(env={name: "" for name in os.environ if name.startswith(("TWILIO", "TOUCHTONE"))})
        return runner.invoke(main, [str(word) for word in words])

    return run


def test_help_comes_without_what_only_the_commands_need():
    heavy = ("asyncio", "jinja2", "starlette", "yaml", "engine.document", "engine.grammar", "engine.model")
    asked = "import sys; from engine.cli import main; main(['--help'], standalone_mode=False)"
    code = f"{asked}; print(set({heavy!r}) & sys.modules.keys())"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "Phone menus written in YAML" in said
    assert said.endswith("\nset()\n")


def test_check_comes_without_what_only_calls_need(flows):
    heavy = (
        "asyncio",
        "http.client",
        "httptools",
        "redis",
        "sqlite3",
        "starlette",
        "uvicorn",
        "engine.phone",
        "engine.server.app",
    )
    asked = f"import sys; from engine.cli import main; main(['check', {str(flows)!r}], standalone_mode=False)"
    code = f"{asked}; print(set({heavy!r}) & sys.modules.keys())"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.endswith("nothing to say\nset()\n")


def test_check_says_nothing_of_good_flows(touchtone, flows):
    result = touchtone("check", flows)
    assert (result.exit_code, result.output) == (0, f"{flows}: nothing to say\n")


def test_check_shows_a_mistake_at_its_line_with_the_mending_word(touchtone, flows):
    (flows / "shop.yaml").write_text(BAD)
    result = touchtone("check", flows / "shop.yaml")
    assert result.exit_code == 1
    assert "there is no step named `salse`" in result.output
    assert "shop.yaml:6:21" in result.output
    assert "did you mean this step?" in result.output
    assert result.output.endswith("1 error\n")


@pytest.mark.parametrize("form", ["line", "json", "github", "sarif"])
def test_check_speaks_to_tools(touchtone, flows, form):
    (flows / "shop.yaml").write_text(BAD)
    result = touchtone("check", flows, "--format", form)
    assert result.exit_code == 1
    assert "F201" in result.output
    if form in ("json", "sarif"):
        assert json.loads(result.output)


HINT = """steps:
  welcome:
    - dial: "2125550100"
    - redirect: hangup
"""
WARNING = """steps:
  welcome:
    - hangup
    - say: Nobody hears this.
"""


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (GOOD, {"error": 0, "warning": 0, "hint": 0}),
        (HINT, {"error": 0, "warning": 0, "hint": 1}),
        (WARNING, {"error": 0, "warning": 1, "hint": 1}),
        (BAD, {"error": 1, "warning": 1, "hint": 1}),
    ],
    ids=["good", "hint", "warning", "error"],
)
def test_hints_do_not_fail_a_check_unless_they_shall(touchtone, flows, text, codes):
    (flows / "shop.yaml").write_text(text)
    assert {level: touchtone("check", flows, "--fail-on", level).exit_code for level in codes} == codes
    assert touchtone("check", flows).exit_code == codes["warning"]


def test_check_of_nothing_cannot_run(touchtone, tmp_path):
    result = touchtone("check", tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "there is no file or folder" in result.stderr


def test_twiml_prints_what_twilio_gets(touchtone, flows):
    entry = touchtone("twiml", "shop", "--flows", flows)
    assert entry.exit_code == 0
    assert "<Say>For sales, press 1.</Say>" in entry.output
    answer = touchtone("twiml", "shop/welcome?_a=0", "--param", "Digits=1", "--flows", flows, "--raw")
    assert answer.output.strip().endswith("<Response><Say>Sales is closed.</Say></Response>")


HOURS = """\
hours: {desk: {timezone: America/New_York, mon-fri: 09:00-17:00}}
steps:
  menu:
    - branch: [{when: hours.desk.open, to: [{say: Open.}]}, {else: [{say: Closed.}]}]
"""


@pytest.mark.parametrize(
    ("at", "heard"),
    [
        ("2026-11-23T13:59", "Closed."),
        ("2026-11-23T14:00", "Open."),
        ("2026-11-23 14:00", "Open."),
        ("2026-11-23T08:59:59-05:00", "Closed."),
        ("2026-11-23T09:00-05:00", "Open."),
        ("2026-11-23T14:00Z", "Open."),
        ("2026-11-23", "Closed."),
    ],
)
def test_twiml_at_a_time_without_an_offset_is_utc(touchtone, flows, at, heard):
    (flows / "desk.yaml").write_text(HOURS)
    assert f"<Say>{heard}</Say>" in touchtone("twiml", "desk", "--flows", flows, "--at", at).output


def test_twiml_at_no_time(touchtone, flows):
    result = touchtone("twiml", "shop", "--flows", flows, "--at", "noon")
    assert result.exit_code == 2
    assert result.stderr == "touchtone: --at is a day and a time, such as 2026-12-24T18:00 (UTC); not noon\n"


def test_twiml_of_an_unknown_flow_names_the_nearest(touchtone, flows):
    result = touchtone("twiml", "shoop", "--flows", flows)
    assert result.exit_code == 2
    assert "did you mean `shop`?" in result.stderr


def test_twiml_answers_for_a_flow_while_another_has_mistakes(touchtone, flows):
    (flows / "other.yaml").write_text(BAD)
    (flows / "third.yaml").write_text("steps: {a: [{redirect: other/}]}")
    (flows / "fourth.yaml").write_text("steps: [")
    (flows / "functions.py").write_text("def (")
    result = touchtone("twiml", "shop", "--flows", flows)
    assert result.exit_code == 0
    assert "<Say>For sales, press 1.</Say>" in result.stdout
    wrong = [flows / name for name in ("fourth.yaml", "functions.py", "other.yaml")]
    assert result.stderr == "".join(f"touchtone: {file} has errors and is left out\n" for file in wrong)


@pytest.mark.parametrize("command", [("twiml", "other"), ("phone", "other")])
def test_a_flow_with_mistakes_is_answered_by_its_errors_alone(touchtone, flows, command):
    (flows / "other.yaml").write_text(BAD)
    # A doubt that depends on the settings: it is nothing that keeps the other flow from being tried.
    (flows / "third.yaml").write_text("steps: {a: [{request: {url: http://localhost:8011/, branch: {else: a}}}]}")
    result = touchtone(*command, "--flows", flows)
    assert result.exit_code == 1
    assert "error[" in result.stderr
    assert "warning[" not in result.stderr
    assert "hint[" not in result.stderr


@pytest.mark.parametrize("group", [(), ("translations",), ("sessions",)])
def test_no_line_in_a_list_of_commands_is_cut(touchtone, group):
    told = touchtone(*group, "--help").output.partition("\nCommands:\n")[2]
    assert told
    assert "..." not in told


def test_only_dev_takes_another_port_than_it_was_told(touchtone):
    assert "next free" in touchtone("dev", "--help").output
    assert "next free" not in touchtone("serve", "--help").output


def test_twiml_says_which_file_keeps_it_from_answering(touchtone, flows):
    (flows / "_project.yaml").write_text("defaults: [")
    result = touchtone("twiml", "shop/menu", "--flows", flows)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "_project.yaml:1:11" in result.stderr
    assert f"`shop` is not answered for before this is mended: {flows / '_project.yaml'}\n" in result.stderr


def test_twiml_of_a_step_that_leads_to_a_flow_with_mistakes_is_that_of_a_fault(touchtone, flows):
    (flows / "other.yaml").write_text(BAD)
    (flows / "third.yaml").write_text("steps: {a: [{redirect: other/}]}")
    result = touchtone("twiml", "third/a", "--flows", flows)
    assert result.exit_code == 0
    assert "<Say>We are sorry" in result.stdout
    why = f"{flows / 'third.yaml'}:1:24: the flow `other` is not served: {flows / 'other.yaml'} has errors\n"
    assert result.stderr.splitlines()[-1] == why.strip()


def test_twiml_of_a_flow_with_mistakes_tells_them(touchtone, flows):
    (flows / "other.yaml").write_text(BAD)
    result = touchtone("twiml", "other", "--flows", flows)
    assert result.exit_code == 1
    assert "there is no step named `salse`" in result.stderr
    assert "is mended" not in result.stderr


def test_a_parameter_without_a_value_is_explained(touchtone, flows):
    result = touchtone("twiml", "shop", "-p", "Digits", "--flows", flows)
    assert (result.exit_code, result.stderr) == (
        2,
        "touchtone: --param is a name and a value, such as --param Digits=1; not Digits\n",
    )


def test_a_flow_cannot_take_the_place_of_the_recordings(touchtone, flows):
    (flows / "audio.yaml").write_text(GOOD)
    result = touchtone("check", flows, "--format", "line")
    assert result.exit_code == 1
    assert "audio.yaml:1:1: error[F111]: `audio` cannot be the name of a flow" in result.output
    assert "such as `audio_menu`" in touchtone("check", flows).output


def test_what_the_system_refuses_is_told_in_one_sentence(touchtone, flows):
    result = touchtone("check", "x" * 300)
    assert result.exit_code == 2
    assert result.stderr == f"touchtone: {'x' * 300}: file name too long\n"


def test_explain_alone_lists_all_there_is(touchtone):
    lines = touchtone("explain").output.splitlines()
    assert any(line.startswith("F101: ") for line in lines)
    assert "gather — a verb of voice" in lines
    assert all(len(line) <= 80 for line in lines)
    told = [line.partition(" ")[0] for line in lines if " — " in line or line[1:4].isdecimal()]
    assert len(set(told)) == len(told), "one line each"
    assert lines.index("The language") < lines.index("gather — a verb of voice") < lines.index("Messages")
    assert not any(line.endswith(",") for line in lines), "no line breaks off"


@pytest.mark.parametrize("turn", ["hear", "asked", "given", "dialled", "later", "logged", "talks"])
def test_explain_shows_call_scripts_for_their_words(touchtone, turn):
    assert touchtone("explain", turn).output.startswith("# Call scripts")


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("timeout", "gather"),
        ("no_input", "retry"),
        ("no_input", "gather"),
        ("num_digits", "gather"),
        ("attempts", "retry"),
        ("retries", "request"),
    ],
)
def test_explain_says_on_which_pages_a_field_stands(touchtone, name, page):
    shown = touchtone("explain", name)
    assert shown.exit_code == 0
    assert f"touchtone explain {page}" in shown.output.splitlines()
    assert name in touchtone("explain", page).output


def test_explain_knows_codes_and_verbs(touchtone):
    assert "F101" in touchtone("explain", "f101").output
    assert "num_digits" in touchtone("explain", "gather").output
    wrong = touchtone("explain", "gahter")
    assert wrong.exit_code == 2
    assert "did you mean `gather`?" in wrong.stderr


def test_schema_offers_the_steps_of_good_files_beside_one_with_errors(touchtone, flows):
    good = touchtone("schema", "--flows", flows).output
    (flows / "other.yaml").write_text("steps: {a: [")
    assert '"sales"' in good
    assert '"sales"' in touchtone("schema", "--flows", flows).output


def test_schema_offers_the_steps_of_the_folder(touchtone, flows):
    result = touchtone("schema", "--flows", flows)
    assert json.loads(result.output)["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert '"sales"' in result.output


def test_serve_refuses_to_start_without_a_token(touchtone, flows):
    result = touchtone("serve", flows)
    assert result.exit_code == 2
    assert "TWILIO_AUTH_TOKEN" in result.stderr
    assert "--unsigned" in result.stderr


def test_dev_without_a_token_stays_on_this_machine(touchtone, flows):
    result = touchtone("dev", flows, "--host", "0.0.0.0")
    assert result.exit_code == 2
    assert "only this machine may call" in result.stderr


def test_serve_refuses_flows_with_mistakes(touchtone, flows):
    (flows / "shop.yaml").write_text(BAD)
    result = touchtone("serve", flows, "--unsigned")
    assert result.exit_code == 1
    assert "there is no step named `salse`" in result.stderr


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_explains_itself_on_one_screen_with_an_example(touchtone, command):
    text = touchtone(command, "--help").output
    assert len(text.splitlines()) <= 34, "one screen"
    assert max(map(len, text.splitlines())) <= 80
    assert f"touchtone {command}" in text


def run(*words: Any, folder: Path, stdout: Any = subprocess.PIPE, **environ: str) -> subprocess.CompletedProcess[bytes]:
    """A subcommand in a process of its own, with bytes for output."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TWILIO", "TOUCHTONE"))}
    return subprocess.run(
        [sys.executable, "-m", "engine.cli", *words],
        cwd=folder,
        env={**kept, **environ},
        stdout=stdout,
        stderr=subprocess.PIPE,
        timeout=30,
    )


@pytest.mark.parametrize("command", [["serve", "--unsigned"], ["dev"]], ids=["serve", "dev"])
def test_a_store_that_cannot_be_used_is_told_in_one_sentence(flows, tmp_path, command):
    (tmp_path / "garbage").write_bytes(b"no database" * 1000)
    (tmp_path / "folder").mkdir()
    for name, reason in (("garbage", "file is not a database"), ("folder", "Is a directory")):
        ended = run(*command, "--port", "0", "--store", f"sqlite:///{name}", folder=tmp_path)
        assert ended.returncode == 2
        assert ended.stderr.decode() == f"touchtone: sessions cannot be kept in `{tmp_path / name}`: {reason}\n"
        assert ended.stdout == b""


@pytest.mark.parametrize(
    "environ",
    [{"PYTHONIOENCODING": "latin-1"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
    ids=["latin-1", "the C locale"],
)
def test_any_text_can_be_printed_anywhere(flows, tmp_path, environ):
    (flows / "shop.yaml").write_text(BAD.replace("For sales", "“For sales” \u4e00"))
    folder = os.fsencode(flows) + b"\xff"
    os.rename(flows, folder)
    ended = run("check", folder, folder=tmp_path, **environ)
    assert (ended.returncode, ended.stderr) == (1, b"")
    assert b"there is no step named `salse`" in ended.stdout


@pytest.mark.parametrize("words", [["--help"], ["explain", "gather"]])
def test_a_full_disk_is_told_in_one_sentence(tmp_path, words):
    with open("/dev/full", "wb") as full:
        ended = run(*words, folder=tmp_path, stdout=full)
    assert (ended.returncode, ended.stderr) == (2, b"touchtone: no space left on device\n")


class Server:
    """A server of ours in a process of its own, on a port of loopback."""

    def __init__(self, *words: object, folder: Path, **environ: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TWILIO", "TOUCHTONE"))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.cli", *map(str, words)],
            cwd=folder,
            env={**kept, "PYTHONUNBUFFERED": "1", **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []

    def read_until(self, words: str) -> str:
        """The output up to the line with these words; the server's last words if it ended before."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if words in line:
                return "".join(self.lines)
        raise AssertionError(f"it ended without saying {words!r}: {''.join(self.lines)}{self.process.stderr.read()}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(how)
        status = self.process.wait(20)
        self.process.stdout.close()
        self.process.stderr.close()
        return status


@pytest.fixture
def serve(tmp_path):
    """Starts servers, and ends those that the test left running."""
    started: list[Server] = []

    def start(*words: object, **environ: str) -> Server:
        started.append(Server(*words, folder=tmp_path, **environ))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.stop(signal.SIGKILL)


def fetch(url: str, form: bytes | None = None) -> str:
    with urllib.request.urlopen(urllib.request.Request(url, form), timeout=10) as answer:
        return answer.read().decode()


def test_dev_prints_an_address_and_a_saved_file_is_heard(serve, flows):
    server = serve("dev", flows, "--port", "0")
    text = server.read_until("Ctrl-C")
    assert "NOT checked" in text
    address = re.search(r"shop +A shop +(http://127\.0\.0\.1:\d+/flows/shop)", text)[1]
    assert "<Say>For sales, press 1.</Say>" in fetch(address)

    (flows / "shop.yaml").write_text(GOOD.replace("For sales, press 1.", "Sales? Press 1."))
    server.read_until("is heard from now on")
    assert "<Say>Sales? Press 1.</Say>" in fetch(address)

    (flows / "shop.yaml").write_text(BAD)
    errors = iter(server.process.stderr.readline, "")
    assert any("callers still hear its last good version" in line for line in errors)
    assert "<Say>Sales? Press 1.</Say>" in fetch(address)
    assert server.stop() in (0, -signal.SIGINT)


def test_a_port_in_use_gives_the_next_free_one_said_aloud(serve, flows):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        text = serve("dev", flows, "--port", port).read_until("Ctrl-C")
    assert f"Port {port} is in use" in text


def test_serve_takes_only_signed_requests(serve, flows):
    from twilio.request_validator import RequestValidator

    server = serve("serve", flows, "--port", "0", "--public-url", "https://example.com", TWILIO_AUTH_TOKEN="12345")
    text = server.read_until("https://example.com/flows/shop")
    server.read_until("Listening")
    port = re.search(r"127\.0\.0\.1:(\d+)", "".join(server.lines))[1]
    form = b"CallSid=CA1&From=%2B15550100"
    signature = RequestValidator("12345").compute_signature(
        "https://example.com/flows/shop", {"CallSid": "CA1", "From": "+15550100"}
    )
    request = urllib.request.Request(f"http://127.0.0.1:{port}/flows/shop", form, {"X-Twilio-Signature": signature})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert b"<Gather" in answer.read()
    with pytest.raises(urllib.error.HTTPError, match="403"):
        fetch(f"http://127.0.0.1:{port}/flows/shop", form)
    assert "NOT checked" not in text
    assert server.stop(signal.SIGTERM) in (0, -signal.SIGTERM)


def test_ctrl_c_before_the_server_stands_is_no_fault():
    @click.command()
    def waits() -> None:
        raise KeyboardInterrupt

    result = CliRunner().invoke(Commands(commands={"waits": waits}), ["waits"])
    assert (result.exit_code, result.output) == (130, "")


def test_who_never_ends_a_request_does_not_keep_the_server_from_stopping(serve, flows):
    server = serve("dev", flows, "--port", "0", TOUCHTONE_GRACE="1")
    port = int(re.search(r"127\.0\.0\.1:(\d+)", server.read_until("Ctrl-C"))[1])
    head = b"POST /flows/shop HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nDigits"
    with contextlib.ExitStack() as stack:
        for sent in (b"", b"POST /flows", head, head, head):
            stack.enter_context(socket.create_connection(("127.0.0.1", port))).sendall(sent)
        fetch(f"http://127.0.0.1:{port}/healthz")  # by now the others were heard as well
        server.process.send_signal(signal.SIGTERM)
        said = server.process.communicate(timeout=10)[1]
    assert server.process.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in said
    assert len(said.splitlines()) <= 1
