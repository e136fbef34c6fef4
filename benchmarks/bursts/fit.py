"""Fits what counts how much in a burst to the development bursts, and what each weight is worth.

    python -m benchmarks.bursts.fit [--data …] [--model …] [--work …]

Logistic regression on pairs of frames of which a reader preferred the one to the other (Bradley and Terry 1952, "Rank
analysis of incomplete block designs"): what he chose stands above what he did not, and what he refused below the rest.
Each burst weighs alike, no weight is below 0, and a point of the scorer is 1, the unit of all others.

Beside the weights: how many readers agree with the pick when weights are fitted without the place (a clip or the
press photos of one split of persons) that they are tried on, with all traits and with each left out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks.bursts.measures import judge
from benchmarks.labelled.labels import Burst, bursts
from benchmarks.labelled.pictures import AnalysedPicture, analyse
from livecam import exit_codes
from livecam.best.ranking.ranked import rank
from livecam.best.ranking.settings import Weights
from model.shipped.program import run_command

_Floats = NDArray[np.float64]
NAMES = tuple(field.name for field in fields(Weights))
_NOTHING = Weights(**dict.fromkeys(NAMES, 0.0))
_FOLDS = 6  # of the press photos, by person


@dataclass(frozen=True, slots=True)
class FitSettings:
    """pull: of the weights' squares, in units of each trait's spread, towards 0; set by hand."""

    pull: float = 0.01


SHIPPED = FitSettings()


@dataclass(frozen=True, slots=True, eq=False)
class BurstTraits:
    """A development burst.

    place: where it was taken.  pictures: of the burst.  differences: of the traits of the preferred frame of each pair
    less the other's, (P, 9), in the order of NAMES.
    """

    burst: Burst
    place: str
    pictures: Sequence[AnalysedPicture]
    differences: _Floats


def traits_of(pictures: Sequence[AnalysedPicture]) -> _Floats:
    """Return what each weight of 1 adds to the value of each picture, (N, 9)."""
    records = [picture.record for picture in pictures]
    values = np.zeros((len(records), len(NAMES)))
    for column, name in enumerate(NAMES):
        for ranked in rank(records, replace(_NOTHING, **{name: 1.0})):
            values[ranked.index, column] = ranked.value
    return values


def pairs_of(burst: Burst) -> list[tuple[int, int]]:
    """Return the better and the worse frame of each pair, by each reader."""
    found = []
    for chosen, refused in burst.readers:
        rest = set(range(len(burst.spots))) - chosen - refused
        found += [(better, worse) for better in chosen for worse in rest | refused]
        found += [(better, worse) for better in rest for worse in refused]
    return found


def with_traits(found: Sequence[Burst], pictures: Sequence[Sequence[AnalysedPicture]]) -> list[BurstTraits]:
    """Return what is fitted to. pictures: of each burst, in its order."""
    known = []
    for burst, own in zip(found, pictures, strict=True):
        values, pairs = traits_of(own), pairs_of(burst)
        better, worse = ([pair[side] for pair in pairs] for side in (0, 1))
        place = burst.where
        if burst.spots[0].file.startswith("people/"):
            place = f"people {sum(map(ord, burst.where)) % _FOLDS}"
        known.append(BurstTraits(burst, place, own, values[better] - values[worse]))
    return known


def fit(known: Sequence[BurstTraits], without: Sequence[str] = (), settings: FitSettings = SHIPPED) -> Weights:
    """Return the weights that fit known best; those of without are 0. Raises ValueError without the score."""
    if "score" in without:
        raise ValueError("the score is the unit of the weights")
    differences = np.concatenate([one.differences for one in known if len(one.differences)])
    share = np.concatenate([np.full(len(one.differences), 1 / len(one.differences)) for one in known])
    share /= share.sum()
    used = np.array([name not in without for name in NAMES])
    spread = np.where(used, differences.std(axis=0), 0.0)
    scaled = differences / np.where(spread > 0, spread, 1.0) * (spread > 0)

    def loss(weights: _Floats) -> tuple[float, _Floats]:
        margin = scaled @ weights
        wrong = 1 / (1 + np.exp(margin))
        value = float(share @ np.logaddexp(0, -margin) + settings.pull * weights @ weights)
        return value, -(share * wrong) @ scaled + 2 * settings.pull * weights

    start = np.full(len(NAMES), 0.5) * (spread > 0)
    best = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(NAMES)).x
    weights = np.where(spread > 0, best / np.where(spread > 0, spread, 1.0), 0.0)
    unit = max(weights[NAMES.index("score")], 1e-9)
    return Weights(**{name: float(weight / unit) for name, weight in zip(NAMES, weights, strict=True)})


def agreement(known: Sequence[BurstTraits], weights: Callable[[BurstTraits], Weights]) -> tuple[float, float]:
    """Return the shares of readers who agree with the pick, and of picks that at least two have refused."""
    judged = []
    for one in known:
        order = [ranked.index for ranked in rank([picture.record for picture in one.pictures], weights(one))]
        judged.append(judge(one.burst, order))
    return float(np.mean([one["accepted"] for one in judged])), float(np.mean([one["reject"] for one in judged]))


def held_out(known: Sequence[BurstTraits], without: Sequence[str] = ()) -> tuple[float, float]:
    """Return the same, with weights that were fitted to all other places."""
    places = {one.place for one in known}
    of_place = {place: fit([one for one in known if one.place != place], without) for place in sorted(places)}
    return agreement(known, lambda one: of_place[one.place])


def main(
    data: Annotated[Path, typer.Option(help="The research data.")] = Path("../shared/data"),
    model: Annotated[Path | None, typer.Option(help="Scorer to use; the shipped one otherwise.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="A weight that is left out; may be repeated.")] = None,
    work: Annotated[
        Path | None, typer.Option(help="Folder that keeps the analysed pictures; a temporary one otherwise.")
    ] = None,
) -> None:
    """Fit the weights of the ranking to the development bursts, and try each of them without its place."""
    left_out = tuple(without or ())
    unknown = next((name for name in left_out if name not in NAMES or name == "score"), None)
    if unknown:
        raise typer.BadParameter(f"no weight {unknown!r} to leave out: choose among {', '.join(NAMES[1:])}")
    found = bursts("dev")
    analysed = analyse((spot for burst in found for spot in burst.spots), data, model, work)
    known = with_traits(found, [[analysed[spot] for spot in burst.spots] for burst in found])
    shipped = agreement(known, lambda _: Weights())
    sys.stdout.write(f"{len(known)} bursts; as shipped: {_said(shipped)}\n")
    sys.stdout.write(f"fitted to all: {_numbers(fit(known, left_out))}\n")
    sys.stdout.write(f"fitted without the place it is tried on: {_said(held_out(known, left_out))}\n")
    for name in NAMES[1:]:
        if name not in left_out:
            sys.stdout.write(f"  and without {name}: {_said(held_out(known, (*left_out, name)))}\n")


def _said(share: tuple[float, float]) -> str:
    return f"{100 * share[0]:.1f} % of readers agree, {100 * share[1]:.1f} % of picks refused"


def _numbers(weights: Weights) -> str:
    return ", ".join(f"{name} {getattr(weights, name):.2f}" for name in NAMES)


def run(arguments: Sequence[str], *, verbose: bool = False) -> int:
    """Run one command line and return the exit code."""
    return run_command(main, "benchmarks.bursts.fit", arguments, verbose=verbose)


if __name__ == "__main__":
    exit_codes.start(run)
