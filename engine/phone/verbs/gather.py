"""Gather: keys pressed or words spoken, or silence."""

from engine.grammar.masks import takes_secret
from engine.phone.document import Node
from engine.phone.events import Asked
from engine.phone.leg import Act, Course, Leg, Way
from engine.phone.line import Go
from engine.phone.tape import PACE
from engine.phone.verbs.sounds import prompt

BEYOND = "the gather had its answer already"
SPEECH = 60  # seconds that a gather listens to words (Twilio, TwiML <Gather>, input)


def gather(leg: Leg, node: Node) -> Course:
    """Twilio, TwiML <Gather>: plays its prompt and waits; silence goes on with the next verb.

    If the caller hangs up meanwhile nothing is requested (unverified).
    """
    leg.answer()
    kinds = tuple(node.get("input", "dtmf").lower().split()) or ("dtmf",)
    asked = Asked(
        input=kinds,
        num_digits=node.number("numDigits", 0),
        finish_on_key=node.get("finishOnKey", "#"),
        timeout=node.number("timeout", 5),
        hints=tuple(hint.strip() for hint in node.get("hints").split(",") if hint.strip()),
        language=node.get("language"),
        secret=takes_secret(node.get("action")),
    )
    tape = leg.line.tape
    began = len(tape.moments)
    leg.barge_in = node.says("bargeIn", True)
    prompt(leg, node)
    barge_in, leg.barge_in = leg.barge_in, False
    leg.tell(asked)
    digits = ""
    while True:
        act = yield from leg.ask(asked)
        if act.during and not digits:
            index = tape.find(act.during)
            if index < 0 or index < began:
                leg.lose(act, "no gather waited for it yet" if index >= 0 else f"nobody said `{act.during}`")
                continue
            if barge_in:  # otherwise unverified; here it counts once the prompt is over
                tape.cut(index)
        match act.kind:
            case "press" if "dtmf" not in kinds:
                leg.lose(act, "the gather takes words only")
            case "press":
                digits, way, done = _pressed(leg, node, asked, digits, act)
                if done:
                    return way
            case "say" if digits:
                leg.lose(act, "a key came first")  # Twilio, TwiML <Gather>, input: the first kind wins
            case "say" if not any(kind.startswith("speech") for kind in kinds):
                leg.lose(act, "the gather takes keys only")
            case "say":
                tape.now += min(len(act.words) / PACE, SPEECH)
                return _spoken(leg, node, act)
            case "silence":
                tape.now += asked.timeout
                return _submit(leg, node, digits) if digits else _empty(leg, node)
            case _:
                leg.lose(act, "the gather waits for keys or words")


def _pressed(leg: Leg, node: Node, asked: Asked, digits: str, act: Act) -> tuple[str, Way, bool]:
    """The keys so far, the way on, and whether the gather is over."""
    for index, key in enumerate(act.words):
        if asked.finish_on_key and key in asked.finish_on_key:
            leg.lose(Act("press", act.words[index + 1 :]), BEYOND)
            # Twilio, TwiML <Gather>, finishOnKey: pressed before any digit it is no input
            return digits, _submit(leg, node, digits, key) if digits else _empty(leg, node), True
        digits += key
        if len(digits) == asked.num_digits:
            leg.lose(Act("press", act.words[index + 1 :]), BEYOND)
            return digits, _submit(leg, node, digits), True
    if act.held or not digits:
        return digits, None, False
    leg.line.tape.now += asked.timeout  # nothing more is pressed: the same clock runs between digits
    return digits, _submit(leg, node, digits), True


def _submit(leg: Leg, node: Node, digits: str, key: str = "") -> Go:
    return leg.way(node, (("Digits", digits), ("FinishedOnKey", key)))


def _empty(leg: Leg, node: Node) -> Way:
    """No input: the next verb, or the action if it wants to know (there unverified: an empty `Digits`, or none)."""
    return leg.way(node, (("Digits", ""),)) if node.says("actionOnEmptyResult") else None


def _spoken(leg: Leg, node: Node, act: Act) -> Go:
    partial = node.get("partialResultCallback")
    if partial:
        method = node.get("partialResultCallbackMethod", "POST")
        words = (("UnstableSpeechResult", act.words), ("SequenceNumber", "0"))
        leg.line.callback(leg.address(partial), method, (*leg.party.params(), *words), leg.side)
    confidence = () if act.confidence is None else (("Confidence", str(act.confidence)),)
    return leg.way(node, (("SpeechResult", act.words), *confidence))
