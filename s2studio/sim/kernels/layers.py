"""Runs the teams of one layer against the DRAM they share, event by event."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import inner_kernel, kernel

# What a step is: nothing, so many ns, bytes from or to DRAM, a tile that another team fetches, or own bytes that may
# be on their way already.
SKIP, WORK, TRANSFER, TAKE, AWAIT = range(5)
_FAR = 1e300
# Less than a byte's thousandth is rounding.
_NOTHING = 1e-3
# A team's transfers: that of the step in hand, and one for a later step.
_HAND, _AHEAD = 0, 1


class Steps(NamedTuple):
    """The program: `kinds`, `amounts` (ns or bytes), `giver` and `delay_ns` are (teams, steps), the others (steps,).

    A TAKE waits until the team `giver` has the tile, and then `delay_ns`. When step s begins, the bytes of the step
    `ahead[s]` (-1: none) are asked for. A transfer has at most `own_rate` bytes per ns.
    """

    kinds: NDArray[np.int8]
    amounts: NDArray[np.float64]
    giver: NDArray[np.int64]
    delay_ns: NDArray[np.float64]
    ahead: NDArray[np.int64]
    own_rate: NDArray[np.float64]


class State(NamedTuple):
    """How far each team is: its step, when that ends (_FAR: not known), whether it has begun.

    `arrived` (teams, steps) is when a step's bytes were there; `left`, `cap` and `wanted` (teams, 2) are the bytes to
    go, the most bytes per ns and the step (-1: none) of each of a team's two transfers.
    """

    step: NDArray[np.int64]
    until: NDArray[np.float64]
    begun: NDArray[np.bool_]
    arrived: NDArray[np.float64]
    left: NDArray[np.float64]
    cap: NDArray[np.float64]
    wanted: NDArray[np.int64]


@kernel
def run_teams(
    steps: Steps,
    start_ns: NDArray[np.float64],
    dram_rate: float,
    stops_ns: NDArray[np.float64],
    rates: NDArray[np.float64],
) -> int:
    """Fill `stops_ns` (teams, steps), the moment at which each team ends each step, and return how long `rates` is.

    Who transfers shares `dram_rate` (bytes per ns) equally. `rates` (changes, 2) gets the moments at which the rate of
    the DRAM changes, and the rate from then on.
    """
    teams, count = steps.kinds.shape
    state = State(
        np.zeros(teams, np.int64),
        start_ns.copy(),
        np.zeros(teams, np.bool_),
        np.full((teams, count), _FAR),
        np.zeros((teams, 2)),
        np.zeros((teams, 2)),
        np.full((teams, 2), -1, np.int64),
    )
    now, before, changes = 0.0, -1.0, 0
    while True:
        moved = True
        while moved:
            moved = False
            for team in range(teams):
                moved |= _go_on(steps, state, team, now, stops_ns)
        share = dram_rate / max(1, (state.wanted >= 0).sum())
        total, after = _next(state, count, now, share)
        if total != before:
            rates[changes, 0], rates[changes, 1] = now, total
            before = total
            changes += 1
        if after == _FAR:
            return changes
        _transfer(state, after - now, after, share)
        now = after


@inner_kernel
def _go_on(steps: Steps, state: State, team: int, now: float, stops_ns: NDArray[np.float64]) -> bool:
    """Let a team end and begin steps as far as it can at this moment; return whether it ended any."""
    moved = False
    while state.step[team] < steps.kinds.shape[1] and state.until[team] <= now:
        step = state.step[team]
        if not state.begun[team] and not _begin(steps, state, team, step, now):
            return moved
        if state.until[team] > now:
            return moved
        stops_ns[team, step] = now
        state.begun[team] = False
        state.step[team] += 1
        moved = True
    return moved


@inner_kernel
def _begin(steps: Steps, state: State, team: int, step: int, now: float) -> bool:
    """Begin a step and set when it ends; return False where it must wait for another team first."""
    kind = steps.kinds[team, step]
    if kind == TAKE:
        there = state.arrived[steps.giver[team, step], step]
        if there == _FAR:
            return False
        state.until[team] = max(now, there + steps.delay_ns[team, step])
    elif kind == WORK:
        state.until[team] = now + steps.amounts[team, step]
    elif kind != SKIP and state.arrived[team, step] == _FAR:
        state.until[team] = _FAR
        if state.wanted[team, _AHEAD] != step:
            _ask(steps, state, team, step, _HAND)
    state.begun[team] = True
    ahead = steps.ahead[step]
    if ahead >= 0 and steps.kinds[team, ahead] == AWAIT:
        _ask(steps, state, team, ahead, _AHEAD)
    return True


@inner_kernel
def _ask(steps: Steps, state: State, team: int, step: int, slot: int) -> None:
    state.left[team, slot] = steps.amounts[team, step]
    state.cap[team, slot] = steps.own_rate[step]
    state.wanted[team, slot] = step


@inner_kernel
def _next(state: State, count: int, now: float, share: float) -> tuple[float, float]:
    """Return the rate of the DRAM, and when next a step or a transfer ends."""
    total, after = 0.0, _FAR
    for team in range(state.step.size):
        # One that has not begun its step waits for another team's transfer.
        if state.step[team] < count and state.until[team] > now:
            after = min(after, state.until[team])
        for slot in range(2):
            if state.wanted[team, slot] >= 0:
                rate = min(share, state.cap[team, slot])
                total += rate
                after = min(after, now + state.left[team, slot] / rate)
    return total, after


@inner_kernel
def _transfer(state: State, lasts: float, after: float, share: float) -> None:
    """Move bytes for so long; transfers that are done let their teams go on at the moment `after`."""
    for team in range(state.step.size):
        for slot in range(2):
            step = state.wanted[team, slot]
            if step >= 0:
                state.left[team, slot] -= min(share, state.cap[team, slot]) * lasts
                if state.left[team, slot] <= _NOTHING:
                    state.wanted[team, slot] = -1
                    state.arrived[team, step] = after
                    if state.step[team] == step and state.begun[team]:
                        state.until[team] = after
