"""The kernel of layers against what sharing a DRAM equally must give, and against a plain simulation in small steps."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from s2studio.sim.kernels.layers import AWAIT, SKIP, TAKE, TRANSFER, WORK, Steps, run_teams

Floats = NDArray[np.float64]


def _steps(
    kinds: list[list[int]],
    amounts: list[list[float]],
    giver: list[list[int]] | None = None,
    delay: float = 0.0,
    ahead: list[int] | None = None,
    own_rate: float = 1e9,
) -> Steps:
    shape = np.shape(kinds)
    return Steps(
        np.array(kinds, np.int8),
        np.array(amounts, np.float64),
        np.zeros(shape, np.int64) if giver is None else np.array(giver, np.int64),
        np.full(shape, delay),
        np.full(shape[1], -1, np.int64) if ahead is None else np.array(ahead, np.int64),
        np.full(shape[1], own_rate),
    )


def _run(steps: Steps, start: list[float], rate: float = 1.0) -> tuple[Floats, Floats]:
    stops, rates = np.zeros(steps.kinds.shape), np.zeros((4 * steps.kinds.size + 4, 2))
    changes = run_teams(steps, np.array(start, np.float64), rate, stops, rates)
    return stops, rates[:changes]


def test_that_two_transfers_share_the_rate_and_the_longer_one_has_it_alone_at_last() -> None:
    stops, rates = _run(_steps([[TRANSFER], [TRANSFER]], [[100], [300]]), [0, 0])

    assert stops.ravel().tolist() == pytest.approx([200, 400])
    assert rates.tolist() == [[0, 1], [400, 0]]


def test_that_one_who_comes_later_takes_its_share_from_then_on() -> None:
    stops, _ = _run(_steps([[TRANSFER], [TRANSFER]], [[100], [100]]), [0, 50])

    assert stops.ravel().tolist() == pytest.approx([150, 200])


def test_that_nobody_is_faster_than_its_own_rate() -> None:
    stops, rates = _run(_steps([[TRANSFER], [TRANSFER]], [[100], [100]], own_rate=0.25), [0, 0])

    assert stops.ravel().tolist() == pytest.approx([400, 400])
    assert rates[0].tolist() == [0, 0.5]


def test_that_a_tile_is_taken_once_its_giver_has_it_and_a_delay_later() -> None:
    steps = _steps([[AWAIT, WORK], [TAKE, WORK]], [[100, 5], [100, 5]], giver=[[0, 0], [0, 0]], delay=7)
    stops, _ = _run(steps, [10, 0])

    assert stops[0].tolist() == pytest.approx([110, 115])
    assert stops[1].tolist() == pytest.approx([117, 122])


def test_that_bytes_asked_for_ahead_come_while_the_team_works() -> None:
    for kind, ends in ((AWAIT, [100, 180, 200]), (TRANSFER, [100, 180, 280])):
        steps = _steps([[AWAIT, WORK, kind]], [[100, 80, 100]], ahead=[-1, 2, -1])
        stops, _ = _run(steps, [0])

        assert stops[0].tolist() == pytest.approx(ends)


def test_that_steps_that_are_skipped_take_no_time() -> None:
    stops, _ = _run(_steps([[SKIP, WORK, SKIP], [SKIP, SKIP, SKIP]], [[9, 5, 9], [9, 9, 9]]), [1, 2])

    assert stops.tolist() == [[1, 6, 6], [2, 2, 2]]


@pytest.mark.parametrize("seed", range(8))
def test_that_any_program_ends_when_a_simulation_in_small_steps_says(seed: int) -> None:
    random = np.random.default_rng(seed)
    teams, count, own_rate = int(random.integers(1, 7)), int(random.integers(1, 9)), 0.4
    kinds = random.choice([SKIP, WORK, TRANSFER, AWAIT], (teams, count)).tolist()
    # Of some steps the first team is the one who fetches; a step is fetched ahead where it may be.
    for shared in np.flatnonzero(random.random(count) < 0.3):
        for team in range(teams):
            kinds[team][shared] = TAKE if team else AWAIT
    ahead = [int(random.integers(step + 1, count)) if step + 1 < count and random.random() < 0.3 else -1
             for step in range(count)]  # fmt: skip
    for step, wanted in enumerate(ahead):
        if wanted in ahead[:step]:
            ahead[step] = -1
    amounts = random.integers(1, 60, (teams, count)).astype(float).tolist()
    start = random.integers(0, 20, teams).astype(float).tolist()
    steps = _steps(kinds, amounts, delay=3, ahead=ahead, own_rate=own_rate)
    stops, _ = _run(steps, start)

    assert stops == pytest.approx(_in_small_steps(steps, start, 1.0), abs=1.0)


def _in_small_steps(steps: Steps, start: list[float], rate: float) -> Floats:
    """Return when each step ends, by going on a little at a time."""
    return _Plain(steps, start).stops_at(rate)


class _Plain:
    """What the kernel does, as plainly as it can be said."""

    DT = 0.01

    def __init__(self, steps: Steps, start: list[float]) -> None:
        self.steps, self.until, self.now = steps, list(start), 0.0
        self.teams, self.count = steps.kinds.shape
        self.stops = np.full((self.teams, self.count), np.inf)
        self.arrived = np.full((self.teams, self.count), np.inf)
        self.step, self.begun = [0] * self.teams, [False] * self.teams
        self.left: dict[tuple[int, int], float] = {}

    def stops_at(self, rate: float) -> Floats:
        while min(self.step) < self.count:
            # Whoever waits for another may go on once that has gone on.
            for _ in range(self.count + self.teams):
                for team in range(self.teams):
                    self._go_on(team)
            share = min(rate / max(1, len(self.left)), float(self.steps.own_rate[0]))
            self.now += self.DT
            for key in list(self.left):
                self._move(key, share * self.DT)
        return self.stops

    def _go_on(self, team: int) -> None:
        while self.step[team] < self.count and self.until[team] <= self.now + 1e-9:
            step = self.step[team]
            if self.begun[team]:
                self.stops[team, step] = self.now
                self.begun[team], self.step[team] = False, step + 1
            elif not self._begin(team, step):
                return

    def _begin(self, team: int, step: int) -> bool:
        kind = self.steps.kinds[team, step]
        if kind == TAKE:
            there = self.arrived[self.steps.giver[team, step], step]
            if there > self.now + 1e-9:
                return False
            self.until[team] = max(self.now, there + self.steps.delay_ns[team, step])
        elif kind == WORK:
            self.until[team] = self.now + self.steps.amounts[team, step]
        elif kind in (TRANSFER, AWAIT) and self.arrived[team, step] == np.inf:
            self.until[team] = np.inf
            self.left.setdefault((team, step), self.steps.amounts[team, step])
        self.begun[team] = True
        ahead = self.steps.ahead[step]
        if ahead >= 0 and self.steps.kinds[team, ahead] == AWAIT:
            self.left.setdefault((team, int(ahead)), self.steps.amounts[team, ahead])
        return True

    def _move(self, key: tuple[int, int], size: float) -> None:
        self.left[key] -= size
        if self.left[key] <= 0:
            team, step = key
            del self.left[key]
            self.arrived[team, step] = self.now
            if self.step[team] == step and self.begun[team]:
                self.until[team] = self.now
