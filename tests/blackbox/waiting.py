"""The one way to wait here: look until it is so, or until the deadline."""

import time

DEADLINE_SECONDS = 20.0


def until(look, what, seconds=DEADLINE_SECONDS, pause=0.01):
    """The first truthy value that `look` gives; AssertionError naming `what` when the time is over."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain for: {what}")
        time.sleep(pause)
