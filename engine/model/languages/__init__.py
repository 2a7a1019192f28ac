"""Texts and voices in several languages: how they are written, translated, and switched between."""
