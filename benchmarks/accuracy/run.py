"""How right the scorer is, on people, sources and clips that it was never trained on.

The faces are those of the test split that ``python -m model.shipped.collect`` has collected from the research data;
the portraits are shown a second time as a whole, trained on or not, because the groups are small. Beside the scorer
stands what MediaPipe's blendshapes alone would say. Every figure has its count and a 95 % interval.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from benchmarks.accuracy import eyes_and_smiles as states
from benchmarks.accuracy import fairness as groups
from benchmarks.accuracy import rubric as scale
from benchmarks.accuracy import stability as stillness
from benchmarks.accuracy import winks
from benchmarks.accuracy.by_eye import by_eye
from benchmarks.accuracy.calibration import levels
from benchmarks.accuracy.charts import draw
from benchmarks.accuracy.data import Faces, Scored, read, score_images
from benchmarks.accuracy.report import Report, json_lines, markdown, print_tables
from benchmarks.common.statistics import Bools, Figure
from livecam import model_files
from livecam.scoring.scorer import Scorer
from livecam.types import UInt8Array
from model.shipped.augment import View

_PAINTED_EACH, _SHAKEN_EACH = 2, 16  # every how manyth face is changed on purpose
_WIDTH = 180  # characters, where no terminal says how wide it is


def measure(collected: Path, research: Path, model: Path | None) -> Report:
    """Score the faces in collected with model (None: the shipped one) and return all that can be said."""
    faces = read(collected, research)
    test = faces.where(split="test")
    taught = ~test & (faces.where(smile="0") | faces.where(smile="1"))
    with Scorer(model) as scorer:
        seen, learnt = _as_they_are(scorer, faces, test, "test faces"), _as_they_are(scorer, faces, taught, "smiles")
        portraits = faces.where(source="ratings")
        rest = _as_they_are(scorer, faces, portraits & ~test, "other portraits")
        tested = faces.take(test)
        readout = states.read_smiles(learnt, faces.take(taught).where(smile="1"), seen)
        figures = states.closed_eyes(tested, seen) + states.smiles(tested, seen, readout)
        figures += states.within_people(tested, seen)
        painted = _painted(scorer, tested, seen)
        figures += winks.measure(*painted)
        stills = ~(tested.where(source="videos") | tested.where(source="photos"))
        made: list[View] = []
        shown = tested.take(stills)
        damaged = score_images(scorer, scale.views(shown, made), len(shown), "damaged views")
        due = scale.deserved(made)
        figures += scale.scale(shown, damaged, due)
        figures += _stillness(scorer, tested, seen)
        whole = faces.take(np.concatenate([np.flatnonzero(portraits & test), np.flatnonzero(portraits & ~test)]))
        own = tested.where(source="ratings")
        fares = _groups(scorer, shown, seen.take(stills), (whole, _joined(seen.take(own), rest)))
        about = _about(scorer, model, collected, len(tested), len(faces))
    return Report(
        about,
        figures + by_eye(research, model),
        scale.calibrations((tested, seen), painted, (shown, damaged, due)),
        levels(due.rating, damaged.score),
        fares,
    )


def _as_they_are(scorer: Scorer, faces: Faces, chosen: Bools, what: str) -> Scored:
    own = faces.take(chosen)
    return score_images(scorer, (own.crop(at) for at in range(len(own))), len(own), what)


def _joined(first: Scored, second: Scored) -> Scored:
    parts = ("closed", "score", "probs", "embedding")
    return Scored(*(np.concatenate([getattr(first, part), getattr(second, part)]) for part in parts))


def _painted(scorer: Scorer, tested: Faces, seen: Scored) -> tuple[Faces, dict[winks.Painted, Scored]]:
    rows = tested.open()
    own = tested.take(rows)
    by_state: dict[winks.Painted, Scored] = {"none": seen.take(rows)}
    for state in winks.STATES[1:]:
        by_state[state] = score_images(scorer, winks.painted(own, state), len(own), f"painted lids: {state}")
    return own, by_state


def _stillness(scorer: Scorer, tested: Faces, seen: Scored) -> list[Figure]:
    figures = stillness.in_clips(seen, stillness.still_seconds(tested))
    rows = np.flatnonzero(tested.open())[::_SHAKEN_EACH]
    own = tested.take(rows)
    by_kind = {kind: score_images(scorer, stillness.shaken(own, kind), 4 * len(own), kind) for kind in stillness.KINDS}
    return figures + stillness.when_shaken(own, seen.take(rows), by_kind)


def _groups(scorer: Scorer, shown: Faces, seen: Scored, portraits: tuple[Faces, Scored]) -> list[groups.FaceGroup]:
    parts = groups.parts_of(shown, groups.luminance(shown))
    found = groups.found_groups(shown, seen, parts, groups.crop_sharpness(shown))
    faces, scores = portraits
    people = {
        (f"{by}, all portraits", name): part
        for (by, name), part in groups.parts_of(faces, groups.luminance(faces)).items()
        if by in {"sex", "ethnicity"}
    }
    found += groups.found_groups(faces, scores, people, groups.crop_sharpness(faces))
    rows = np.flatnonzero(shown.open())[::_PAINTED_EACH]
    own, before = shown.take(rows), seen.take(rows)
    large = own.pixels() >= max(groups.SIZES)

    def changed(by: str, name: str, images: Iterable[UInt8Array], faces: Faces, before: Scored) -> None:
        after = score_images(scorer, images, len(faces), f"{by}: {name}")
        found.append(groups.made_group(by, name, faces, before, after))

    for pixels in groups.SIZES:
        part = own.take(large)
        changed("size, made", f"{pixels} px", groups.shrunk(part, pixels), part, before.take(large))
    for stops in groups.STOPS:
        changed("light, made", f"{stops} stop{'s' * (stops > 1)} less", groups.darkened(own, stops), own, before)
    return found


def _about(scorer: Scorer, model: Path | None, collected: Path, tested: int, faces: int) -> dict[str, str | int]:
    path = model_files.scorer_model(model)
    return {
        "model": path.name,
        "version": scorer.metadata.get("model_version", ""),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "provider": scorer.provider,
        "collected": collected.name,
        "faces": faces,
        "test_faces": tested,
    }


def main(
    collected: Annotated[Path, typer.Argument(metavar="DATA", help="Folder that model.shipped.collect has written.")],
    model: Annotated[Path | None, typer.Option(help="Scorer to test; the shipped one otherwise.")] = None,
    research: Annotated[Path, typer.Option(help="The research data, for the portraits' groups.")] = Path(
        "../shared/data"
    ),
    out: Annotated[Path | None, typer.Option(help="Folder for accuracy.md and its charts.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")] = False,
) -> None:
    """Measure closed eyes, winks, smiles, the scale, calibration, stillness and fairness on the test split."""
    people = Console(stderr=True, width=None if sys.stderr.isatty() else _WIDTH)
    report = measure(collected, research, model)
    print_tables(report, people)
    if as_json:
        sys.stdout.writelines(json_lines(report))
    if out:
        out.mkdir(parents=True, exist_ok=True)
        (out / "accuracy.md").write_text(markdown(report), encoding="utf-8")
        draw(report, out)
