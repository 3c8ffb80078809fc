"""Session: runs parts of a graph and keeps the values of its variables from run to run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from tensorslow import nest
from tensorslow.arrays.host import HostCalls, recorded
from tensorslow.engines import numpy as numpy_engine
from tensorslow.errors import ExecutionError
from tensorslow.feeds import Feed, resolve_feed
from tensorslow.fetches import fetched_nodes, pack_results
from tensorslow.graph import Graph, Operation, Tensor, get_default_graph, session_stack
from tensorslow.nodes import Node
from tensorslow.plan import Cell, Plan, plan_run
from tensorslow.state import State, is_one_of

ENGINES: dict[str, Callable[[Plan], Callable[[Sequence[Any]], list[Any]]]] = {
    "numpy": numpy_engine.compile_plan
}


class Call:
    """One combination of fetches and fed tensors, ready to run.

    The way of a feed: `resolve_feed` finds its tensor, `Feed.convert` makes an array of the value,
    the array is in one of the first slots when the engine's program begins, and kernels (each an
    operation's `OpDef.compute`, bound to NumPy) take it from there.
    """

    def __init__(self, session: Session, fetches: Sequence[Node], fed: Sequence[Any]) -> None:
        self.feeds = [Feed(resolve_feed(session.graph, key)) for key in fed]
        self.converters = [feed.convert for feed in self.feeds]
        run_plan = plan_run(fetches, [feed.tensor for feed in self.feeds])
        self.program = session.compile(run_plan.plan)
        self.reads, self.writes = run_plan.reads, run_plan.writes
        self.has_host = run_plan.plan.has_host
        # Tensors have a value to return; operations are run for what they do, and give None.
        self.places = [i for i, node in enumerate(fetches) if isinstance(node, Tensor)]
        self.count, self.nothing = len(self.places), [None] * len(fetches)
        self.session = session
        self.state = session.state
        self.begun = False  # whether all it reads has a value
        # Everybody takes these locks in one order, so that no two runs wait for each other.
        self.turns = [self.state.turn(cell) for cell in sorted(self.writes, key=id)]
        written = set(self.writes)
        self.compared = [(i, cell) for i, cell in enumerate(self.reads) if cell in written]

    def run(self, values: Iterable[Any]) -> list[Any]:
        """The fetched values, one for each fetch; the new state is committed if all went well."""
        inputs = [convert(value) for convert, value in zip(self.converters, values)]
        if not self.begun:
            self._begin()
        if self.has_host:
            return self._returned(self._run_with_host(inputs), inputs)
        if not self.writes:
            return self._returned(self.program(inputs + self._read()), inputs)
        for turn in self.turns:
            turn.acquire()
        try:
            results = self.program(inputs + self._read())
            self.state.commit(self.writes, results[self.count :], inputs)
        finally:
            for turn in self.turns:
                turn.release()
        return self._returned(results, inputs)

    def _begin(self) -> None:
        """Initial values are computed before any turn is taken, since another run may be at it
        already.
        """
        for cell in self.reads:
            self.session.ensure(cell)
        self.begun = True

    def _read(self) -> list[Any]:
        values = self.state.values
        with self.state.mutex:
            return [values[cell] for cell in self.reads]

    def _run_with_host(self, inputs: list[Any]) -> list[Any]:
        """A host operation may wait for another run, so no turn is held while it does.

        If meanwhile another run replaced a variable that this one writes, it is repeated in turn,
        with the results that its host operations gave already.
        """
        calls = HostCalls()
        with recorded(calls):
            before = self._read()
            results = self.program(inputs + before)
            for turn in self.turns:
                turn.acquire()
            try:
                if any(self.state.values.get(cell) is not before[i] for i, cell in self.compared):
                    calls.replay()
                    results = self.program(inputs + self._read())
                self.state.commit(self.writes, results[self.count :], inputs)
            finally:
                for turn in self.turns:
                    turn.release()
        return results

    def _returned(self, fetched: Sequence[Any], inputs: Sequence[Any]) -> list[Any]:
        """The values of the fetched tensors, which their receiver may keep and change."""
        results: list[Any] = self.nothing.copy()
        taken = list(inputs)  # arrays that have an owner already
        for place, value in zip(self.places, fetched):
            if type(value) is not np.ndarray:
                value = np.asarray(value)
            if value.ndim == 0:
                value = value[()]  # scalars as NumPy scalars
            elif value.base is not None or not value.flags.writeable or is_one_of(value, taken):
                value = value.copy()
            else:
                taken.append(value)  # two nodes may have one array
            results[place] = value
        return results


class Session:
    """Runs a graph.

    TensorFlow: tf.Session.

    Args:
        target: accepted for TensorFlow's sake; "" is this process.
        graph: the graph to run; None: the default graph.
        config: accepted, without effect.
        engine: "numpy"; None: what the environment variable TENSORSLOW_ENGINE names, else "numpy".

    A variable takes its initial value when it is first used, if no initializer ran before.
    """

    def __init__(
        self,
        target: str = "",
        graph: Graph | None = None,
        config: Any = None,
        *,
        engine: str | None = None,
    ):
        engine = engine or os.environ.get("TENSORSLOW_ENGINE") or "numpy"
        if engine not in ENGINES:
            raise ValueError(
                f"there is no engine {engine!r}; there is {', '.join(sorted(ENGINES))}"
            )
        self.compile = ENGINES[engine]
        self.graph = graph if graph is not None else get_default_graph()
        self.state = State()
        self._calls: dict[Any, Call] = {}
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
        if self._closed:
            self._refuse()
        results = call.run(feeds.values() if feeds else ())
        return results if kind is list else tuple(results) if kind is tuple else results[0]

    def _run_new(self, fetches: Any, feeds: Any) -> Any:
        if self._closed:
            self._refuse()
        if not hasattr(feeds, "keys"):
            raise TypeError(f"feed_dict must be a dictionary from tensors to values, not {feeds!r}")
        results = self._call(fetches, tuple(feeds)).run(feeds.values())
        return pack_results(fetches, iter(results))

    def _call(self, fetches: Any, fed: tuple[Any, ...]) -> Call:
        """The call for these fetches, which is prepared when they are first seen."""
        leaves = nest.flatten(fetches)
        nodes = [node for leaf in leaves for node in fetched_nodes(self.graph, leaf)]
        call = self._calls.get((None, *nodes, None, *fed))
        if call is None:
            call = self._calls[None, *nodes, None, *fed] = Call(self, nodes, fed)
        flat = type(fetches) in (list, tuple)
        if len(nodes) == len(leaves) and (
            not nest.is_nested(fetches) or flat and not any(map(nest.is_nested, fetches))
        ):
            key = (type(fetches), *fetches, None, *fed) if flat else (fetches, None, *fed)
            self._calls[key] = call
        return call

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
                self.state.begin(cell, self._call(cell.initial_value, ()).run(())[0])  # type: ignore[attr-defined]

    def close(self) -> None:
        """Ends the session; its variables' values are gone."""
        self._closed = True
        self._calls.clear()

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
    ):
        super().__init__(target, graph, config, engine=engine)
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


def get_default_session() -> Session | None:
    """The default session of this thread, or None. TensorFlow: tf.get_default_session."""
    stack = session_stack()
    return stack[-1] if stack else None
