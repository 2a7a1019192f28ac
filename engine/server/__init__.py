"""The world: an ASGI application that checks a request of Twilio, asks for the answer to its turn, and sends it."""
