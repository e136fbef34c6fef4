"""Writes an evaluation down: one self-contained HTML page, and the same numbers as JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

import cv2
import numpy as np

from livecam import __version__
from livecam.errors import OutputError
from livecam.storage.durable import replace_file
from livecam.storage.own_files import is_page
from livecam.types import UInt8Array
from model.evaluation import plots
from model.evaluation.metrics import spread
from model.evaluation.results import MEASURES, Evaluation, FoldResult
from model.own_files import is_json_with, require_own_files

SCHEMA = "1"
WORST = 24  # photos
_HEAD = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">"""
_OLDER = tuple(f"{_HEAD}\n<title>{name}: ".encode() for name in ("Rating", "Eyes"))  # which name no generator
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2933; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; } td, th { padding: .2rem .9rem .2rem 0; text-align: right; }
td:first-child, th:first-child { text-align: left; } th { border-bottom: 1px solid #9aa5b1; }
.side { display: flex; flex-wrap: wrap; gap: 2rem; } .note { color: #52606d; }
.worst { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 1rem; }
figure { margin: 0; } figcaption { font-size: .82rem; color: #52606d; overflow-wrap: anywhere; } img { width: 100%; }
"""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A photo whose class a checkpoint got wrong. photo: as in the ratings.  probs: of each class."""

    row: int
    photo: str
    true: str
    predicted: str
    probs: tuple[float, ...]
    error: float


def require_place(out: Path) -> None:
    """Raise OutputError if a report in the folder out would take the place of another's file."""
    require_own_files(out, {"report.html": _is_report, "report.json": is_json_with("schema", "data")})


def _is_report(beginning: bytes) -> bool:
    return is_page(beginning) or beginning.startswith(_OLDER)


def write_report(evaluation: Evaluation, out: Path) -> Path:
    """Write report.html and report.json into out and return the page's path.

    Raises OutputError, and SourceError when a crop is not what it was.
    """
    mistakes = worst_mistakes(evaluation)
    page = out / "report.html"
    html = _page(evaluation, mistakes)
    numbers = json.dumps(as_json(evaluation, mistakes), indent=1)
    try:
        out.mkdir(parents=True, exist_ok=True)
        replace_file(page, html.encode())
        replace_file(out / "report.json", f"{numbers}\n".encode())
    except OSError as error:
        raise OutputError(f"{out} cannot be written ({error.strerror}): choose another --out") from None
    return page


def worst_mistakes(evaluation: Evaluation) -> list[Mistake]:
    """Return the photos with a wrong class, the largest error of the expected class first, at most WORST."""
    mistakes = [one for fold in evaluation.folds for one in _mistakes(evaluation, fold)]
    return sorted(mistakes, key=lambda one: -one.error)[:WORST]


def as_json(evaluation: Evaluation, mistakes: Sequence[Mistake]) -> dict[str, object]:
    """Return everything on the page that is a number or a name."""
    return {
        "schema": SCHEMA,
        "data": str(evaluation.dataset.folder),
        "data_hash": evaluation.dataset.fingerprint,
        "held_out": evaluation.held_out,
        "untouched": evaluation.untouched,
        "model": asdict(evaluation.metadata),
        "labels": list(evaluation.metadata.labels),
        "over_folds": {
            name: None if found is None else {"mean": found[0], "spread": found[1]}
            for name, found in ((name, evaluation.spread(name)) for name, _, _ in MEASURES)
        },
        "pooled": asdict(evaluation.pooled),
        "head_alone": asdict(evaluation.head_alone),
        "always": {"class": evaluation.constant[0], **asdict(evaluation.constant[1])},
        "accuracy_interval": list(evaluation.accuracy_interval),
        "folds": [{"checkpoint": str(fold.checkpoint), **asdict(fold.metrics)} for fold in evaluation.folds],
        "worst": [asdict(one) for one in mistakes],
    }


def _mistakes(evaluation: Evaluation, fold: FoldResult) -> Iterable[Mistake]:
    labels = evaluation.metadata.labels
    said = fold.said
    errors = np.abs(said.probs @ np.arange(len(labels)) - fold.classes)
    for place in np.flatnonzero(said.classes != fold.classes):
        yield Mistake(
            row=int(fold.rows[place]),
            photo=evaluation.dataset.photos[fold.rows[place]],
            true=labels[fold.classes[place]],
            predicted=labels[said.classes[place]],
            probs=tuple(round(float(p), 4) for p in said.probs[place]),
            error=float(errors[place]),
        )


def _page(evaluation: Evaluation, mistakes: Sequence[Mistake]) -> str:
    about, pooled = evaluation.metadata, evaluation.pooled
    target, place = about.target.value.capitalize(), evaluation.dataset.folder.resolve().name
    title = f"{target}: {escape(about.model_version)} on {escape(place)}"
    summary = (
        f"Head {about.head.value}, {escape(about.backbone)} backbone{', fine-tuned' if about.fine_tuned else ''}. "
        f"Trained on: {escape(about.trained_on)}. Measured on {pooled.photos} photos: {evaluation.which_photos}."
    )
    if evaluation.closed_eyes:
        summary += f"</p>\n<p>{evaluation.closed_eyes.capitalize()}."
    return f"""{_HEAD}
<meta name="generator" content="livecam {__version__}">
<title>{title}</title><style>{_STYLE}</style>
<h1>{title}</h1>
<p>{summary}</p>
{_measures(evaluation)}
<h2>By class</h2>
{_by_class(evaluation)}
<div class="side">
<section><h2>Confusion matrix, photos</h2>{plots.confusion_svg(pooled)}</section>
<section><h2>Calibration</h2>{plots.calibration_svg(pooled)}</section>
</div>
<h2>Worst mistakes</h2>
{_gallery(evaluation, mistakes)}
</html>
"""


def _measures(evaluation: Evaluation) -> str:
    count, same = len(evaluation.folds), f"always {evaluation.constant[0]}"
    if count > 1:
        head = ("", f"mean of {count} folds", "spread (standard deviation)", same)
        return _table([head, *evaluation.rows()])
    return _table([("", "value", same), *((text, mean, constant) for text, mean, _, constant in evaluation.rows())])


def _by_class(evaluation: Evaluation) -> str:
    count = len(evaluation.folds)
    rows = [["class", "photos", "called so", "accuracy", "mean absolute error, classes"]]
    for k, one in enumerate(evaluation.pooled.per_class):
        cells = []
        for name, share in (("accuracy", True), ("mae", False)):
            found = spread([getattr(fold.metrics.per_class[k], name) for fold in evaluation.folds])
            text = "no photos" if found is None else _number(found[0], share)
            cells.append(f"{text} ± {_number(found[1], share)}" if found is not None and count > 1 else text)
        rows.append([one.label, str(one.photos), str(one.predicted), *cells])
    return _table(rows)


def _gallery(evaluation: Evaluation, mistakes: Sequence[Mistake]) -> str:
    if not mistakes:
        return '<p class="note">None: every photo got its class.</p>'
    if evaluation.dataset.embeddings is not None:
        rows = [["photo", "true", "called", "how surely"]]
        rows += [[one.photo, one.true, one.predicted, f"{max(one.probs):.0%}"] for one in mistakes]
        return f'<p class="note">The faces are from an archive, which holds no pictures.</p>{_table(rows)}'
    crops = evaluation.dataset.crops([one.row for one in mistakes])
    figures = [
        f'<figure><img alt="" src="data:image/jpeg;base64,{_jpeg(crop)}"><figcaption>{escape(one.photo)}<br>'
        f"true {escape(one.true)}, called {escape(one.predicted)} "
        f"({max(one.probs):.0%} sure)</figcaption></figure>"
        for one, crop in zip(mistakes, crops, strict=True)
    ]
    return f'<div class="worst">{"".join(figures)}</div>'


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    cells = [f"<tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr>"]
    cells += [f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in body]
    return f"<table>{''.join(cells)}</table>"


def _number(value: float, share: bool) -> str:
    return f"{value:.1%}" if share else f"{value:.3f}"


def _jpeg(crop: UInt8Array) -> str:
    _, data = cv2.imencode(".jpg", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])
    return base64.b64encode(data.tobytes()).decode("ascii")
