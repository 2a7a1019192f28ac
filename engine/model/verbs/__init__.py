"""Reads the verbs of our own, as their descriptions say."""
