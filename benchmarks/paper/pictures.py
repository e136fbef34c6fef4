"""The paper's figures 2, 3 and 6 on faces that may be shown: the London set's, with attribution.

What one rater would think of these people is nobody's business: the pictures show where the model looks, not a score.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from benchmarks.paper.data import LONDON
from model.checkpoint import RatedNetwork
from model.data.dataset import Dataset, Target
from model.evaluation import plots
from model.evaluation.adversarial import AdversarialExample, fool
from model.evaluation.saliency import Method, face_masks, overlay, saliency_maps, share_on_face
from model.features import frozen_features
from model.heads import HeadName
from model.network import Backbone
from model.training.fit_head import FittedHead

CREDIT = (
    "Faces: Face Research Lab London Set, Lisa DeBruine and Benedict Jones 2017, "
    "doi 10.6084/m9.figshare.5047666, CC BY 4.0; cropped"
)
SHOWN = 5  # faces in a figure
MEASURED = 40  # faces behind each mean of a map
FOOLED = 10  # faces to change, each of which takes many steps


@dataclass(frozen=True, slots=True)
class Where:
    """Means over faces: the share of the maps on the face, by method, beside the face's share of the area, 0..1."""

    on_face: dict[str, float]
    face_area: float
    faces: int


@dataclass(frozen=True, slots=True)
class AdversarialResult:
    """What it took to be called a 5. Means over the faces that got there: steps, L2 and L∞ in grey levels, shares."""

    faces: int
    reached: int
    steps: float
    l2: float
    rms: float
    linf: float
    on_face: float
    face_area: float


def network_of(head: FittedHead, name: HeadName, backbone: Backbone) -> RatedNetwork:
    """Put a trained head on its backbone, without a gate of closed eyes, as the paper's models are."""
    network = RatedNetwork(name, Target.RATING)
    network.backbone, network.head, network.gated = backbone, head.head, False
    return network.eval()


def london(dataset: Dataset) -> list[int]:
    """Return rows of the London set in an order by chance, the same each time."""
    rows = [row for row, session in enumerate(dataset.sessions) if session == LONDON]
    return [int(row) for row in np.random.default_rng(0).permutation(rows)]


def saliency(network: RatedNetwork, dataset: Dataset, rows: Sequence[int]) -> tuple[bytes, Where]:
    """Return figure 2 or 3 as PNG, for the first of rows, and the means over all."""
    crops = dataset.crops(list(rows))
    masks = face_masks(dataset.points[list(rows)])
    classes = _predicted(network, dataset, rows)
    tiles = [[plots.Tile(crop, f"face: {mask.mean():.0%} of area") for crop, mask in zip(crops, masks, strict=True)]]
    means = {}
    for method, title in zip(Method, ("gradient", "SmoothGrad", "Grad-CAM"), strict=True):
        # SmoothGrad costs 25 times the others: fewer faces do for its mean.
        count = SHOWN if method is Method.SMOOTHGRAD else len(rows)
        maps = saliency_maps(network, crops[:count], classes[:count], method)
        shares = share_on_face(maps, masks[:count])
        means[method.value] = float(np.nanmean(shares))
        tiles.append(
            [
                plots.Tile(overlay(crop, one), f"{title}: {'nothing' if np.isnan(share) else f'{share:.0%} on face'}")
                for crop, one, share in zip(crops[:SHOWN], maps[:SHOWN], shares[:SHOWN], strict=True)
            ]
        )
    picture = plots.grid_png([row[:SHOWN] for row in tiles], foot=CREDIT)
    return picture, Where(means, float(masks.mean()), len(rows))


def fooling(network: RatedNetwork, dataset: Dataset, rows: Sequence[int]) -> tuple[bytes, AdversarialResult]:
    """Return figure 6 as PNG, one face for each class 1 to 4 where there is one, and the means over all."""
    crops, classes = dataset.crops(list(rows)), _predicted(network, dataset, rows)
    lower = [at for at in range(len(rows)) if classes[at] < 4]
    found = {at: fool(network, crops[at], 4) for at in lower}
    masks = face_masks(dataset.points[list(rows)])
    sizes = {at: np.abs(one.change).sum(axis=2)[None] for at, one in found.items()}
    shares = {at: float(share_on_face(size, masks[at : at + 1])[0]) for at, size in sizes.items()}
    # In the order of the draw: sorted by class they would rank people.
    shown = sorted(next(at for at in lower if classes[at] == k) for k in range(4) if (classes == k).any())
    columns = [_column(crops[at], found[at], shares[at], float(masks[at].mean())) for at in shown]
    done = [at for at, one in found.items() if one.reached]
    result = AdversarialResult(
        faces=len(found),
        reached=len(done),
        steps=_mean(found[at].steps for at in done),
        l2=_mean(found[at].l2 for at in done),
        rms=_mean(found[at].rms for at in done),
        linf=_mean(found[at].linf for at in done),
        on_face=_mean(shares[at] for at in done),
        face_area=_mean(float(masks[at].mean()) for at in done),
    )
    return plots.grid_png(list(zip(*columns, strict=True)), foot=CREDIT), result


def _column(
    crop: np.ndarray, one: AdversarialExample, share: float, area: float
) -> tuple[plots.Tile, plots.Tile, plots.Tile]:
    result = f"called a 5 after {one.steps} steps" if one.reached else f"not a 5 after {one.steps} steps"
    return (
        plots.Tile(crop, "photo"),
        plots.Tile(one.picture, result),
        plots.Tile(
            one.magnified, f"× 50; L2 {one.l2:.0f}, L∞ {one.linf:.0f}\n{share:.0%} on face ({area:.0%} of area)"
        ),
    )


def _predicted(network: RatedNetwork, dataset: Dataset, rows: Sequence[int]) -> np.ndarray:
    features = frozen_features(dataset, network.backbone)[0, list(rows)]
    return np.asarray(network.head.predict(network.head(features)).numpy(), np.int64)


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return fmean(known) if known else float("nan")
