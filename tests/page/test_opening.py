"""A file opens in the person's editor: by an address that the browser follows, or by a command, for files of the project alone."""

import json
import sys

import pytest

from engine.server.dotenv import SettingsError
from engine.server.external_editor import ExternalEditor
from engine.server.settings import read_settings


def editor(text):
    return read_settings({}, {"TOUCHTONE_EDITOR": text}, {}).editor


@pytest.fixture
def page(opened, tmp_path):
    """A page whose editor notes how it was called."""
    script = tmp_path / "editor.py"
    script.write_text(f"import json, sys\njson.dump(sys.argv[1:], open({str(tmp_path / 'called')!r}, 'w'))\n")
    return opened(editor=ExternalEditor.read(f"{sys.executable} {script} --line {{line}} {{path}}:{{column}}"))


def called(page):
    return json.loads((page.folder.parent / "called").read_text())


def test_without_a_setting_the_browser_follows_an_address_of_vs_code(opened):
    page = opened()
    state = page.get("/api/state")
    assert (state["editor"], state["editor_command"]) == ("vscode://file/{path}:{line}:{column}", False)
    answer = page.ask("POST", "/api/open", body={"path": "menu.yaml"})
    assert (answer.status_code, answer.json()["error"]) == (
        400,
        "No editor command is set. Set TOUCHTONE_EDITOR to one.",
    )


def test_a_command_is_run_with_the_place(page):
    state = page.get("/api/state")
    assert (state["editor"], state["editor_command"]) == ("", True)
    path = page.get("/api/flows/menu/source")["path"]
    assert page.post("/api/open", {"path": path, "line": 7, "column": 3}) == {"opened": "menu.yaml"}
    assert called(page) == ["--line", "7", f"{path}:3"]


def test_a_name_is_never_taken_apart_or_given_to_a_shell(page):
    name = "$(touch pwned); 'x' --evil.yaml"
    (page.folder / name).write_text("")
    page.post("/api/open", {"path": name})
    assert called(page) == ["--line", "1", f"{page.folder.resolve() / name}:1"]
    assert not (page.folder.parent / "pwned").exists()


@pytest.mark.parametrize(
    "path",
    [
        "../secret.yaml",
        "/etc/passwd",
        "../../secret.yaml",
        "link.yaml",
        "../.touchtone/x.yaml",
        "audio.mp3",
        "../editor.py",
        "",
        ".",
    ],
)
def test_no_file_outside_the_project_is_opened(page, tmp_path, path):
    (tmp_path / "secret.yaml").write_text("")
    (tmp_path / ".touchtone").mkdir()
    (tmp_path / ".touchtone" / "x.yaml").write_text("")
    (page.folder / "audio.mp3").write_text("")
    (page.folder / "link.yaml").symlink_to("/etc/hostname")
    answer = page.ask("POST", "/api/open", body={"path": path})
    assert answer.status_code == 403
    assert not (tmp_path / "called").exists()


@pytest.mark.parametrize("path", ["gone.yaml", "a\x00.yaml", "x" * 5000 + ".yaml"])
def test_a_file_that_is_not_there_is_told(page, path):
    assert page.ask("POST", "/api/open", body={"path": path}).status_code in (403, 404)


@pytest.mark.parametrize("line", [0, -1, "1", 1.5, True, None, 10**12])
def test_a_line_is_a_number(page, line):
    assert page.ask("POST", "/api/open", body={"path": "menu.yaml", "line": line}).status_code == 400


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("no-such-editor-here {path}", "could not be started: no such file or directory"),
        ("false {path}", "exited with status 1"),
    ],
)
def test_an_editor_that_does_not_come_up_is_told(opened, command, says):
    page = opened(editor=ExternalEditor.read(command))
    answer = page.ask("POST", "/api/open", body={"path": "menu.yaml"})
    assert answer.status_code == 500
    assert says in answer.json()["error"]


@pytest.mark.parametrize(
    "text", ["idea://open?file={path}&line={line}", "vscode-insiders://file/{path}:{line}:{column}"]
)
def test_an_address_is_taken_as_it_is(text):
    assert editor(text) == ExternalEditor(text)


def test_a_command_that_names_no_path_is_given_one():
    assert editor("gedit").words("/a b.yaml", 3, 1) == ["gedit", "/a b.yaml"]
    assert editor("emacsclient -n +{line}:{column} {path}").words("/a.yaml", 3, 1) == [
        "emacsclient",
        "-n",
        "+3:1",
        "/a.yaml",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert('{path}')",
        "JavaScript:{path}",
        "data:text/html,{path}",
        "file://{path}",
        "vscode://file/",
        "code {file}",
        "'",
        "{path}",
    ],
)
def test_what_opens_no_editor_is_refused_with_a_sentence(text):
    with pytest.raises(SettingsError, match=r"^TOUCHTONE_EDITOR "):
        editor(text)
