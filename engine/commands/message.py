"""`touchtone message`: sends a text through the account, or begins a conversation at a flow."""

import textwrap
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.commands.common import settings, utc_now
from engine.commands.outgoing import (
    WIDTH,
    Account,
    Folded,
    Lines,
    Places,
    dry_run_option,
    flows_option,
    json_option,
    not_entered,
    program_for,
    public_option,
    recipient,
    sender,
    show_unsent,
    variables,
    warn,
    with_option,
)

if TYPE_CHECKING:
    from engine.account.conversations import Start
    from engine.account.deliveries import MessageState
    from engine.runtime.effects.effect import TextMessage

LOOK_SECONDS = 1.0  # between two looks at a message
LOOK_NEAR_SECONDS = 0.1  # the same at a stand-in
LOOKS = 60  # that nothing may change until nobody looks any more
LOOKS_WHEN_SENT = 10  # the same once it is sent: not every carrier reports that a message is delivered


@click.command()
@click.argument("to", metavar="TO")
@click.option("--text", metavar="TEXT", help="What it says.")
@click.option("--flow", metavar="FLOW[/STEP]", help="Begin a conversation at this flow.")
@with_option
@click.option("--from", "from_", metavar="NUMBER", help="The sender; TOUCHTONE_FROM by default.")
@click.option("--media", metavar="URL", multiple=True, help="A picture; several times for more.")
@click.option("--messaging-service", metavar="MG…", help="Send by this service.")
@click.option("--content-sid", metavar="HX…", help="Send this content template.")
@click.option("--content-variables", metavar="JSON", help='What fills it: {"1": "Ann"}.')
@click.option("--status", metavar="FLOW/STEP", help="A step that gets the delivery status.")
@public_option
@flows_option
@dry_run_option
@json_option
@click.option("--no-wait", is_flag=True, help="Do not wait until it is delivered.")
def message(
    to: str,
    text: str | None,
    flow: str | None,
    given: tuple[str, ...],
    from_: str | None,
    media: tuple[str, ...],
    messaging_service: str | None,
    content_sid: str | None,
    content_variables: str | None,
    status: str | None,
    public_url: str | None,
    flows: Path,
    dry_run: bool,
    as_json: bool,
    no_wait: bool,
) -> None:
    """Texts TO from your Twilio account, or begins a conversation.

    With --flow TO gets what the flow says first, and the answer of TO is the answer to its question: the messages of your
    number must come to your flows. The exit status is 0 if the message was sent, 1 if it was not delivered, and 2 if Twilio
    did not take it.

    \b
    touchtone message +15550101 --text "Your table is ready."
    touchtone message +15550101 --flow reminder/remind -v name=Ann
    """
    from engine.account.deliveries import message_fault
    from engine.runtime.effects.effect import TextMessage

    known = settings(public_url=public_url)
    account = Account(known, dry_run=dry_run, as_json=as_json)
    places = Places(flows, known)
    person = recipient(to, "messaging")
    lines = Lines(as_json=as_json)
    if flow is not None:
        if text is not None or media or content_sid or content_variables:
            raise Folded(
                "the flow says what is sent: give --flow alone, or --text, --media and --content-sid without it"
            )
        start = _start(places.entry(flow, variables(given), "messaging"), person, from_, known, messaging_service)
        start = _reporting(start, places.callback(status, "--status", variables(given)))
        if dry_run:
            words = _words_of(flow, start, flows)
            return show_unsent([account.rehearse(_sending(one)) for one in words], as_json=as_json)
        _say(f"Texting {person} from {start.from_}: {start.url}", as_json)
        _check_answers(account, start.from_, places.base, flow, flows)
        states = _begin(account, start, places, known, lines, as_json=as_json)
    else:
        if given:
            raise Folded("--with gives variables to a flow: name it with --flow")
        number = sender(from_, known, "messaging") if from_ or not messaging_service else ""
        one = TextMessage(
            person,
            text or "",
            tuple(_media(url, places) for url in media),
            number,
            "",
            content_sid=content_sid or "",
            content_variables=content_variables or "",
            messaging_service_sid=messaging_service or "",
            status_callback=places.callback(status, "--status"),
        )
        if fault := message_fault(one):
            raise Folded(fault)
        if dry_run:
            return show_unsent([account.rehearse(_sending(one))], as_json=as_json)
        _say(f"Texting {person} from {number or messaging_service}", as_json)
        states = [_sent(account, one, lines, as_json=as_json)]
    if not no_wait:
        states = [_follow(account, state, lines) for state in states]
    if any(state.lost for state in states):
        raise click.exceptions.Exit(1)


