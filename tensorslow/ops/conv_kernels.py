"""What the convolutions of all ranks share: their attributes, checks and computations."""

from __future__ import annotations

from typing import Any

from tensorslow.arrays.spec import TensorSpec, known_tuple
from tensorslow.errors import ShapeError
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

Attrs = dict[str, Any]


def conv_attrs(
    strides: Any, padding: Any, data_format: str | None, dilations: Any, rank: int = 4
) -> Attrs:
    """The attributes of a convolution and of its adjoints, from what the public functions take."""
    data_format = data_format or FORMATS[rank][0]
    return {
        "strides": every_axis(strides, data_format),
        "dilations": every_axis(dilations, data_format),
        "data_format": data_format,
        **padding_attrs(padding),
    }


def moves(attrs: Attrs) -> tuple[Any, Any, Any]:
    """(strides, padding, dilations) as the primitives take them: for the spatial axes alone."""
    layout = attrs["data_format"]
    padding = spatial_padding(attrs["padding"], attrs.get("explicit_paddings", ()), layout)
    return spatial(attrs["strides"], layout), padding, spatial(attrs["dilations"], layout)


def conv_check(input: TensorSpec, filter: TensorSpec, *, rank: int = 4, **attrs: Any) -> None:
    """Rejects attributes and shapes that do not fit together."""
    check_geometry(input, attrs, rank)
    check_filter(input, filter, attrs["data_format"])


def check_geometry(input: TensorSpec, attrs: Attrs, rank: int = 4) -> None:
    """Rejects what is wrong with the images and the attributes alone."""
    layout = attrs["data_format"]
    check_images("input", input, layout, rank)
    for label in ("strides", "dilations"):
        check_every_axis(label, attrs[label], layout)
    check_padding(attrs["padding"], attrs.get("explicit_paddings", ()), layout)


def check_filter(input: TensorSpec, filter: TensorSpec, layout: str) -> None:
    """Rejects filters of another rank, or for another number of channels."""
    axes = ["depth", "height", "width"][-(len(layout) - 2) :] + ["channels in", "channels out"]
    if filter.shape is None:
        return
    if len(filter.shape) != len(axes):
        raise ShapeError(f"filter must be [{', '.join(axes)}], not {filter}")
    channels = None if input.shape is None else input.shape[layout.index("C")]
    takes, gives = filter.shape[-2:]
    if channels is None or takes is None:
        return
    # A filter that takes fewer channels than there are divides them into groups.
    if channels % takes if takes else channels:
        raise ShapeError(
            f"input has {channels} channels, filter takes {takes}",
            hint=f"a filter is [{', '.join(axes)}]",
        )
    if takes and gives and (not channels or gives % (channels // takes)):
        raise ShapeError(
            f"input has {channels} channels, filter takes {takes}",
            hint=f"a filter is [{', '.join(axes)}]; if {channels // takes} groups of channels "
            f"are meant, the {gives} channels out must be divisible by {channels // takes}",
        )


def conv_input_check(
    input_sizes: TensorSpec, filter: TensorSpec, out_backprop: TensorSpec, **attrs: Any
) -> None:
    """As `conv_check`, for the adjoint in the input."""
    conv_check(spec_of_sizes(input_sizes), filter, **attrs)
    check_images("out_backprop", out_backprop, attrs["data_format"], len(attrs["strides"]))


def conv_filter_check(
    input: TensorSpec, filter_sizes: TensorSpec, out_backprop: TensorSpec, **attrs: Any
) -> None:
    """As `conv_check`, for the adjoint in the filter."""
    conv_check(input, spec_of_sizes(filter_sizes), **attrs)
    check_images("out_backprop", out_backprop, attrs["data_format"], len(attrs["strides"]))


def spec_of_sizes(sizes: TensorSpec) -> TensorSpec:
    """What is known of an array, when this is what is known of its shape."""
    known = known_tuple(sizes)
    if isinstance(known, TensorSpec):
        return TensorSpec(None)
    if not isinstance(known, tuple) or any(size is not None and size < 0 for size in known):
        raise ShapeError(f"{known} is no list of sizes")
    return TensorSpec(known)


def conv_compute(xp: Any, x: Any, kernel: Any, **attrs: Any) -> Any:
    """Conv2D, and its likes in other ranks."""
    layout = attrs["data_format"]
    return as_given(xp, xp.conv(channels_last(xp, x, layout), kernel, *moves(attrs)), layout)


def conv_input_compute(xp: Any, sizes: Any, kernel: Any, dy: Any, **attrs: Any) -> Any:
    """Conv2DBackpropInput."""
    layout = attrs["data_format"]
    dy = channels_last(xp, dy, layout)
    return as_given(xp, xp.conv_input(sizes_last(sizes, layout), kernel, dy, *moves(attrs)), layout)


def conv_filter_compute(xp: Any, x: Any, sizes: Any, dy: Any, **attrs: Any) -> Any:
    """Conv2DBackpropFilter."""
    layout = attrs["data_format"]
    x, dy = channels_last(xp, x, layout), channels_last(xp, dy, layout)
    return xp.conv_filter(x, sizes, dy, *moves(attrs))
