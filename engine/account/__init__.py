"""What is done with a Twilio account: the only door of `twilio.rest`."""
