"""Calls that the design page plays itself: nobody is rung, and the world is answered by hand."""
