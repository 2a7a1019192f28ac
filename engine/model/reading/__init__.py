"""Reads the pieces of a step: YAML nodes become parts, and every mistake goes into the report."""
