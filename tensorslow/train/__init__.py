"""ts.train: what changes variables so that a loss becomes smaller."""

from tensorslow.train.adadelta import AdadeltaOptimizer
from tensorslow.train.adagrad import AdagradOptimizer
from tensorslow.train.adam import AdamOptimizer
from tensorslow.train.ftrl import FtrlOptimizer
from tensorslow.train.gradient_descent import GradientDescentOptimizer
from tensorslow.train.learning_rate_decay import (
    cosine_decay,
    cosine_decay_restarts,
    exponential_decay,
    inverse_time_decay,
    linear_cosine_decay,
    natural_exp_decay,
    piecewise_constant,
    polynomial_decay,
)
from tensorslow.train.learning_rate_decay import (
    piecewise_constant as piecewise_constant_decay,
)
from tensorslow.train.momentum import MomentumOptimizer
from tensorslow.train.moving_averages import ExponentialMovingAverage
from tensorslow.train.optimizer import Optimizer
from tensorslow.train.rmsprop import RMSPropOptimizer
from tensorslow.train.step_counter import (
    assert_global_step,
    create_global_step,
    get_global_step,
    get_or_create_global_step,
    global_step,
)

__all__ = [
    "AdadeltaOptimizer",
    "AdagradOptimizer",
    "AdamOptimizer",
    "ExponentialMovingAverage",
    "FtrlOptimizer",
    "GradientDescentOptimizer",
    "MomentumOptimizer",
    "Optimizer",
    "RMSPropOptimizer",
    "assert_global_step",
    "cosine_decay",
    "cosine_decay_restarts",
    "create_global_step",
    "exponential_decay",
    "get_global_step",
    "get_or_create_global_step",
    "global_step",
    "inverse_time_decay",
    "linear_cosine_decay",
    "natural_exp_decay",
    "piecewise_constant",
    "piecewise_constant_decay",
    "polynomial_decay",
]
