"""For `at-time`: every Python process that has this folder in its path runs AT_TIME_AHEAD seconds ahead."""

import os
import time

import time_machine

time_machine.travel(time.time() + int(os.environ["AT_TIME_AHEAD"]), tick=True).start()
