"""What pooling in all ranks shares: attributes, checks and computations."""

from __future__ import annotations

from typing import Any

from tensorslow.arrays.spec import TensorSpec
from tensorslow.ops.conv_kernels import Attrs, spec_of_sizes
from tensorslow.ops.layout import (
    FORMATS,
    as_given,
    channels_last,
    check_every_axis,
    check_images,
    check_padding,
    every_axis,
    padding_attrs,
    sizes_last,
    spatial,
    spatial_padding,
)


def pool_attrs(
    ksize: Any, strides: Any, padding: Any, data_format: str | None, rank: int = 4
) -> Attrs:
    """The attributes of a pooling and its adjoints, from what the public functions take."""
    data_format = data_format or FORMATS[rank][0]
    return {
        "ksize": every_axis(ksize, data_format),
        "strides": every_axis(strides, data_format),
        "data_format": data_format,
        **padding_attrs(padding),
    }


def _moves(attrs: Attrs) -> tuple[Any, Any, Any]:
    """(ksize, strides, padding) as the primitives take them: for the spatial axes alone."""
    layout = attrs["data_format"]
    padding = spatial_padding(attrs["padding"], attrs.get("explicit_paddings", ()), layout)
    return spatial(attrs["ksize"], layout), spatial(attrs["strides"], layout), padding


def max_check(input: TensorSpec, *others: TensorSpec, rank: int = 4, **attrs: Any) -> None:
    """Rejects attributes and shapes that do not fit together."""
    layout = attrs["data_format"]
    for label, spec in zip(("input", "orig_output", "grad"), (input, *others), strict=False):
        check_images(label, spec, layout, rank)
    for label in ("ksize", "strides"):
        check_every_axis(label, attrs[label], layout)
    check_padding(attrs["padding"], attrs.get("explicit_paddings", ()), layout)


def mean_grad_check(orig_input_shape: TensorSpec, grad: TensorSpec, **attrs: Any) -> None:
    """As `max_check`, for the adjoint of the mean."""
    max_check(spec_of_sizes(orig_input_shape), TensorSpec(None), grad, **attrs)


def max_compute(xp: Any, x: Any, **attrs: Any) -> Any:
    """MaxPool."""
    layout = attrs["data_format"]
    return as_given(xp, xp.window_max(channels_last(xp, x, layout), *_moves(attrs)), layout)


def max_grad_compute(xp: Any, x: Any, y: Any, dy: Any, **attrs: Any) -> Any:
    """MaxPoolGrad: dy goes to the first maximum of each window."""
    layout = attrs["data_format"]
    x, dy = channels_last(xp, x, layout), channels_last(xp, dy, layout)
    return as_given(xp, xp.window_max_scatter(x, dy, *_moves(attrs)), layout)


def max_grad_grad_compute(xp: Any, x: Any, y: Any, grad: Any, **attrs: Any) -> Any:
    """MaxPoolGradGrad: of each window, what stands where the first maximum does."""
    layout = attrs["data_format"]
    x, grad = channels_last(xp, x, layout), channels_last(xp, grad, layout)
    return as_given(xp, xp.window_max_gather(x, grad, *_moves(attrs)), layout)


def mean_compute(xp: Any, x: Any, **attrs: Any) -> Any:
    """AvgPool."""
    layout = attrs["data_format"]
    return as_given(xp, xp.window_mean(channels_last(xp, x, layout), *_moves(attrs)), layout)


def mean_grad_compute(xp: Any, sizes: Any, dy: Any, **attrs: Any) -> Any:
    """AvgPoolGrad: each element gets its share of every window it is in."""
    layout = attrs["data_format"]
    dy = channels_last(xp, dy, layout)
    spread = xp.window_mean_input(sizes_last(sizes, layout), dy, *_moves(attrs))
    return as_given(xp, spread, layout)
