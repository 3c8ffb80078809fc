"""The steps of optimizers: what a gradient makes of a variable and of what is kept beside it.

Each formula stands here once. For a whole gradient it is applied to whole arrays; for one of some
rows (`IndexedSlices`) to these rows, which are taken out of the arrays and then put back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import ShapeError
from tensorslow.opdef import OpDef
from tensorslow.shapes import Shape, compatible, show

Formula = Callable[..., Sequence[Any]]  # (xp, *state, *others, **attrs) → the new state


def _dense(name: str, state: str, others: str, formula: Formula) -> OpDef:
    """The operation that applies a formula to whole arrays.

    Args:
        name: TensorFlow's name of the operation.
        state: the variables that it updates, the trained one first.
        others: the scalars, and the gradient of the trained variable, in TensorFlow's order.
        formula: what it computes.
    """

    def compute(xp: Any, *arrays: Any, **attrs: Any) -> tuple[Any, ...]:
        new = formula(xp, *arrays, **attrs)
        # A gradient of a type that was not declared may have made the result a wider one.
        return tuple([xp.cast(x, old.dtype) for x, old in zip(new, arrays)])

    labels, updates = (*state.split(), *others.split()), tuple(state.split())
    operands = tuple(f"{label}: floating" for label in labels)
    check = _check_shapes(labels, len(updates))
    return OpDef(name, operands, check=check, compute=compute, updates=updates)


def _sparse(name: str, state: str, others: str, formula: Formula) -> OpDef:
    """The operation that applies a formula to the rows that "indices", next to "grad", names."""
    labels, updates = (*state.split(), *others.split()), tuple(state.split())
    count, grad_at = len(updates), others.split().index("grad")

    def compute(xp: Any, *arrays: Any, **attrs: Any) -> tuple[Any, ...]:
        old, rest = arrays[:count], list(arrays[count:])
        grad, indices = rest[grad_at], rest.pop(grad_at + 1)
        # The gradients of a row that is named twice are summed first. It is then computed twice,
        # with one result: so nothing waits for a list of different rows, whose length nobody knows.
        zeros = xp.broadcast_like(xp.zeros((), grad.dtype), old[0])
        rest[grad_at] = xp.take(xp.scatter_add(zeros, indices, grad), indices)
        new = formula(xp, *[xp.take(x, indices) for x in old], *rest, **attrs)
        rows = [xp.cast(x, before.dtype) for x, before in zip(new, old)]
        return tuple([xp.scatter_update(x, indices, row) for x, row in zip(old, rows)])

    operands = tuple(f"{x}: {'index' if x == 'indices' else 'floating'}" for x in labels)
    check = _check_shapes(labels, count)
    return OpDef(name, operands, check=check, compute=compute, updates=updates)


def _check_shapes(labels: Sequence[str], count: int) -> Callable[..., None]:
    """A check that the state and the gradient have one shape, and all else is a scalar."""

    def check(*specs: TensorSpec, **attrs: Any) -> None:
        given = dict(zip(labels, specs, strict=True))
        expected: dict[str, Shape] = dict.fromkeys(labels[:count], specs[0].shape)
        expected["grad"] = expected["delta"] = specs[0].shape
        if "indices" in given:
            expected["indices"] = given["indices"].shape
            expected["grad"] = _shape_of_rows(given["indices"], specs[0])
        for label, spec in given.items():
            goal = expected.get(label, ())
            if not compatible(spec.shape, goal):
                raise ShapeError(f"{label} must have shape {show(goal)}, not {show(spec.shape)}")

    return check


def _shape_of_rows(indices: TensorSpec, variable: TensorSpec) -> Shape:
    """The shape of one row for each index."""
    if indices.shape is None or variable.shape is None:
        return None
    return indices.shape + variable.shape[1:]


def _gradient_descent(xp: Any, var: Any, alpha: Any, delta: Any) -> Sequence[Any]:
    return [var - alpha * delta]


APPLY_GRADIENT_DESCENT = _dense("ApplyGradientDescent", "var", "alpha delta", _gradient_descent)


def _scatter_check(ref: TensorSpec, indices: TensorSpec, updates: TensorSpec) -> None:
    goal = _shape_of_rows(indices, ref)
    if not compatible(updates.shape, goal):
        raise ShapeError(f"updates must have shape {show(goal)}, not {show(updates.shape)}")


def _scatter_sub(xp: Any, ref: Any, indices: Any, updates: Any) -> Any:
    return xp.cast(xp.scatter_add(ref, indices, -updates), ref.dtype)


SCATTER_SUB = OpDef(
    "ScatterSub",
    operands=("ref: numeric", "indices: index", "updates: numeric"),
    check=_scatter_check,
    compute=_scatter_sub,
    updates=("ref",),
)


def _momentum(
    xp: Any, var: Any, accum: Any, lr: Any, grad: Any, momentum: Any, *, use_nesterov: bool
) -> Sequence[Any]:
    accum = accum * momentum + grad
    # Nesterov: the gradient where momentum alone would lead. The variable is kept there already.
    step = grad + accum * momentum if use_nesterov else accum
    return [var - lr * step, accum]


APPLY_MOMENTUM = _dense("ApplyMomentum", "var accum", "lr grad momentum", _momentum)
SPARSE_APPLY_MOMENTUM = _sparse(
    "SparseApplyMomentum", "var accum", "lr grad indices momentum", _momentum
)


def _adagrad(xp: Any, var: Any, accum: Any, lr: Any, grad: Any) -> Sequence[Any]:
    accum = accum + grad * grad
    return [var - lr * grad / xp.sqrt(accum), accum]


APPLY_ADAGRAD = _dense("ApplyAdagrad", "var accum", "lr grad", _adagrad)
SPARSE_APPLY_ADAGRAD = _sparse("SparseApplyAdagrad", "var accum", "lr grad indices", _adagrad)


def _adadelta(
    xp: Any, var: Any, accum: Any, accum_update: Any, lr: Any, rho: Any, epsilon: Any, grad: Any
) -> Sequence[Any]:
    accum = rho * accum + (1 - rho) * grad * grad
    # In units of the variable: scaled by the size of past steps over that of past gradients.
    step = grad * xp.sqrt(accum_update + epsilon) / xp.sqrt(accum + epsilon)
    return [var - lr * step, accum, rho * accum_update + (1 - rho) * step * step]


_ADADELTA, _ADADELTA_OTHERS = "var accum accum_update", "lr rho epsilon grad"
APPLY_ADADELTA = _dense("ApplyAdadelta", _ADADELTA, _ADADELTA_OTHERS, _adadelta)
SPARSE_APPLY_ADADELTA = _sparse(
    "SparseApplyAdadelta", _ADADELTA, f"{_ADADELTA_OTHERS} indices", _adadelta
)


def _rms_prop(
    xp: Any, var: Any, ms: Any, mom: Any,
    lr: Any, rho: Any, momentum: Any, epsilon: Any, grad: Any,
) -> Sequence[Any]:  # fmt: skip
    ms = ms + (grad * grad - ms) * (1 - rho)
    mom = mom * momentum + lr * grad / xp.sqrt(ms + epsilon)
    return [var - mom, ms, mom]


_RMS_OTHERS = "lr rho momentum epsilon grad"
APPLY_RMS_PROP = _dense("ApplyRMSProp", "var ms mom", _RMS_OTHERS, _rms_prop)
SPARSE_APPLY_RMS_PROP = _sparse(
    "SparseApplyRMSProp", "var ms mom", f"{_RMS_OTHERS} indices", _rms_prop
)


def _centered_rms_prop(
    xp: Any, var: Any, mg: Any, ms: Any, mom: Any,
    lr: Any, rho: Any, momentum: Any, epsilon: Any, grad: Any,
) -> Sequence[Any]:  # fmt: skip
    mg = mg + (grad - mg) * (1 - rho)
    ms = ms + (grad * grad - ms) * (1 - rho)
    mom = mom * momentum + lr * grad / xp.sqrt(ms - mg * mg + epsilon)
    return [var - mom, mg, ms, mom]


_CENTERED = "var mg ms mom"
APPLY_CENTERED_RMS_PROP = _dense("ApplyCenteredRMSProp", _CENTERED, _RMS_OTHERS, _centered_rms_prop)
SPARSE_APPLY_CENTERED_RMS_PROP = _sparse(
    "SparseApplyCenteredRMSProp", _CENTERED, f"{_RMS_OTHERS} indices", _centered_rms_prop
)


def _adam(
    xp: Any, var: Any, m: Any, v: Any, beta1_power: Any, beta2_power: Any,
    lr: Any, beta1: Any, beta2: Any, epsilon: Any, grad: Any, *, use_nesterov: bool,
) -> Sequence[Any]:  # fmt: skip
    # Kingma and Ba, end of section 2: both corrections in the learning rate, epsilon without them.
    rate = lr * xp.sqrt(1 - beta2_power) / (1 - beta1_power)
    m = m + (grad - m) * (1 - beta1)
    v = v + (grad * grad - v) * (1 - beta2)
    ahead = beta1 * m + (1 - beta1) * grad if use_nesterov else m
    return [var - rate * ahead / (xp.sqrt(v) + epsilon), m, v]


# There is no sparse one: the means of a row decay whether or not it has a gradient.
_ADAM_OTHERS = "beta1_power beta2_power lr beta1 beta2 epsilon grad"
APPLY_ADAM = _dense("ApplyAdam", "var m v", _ADAM_OTHERS, _adam)


def _ftrl(
    xp: Any, var: Any, accum: Any, linear: Any, grad: Any,
    lr: Any, l1: Any, l2: Any, lr_power: Any, pull: Any = 0,
) -> Sequence[Any]:  # fmt: skip
    # McMahan et al., "Ad Click Prediction", algorithm 1, with lr_power for the square root.
    new_accum = accum + grad * grad
    old_rate, rate = xp.power(accum, -lr_power) / lr, xp.power(new_accum, -lr_power) / lr
    linear = linear + grad + pull - (rate - old_rate) * var
    # A weight is exactly 0 as long as `linear` stays within l1 of 0.
    beyond = xp.maximum(xp.abs(linear) - l1, 0)
    return [-xp.sign(linear) * beyond / (rate + 2 * l2), new_accum, linear]


def _ftrl_with_shrinkage(
    xp: Any, var: Any, accum: Any, linear: Any, grad: Any,
    lr: Any, l1: Any, l2: Any, l2_shrinkage: Any, lr_power: Any,
) -> Sequence[Any]:  # fmt: skip
    # The pull towards 0 does not count as gradient where the learning rate is concerned.
    return _ftrl(xp, var, accum, linear, grad, lr, l1, l2, lr_power, 2 * l2_shrinkage * var)


_FTRL, _FTRL_NUMBERS = "var accum linear", "lr l1 l2 lr_power"
_FTRL_V2_NUMBERS = "lr l1 l2 l2_shrinkage lr_power"
APPLY_FTRL = _dense("ApplyFtrl", _FTRL, f"grad {_FTRL_NUMBERS}", _ftrl)
SPARSE_APPLY_FTRL = _sparse("SparseApplyFtrl", _FTRL, f"grad indices {_FTRL_NUMBERS}", _ftrl)
APPLY_FTRL_V2 = _dense("ApplyFtrlV2", _FTRL, f"grad {_FTRL_V2_NUMBERS}", _ftrl_with_shrinkage)
SPARSE_APPLY_FTRL_V2 = _sparse(
    "SparseApplyFtrlV2", _FTRL, f"grad indices {_FTRL_V2_NUMBERS}", _ftrl_with_shrinkage
)
