"""Decides which addresses the server asks: those of the public internet, and what the settings allow."""

import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from engine.grammar.hosts import judge, literal
from engine.runtime.effects.allowed import Allowed
from engine.runtime.effects.failure import Failure
from engine.runtime.effects.workers import Job, Stuck, Workers

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a name, best first; raises OSError (socket.gaierror) if it has none."""

LOOKUPS = 8  # names looked up at once


async def look_up(host: str, port: int) -> Sequence[str]:
    """The addresses of a name as the system knows them; raises socket.gaierror."""
    try:
        found = await _workers.run(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), Job(host))
    except Stuck:  # by the name server of this one name: others are looked up
        raise socket.gaierror(socket.EAI_AGAIN, "its name server does not answer") from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


_workers = Workers(LOOKUPS, "lookup", share=LOOKUPS // 2, lost=LOOKUPS // 2, ceiling=8 * LOOKUPS)


@dataclass(frozen=True, slots=True)
class Guard:
    """Finds the addresses of hosts, and lets none through that leads into somebody's own network unless it is allowed."""

    allowed: tuple[Allowed, ...] = ()
    resolve: Resolve = look_up

    async def find(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses that may be connected to, best first. They are what was judged: whoever connects does not look up again.

        Raises Failure if there are none.
        """
        name = host.lower().rstrip(".")
        address = literal(name)
        if address is not None:
            known: Sequence[str] = (str(address),)
        else:
            try:
                known = await self.resolve(name, port)
            except (OSError, UnicodeError) as error:
                again = isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN
                raise Failure(f"the name {host} is not known", again=again) from error
        if self._names(name, port):
            return tuple(known)
        good, what = [], "no address"
        for text in known:
            found = ip_address(text.partition("%")[0])
            kind = judge(found)
            if kind and not any(entry.holds(found, port) for entry in self.allowed):
                what = kind
            else:
                good.append(text)
        if not good:
            raise _refused(f"{host} is {what}" if address else f"{host} leads to {what}")
        return tuple(good)

    def _names(self, name: str, port: int) -> bool:
        return any(entry.names(name, port) for entry in self.allowed)


def _refused(why: str) -> Failure:
    return Failure(f"{why}, which is not asked: TOUCHTONE_ALLOW_HOSTS does not name it")
