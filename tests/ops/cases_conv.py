"""Rows of convolution and pooling."""

from __future__ import annotations

import numpy as np

from tensorslow.ops.conv import (
    atrous_conv2d,
    atrous_conv2d_transpose,
    conv2d,
    conv2d_backprop_filter,
    conv2d_backprop_input,
    conv2d_transpose,
)
from tensorslow.ops.depthwise import (
    depthwise_conv2d,
    depthwise_conv2d_backprop_filter,
    depthwise_conv2d_backprop_input,
    depthwise_conv2d_native,
    separable_conv2d,
)
from tensorslow.ops.pool import avg_pool, max_pool
from tensorslow.ops.windows1d import avg_pool1d, conv1d, max_pool1d
from tensorslow.ops.windows3d import (
    avg_pool3d,
    conv3d,
    conv3d_backprop_filter,
    conv3d_transpose,
    max_pool3d,
)
from tensorslow.ops.windows_nd import convolution, pool
from tests.ops.case import Case, distinct, integers, normal

ONE = [1, 1, 1, 1]
BY_TWO = [1, 2, 2, 1]
KERNEL = normal(3, 3, 2, 4)
TIES = integers(0, 3, 1, 6, 6, 2).astype(np.float64)
PADS = [[0, 0], [1, 2], [0, 1], [0, 0]]

