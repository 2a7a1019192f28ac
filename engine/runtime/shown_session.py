"""What a session holds, as people may see it: secret answers are masked, and so is what they may stand in."""

import json
from collections.abc import Mapping
from typing import Any

from engine.grammar.masks import MASK
from engine.runtime.call_stack import MARKS, CallStack
from engine.runtime.hidden import Hidden, shown_variables
from engine.runtime.repeats import SEALED
from engine.runtime.session import Session


def shown_session(session: Session) -> dict[str, Any]:
    """The session as the JSON object that is kept of it."""
    held: dict[str, Any] = json.loads(str(session.to_json(), "utf-8", "surrogatepass"))
    held["replies"] = [
        [print_, turn, MASK if text.startswith(SEALED) else text] for print_, turn, text in held.get("replies", ())
    ]
    if not held["replies"]:
        del held["replies"]
    stack = CallStack.of(session, session.facts, "")
    if not stack.marked:
        return held
    hidden = Hidden(stack)
    for holder in (held, *held.get("frames", ())):
        if "variables" in holder:
            holder["variables"] = masked_variables(holder["variables"], hidden)
    for name in ("facts", "pending"):
        if name in held:
            held[name] = _masked(held[name], hidden)
    return held


def variables_of(session: Session) -> dict[str, Any]:
    """The variables of the call itself, as people may see them."""
    if MARKS not in session.variables and not session.frames:
        return dict(session.variables)
    return masked_variables(session.variables, Hidden(CallStack.of(session, session.facts, "")))


def masked_variables(variables: Mapping[str, Any], hidden: Hidden) -> dict[str, Any]:
    """Variables without what is secret, by their marks and by its text."""
    return {name: _masked(value, hidden) for name, value in shown_variables(variables).items()}


def _masked(value: Any, hidden: Hidden) -> Any:
    if isinstance(value, str):
        return hidden.mask(value)
    if isinstance(value, dict):
        return {hidden.mask(name): _masked(one, hidden) for name, one in value.items()}
    if isinstance(value, list):
        return [_masked(one, hidden) for one in value]
    return value
