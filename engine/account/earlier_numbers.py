"""Remembers in a file where numbers went before they were pointed at a flow, so that it can be restored."""

import json
import os
import tempfile
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from engine.account.destinations import has_login, without_login
from engine.account.numbers import FIELDS, Number

LARGEST = 4 * 1024 * 1024  # bytes of the file that are read


class EarlierError(Exception):
    """The file cannot be used: one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """How a number was set before: `settings` as in `Number`; `at` is when that was noted, ISO 8601.

    `ours` are the addresses that were set then in their place, `incomplete` the settings whose login was left out.
    """

    settings: Mapping[str, str]
    at: str
    ours: Mapping[str, str] = field(default_factory=dict)
    incomplete: tuple[str, ...] = ()


class EarlierNumbers:
    """The notes in one file, for numbers of any account."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, account: str, number: str) -> Earlier | None:
        """What was noted of a number; None if nothing was. Raises EarlierError."""
        found = self._read().get(account, {}).get(number)
        if found is None:
            return None
        try:
            settings = {name: str(found["settings"][name]) for name in FIELDS if name in found["settings"]}
            ours = {str(name): str(value) for name, value in found.get("ours", {}).items()}
            return Earlier(settings, str(found["at"]), ours, tuple(map(str, found.get("incomplete", ()))))
        except (KeyError, TypeError, AttributeError):
            raise self._unreadable() from None

    def note(
        self, account: str, number: Number, at: str, ours: Mapping[str, str], own: Collection[str] = frozenset()
    ) -> None:
        """Notes how a number is set, and the addresses `ours` that replace that. Of what is our `own` the earlier note stays.

        A user name and password in a URL are left out. Raises EarlierError if the file cannot be read, OSError if it cannot be written.
        """
        before = self.get(account, number.number)
        settings, login = dict(number.settings), [name for name in FIELDS if has_login(number.get(name))]
        if before is not None:
            settings |= {name: before.settings[name] for name in own if name in before.settings}
            login = [name for name in login if name not in own] + [name for name in before.incomplete if name in own]
            ours = {**before.ours, **ours}
        bare = {name: without_login(settings.get(name, "")) for name in FIELDS}
        known = self._read()
        known.setdefault(account, {})[number.number] = asdict(Earlier(bare, at, dict(ours), tuple(login)))
        self._write(known)

    def forget(self, account: str, number: str) -> None:
        """Drops what was noted of a number. Raises as `note`."""
        known = self._read()
        if known.get(account, {}).pop(number, None) is not None:
            self._write({one: numbers for one, numbers in known.items() if numbers})

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            with self._path.open("rb") as file:
                text = file.read(LARGEST + 1)
        except FileNotFoundError:
            return {}
        try:
            known = json.loads(text) if len(text) <= LARGEST else None
        except (ValueError, RecursionError):
            known = None
        if not isinstance(known, dict) or not all(isinstance(numbers, dict) for numbers in known.values()):
            raise self._unreadable()
        return known

    def _write(self, known: Mapping[str, Mapping[str, Any]]) -> None:
        folder = self._path.parent
        folder.mkdir(parents=True, exist_ok=True)
        # A file of its own first, which only this user may read: nobody ever sees half of it.
        descriptor, fresh = tempfile.mkstemp(prefix=f"{self._path.name}.", dir=folder)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(known, file, indent=2, sort_keys=True)
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, self._path)
        except BaseException:
            with suppress(OSError):
                os.unlink(fresh)
            raise

    def _unreadable(self) -> EarlierError:
        return EarlierError(f"{self._path} cannot be read as the notes of `touchtone numbers`: move it away")
