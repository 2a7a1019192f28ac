"""Reads the engine's own verbs, and knows the functions that `run` may call."""
