"""Files are saved in every way that editors know while callers call: nobody hears an apology, or what was never saved."""

from pathlib import Path

from benchmarks.saves import save_under_load

SAVES = 60  # `python -m benchmarks.saves 400` does more


def test_every_save_is_heard_and_no_caller_hears_an_apology(tmp_path: Path) -> None:
    outcome = save_under_load(tmp_path, SAVES)
    assert dict(outcome.wrong) == {}
    assert outcome.last == outcome.saved
    assert outcome.answers > SAVES
    assert "Traceback" not in outcome.log
