"""How each operation is played: a function of the turn, the operation, its track and its number there.

Each gives the spot to go on from, or None where the document ends.
"""
