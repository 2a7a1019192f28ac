"""The rule about recordings: L403 a `play` of a file that is not served."""

from collections.abc import Iterator
from urllib.parse import unquote

from engine.diagnostics.suggest import nearest
from engine.model.lint.survey import Finding, Survey
from engine.model.parts import ByLanguage, Piece, ToUrl, Verb
from engine.model.reading.reader import folded, shortened
from engine.model.reading.targets import SCHEME

FOLDER = "audio/"
_SHOWN = 8  # recordings that a note lists


def silent_play(survey: Survey) -> Iterator[Finding]:
    """A `play` of a file that is not in the folder `audio` beside the flows: Twilio finds nothing to play.

    PASS:
        steps:
          menu:
            - play: audio/jingle.mp3

    FAIL:
        steps:
          menu:
            - play: jingle.mp3
    """
    for name in ("play", "gather"):
        for _, _, verb in survey.verbs(name):
            for target in _played(verb):
                yield from _unserved(target, survey.audio)


def _unserved(target: ToUrl, audio: frozenset[str] | None) -> Iterator[Finding]:
    if not isinstance(target.url, str) or target.url.startswith(("/", "./")) or SCHEME.match(target.url):
        return
    path = unquote(target.url.partition("?")[0].partition("#")[0])
    if not path.startswith(FOLDER):
        title = f"`{shortened(target.url)}` is not served: recordings stand in `audio/`"
        file = path.rpartition("/")[2]
        right = next((name for name in sorted(audio or ()) if name.endswith(f"/{file}")), FOLDER + file)
        yield Finding(target.span, title, "nothing at this address", helps=(f"write  play: {right}",))
    elif audio is not None and path not in audio:
        close = nearest(path, audio)
        label = f"did you mean `{close}`?" if close else "no such file"
        shown = [*sorted(audio)[:_SHOWN], *(["…"] if len(audio) > _SHOWN else [])]
        notes = (folded(f"recordings: {', '.join(shown)}"),) if shown and not close else ()
        helps = () if close else ("put the file there, beside the flows",)
        yield Finding(target.span, f"there is no recording `{path}`", label, notes=notes, helps=helps)


def _played(verb: Verb) -> Iterator[ToUrl]:
    """The files that a verb plays, also when it asks again."""
    pieces = [verb.piece]
    for times in (verb.retry.prompt, verb.retry.no_match, verb.retry.no_input):
        pieces.extend(piece for time in times for piece in time)
    for piece in pieces:
        pieces.extend(item for item in piece.content if isinstance(item, Piece))
        if piece.element.name == "play":
            for item in piece.content:
                files = item.entries.values() if isinstance(item, ByLanguage) else (item,)
                yield from (file for file in files if isinstance(file, ToUrl))
