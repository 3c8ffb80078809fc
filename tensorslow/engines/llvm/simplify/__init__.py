"""Programs in few canonical primitives, and smaller: the second stage of the compiler.

`simplify(program)` says the same as `program` (`trace.py`), to the last bit except where noted,
with these primitives alone. An instruction has *operands* (`args`) and *options* (`options`, by
name). An operand is a `Symbol`, a constant array (`np.ndarray` of one axis or more whose elements
are not all equal), or a literal: a NumPy scalar (`np.generic`) of the type that is needed. No
operand and no result of an instruction has a size of 0, but parameters and constants that are
results may. Element types are bool, signed and unsigned integers, float16/32/64.

**Views** (no computation)

| primitive | means |
| --- | --- |
| `reshape(x; shape)` | `shape` is a tuple of known sizes |
| `transpose(x; perm)` | `perm` is never the identity, and no axis of `x` has size 1 |
| `slice_(x; begin, end, strides)` | each a tuple of ints, 0 <= begin < end <= size, strides >= 1 |
| `flip(x; axis)` | a sorted tuple of axes |
| `broadcast_to(x; shape)` | NumPy's rule; `x` may be a literal: an array of one value |

**Elementwise.** Operands broadcast as in NumPy, and the result has just the shape that they give (a
`broadcast_to` that only feeds elementwise primitives is gone). All operands have one type, which is
the result's; but those of a comparison or a predicate have one type and give bool, `where` and
`cast` see below.

| primitive | operands |
| --- | --- |
| `negative abs sign` | integers (signed or not), floats |
| `sqrt exp log log1p expm1 sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh` | floats |
| `sigmoid` | floats |
| `erf erfc lgamma digamma zeta(x, q) floor ceil rint` | floats |
| `isnan isinf isfinite` | floats → bool |
| `logical_not logical_and logical_or` | bool |
| `bitwise_and bitwise_or bitwise_xor bitwise_not left_shift right_shift` | integers |
| `add subtract multiply` | integers (wrapping), floats |
| `divide atan2` | floats |
| `floor_divide mod power` | integers (the divisor is checked before), floats |
| `maximum minimum` | integers, floats (nan wins) |
| `equal not_equal less less_equal greater greater_equal` | any, bool too → bool |
| `where(condition, x, y)` | bool; x and y of the result's type, bool too |
| `cast(x; dtype)` | any → any other but bool; to bool it is `not_equal(x, 0)` |
| `bitcast(x; dtype)` | any → another type of the same size |
| `iota(; shape, axis, dtype)` | no operands: the number of the place along one axis, integers |

Shifting by the number of bits or more gives 0, or -1 for negative numbers to the right.

**Reductions.** The axes go away; float16 is added up in float32.

| primitive | means |
| --- | --- |
| `sum prod max min (x; axis)` | a sorted tuple of axes, not empty; integers, floats |
| `any all (x; axis)` | the same, bool |
| `argmax argmin (x; axis)` | an int; int64, the first of equals; the first nan wins |
| `cumsum cumprod (x; axis)` | an int; integers, floats |
| `argsort(x; axis, descending, count)` | int64, the first `count` places; stable; nan last, or
  first if descending |

**Contractions**, operands and result of one type

| primitive | means |
| --- | --- |
| `matmul(a, b)` | a [batch..., m, k], b [batch..., k, n], equal batches → [batch..., m, n] |
| `conv(x, kernel; strides, padding, dilations)` | x [batch, *spatial, channels in], kernel
  [*window, channels in / groups, channels out]; `padding` is always a tuple of (before, after) |
| `conv_input(kernel, dy; shape, strides, padding, dilations)` | its adjoint in x |
| `conv_filter(x, dy; kernel_shape, strides, padding, dilations)` | its adjoint in the kernel |

**Windows** on [batch, *spatial, channels], `padding` as above

| primitive | means |
| --- | --- |
| `window_max(x; ksize, strides, padding)`, `window_mean(…)` | as numeric.py |
| `window_max_scatter(x, dy; ksize, strides, padding)` | |
| `window_max_gather(x, values; ksize, strides, padding)` | |
| `window_mean_input(dy; shape, ksize, strides, padding)` | |

**Indexing.** Indices are integers and are not checked here: where it is not known that they are
inside, `check_indices` stands before. (A failed check does not end the run on the spot, so an
engine must not read or write outside all the same.)

| primitive | means |
| --- | --- |
| `take(x, indices; axis, batch_dims)` | as numeric.py; either `batch_dims` is 0 and indices are
  [places], or it is 1 and indices are [batch, places] |
| `scatter_add(x, indices, updates)` | rows: along the first axis |
| `scatter_update(x, indices, updates)` | rows: along the first axis |
| `pad(x; paddings, value)` | (before, after) an axis, none negative; `value` a literal |
| `concat(*arrays; axis)` | two arrays or more |

**Checks** have no results and are never dropped unless they are known to hold

| primitive | means |
| --- | --- |
| `check_indices(indices; limit)` | all are in [0, limit); a limit of None: not negative |
| `check_nonzero(divisor)` | none is 0, or False |

**Control.** Blocks use symbols of the blocks around them. A program's, a branch's or an iteration's
result may be any operand: also a parameter, a constant, or one symbol twice.

| primitive | means |
| --- | --- |
| `cond(predicate)` blocks (then, else) | a bool scalar; the results of that block |
| `while_loop(limit, *carries, *xs; carries, rows, reverse)` blocks (condition or None, body) | see
  `program.py` |

What is gone: expand_dims squeeze broadcast_like sum_to expand_reduced swap_last_two slice_adjoint
stack shape size ndim arange full zeros mean einsum conj gather_nd scatter_nd_add take_along_axis
last_places take_flat add_flat.

Not to the last bit are: `power(x, n)` for small n becomes products and roots, 1 / (1 + exp(-x))
becomes `sigmoid(x)`, which the processor computes to within 3 units in the last place, sums may be
added up in another order, and a sum of negated numbers that is 0 may be -0. What fails its check is
computed all the same: a quotient by 0 or an element outside must do no harm.

| file | |
| --- | --- |
| `rules.py` | begin here: which primitive goes to which of the files below |
| `builder.py` | what they write with: each value once, constants in one form |
| `elementwise.py`, `algebra.py` | primitives on elements: their form, and what is equal to less |
| `powers.py` | powers whose exponent is known |
| `views.py`, `joins.py`, `reshape.py` | views of the same elements; pad and concat |
| `reductions.py`, `contractions.py`, `indexing.py` | the primitives of these kinds |
| `windows.py` | the gradient of a maximum over windows |
| `control.py` | branches and loops: what is known is decided, what stays the same leaves |
| `rows.py`, `kept.py` | what loops read row by row, and what they keep row by row |
| `uses.py`, `dead.py` | what has one reader, and what has none |
"""

from tensorslow.engines.llvm.simplify.rules import simplify

__all__ = ["simplify"]
