"""What stays is spared by the collector, and still freed once it is not used any more."""

import gc
import weakref

from engine.server import garbage


class Version:
    """Something large that refers to itself, as a program does."""

    def __init__(self) -> None:
        self.itself = self


def test_what_was_frozen_is_freed_when_nobody_holds_it():
    try:
        version = Version()
        gone = weakref.ref(version)
        garbage.freeze()
        assert gc.get_freeze_count() > 0
        del version
        gc.collect()
        assert gone() is not None, "frozen things are left alone"
        garbage.freeze()
        assert gone() is None
    finally:
        gc.unfreeze()
