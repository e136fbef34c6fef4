"""Heads: from features to a class, on one interface, whatever the loss.

All take standardised features and give ordered classes 0..K-1. The loss is one number for each photo, so that
weights and averages are the trainer's business alone.
"""

from __future__ import annotations

from enum import StrEnum
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional


class HeadName(StrEnum):
    """The heads that can be trained."""

    CROSS_ENTROPY = "cross_entropy"
    L2 = "l2"
    CORAL = "coral"
    CORN = "corn"
    EXPECTED = "expected"


class Head(nn.Module):
    """What the trainer, the evaluation and the exporter know of a head.

    features: float (N, D).  logits: float (N, outputs), outputs differ by head.  classes: int64 (N,), 0..K-1.
    """

    def loss(self, logits: Tensor, classes: Tensor) -> Tensor:
        """Return the loss of each photo, float (N,)."""
        raise NotImplementedError

    def probs(self, logits: Tensor) -> Tensor:
        """Return the probability of each class, float (N, K), each row summing to 1. Exports to ONNX."""
        raise NotImplementedError

    def choose(self, probs: Tensor) -> Tensor:
        """Return the class by the head's own rule, int64 (N,), from probabilities, (N, K)."""
        raise NotImplementedError

    def predict(self, logits: Tensor) -> Tensor:
        """Return the class of each photo, int64 (N,)."""
        return self.choose(self.probs(logits))


class CrossEntropy(Head):
    """Softmax over the classes: the paper's first model (Blake, section 3)."""

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, classes)

    def forward(self, features: Tensor) -> Tensor:
        """See Head."""
        return cast(Tensor, self.linear(features))

    def loss(self, logits: Tensor, classes: Tensor) -> Tensor:
        """-log of the true class's probability."""
        return functional.cross_entropy(logits, classes, reduction="none")

    def probs(self, logits: Tensor) -> Tensor:
        """Softmax."""
        return torch.softmax(logits, dim=1)

    def choose(self, probs: Tensor) -> Tensor:
        """The likeliest class."""
        return probs.argmax(dim=1)


class L2(Head):
    """One output through a sigmoid against (score - 1)/5 + 0.1: the paper's second model (Blake, section 3).

    Written for K classes: the target is (class + 0.5)/K, the prediction floor(K·output), clamped.
    """

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, 1)
        self.classes = classes

    def forward(self, features: Tensor) -> Tensor:
        """See Head."""
        return cast(Tensor, self.linear(features))

    def loss(self, logits: Tensor, classes: Tensor) -> Tensor:
        """Squared error of the output."""
        return (torch.sigmoid(logits[:, 0]) - (classes + 0.5) / self.classes).square()

    def probs(self, logits: Tensor) -> Tensor:
        """Spread the output over its two neighbouring classes, so that the mean stays."""
        place = (self.classes * torch.sigmoid(logits) - 0.5).clamp(0, self.classes - 1)  # (N, 1)
        steps = torch.arange(self.classes, device=logits.device, dtype=logits.dtype)
        return (1 - (place - steps).abs()).clamp(min=0)

    def choose(self, probs: Tensor) -> Tensor:
        """The likelier of the two: floor(K·output), at most K-1, where probs are those of an output."""
        return probs.argmax(dim=1)


class Coral(Head):
    """Cumulative logits with one weight vector (Cao, Mirjalili, Raschka 2020, "Rank consistent ordinal regression").

    Logit k says how likely the class is above k.
    """

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        self.weight = nn.Linear(inputs, 1, bias=False)
        # Falling from the start: rank consistency (their theorem 1) holds at the optimum, and this helps to get there.
        self.bias = nn.Parameter(torch.linspace(1, -1, classes - 1) if classes > 2 else torch.zeros(1))

    def forward(self, features: Tensor) -> Tensor:
        """See Head."""
        return cast(Tensor, self.weight(features) + self.bias)

    def loss(self, logits: Tensor, classes: Tensor) -> Tensor:
        """Binary cross-entropy of each threshold, averaged."""
        return functional.binary_cross_entropy_with_logits(logits, _above(classes, logits), reduction="none").mean(1)

    def probs(self, logits: Tensor) -> Tensor:
        """Differences of the cumulative probabilities."""
        # The biases are ordered here whatever training did, so that no difference is negative.
        return _from_cumulative(torch.sigmoid(logits.sort(dim=1, descending=True).values))

    def choose(self, probs: Tensor) -> Tensor:
        """How many thresholds are more likely passed than not."""
        return _median(probs)


