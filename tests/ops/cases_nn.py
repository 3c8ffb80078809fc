"""Rows of what neural networks are made of: activations, losses, normalisation."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow.graph import Tensor
from tensorslow.ops.activations import (
    crelu,
    elu,
    gelu,
    leaky_relu,
    relu,
    relu6,
    selu,
    softsign,
    swish,
)
from tensorslow.ops.batch_norm import fused_batch_norm
from tensorslow.ops.bias import bias_add, relu_layer, xw_plus_b
from tensorslow.ops.dropout import dropout
from tensorslow.ops.losses import (
    l2_loss,
    log_poisson_loss,
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits_v2,
    sparse_softmax_cross_entropy_with_logits,
    weighted_cross_entropy_with_logits,
)
from tensorslow.ops.normalization import (
    batch_norm_with_global_normalization,
    batch_normalization,
    l2_normalize,
    moments,
    normalize_moments,
    weighted_moments,
)
from tensorslow.ops.response_normalization import local_response_normalization
from tensorslow.ops.softmax import log_softmax, softmax
from tests.ops.case import Case, between, boolean, integers, normal, positive

F32 = np.float32  # where TensorFlow takes nothing more precise
KINKS = np.array([-2.0, 0.0, 6.0, 7.0])
LARGE = np.array([[1000.0, -1000.0, 0.0], [-1e30, 1e30, 3.0]])
ANSWERS = boolean(3, 4).astype(np.float64)


def probabilities(*shape: int, seed: int = 5) -> np.ndarray:
    """Rows that sum to one along the last axis."""
    weights = positive(*shape, seed=seed)
    return weights / weights.sum(axis=-1, keepdims=True)


def batch_normalized(*args: Any, **kwargs: Any) -> Tensor:
    """The first result of `fused_batch_norm`, through which its gradients flow."""
    return fused_batch_norm(*args, **kwargs)[0]


CASES = [
    Case(relu, [normal(3, 4)]),
    Case(relu, [KINKS], kinks=True),
    Case(relu, [normal(0, 2)]),
    Case(relu, [integers(-5, 5, 4)]),
    Case(relu6, [8 * normal(3, 4)]),
    Case(relu6, [KINKS], kinks=True),
    Case(elu, [normal(3, 4)]),
    Case(elu, [KINKS], kinks=True),
    Case(elu, [np.array([-1000.0, 1000.0])]),
    Case(selu, [normal(3, 4)]),
    Case(selu, [KINKS], kinks=True),
    Case(leaky_relu, [normal(3, 4)]),
    Case(leaky_relu, [normal(3, 4)], alpha=0.5),
    Case(leaky_relu, [KINKS], kinks=True),
    Case(crelu, [normal(3, 4)], needs="rank"),
    Case(crelu, [normal(3, 4)], axis=0, needs="rank"),
    # TensorFlow's gradient of softsign has no gradient itself; ours has.
    Case(softsign, [normal(3, 4)]),
    Case(softsign, [KINKS], kinks=True, second=False),
    Case(swish, [normal(3, 4)]),
    Case(swish, [normal(3, 4)], beta=0.5),
    Case(gelu, [normal(3, 4)], tf=None),  # TensorFlow rounds its constants to float32
    Case(gelu, [normal(3, 4)], approximate=True, tf=None),
    Case(gelu, [normal(3, 4, dtype=F32)], tf="compat.v2.nn.gelu"),
    Case(gelu, [normal(3, 4, dtype=F32)], approximate=True, tf="compat.v2.nn.gelu"),
    Case(softmax, [normal(3, 4)]),
    Case(softmax, [normal(3, 4)], axis=0),
    Case(softmax, [normal(2, 3, 4)], dim=-2),
    Case(softmax, [normal(4)]),
    Case(softmax, [normal(2, 0)]),  # nothing to normalise
    Case(softmax, [normal(3, 1)]),
    Case(softmax, [LARGE], kinks=True),
    Case(log_softmax, [normal(3, 4)]),
    Case(log_softmax, [normal(3, 4, 2)], axis=1),
    Case(log_softmax, [LARGE], kinks=True),
    Case(
        softmax_cross_entropy_with_logits,
        [],
        labels=probabilities(3, 4),
        logits=normal(3, 4),
        wrt=["logits"],
    ),
    Case(
        softmax_cross_entropy_with_logits,
        [],
        labels=probabilities(3, 2, 4),
        logits=normal(3, 2, 4),
        wrt=["logits"],
    ),
    Case(
        softmax_cross_entropy_with_logits_v2,
        [],
        labels=probabilities(3, 4),
        logits=normal(3, 4),
        wrt=["logits"],
    ),
    Case(
        softmax_cross_entropy_with_logits_v2,
        [],
        labels=probabilities(4),
        logits=normal(4),
        wrt=["logits"],
    ),
    Case(
        softmax_cross_entropy_with_logits_v2,
        [],
        labels=probabilities(3, 4).T,
        logits=normal(4, 3),
        dim=0,
        wrt=["logits"],
    ),
    Case(
        softmax_cross_entropy_with_logits_v2,
        [],
        labels=normal(3, 4, seed=1),
        logits=normal(3, 4),
        wrt=["labels"],
    ),
    Case(
        softmax_cross_entropy_with_logits_v2,
        [],
        labels=probabilities(2, 3),
        logits=LARGE,
        kinks=True,
        wrt=["logits"],
    ),
    Case(
        softmax_cross_entropy_with_logits_v2,
        [],
        labels=np.eye(3)[[0, 2]],
        logits=LARGE[::-1].copy(),
        kinks=True,
        wrt=["logits"],
    ),
    Case(
        sparse_softmax_cross_entropy_with_logits, [], labels=integers(0, 4, 3), logits=normal(3, 4)
    ),
    Case(
        sparse_softmax_cross_entropy_with_logits,
        [],
        labels=integers(0, 4, 3, 2, dtype=np.int64),
        logits=normal(3, 2, 4),
    ),
    Case(sparse_softmax_cross_entropy_with_logits, [], labels=integers(0, 4), logits=normal(4)),
    Case(
        sparse_softmax_cross_entropy_with_logits,
        [],
        labels=np.array([1, 2]),
        logits=LARGE,
        kinks=True,
    ),
    Case(
        sparse_softmax_cross_entropy_with_logits, [], labels=integers(0, 4, 0), logits=normal(0, 4)
    ),
    Case(sigmoid_cross_entropy_with_logits, [], labels=ANSWERS, logits=normal(3, 4)),
    Case(
        sigmoid_cross_entropy_with_logits,
        [],
        labels=between(0, 1, 3),
        logits=np.array([-1000.0, 0.0, 1000.0]),
        second=False,
    ),
    Case(
        weighted_cross_entropy_with_logits, [], labels=ANSWERS, logits=normal(3, 4), pos_weight=2.5
    ),
    Case(
        weighted_cross_entropy_with_logits,
        [],
        targets=ANSWERS,
        logits=normal(3, 4),
        pos_weight=positive(4),
    ),
    Case(weighted_cross_entropy_with_logits, [between(0, 1, 2), np.zeros(2), 2.0], kinks=True),
    Case(log_poisson_loss, [positive(3), normal(3)]),
    Case(log_poisson_loss, [between(2, 5, 3), normal(3)], compute_full_loss=True),
    Case(l2_loss, [normal(3, 4)]),
    Case(l2_loss, [normal(0)]),
    Case(l2_loss, [normal()]),
    Case(bias_add, [normal(3, 4), normal(4)]),
    Case(bias_add, [normal(2, 3, 4, 5), normal(5)], data_format="NHWC"),
    Case(bias_add, [normal(2, 3, 4, 5), normal(3)], data_format="NCHW"),
    Case(bias_add, [normal(2, 3, 4), normal(3)], data_format="NCW"),
    Case(bias_add, [integers(0, 5, 2, 3), integers(0, 5, 3)]),
    Case(xw_plus_b, [normal(2, 3), normal(3, 4), normal(4)]),
    Case(relu_layer, [normal(2, 3), normal(3, 4), normal(4)]),
    # TensorFlow's second derivative leaves out how the mean moves.
    Case(moments, [normal(3, 4)], axes=[0]),
    Case(moments, [normal(2, 3, 4)], axes=[0, 2], keep_dims=True),
    Case(moments, [normal(3)], axes=0),
    Case(weighted_moments, [normal(3, 4), [0, 1], positive(3, 4)]),
    Case(weighted_moments, [normal(3, 4), [0], positive(3, 1)], keep_dims=True),
    Case(normalize_moments, [np.array(4.0), normal(3), 10 + normal(3, seed=1), normal(3, seed=2)]),
    Case(normalize_moments, [np.array(4.0), normal(3), 10 + normal(3, seed=1), None]),
    Case(
        batch_normalization,
        [normal(3, 4), normal(4), positive(4), normal(4, seed=1), positive(4, seed=1), 0.001],
    ),
    Case(batch_normalization, [normal(3, 4), normal(1, 4), positive(1, 4), None, None, 0.001]),
    Case(
        batch_norm_with_global_normalization,
        [
            normal(1, 2, 2, 3),
            normal(3),
            positive(3),
            normal(3, seed=1),
            positive(3, seed=1),
            0.001,
            True,
        ],
    ),
    Case(batch_normalized, [normal(2, 3, 2, 4), positive(4), normal(4)], tf=None),
    Case(
        batch_normalized, [normal(2, 4, 3, 2), positive(4), normal(4)], data_format="NCHW", tf=None
    ),
    Case(
        batch_normalized,
        [normal(2, 3, 2, 4), positive(4), normal(4), normal(4, seed=1), positive(4, seed=1)],
        is_training=False,
        wrt=[0, 1, 2],
        tf=None,
    ),
    Case(
        fused_batch_norm,
        [normal(2, 3, 2, 4, dtype=F32), positive(4, dtype=F32), normal(4, dtype=F32)],
        wrt=[],
    ),
    Case(l2_normalize, [normal(3, 4)]),
    Case(l2_normalize, [normal(3, 4)], axis=1),
    Case(l2_normalize, [normal(3, 4)], dim=[0, 1], epsilon=1e3),
    Case(
        local_response_normalization,
        [normal(2, 2, 3, 7)],
        depth_radius=2,
        alpha=0.5,
        beta=0.75,
        tf=None,
    ),
    Case(local_response_normalization, [normal(1, 1, 1, 3)], tf=None),
    Case(
        local_response_normalization,
        [normal(2, 2, 3, 7, dtype=F32)],
        depth_radius=2,
        alpha=0.5,
        beta=0.75,
    ),
    Case(local_response_normalization, [normal(1, 1, 1, 3, dtype=F32)]),
    # Its second run, for the gradient, draws other numbers in TensorFlow.
    Case(dropout, [normal(20, 10)], rate=0.4, seed=3, needs="dtype", tf=None),
    Case(dropout, [normal(20, 10)], rate=0.4, seed=4, needs="dtype", wrt=[]),
    Case(
        dropout, [normal(20, 10)], keep_prob=0.4, seed=4, noise_shape=[20, 1], needs="dtype", wrt=[]
    ),
    Case(
        dropout,
        [normal(20, 10), np.array(0.3)],
        seed=3,
        noise_shape=[None, 1],
        needs="dtype sizes",
        wrt=[],
    ),
    Case(dropout, [normal(20, 10, dtype=F32)], rate=0.7, needs="dtype", wrt=[]),
    Case(dropout, [normal(4)], keep_prob=1.0),
]
