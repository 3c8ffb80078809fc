"""tensorslow: TensorFlow's classic graph API, from scratch.

import tensorslow as ts

x = ts.placeholder(ts.float32, [None, 2])
y = ts.matmul(x, [[1.0], [2.0]])
with ts.Session() as session:
    print(session.run(y, {x: [[3.0, 4.0]]}))  # [[11.]]
"""

from tensorslow import looking as _looking
from tensorslow import math, nn, random, train
from tensorslow.collections import (
    GraphKeys,
    add_to_collection,
    add_to_collections,
    get_collection,
    get_collection_ref,
)
from tensorslow.defaults import get_default_graph
from tensorslow.dtypes import (
    DType,
    as_dtype,
    complex64,
    complex128,
    double,
    float16,
    float32,
    float64,
    half,
    int8,
    int16,
    int32,
    int64,
    string,
    uint8,
    uint16,
    uint32,
    uint64,
)
from tensorslow.dtypes import bool_ as bool
from tensorslow.gradients import compute_gradients, gradients
from tensorslow.graph import Graph, reset_default_graph
from tensorslow.looking import explain_gradient, inspect, summary_of
from tensorslow.nodes import Operation, Tensor

# The places where a lower rung learns of a higher one: x + y, a user's own operations, and above
# the drawings of a graph.
from tensorslow.ops import host as _host
from tensorslow.ops import operators as _operators
from tensorslow.ops.activations import relu
from tensorslow.ops.argmax import argmax, argmin
from tensorslow.ops.casting import (
    bitcast,
    cast,
    to_complex64,
    to_complex128,
    to_double,
    to_float,
    to_int32,
    to_int64,
)
from tensorslow.ops.clipping import (
    clip_by_average_norm,
    clip_by_global_norm,
    clip_by_norm,
    clip_by_value,
    global_norm,
    saturate_cast,
)
from tensorslow.ops.comparison import (
    equal,
    greater,
    greater_equal,
    is_finite,
    is_inf,
    is_nan,
    less,
    less_equal,
    not_equal,
)
from tensorslow.ops.conjugate import conj
from tensorslow.ops.constant import constant, convert_to_tensor, fill, ones, zeros
from tensorslow.ops.control_flow import case, cond, while_loop
from tensorslow.ops.cumulative import cumprod, cumsum
from tensorslow.ops.diagonal import (
    diag,
    diag_part,
    eye,
    matrix_band_part,
    matrix_diag,
    matrix_diag_part,
    matrix_set_diag,
)
from tensorslow.ops.division import (
    div,
    divide,
    floor_div,
    floordiv,
    floormod,
    mod,
    realdiv,
    reciprocal,
    truediv,
    truncatediv,
    truncatemod,
)
from tensorslow.ops.einsum import einsum, tensordot, trace
from tensorslow.ops.elementwise import (
    accumulate_n,
    add,
    add_n,
    multiply,
    negative,
    ones_like,
    scalar_mul,
    subtract,
    zeros_like,
)
from tensorslow.ops.exponential import exp, expm1, log, log1p, log_sigmoid, sigmoid
from tensorslow.ops.gather import batch_gather, gather
from tensorslow.ops.gather_nd import (
    gather_nd,
    scatter_nd,
    tensor_scatter_nd_add,
    tensor_scatter_nd_sub,
)
from tensorslow.ops.gather_nd import tensor_scatter_nd_add as tensor_scatter_add
from tensorslow.ops.gather_nd import tensor_scatter_nd_sub as tensor_scatter_sub
from tensorslow.ops.group import group, no_op
from tensorslow.ops.group import tuple_ as tuple
from tensorslow.ops.higher_order import foldl, foldr, map_fn, scan
from tensorslow.ops.host import Assert, Print, py_func
from tensorslow.ops.hyperbolic import acosh, asinh, atanh, cosh, sinh, tanh
from tensorslow.ops.identity import check_numerics, identity, identity_n, stop_gradient
from tensorslow.ops.indexed_slices import IndexedSlices
from tensorslow.ops.indexing import boolean_mask, newaxis, strided_slice
from tensorslow.ops.join import concat, split, stack, unstack
from tensorslow.ops.logical import logical_and, logical_not, logical_or, logical_xor
from tensorslow.ops.matmul import matmul
from tensorslow.ops.meshgrid import meshgrid
from tensorslow.ops.no_nan import div_no_nan
from tensorslow.ops.norms import norm
from tensorslow.ops.one_hot import one_hot, sequence_mask
from tensorslow.ops.pad import pad
from tensorslow.ops.partition import dynamic_partition, dynamic_stitch
from tensorslow.ops.placeholder import placeholder, placeholder_with_default
from tensorslow.ops.powers import pow, rsqrt, sqrt, square, squared_difference
from tensorslow.ops.random import random_normal, random_uniform, truncated_normal
from tensorslow.ops.random_choice import multinomial, random_crop, random_shuffle
from tensorslow.ops.ranges import linspace, range
from tensorslow.ops.ranges import linspace as lin_space
from tensorslow.ops.reduce import (
    reduce_all,
    reduce_any,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_prod,
    reduce_sum,
)
from tensorslow.ops.reverse import reverse, reverse_sequence, reverse_v2
from tensorslow.ops.roll import roll
from tensorslow.ops.rounding import abs, ceil, floor, rint, round, sign
from tensorslow.ops.seeds import get_seed, set_random_seed
from tensorslow.ops.selection import maximum, minimum, where, where_v2
from tensorslow.ops.shape import (
    broadcast_dynamic_shape,
    broadcast_static_shape,
    broadcast_to,
    expand_dims,
    rank,
    reshape,
    shape,
    shape_n,
    size,
    squeeze,
)
from tensorslow.ops.slicing import slice
from tensorslow.ops.softmax import log_softmax, softmax
from tensorslow.ops.sorting import argsort, sort
from tensorslow.ops.special import digamma, erf, erfc, lgamma, polygamma, zeta
from tensorslow.ops.statistics import count_nonzero, reduce_logsumexp
from tensorslow.ops.tile import tile
from tensorslow.ops.transpose import invert_permutation, matrix_transpose, transpose
from tensorslow.ops.trigonometric import acos, asin, atan, atan2, cos, sin, tan
from tensorslow.ops.unique import setdiff1d, unique, unique_with_counts
from tensorslow.ops.variable import (
    Variable,
    assign,
    assign_add,
    assign_sub,
    global_variables,
    global_variables_initializer,
    local_variables,
    local_variables_initializer,
    trainable_variables,
    variables_initializer,
)
from tensorslow.registry import RegisterGradient
from tensorslow.scopes import colocate_with, control_dependencies, device, name_scope
from tensorslow.session import InteractiveSession, Session, get_default_session
from tensorslow.tensor_shape import Dimension, TensorShape
from tensorslow.version import __version__

