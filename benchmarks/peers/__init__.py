"""Who is compared: each peer makes a training step of a workload.

A peer's module has `make_step(workload)`, which returns a function without arguments that trains
once and returns the loss, computed, as something that `float` takes.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.workloads import Workload

Step = Callable[[], Any]


@dataclass(frozen=True)
class Peer:
    """One library in one mode: what tables call it, the module that drives it, what it needs."""

    title: str
    module: str
    package: str


PEERS = {
    "tensorslow": Peer("tensorslow", "session", "tensorslow"),
    "numpy": Peer("NumPy by hand", "by_hand", "numpy"),
    "tensorflow": Peer("TensorFlow session", "session", "tensorflow"),
    "tensorflow_xla": Peer("TensorFlow XLA", "compiled_session", "tensorflow"),
    "torch": Peer("PyTorch eager", "torch_eager", "torch"),
    "torch_compile": Peer("PyTorch compiled", "torch_compiled", "torch"),
    "jax": Peer("JAX", "jax_jit", "jax"),
}


def kind(peer: str) -> str:
    """`tensorslow` of `tensorslow:llvm`: an engine may be named behind a colon."""
    return peer.partition(":")[0]


def title(peer: str) -> str:
    engine = peer.partition(":")[2]
    return PEERS[kind(peer)].title + (f" ({engine})" if engine else "")


def is_installed(peer: str) -> bool:
    return importlib.util.find_spec(PEERS[kind(peer)].package) is not None


def chosen(names: str, engines: str = "") -> list[str]:
    """The installed ones of `names`, which have commas between them.

    Args:
        names: keys of `PEERS`, perhaps with an engine behind a colon.
        engines: what `tensorslow` without a colon stands for, with commas; "": its own choice.

    Raises:
        SystemExit: there is no such peer.
    """
    found = []
    for name in filter(None, names.split(",")):
        if kind(name) not in PEERS:
            raise SystemExit(f"there is no peer {name!r}; there is {', '.join(PEERS)}")
        if name == "tensorslow" and engines:
            found += [f"tensorslow:{engine}" for engine in engines.split(",")]
        elif is_installed(name):
            found.append(name)
    return found


def make_step(peer: str, workload: Workload) -> Step:
    """The peer's step, in this process.

    Raises:
        NotImplementedError: nobody wrote this workload for this peer.
    """
    module = importlib.import_module(f"benchmarks.peers.{PEERS[kind(peer)].module}")
    return module.make_step(peer, workload)
