"""A folder of flows: what is read, and what is said when something is not there."""

import os
from pathlib import Path

from engine.diagnostics import Report, Severity, render_line
from engine.document import read_folder
from engine.document.folder import LARGEST, LOOKED_AT

FLOW = "steps:\n  a:\n    - hangup\n"


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def lines(report: Report, folder: Path) -> list[str]:
    return render_line(report.diagnostics).replace(str(folder), "flows").splitlines()


def test_flows_come_by_name_and_the_project_beside_them(tmp_path: Path) -> None:
    write(tmp_path, b=FLOW, a=FLOW, _project="vars: {x: 1}\n", _draft="a: b: c\n")
    (tmp_path / "audio" / "es").mkdir(parents=True)
    (tmp_path / "audio" / "hello.mp3").write_bytes(b"")
    (tmp_path / "audio" / "es" / "hello.mp3").write_bytes(b"")
    (tmp_path / "functions.py").write_text("", encoding="utf-8")
    (tmp_path / ".b.yaml.swp").write_text("", encoding="utf-8")
    report = Report()
    folder = read_folder(tmp_path, report)
    assert [Path(flow.path).name for flow in folder.flows] == ["a.yaml", "b.yaml"]
    assert folder.flows[0].text == FLOW
    assert folder.project is not None
    assert folder.project.text == "vars: {x: 1}\n"
    assert folder.path == tmp_path
    assert folder.audio == {"audio/hello.mp3", "audio/es/hello.mp3"}
    assert len(report) == 0


def test_a_call_script_beside_its_flow_is_no_flow(tmp_path: Path) -> None:
    write(tmp_path, **{"a": FLOW, "a.calls": "calls: {}\n"})
    report = Report()
    assert [Path(flow.path).name for flow in read_folder(tmp_path, report).flows] == ["a.yaml"]
    assert len(report) == 0


def test_call_scripts_alone_make_no_folder_of_flows(tmp_path: Path) -> None:
    write(tmp_path, **{"a.calls": "calls: {}\n"})
    report = Report()
    read_folder(tmp_path, report)
    assert [found.code for found in report.diagnostics] == ["F017"]


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbf" + FLOW.encode())
    assert read_folder(tmp_path, Report()).flows[0].text == FLOW


