"""Handing the call to something else: Connect, Refer, Pay."""

from collections.abc import Mapping

from engine.phone.document import Node
from engine.phone.events import Connected, Paying, Referred
from engine.phone.leg import Course, Gone, Leg
from engine.phone.transport import Pairs, with_params
from engine.phone.verbs.sounds import prompt

# What is asked for, in the order of Twilio, TwiML <Pay>, statusCallback, `For`; and what is known when it was given.
CARD: Mapping[str, Pairs] = {
    "payment-card-number": (("PaymentCardNumber", "xxxxxxxxxxxx1111"), ("PaymentCardType", "visa")),
    "expiration-date": (("ExpirationDate", "1227"),),
    "security-code": (("SecurityCode", "***"),),
    "postal-code": (("PaymentCardPostalCode", "94109"),),
}
ACCOUNT: Mapping[str, Pairs] = {
    "bank-routing-number": (("BankRoutingNumber", "021000021"),),
    "bank-account-number": (("BankAccountNumber", "*******89"),),
}


def connect(leg: Leg, node: Node) -> Course:
    """Twilio, TwiML <Connect>: waits until the session ends; then the action, or the next verb."""
    leg.answer()
    if not node.children:
        return None  # the document warns of it
    noun = node.children[0]
    address = noun.get("url") or noun.get("connectorName") or noun.text
    parameters = tuple((child.get("name"), child.get("value")) for child in noun.children if child.name == "parameter")
    event = Connected(noun.tag, address, parameters)
    leg.tell(event)
    sid = leg.sids.next("VX")

    def result(status: str, seconds: int, extra: Pairs) -> Pairs:
        # Twilio, TwiML <ConversationRelay>, <VirtualAgent>: what the action is told; Stream and Room tell it nothing
        told: Pairs = ()
        if noun.name == "conversation_relay":
            status = "ended" if status in ("", "hangup") else status
            told = (("SessionId", sid), ("SessionStatus", status), ("SessionDuration", str(seconds)))
        elif noun.name == "virtual_agent":
            told = (("VirtualAgentStatus", status or "completed"),)
        return with_params(told, extra)

    try:
        while True:
            act = yield from leg.ask(event)
            if act.kind in ("outcome", "silence"):
                break
            if act.kind == "press" and noun.get("dtmfDetection") == "true":
                continue  # the session takes them
            if act.kind == "press":
                leg.lose(act, f"the call is with {noun.tag}, which takes no keys")
    except Gone as gone:
        if "action" in node.attributes:
            leg.part(gone, leg.way(node, result("completed", 0, ())))
        raise
    leg.line.tape.now += act.seconds
    return leg.way(node, result(act.words, act.seconds, act.extra)) if "action" in node.attributes else None


def refer(leg: Leg, node: Node) -> Course:
    """Twilio, TwiML <Refer>: hands a SIP call over. Unverified: without an action the next verb follows."""
    leg.answer()
    address = next((child.text for child in node.children if child.name == "sip"), "")
    if not leg.party.from_.startswith("sip:") and not leg.party.to.startswith("sip:"):
        leg.warn(13801, "only a call that came over SIP can be referred")
    event = Referred(address)
    leg.tell(event)
    while True:
        act = yield from leg.ask(event)
        if act.kind in ("outcome", "silence"):
            break
        leg.lose(act, "the call is being handed over, and nothing waits for keys or words")
    status = act.words or "failed"
    code = "202" if status in ("success", "completed") else "603"
    params = (("ReferCallStatus", status), ("ReferSipResponseCode", code), ("NotifySipResponseCode", "200"))
    return leg.way(node, with_params(params, act.extra)) if "action" in node.attributes else None


def pay(leg: Leg, node: Node) -> Course:
    """Twilio, TwiML <Pay>: `*` always ends it; the action is told how it went, also after a hang-up."""
    leg.answer()
    method = node.get("paymentMethod", "credit-card")
    way = leg.way(node)
    if not way.url.startswith("https:"):
        leg.warn(64016, "the action of a payment must be https")
    for words in node.children:
        # Twilio, TwiML <Prompt>: those for mistakes and later attempts are not heard when all goes well
        if words.name == "prompt" and not words.get("errorType") and "1" in words.get("attempt", "1").split():
            prompt(leg, words)
    event = Paying(method, node.get("chargeAmount"), node.get("currency", "usd"))
    leg.tell(event)
    steps = _steps(node, method)
    _report_payment(leg, node, next(iter(steps)), ())
    try:
        while True:
            act = yield from leg.ask(event)
            if act.kind == "press" and "*" in act.words:
                outcome = "caller-interrupted-with-star"
                break
            if act.kind == "outcome":
                outcome = act.words
                break
            if act.kind == "silence":
                outcome = "too-many-failed-attempts"
                break
            if act.kind == "say":
                leg.lose(act, "a payment takes keys only")
    except Gone as gone:
        leg.part(gone, leg.way(node, (("Result", "caller-hung-up"),)))
        raise
    leg.line.tape.now += act.seconds
    paid: Pairs = ()
    if outcome in ("success", "payment-connector-error"):
        known: Pairs = ()
        for given, after in zip(steps.values(), [*list(steps)[1:], "payment-processing"], strict=True):
            known += given
            _report_payment(leg, node, after, known)
        charged = node.get("chargeAmount") not in ("", "0")
        proof = ("PaymentConfirmationCode", "ch_1") if charged else ("PaymentToken", "tok_1")
        paid = (proof, ("PaymentMethod", method), *known) if outcome == "success" else ()
    elif outcome == "too-many-failed-attempts":
        # Unverified: which attempt is told; here the one that the attribute allows.
        error = (("ErrorType", "input-timeout"),)
        _report_payment(leg, node, next(iter(steps)), error, node.number("maxAttempts", 1))
    return leg.way(node, with_params((("Result", outcome), *paid), act.extra))


def _steps(node: Node, method: str) -> Mapping[str, Pairs]:
    """What a payment asks for (Twilio, TwiML <Pay>, securityCode, postalCode: a code that is given is not asked for)."""
    if method != "credit-card":
        return ACCOUNT
    asked = {"security-code": node.get("securityCode", "true"), "postal-code": node.get("postalCode", "true")}
    return {step: given for step, given in CARD.items() if asked.get(step, "true").lower() == "true"}


def _report_payment(leg: Leg, node: Node, step: str, known: Pairs, attempt: int = 1) -> None:
    """Twilio, TwiML <Pay>, statusCallback: whenever something else is asked for; not the standard parameters."""
    if not (url := node.get("statusCallback")):
        return
    facts = (("AccountSid", leg.party.account), ("CallSid", leg.party.sid), ("For", step), ("Attempt", str(attempt)))
    leg.line.callback(leg.address(url), node.get("statusCallbackMethod", "POST"), (*facts, *known), leg.side)
