"""Says which saved files are not live, and why, in words for the person who saved them."""

from pathlib import Path

from engine.program.last_good import HeldBack


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
    return " and ".join([", ".join(files[:-1]), files[-1]] if len(files) > 1 else files)
