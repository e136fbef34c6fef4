"""Writes the findings down as markdown, beside the paper's own numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean, stdev

import numpy as np

from benchmarks.common.markdown import markdown_table
from benchmarks.paper import published, trials
from benchmarks.paper.findings import Findings
from benchmarks.paper.pictures import CREDIT, SHOWN, AdversarialResult, Where
from benchmarks.paper.published import metrics_of
from benchmarks.paper.text import ABOUT, BACKBONE, EYES_NOTE, FIGURE_1, LATER, LIMITS, SEEN, TRIED
from model.data.dataset import Target
from model.evaluation.adversarial import MAX_STEPS
from model.evaluation.metrics import Metrics

Value = Callable[[Metrics], float | None]
_MEASURES: tuple[tuple[str, Value, bool], ...] = (
    ("accuracy", lambda m: m.accuracy, True),
    ("MAE", lambda m: m.mae, False),
    ("within 1", lambda m: m.within_one, True),
    ("MSE", lambda m: m.mse, False),
    ("Spearman", lambda m: m.spearman, False),
    ("pairs in order", lambda m: m.pairwise, True),
    ("ECE", lambda m: m.ece, True),
)


def markdown(found: Findings) -> str:
    """Return the whole report."""
    cross_entropy, l2 = (list(_all(found, name)) for name in (trials.CROSS_ENTROPY, trials.L2))
    paper_cross_entropy = metrics_of(published.CROSS_ENTROPY, Target.RATING)
    paper_l2 = metrics_of(published.L2, Target.RATING)
    return (
        "\n\n".join(
            [
                "# The paper's tables and figures, repeated on public data",
                ABOUT,
                BACKBONE,
                _setting(found),
                "## All models, mean over the raters",
                _overall(found, paper_cross_entropy, paper_l2),
                "\n\n".join((LIMITS, TRIED, SEEN)),
                "## By rater",
                _by_rater(found),
                "## Table 1: cross-entropy, by class",
                _by_class(cross_entropy, paper_cross_entropy, published.TABLE_1),
                "## Table 2: L2, by class",
                _by_class(l2, paper_l2, published.TABLE_2),
                "## Ours, by class",
                _by_class(list(_all(found, trials.OURS)), None, None),
                "## Figure 1: the scale",
                FIGURE_1,
                "## Figure 4: cross-entropy, confusion matrix",
                _confusions(cross_entropy, paper_cross_entropy),
                "## Figure 5: L2, confusion matrix",
                _confusions(l2, paper_l2),
                *_pictures(found),
                "## Table 3 and figure 7: open or closed eyes",
                EYES_NOTE,
                _eyes(found),
                LATER,
                "## Hardware and time",
                _hardware(found),
            ]
        )
        + "\n"
    )


def _setting(found: Findings) -> str:
    photos = ", ".join(f"{name} {count}" for name, count in found.ratings.items())
    lots = ", ".join(f"{name} {share:.0%}" for name, share in found.by_chance.items())
    return (
        f"Features: the `{found.backbone}` backbone, frozen. {found.portraits} portraits with one face were kept. "
        f"Rated portraits by rater: {photos}. Photos whose rating straddles a class boundary, so that lots decided "
        f"their class: {lots}."
    )


def _all(found: Findings, name: str) -> Sequence[Metrics]:
    return [one for runs in found.trials[name].values() for one in runs]


def _overall(found: Findings, cross_entropy: Metrics, l2: Metrics) -> str:
    rows = [
        ["*paper: cross-entropy*", *_printed(cross_entropy)],
        ["*paper: L2*", *_printed(l2)],
        ["*paper's photos: always 3*", *_printed(published.always_three())],
    ]
    names = [name for name in found.trials if name not in trials.REFERENCES]
    for name in [*names, *trials.REFERENCES]:
        runs = found.trials[name].values()
        cells = []
        for _, value, share in _MEASURES:
            means = [fmean(known) for known in ([v for v in map(value, own) if v is not None] for own in runs) if known]
            cells.append(_spread(means, share))
        title = f"**{name}** (ours)" if name == trials.OURS else name
        rows.append([f"reference: {title}" if name in trials.REFERENCES else title, *cells])
    return markdown_table(["model", *(name for name, _, _ in _MEASURES)], rows) + (
        "\n\nMean of the raters' means ± standard deviation between raters. MAE in classes, MSE in classes². "
        "The paper's rows are measured on its printed confusion matrices."
    )


def _printed(metrics: Metrics) -> list[str]:
    return [
        _number(v, share) if (v := value(metrics)) is not None and at < 4 else "–"
        for at, (_, value, share) in enumerate(_MEASURES)
    ]


def _by_rater(found: Findings) -> str:
    names = (trials.CROSS_ENTROPY, trials.L2, trials.OURS, trials.AVERAGE, trials.OWN)
    heads, rows = ["rater", *(f"{name}: accuracy, MAE, within 1" for name in names)], []
    for rater in found.ratings:
        cells = []
        for name in names:
            own = found.trials[name][rater]
            parts = [_spread([v for v in map(value, own) if v is not None], share) for _, value, share in _MEASURES[:3]]
            cells.append("; ".join(parts))
        rows.append([rater, *cells])
    return markdown_table(heads, rows) + "\n\nMean ± standard deviation over the draws."


def _by_class(runs: Sequence[Metrics], paper: Metrics | None, printed: tuple[tuple[str, str], ...] | None) -> str:
    heads, rows = ["actual score", "accuracy", "MAE", *(("paper: accuracy", "paper: MAE") if printed else ())], []
    for k in range(5):
        own = [one.per_class[k] for one in runs]
        cells = [
            _spread([one.accuracy for one in own if one.accuracy is not None], True),
            _spread([one.mae for one in own if one.mae is not None], False),
        ]
        rows.append([str(k + 1), *cells, *(printed[k] if printed else ())])
    overall = ["overall", _spread([one.accuracy for one in runs], True), _spread([one.mae for one in runs], False)]
    rows.append([*overall, *((_number(paper.accuracy, True), _number(paper.mae, False)) if paper else ())])
    return markdown_table(heads, rows) + "\n\nMean ± standard deviation over all raters and draws."


def _confusions(runs: Sequence[Metrics], paper: Metrics) -> str:
    mean = np.mean([one.confusion for one in runs], axis=0)
    heads, rows = ["actual \\ predicted", *"12345", "total", *(f"paper: {k}" for k in "12345"), "total"], []
    for k in range(5):
        ours = [*(f"{v:.1f}" for v in mean[k]), f"{mean[k].sum():.1f}"]
        rows.append([str(k + 1), *ours, *map(str, paper.confusion[k]), str(sum(paper.confusion[k]))])
    totals = [f"{v:.1f}" for v in mean.sum(axis=0)]
    columns = [sum(column) for column in zip(*paper.confusion, strict=True)]
    rows.append(["total", *totals, f"{mean.sum():.0f}", *map(str, columns), str(sum(columns))])
    return markdown_table(heads, rows) + "\n\nPhotos of 86; ours are means over all raters and draws."


def _pictures(found: Findings) -> list[str]:
    parts = []
    for number, name, file in (
        (2, "cross-entropy", "figure-2-saliency-cross-entropy.png"),
        (3, "L2", "figure-3-saliency-l2.png"),
    ):
        parts += [
            f"## Figure {number}: {name}, saliency",
            f"![Saliency maps of the {name} model]({file})",
            f"The first draw of rater {found.pictured}, whose taste was learned best. {_where(found.where[name])}",
        ]
    fooled = found.adversarial
    if fooled:
        parts += [
            "## Figure 6: cross-entropy, fooling images",
            "![Photos changed until the model calls them a 5](figure-6-fooling.png)",
            _fooled(fooled),
        ]
    return [*parts, f"{CREDIT}. No face of the rated set is shown: its terms do not allow it."]


def _fooled(found: AdversarialResult) -> str:
    if not found.reached:
        return (
            f"Of {found.faces} faces that are no 5 to the model, none was made one by {MAX_STEPS} steps of gradient "
            "ascent (the paper's were, without visible changes): a 5 is rare for this model, and the picture must "
            "still be called one as an 8-bit file. Shown is how far it came. The columns are in random order."
        )
    return (
        f"Of {found.faces} faces that are no 5 to the model, {found.reached} were made one by gradient ascent, in "
        f"{found.steps:.1f} steps on average, by a change of L2 {found.l2:.0f} and L∞ {found.linf:.1f} grey levels of "
        f"255 (root mean square {found.rms:.2f}). {found.on_face:.0%} of the change lies on the face, which covers "
        f"{found.face_area:.0%} of the crop. The columns are in random order. Against the paper, the changes show as "
        "faint folds, because the picture must still be called a 5 as an 8-bit file, and a 5 is rare for this model."
    )


def _where(where: Where) -> str:
    shares = ", ".join(
        f"{share:.0%} by {method} ({SHOWN if method == 'smoothgrad' else where.faces} faces)"
        for method, share in where.on_face.items()
    )
    return f"On the face lie {shares}; the face itself covers {where.face_area:.0%} of the crop."


def _eyes(found: Findings) -> str:
    paper = metrics_of(published.EYES, Target.EYES)
    draws = [one.metrics for one in found.eyes]
    columns = [("paper", [paper]), ("71 open, 15 closed", draws), ("whole set, 5 folds by block", found.eyes_whole)]
    if found.eyes_shipped:
        columns.append(("the camera's own eye head, whole set", [found.eyes_shipped.metrics]))
    rows = []
    for k, name in ((1, "closed"), (0, "open")):
        rows.append([name, *(_spread([m.per_class[k].accuracy or 0.0 for m in runs], True) for _, runs in columns)])
    rows.append(["overall", *(_spread([m.accuracy for m in runs], True) for _, runs in columns)])
    for true, name in ((1, "closed"), (0, "open")):
        for called, word in ((1, "closed"), (0, "open")):
            counts = [f"{np.mean([m.confusion[true][called] for m in runs]):.1f}" for _, runs in columns]
            rows.append([f"{name}, called {word} (photos)", *counts])
    sources = list(found.eyes[0].elsewhere)
    heads, elsewhere = ("open eyes called open", "head of the paper's kind", "the camera's own eye head"), []
    for source in sources:
        own = _spread([one.elsewhere[source] for one in found.eyes], True)
        shipped = _number(found.eyes_shipped.elsewhere[source], True) if found.eyes_shipped else "–"
        elsewhere.append([source, own, shipped])
    photos = ", ".join(f"{name} {count}" for name, count in found.eyes_photos.items())
    apart = "The same heads on sources that they were not trained on:"
    return "\n\n".join(
        (
            f"Photos: {photos}.",
            markdown_table(["actual", *(name for name, _ in columns)], rows),
            apart,
            markdown_table(heads, elsewhere),
        )
    )


def _hardware(found: Findings) -> str:
    here, laps = found.machine, ", ".join(f"{name} {value:.0f} s" for name, value in found.seconds.items())
    runs = sum(len(own) for own in next(iter(found.trials.values())).values())
    return (
        f"{here['cpu']} ({here['flags']}), {here['cores']} cores, no GPU used; Python {here['python']}, "
        f"torch {here['torch']}. Time: {laps}. Heads: {runs} draws × {len(found.trials)} models. Photos and "
        "features that were kept from an earlier run cost nothing again."
    )


def _spread(values: Sequence[float], share: bool) -> str:
    if not values:
        return "–"
    text = _number(fmean(values), share)
    return f"{text} ± {_number(stdev(values), share)}" if len(values) > 1 else text


def _number(value: float, share: bool) -> str:
    return f"{100 * value:.0f} %" if share else f"{value:.2f}"
