"""Learning rates that change with the number of steps: scalar tensors made of the global step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tensorslow import dtypes, nest
from tensorslow.errors import DTypeError, GraphError
from tensorslow.graph import Tensor
from tensorslow.opdef import as_tensor
from tensorslow.ops.casting import cast
from tensorslow.ops.comparison import equal, less_equal
from tensorslow.ops.control_flow import cond
from tensorslow.ops.division import truediv
from tensorslow.ops.elementwise import add, multiply, negative, subtract
from tensorslow.ops.exponential import exp, log
from tensorslow.ops.powers import pow
from tensorslow.ops.rounding import ceil, floor
from tensorslow.ops.selection import minimum, where_v2
from tensorslow.ops.trigonometric import cos
from tensorslow.scopes import name_scope


def _in_one_type(learning_rate: Any, global_step: Any, *numbers: Any) -> list[Tensor]:
    """The learning rate as a tensor, then the step and the numbers in its type.

    Raises:
        ValueError: there is no global step.
    """
    if global_step is None:
        raise GraphError(
            "a decay needs a global_step", hint="ts.train.get_or_create_global_step() gives one"
        )
    rate = as_tensor(learning_rate, name="initial_learning_rate")
    if rate.dtype is None:
        raise GraphError(
            "the type of a learning rate that decays must be known",
            hint="give the placeholder a dtype",
        ).locate("", [("learning_rate", rate.describe())])
    return [rate, *[cast(x, rate.dtype) for x in (global_step, *numbers)]]


def exponential_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """learning_rate · decay_rate ^ (global_step / decay_steps).

    TensorFlow: tf.train.exponential_decay.

    Args:
        learning_rate: number or scalar tensor, the rate at step 0.
        global_step: tensor or number, the steps so far.
        decay_steps: in how many steps it changes by the factor `decay_rate`.
        decay_rate: that factor.
        staircase: whether it stays the same for `decay_steps` steps, and then falls at once.
        name: name of the node.

    Raises:
        ValueError: there is no global step.
    """
    with name_scope(name or "ExponentialDecay") as scope:
        rate, step, steps, factor = _in_one_type(
            learning_rate, global_step, decay_steps, decay_rate
        )
        return multiply(rate, pow(factor, _progress(step, steps, staircase)), name=scope)


def _progress(step: Tensor, steps: Tensor, staircase: bool) -> Tensor:
    progress = truediv(step, steps)
    return floor(progress) if staircase else progress


def natural_exp_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """learning_rate · e ^ (−decay_rate · global_step / decay_steps).

    TensorFlow: tf.train.natural_exp_decay. Arguments as `exponential_decay`.
    """
    factor = exp(negative(as_tensor(decay_rate)))
    return exponential_decay(learning_rate, global_step, decay_steps, factor, staircase, name)


def inverse_time_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """learning_rate / (1 + decay_rate · global_step / decay_steps).

    TensorFlow: tf.train.inverse_time_decay. Arguments as `exponential_decay`.
    """
    with name_scope(name or "InverseTimeDecay") as scope:
        rate, step, steps, factor = _in_one_type(
            learning_rate, global_step, decay_steps, decay_rate
        )
        return truediv(
            rate, add(multiply(factor, _progress(step, steps, staircase)), 1), name=scope
        )


def polynomial_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    end_learning_rate: Any = 0.0001,
    power: Any = 1.0,
    cycle: bool = False,
    name: str | None = None,
) -> Tensor:
    """From learning_rate to end_learning_rate, as a power of the steps that are left.

    TensorFlow: tf.train.polynomial_decay. (learning_rate − end_learning_rate) ·
    (1 − global_step / decay_steps) ^ power + end_learning_rate.

    Args:
        learning_rate: number or scalar tensor, the rate at step 0.
        global_step: tensor or number, the steps so far.
        decay_steps: after how many steps the end is reached.
        end_learning_rate: the rate from then on.
        power: exponent; 1 is a straight line.
        cycle: whether it rises again after the end, and then falls for longer: to the next
            multiple of `decay_steps`.
        name: name of the node.

    Raises:
        ValueError: there is no global step.
    """
    with name_scope(name or "PolynomialDecay") as scope:
        rate, step, steps, end, exponent = _in_one_type(
            learning_rate, global_step, decay_steps, end_learning_rate, power
        )
        if cycle:
            steps = multiply(steps, where_v2(equal(step, 0), 1, ceil(truediv(step, steps))))
        else:
            step = minimum(step, steps)
        left = subtract(1, truediv(step, steps))
        return add(multiply(subtract(rate, end), pow(left, exponent)), end, name=scope)


def piecewise_constant(
    x: Any, boundaries: Sequence[Any], values: Sequence[Any], name: str | None = None
) -> Tensor:
    """The value of the interval that `x` lies in.

    TensorFlow: tf.train.piecewise_constant.

    Args:
        x: scalar tensor, such as the global step.
        boundaries: growing numbers, each the last of its interval; of the type of `x`.
        values: a number or scalar tensor for each interval, one more than boundaries.
        name: name of the node.

    Raises:
        ValueError: there are not that many values, or they or the boundaries are of another type.
    """
    limits, steps = nest.flatten(boundaries), nest.flatten(values)
    if len(steps) != len(limits) + 1:
        raise GraphError(f"{len(limits)} boundaries need one value more, not {len(steps)}")
    with name_scope(name or "PiecewiseConstant") as scope:
        place = as_tensor(x)
        places = [_boundary(limit, place) for limit in limits]
        choices = [as_tensor(value) for value in steps]
        if len({choice.dtype for choice in choices}) > 1:
            raise GraphError(
                f"the values must be of one type, not {[str(c.spec) for c in choices]}"
            )
        result = choices[-1]
        for limit, choice in zip(reversed(places), reversed(choices[:-1]), strict=True):
            result = where_v2(
                less_equal(place, limit), choice, result, name=scope if limit is places[0] else None
            )
    return result


def _boundary(limit: Any, x: Tensor) -> Tensor:
    """A boundary in the type of `x`: what would not be exact in it is refused."""
    tensor = as_tensor(limit)
    if tensor.dtype is x.dtype or x.dtype is None:
        return tensor
    if tensor.dtype is dtypes.int32 and x.dtype is dtypes.int64:
        return cast(tensor, dtypes.int64)
    raise BoundaryError(
        f"boundary {limit!r} is {tensor.spec}, x is {x.spec}",
        hint="give both the same type, or ts.cast(x, …)",
    )


class BoundaryError(DTypeError, ValueError):
    """Boundaries and what they are compared with have different types."""


def cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Tensor:
    """Half a wave of the cosine, from learning_rate down to alpha · learning_rate.

    TensorFlow: tf.train.cosine_decay. Paper: Loshchilov and Hutter (2017), equation 5.

    Args:
        learning_rate: number or scalar tensor, the rate at step 0.
        global_step: tensor or number, the steps so far.
        decay_steps: after how many steps the end is reached.
        alpha: the rate then, as a fraction of `learning_rate`.
        name: name of the scope.

    Raises:
        ValueError: there is no global step.
    """
    with name_scope(name or "CosineDecay"):
        rate, step, steps, low = _in_one_type(learning_rate, global_step, decay_steps, alpha)
        wave = _half_wave(truediv(minimum(step, steps), steps))
        return multiply(rate, add(multiply(subtract(1, low), wave), low))


def _half_wave(progress: Tensor) -> Tensor:
    """From 1 to 0 while `progress` goes from 0 to 1, as the cosine does."""
    return multiply(add(cos(multiply(progress, math.pi)), 1), 0.5)


def cosine_decay_restarts(
    learning_rate: Any,
    global_step: Any,
    first_decay_steps: Any,
    t_mul: Any = 2.0,
    m_mul: Any = 1.0,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Tensor:
    """`cosine_decay` that begins anew at each end: `t_mul` times as long, `m_mul` times as high.

    TensorFlow: tf.train.cosine_decay_restarts. Paper: Loshchilov and Hutter (2017).

    Args:
        learning_rate: number or scalar tensor, the rate at step 0.
        global_step: tensor or number, the steps so far.
        first_decay_steps: how many steps the first decay takes.
        t_mul: how much longer each decay is than the one before.
        m_mul: how much higher each begins.
        alpha: where each ends, as a fraction of `learning_rate`.
        name: name of the node.

    Raises:
        ValueError: there is no global step.
    """
    with name_scope(name or "SGDRDecay") as scope:
        rate, step, first, longer, higher, low = _in_one_type(
            learning_rate, global_step, first_decay_steps, t_mul, m_mul, alpha
        )
        progress = truediv(step, first)
        restarts, progress = cond(
            equal(longer, 1),
            lambda: _equal_periods(progress),
            lambda: _growing_periods(progress, longer),
        )
        wave = multiply(pow(higher, restarts), _half_wave(progress))
        return multiply(rate, add(multiply(subtract(1, low), wave), low), name=scope)


def _equal_periods(progress: Tensor) -> tuple[Tensor, Tensor]:
    """(which period it is, how far it has come), where all are as long as the first."""
    period = floor(progress)
    return period, subtract(progress, period)


def _growing_periods(progress: Tensor, longer: Tensor) -> tuple[Tensor, Tensor]:
    """The same where each is `longer` times as long: n take (1 − longerⁿ) / (1 − longer)."""
    shrinking = subtract(1, longer)
    period = floor(truediv(log(subtract(1, multiply(progress, shrinking))), log(longer)))
    length = pow(longer, period)
    before = truediv(subtract(1, length), shrinking)
    return period, truediv(subtract(progress, before), length)


def linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Tensor:
    """learning_rate · ((alpha + a line down to 0) · a cosine that swings + beta).

    TensorFlow: tf.train.linear_cosine_decay. Paper: Bello et al. (2017), "Neural Optimizer Search".

    Args:
        learning_rate: number or scalar tensor.
        global_step: tensor or number, the steps so far.
        decay_steps: after how many steps the end is reached.
        num_periods: how many waves the cosine makes until then.
        alpha, beta: see above.
        name: name of the node.

    Raises:
        ValueError: there is no global step.
    """
    with name_scope(name or "LinearCosineDecay") as scope:
        rate, step, steps, periods, more, floor_rate = _in_one_type(
            learning_rate, global_step, decay_steps, num_periods, alpha, beta
        )
        step = minimum(step, steps)
        linear = truediv(subtract(steps, step), steps)
        wave = _half_wave(multiply(multiply(periods, 2), truediv(step, steps)))
        return multiply(rate, add(multiply(add(more, linear), wave), floor_rate), name=scope)
