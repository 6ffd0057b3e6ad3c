"""Read by a process whose clock is faked: libfaketime 0.9.10 lets clock_nanosleep(2), and so time.sleep, fail at random."""

import select
import time

time.sleep = lambda seconds: select.select([], [], [], seconds) and None
