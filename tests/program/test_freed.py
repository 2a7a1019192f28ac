"""A program that nobody holds is freed at once: in a server the collector leaves alone what flows are made of."""

import gc
import weakref
from pathlib import Path

import pytest

from engine.program.library import load_folder, load_sources
from engine.program.tracks import Track

ROOT = Path(__file__).parents[2]
# Questions in trees, in trees of `always`, and in both a tree that leads back into itself.
NESTED = """
always: {0: [{gather: {num_digits: 1, say: Sure?, branch: {1: restart, 0: repeat, else: [{say: No.}]}}}, {redirect: repeat}]}
steps:
  a:
    - gather:
        num_digits: 1
        say: One?
        branch:
          1: [{gather: {num_digits: 1, say: Two?, branch: {1: [{say: Yes.}, {redirect: repeat}]}}}]
"""


def programs():
    sources = [load_sources({"nested.yaml": NESTED}), load_folder(ROOT / "examples"), load_folder(ROOT / "flows")]
    return [loaded.program for loaded in sources]


@pytest.mark.parametrize("number", range(3))
def test_no_step_is_held_by_itself(number):
    program = programs()[number]
    gc.collect()
    gc.disable()
    try:
        alive = []
        for name, flow in program.flows.items():
            for step in flow.steps:
                for channel in flow.channels:
                    tracks = program.tracks(name, step, channel)
                    alive += [weakref.ref(track) for track, _ in tracks.places.values()]
        assert len({id(one()) for one in alive}) > 3
        assert all(isinstance(one(), Track) for one in alive)
        del program, flow, tracks
        assert [one() for one in alive if one() is not None] == []
    finally:
        gc.enable()
