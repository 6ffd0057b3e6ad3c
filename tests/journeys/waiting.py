"""The suite's wait, as patient as a worker's start is slow on a busy machine."""

from functools import partial

from tests.waiting import wait_until

eventually = partial(wait_until, timeout=60)
