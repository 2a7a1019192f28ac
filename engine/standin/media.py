"""The sound of recordings: silence, as long as the recording, since nobody spoke."""

import struct

_RATE = 8000  # samples a second, as on a telephone line
_FRAME = bytes((0xFF, 0xFB, 0x10, 0xC4)) + bytes(100)  # of MP3: 32 kbit/s, 44.1 kHz, one channel, nothing in it
_FRAMES = 44_100 / 1152  # a second
LONGEST = 3600


def wave(seconds: int) -> bytes:
    """A WAV file of silence: 16 bit, 8 kHz, one channel."""
    size = min(seconds, LONGEST) * _RATE * 2
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 1, _RATE, _RATE * 2, 2, 16, b"data", size
    )
    return head + bytes(size)


def mp3(seconds: int) -> bytes:
    """An MP3 file of silence."""
    return _FRAME * max(1, round(min(seconds, LONGEST) * _FRAMES))