CONVOLUTIONS = [
    Case(conv2d, [normal(2, 5, 4, 2), KERNEL, ONE, "SAME"]),
    Case(conv2d, [normal(2, 5, 4, 2), KERNEL, ONE, "VALID"]),
    Case(conv2d, [normal(1, 7, 6, 2), KERNEL, BY_TWO, "SAME"]),
    Case(conv2d, [normal(1, 7, 6, 2), KERNEL, [1, 3, 2, 1], "VALID"]),
    Case(conv2d, [normal(1, 7, 8, 1), normal(2, 4, 1, 3), 3, "SAME"]),  # even, and one channel
    Case(conv2d, [normal(1, 5, 5, 3), normal(2, 2, 3, 2), [2, 1], "SAME"]),
    Case(
        conv2d, [normal(1, 4, 4, 2), normal(1, 1, 2, 3), BY_TWO, "VALID"]
    ),  # some elements in no window
    Case(
        conv2d, [normal(1, 2, 2, 2), normal(5, 5, 2, 1), ONE, "SAME"]
    ),  # windows larger than the image
    Case(conv2d, [normal(1, 3, 3, 8), normal(3, 3, 8, 1), ONE, "SAME"]),
    Case(conv2d, [normal(1, 3, 3, 1), normal(3, 3, 1, 8), ONE, "SAME"]),
    Case(conv2d, [normal(1, 4, 5, 2), KERNEL, ONE, PADS]),
    Case(conv2d, [normal(1, 5, 5, 2), KERNEL, BY_TWO, [[0, 0], [3, 3], [2, 0], [0, 0]]]),
    Case(conv2d, [normal(0, 5, 5, 2), KERNEL, ONE, "SAME"]),
    Case(conv2d, [normal(1, 3, 3, 2), KERNEL, ONE, "VALID"]),  # a single window
    Case(
        conv2d,
        [normal(1, 4, 4, 2, dtype=np.float32), normal(3, 3, 2, 2, dtype=np.float32), 1, "SAME"],
    ),
    # TensorFlow takes channels first, and gaps or groups in a gradient, on GPUs only.
    Case(conv2d, [normal(2, 2, 5, 4), KERNEL, [1, 1, 2, 1], "SAME"], data_format="NCHW", tf=None),
    Case(
        conv2d,
        [normal(1, 2, 5, 4), KERNEL, 1, [[0, 0], [0, 0], [1, 2], [0, 1]]],
        data_format="NCHW",
        tf=None,
    ),
    Case(conv2d, [normal(1, 7, 8, 2), KERNEL, ONE, "SAME"], dilations=[1, 2, 3, 1], tf=None),
    Case(conv2d, [normal(1, 7, 8, 2), KERNEL, BY_TWO, "VALID"], dilations=2, tf=None),
    Case(conv2d, [normal(1, 5, 5, 4), normal(3, 3, 2, 6), BY_TWO, "SAME"], tf=None),
    Case(conv2d, [normal(1, 5, 5, 3), normal(3, 3, 1, 6), ONE, "SAME"], tf=None),
    Case(atrous_conv2d, [normal(1, 7, 8, 2), KERNEL, 2, "SAME"]),
    Case(atrous_conv2d, [normal(1, 7, 8, 2), KERNEL, 3, "VALID"]),
    Case(conv2d_backprop_input, [[1, 7, 6, 2], KERNEL, normal(1, 4, 3, 4), BY_TWO, "SAME"]),
    Case(
        conv2d_backprop_filter,
        [normal(1, 7, 6, 2), [3, 3, 2, 4], normal(1, 4, 3, 4), BY_TWO, "SAME"],
    ),
    Case(conv2d_transpose, [normal(2, 3, 3, 4), KERNEL, [2, 6, 5, 2], BY_TWO]),
    Case(conv2d_transpose, [normal(1, 3, 3, 4), KERNEL, [1, 7, 8, 2], 2, "VALID"]),
    Case(conv2d_transpose, [normal(1, 4, 4, 4), KERNEL, [1, 4, 4, 2], ONE]),
    Case(
        conv2d_transpose,
        [normal(1, 4, 3, 3), KERNEL, [1, 2, 6, 5], [1, 1, 2, 2]],
        data_format="NCHW",
        tf=None,
    ),
    Case(atrous_conv2d_transpose, [normal(1, 7, 8, 4), KERNEL, [1, 7, 8, 2], 2, "SAME"]),
    Case(conv1d, [normal(2, 7, 3), normal(3, 3, 2), 2, "SAME"]),
    Case(conv1d, [normal(2, 7, 3), normal(4, 3, 2), 1, "VALID"]),
    Case(conv1d, [normal(2, 3, 7), normal(3, 3, 2), 2, "SAME"], data_format="NCW", tf=None),
    Case(conv1d, [normal(2, 8, 3), normal(3, 3, 2), 1, "SAME"], dilations=2, tf=None),
    Case(conv3d, [normal(1, 4, 3, 5, 2), normal(2, 3, 2, 2, 3), [1, 1, 2, 1, 1], "SAME"]),
    Case(conv3d, [normal(1, 4, 3, 5, 2), normal(2, 3, 2, 2, 3), [1, 1, 1, 1, 1], "VALID"]),
    Case(
        conv3d,
        [normal(1, 2, 4, 3, 5), normal(2, 3, 2, 2, 3), 1, "SAME"],
        data_format="NCDHW",
        tf=None,
    ),
    Case(
        conv3d_backprop_filter,
        [normal(1, 3, 3, 3, 2), [2, 2, 2, 2, 3], normal(1, 3, 3, 3, 3), [1, 1, 1, 1, 1], "SAME"],
    ),
    Case(
        conv3d_transpose,
        [normal(1, 2, 2, 2, 3), normal(3, 3, 3, 2, 3), [1, 4, 3, 4, 2], [1, 2, 2, 2, 1]],
    ),
    Case(convolution, [normal(2, 7, 3), normal(3, 3, 2), "SAME"], needs="rank"),
    Case(convolution, [normal(1, 6, 6, 2), KERNEL, "VALID"], strides=[2, 1], needs="rank"),
    Case(convolution, [normal(1, 6, 6, 2), KERNEL, "SAME"], dilation_rate=[2, 2], needs="rank"),
    Case(convolution, [normal(1, 3, 3, 3, 2), normal(2, 2, 2, 2, 1), "SAME"], needs="rank"),
]

