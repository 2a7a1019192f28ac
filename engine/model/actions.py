"""Knows where the `action` of a verb takes the call away from what follows it.

Twilio's pages of the verbs: with an `action`, <Dial>, <Enqueue>, <Connect> and <Refer> go on with its answer, and the rest of their
document is unreachable. A <Gather> falls through on silence, unless `actionOnEmptyResult` is true. The page of <Record> says both,
that of <Pay> neither: what follows them is kept.
"""

from engine.grammar.templates import Template
from engine.model.parts import ByLanguage, Piece, ToUrl, Verb

# With one of these a conference may fail to begin, and then the call goes on (Twilio, <Conference>, waitUrl, and error 16025).
_MAY_FAIL = frozenset(("waitUrl", "participantLabel"))


def leaves_by_action(verb: Verb) -> bool:
    """Whether the verb has an `action` that Twilio requests whatever happens. In doubt it has not."""
    conduct = verb.piece.element.conduct
    written = dict(verb.piece.attributes)
    if not conduct.comes_back or verb.branches or verb.save is not None:
        return False
    action = written.get("action")
    if (
        not action
        or isinstance(action, Template | ByLanguage)
        or (isinstance(action, ToUrl) and isinstance(action.url, Template))
    ):
        return False  # a template may come out as `none`, which leaves the attribute out
    if conduct.falls_through:
        return written.get("actionOnEmptyResult") == "true"
    return not any(_may_fail(item) for item in verb.piece.content if isinstance(item, Piece))


def _may_fail(piece: Piece) -> bool:
    return piece.element.name == "conference" and any(xml in _MAY_FAIL for xml, _ in piece.attributes)
