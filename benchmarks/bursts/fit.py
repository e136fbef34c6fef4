"""Fits what counts how much in a burst to the development bursts, and what each weight is worth.

    python -m benchmarks.bursts.fit [--data …] [--model …] [--work …]

Logistic regression on pairs of frames of which a reader preferred the one to the other (Bradley and Terry 1952, "Rank
analysis of incomplete block designs"): what he chose stands above what he did not, and what he refused below the rest.
Each burst weighs alike, no weight of a fault is below 0, those of the expression may be, and a point of the scorer is
the unit of all others.

Beside the weights: how many readers agree with the pick, and with how many of their pairs the order, when weights are
fitted without the place (a clip or the press photos of one split of persons) that they are tried on, with all and with
each left out; and by how much these differ, with 95 % intervals that draw the places anew.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks.bursts.agreement import Agreement, judge_all, pairs_of, say_difference
from benchmarks.labelled.labels import Burst, bursts
from benchmarks.labelled.pictures import AnalysedPicture, analyse
from livecam import exit_codes
from livecam.best.ranking.expression import BLENDSHAPE_FEATURES, FEATURES, Expression, features_of, part_of
from livecam.best.ranking.ranked import rank
from livecam.best.ranking.settings import Weights
from model.shipped.program import run_command

_Floats = NDArray[np.float64]
_EXPRESSION, _EYES = "expression", "eye_detail"
_NOT_OF_THIS_FIT = {_EXPRESSION, "grimace", "soft_without_eyes"}  # by hand, or of a fit without the eyes
FAULTS = tuple(field.name for field in fields(Weights) if field.name not in _NOT_OF_THIS_FIT)
NAMES = (*FAULTS, *FEATURES)
_FOLDS = 6  # of the press photos, by person
# What may be left out: a fault, a part of the expression, or all of it.
PARTS = tuple(dict.fromkeys(part_of(feature).name.lower() for feature in FEATURES))
LEAVABLE = (*FAULTS[1:], _EXPRESSION, *PARTS)


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How strongly weights are drawn towards 0: of their squares, where the spread of a trait is the unit.

    The expression's features share one spread (those of the pose another), so that what hardly ever moves is hardly
    believed. Beside each: how many readers agree, and how many of their pairs stand in order, without the place, at
    other strengths, before the eyes' gain was bounded (80.5, 87.9 % at these, which every place would choose by the
    others' figures; 80.1, 87.8 since).
    """

    # 0.003: 78.9, 87.7.
    faults: float = 0.001
    # 0.001, 0.01: 79.9, 87.9; 78.7, 87.6.
    expression: float = 0.003


SHIPPED = FitSettings()


@dataclass(frozen=True, slots=True, eq=False)
class BurstTraits:
    """A development burst.

    place: where it was taken.  pictures: of the burst.  differences: of the traits of the preferred frame of each pair
    less the other's, (P, W), in the order of NAMES.
    """

    burst: Burst
    place: str
    pictures: Sequence[AnalysedPicture]
    differences: _Floats


def traits_of(pictures: Sequence[AnalysedPicture]) -> _Floats:
    """Return what each weight of 1 adds to the value of each picture, (N, W)."""
    records = [picture.record for picture in pictures]
    values = np.zeros((len(records), len(NAMES)))
    for column, name in enumerate(FAULTS):
        for ranked in rank(records, _weights({name: 1.0})):
            values[ranked.index, column] = ranked.value
    for row, record in enumerate(records):
        if record.faces:  # of one person, for the bursts show no more
            face = record.faces[0]
            values[row, len(FAULTS) :] = features_of(face.blendshapes, face.pose)
    return values


