"""What was meant: the project, its flows, steps, instructions and exits."""
