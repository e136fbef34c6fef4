"""What the backbone's earlier layers see: colours, textures and parts that its last layer was taught to forget."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from livecam.errors import OutputError
from model.data.dataset import Dataset
from model.features import weights_hash
from model.network import Backbone

_BATCH = 32
_BLOCKS = ("layer1", "layer2", "layer3", "layer4")
_WIDTH = 64 + 128 + 256 + 512


def layer_features(
    dataset: Dataset, backbone: Backbone, advance: Callable[[int, int], None]
) -> npt.NDArray[np.float32]:
    """Return the mean over the picture of each block's output, (N, 960), kept in the data set's folder.

    advance: called with the photos done and their total. Raises SourceError, OutputError.
    """
    key = hashlib.sha256(f"{dataset.crops_fingerprint} {weights_hash(backbone)}".encode()).hexdigest()
    path = dataset.folder / "cache" / f"layers-{key[:16]}.safetensors"
    try:
        kept = load_file(path)["layers"]
        if kept.shape == (len(dataset), _WIDTH):
            return kept.numpy()
    except (OSError, SafetensorError, KeyError):
        pass  # not there, or cut short: it is computed anew
    means: list[Tensor] = []

    def keep(_module: torch.nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        means.append(output.mean(dim=(2, 3)))

    hooks = [backbone.resnet.get_submodule(name).register_forward_hook(keep) for name in _BLOCKS]
    rows = []
    try:
        backbone.eval()
        with torch.inference_mode():
            for start in range(0, len(dataset), _BATCH):
                means.clear()
                end = min(start + _BATCH, len(dataset))
                backbone(torch.from_numpy(dataset.crops(range(start, end))))
                rows.append(torch.cat(means, dim=1))
                advance(end, len(dataset))
    finally:
        for hook in hooks:
            hook.remove()
    layers = torch.cat(rows)
    try:
        path.parent.mkdir(exist_ok=True)
        save_file({"layers": layers}, path)
    except (OSError, SafetensorError) as error:
        raise OutputError(
            f"{path.parent} cannot be written ({error}): free some space or choose another --work"
        ) from None
    return layers.numpy()
