"""The calls that were played: written down, found again, counted."""
