"""Which contractions a convolution consists of.

A convolution and the gradient of its kernel are one each. The gradient of its input is one for
each phase: with strides of s, the positions r, r + s, r + 2s, … of the input saw the same part of
the kernel, and what they get is a convolution of dy with that part, turned round.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np

from tensorslow.engines.llvm.contractions.contraction import Axis, Contraction, merge
from tensorslow.engines.llvm.contractions.padding import Padding
from tensorslow.engines.llvm.contractions.scheme import Scheme, scheme_of_filter, scheme_of_images
from tensorslow.engines.llvm.contractions.winograd import pays
from tensorslow.engines.llvm.contractions.winograd_filter import WinogradFilter
from tensorslow.engines.llvm.contractions.winograd_images import WinogradImages
from tensorslow.engines.llvm.text.target import Target

Sizes = tuple[int, ...]

# A list of the rows' offsets in A may be so long; with more rows, the outer axes are loops.
LONGEST_LIST = 1024


@dataclass(frozen=True)
class Convolution:
    """y = conv(x, kernel), or one of its gradients.

    Attributes:
        dtype: of all arrays; float16 is computed in float32.
        kind: "forward": y from x and kernel; "input": dx from kernel and dy (also known as
            transposed convolution); "filter": the gradient of the kernel, from x and dy.
        x_shape: [batch, *spatial, channels in].
        kernel_shape: [*window, channels in / groups, channels out].
        y_shape: [batch, *spatial, channels out].
        strides: of the windows, for each spatial axis.
        pads: zeros before and after each spatial axis of x.
        dilations: steps within a window, for each spatial axis.
    """

    dtype: np.dtype
    kind: str
    x_shape: Sizes
    kernel_shape: Sizes
    y_shape: Sizes
    strides: Sizes
    pads: tuple[tuple[int, int], ...]
    dilations: Sizes

    @property
    def groups(self) -> int:
        """Into how many groups the channels are divided."""
        return max(1, self.x_shape[-1] // max(1, self.kernel_shape[-2]))

    @property
    def window(self) -> Sizes:
        """The spatial sizes of the kernel."""
        return self.kernel_shape[:-2]

    @property
    def flops(self) -> int:
        """Multiplications and additions, those with padding included."""
        return 2 * math.prod(self.y_shape) * math.prod(self.kernel_shape[:-1])

    @property
    def result_shape(self) -> Sizes:
        """The shape of what is computed."""
        shapes = {"forward": self.y_shape, "input": self.x_shape, "filter": self.kernel_shape}
        return shapes[self.kind]

    def scratch_bytes(self, target: Target, threads: int) -> int:
        """How much scratch memory the kernel needs, run by at most so many threads."""
        fast = in_tiles(self, target)
        decided = [fast] if fast else schemes(self, target)
        return sum(s.scratch_bytes(threads) for s in decided)


def schemes(v: Convolution, target: Target) -> list[Scheme]:
    """How each part of a convolution is computed. Only the last one copies the images."""
    if math.prod(v.result_shape) == 0:
        return []
    around = padding(v)
    decide = scheme_of_filter if v.kind == "filter" else scheme_of_images
    decided = [replace(decide(part.c, target, around), start=part.a) for part in parts(v)]
    return [*(replace(s, a=None, alone="") for s in decided[:-1]), decided[-1]]


def in_tiles(v: Convolution, target: Target) -> WinogradImages | WinogradFilter | None:
    """How a convolution is computed with fewer multiplications, if it is."""
    if not pays(v, target):
        return None
    (s,), around = schemes(v, target), padding(v)
    if v.kind == "filter":
        none = (0,) * len(v.window)
        dy = Padding(v.dtype, v.y_shape[1:-1], v.y_shape[-1], none, none, v.y_shape[0])
        return WinogradFilter.of(s, around, dy, v.window, target)
    sizes = (v.x_shape if v.kind == "input" else v.y_shape)[1:-1]
    return WinogradImages.of(s, around, v.window, sizes, target)


@dataclass(frozen=True)
class Part:
    """A contraction that computes a convolution, or a phase of one.

    Attributes:
        c: the contraction, with A's strides as in the padded array.
        a: where A begins there, in elements.
        b: where B begins.
        m: how far a step of each outer axis, then of each of `rows`, goes in the flat index of the
            result's rows.
        n: how far a step of each outer axis goes in the index of its columns.
        first: the flat index of the first row.
        rows: sizes of the axes of rows.
    """

    c: Contraction
    a: int
    b: int
    m: Sizes
    n: Sizes
    first: int
    rows: Sizes


def parts(v: Convolution) -> list[Part]:
    """The contractions that compute a convolution: each element of the result is in one."""
    if v.kind == "forward":
        return [_forward(v)]
    if v.kind == "filter":
        return [_filter(v)]
    axes = [_phases(v, axis) for axis in range(len(v.window))]
    return [_input(v, phases) for phases in itertools.product(*axes)]


def padding(v: Convolution) -> Padding:
    """The zeros around the images that windows are laid on: those of x, or for "input" of dy."""
    before, after = [], []
    for axis in range(len(v.window)):
        low, high = _reach(v, axis)
        size = (v.y_shape if v.kind == "input" else v.x_shape)[1 + axis]
        before.append(max(0, -low))
        after.append(max(0, high - size))
    shape = v.y_shape if v.kind == "input" else v.x_shape
    return Padding(v.dtype, shape[1:-1], shape[-1], tuple(before), tuple(after), shape[0])


def _reach(v: Convolution, axis: int) -> tuple[int, int]:
    """From where to where the images are read, along one axis."""
    if v.kind == "input":
        phases = [phase for phase in _phases(v, axis) if phase.taps]
        return (
            min((phase.start for phase in phases), default=0),
            max((phase.stop for phase in phases), default=1),
        )
    pad, last = v.pads[axis][0], (v.y_shape[1 + axis] - 1) * v.strides[axis]
    return -pad, last + (v.window[axis] - 1) * v.dilations[axis] + 1 - pad


@dataclass(frozen=True)
class Phase:
    """Positions of x along one axis that see the same part of a kernel.

    Attributes:
        first: the first of them; the others follow at the stride.
        count: how many.
        taps: how many of the kernel's elements they see.
        last: which is the last of those; they are `step` apart.
        step: of the kernel.
        start: the position of dy that the first one meets with the last tap.
        dilation: from there to what it meets with the tap before.
    """

    first: int
    count: int
    taps: int
    last: int
    step: int
    start: int
    dilation: int

    @property
    def stop(self) -> int:
        """Behind the last position of dy that is met."""
        return self.start + self.count + (self.taps - 1) * self.dilation


def _phases(v: Convolution, axis: int) -> list[Phase]:
    stride, dilation, pad = v.strides[axis], v.dilations[axis], v.pads[axis][0]
    size, step = v.x_shape[1 + axis], stride // math.gcd(stride, dilation)
    phases = []
    for first in range(min(stride, size)):
        taps = [k for k in range(v.window[axis]) if (first + pad - k * dilation) % stride == 0] or [
            0
        ]
        none = (first + pad - taps[0] * dilation) % stride != 0
        start = (first + pad - taps[-1] * dilation) // stride
        count, seen = -(-(size - first) // stride), 0 if none else len(taps)
        phases.append(Phase(first, count, seen, taps[-1], step, start, step * dilation // stride))
    return phases


def _steps(sizes: Sizes) -> Sizes:
    """How far a step of each axis goes in row-major order."""
    return tuple(math.prod(sizes[i + 1 :]) for i in range(len(sizes)))


def _forward(v: Convolution) -> Part:
    images, taps = padding(v), _steps(v.kernel_shape)
    within, out = v.kernel_shape[-2], v.kernel_shape[-1] // v.groups
    rows = [
        (size, stride * step, m)
        for size, stride, step, m in zip(
            v.y_shape[1:-1], v.strides, images.strides, _steps(v.y_shape[1:-1]), strict=True
        )
    ]
    nest = [
        Axis(size, dilation * step, tap)
        for size, dilation, step, tap in zip(
            v.window, v.dilations, images.strides, taps, strict=False
        )
    ]
    nest.append(Axis(within, 1, taps[-2]))
    batch = (v.x_shape[0], images.image, math.prod(v.y_shape[1:-1]))
    start = [before - pad for before, (pad, _) in zip(images.before, v.pads, strict=True)]
    a = sum(place * step for place, step in zip(start, images.strides, strict=True))
    group = (Axis(v.groups, within, out), out)
    return _part(v, batch, rows, Axis(out, 0, 1), nest, group, (a, 0, 0))


def _input(v: Convolution, phases: tuple[Phase, ...]) -> Part:
    images, taps = padding(v), _steps(v.kernel_shape)
    within, out = v.kernel_shape[-2], v.kernel_shape[-1] // v.groups
    places = _steps(v.x_shape[1:-1])
    rows = [
        (phase.count, step, stride * m)
        for phase, step, stride, m in zip(phases, images.strides, v.strides, places, strict=True)
    ]
    # The kernel turned round: its last tap comes first.
    nest = [
        Axis(phase.taps, phase.dilation * step, -phase.step * tap)
        for phase, step, tap in zip(phases, images.strides, taps, strict=False)
    ]
    nest.append(Axis(out, 1, 1))
    batch = (v.x_shape[0], images.image, math.prod(v.x_shape[1:-1]))
    a = sum(
        (phase.start + before) * step
        for phase, before, step in zip(phases, images.before, images.strides, strict=True)
    )
    b = sum(phase.last * tap for phase, tap in zip(phases, taps, strict=False))
    first = sum(phase.first * m for phase, m in zip(phases, places, strict=True))
    group = (Axis(v.groups, out, out), within)
    return _part(v, batch, rows, Axis(within, 0, taps[-2]), nest, group, (a, b, first))


def _filter(v: Convolution) -> Part:
    images, places = padding(v), _steps(v.y_shape)
    within, out = v.kernel_shape[-2], v.kernel_shape[-1] // v.groups
    steps = [step * dilation for step, dilation in zip(images.strides, v.dilations, strict=True)]
    rows = list(zip((*v.window, within), (*steps, 1), _steps(v.kernel_shape[:-1]), strict=True))
    nest = [Axis(v.x_shape[0], images.image, places[0])]
    nest += [
        Axis(size, stride * step, place)
        for size, stride, step, place in zip(
            v.y_shape[1:-1], v.strides, images.strides, places[1:-1], strict=True
        )
    ]
    start = [before - pad for before, (pad, _) in zip(images.before, v.pads, strict=True)]
    a = sum(place * step for place, step in zip(start, images.strides, strict=True))
    group = (Axis(v.groups, within, out), out)
    return _part(v, None, rows, Axis(out, 0, 1), nest, group, (a, 0, 0))


def _part(
    v: Convolution,
    batch: tuple[int, int, int] | None,
    rows: list[tuple[int, int, int]],
    columns: Axis,
    nest: list[Axis],
    group: tuple[Axis, int],
    start: tuple[int, int, int],
) -> Part:
    """Puts a part together: axes are given as (size, step in A, step in the flat index)."""
    outer = [batch] if batch else []
    if v.groups > 1 and v.kernel_shape[-2:] == (1, v.groups):
        # Each channel by itself: the channels are columns, each with its own A.
        columns, group = Axis(v.groups, 1, 1), (Axis(1, 0, 0), 0)
    while (
        math.prod(size for size, *_ in rows) > LONGEST_LIST
        and len(merge(tuple(Axis(size, a, 0) for size, a, _ in rows))) > 1
    ):
        outer.append(rows.pop(0))
    c = Contraction(
        v.dtype,
        (*(Axis(size, a, 0) for size, a, _ in outer), group[0]),
        tuple(Axis(size, a, 0) for size, a, _ in rows),
        columns,
        tuple(nest),
    )
    m = (*(m for *_, m in outer), 0, *(m for *_, m in rows))
    n = (*(0 for _ in outer), group[1])
    return Part(c, start[0], start[1], m, n, start[2], tuple(size for size, *_ in rows))
