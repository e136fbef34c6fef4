"""The processes that share a training: torchrun's, or this one alone."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, distributed

_CPU = torch.device("cpu")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Workers:
    """rank: which process this is, from 0.  count: how many there are.  device: what this one computes on."""

    rank: int = 0
    count: int = 1
    device: torch.device = _CPU

    @property
    def first(self) -> bool:
        """Whether this is the process that writes files and messages."""
        return self.rank == 0

    def sum_over_all(self, values: Tensor) -> Tensor:
        """Return the sum of values over all processes."""
        if self.count > 1:
            distributed.all_reduce(values)
        return values

    def first_then_others(self, work: Callable[[], _Result]) -> _Result:
        """Do work in the first process, then in the others, which find what it left on disk."""
        if self.first:
            result = work()
            self.wait_for_all()
            return result
        self.wait_for_all()
        return work()

    def wait_for_all(self) -> None:
        """Wait until all processes are here."""
        if self.count > 1:
            distributed.barrier()


ALONE = Workers()


@contextlib.contextmanager
def joined_workers() -> Iterator[Workers]:
    """Join torchrun's group, if there is one, or be alone; on a GPU where there is one.

    Once in a program: gloo cannot make a second group.
    """
    gpu = torch.cuda.is_available()
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if gpu else torch.device("cpu")
    if "WORLD_SIZE" not in os.environ:
        yield Workers(device=device)
        return
    distributed.init_process_group("nccl" if gpu else "gloo")
    try:
        yield Workers(distributed.get_rank(), distributed.get_world_size(), device)
    finally:
        distributed.destroy_process_group()
