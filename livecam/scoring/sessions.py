"""Runs a session of the scorer, batch by batch: directly, or from and to buffers that stay on the GPU."""

from __future__ import annotations

import ctypes
import sys
import weakref
from collections.abc import Mapping
from typing import Protocol

import numpy as np
from onnxruntime import InferenceSession

from livecam.scoring import providers
from livecam.types import CROP_SIZE, FloatArray, UInt8Array

INPUT = "crops"


class Runner(Protocol):
    """Computes a model's outputs for a batch."""

    def run(self, batch: UInt8Array) -> list[FloatArray]:
        """Return the outputs, float32 (N, width) each, for batch, uint8 (N, 224, 224, 3)."""
        ...


class Direct:
    """Hands the arrays to ONNX Runtime and takes what comes back."""

    def __init__(self, session: InferenceSession, outputs: Mapping[str, int]) -> None:
        """outputs: the outputs' names and widths."""
        self._session, self._names = session, list(outputs)

    def run(self, batch: UInt8Array) -> list[FloatArray]:
        """See Runner."""
        return list(self._session.run(self._names, {INPUT: batch}))


class Bound:
    """Copies a batch into buffers on the GPU that were allocated once, and the outputs out of them.

    There are buffers for each of providers.BATCHES; a batch is padded up to the next size, a larger one is split.
    A CUDA graph replays the addresses it was recorded with, so each size has its own id and keeps its buffers.
    """

    def __init__(self, session: InferenceSession, outputs: Mapping[str, int]) -> None:
        """outputs: the outputs' names and widths. Runs each size, so that it is recorded before a face waits for it."""
        self._slots = [_Slot(session, outputs, size) for size in providers.BATCHES]
        for slot in self._slots:
            slot.run(np.zeros((1, CROP_SIZE, CROP_SIZE, 3), np.uint8))

    def run(self, batch: UInt8Array) -> list[FloatArray]:
        """See Runner."""
        largest = self._slots[-1].size
        parts = [self._fit(batch[start : start + largest]) for start in range(0, len(batch), largest)]
        return [np.concatenate(rows) for rows in zip(*parts, strict=True)]

    def _fit(self, part: UInt8Array) -> list[FloatArray]:
        return next(slot for slot in self._slots if slot.size >= len(part)).run(part)


class _Slot:
    """The buffers of one batch size."""

    def __init__(self, session: InferenceSession, outputs: Mapping[str, int], size: int) -> None:
        self.size = size
        self._session = session
        self._staged = _pinned((size, CROP_SIZE, CROP_SIZE, 3))
        self._crops = providers.device_buffer(self._staged.shape, np.uint8)
        self._outputs = [providers.device_buffer((size, width), np.float32) for width in outputs.values()]
        self._binding = session.io_binding()
        self._binding.bind_ortvalue_input(INPUT, self._crops)
        for name, value in zip(outputs, self._outputs, strict=True):
            self._binding.bind_ortvalue_output(name, value)
        self._options = providers.graph_options(size)

    def run(self, part: UInt8Array) -> list[FloatArray]:
        """Run up to size crops; what is beyond them in the buffer is left from before and not returned."""
        self._staged[: len(part)] = part
        self._crops.update_inplace(self._staged)
        self._session.run_with_iobinding(self._binding, self._options)
        return [value.numpy()[: len(part)] for value in self._outputs]


def _pinned(shape: tuple[int, ...]) -> UInt8Array:
    """Return zeros that the driver was asked to keep in place, so that it copies them without a copy of its own.

    Where it refuses, they are ordinary memory and as right, only slower.
    """
    array = np.zeros(shape, np.uint8)
    address = ctypes.c_void_p(array.ctypes.data)
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        code = driver.cuMemHostRegister_v2(address, ctypes.c_size_t(array.nbytes), ctypes.c_uint(0))
    except (OSError, AttributeError):
        return array
    if code == 0:
        weakref.finalize(array, driver.cuMemHostUnregister, address).atexit = False
    return array
