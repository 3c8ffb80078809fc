"""ts.random: the names of TensorFlow's tf.random."""

from tensorslow.ops.random import (
    random_normal as normal,
)
from tensorslow.ops.random import (
    random_uniform as uniform,
)
from tensorslow.ops.random import (
    truncated_normal,
)
from tensorslow.ops.random_choice import (
    categorical,
    multinomial,
)
from tensorslow.ops.random_choice import (
    random_shuffle as shuffle,
)
from tensorslow.ops.seeds import (
    get_seed,
    set_random_seed,
)

__all__ = [
    "categorical",
    "get_seed",
    "multinomial",
    "normal",
    "set_random_seed",
    "shuffle",
    "truncated_normal",
    "uniform",
]
