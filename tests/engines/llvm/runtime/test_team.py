"""Programs run on all threads or on one, whichever takes less time."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tensorslow.engines.llvm.runtime import team
from tensorslow.engines.llvm.runtime.team import Team


@pytest.fixture
def clock(monkeypatch):
    """Time that passes only when somebody says so."""
    now = [0]
    monkeypatch.setattr(time, "perf_counter_ns", lambda: now[0])
    return now


def ways(clock: list[int], *costs: Any) -> tuple[Team, list[int]]:
    """A team, and which way each of its runs took."""
    taken: list[int] = []

    def way(number: int) -> Any:
        def run(arrays: list[Any]) -> bool:
            taken.append(number)
            clock[0] += costs[number]()
            return True

        return run

    return Team(way(0), way(1)), taken


def test_all_threads_run_what_is_faster_on_them(clock):
    runs, taken = ways(clock, lambda: 100, lambda: 180)
    for _ in range(500):
        assert runs([])
    assert runs.way == 0
    assert 0 < sum(taken) < 50


def test_what_is_clear_is_tried_less_and_less(clock):
    runs, taken = ways(clock, lambda: 100, lambda: 900)
    for _ in range(5000):
        runs([])
    assert 0 < sum(taken) < 15


def test_what_is_worse_is_tried_less_and_less(clock):
    runs, taken = ways(clock, lambda: 100, lambda: 150)
    for _ in range(5000):
        runs([])
    assert 0 < sum(taken) < 40


def test_what_is_nearly_as_good_is_tried_again_and_again(clock):
    runs, taken = ways(clock, lambda: 100, lambda: 110)
    for _ in range(5000):
        runs([])
    assert 300 < sum(taken) < 600


def test_one_thread_runs_what_is_faster_on_it(clock):
    runs, taken = ways(clock, lambda: 1000, lambda: 150)
    for _ in range(100):
        runs([])
    assert runs.way == team.ALONE
    assert taken[team.FEWEST :].count(0) < 10


def test_when_the_others_have_gone_all_threads_run_again(clock):
    busy = [True]
    runs, taken = ways(clock, lambda: 1000 if busy[0] else 80, lambda: 150)
    for _ in range(100):
        runs([])
    busy[0] = False
    for _ in range(2 * team.SELDOM):
        runs([])
    assert runs.way == 0
    assert taken[-100:].count(team.ALONE) <= team.SAMPLES  # a trial, if any


def test_long_runs_are_soon_made_by_all_threads_again(clock):
    busy, ms = [True], 1_000_000
    runs, _ = ways(clock, lambda: (200 if busy[0] else 20) * ms, lambda: 40 * ms)
    for _ in range(1000):
        runs([])
    assert runs.way == team.ALONE
    busy[0] = False
    for _ in range(team.FEWEST + team.SAMPLES + 1):
        runs([])
    assert runs.way == 0


def test_a_bad_moment_is_soon_over(clock):
    """Whoever looked at a bad moment looks again after a few runs."""
    count = [0]

    def slow_at_first() -> int:
        count[0] += 1
        return 9000 if count[0] <= team.FEWEST else 80

    runs, taken = ways(clock, slow_at_first, lambda: 150)
    for _ in range(2 * team.FEWEST + 2 * team.SAMPLES):
        runs([])
    assert taken[team.FEWEST + team.SAMPLES] == team.ALONE
    assert runs.way == 0


def test_a_single_slow_run_changes_nothing(clock):
    count = [0]

    def sometimes() -> int:
        count[0] += 1
        return 5000 if count[0] == 20 else 100

    runs, _ = ways(clock, sometimes, lambda: 190)
    for _ in range(60):
        runs([])
        assert runs.way == 0
