"""What may be written: kinds of field, the TwiML vocabulary, templates."""