def _weights(values: Mapping[str, float], grimace: float = 0.0, soft_without_eyes: float | None = None) -> Weights:
    """Return weights by NAMES; of those that are not named 0. soft_without_eyes: as soft if None."""
    if soft_without_eyes is None:
        soft_without_eyes = values.get("soft", 0.0)
    faults = {name: values.get(name, 0.0) for name in FAULTS}
    expression = Expression.of({name: values[name] for name in FEATURES if values.get(name)})
    return Weights(**faults, soft_without_eyes=soft_without_eyes, grimace=grimace, expression=expression)


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
    spread = _spread(differences) * [_is_used(name, without) for name in NAMES]
    scaled = differences / np.where(spread > 0, spread, 1.0) * (spread > 0)
    pull = np.where(_IS_FAULT, settings.faults, settings.expression)

    def loss(weights: _Floats) -> tuple[float, _Floats]:
        margin = scaled @ weights
        wrong = 1 / (1 + np.exp(margin))
        value = float(share @ np.logaddexp(0, -margin) + pull @ weights**2)
        return value, -(share * wrong) @ scaled + 2 * pull * weights

    start = np.where(_IS_FAULT, 0.5, 0.0) * (spread > 0)
    bounds = [(0, None) if fault else (None, None) for fault in _IS_FAULT]
    best = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    weights = np.where(spread > 0, best / np.where(spread > 0, spread, 1.0), 0.0)
    unit = max(weights[NAMES.index("score")], 1e-9)
    fitted = {name: float(weight / unit) for name, weight in zip(NAMES, weights, strict=True)}
    alone = None if _EYES in without else fit(known, (*without, _EYES), settings).soft
    return _weights(fitted, Weights().grimace, alone)


_IS_FAULT = np.array([name in FAULTS for name in NAMES])
_IS_BLENDSHAPE = np.array([name in BLENDSHAPE_FEATURES for name in NAMES])


def _spread(differences: _Floats) -> _Floats:
    """Return the unit of each of NAMES: its own spread of a fault, one for all blendshapes and one for the pose."""
    of_each: _Floats = differences.std(axis=0)
    size = np.square(differences).mean(axis=0)
    for alike in (_IS_BLENDSHAPE, ~_IS_FAULT & ~_IS_BLENDSHAPE):
        of_each[alike] = np.sqrt(size[alike].mean())
    return of_each


def _is_used(name: str, without: Sequence[str]) -> bool:
    if name in FAULTS:
        return name not in without
    return _EXPRESSION not in without and part_of(name).name.lower() not in without


def held_out(known: Sequence[BurstTraits], without: Sequence[str] = ()) -> _Floats:
    """Return what readers say of each burst, see ``judge_all``, ranked by weights fitted to all other places."""
    places = {one.place for one in known}
    of_place = {place: fit([one for one in known if one.place != place], without) for place in sorted(places)}
    return judge_all(known, lambda one: of_place[one.place])


def main(
    data: Annotated[Path, typer.Option(help="The research data.")] = Path("../shared/data"),
    model: Annotated[Path | None, typer.Option(help="Scorer to use; the shipped one otherwise.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="What is left out; may be repeated.")] = None,
    work: Annotated[
        Path | None, typer.Option(help="Folder that keeps the analysed pictures; a temporary one otherwise.")
    ] = None,
) -> None:
    """Fit the weights of the ranking to the development bursts, and try each of them without its place."""
    left_out = tuple(without or ())
    unknown = next((name for name in left_out if name not in LEAVABLE), None)
    if unknown:
        raise typer.BadParameter(f"no weight {unknown!r} to leave out: choose among {', '.join(LEAVABLE)}")
    found = bursts("dev")
    analysed = analyse((spot for burst in found for spot in burst.spots), data, model, work)
    known = with_traits(found, [[analysed[spot] for spot in burst.spots] for burst in found])
    sys.stdout.write(f"{len(known)} bursts; as shipped: {Agreement.of(judge_all(known, lambda _: Weights()))}\n")
    sys.stdout.write(f"fitted to all:\n{_numbers(fit(known, left_out))}\n")
    whole = held_out(known, left_out)
    sys.stdout.write(f"fitted without the place it is tried on: {Agreement.of(whole)}\n")
    for name in LEAVABLE:
        if name not in left_out:
            part = held_out(known, (*left_out, name))
            sys.stdout.write(f"  and without {name}: {Agreement.of(part)}; {say_difference(known, whole, part)}\n")


def _numbers(weights: Weights) -> str:
    """As they stand in ``livecam.best.ranking.settings``."""
    faults = [f"    {name}: float = {getattr(weights, name):.2f}" for name in (*FAULTS, "soft_without_eyes")]
    features = [f'    "{name}": {weight:.3f},' for name, weight in weights.expression.weights.items()]
    return "\n".join([*faults, "", *features])


def run(arguments: Sequence[str], *, verbose: bool = False) -> int:
    """Run one command line and return the exit code."""
    return run_command(main, "benchmarks.bursts.fit", arguments, verbose=verbose)


if __name__ == "__main__":
    exit_codes.start(run)
