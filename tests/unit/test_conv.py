"""What convolution and pooling know before they run, and what they say when something is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.engines import ENGINES
from tensorslow.errors import ShapeError
from tensorslow.ops.windows_nd import pool

ONE = [1, 1, 1, 1]
TWO = [1, 2, 2, 1]


@pytest.fixture
def graph() -> Any:
    with ts.Graph().as_default() as graph:
        yield graph


def images(*shape: int | None) -> Any:
    return ts.placeholder(ts.float32, shape)


def test_sizes_are_known_as_far_as_they_can_be(graph: Any) -> None:
    x, kernel = images(None, 28, None, 3), images(5, 5, 3, 32)
    assert ts.nn.conv2d(x, kernel, TWO, "SAME").shape.as_list() == [None, 14, None, 32]
    assert ts.nn.conv2d(x, kernel, ONE, "VALID").shape.as_list() == [None, 24, None, 32]
    assert ts.nn.max_pool(x, TWO, TWO, "VALID").shape.as_list() == [None, 14, None, 3]
    unknown = ts.placeholder(ts.float32)
    assert ts.nn.conv2d(unknown, unknown, ONE, "SAME").shape.as_list() == [None] * 4
    assert ts.nn.avg_pool(unknown, TWO, TWO, "SAME").shape.as_list() == [None] * 4
    depthwise = ts.nn.depthwise_conv2d(x, images(3, 3, 3, 2), ONE, "SAME")
    assert depthwise.shape.as_list() == [None, 28, None, 6]
    first = ts.nn.conv2d(images(None, 3, 28, 28), kernel, 1, "SAME", data_format="NCHW")
    assert first.shape.as_list() == [None, 32, 28, 28]


def test_shape_of_a_transposed_convolution(graph: Any) -> None:
    value, kernel = images(None, 7, 7, 64), images(5, 5, 32, 64)
    batch = ts.shape(value)[0]
    y = ts.nn.conv2d_transpose(value, kernel, ts.stack([batch, 14, 14, 32]), TWO)
    assert y.name == "conv2d_transpose:0"
    assert y.shape.as_list() == [None, 14, 14, 32]
    with ts.Session() as session:
        feeds = {value: np.ones((2, 7, 7, 64)), kernel: np.ones((5, 5, 32, 64))}
        assert session.run(y, feeds).shape == (2, 14, 14, 32)


def test_names(graph: Any) -> None:
    x, kernel = images(1, 4, 4, 2), images(3, 3, 2, 2)
    assert ts.nn.conv2d(x, kernel, ONE, "SAME").name == "Conv2D:0"
    assert ts.nn.max_pool(x, TWO, TWO, "SAME").name == "MaxPool:0"
    assert ts.nn.avg_pool(x, TWO, TWO, "SAME").name == "AvgPool:0"
    assert ts.nn.depthwise_conv2d(x, kernel, ONE, "SAME").name == "depthwise:0"
    separable = ts.nn.separable_conv2d(x, kernel, images(1, 1, 4, 3), ONE, "SAME")
    assert separable.name == "separable_conv2d:0"
    assert separable.op.inputs[0].name == "separable_conv2d/depthwise:0"
    sequence = ts.nn.conv1d(images(1, 4, 2), images(3, 2, 2), 1, "SAME")
    assert sequence.name == "conv1d/Squeeze:0"
    assert sequence.op.inputs[0].name == "conv1d:0"


def test_one_number_two_or_four(graph: Any) -> None:
    x, kernel = images(1, 6, 6, 2), images(3, 3, 2, 2)
    for strides in (2, [2], [2, 2], TWO, (1, 2, 2, 1), np.array(TWO)):
        assert ts.nn.conv2d(x, kernel, strides, "SAME").op.get_attr("strides") == (1, 2, 2, 1)
    first = ts.nn.max_pool(images(1, 2, 6, 6), [3, 2], 2, "SAME", data_format="NCHW")
    assert first.op.get_attr("ksize") == (1, 1, 3, 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"filter": (3, 3, 4, 2)}, "Conv2D: input has 3 channels, filter takes 4"),
        ({"filter": (3, 3, 2)}, r"filter must be \[height, width, channels in, channels out\]"),
        ({"filter": (3, 3, 1, 4)}, "input has 3 channels, filter takes 1"),
        ({"filter": (3, 3, 0, 4)}, "input has 3 channels, filter takes 0"),
        ({"input": (1, 5, 5, 0), "filter": (3, 3, 2, 4)}, "input has 0 channels, filter takes 2"),
        ({"filter": (0, 3, 3, 2)}, "a window of 0 has no place"),
        ({"input": (5, 5, 3)}, r"input must be \[batch, height, width, channels\], not float32\["),
        ({"strides": [1, 2, 1]}, r"strides must be 1, 2 or 4 numbers, not \[1, 2, 1\]"),
        ({"strides": [2, 1, 1, 1]}, r"strides must be 1 for the batch, not \[2, 1, 1, 1\]"),
        ({"strides": 0}, r"strides must be at least 1, not \[1, 0, 0, 1\]"),
        ({"dilations": [1, 1, 1, 2]}, "dilations must be 1 for the channels"),
        ({"padding": "same"}, "padding must be 'SAME' or 'VALID', not 'same'"),
        ({"padding": [[0, 0], [1, 1]]}, r"padding must be \[before, after\] for each of \[batch,"),
        ({"padding": [[0, 0], [1, 1], [1, 1], [1, 1]]}, "no padding along the channels"),
        ({"padding": "VALID", "filter": (7, 3, 3, 2)}, "a window of 7 does not fit into 5"),
        ({"data_format": "NHCW"}, "data_format must be NHWC or NCHW, not 'NHCW'"),
    ],
)
def test_errors_of_conv2d(options: dict[str, Any], message: str, graph: Any) -> None:
    shapes = {"input": (1, 5, 5, 3), "filter": (3, 3, 3, 2)}
    operands = [images(*options.pop(name, shape)) for name, shape in shapes.items()]
    arguments = {"strides": ONE, "padding": "SAME", **options}
    with pytest.raises(ShapeError, match=message) as caught:
        ts.nn.conv2d(*operands, **arguments)
    assert "test_conv.py" in str(caught.value)  # the line that made it


def test_other_errors(graph: Any) -> None:
    x = images(1, 5, 5, 3)
    with pytest.raises(ShapeError, match="input has 3 channels, filter is for 2"):
        ts.nn.depthwise_conv2d(x, images(3, 3, 2, 2), ONE, "SAME")
    with pytest.raises(ShapeError, match=r"filter must be \[height, width, channels, multiplier\]"):
        ts.nn.depthwise_conv2d(x, images(3, 3, 3), ONE, "SAME")
    with pytest.raises(ShapeError, match=r"windows on \[1, 6, 6, 2\] give \[1, 3, 3, 3\], not"):
        ts.nn.conv2d_transpose(x, images(3, 3, 2, 3), [1, 6, 6, 2], TWO)
    with pytest.raises(ShapeError, match="no list of sizes"):
        ts.nn.conv2d_transpose(x, images(3, 3, 2, 3), [-1, 10, 10, 2], TWO)
    with pytest.raises(ShapeError, match="ksize must be 1 for the channels"):
        ts.nn.max_pool(x, [1, 2, 2, 3], TWO, "SAME")
    with pytest.raises(ShapeError, match="a window of 6 does not fit into 5"):
        ts.nn.avg_pool(x, 6, 1, "VALID")
    with pytest.raises(ValueError, match="give filters or filter"):
        ts.nn.conv2d(x, images(3, 3, 3, 2), ONE, "SAME", filters=images(3, 3, 3, 2))
    with pytest.raises(ValueError, match="pooling_type must be 'MAX' or 'AVG', not 'max'"):
        pool(x, [2, 2], "max", "SAME")
    with pytest.raises(NotImplementedError, match="leave dilations out"):
        pool(x, [2, 2], "MAX", "SAME", dilations=[2, 2])


def test_what_only_a_run_can_tell(graph: Any) -> None:
    x, kernel = ts.placeholder(ts.float32), images(3, 3, 3, 2)
    y = ts.nn.conv2d(x, kernel, ONE, "VALID")
    spread = ts.nn.conv2d_transpose(x, images(3, 3, 2, 3), [1, 6, 6, 2], TWO)
    weights = np.ones((3, 3, 3, 2))
    with ts.Session() as session:
        with pytest.raises(ShapeError, match="input has 4 channels, filter takes 3"):
            session.run(y, {x: np.ones((1, 5, 5, 4)), kernel: weights})
        with pytest.raises(ShapeError, match="a window of 3 does not fit into 2"):
            session.run(y, {x: np.ones((1, 2, 5, 3)), kernel: weights})
        with pytest.raises(ShapeError, match=r"input must be \[batch, height, width, channels\]"):
            session.run(y, {x: np.ones((5, 5, 3)), kernel: weights})
        feeds = {x: np.ones((1, 2, 3, 3)), spread.op.inputs[1]: np.ones((3, 3, 2, 3))}
        with pytest.raises(ShapeError, match=r"give \[1, 3, 3, 3\], not \[1, 2, 3, 3\]"):
            session.run(spread, feeds)


def conv(x: Any, kernel: Any) -> Any:
    return ts.nn.conv2d(x, kernel, TWO, "VALID")


def same(x: Any, kernel: Any) -> Any:
    return ts.nn.conv2d(x, kernel, ONE, "SAME")


def depthwise(x: Any, kernel: Any) -> Any:
    return ts.nn.depthwise_conv2d(x, kernel, ONE, "SAME")


def transposed(x: Any, kernel: Any) -> Any:
    sizes = ts.stack([ts.shape(x)[0], 5, 5, ts.shape(kernel)[2]])
    return ts.nn.conv2d_transpose(x, kernel, sizes, ONE, "SAME")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("sizes_are_known", [True, False])
@pytest.mark.parametrize(
    ("build", "x_shape", "kernel_shape", "y_shape"),
    [
        (conv, (0, 5, 5, 3), (3, 3, 3, 4), (0, 2, 2, 4)),  # no images
        (same, (2, 0, 5, 3), (3, 3, 3, 4), (2, 0, 5, 4)),
        # TensorFlow refuses filters without channels; the sums are as clear as any, and zero.
        (conv, (2, 5, 5, 0), (3, 3, 0, 4), (2, 2, 2, 4)),
        (same, (2, 5, 5, 0), (3, 3, 0, 4), (2, 5, 5, 4)),
        (same, (2, 5, 5, 4), (3, 3, 2, 0), (2, 5, 5, 0)),
        (same, (0, 5, 5, 0), (3, 3, 0, 0), (0, 5, 5, 0)),
        (depthwise, (0, 5, 5, 2), (3, 3, 2, 2), (0, 5, 5, 4)),
        (depthwise, (2, 5, 5, 0), (3, 3, 0, 2), (2, 5, 5, 0)),
        (depthwise, (2, 5, 5, 2), (3, 3, 2, 0), (2, 5, 5, 0)),
        (transposed, (2, 5, 5, 0), (3, 3, 4, 0), (2, 5, 5, 4)),
        (transposed, (0, 5, 5, 2), (3, 3, 4, 2), (0, 5, 5, 4)),
    ],
)
def test_sums_of_nothing_are_zero(
    build: Any, x_shape: Any, kernel_shape: Any, y_shape: Any, sizes_are_known: bool, engine: str
) -> None:
    with ts.Graph().as_default():
        shapes = x_shape, kernel_shape
        operands = [images(*(shape if sizes_are_known else [None] * 4)) for shape in shapes]
        y = build(*operands)
        feeds = {x: np.ones(shape) for x, shape in zip(operands, shapes)}
        results = ts.Session(engine=engine).run([y, *ts.gradients(y, operands)], feeds)
    for value, shape in zip(results, [y_shape, *shapes]):
        np.testing.assert_array_equal(value, np.zeros(shape, np.float32), strict=True)
