"""Reads the turn that says how a verb ends, with the parameters that come with it."""

import json
from collections.abc import Mapping

from engine.document import Mapping as Entries
from engine.document import Node, Scalar
from engine.phone.scripts import script
from engine.phone.scripts.answers import plain
from engine.phone.scripts.expected import Turns
from engine.phone.scripts.given import VERBS, read_outcome
from engine.phone.scripts.reader import Reader, shortened

# A turn that fits where a call waits for somebody else, for those who wrote another one.
WORKS: Mapping[str, str] = {
    "record": "recorded: 12 seconds",
    "dial": "answers: busy,  or  picks_up",
    "conference": "outcome: {conference: answered}",
    "enqueue": "outcome: {enqueue: bridged}",
    "connect": "outcome: {connect: ended}",
    "pay": "outcome: {pay: success}",
    "refer": "outcome: {refer: success}",
}


def read_outcome_turn(reader: Reader, key: Scalar, value: Node | None) -> Turns:
    """The turn `outcome: {connect: ended, params: {HandoffData: …}}`; a mistake in it is reported."""
    entries = value.entries if isinstance(value, Entries) else ()
    verbs = [entry for entry in entries if entry[0].text != "params"]
    if len(verbs) != 1:
        reader.shape("`outcome` names one verb and how it ends", value or key, "write  outcome: {enqueue: bridged}")
        return ()
    verb, said = verbs[0]
    if verb.text not in VERBS:
        reader.unknown("F402", "nobody waits at the verb", verb, (*VERBS, "params"))
        return ()
    outcome = read_outcome(reader, verb.text, said)
    params = _params(reader, next((entry for entry in entries if entry[0].text == "params"), None), outcome)
    return (script.Outcome(key.text, said.span, verb.text, outcome, params),) if outcome and params is not None else ()


def _params(
    reader: Reader, entry: tuple[Scalar, Node] | None, outcome: str | None
) -> tuple[tuple[str, str], ...] | None:
    """The parameters that Twilio sends with an outcome; a mapping or list is JSON. None if they are mistaken, which is reported."""
    if entry is None:
        return ()
    key, node = entry
    if outcome in ("silence", "hangup"):
        reader.report.error(
            "F403", f"`params` cannot be combined with `{outcome}`", key.span, label="nothing is sent then"
        )
        return None
    mapping = reader.mapping("params", node, 'write  params: {HandoffData: "…"}')
    if mapping is None:
        return None
    found: list[tuple[str, str]] = []
    for name, value in mapping.entries:
        if not name.text[:1].isupper():
            sent = "".join(part.capitalize() for part in name.text.split("_"))
            title = f"Twilio sends no parameter `{shortened(name.text)}`"
            reader.report.error("F405", title, name.span, label=f"did you mean `{shortened(sent)}`?")
            return None
        text = value.text if isinstance(value, Scalar) else json.dumps(plain(value), ensure_ascii=False)
        found.append((name.text, text))
    return tuple(found)
