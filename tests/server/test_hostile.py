"""Hostile requests to a server of its own: a small part of what `python -m benchmarks.hostile` sends."""

from pathlib import Path

import pytest

from benchmarks.hostile import FLOWS, attack


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
def test_no_request_makes_a_server_fail(tmp_path: Path, signed: bool) -> None:
    folder = tmp_path / "flows"
    folder.mkdir()
    for name, text in FLOWS.items():
        (folder / f"{name}.yaml").write_text(text)
    found, failures = attack(folder, 600, 7, signed=signed)
    assert failures == []
    assert found["403" if signed else "200"] > 100