def _say(words: str, as_json: bool) -> None:
    if not as_json:
        click.echo(words, err=True)


def _media(url: str, places: Places) -> str:
    from engine.account.entry import NotEntered, foreign_url

    try:
        return foreign_url(url, places.api)
    except NotEntered as error:
        raise not_entered(error, "--media") from None


def _sending(one: "TextMessage") -> Any:
    """What hands a message to a client."""
    from engine.account.deliveries import send

    return lambda client: send(client, one)


def _start(url: str, person: str, from_: str | None, known: Any, service: str | None) -> "Start":
    from uuid import uuid4

    from engine.account.conversations import Start

    if service and not service.startswith("MG"):
        raise Folded(f"`{service}` is not the SID of a messaging service: write MG and 32 hexadecimal digits")
    # The conversation is between two numbers: of a service too the one must be known that the person answers.
    number = sender(from_, known, "messaging")
    if number.startswith("MG"):
        raise Folded(
            "a conversation is between two numbers, and a messaging service has several\n"
            "  name the one that is answered: --from NUMBER --messaging-service MG…"
        )
    return Start(number, person, url, f"SM{uuid4().hex}", known.account_sid, service or "")


def _reporting(start: "Start", url: str) -> "Start":
    from dataclasses import replace

    return replace(start, status_url=url)


def _check_answers(account: Account, number: str, base: str, flow: str, flows: Path) -> None:
    """Says so if the answers will not come to the flows, as far as the account tells."""
    from engine.account.errors import explain

    try:
        found = account.client.incoming_phone_numbers.list(phone_number=number, limit=1)
    except Exception as error:
        explain(error)  # what is asked next says what is wrong; and a restricted key may not ask this
        return
    for one in found:
        if one.sms_application_sid or str(one.sms_url or "").startswith(f"{base.rstrip('/')}/flows/"):
            continue
        where = f"go to {one.sms_url.partition('?')[0]}" if one.sms_url else "go nowhere"
        name = flow.partition("/")[0] + ("" if flows == Path("flows") else f" --flows {flows}")
        warn(f"texts to {number} {where}: `touchtone numbers point {number} {name}` brings the answers to your flows")


def _begin(
    account: Account, start: "Start", places: Places, known: Any, lines: Lines, *, as_json: bool
) -> list["MessageState"]:
    """Begins the conversation, and shows what was sent."""
    import asyncio

    from engine.account.conversations import NotBegun, begin

    states: list[MessageState] = []

    async def ask(url: str, params: Mapping[str, str]) -> bytes:
        return _asked(url, params, places, known)

    async def send(one: "TextMessage") -> str:
        states.append(_sent(account, one, lines, as_json=as_json))
        return states[-1].sid

    try:
        asyncio.run(begin(start, ask, send))
    except NotBegun as error:
        raise Folded(error.sentence + (f"\n  {error.fix}" if error.fix else "")) from None
    return states


