"""Session: runs parts of a graph and keeps the values of its variables from run to run."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow import nest
from tensorslow.calls import Call
from tensorslow.errors import ExecutionError
from tensorslow.feeds import resolve_feed
from tensorslow.fetches import fetched_nodes, pack_results
from tensorslow.graph import Graph, Operation, get_default_graph, session_stack
from tensorslow.plan import Cell
from tensorslow.state import State
from tensorslow.tiers import AUTO, Engine

NUMPY = "numpy"  # the engine that looks at each step
CALLS = 1024  # that a session keeps ready


class Session:
    """Runs a graph.

    TensorFlow: tf.Session.

    Args:
        target: accepted for TensorFlow's sake; "" is this process.
        graph: the graph to run; None: the default graph.
        config: accepted, without effect.
        engine: "numpy" interprets everything; "llvm" compiles everything, at its first run; "auto"
            interprets at first, and compiles what is run again and again. None: what the
            environment variable TENSORSLOW_ENGINE names, else "auto".
        debug: whether a run shall end where the first nan or infinity is made, with an error that
            names the node, its line and the ranges of its operands, before any variable has
            changed. NumPy then makes all runs, and looks at each result.

    Raises:
        ValueError: there is no such engine; or one that compiles is asked to debug.

    A variable takes its initial value when it is first used, if no initializer ran before.
    """

    def __init__(
        self,
        target: str = "",
        graph: Graph | None = None,
        config: Any = None,
        *,
        engine: str | None = None,
        debug: bool = False,
    ):
        if debug and engine not in (None, AUTO, NUMPY):
            raise ValueError(f"debug=True looks at each step in NumPy: leave engine={engine!r} out")
        chosen = NUMPY if debug else engine or os.environ.get("TENSORSLOW_ENGINE") or AUTO
        self.engine = Engine(chosen)
        self.debug = debug
        self.graph = graph if graph is not None else get_default_graph()
        self.state = State()
        self._calls: OrderedDict[Any, Call] = OrderedDict()
        self._closed = False
        self._entered: list[Any] = []

    def run(
        self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None
    ) -> Any:
        """Computes fetches, and returns them in the form in which they were asked for.

        Args:
            fetches: a tensor, an operation, the name of one, or any nesting of lists, tuples and
                dictionaries of these.
            feed_dict: by tensor (or its name), the value it shall have in this run.
            options, run_metadata: accepted, without effect.

        Returns:
            NumPy arrays (scalars for tensors without axes), None for operations, nested as
            `fetches`.
            All of one run: a variable has in it the value from before, unless the graph says
            otherwise.

        Raises:
            FeedError: a placeholder was not fed, or a value does not fit its tensor.
            GraphError: a fetch is of another graph, or an operation failed; no variable has
                changed.
        """
        feeds = feed_dict or {}
        try:  # the common case: the same nodes as before, in a list, a tuple or alone
            kind = type(fetches)
            key = (
                (kind, *fetches, None, *feeds)
                if kind is list or kind is tuple
                else (fetches, None, *feeds)
            )
            call = self._calls.get(key)
        except TypeError:  # a nested fetch has no hash
            call = None
        if call is None:
            return self._run_new(fetches, feeds)
        results = call.run(feeds.values())
        return results if kind is list else tuple(results) if kind is tuple else results[0]

    def _run_new(self, fetches: Any, feeds: Any) -> Any:
        call = self._call(fetches, _keys(feeds))
        return pack_results(fetches, iter(call.run(feeds.values())))

    def _call(self, fetches: Any, fed: tuple[Any, ...]) -> Call:
        """The call for these fetches, which is prepared when they are first seen."""
        if self._closed:
            self._refuse()
        leaves = nest.flatten(fetches)
        nodes = [node for leaf in leaves for node in fetched_nodes(self.graph, leaf)]
        call = self._calls.get((None, *nodes, None, *fed))
        if call is None:
            tensors = [resolve_feed(self.graph, key) for key in fed]
            call = Call(nodes, tensors, self.state, self.engine, self.ensure, self.debug)
            self._keep((None, *nodes, None, *fed), call)
        flat = type(fetches) in (list, tuple)
        if len(nodes) == len(leaves) and (
            not nest.is_nested(fetches) or flat and not any(map(nest.is_nested, fetches))
        ):
            key = (type(fetches), *fetches, None, *fed) if flat else (fetches, None, *fed)
            self._keep(key, call)
        return call

    def _keep(self, key: Any, call: Call) -> None:
        """Remembers a call, and forgets one that was not used lately if there are many."""
        while len(self._calls) >= CALLS:
            oldest, other = self._calls.popitem(last=False)
            if other.used:  # it has a second chance
                other.used = False
                self._calls[oldest] = other
        self._calls[key] = call

    def _refuse(self) -> None:
        raise ExecutionError("this session is closed", hint="open a new one with ts.Session()")

    def make_callable(
        self, fetches: Any, feed_list: Sequence[Any] | None = None, accept_options: bool = False
    ) -> Any:
        """A function of the values of `feed_list` that returns what `run(fetches)` would."""
        fed = tuple(feed_list or ())
        call = self._call(fetches, fed)

        def call_with(*values: Any) -> Any:
            if len(values) != len(fed):
                raise TypeError(f"this callable takes {len(fed)} values, not {len(values)}")
            if self._closed:
                self._refuse()
            return pack_results(fetches, iter(call.run(values)))

        return call_with

    def explain(self, fetches: Any, feed_dict: Any = None, *, times: bool = False) -> Any:
        """What the engine made of a run of `fetches`, without running it.

        Args:
            fetches: as for `run`.
            feed_dict: as for `run`; of the values, only shape and type matter.
            times: whether a compiled plan shall be run for half a second, on copies of what is fed
                and of the variables, to measure how long each part of it takes.

        Returns:
            Something to print: of a compiled plan what its engine tells of it, stage by stage (see
            `docs/design/compiler.md`), else the steps that NumPy makes.

        Example:
            >>> import tensorslow as ts
            >>> x = ts.placeholder(ts.float32, [2], name="x")
            >>> print(ts.Session(engine="numpy").explain(ts.tanh(x * 2.0, name="y"), {x: [1, 2]}))
            %0 = Placeholder 'x'  float32[2]
            %2 = Mul(%0, 2.0)  # 'mul'
            %3 = Tanh(%2)  # 'y'
            return %3
        """
        feeds = feed_dict or {}
        return self._call(fetches, _keys(feeds)).explain(feeds.values(), times)

    def ensure(self, cell: Cell) -> None:
        """Gives a variable its initial value, and a counter its beginning, where they have none
        yet.
        """
        if cell in self.state.values:
            return
        if isinstance(cell, Operation):
            self.state.begin(cell, np.uint64(0))
            return
        with self.state.beginning(cell):
            if cell not in self.state.values:
                self.state.begin(cell, self._call(cell.initial_value, ()).run_once()[0])  # type: ignore[attr-defined]

    def close(self) -> None:
        """Ends the session; its variables' values are gone."""
        self._closed = True
        self._calls.clear()
        self.engine.close()

    def as_default(self) -> DefaultSession:
        """Makes this the session of `Tensor.eval` and `Operation.run`, until the block ends."""
        return DefaultSession(self)

    def __enter__(self) -> Session:
        default_graph, default_session = self.graph.as_default(), self.as_default()
        default_session.__enter__()
        self._entered.append((default_graph, default_session))
        return self

    def __exit__(self, *exc: object) -> None:
        default_graph, default_session = self._entered.pop()
        default_session.__exit__(*exc)
        default_graph.__exit__(*exc)
        self.close()

    @property
    def sess_str(self) -> str:
        """The target."""
        return ""


