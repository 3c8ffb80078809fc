"""How many threads run a program: all of them, or one where that is faster.

Threads of one run meet again and again, and where other programs keep the processors busy, each of
these meetings may take as long as the system lets somebody else run: then one thread alone is
faster, if it has little to do between two meetings by ten times. Nobody knows that but the clock,
so both ways are tried now and then. The results are the same.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from statistics import median
from typing import Any

ALONE = 1  # the way to run on one thread

Run = Callable[[list[Any]], bool]

SAMPLES = 3  # runs from which on it is known how long one takes
OFTEN, SELDOM = 32, 1024  # runs until the other way is tried again: at first, and in the end
CLEAR = 2.0  # a way that takes so many times as long is tried but once, and more and more seldom
FEWEST = 8  # runs until then where little is known: in the beginning, and after a change
LONGEST = 250_000_000  # ns: one thread goes on alone for no more than this, or than `FEWEST` runs
# What part of the time a way must take to be chosen instead, or to be tried as often as before.
BETTER, WORSE = 0.9, 1.3


class Team:
    """Runs a program on all threads or on one, whichever takes less time.

    Args:
        everybody: runs it on all threads.
        alone: runs it on one.
    """

    def __init__(self, everybody: Run, alone: Run) -> None:
        self._ways = (everybody, alone)
        self._times: tuple[deque[int], deque[int]] = deque(maxlen=SAMPLES), deque(maxlen=SAMPLES)
        self.way = 0  # which one is chosen
        self._trial = False
        self._left = FEWEST  # runs until the other way is tried; the first ones are not typical
        self._pause = OFTEN

    def __call__(self, arrays: list[Any]) -> bool:
        """Runs it; see `pointers.bind`."""
        way = self.way ^ self._trial
        start = time.perf_counter_ns()
        done = self._ways[way](arrays)
        self._times[way].append(time.perf_counter_ns() - start)
        self._left -= 1
        if self._trial:
            self._judge()
        elif self._left <= 0:
            self._trial = True
            self._times[way ^ 1].clear()
        return done

    def _judge(self) -> None:
        """After a run of the other way: whether it is better, and whether that is known yet."""
        usual, other = median(self._times[self.way]), self._times[self.way ^ 1]
        if len(other) < SAMPLES and min(other) <= CLEAR * usual:
            return
        if median(other) < BETTER * usual:
            self.way ^= 1
            self._pause = FEWEST  # it may have been a bad moment
        elif median(other) > WORSE * usual:
            self._pause = max(OFTEN, min(2 * self._pause, SELDOM))
        else:
            self._pause = max(OFTEN, self._pause)
        self._trial, self._left = False, self._pause
        if self.way == ALONE:  # what keeps the others from work may be over soon
            usual = median(self._times[ALONE])
            self._left = min(self._left, max(FEWEST, int(LONGEST / max(usual, 1))))