DEPTHWISE = [
    Case(depthwise_conv2d, [normal(2, 5, 4, 3), normal(3, 3, 3, 1), ONE, "SAME"]),
    Case(depthwise_conv2d, [normal(1, 6, 5, 3), normal(2, 3, 3, 2), BY_TWO, "SAME"]),
    Case(depthwise_conv2d, [normal(1, 6, 6, 2), normal(3, 3, 2, 3), BY_TWO, "VALID"]),
    Case(depthwise_conv2d, [normal(1, 5, 5, 1), normal(3, 3, 1, 2), ONE, "SAME"]),
    Case(depthwise_conv2d, [normal(1, 7, 7, 2), normal(3, 3, 2, 2), ONE, "SAME"], rate=[2, 2]),
    Case(
        depthwise_conv2d,
        [normal(1, 3, 5, 4), normal(3, 3, 3, 2), ONE, "SAME"],
        data_format="NCHW",
        tf=None,
    ),
    Case(depthwise_conv2d_native, [normal(1, 5, 4, 3), normal(3, 3, 3, 2), ONE, "VALID"]),
    Case(
        depthwise_conv2d_backprop_input,
        [[1, 5, 5, 2], normal(3, 3, 2, 2), normal(1, 3, 3, 4), BY_TWO, "SAME"],
    ),
    Case(
        depthwise_conv2d_backprop_filter,
        [normal(1, 5, 5, 2), [3, 3, 2, 2], normal(1, 3, 3, 4), BY_TWO, "SAME"],
    ),
    Case(
        separable_conv2d,
        [normal(1, 5, 5, 2), normal(3, 3, 2, 2), normal(1, 1, 4, 3), BY_TWO, "SAME"],
    ),
    Case(
        separable_conv2d,
        [normal(1, 5, 5, 2), normal(3, 3, 2, 1), normal(1, 1, 2, 3), ONE, "VALID"],
        rate=2,
        tf=None,
    ),
]

POOLINGS = [
    Case(max_pool, [distinct(2, 4, 6, 3), BY_TWO, BY_TWO, "VALID"]),
    Case(max_pool, [distinct(1, 5, 7, 2), [1, 3, 3, 1], BY_TWO, "SAME"]),
    Case(max_pool, [distinct(1, 5, 5, 2), [1, 3, 2, 1], ONE, "SAME"]),
    Case(
        max_pool, [distinct(1, 7, 7, 1), BY_TWO, [1, 3, 3, 1], "VALID"]
    ),  # gaps between the windows
    Case(max_pool, [distinct(1, 3, 3, 2), 5, 2, "SAME"]),
    Case(
        max_pool, [-np.abs(normal(1, 3, 3, 1)) - 1, BY_TWO, BY_TWO, "SAME"]
    ),  # below what is padded
    Case(max_pool, [distinct(0, 4, 4, 1), BY_TWO, BY_TWO, "VALID"]),
    Case(max_pool, [distinct(1, 4, 4, 2), BY_TWO, BY_TWO, [[0, 0], [1, 1], [1, 0], [0, 0]]]),
    Case(max_pool, [TIES, BY_TWO, BY_TWO, "VALID"], kinks=True),
    Case(max_pool, [TIES, [1, 3, 3, 1], ONE, "SAME"], kinks=True),
    Case(max_pool, [distinct(1, 2, 4, 6), [2, 2], [2, 2], "VALID"], data_format="NCHW", tf=None),
    Case(max_pool1d, [distinct(2, 7, 3), 3, 2, "SAME"]),
    Case(
        max_pool1d, [distinct(2, 3, 7), [1, 1, 3], [1, 1, 2], "VALID"], data_format="NCW", tf=None
    ),
    Case(max_pool3d, [distinct(1, 4, 3, 4, 2, dtype=np.float32), 2, 2, "SAME"]),
    Case(max_pool3d, [distinct(1, 4, 3, 4, 2), 2, 2, "SAME"], tf=None),  # float32 only, there
    Case(pool, [distinct(1, 5, 5, 2), [3, 2], "MAX", "SAME"]),
    Case(avg_pool, [normal(2, 4, 6, 3), BY_TWO, BY_TWO, "VALID"]),
    Case(avg_pool, [normal(1, 5, 7, 2), [1, 3, 3, 1], BY_TWO, "SAME"]),
    Case(avg_pool, [normal(1, 5, 5, 2), [1, 3, 2, 1], ONE, "SAME"]),
    Case(avg_pool, [normal(1, 7, 7, 1), BY_TWO, [1, 3, 3, 1], "VALID"]),
    Case(avg_pool, [normal(1, 4, 4, 2), 4, 1, "VALID"]),
    Case(avg_pool, [normal(1, 2, 4, 6), 3, 2, "SAME"], data_format="NCHW", tf=None),
    Case(avg_pool1d, [normal(2, 7, 3), 3, 2, "SAME"]),
    Case(
        avg_pool3d,
        [normal(1, 4, 3, 4, 2, dtype=np.float32), [1, 2, 2, 3, 1], [1, 2, 1, 2, 1], "SAME"],
    ),
    Case(pool, [normal(1, 6, 2), [3], "AVG", "VALID"], strides=[2]),
]

CASES = [*CONVOLUTIONS, *DEPTHWISE, *POOLINGS]
