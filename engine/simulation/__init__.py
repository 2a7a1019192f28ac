"""Calls that the design page plays itself: nobody is rung, and the world is answered by hand."""

from engine.simulation.acts import Refused, Unknown
from engine.simulation.outside import Outside
from engine.simulation.simulator import Simulator

__all__ = ["Outside", "Refused", "Simulator", "Unknown"]
