"""`touchtone dev` finds after each save what `touchtone check` finds in the files as they lie there."""

import asyncio
import json
import time

from click.testing import CliRunner

from engine.cli import main
from engine.commands.common import settings, utc_now
from engine.diagnostics import FORMATS
from engine.program.library import Library, load_sources
from engine.program.workspace import Loaded
from engine.runtime.stores import open_store
from engine.server.loading import FolderLoader
from engine.server.service import Service

A = """\
steps:
  a:
    - gather: {say: Press 1., branch: {1: b/}}
  lonely: [{say: Nobody comes here.}]
"""
B = "steps:\n  b: [{send: {to: '+15550001111', body: Hello.}}, {redirect: c/}]\n"
C = "steps:\n  c: [{say: '{{ name }}'}, {play: audio/missing.mp3}]\n"
SAVES = [
    ("b.yaml", B.replace("c/", "c/other")),  # an error in one file, doubts in others
    ("c.yaml", C.replace("  c:", "  other:")),
    ("c.yaml", C),
    ("b.yaml", B),
    ("a.yaml", A.replace("redirect", "redirct").replace("1: b/", "1: b/, 2: lonely")),
    ("d.yaml", "steps: ["),  # never good
    ("_project.yaml", "check: {ignore: [L201]}\nvars: {name: Ann}\n"),
    ("functions.py", "def lookup(:\n"),
    ("functions.py", None),
    ("d.yaml", None),
    ("_project.yaml", None),
    ("a.yaml", None),
]


def test_check_and_dev_report_the_same_set_after_every_save(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "flows"
    folder.mkdir()
    for name, text in {"a.yaml": A, "b.yaml": B, "c.yaml": C}.items():
        (folder / name).write_text(text)
    known, heard = settings(), list[Loaded]()
    loader = FolderLoader(folder, known, strict=False)
    program = loader.load_whole().program or load_sources({}).program
    assert program is not None
    service = Service(
        folder,
        Library(program),
        open_store("memory:", time.time),
        known,
        clock=utc_now,
        follow=True,
        told=heard.append,
        loader=loader,
    )
    seen = set[str]()

    def checked() -> list[object]:
        out = CliRunner().invoke(main, ["check", str(folder), "--format", "json"]).stdout
        return list(json.loads(out))

    async def play() -> None:
        for name, text in SAVES:
            path = folder / name
            path.unlink() if text is None else path.write_text(text)
            await service.reload()
            expected = checked()
            assert json.loads(FORMATS["json"](heard[-1].report.diagnostics)) == expected, (name, text)
            seen.update(one["code"] for one in expected)

    asyncio.run(play())
    assert len(seen) > 6, "errors and doubts of several kinds"
    assert {code[0] for code in seen} == {"F", "L"}
