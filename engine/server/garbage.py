"""Spares the garbage collector what stays for long: programs are large, and a walk over them holds up every call."""

import gc


def freeze() -> None:
    """Frees what is no longer used, and leaves out of later collections what there is now.

    What was frozen before is looked at again: versions of the flows that nobody holds any more would never be freed otherwise.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
