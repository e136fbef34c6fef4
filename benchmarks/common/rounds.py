"""Rounds in which all that is compared is measured once, each in a Python of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.common.isolated import run_isolated
from benchmarks.common.order import rotated
from benchmarks.common.progress import Steps
from livecam.errors import ModelError


@dataclass(frozen=True, slots=True)
class Call:
    """What to run: "package.module:name", and its arguments, all of them JSON."""

    function: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rounds:
    """The answers of each name, one a round, in the order in which they were given; left_out: why others have none."""

    answers: dict[str, list[dict[str, Any]]]
    left_out: dict[str, str]


def run_rounds(
    calls: Mapping[str, Call],
    rounds: int,
    progress: Steps,
    *,
    required: Collection[str],
    failures: tuple[type[Exception], ...] = (ModelError,),
    limit_s: float | None = None,
) -> Rounds:
    """Make each of calls once a round, in an order that moves on each round.

    One that raises one of failures is left out from then on, unless it is required: then the failure is raised, as
    every other one is.  limit_s: what is not required and takes longer raises RuntimeError.
    """
    answers: dict[str, list[dict[str, Any]]] = {name: [] for name in calls}
    left_out: dict[str, str] = {}
    for number in range(rounds):
        for name in rotated(list(calls), number):
            with progress.step(name):
                if name in left_out:
                    continue
                call, own_limit = calls[name], None if name in required else limit_s
                try:
                    answers[name].append(run_isolated(call.function, call.arguments, limit_s=own_limit))
                except failures as error:
                    if name in required:
                        raise
                    left_out[name] = str(error).strip().splitlines()[-1]
    return Rounds({name: own for name, own in answers.items() if name not in left_out}, left_out)
