"""The array primitives: the small language in which every operation's `compute` is written.

`compute(xp, ...)` says `xp.exp`, `xp.sum`, `xp.matmul`; an engine is a namespace `xp` that knows
what these mean. Names and meaning are NumPy's where NumPy has them. They are defined twice and no
more:

    numeric.py    what a primitive computes, in NumPy (with convolution.py, pooling.py and others)
    abstract/     what can be said of its result before there are numbers: its spec (spec.py)

Where NumPy's habits would surprise, this list decides for every engine:

    dtype        mixed types follow NumPy's promotion; a Python scalar never changes a type;
                 reductions keep the type of what they reduce
    nothing      the sum of nothing is 0, the product 1, the maximum the lowest value of the type
    ties         maximum, argmax, sort and window_max take the first of equals
    nan          maximum and minimum keep it
    indices      an index outside its axis raises; negative indices are outside

    elementwise  negative abs sign conj sqrt exp log log1p expm1 sin cos tan asin acos atan
                 sinh cosh tanh asinh acosh atanh erf erfc lgamma digamma zeta floor ceil rint
                 isnan isinf isfinite logical_not logical_and logical_or bitwise_and bitwise_or
                 bitwise_xor bitwise_not left_shift right_shift add subtract multiply divide
                 floor_divide mod power maximum minimum atan2 equal not_equal less less_equal
                 greater greater_equal where cast bitcast
    shape        shape size ndim reshape transpose expand_dims squeeze broadcast_to broadcast_like
                 sum_to expand_reduced swap_last_two slice_ slice_adjoint
                 pad concat stack flip arange full zeros
    reduction    sum mean prod max min any all argmax argmin cumsum cumprod
    contraction  matmul einsum conv conv_input conv_filter
    windows      window_max window_max_scatter window_max_gather window_mean window_mean_input
    indexing     take scatter_add scatter_update gather_nd scatter_nd_add take_along_axis
                 last_places take_flat add_flat argsort
    control      cond while_loop host require
"""