def _asked(url: str, params: Mapping[str, str], places: Places, known: Any) -> bytes:
    """What the server answers to a request as Twilio would make it: signed, with the token of the settings."""
    from engine.account.conversations import NotBegun
    from engine.phone import Request, Unreachable, over_http
    from engine.phone.signing import signature
    from engine.phone.transport import FORM

    sent = tuple(params.items())
    headers = [("User-Agent", "TwilioProxy/1.1"), ("Content-Type", FORM)]
    if known.tokens:
        headers.append(("X-Twilio-Signature", signature(known.tokens[0], url, sent)))
    transport = over_http({places.base: places.near} if places.near else None)
    try:
        answer = transport(Request("POST", url, sent, tuple(headers)))
    except Unreachable as error:
        raise NotBegun(
            f"your server at {places.base} does not answer: {error.text}", "start it, then try again"
        ) from None
    finally:
        transport.close()
    if answer.status == 403:
        raise NotBegun(
            f"your server at {places.base} rejected the signature",
            "set TWILIO_AUTH_TOKEN and TOUCHTONE_PUBLIC_URL here as they are set there",
        )
    if answer.status != 200:
        raise NotBegun(f"your server at {places.base} answered {answer.status} to {url}", "check --public-url")
    return answer.body


def _words_of(flow: str, start: "Start", flows: Path) -> list["TextMessage"]:
    """What the flow would say first, by its file: nothing is asked outside, and no question is opened."""
    import asyncio

    from engine.account.conversations import NotBegun, first_words
    from engine.runtime.trial import try_address

    program = program_for(flows, flow.partition("/")[0])

    async def ask(url: str, params: Mapping[str, str]) -> bytes:
        if url != start.url:
            raise NotBegun("the flow needs more than one document to begin, which a dry run does not play")
        outcome = try_address(program, url.partition("/flows/")[2], params, utc_now())
        assert not isinstance(outcome, str), "the flow was found"
        if outcome.needs is not None:
            raise NotBegun(
                f"what the flow says depends on a `{outcome.needs.effect.spec.name}`, which a dry run does not make"
            )
        return outcome.body

    try:
        return asyncio.run(first_words(start, ask))
    except NotBegun as error:
        raise Folded(error.sentence + (f"\n  {error.fix}" if error.fix else "")) from None


def _sent(account: Account, one: "TextMessage", lines: Lines, *, as_json: bool) -> "MessageState":
    """Sends a message, and shows it."""
    state: MessageState = account.ask(_sending(one), "the message is sent", "sms")
    shown = one.body or (f"template {one.content_sid}" if one.content_sid else "")
    if not as_json:
        said = " ".join([f'"{shown}"' if one.body else shown, *one.media_url]).strip()
        click.echo(textwrap.fill(said, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False))
    lines.show(
        f"{state.status}  {state.sid}", {"sid": state.sid, "status": state.status, "to": one.to, "body": one.body}
    )
    return state


def _follow(account: Account, first: "MessageState", lines: Lines) -> "MessageState":
    """Shows what becomes of a message until it is delivered, or as long as something can be expected."""
    from engine.account.deliveries import look_up
    from engine.account.errors import told
    from engine.account.following import followed

    looks = {"": 0}

    def pause(state: "MessageState") -> bool:
        looks[state.status] = looks.get(state.status, 0) + 1
        if looks[state.status] > (LOOKS_WHEN_SENT if state.status == "sent" else LOOKS):
            return False
        time.sleep(LOOK_NEAR_SECONDS if account.api else LOOK_SECONDS)
        return True

    def look() -> "MessageState":
        state: MessageState = account.look(
            lambda client: look_up(client, first.sid), f"the message {first.sid} is on its way"
        )
        return state

    state = first
    for state in followed(first, look, pause):
        if state is first:
            continue
        words, more = state.status, {}
        if state.error_code:
            words += f": Twilio error {state.error_code}" + (
                f"; {told(state.error_code)}" if told(state.error_code) else ""
            )
            more = {"error_code": state.error_code}
        lines.show(words, {"sid": state.sid, "status": state.status, **more})
    if not (state.over or state.status == "sent"):
        warn(f"the message {state.sid} is still {state.status}: look again later")
    return state
