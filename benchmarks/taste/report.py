"""taste.md, taste.json and taste.png: what the benchmark of a learned taste has found."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import matplotlib as mpl
import numpy as np

from benchmarks.common.json_values import without_nan
from benchmarks.common.machine import machine
from benchmarks.common.markdown import markdown_table
from benchmarks.common.results_folder import write_results
from benchmarks.common.statistics import Estimate
from benchmarks.taste.lids import NARROW, LidsResult
from benchmarks.taste.raters import COUNTS, DRAWS, Point
from benchmarks.taste.readers import ReadersResult
from benchmarks.taste.simulated import CLIPS, RuleResult
from benchmarks.taste.simulated import DRAWS as RULE_DRAWS

mpl.use("Agg")
import matplotlib.pyplot as plt


def write(
    out: Path,
    network: str,
    points: Sequence[Point],
    readers: ReadersResult,
    tastes: Sequence[RuleResult],
    sleepers: tuple[int, int, int],
    lids: LidsResult,
) -> None:
    """Write all three into out. Raises OutputError."""
    told = {
        "network": network,
        "machine": machine(),
        "raters": [asdict(point) for point in points],
        "readers": asdict(readers),
        "tastes": [asdict(taste) for taste in tastes],
        "sleepers": sleepers,
        "lids": asdict(lids),
    }
    text = [
        _HEAD.format(network=network),
        *_raters(points),
        *_readers(readers),
        *_tastes(tastes, sleepers),
        *_lids(lids),
    ]
    files: dict[str, str | bytes] = {
        "taste.json": json.dumps(without_nan(told), indent=1) + "\n",
        "taste.png": _drawn(points),
        "taste.md": "\n\n".join(text) + "\n",
    }
    write_results(out, files)


_HEAD = """# A learned taste

