"""Opening hours as templates see them: `hours.desk.open`, which costs nothing until it is asked."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from engine.grammar.names import HOURS
from engine.model.hours.opening import Hours
from engine.model.hours.zones import local


class HoursView(Mapping[str, object]):
    """`hours`: the hours of a flow by name, at one time; `scope` is what `closed_if` may name.

    `asked` are those whose `closed_if` is being asked.
    """

    __slots__ = ("_asked", "_at", "_hours", "_scope")

    def __init__(
        self, hours: Mapping[str, Hours], at: datetime, scope: Mapping[str, object], asked: tuple[str, ...] = ()
    ) -> None:
        self._hours, self._at, self._scope, self._asked = hours, at, scope, asked

    def __getitem__(self, name: str) -> "OneView":
        return OneView(self, name, self._hours[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._hours)

    def __len__(self) -> int:
        return len(self._hours)

    def __repr__(self) -> str:
        return repr({name: dict(self[name]) for name in self})

    def closed(self, name: str, hours: Hours) -> bool:
        """Whether the `closed_if` of the hours `name` closes them; raises TemplateFault, and OverflowError where it asks for itself."""
        if hours.closed_if is None:
            return False
        if name in self._asked:
            raise OverflowError(f"whether `{name}` is open is asked in its own `closed_if`")
        within = HoursView(self._hours, self._at, self._scope, (*self._asked, name))
        return bool(hours.closed_if.value(_Within(self._scope, within, local(self._at, hours.zone))))

    @property
    def at(self) -> datetime:
        """The time that is asked about."""
        return self._at


class OneView(Mapping[str, object]):
    """`hours.desk`: the entries of HOURS."""

    __slots__ = ("hours", "name", "within")

    def __init__(self, within: HoursView, name: str, hours: Hours) -> None:
        self.within, self.name, self.hours = within, name, hours

    def __getitem__(self, name: str) -> object:
        return _KNOWN[name](self)

    def __iter__(self) -> Iterator[str]:
        return iter(HOURS)

    def __len__(self) -> int:
        return len(HOURS)

    def __repr__(self) -> str:
        return repr(dict(self))


class _Within(Mapping[str, object]):
    """What a `closed_if` may name: all that the flow knows, with `now` in the zone of the hours."""

    __slots__ = ("_hours", "_now", "_scope")

    def __init__(self, scope: Mapping[str, object], hours: HoursView, now: datetime) -> None:
        self._scope, self._hours, self._now = scope, hours, now

    def __getitem__(self, name: str) -> object:
        if name == "now":
            return self._now
        return self._hours if name == "hours" else self._scope[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._scope)

    def __len__(self) -> int:
        return len(self._scope)


def _open(one: OneView) -> bool:
    return one.hours.planned(one.within.at) and not one.within.closed(one.name, one.hours)


def _closes_at(one: OneView) -> object:
    at = one.within.at
    shut = one.hours.planned(at) and one.within.closed(one.name, one.hours)
    return one.hours.closes_at(at, shut=shut) or ""


_KNOWN: Mapping[str, Callable[[OneView], object]] = MappingProxyType(
    {
        "open": _open,
        "opens_at": lambda one: one.hours.opens_at(one.within.at) or "",
        "closes_at": _closes_at,
        "holiday": lambda one: one.hours.holiday(one.within.at),
        "now": lambda one: local(one.within.at, one.hours.zone),
    }
)
