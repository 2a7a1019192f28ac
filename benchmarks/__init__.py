"""Measures how fast turns are answered and flows are loaded, as ratios within one run."""
