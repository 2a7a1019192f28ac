"""What a flow is tested with: a project in process, the calls made to it, and what they took."""
