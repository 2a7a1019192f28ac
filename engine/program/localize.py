"""Writes pieces in each language that a call may be in."""

from collections.abc import Callable

from engine.model.flow import Flow
from engine.model.localized import localized
from engine.model.parts import Piece
from engine.model.spoken import default_of
from engine.program.holes import LanguageHole, Parts, is_personal


def in_languages(flow: Flow, piece: Piece, write: Callable[[Piece], Parts]) -> Parts:
    """The TwiML of a piece: where it is another in some language, the call's language chooses among the forms."""
    default = default_of(flow.languages)
    first = write(localized(flow, piece, default))
    if not flow.switches:
        return first
    forms = {language: write(localized(flow, piece, language)) for language in flow.languages}
    if all(form == first for form in forms.values()):
        return first
    personal = flow.switches == "meanwhile" or any(is_personal(form) for form in forms.values())
    return (LanguageHole(forms, personal),)
