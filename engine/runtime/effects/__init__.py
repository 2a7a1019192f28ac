"""What flows do beyond the call: requests over HTTP, the project's own functions, text messages."""