`python -m benchmarks taste`, with the embeddings of the scorer {network}. Intervals are 95 %, by bootstrap."""
_MEANS = ("mae", "constant_mae", "generic_mae", "spearman", "generic_spearman", "used")


def _paragraph(*parts: str) -> str:
    return " ".join(parts)


def _raters(points: Sequence[Point]) -> list[str]:
    last = [point for point in points if point.count == COUNTS[-1]]
    better_mae = sum(p.mae < p.constant_mae and p.mae < p.generic_mae for p in last)
    better_order = sum(p.spearman > 0 and p.spearman > p.generic_spearman for p in last)
    few = [point for point in points if 0 < point.count < COUNTS[-1]]
    surely = [(p, name, found) for p in few for name, found in p.of_lessons.worse()]
    worse = [f"{p.rater} after {p.count} ({name} {_signed(found)})" for p, name, found in surely]
    of_these = sum(len(p.of_photos.worse()) for p in few)
    return [
        "## Nine raters",
        _paragraph(
            "The nine busiest raters of MEBeauty gave strangers' portraits 1 to 10. Each rater's ratings are",
            "cut into five classes with about the paper's shares (14, 21, 33, 24, 8 %), between whole",
            "ratings: nothing is decided by lot. A head learns from the first so many of a shuffled list and",
            f"foresees all beyond the 400th; {DRAWS} draws. The rating that is foreseen is the median of the",
            "head's probabilities; the constant is the median of the lessons (3 without any); the scorer's",
            'own score is rounded. Where a head is not surely better, livecam does not use it ("used": in',
            "which share of the draws it would be). Settings were chosen with 13 other raters, the tenth to the",
            "22nd busiest.",
        ),
        _paragraph(
            f"With {COUNTS[-1]} lessons {better_mae} of {len(last)} raters are foreseen better than by both on MAE,",
            f"and {better_order} on Spearman. Significantly worse with fewer:",
            f"{len(worse) or 'none'} of {4 * len(few)} comparisons{': ' * bool(worse)}{'; '.join(worse)}.",
            "Intervals are for other photos and other lessons, by bootstrap of both; for other photos alone, by the",
            f"very heads that were learned here, {of_these} are significantly worse: with few lessons, which they",
            "are decides much.",
        ),
        "![Learning curves of nine raters](taste.png)",
        markdown_table(
            ("rater", "MAE with 400", "constant", "scorer", "less than the constant by", "Spearman with 400", "scorer",
             "used"),
            map(_rater_row, last),
        ),
        "Mean over the raters:",
        markdown_table(
            ("lessons", "MAE", "constant", "scorer", "Spearman", "scorer", "used"),
            (_mean_row(count, points) for count in COUNTS),
        ),
    ]  # fmt: skip


def _rater_row(p: Point) -> tuple[str, ...]:
    order = p.of_lessons.spearman_to_constant
    maes = (f"{mae:.3f}" for mae in (p.mae, p.constant_mae, p.generic_mae))
    own = f"{p.spearman:.2f} [{order.low:.2f}, {order.high:.2f}]"
    return (
        p.rater, *maes, _signed(p.of_lessons.mae_to_constant, -1), own, f"{p.generic_spearman:.2f}", f"{p.used:.0%}",
    )  # fmt: skip


def _mean_row(count: int, points: Sequence[Point]) -> tuple[str, ...]:
    at = [point for point in points if point.count == count]
    *means, used = (float(np.mean([getattr(p, name) for p in at])) for name in _MEANS)
    return str(count), *(f"{mae:.3f}" for mae in means[:3]), *(f"{rank:.2f}" for rank in means[3:]), f"{used:.0%}"


def _readers(found: ReadersResult) -> list[str]:
    rows = [
        (one.reader, one.lessons, one.bursts, *(f"{share:.0%}" for share in (one.own, one.others, one.generic)),
         _points(one.better), _points(one.over_generic), "yes" if one.used else "no")
        for one in found.readers
    ]  # fmt: skip
    return [
        "## Single readers of bursts",
        _paragraph(
            "Each reader of `benchmarks/labels/burst_readers.csv` taken for a person: a head learns from what",
            "the reader chose in the dev bursts (pairs, at most six a burst), and picks from the test bursts",
            "that the same reader has read. Beside it: heads of the other readers, and livecam as it comes.",
            "All readers are instances of one assistant and share a taste, so there is little to tell them",
            "apart by.",
        ),
        markdown_table(
            ("reader", "pairs", "test bursts", "own head", "others'", "livecam", "own less others", "own less livecam",
             "proved"),
            rows,
        ),
        _paragraph(
            f"All together, drawn by burst: own less others {_points(found.better)}, own less livecam",
            f"{_points(found.over_generic)} percentage points.",
        ),
    ]  # fmt: skip


def _tastes(found: Sequence[RuleResult], sleepers: tuple[int, int, int]) -> list[str]:
    both, closed, of_any = sleepers
    rows = [
        (one.pairs, one.taste, one.bursts, _share(one.turned), one.alike, _share(one.changed), f"{one.readers:.0%}",
         f"{one.readers_own:.0%}", f"{one.closed} of {one.tried}", f"{one.proved:.0%} of draws")
        for one in found
    ]  # fmt: skip
    return [
        "## Tastes that are stated as a rule",
        _paragraph(
            "Pairs of frames of three clips, decided by the rule; then the picks from the bursts of all other",
            f"clips and people ({RULE_DRAWS} draws of {CLIPS} clips). A burst counts where livecam's own pick",
            "falls short of its best open-eyed frame by what the taste sees; it is turned where the pick is",
            "nearer to that best than to livecam's own. The rules are stated in signals that the head is given,",
            "so this shows that little is enough, not that any taste can be learned. A burst counts in each draw in",
            "which it is met; intervals (Wilson's) are for as many as there are different ones. Beside it what such",
            "choices do where nothing differs by what the taste sees: in how many bursts the pick changes, and how",
            "many of the readers choose it, and livecam's own. Of 10 choices the head is not used (\"proved\"): what",
            "it would do is shown all the same.",
        ),
        markdown_table(
            ("pairs", "taste", "bursts where it matters", "turned", "bursts where it does not", "changed",
             "readers who choose it", "livecam's own", "picks with closed eyes, of all", "proved in"),
            rows,
        ),
        _paragraph(
            f"Who always chose closed eyes before open ones: of {both} other bursts with both, {closed} picks have",
            f"closed eyes; with `--eyes any` {of_any}.",
        ),
    ]  # fmt: skip


def _lids(found: LidsResult) -> list[str]:
    named = (("of the same person", found.own), ("of others", found.others))
    rows = [(f"{one.what} {whose}", one.of, one.before, one.after) for whose, some in named for one in some]
    return [
        "## Eyes by a person's own lids",
        _paragraph(
            "Lids are learned from the chosen frames of every other burst of one person (where these say enough:",
            f"{found.halves} halves), and tried on that person's other bursts and labelled frames. Others are people",
            "whom the same taste sees besides, labelled by eye in the second batch of the research data, under the",
            f"lowest limit that was learned; narrow is an eyeBlink above {NARROW}. Settings were chosen with all of",
            "these in sight.",
        ),
        markdown_table(("faces", "of", "an eye called closed, without", "with own lids"), rows),
    ]


def _signed(found: Estimate, sign: int = 1) -> str:
    low, high = sorted((sign * found.low, sign * found.high))
    return f"{sign * found.value:+.3f} [{low:+.3f}, {high:+.3f}]"


def _share(found: Estimate) -> str:
    return f"{found.value:.0%} [{found.low:.0%}, {found.high:.0%}]"


def _points(found: Estimate) -> str:
    return f"{100 * found.value:+.1f} [{100 * found.low:+.1f}, {100 * found.high:+.1f}]"


def _drawn(points: Sequence[Point]) -> bytes:
    raters = list(dict.fromkeys(point.rater for point in points))
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
    for rater in raters:
        own = [point for point in points if point.rater == rater]
        counts = range(len(own))
        left.plot(counts, [p.mae - p.constant_mae for p in own], marker="o", markersize=3, label=rater)
        right.plot(counts, [p.spearman for p in own], marker="o", markersize=3, label=rater)
    left.axhline(0, color="black", linewidth=0.8)
    right.axhline(0, color="black", linewidth=0.8)
    left.set(title="Mean error less that of a constant (classes)", xlabel="lessons")
    right.set(title="Spearman correlation with the rater", xlabel="lessons")
    for axis in (left, right):
        axis.set_xticks(range(len(COUNTS)), [str(count) for count in COUNTS])
    right.legend(fontsize=7, ncols=2)
    figure.tight_layout()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    plt.close(figure)
    return buffer.getvalue()
