"""Reads a flow file: YAML nodes become the parts of a flow, and every mistake goes into the report."""
