"""Touchtone: phone menus written in YAML, compiled to TwiML, served to Twilio."""
