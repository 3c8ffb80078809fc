"""ts.nn: the names of TensorFlow's tf.nn."""

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
from tensorslow.ops.batch_norm import (
    fused_batch_norm,
)
from tensorslow.ops.bias import (
    bias_add,
    relu_layer,
    xw_plus_b,
)
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
from tensorslow.ops.depthwise import (
    depthwise_conv2d_backprop_filter as depthwise_conv2d_native_backprop_filter,
)
from tensorslow.ops.depthwise import (
    depthwise_conv2d_backprop_input as depthwise_conv2d_native_backprop_input,
)
from tensorslow.ops.dropout import (
    dropout,
)
from tensorslow.ops.embedding import (
    embedding_lookup,
)
from tensorslow.ops.exponential import (
    sigmoid,
    softplus,
)
from tensorslow.ops.hyperbolic import (
    tanh,
)
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
from tensorslow.ops.pool import (
    avg_pool,
    max_pool,
)
from tensorslow.ops.pool import (
    avg_pool as avg_pool2d,
)
from tensorslow.ops.response_normalization import (
    local_response_normalization,
    lrn,
)
from tensorslow.ops.softmax import (
    log_softmax,
    softmax,
)
from tensorslow.ops.sorting import (
    in_top_k,
    top_k,
)
from tensorslow.ops.statistics import (
    zero_fraction,
)
from tensorslow.ops.windows1d import (
    avg_pool1d,
    conv1d,
    max_pool1d,
)
from tensorslow.ops.windows3d import (
    avg_pool3d,
    conv3d,
    conv3d_backprop_filter,
    conv3d_transpose,
    max_pool3d,
)
from tensorslow.ops.windows3d import (
    conv3d_backprop_filter as conv3d_backprop_filter_v2,
)
from tensorslow.ops.windows_nd import (
    convolution,
    pool,
)

__all__ = [
    "atrous_conv2d",
    "atrous_conv2d_transpose",
    "avg_pool",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm_with_global_normalization",
    "batch_normalization",
    "bias_add",
    "conv1d",
    "conv2d",
    "conv2d_backprop_filter",
    "conv2d_backprop_input",
    "conv2d_transpose",
    "conv3d",
    "conv3d_backprop_filter",
    "conv3d_backprop_filter_v2",
    "conv3d_transpose",
    "convolution",
    "crelu",
    "depthwise_conv2d",
    "depthwise_conv2d_backprop_filter",
    "depthwise_conv2d_backprop_input",
    "depthwise_conv2d_native",
    "depthwise_conv2d_native_backprop_filter",
    "depthwise_conv2d_native_backprop_input",
    "dropout",
    "elu",
    "embedding_lookup",
    "fused_batch_norm",
    "gelu",
    "in_top_k",
    "l2_loss",
    "l2_normalize",
    "leaky_relu",
    "local_response_normalization",
    "log_poisson_loss",
    "log_softmax",
    "lrn",
    "max_pool",
    "max_pool1d",
    "max_pool3d",
    "moments",
    "normalize_moments",
    "pool",
    "relu",
    "relu6",
    "relu_layer",
    "selu",
    "separable_conv2d",
    "sigmoid",
    "sigmoid_cross_entropy_with_logits",
    "softmax",
    "softmax_cross_entropy_with_logits",
    "softmax_cross_entropy_with_logits_v2",
    "softplus",
    "softsign",
    "sparse_softmax_cross_entropy_with_logits",
    "swish",
    "tanh",
    "top_k",
    "weighted_cross_entropy_with_logits",
    "weighted_moments",
    "xw_plus_b",
    "zero_fraction",
]
