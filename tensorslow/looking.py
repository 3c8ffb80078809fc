"""Ways to look at a graph from outside: each needs modules that few programs do, so that they are
imported when the first one asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tensorslow.graph import Graph, get_default_graph

if TYPE_CHECKING:
    from tensorslow.analysis.gradient_paths import GradientPaths
    from tensorslow.analysis.summary import Summary
    from tensorslow.inspector.inspection import Inspection


def inspect(
    fetches: Any,
    feed_dict: Mapping[Any, Any] | None = None,
    session: Any = None,
    graph: Graph | None = None,
    *,
    title: str | None = None,
    engine: bool | None = None,
    times: bool = False,
) -> Inspection:
    """One run of `fetches`, node by node, as a page to look at.

    The run is made here, step by step in NumPy, and changes nothing: variables keep their values
    even if an optimizer's step is fetched, and the next run will draw the same random numbers. (But
    a variable takes its initial value on first use, and Python functions in the graph are called.)
    A run that fails is shown up to where it failed.

    Args:
        fetches, feed_dict: as for `Session.run`.
        session: whose variables to use; None: the default session or, without one, a new one.
        graph: whose nodes `fetches` may name; None: the session's.
        title: of the page.
        engine: whether to compile it, to show what became of each node; None: up to 500 nodes.
        times: whether to measure that as well, on copies, for half a second.

    Returns:
        What a notebook shows as a page, `save("page.html")` writes, and `document` has as data.

    Raises: as `Session.run`, where the run cannot begin.

    Example:
        >>> import tensorslow as ts
        >>> with ts.Graph().as_default():
        ...     x = ts.placeholder(ts.float32, [2])
        ...     ts.inspect(ts.log(x), {x: [1.0, 0.0]}).document["culprit"]["why"]
        'log of 0: 1 of 2 elements of its operand'
    """
    from tensorslow.inspector.inspection import inspect_run

    return inspect_run(fetches, feed_dict, session, graph, title=title, engine=engine, times=times)


def explain_gradient(y: Any, x: Any, stop_gradients: Sequence[Any] | None = None) -> GradientPaths:
    """How a gradient goes from y back to x; or where it ends, why, and what to do.

    Args:
        y: the tensor that is differentiated.
        x: the tensor with respect to which.
        stop_gradients: tensors that count as constants, as for `ts.gradients`.

    Returns:
        Something to print. As data: `flows`, `path` (a shortest way, edge by edge), `count` (how
        many ways there are), `breaks` (where it ends) and `missing` (why there is no way at all).

    Raises:
        TypeError: y or x is no tensor.

    Example:
        >>> import tensorslow as ts
        >>> with ts.Graph().as_default():
        ...     w = ts.Variable(1.0)
        ...     ts.explain_gradient(ts.stop_gradient(w) * 2.0, w).breaks[0].reason
        'stop_gradient makes it a constant for differentiation'
    """
    from tensorslow.analysis.gradient_paths import gradient_paths
    from tensorslow.inspector.formulas import derivative

    return gradient_paths(y, x, stop_gradients or (), derivative)


def summary_of(graph: Graph | None = None, everything: bool = False) -> Summary:
    """A table of a graph's nodes: name, type, shape, parameters; with totals, and by scope.

    Args:
        graph: the graph; None: the default graph.
        everything: whether constants, gradients, updates and initial values have rows as well.

    Returns:
        Something to print; as data, `rows`, `parameters`, `bytes` and `scopes`.
    """
    from tensorslow.analysis.summary import summary_of

    return summary_of(graph or get_default_graph(), everything)


def to_dot(self: Graph, everything: bool = False) -> str:
    """The graph in the language of Graphviz, with scopes as clusters.

    Args:
        self: the graph.
        everything: whether gradients, updates and initial values are drawn as well.
    """
    from tensorslow.analysis.drawing import to_dot

    return to_dot(self, everything)


def to_svg(self: Graph, everything: bool = False) -> str:
    """The graph as a picture, laid out by Graphviz's program `dot`.

    Args:
        self: the graph.
        everything: whether gradients, updates and initial values are drawn as well.

    Raises:
        ExecutionError: `dot` is not installed, or failed.
    """
    from tensorslow.analysis.drawing import to_svg

    return to_svg(self, everything)


def install(graph: Any) -> None:
    """Gives graphs their methods `to_dot` and `to_svg`."""
    graph.to_dot, graph.to_svg = to_dot, to_svg
