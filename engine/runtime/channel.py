"""Whether a turn is of a call or of a conversation by message, and whether somebody wrote just now."""

from engine.program.program import Program
from engine.runtime.turn import Turn


def channel_of(turn: Turn, program: Program) -> str:
    """`voice` or `messaging`: what the session is of that an address belongs to, else what Twilio sends, else what the flow serves."""
    params = turn.params
    if "_c" in turn.asked:
        return "messaging" if ">" in turn.asked["_c"] else "voice"
    if params.get("CallSid"):
        return "voice"
    if "MessageSid" in params or "SmsSid" in params:
        return "messaging"
    flow = program.flows.get(turn.flow)
    if flow is None:
        return "voice"
    return "messaging" if "Body" in params and "messaging" in flow.channels else flow.channel


def session_key(turn: Turn) -> str:
    """What the session of a turn is kept under: the call's SID, carried in `_c` on other legs; or the pair of numbers of a
    message, the person's first; or ""."""
    params = turn.params
    if "_c" in turn.asked:
        return turn.asked["_c"]
    if params.get("CallSid"):
        return params["CallSid"]
    if params.get("MessageSid") or params.get("SmsSid"):
        pair = (params.get("From", ""), params.get("To", ""))
        return ">".join(reversed(pair) if is_ours(turn) or is_report(turn) else pair)
    return ""


def is_ours(turn: Turn) -> bool:
    """Whether a conversation begins with a message of ours: as of a call that goes out, From is then our number."""
    return turn.params.get("Direction", "").startswith("outbound")


def message_status(turn: Turn) -> str:
    """What became of a message of ours (Twilio, "Track outbound message status"); "" for a message that somebody wrote.

    A message that comes in has the SmsStatus `received`, and no MessageStatus.
    """
    params = turn.params
    status = params.get("MessageStatus") or params.get("SmsStatus", "")
    return "" if status in ("", "received", "receiving") else status


def is_report(turn: Turn) -> bool:
    """Whether a turn tells what became of a message of ours, of which From is our number.

    Such an address may be one that Twilio knows otherwise, without what the engine's own carry.
    """
    return bool(message_status(turn)) and not turn.params.get("CallSid")


def message_sid(turn: Turn) -> str:
    """The SID of the message that somebody wrote just now; "" for calls, reports, callbacks, and the next document of an answer."""
    params = turn.params
    sid = params.get("MessageSid") or params.get("SmsSid", "")
    return sid if sid and not params.get("CallSid") and is_fresh(turn) and not is_report(turn) else ""


def is_fresh(turn: Turn) -> bool:
    """Whether a turn is the first of its kind: no callback, nor the next document of an answer.

    Every address that the engine writes carries the version of the flows.
    """
    return "_v" not in turn.asked and "_c" not in turn.asked


def is_message(turn: Turn, program: Program) -> bool:
    """Whether somebody wrote just now: only that can answer a question, or begin a conversation anew."""
    return is_fresh(turn) and channel_of(turn, program) == "messaging" and not is_report(turn)
