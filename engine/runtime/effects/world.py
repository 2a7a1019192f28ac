"""The edge at which effects are performed."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from engine.runtime.effects.effect import Effect, Result
from engine.runtime.effects.secrets import log_fault

Perform = Callable[[Any], Awaitable[Result]]  # each performs the effects of one type

log = logging.getLogger("touchtone")


class World:
    """Performs effects by their type; what nobody performs comes to an error that says so."""

    __slots__ = ("_performers",)

    def __init__(self, performers: Mapping[type[Effect], Perform] | None = None) -> None:
        self._performers = performers or {}

    def performs(self, effect: Effect) -> bool:
        """Whether somebody performs effects of its type."""
        return type(effect) in self._performers

    async def perform(self, effect: Effect) -> Result:
        """What came of an effect; never raises but when it is cancelled."""
        performer = self._performers.get(type(effect))
        if performer is None:
            return Result("error", {}, effect.nobody)
        try:
            return await performer(effect)
        except Exception as fault:
            log_fault(log, fault, "an effect was not performed")
            return Result("error", {}, f"it could not be done: {type(fault).__name__}")
