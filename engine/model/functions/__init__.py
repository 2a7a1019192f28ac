"""What `functions.py` beside the flows offers, read without running it."""
