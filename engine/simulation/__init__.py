"""Calls that the design page plays: no phone rings, and external calls are answered by hand."""

from engine.simulation.acts import Refused, Unknown
from engine.simulation.outside import Outside
from engine.simulation.simulator import Simulator

__all__ = ["Outside", "Refused", "Simulator", "Unknown"]
