"""What an editor shows while a flow is written: yaml-language-server, which most editors run, with our schema."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.grammar.schema import flow_schema

CACHE = Path(__file__).parents[1] / ".venv" / "editor"
SERVER = CACHE / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
PATIENCE = 50.0  # seconds after which a server that says nothing is ended

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or shutil.which("npm") is None, reason="node and npm are not installed"
)


class Editor:
    """The client's side of the Language Server Protocol, as far as these tests need it."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self._process, self._folder, self._number = process, folder, 0
        self.ask("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": {}})
        self._tell("initialized", {})
        settings = {"validate": True, "completion": True, "hover": True, "schemaStore": {"enable": False}}
        self._tell("workspace/didChangeConfiguration", {"settings": {"yaml": settings}})

    def open(self, text: str) -> str:
        """The address of a new flow file with that text."""
        self._number += 1
        address = (self._folder / f"flow{self._number}.yaml").as_uri()
        text = f"# yaml-language-server: $schema=flow.schema.json\n{text}"
        self._tell(
            "textDocument/didOpen",
            {"textDocument": {"uri": address, "languageId": "yaml", "version": 1, "text": text}},
        )
        return address

    def findings(self, text: str) -> list[tuple[int, int, str]]:
        """Line and column, counted from 1 in the text, and message of all that is marked."""
        address = self.open(text)
        while True:
            message = self._read()
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == address:
                found = message["params"]["diagnostics"]
                return [
                    (each["range"]["start"]["line"], each["range"]["start"]["character"] + 1, each["message"])
                    for each in found
                ]

    def completions(self, text: str) -> dict[str, str]:
        """What is offered where `|` stands: the text that each label inserts."""
        answer = self._at("textDocument/completion", text)
        return {each["label"]: each["textEdit"]["newText"] for each in answer["items"]}

    def hover(self, text: str) -> str:
        """What is shown about the word where `|` stands."""
        return str(self._at("textDocument/hover", text)["contents"]["value"])

    def _at(self, method: str, text: str) -> Any:
        before, _, after = text.partition("|")
        place = {"line": before.count("\n") + 1, "character": len(before.rpartition("\n")[2])}
        return self.ask(method, {"textDocument": {"uri": self.open(before + after)}, "position": place})

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        self._number += 1
        number = self._number
        self._write({"id": number, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message["error"]
                return message["result"]

    def _tell(self, method: str, params: dict[str, Any]) -> None:
        self._write({"method": method, "params": params})

    def _write(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        """The next message; what the server asks of us is answered with nothing."""
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name == b"Content-Length" else length
        assert length, "the language server has ended"
        message = json.loads(self._process.stdout.read(length))
        assert isinstance(message, dict)
        if "method" in message and "id" in message:
            self._write({"id": message["id"], "result": None})
        return message


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    if not SERVER.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", str(CACHE)]
        subprocess.run([*install, "yaml-language-server@latest"], check=True, capture_output=True, timeout=PATIENCE)
    folder = tmp_path_factory.mktemp("flows")
    (folder / "flow.schema.json").write_text(json.dumps(flow_schema(["welcome", "operator"])))
    pipe = subprocess.PIPE
    with subprocess.Popen(
        ["node", str(SERVER), "--stdio"], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
    ) as process:
        watch = threading.Timer(PATIENCE, process.kill)
        watch.start()
        yield Editor(process, folder)
        watch.cancel()
        process.kill()


GATHER = """\
steps:
  welcome:
    - gather:
        say: Press 1.
        |
"""


def test_the_fields_of_a_verb_are_offered(editor: Editor) -> None:
    offered = editor.completions(GATHER)
    assert {"num_digits", "timeout", "branch", "save", "retry", "play"} <= set(offered)
    assert not {"say", "numDigits", "steps", "dial"} & set(offered)
    assert offered["timeout"] == "timeout: "
    assert offered["action"] == "action: "
    assert {"voice", "language"} <= set(editor.completions("steps:\n  welcome:\n    - say:\n        |\n"))


def test_verbs_are_offered_with_examples(editor: Editor) -> None:
    offered = editor.completions("steps:\n  welcome:\n    - |\n")
    assert {"gather", "say", "dial", "branch", "redirect", "gather …", "dial …"} <= set(offered)
    assert "number:" in offered["dial …"]
    assert (offered["say"], offered["redirect"]) == ("say: ", "redirect: ")
    assert offered["gather"].startswith("gather:\n")


def test_nothing_is_offered_where_words_are_meant(editor: Editor) -> None:
    assert editor.completions("steps:\n  welcome:\n    - say: |\n") == {}


def test_steps_and_words_are_offered_where_a_call_goes_on(editor: Editor) -> None:
    flow = "steps:\n  welcome:\n    - gather:\n        branch:\n          1: |\n"
    assert {"welcome", "operator", "repeat", "hangup"} <= set(editor.completions(flow))
    assert {"welcome", "operator"} <= set(editor.completions("steps:\n  welcome:\n    - redirect: |\n"))
    assert {"welcome", "operator"} <= set(editor.completions("steps:\n  welcome:\n    - record:\n        action: |\n"))


def test_choices_are_offered(editor: Editor) -> None:
    assert {"GET", "POST"} <= set(editor.completions("steps:\n  welcome:\n    - dial:\n        method: |\n"))
    assert {"busy", "rejected"} <= set(editor.completions("steps:\n  welcome:\n    - reject: |\n"))


def test_a_mistyped_field_is_marked_where_it_stands(editor: Editor) -> None:
    [(line, column, message)] = editor.findings(GATHER.replace("|", "numDigits: 1"))
    assert (line, column) == (5, 9)
    assert "numDigits" in message


def test_a_wrong_value_deep_in_a_tree_is_marked_by_itself(editor: Editor) -> None:
    flow = "steps:\n  welcome:\n    - gather:\n        branch:\n          1:\n            - dial: {number: '+1', timeout: 3s}\n"
    found = editor.findings(flow)
    assert found == [(6, 45, "must be: whole number of seconds, 5 to 600")]


def test_a_verb_that_is_none_is_marked(editor: Editor) -> None:
    [(line, _, message)] = editor.findings("steps:\n  welcome:\n    - sey: Hello\n")
    assert line == 3
    assert "sey" in message


def test_a_bare_word_that_is_no_verb_is_marked_with_those_that_are(editor: Editor) -> None:
    [(line, _, message)] = editor.findings("steps:\n  welcome:\n    - goodbye\n")
    assert line == 3
    assert "hangup" in message


def test_a_good_flow_has_no_marks(editor: Editor) -> None:
    text = GATHER.replace(
        "|", "branch:\n          1 | sales: welcome\n          '*': repeat\n          else:\n            - hangup"
    )
    assert editor.findings(text) == []


def test_a_verb_says_what_it_does(editor: Editor) -> None:
    assert "waits for keys pressed" in editor.hover("steps:\n  welcome:\n    - gat|her:\n        say: Hi\n")
    assert "whole number of seconds" in editor.hover("steps:\n  welcome:\n    - dial:\n        time|out: 20\n")
