"""Says which saved files are not live, and why, in words for the person who saved them."""

from pathlib import Path

from engine.program.last_good import HeldBack

MOST = 6  # files that are named of those that one waits for


def not_live(held: HeldBack, folder: Path) -> str:
    """One sentence or two about a file of the folder that is held back."""
    file, others, many = held.file, _listed(held.because), len(held.because) > 1
    if not (folder / file).exists() and others:
        need = "need" if many else "needs"
        return f"{file} is deleted{' but still live' if held.served else ', and was never live'}: {others} {need} it."
    if not others:
        still = "callers still hear its last good version" if held.served else "it is not live until they are fixed"
        return f"{file} has errors: {still}."
    why = f"{file} is saved but not live: {others} {'do' if many else 'does'} not fit it yet."
    return f"{why} Callers still hear the version of {file} from before." if held.served else why


def _listed(files: tuple[str, ...]) -> str:
    shown = files if len(files) <= MOST else (*files[: MOST - 1], f"{len(files) - MOST + 1} more")
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
