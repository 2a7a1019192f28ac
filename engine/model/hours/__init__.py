"""Opening hours: read, and asked whether they are open, when they open and close, and which holiday it is."""
