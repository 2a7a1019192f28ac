"""One call: its requests, its session, the stores that keep it, and the machine that plays a turn."""
