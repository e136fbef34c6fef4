"""An onnxruntime with a GPU, or what looks like one, for machines without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnxruntime as real
import pytest

from livecam.scoring import gpu_libraries, providers

GPU_BUILD = ("TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider")


class Buffer:
    """An OrtValue on the device: its memory stays where it is."""

    def __init__(self, shape: Sequence[int], dtype: type) -> None:
        # What a fresh buffer holds on a real device is anything.
        self.memory: np.ndarray = np.full(shape, 77, dtype)

    def update_inplace(self, data: np.ndarray) -> None:
        assert data.shape == self.memory.shape
        assert data.dtype == self.memory.dtype
        self.memory[:] = data

    def numpy(self) -> np.ndarray:
        return self.memory.copy()


class Binding:
    def __init__(self) -> None:
        self.inputs: dict[str, Buffer] = {}
        self.outputs: dict[str, Buffer] = {}

    def bind_ortvalue_input(self, name: str, value: Buffer) -> None:
        self.inputs[name] = value

    def bind_ortvalue_output(self, name: str, value: Buffer) -> None:
        self.outputs[name] = value


class RunOptions:
    def __init__(self) -> None:
        self.entries: dict[str, str] = {}

    def add_run_config_entry(self, key: str, value: str) -> None:
        self.entries[key] = value


class Session:
    """Computes on the CPU what it says the GPU does. With a graph, a graph id replays the binding it was recorded with,
    as CUDA does, whatever it is given later."""

    def __init__(
        self, owner: OnnxRuntime, data: bytes, options: object, chain: list[tuple[str, dict[str, str]]]
    ) -> None:
        self._owner = owner
        self._real = real.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        self._chain = [name for name, _ in chain if name not in owner.dead]
        self._graph = dict(chain).get("CUDAExecutionProvider", {}).get("enable_cuda_graph") == "1"
        self._recorded: dict[str, Binding] = {}

    def get_providers(self) -> list[str]:
        return self._chain

    def get_inputs(self) -> list[Any]:
        return list(self._real.get_inputs())

    def get_outputs(self) -> list[Any]:
        return list(self._real.get_outputs())

    def get_modelmeta(self) -> real.ModelMetadata:
        return self._real.get_modelmeta()

    def io_binding(self) -> Binding:
        return Binding()

    def run(self, names: list[str], feed: dict[str, np.ndarray]) -> list[np.ndarray]:
        self._owner.used.append((self._chain[0], len(feed["crops"])))
        return list(self._real.run(names, feed))

    def run_with_iobinding(self, binding: Binding, options: RunOptions) -> None:
        if self._owner.breaks is not None:
            raise RuntimeError(self._owner.breaks)
        if self._graph:
            binding = self._recorded.setdefault(options.entries["gpu_graph_id"], binding)
        crops = binding.inputs["crops"].memory
        self._owner.used.append((self._chain[0], len(crops)))
        for name, rows in zip(binding.outputs, self._real.run(list(binding.outputs), {"crops": crops}), strict=True):
            binding.outputs[name].memory[:] = rows + self._owner.noise * len(crops)


@dataclass
class OnnxRuntime:
    """What ``livecam.scoring.providers`` uses of onnxruntime.

    build: what it was built with.  dead: of these, what is left out without a word when a session opens.  refuses:
    what a session for this provider raises.  no_graph: no graph can be recorded.  breaks: what running raises from
    now on.  noise: added to what is computed, times the size of the batch.  opened: the options of each session.
    used: who computed how many crops.  preloaded: the folders whose libraries were loaded, None for its own.
    """

    build: tuple[str, ...] = GPU_BUILD
    dead: tuple[str, ...] = ()
    refuses: dict[str, str] = field(default_factory=dict)
    no_graph: bool = False
    breaks: str | None = None
    noise: float = 0.0
    opened: list[dict[str, dict[str, str]]] = field(default_factory=list)
    used: list[tuple[str, int]] = field(default_factory=list)
    preloaded: list[str | None] = field(default_factory=list)

    SessionOptions = real.SessionOptions
    RunOptions = RunOptions
    __file__ = real.__file__

    class OrtValue:
        @staticmethod
        def ortvalue_from_shape_and_type(shape: Sequence[int], dtype: type, device: str, number: int) -> Buffer:
            assert (device, number) == ("cuda", 0)
            return Buffer(shape, dtype)

    def get_available_providers(self) -> list[str]:
        return list(self.build)

    def preload_dlls(self, directory: str | None = None) -> None:
        self.preloaded.append(directory)
        print("ONNX Runtime likes to say what it could not load")

    def set_default_logger_severity(self, level: int) -> None:
        pass

    def InferenceSession(  # noqa: N802  its name
        self, data: bytes, options: object, *, providers: list[tuple[str, dict[str, str]]], enable_fallback: int
    ) -> Session:
        assert enable_fallback == 0
        self.opened.append(dict(providers))
        assert {name for name, _ in providers} <= set(self.build), "ONNX Runtime warns"
        for name, options_ in providers:
            if name in self.refuses:
                raise RuntimeError(self.refuses[name])
            if self.no_graph and options_.get("enable_cuda_graph") == "1":
                raise RuntimeError("not all nodes were assigned to CUDA")
        return Session(self, data, options, providers)


def plug_in(monkeypatch: pytest.MonkeyPatch, runtime: OnnxRuntime, *, driver: bool = True) -> OnnxRuntime:
    """Let livecam find this onnxruntime, and the driver of an NVIDIA GPU or none."""
    monkeypatch.setattr(providers, "ort", runtime)
    monkeypatch.setattr(gpu_libraries, "has_driver", lambda: driver)
    return runtime
