"""What can be set for a training, and the defaults.

The defaults of the frozen path were chosen on the portraits of ../shared/data/ratings with the face backbone: the
first, fifth and ninth busiest rater, binned with the paper's mix, 424 photos each, 5 folds, 2 or 3 seeds that
benchmarks/paper/run.py does not use; one setting changed at a time. Accuracies lie within a percentage point of each
other (0.33, as much as the commonest class; strangers' taste is hard to learn), which is noise. What tells heads
apart, at SGD's rate of 0.1, three seeds: mean absolute error and within-1 of expected 0.876 and 0.795, coral 0.885 and
0.788; calibration error of coral 0.021, expected 0.057. Two seeds: rank correlation of cross-entropy 0.18, corn 0.17,
l2 0.20, coral 0.22, expected 0.21. So coral: as right as any, the best calibrated, and with two classes it is plain
logistic regression. Rates from 0.01 to 0.3 and weight decay from 0 to 0.003 differ by less than the noise; more decay
is worse. AdamW's rate is the best in rank correlation of 0.001, 0.003 and 0.01. Momentum, decay of the rates, batch,
patience and all of fine-tuning (its rates, eyes_weight, variation) were set by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from model.data.dataset import Target
from model.data.split import By
from model.heads import HeadName
from model.training.variation import Variation


class OptimiserName(StrEnum):
    """How the weights follow the gradient."""

    SGD = "sgd"
    ADAMW = "adamw"


# A head sees features of length 1 or so (model/checkpoint.py), which is why SGD's rate may be large.
_HEAD_RATE = {OptimiserName.SGD: 0.1, OptimiserName.ADAMW: 0.003}
_BACKBONE_RATE = {OptimiserName.SGD: 0.001, OptimiserName.ADAMW: 0.00003}


class Precision(StrEnum):
    """What the backbone computes in while it is fine-tuned. AUTO: bf16 where the hardware has it."""

    AUTO = "auto"
    FP32 = "fp32"
    BF16 = "bf16"


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set for a training; see above for how the defaults were chosen.

    lr, backbone_lr: of the head and, in fine-tuning, of the backbone; None is what suits the optimiser. Both fall by
    the factor decay each epoch.
    patience: epochs without a lower validation loss before it stops.  class_weights: rare classes count more.
    folds, fold, by: the split, see model/data/split.py; fold 0 of 5 is 80/20.
    eyes_weight: what counts, beside a rating's loss of 1, to keep what the eye head says.  variation: of the crops, in
    fine-tuning.
    """

    target: Target = Target.RATING
    head: HeadName = HeadName.CORAL
    backbone: str = "face"
    fine_tune: bool = False
    landmarks: bool = False
    masked: bool = False
    optimiser: OptimiserName = OptimiserName.SGD
    lr: float | None = None
    backbone_lr: float | None = None
    momentum: float = 0.9
    decay: float = 0.97
    weight_decay: float = 0.0003
    batch: int = 32
    epochs: int = 100
    patience: int = 20
    class_weights: bool = False
    precision: Precision = Precision.AUTO
    folds: int = 5
    fold: int = 0
    by: By = By.AUTO
    seed: int = 0
    eyes_weight: float = 1.0
    variation: Variation = field(default_factory=Variation)

    @property
    def head_lr(self) -> float:
        """The head's learning rate to begin with."""
        return self.lr if self.lr is not None else _HEAD_RATE[self.optimiser]

    @property
    def backbone_rate(self) -> float:
        """The backbone's learning rate to begin with."""
        return self.backbone_lr if self.backbone_lr is not None else _BACKBONE_RATE[self.optimiser]
