"""PyTorch with the loss and its gradient compiled by `torch.compile`."""

from __future__ import annotations

import torch

from benchmarks.peers import Step, torch_eager
from benchmarks.workloads import Workload


def make_step(peer: str, workload: Workload) -> Step:
    compiled = torch.compile(torch_eager.LOSSES[workload.name])
    return torch_eager.make_step(peer, workload, compiled)