_operators.install(Tensor)
_host.install(Operation)
_looking.install(Graph)

# `tests/golden/public_names.txt` has them one a line, with those of the modules.
# fmt: off
__all__ = [
    "Assert", "DType", "Dimension", "Graph", "GraphKeys", "IndexedSlices", "InteractiveSession",
    "Operation", "Print", "RegisterGradient", "Session", "Tensor", "TensorShape", "Variable",
    "__version__", "abs", "accumulate_n", "acos", "acosh", "add", "add_n", "add_to_collection",
    "add_to_collections", "argmax", "argmin", "argsort", "as_dtype", "asin", "asinh", "assign",
    "assign_add", "assign_sub", "atan", "atan2", "atanh", "batch_gather", "bitcast", "bool",
    "boolean_mask", "broadcast_dynamic_shape", "broadcast_static_shape", "broadcast_to", "case",
    "cast", "ceil", "check_numerics", "clip_by_average_norm", "clip_by_global_norm", "clip_by_norm",
    "clip_by_value", "colocate_with", "complex128", "complex64", "compute_gradients", "concat",
    "cond", "conj", "constant", "control_dependencies", "convert_to_tensor", "cos", "cosh",
    "count_nonzero", "cumprod", "cumsum", "device", "diag", "diag_part", "digamma", "div",
    "div_no_nan", "divide", "double", "dynamic_partition", "dynamic_stitch", "einsum", "equal",
    "erf", "erfc", "exp", "expand_dims", "explain_gradient", "expm1", "eye", "fill", "float16",
    "float32", "float64", "floor", "floor_div", "floordiv", "floormod", "foldl", "foldr", "gather",
    "gather_nd", "get_collection", "get_collection_ref", "get_default_graph", "get_default_session",
    "get_seed", "global_norm", "global_variables", "global_variables_initializer", "gradients",
    "greater", "greater_equal", "group", "half", "identity", "identity_n", "inspect", "int16",
    "int32", "int64", "int8", "invert_permutation", "is_finite", "is_inf", "is_nan", "less",
    "less_equal", "lgamma", "lin_space", "linspace", "local_variables",
    "local_variables_initializer", "log", "log1p", "log_sigmoid", "log_softmax", "logical_and",
    "logical_not", "logical_or", "logical_xor", "map_fn", "math", "matmul", "matrix_band_part",
    "matrix_diag", "matrix_diag_part", "matrix_set_diag", "matrix_transpose", "maximum", "meshgrid",
    "minimum", "mod", "multinomial", "multiply", "name_scope", "negative", "newaxis", "nn", "no_op",
    "norm", "not_equal", "one_hot", "ones", "ones_like", "pad", "placeholder",
    "placeholder_with_default", "polygamma", "pow", "py_func", "random", "random_crop",
    "random_normal", "random_shuffle", "random_uniform", "range", "rank", "realdiv", "reciprocal",
    "reduce_all", "reduce_any", "reduce_logsumexp", "reduce_max", "reduce_mean", "reduce_min",
    "reduce_prod", "reduce_sum", "relu", "reset_default_graph", "reshape", "reverse",
    "reverse_sequence", "reverse_v2", "rint", "roll", "round", "rsqrt", "saturate_cast",
    "scalar_mul", "scan", "scatter_nd", "sequence_mask", "set_random_seed", "setdiff1d", "shape",
    "shape_n", "sigmoid", "sign", "sin", "sinh", "size", "slice", "softmax", "sort", "split",
    "sqrt", "square", "squared_difference", "squeeze", "stack", "stop_gradient", "strided_slice",
    "string", "subtract", "summary_of", "tan", "tanh", "tensor_scatter_add",
    "tensor_scatter_nd_add", "tensor_scatter_nd_sub", "tensor_scatter_sub", "tensordot", "tile",
    "to_complex128", "to_complex64", "to_double", "to_float", "to_int32", "to_int64", "trace",
    "train", "trainable_variables", "transpose", "truediv", "truncated_normal", "truncatediv",
    "truncatemod", "tuple", "uint16", "uint32", "uint64", "uint8", "unique", "unique_with_counts",
    "unstack", "variables_initializer", "where", "where_v2", "while_loop", "zeros", "zeros_like",
    "zeta",
]
# fmt: on
