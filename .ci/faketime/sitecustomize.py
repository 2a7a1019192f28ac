"""For `at-time`: libfaketime 0.9.10 refuses the absolute sleep that Python makes of `time.sleep`, so that one waits otherwise."""

import select
import time


def sleep(seconds: float) -> None:
    select.select((), (), (), seconds)


time.sleep = sleep