class Corn(Head):
    """Conditional thresholds (Shi, Cao, Raschka 2021, "Deep neural networks for rank-consistent ordinal regression").

    Logit k says how likely the class is above k, given that it is above k - 1.
    """

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, classes - 1)

    def forward(self, features: Tensor) -> Tensor:
        """See Head."""
        return cast(Tensor, self.linear(features))

    def loss(self, logits: Tensor, classes: Tensor) -> Tensor:
        """Binary cross-entropy of each threshold that the photo reaches, over the number of thresholds."""
        steps = torch.arange(logits.shape[1], device=logits.device)
        reached = classes[:, None] >= steps
        each = functional.binary_cross_entropy_with_logits(logits, _above(classes, logits), reduction="none")
        return (each * reached).sum(dim=1) / logits.shape[1]

    def probs(self, logits: Tensor) -> Tensor:
        """Differences of the cumulative probabilities, which are products of the conditional ones."""
        return _from_cumulative(_cumulative_product(torch.sigmoid(logits)))

    def choose(self, probs: Tensor) -> Tensor:
        """How many thresholds are more likely passed than not."""
        return _median(probs)


class Expected(CrossEntropy):
    """The same softmax, taught by a softened label and by its mean (Gao et al. 2018, "Age estimation using expectation
    of label distribution learning").
    """

    softness = 0.6  # standard deviation of the label, in classes; set by hand

    def loss(self, logits: Tensor, classes: Tensor) -> Tensor:
        """Cross-entropy to a Gaussian about the true class, and the absolute error of the mean."""
        steps = torch.arange(logits.shape[1], device=logits.device, dtype=logits.dtype)
        label = torch.softmax(-0.5 * ((steps - classes[:, None]) / self.softness).square(), dim=1)
        log_probs = torch.log_softmax(logits, dim=1)
        mean = (log_probs.exp() * steps).sum(dim=1)
        return -(label * log_probs).sum(dim=1) + functional.smooth_l1_loss(mean, classes.float(), reduction="none")

    def choose(self, probs: Tensor) -> Tensor:
        """The median class: no other has a smaller expected absolute error."""
        return _median(probs)


def make_head(name: HeadName, inputs: int, classes: int) -> Head:
    """Make a head for features of this many inputs and this many classes.

    Its weights are zero: with fewer photos than features, what is random at first is never quite unlearned.
    """
    kinds: dict[HeadName, type[CrossEntropy | L2 | Coral | Corn]] = {
        HeadName.CROSS_ENTROPY: CrossEntropy,
        HeadName.L2: L2,
        HeadName.CORAL: Coral,
        HeadName.CORN: Corn,
        HeadName.EXPECTED: Expected,
    }
    head = kinds[name](inputs, classes)
    for module in head.modules():
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return head


def _above(classes: Tensor, logits: Tensor) -> Tensor:
    steps = torch.arange(logits.shape[1], device=logits.device)
    return (classes[:, None] > steps).to(logits.dtype)


def _cumulative_product(conditional: Tensor) -> Tensor:
    # torch.cumprod has no ONNX counterpart; there are only four columns.
    columns = [conditional[:, 0]]
    for k in range(1, conditional.shape[1]):
        columns.append(columns[-1] * conditional[:, k])
    return torch.stack(columns, dim=1)


def _from_cumulative(above: Tensor) -> Tensor:
    """P(class > k), (N, K-1), falling in k, to P(class = k), (N, K)."""
    one, none = torch.ones_like(above[:, :1]), torch.zeros_like(above[:, :1])
    padded = torch.cat((one, above, none), dim=1)
    return padded[:, :-1] - padded[:, 1:]


def _median(probs: Tensor) -> Tensor:
    """The first class up to which half of the probability lies, int64 (N,)."""
    return (probs.cumsum(dim=1)[:, :-1] < 0.5).sum(dim=1)
