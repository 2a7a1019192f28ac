"""Looks at all flows together: targets, names, and what may be reached from where."""
