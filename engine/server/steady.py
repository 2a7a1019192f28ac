"""Decides which change of a folder to believe at once, and which only at a second look.

Editors, `git checkout` and rsync delete a file and write it again, or cut it to nothing and then fill it. Whoever believed
the first look would drop the flow for everybody who calls in between.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from engine.document.snapshot import Snapshot, has_shrunk, is_gone

GONE_SECONDS = 1.0  # that a file must stay missing or empty before it is believed
SHRUNK_SECONDS = 0.5  # that a file must stay a good deal smaller: it may be written in several strokes


@dataclass(slots=True)
class Steady:
    """What is believed of a folder: `believed` is the state that was last passed on, `held` are the names in question."""

    believed: Snapshot
    held: dict[str, float] = field(default_factory=dict)  # since when, in seconds of the caller's clock

    def look(self, now: Snapshot, touched: Collection[str], at: float) -> frozenset[str]:
        """The names whose change is to be believed, given what is there `at` a time and whose files were `touched` before it.

        A file in question counts as it was; its time begins again whenever it is touched, and for all of them when one of
        them comes back.
        """
        limits = {name: limit for name in self.believed.keys() | now.keys() if (limit := self._limit(name, now))}
        back = bool(self.held.keys() - limits.keys())
        held = {name: at if back or name in touched else self.held.get(name, at) for name in limits}
        self.held = {name: since for name, since in held.items() if at - since < limits[name]}
        after = dict(now)
        for name in self.held:
            if name in self.believed:
                after[name] = self.believed[name]
            else:
                after.pop(name, None)
        changed = {name for name in self.believed.keys() | after.keys() if self.believed.get(name) != after.get(name)}
        self.believed = after
        return frozenset(changed | (set(touched) & after.keys() - self.held.keys()))

    def _limit(self, name: str, now: Snapshot) -> float:
        """How many seconds a change must last to be believed; 0 for one that is believed at once."""
        before, after = self.believed.get(name), now.get(name)
        if is_gone(before, after):
            return GONE_SECONDS
        return SHRUNK_SECONDS if has_shrunk(before, after) else 0.0
