"""A stand-in of Twilio's REST API, to try an account without having one."""