class DefaultSession:
    """What `Session.as_default` returns."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._depths: list[int] = []

    def __enter__(self) -> Session:
        self._depths.append(len(session_stack()))
        session_stack().append(self.session)
        return self.session

    def __exit__(self, *exc: object) -> None:
        del session_stack()[self._depths.pop() :]


class InteractiveSession(Session):
    """A session that is the default one from the start. TensorFlow: tf.InteractiveSession."""

    def __init__(
        self,
        target: str = "",
        graph: Graph | None = None,
        config: Any = None,
        *,
        engine: str | None = None,
        debug: bool = False,
    ):
        super().__init__(target, graph, config, engine=engine, debug=debug)
        self._default_graph = None if graph is None else graph.as_default()
        session_stack().append(self)

    def close(self) -> None:
        """Ends the session; it and its graph, if one was given, are no default any more."""
        super().close()
        if self._default_graph is not None:
            self._default_graph.__exit__()
            self._default_graph = None
        if self in session_stack():
            session_stack().remove(self)


def _keys(feeds: Any) -> tuple[Any, ...]:
    if not hasattr(feeds, "keys"):
        raise TypeError(f"feed_dict must be a dictionary from tensors to values, not {feeds!r}")
    return tuple(feeds)


def get_default_session() -> Session | None:
    """The default session of this thread, or None. TensorFlow: tf.get_default_session."""
    stack = session_stack()
    return stack[-1] if stack else None
