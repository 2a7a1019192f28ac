"""`touchtone twiml`: the TwiML of one request, without a server."""

from pathlib import Path
from typing import Any

import click

from engine.commands import common
from engine.commands.common import FOLDER, Failure
from engine.commands.given import answer_option, given_by, given_option


@click.command()
@click.argument("address", metavar="FLOW[/STEP]")
@click.option("--param", "-p", "params", multiple=True, metavar="NAME=VALUE", help="What Twilio sends: Digits=1.")
@click.option("--at", metavar="TIME", help="When: 2026-12-24T18:00 (UTC), or 2026-12-24T18:00-05:00.")
@answer_option
@given_option
@click.option("--flows", type=FOLDER, default=Path("flows"), help="The folder of flows.")
@click.option("--raw", is_flag=True, help="Byte for byte as Twilio gets it.")
def twiml(
    address: str,
    params: tuple[str, ...],
    at: str | None,
    answers: tuple[str, ...],
    given_file: Path | None,
    flows: Path,
    raw: bool,
) -> None:
    """The TwiML that one request of Twilio's is answered with.

    \b
    touchtone twiml clinic
    touchtone twiml "clinic/menu?_a=0" --param Digits=1
    touchtone twiml clinic --at 2026-12-24T18:00
    touchtone twiml account -a 'request={/accounts: {name: Ann}}'
    """
    from engine.program.library import load_for
    from engine.runtime.trial import flow_of, show, try_address

    given = given_by(given_file, answers)
    sent, when = common.pairs("--param", params, "Digits=1"), common.moment("--at", at) or given.at
    numbers = {name: number for name, number in (("From", given.from_), ("To", given.to)) if number}
    flow = flow_of(address)
    loaded, wrong = load_for(flows, flow, common.settings().env)
    if loaded.program is None:
        common.show(loaded.report.diagnostics, err=True)
        if wrong and not any(Path(file).stem == flow for file in wrong):
            click.echo(f"touchtone: `{flow}` is not answered for before this is mended: {', '.join(wrong)}", err=True)
        raise click.exceptions.Exit(1)
    common.show_left_out(wrong)
    trial = Trial(flows, loaded.program, given)
    told = {**numbers, **given.params, **sent}
    outcome = try_address(loaded.program, address, told, when or common.utc_now(), trial.perform)
    if isinstance(outcome, str):
        raise Failure(outcome)
    if outcome.needs is not None:
        raise trial.missing(flow)
    for text, span in outcome.lines:
        click.echo(f"{span.location}: {text}", err=True)
    if outcome.trouble is not None:
        place = f"{outcome.trouble.span.location}: " if outcome.trouble.span else ""
        click.echo(f"{place}{outcome.trouble.message}", err=True)
    click.echo(outcome.body.decode() if raw else show(outcome.body))


class Trial:
    """Answers one turn by `given`; functions are run, and nothing is asked outside."""

    def __init__(self, flows: Path, program: Any, given: Any) -> None:
        from engine.document.folder import FUNCTIONS
        from engine.grammar.verbs.run import RUN
        from engine.runtime.effects.effect import FunctionCall
        from engine.runtime.effects.functions import Functions
        from engine.runtime.effects.secrets import Secrets
        from engine.runtime.effects.world import World
        from engine.testing.world import Scripted

        own = Functions(flows / FUNCTIONS) if (flows / FUNCTIONS).exists() else None
        missing = own.reload() if own else ""
        mask = Secrets(program.env.values()).mask
        runs = any(stub.kind == RUN.name for stub in given.stubs)  # then no other function is really run
        beyond = World({FunctionCall: own.perform} if own and not (missing or runs) else {})
        self._world = Scripted(given.stubs, beyond, mask=mask, missing=missing)

    def perform(self, effect: Any) -> Any:
        """What comes back; None where nobody says what."""
        import asyncio

        result = asyncio.run(self._world.perform(effect))
        return None if self._world.unanswered else result

    def missing(self, flow: str) -> Failure:
        """What has no answer, and how to give one."""
        from engine.grammar.verbs import ENGINE_VERBS

        ask, why = self._world.unanswered[0]
        line = " ".join(ask.shown.split())
        answer = ENGINE_VERBS[ask.kind].trial.replace("NAME", line.partition(" ")[0])
        text = f"`{flow}` cannot answer before it knows the result of a `{ask.kind}`:\n  {line}\n"
        text += f"{why}\n" if why else ""
        others = [f"{stub.kind} {stub.words}".strip() for stub in self._world.idle]
        text += f"what is given does not fit it: {', '.join(others)}\n" if others else ""
        return Failure(
            f"{text}give the result with  {answer}  or  --given FILE,\nor play the whole call with  touchtone phone {flow}"
        )
