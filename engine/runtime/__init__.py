"""One call: its session, the stores that keep it, and the machine that plays a turn."""
