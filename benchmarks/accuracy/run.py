"""How right the scorer is, on people, sources and clips that it was never trained on.

The faces are those of the test split that ``python -m model.shipped.collect`` has collected from the research data;
the portraits are shown a second time as a whole, trained on or not, because the groups are small. Beside the scorer
stands what MediaPipe's blendshapes alone would give. Every figure has its count and a 95 % interval.

The second batch of research data (real winks, children, HELEN, clips) has sections of its own, with what its faces are
to the scorer, and counts in none of the others, whose figures stay comparable over the years.
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

from benchmarks.accuracy import camera, eyes_and_smiles, fairness, never_seen, rubric, stability, winks
from benchmarks.accuracy.by_eye import by_eye
from benchmarks.accuracy.calibration import levels
from benchmarks.accuracy.charts import draw
from benchmarks.accuracy.data import Faces, ScorerOutputs, read, score_images
from benchmarks.accuracy.fairness import FaceGroup
from benchmarks.accuracy.judged import judge
from benchmarks.accuracy.report import Report, json_lines, markdown, print_tables
from benchmarks.accuracy.second_batch import measure as second_batch_figures
from benchmarks.accuracy.seen import look
from benchmarks.accuracy.sources import scopes, second_batch
from benchmarks.common.results_folder import require_results_folder, write_results
from benchmarks.common.statistics import Figure, Floats
from livecam import model_files
from livecam.scoring.scorer import Scorer
from livecam.types import UInt8Array
from model.shipped.view import View

_CHANGED_EACH, _SHAKEN_EACH = 2, 16  # one face in so many is made smaller and darker, or shaken
_WIDTH = 180  # characters, where no terminal says how wide it is


def measure(collected: Path, research: Path, model: Path | None) -> Report:
    """Score the faces in collected with model (None: the shipped one) and return all figures."""
    every = read(collected, research)
    faces, later = every.take(~second_batch(every)), every.take(second_batch(every))
    tested = faces.take(faces.where(split="test"))
    stills = ~(tested.where(source="videos") | tested.where(source="photos"))
    with Scorer(model) as scorer:
        outputs = _score_as_they_are(scorer, tested, "test faces")
        shown, of_shown = tested.take(stills), outputs.take(stills)
        painted = _painted(scorer, tested, outputs)
        damaged, due = _damaged(scorer, shown)
        figures = [
            *eyes_and_smiles.closed_eyes(tested, outputs),
            *eyes_and_smiles.smiles(tested, outputs, _smile_readout(scorer, faces, outputs)),
            *eyes_and_smiles.within_people(tested, outputs),
            *winks.measure(*painted),
            *rubric.distance(shown, damaged, due),
            *_stability(scorer, tested, outputs),
            *by_eye(research, model),
            *_as_the_camera_judges(tested, outputs),
            *_second_batch(scorer, later, research),
            *_never_seen(scorer, every, research),
        ]
        groups = [
            *_groups(shown, of_shown),
            *_portrait_groups(scorer, faces, outputs),
            *_made_groups(scorer, shown, of_shown),
        ]
        about = _about(scorer, model, collected, len(tested), len(faces))
    calibrations = rubric.calibrations((tested, outputs), painted, (shown, damaged, due))
    return Report(about, figures, calibrations, levels(due.rating, damaged.score), groups)


def _score_as_they_are(scorer: Scorer, faces: Faces, what: str) -> ScorerOutputs:
    return score_images(scorer, (faces.crop(at) for at in range(len(faces))), len(faces), what)


def _smile_readout(scorer: Scorer, faces: Faces, outputs: ScorerOutputs) -> Floats:
    """Return the log-odds of a smile of the test faces, whose outputs are given, by what the other faces teach."""
    taught = ~faces.where(split="test") & (faces.where(smile="0") | faces.where(smile="1"))
    others = faces.take(taught)
    return eyes_and_smiles.read_smiles(_score_as_they_are(scorer, others, "smiles"), others.where(smile="1"), outputs)


def _painted(scorer: Scorer, tested: Faces, outputs: ScorerOutputs) -> tuple[Faces, dict[winks.Painted, ScorerOutputs]]:
    """Return the open-eyed faces, and the outputs for each kind of lids painted on them."""
    rows = tested.open()
    own = tested.take(rows)
    by_state: dict[winks.Painted, ScorerOutputs] = {"none": outputs.take(rows)}
    for state in winks.STATES[1:]:
        by_state[state] = score_images(scorer, winks.painted(own, state), len(own), f"painted lids: {state}")
    return own, by_state


def _damaged(scorer: Scorer, shown: Faces) -> tuple[ScorerOutputs, rubric.Deserved]:
    made: list[View] = []
    damaged = score_images(scorer, rubric.views(shown, made), len(shown), "damaged views")
    return damaged, rubric.deserved(made)


def _stability(scorer: Scorer, tested: Faces, outputs: ScorerOutputs) -> list[Figure]:
    figures = stability.in_clips(tested, outputs, stability.still_seconds(tested))
    rows = np.flatnonzero(tested.open())[::_SHAKEN_EACH]
    own = tested.take(rows)
    by_kind = {kind: score_images(scorer, stability.shaken(own, kind), 4 * len(own), kind) for kind in stability.KINDS}
    return figures + stability.when_shaken(own, outputs.take(rows), by_kind)


def _as_the_camera_judges(tested: Faces, outputs: ScorerOutputs) -> list[Figure]:
    judged = judge(tested, outputs)
    return [*camera.eyes(tested, judged), *camera.spread(tested, judged)]


def _second_batch(scorer: Scorer, later: Faces, research: Path) -> list[Figure]:
    """Return the figures of the second batch; none where it was not collected, or its labels are not there."""
    if not len(later) or not (research / "more").is_dir():
        return []
    parts = scopes(scorer.metadata.get("model_version", ""))
    wanted = np.logical_or.reduce([part.rows(later) for part in parts])
    seen = look(later.take(wanted), research)
    judged = judge(seen.faces, _score_as_they_are(scorer, seen.faces, "second batch"))
    figures = []
    for part in parts:
        rows = part.rows(seen.faces)
        figures += second_batch_figures(seen.take(rows), judged.take(rows), part)
    return figures


def _never_seen(scorer: Scorer, every: Faces, research: Path) -> list[Figure]:
    figures: list[Figure] = []
    for source in never_seen.left_out(scorer.metadata):
        own, states = never_seen.with_states(every, source, research)
        figures += never_seen.measure(source, states, judge(own, _score_as_they_are(scorer, own, source)))
    return figures


def _groups(shown: Faces, outputs: ScorerOutputs) -> list[FaceGroup]:
    parts = fairness.parts_of(shown, fairness.luminance(shown))
    return fairness.found_groups(shown, outputs, parts, fairness.crop_sharpness(shown))


def _portrait_groups(scorer: Scorer, faces: Faces, outputs: ScorerOutputs) -> list[FaceGroup]:
    """Return the groups by sex and ethnicity of all portraits, trained on or not. outputs: of the test faces."""
    test, portraits = faces.where(split="test"), faces.where(source="ratings")
    others = faces.take(portraits & ~test)
    whole = faces.take(np.concatenate([np.flatnonzero(portraits & test), np.flatnonzero(portraits & ~test)]))
    of_tested = outputs.take(portraits[test])
    of_whole = of_tested.followed_by(_score_as_they_are(scorer, others, "other portraits"))
    parts = {
        (f"{by}, all portraits", name): part
        for (by, name), part in fairness.parts_of(whole, fairness.luminance(whole)).items()
        if by in {"sex", "ethnicity"}
    }
    return fairness.found_groups(whole, of_whole, parts, fairness.crop_sharpness(whole))


def _made_groups(scorer: Scorer, shown: Faces, outputs: ScorerOutputs) -> list[FaceGroup]:
    """Return how the same faces fare when they are made smaller, or darker."""
    rows = np.flatnonzero(shown.open())[::_CHANGED_EACH]
    own, before = shown.take(rows), outputs.take(rows)
    large = own.pixels() >= max(fairness.SIZES)
    found: list[FaceGroup] = []

    def changed(by: str, name: str, images: Iterable[UInt8Array], faces: Faces, before: ScorerOutputs) -> None:
        after = score_images(scorer, images, len(faces), f"{by}: {name}")
        found.append(fairness.made_group(by, name, faces, before, after))

    for pixels in fairness.SIZES:
        part = own.take(large)
        changed("size, made", f"{pixels} px", fairness.shrunk(part, pixels), part, before.take(large))
    for stops in fairness.STOPS:
        changed("light, made", f"{stops} stop{'s' * (stops > 1)} less", fairness.darkened(own, stops), own, before)
    return found


def _about(scorer: Scorer, model: Path | None, collected: Path, tested: int, faces: int) -> dict[str, str | int]:
    path = model_files.scorer_model(model)
    return {
        "model": path.name,
        "version": scorer.metadata.get("model_version", ""),
        "precision": scorer.metadata.get("precision", ""),
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
    if out:
        require_results_folder(out)
    report = measure(collected, research, model)
    print_tables(report, people)
    if as_json:
        sys.stdout.writelines(json_lines(report))
    if out:
        write_results(out, {"accuracy.md": markdown(report)})
        draw(report, out)
