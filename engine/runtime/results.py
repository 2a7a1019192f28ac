"""Reads what came back from a verb: the answer that its branch is about."""

from collections.abc import Mapping

from engine.grammar.normalize import tidy
from engine.program.tracks import Wait


def gather_answer(params: Mapping[str, str]) -> str:
    """What was pressed, else what was said; "" for silence (Twilio, TwiML <Gather>, "Gather action")."""
    return tidy(params.get("Digits", "")) or tidy(params.get("SpeechResult", ""))


def wait_answer(wait: Wait, params: Mapping[str, str]) -> str:
    """The answer of a verb other than gather, by the rules of its kind; "" if Twilio sent none."""
    if wait.element.name == "record":
        return _record_answer(wait, params)
    answer = next((params[name] for name in wait.element.conduct.answer if params.get(name)), "")
    if wait.element.name == "dial" and wait.screened and answer in ("completed", "answered"):
        # The other side picked up, and was never joined with the caller: it declined (Twilio, TwiML <Dial>, DialBridged).
        return "declined" if params.get("DialBridged", "").lower() == "false" else answer
    if wait.element.name == "connect" and not answer:
        return "ended"
    return answer


def _record_answer(wait: Wait, params: Mapping[str, str]) -> str:
    """Whether there is a recording; hanging up ends one as well (Twilio, TwiML <Record>: `Digits` is then "hangup")."""
    spoken = bool(params.get("RecordingUrl")) and params.get("RecordingDuration", "1") != "0"
    if params.get("Digits") == "hangup" and "hangup" in wait.answers.named:
        return "hangup"
    return "recorded" if spoken else "no_input"