def test_line_ends_are_kept(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: b\r\n")
    assert read_folder(tmp_path, Report()).flows[0].text == "a: b\r\n"


def test_a_file_that_is_not_utf8_is_named_with_line_and_byte(tmp_path: Path) -> None:
    write(tmp_path, b=FLOW)
    (tmp_path / "a.yaml").write_bytes("steps:\n  a: Olá señor\n".encode("latin-1"))
    report = Report()
    assert [Path(flow.path).name for flow in read_folder(tmp_path, report).flows] == ["b.yaml"]
    assert lines(report, tmp_path) == [
        "flows/a.yaml:2:8: error[F002]: the file is not UTF-8: byte 0xE1 at position 15 (save the file as UTF-8 in your editor)"
    ]


def test_utf16_is_recognized(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(FLOW.encode("utf-16"))
    report = Report()
    read_folder(tmp_path, report)
    assert "it looks like UTF-16" in lines(report, tmp_path)[0]


def test_a_file_cut_within_a_character_is_no_flow(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("a: é".encode()[:-1])
    report = Report()
    assert read_folder(tmp_path, report).flows == ()
    assert lines(report, tmp_path)[0].startswith("flows/a.yaml:1:4: error[F002]")


def test_a_file_that_vanished_is_a_warning(tmp_path: Path) -> None:
    write(tmp_path, b=FLOW)
    # A link to nothing is listed, and gone when it is opened.
    (tmp_path / "a.yaml").symlink_to(tmp_path / "nowhere")
    report = Report()
    assert len(read_folder(tmp_path, report).flows) == 1
    assert [found.severity for found in report.diagnostics] == [Severity.WARNING]
    assert lines(report, tmp_path) == ["flows/a.yaml:1:1: warning[F016]: `a.yaml` vanished while the folder was read"]


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    report = Report()
    folder = read_folder(tmp_path / "nowhere", report)
    assert folder.flows == ()
    assert lines(report, tmp_path) == [
        "flows/nowhere:1:1: error[F016]: there is no folder `flows/nowhere` (name the folder that holds your flows)"
    ]
    assert "nowhere/hello.yaml with\nsteps:\n" in report.diagnostics[0].helps[1]  # for somebody who begins


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    write(tmp_path, a=FLOW)
    report = Report()
    read_folder(tmp_path / "a.yaml", report)
    assert lines(report, tmp_path) == [
        "flows/a.yaml:1:1: error[F016]: `flows/a.yaml` is a file; flows are read from a folder"
        " (name the folder that holds it: flows)"
    ]


def test_a_folder_without_flows_says_what_to_write(tmp_path: Path) -> None:
    write(tmp_path, _project="vars: {}\n")
    report = Report()
    assert read_folder(tmp_path, report).project is not None
    (found,) = report.diagnostics
    assert found.code == "F017"
    assert "hello.yaml" in found.helps[0]
    assert "steps:" in found.helps[0]


def test_the_first_flow_of_each_folder_within_is_known(tmp_path: Path) -> None:
    write(tmp_path, a=FLOW)
    for name in (
        "north/desk",
        "north/zeta",
        "south/far/sub",
        "_drafts/x",
        ".git/x",
        "audio/x",
        "other/values",
        "calls/a.calls",
    ):
        file = tmp_path / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("steps_of: 1\n" if "values" in name else FLOW, encoding="utf-8")
    (tmp_path / "north" / "broken.yaml").symlink_to(tmp_path / "nowhere")
    report = Report()
    folder = read_folder(tmp_path, report)
    assert [file.relative_to(tmp_path).as_posix() for file in folder.deeper] == [
        "north/desk.yaml",
        "south/far/sub.yaml",
    ]
    assert not report.diagnostics


def test_a_folder_with_a_project_file_is_a_project_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, a=FLOW)
    for name in ("north/desk", "south/far/sub"):
        file = tmp_path / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(FLOW, encoding="utf-8")
        (file.parent / "_project.yaml").write_text("vars: {x: 1}\n", encoding="utf-8")
    assert read_folder(tmp_path, Report()).deeper == ()


def test_of_a_very_large_folder_a_part_is_looked_at(tmp_path: Path) -> None:
    write(tmp_path, a=FLOW)
    (tmp_path / "many").mkdir()
    for number in range(LOOKED_AT + 1):
        (tmp_path / "many" / f"{number}.txt").touch()
    (tmp_path / "many" / "z.yaml").write_text(FLOW, encoding="utf-8")
    assert read_folder(tmp_path, Report()).deeper == ()


def test_a_folder_whose_flows_lie_deeper_names_theirs(tmp_path: Path) -> None:
    (tmp_path / "north").mkdir()
    (tmp_path / "north" / "desk.yaml").write_text(FLOW, encoding="utf-8")
    report = Report()
    read_folder(tmp_path, report)
    (found,) = report.diagnostics
    assert found.code == "F017"
    assert found.helps == (f"flows are read from the folder itself: name  {tmp_path / 'north'}",)


def test_another_ending_is_named(tmp_path: Path) -> None:
    (tmp_path / "clinic.yml").write_text(FLOW, encoding="utf-8")
    report = Report()
    assert read_folder(tmp_path, report).flows == ()
    assert lines(report, tmp_path) == [
        "flows/clinic.yml:1:1: error[F016]: `clinic.yml` is not read: flows end in `.yaml` (call it clinic.yaml)"
    ]


def test_an_ending_in_capitals_is_named(tmp_path: Path) -> None:
    write(tmp_path, b=FLOW)
    (tmp_path / "clinic.YAML").write_text(FLOW, encoding="utf-8")
    report = Report()
    assert [Path(flow.path).name for flow in read_folder(tmp_path, report).flows] == ["b.yaml"]
    assert "`clinic.YAML` is not read: flows end in `.yaml` (call it clinic.yaml)" in lines(report, tmp_path)[0]


def test_pipes_and_devices_are_not_waited_for(tmp_path: Path) -> None:
    write(tmp_path, b=FLOW)
    os.mkfifo(tmp_path / "a.yaml")
    (tmp_path / "c.yaml").symlink_to("/dev/zero")
    report = Report()
    assert [Path(flow.path).name for flow in read_folder(tmp_path, report).flows] == ["b.yaml"]
    assert lines(report, tmp_path) == [
        f"flows/{name}.yaml:1:1: error[F016]: `{name}.yaml` cannot be read: it is a pipe, a folder or a device"
        for name in ("a", "c")
    ]


def test_a_file_larger_than_any_flow_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"#" * LARGEST)
    (tmp_path / "b.yaml").write_bytes(b"#" * (LARGEST + 1))
    report = Report()
    assert [Path(flow.path).name for flow in read_folder(tmp_path, report).flows] == ["a.yaml"]
    assert lines(report, tmp_path) == ["flows/b.yaml:1:1: error[F016]: `b.yaml` is not read: it is larger than 5 MB"]


def test_a_file_that_cannot_even_be_looked_at_is_named(tmp_path: Path) -> None:
    write(tmp_path, b=FLOW)
    # A name too long for the system fails for everybody, as a folder that may not be searched does for most.
    (tmp_path / "a.yaml").symlink_to("x" * 300 + "/y")
    report = Report()
    assert [Path(flow.path).name for flow in read_folder(tmp_path, report).flows] == ["b.yaml"]
    assert "error[F016]: `a.yaml` cannot be read: file name too long" in lines(report, tmp_path)[0]


def test_a_folder_named_like_a_flow_is_none(tmp_path: Path) -> None:
    write(tmp_path, b=FLOW)
    (tmp_path / "a.yaml").mkdir()
    report = Report()
    assert len(read_folder(tmp_path, report).flows) == 1
    assert len(report) == 0


def test_catalogues_are_read_beside_the_flows(tmp_path: Path) -> None:
    write(tmp_path, a=FLOW)
    for name in ("_es.po", "_pt-BR.po", "de.po", ".fr.po", "_messages.pot"):
        (tmp_path / name).write_text('msgid "a"\nmsgstr "b"\n')
    (tmp_path / "_it.po").mkdir()
    report = Report()
    folder = read_folder(tmp_path, report)
    assert [Path(each.path).name for each in folder.catalogues] == ["_es.po", "_pt-BR.po"]
    assert lines(report, tmp_path) == [
        "flows/de.po:1:1: error[F016]: `de.po` is not read: a catalogue begins with `_` (call it _de.po)"
    ]
