"""Programs are left out of collections, and none is begun while one is read."""

import gc

import pytest

from engine.program.library import load_sources
from engine.server import garbage

STEPS = "".join(f"  s{number}: [{{say: Sentence {number}.}}, {{redirect: s0}}]\n" for number in range(600))


@pytest.fixture(autouse=True)
def frozen():
    """What a test leaves out of collections comes back."""
    thresholds = gc.get_threshold()
    gc.collect()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_a_large_program_is_left_out_of_later_collections():
    with garbage.uncollected():
        assert not gc.isenabled()
        program = load_sources({"f.yaml": f"steps:\n{STEPS}"}).program
    assert gc.isenabled()
    assert program is not None
    assert not any(one is program.flows["f"].steps for one in gc.get_objects())


def test_a_small_one_is_not():
    """What else there is would be left out with it, and be kept for ever if it leads back to itself."""
    with garbage.uncollected():
        small = load_sources({"f.yaml": "steps: {a: [{say: One.}]}"}).program
    assert gc.get_freeze_count() == 0
    assert small is not None


def test_the_collector_stays_off_where_it_was_off():
    gc.disable()
    try:
        with garbage.uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
