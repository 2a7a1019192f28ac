"""The HTTP API for programs: calls and messages by JSON."""
