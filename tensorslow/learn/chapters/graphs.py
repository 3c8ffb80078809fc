"""Chapter 1: a calculation as a data structure, and the session that visits its nodes in order."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Computational graphs")


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # 1. Computational graphs

    A neural network is a function with many parameters, often millions. To train it is to ask, over
    and over, how the result would change if each of them changed a little. An ordinary program
    cannot answer that: it computes its result and forgets how.

    So we split the work in two. First we write down *what* is to be computed, as a data structure
    that a program can walk through. Only then do we compute. The data structure is called a
    **computational graph**. Once it is there, one program can run it, a second one can
    differentiate it, and a third one can turn it into machine code.

    In this chapter you build such a graph, and what runs it, in some thirty lines. You break it in
    four ways. Then you read the library's own classes, and you will know why each line is there.
    """)
    return


@app.cell(hide_code=True)
def _():
    import marimo as mo
    import numpy as np

    import tensorslow as ts
    from tensorslow.learn import exercise, lesson

    return exercise, lesson, mo, np, ts


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## A calculation by hand

    Our example is an affine map of the plane: a matrix $A$, then a shift by $b$.

    $$z = A x + b, \qquad A = \begin{pmatrix} 1 & 0 \\ 0 & -1 \end{pmatrix}, \quad
    b = \begin{pmatrix} 1 \\ 1 \end{pmatrix}$$

    The matrix turns the plane over its horizontal axis, since it changes the sign of the second
    coordinate. For $x = (1, 2)$ we get

    $$A x = \begin{pmatrix} 1 \cdot 1 + 0 \cdot 2 \\ 0 \cdot 1 - 1 \cdot 2 \end{pmatrix}
    = \begin{pmatrix} 1 \\ -2 \end{pmatrix}, \qquad
    z = \begin{pmatrix} 1 + 1 \\ -2 + 1 \end{pmatrix} = \begin{pmatrix} 2 \\ -1 \end{pmatrix}$$

    NumPy agrees:
    """)
    return


@app.cell
def _(np):
    np.array([[1, 0], [0, -1]]) @ np.array([1, 2]) + np.array([1, 1])
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("graphs.by-hand")
    return


@app.cell
def _():
    answer_1 = ...
    return (answer_1,)


@app.cell(hide_code=True)
def _(answer_1, exercise):
    exercise.check("graphs.by-hand", answer_1)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    NumPy computed $Ax$, added $b$, returned two numbers and forgot everything else. Nobody can ask
    it afterwards which operations were involved, or compute the same for another $x$.

    Here is the same calculation as a picture. An arrow leads from a value to the operation that uses
    it.
    """)
    return


@app.cell(hide_code=True)
def _(affine, draw, lesson):
    lesson.picture(
        draw(affine),
        alt="The graph of the affine map. Arrows lead from the variable A and the placeholder x to "
        "the operation y, which multiplies, and from y and the variable b to the operation z, "
        "which adds.",
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    There are three kinds of node in it.

    - An **operation** computes. It has a *compute function* and a list of *input nodes*, whose values
      it needs. Here $y$ multiplies and $z$ adds.
    - A **placeholder** is a hole. Its value is given anew each time the graph is run. Here it is $x$.
    - A **variable** keeps a value from one run to the next. When a network learns, it is the
      variables that change. Here they are $A$ and $b$.

    The nodes that use a node are its **consumers**: $z$ is the only consumer of $y$. Inputs say
    where values come from; consumers say where they go. To compute forward we need the inputs; in
    chapter 4 we will walk backward, and then the consumers are what we need.
    """)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Build it yourself

    The picture becomes code almost word by word. A node knows its inputs, and tells them that it
    uses them:
    """)
    return


@app.cell
def _():
    class Node:
        def __init__(self, *inputs):
            self.inputs = inputs
            self.consumers = []
            for node in inputs:
                node.consumers.append(self)

    class Placeholder(Node):
        pass

    class Variable(Node):
        def __init__(self, value):
            super().__init__()
            self.value = value

    class Add(Node):
        def compute(self, a, b):
            return a + b

    class MatMul(Node):
        def compute(self, a, b):
            return a @ b

    return Add, MatMul, Node, Placeholder, Variable


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Now our map. In this chapter's toy its nodes have long names, to tell them from the library's
    later on: `turned` is $y = Ax$, and `moved` is $z = Ax + b$.
    """)
    return


@app.cell
def _(Add, MatMul, Placeholder, Variable, np):
    matrix = Variable(np.array([[1, 0], [0, -1]]))
    shift = Variable(np.array([1, 1]))
    point = Placeholder()

    turned = MatMul(matrix, point)
    moved = Add(turned, shift)

    moved
    return matrix, moved, point, shift, turned


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    No number was computed. `moved` is not a result but a promise of one: a node with two inputs,
    which have inputs in their turn.

    To keep the promise we need a program that runs graphs. Such a program is called a **session**.
    It has one problem to solve: a node can be computed only when all its inputs have been. So it
    first visits a node's inputs, and theirs before them, and the node itself after all of these.
    This is **post-order**, the order in which a careful reader works through a nested formula from
    the inside out.
    """)
    return


@app.cell
def _(Placeholder, Variable):
    def post_order(node):
        order = []
        for earlier in node.inputs:
            order.extend(post_order(earlier))
        return order + [node]

    def run(fetch, feeds):
        values = {}
        for node in post_order(fetch):
            if isinstance(node, Placeholder):
                values[node] = feeds[node]
            elif isinstance(node, Variable):
                values[node] = node.value
            else:
                values[node] = node.compute(*[values[earlier] for earlier in node.inputs])
        return values[fetch]

    return post_order, run


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The node that we want is called the **fetch**. What we put into the placeholders are the
    **feeds**. The same graph can be run for as many points as we like:
    """)
    return


@app.cell
def _(moved, np, point, run):
    toy_results = [
        run(moved, {point: np.array(coordinates)}) for coordinates in [(1, 2), (0, 0), (3, -1)]
    ]
    toy_results
    return (toy_results,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Step through the first of these runs. Each frame is one turn of the loop in `run`; a node is
    filled when it has a value.
    """)
    return


@app.cell(hide_code=True)
def _(affine, draw, lesson, named, np, point, post_order, moved):
    def evaluation_film():
        values = {point: np.array([1, 2])}
        order = post_order(moved)
        frames = [draw(affine)]
        captions = ["Before the run nothing has a value. The fetch is z."]
        for i, node in enumerate(order, 1):
            if hasattr(node, "compute"):
                values[node] = node.compute(*[values[earlier] for earlier in node.inputs])
                how = "computed from " + " and ".join(named[earlier] for earlier in node.inputs)
            else:
                values[node] = getattr(node, "value", values.get(node))
                how = (
                    "a variable: it has a value"
                    if node is not point
                    else "a placeholder: it is fed"
                )
            shown = {named[seen]: str(values[seen].tolist()) for seen in order[:i]}
            frames.append(draw(affine, values=shown, now=named[node]))
            captions.append(f"Step {i}: {named[node]}, {how}.")
        return lesson.film(
            frames,
            alt="The evaluation of z, node by node: A, x, y, b, z",
            captions=captions,
            seconds=1.5,
        )

    evaluation_film()
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("graphs.order")
    return


@app.cell
def _():
    answer_2 = ...
    return (answer_2,)


@app.cell(hide_code=True)
def _(answer_2, exercise):
    exercise.check("graphs.order", answer_2)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Break it

    The toy works, and it is wrong in at least four ways. Let us find them, since each explains a
    part of the library. This function tells how something failed:
    """)
    return


@app.cell
def _():
    def failure(action):
        try:
            return f"no failure: {action()}"
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    return (failure,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    **First: a forgotten feed.** Everyone forgets one sooner or later. The message shows an object
    somewhere in memory. Which placeholder is it? Where did we make it?
    """)
    return


@app.cell
def _(failure, moved, re, run):
    forgotten = failure(lambda: run(moved, {}))
    re.sub("0x[0-9a-f]+", "0x7f…", forgotten)
    return (forgotten,)


@app.cell(hide_code=True)
def _():
    import re
    import textwrap

    return re, textwrap


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    **Second: a point that does not fit.** A point with three coordinates cannot be multiplied by our
    matrix. NumPy says so in its own words, but not which of our operations failed. In a graph of a
    thousand nodes, that is what you would want to know. Also, it says so late: if we had built
    `moved` on a *matrix* of the wrong shape, we would learn of it only in a run.
    """)
    return


@app.cell
def _(failure, moved, np, point, run, textwrap):
    misfit = failure(lambda: run(moved, {point: np.array([1, 2, 3])}))
    print(textwrap.fill(misfit, 88))
    return (misfit,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    **Third: a node that is used twice.** Doubling a number is adding it to itself. Its node is then
    an input twice, and `post_order` visits it twice, with all that is below it:
    """)
    return


@app.cell
def _(Add, Variable, post_order):
    def doubled(times):
        node = Variable(1.0)
        for _ in range(times):
            node = Add(node, node)
        return node

    toy_visits = {times: len(post_order(doubled(times))) for times in range(15)}
    print(toy_visits)
    return doubled, toy_visits


@app.cell(hide_code=True)
def _(lesson, toy_visits):
    def visits_picture():
        figure, axes = lesson.figure(6, 3.2)
        times = list(toy_visits)
        axes.semilogy(
            times, list(toy_visits.values()), "o-", color=lesson.COLOURS["red"], label="visits"
        )
        axes.semilogy(
            times, [n + 1 for n in times], "s--", color=lesson.COLOURS["blue"], label="nodes"
        )
        axes.set_xlabel("doublings")
        axes.set_ylabel("how many")
        axes.legend(frameon=False)
        return lesson.picture(
            figure,
            alt="Visits and nodes against the number of doublings, on a logarithmic axis. The nodes "
            "grow by one each time; the visits double each time, to 32767 for 14 doublings.",
        )

    visits_picture()
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The straight line on this logarithmic axis is exponential growth. The graph has one more node for
    each doubling, and the toy takes twice as long. After thirty doublings it would visit two thousand
    million nodes for thirty additions.

    This is no freak example. In a network for images, the output of a layer is often used twice: by
    the next layer, and by a sum further on. A hundred such layers are ordinary.
    """)
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("graphs.visits")
    return


@app.cell
def _():
    answer_3 = ...
    return (answer_3,)


@app.cell(hide_code=True)
def _(answer_3, exercise):
    exercise.check("graphs.visits", answer_3)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    **Fourth: a long chain.** `post_order` calls itself for the inputs, so each node on the way down
    needs a place on Python's stack of calls. That stack is about a thousand deep. A recurrent
    network that reads a page of text, letter by letter, is deeper.
    """)
    return


@app.cell
def _(Add, Variable, failure, run):
    def toy_chain(length):
        one = Variable(1)
        node = one
        for _ in range(length):
            node = Add(node, one)
        return node

    too_deep = failure(lambda: run(toy_chain(5000), {}))
    too_deep
    return (too_deep,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The last two can be repaired with what you know of graphs. A set remembers which nodes have been
    visited, and a stack of your own, in the heap, replaces Python's. This is the exercise of this
    chapter to spend some time on.
    """)
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("graphs.once")
    return


@app.cell
def _():
    def once(node):
        return ...

    answer_4 = once
    return (answer_4,)


@app.cell(hide_code=True)
def _(answer_4, exercise):
    exercise.check("graphs.once", answer_4)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## The same in the library

    Now the real thing. Nodes that are made inside the `with` block belong to this graph. Each may
    have a name, and a placeholder may say what will be fed: here two floating-point numbers.
    """)
    return


@app.cell
def _(ts):
    graph = ts.Graph()
    with graph.as_default():
        x = ts.placeholder(ts.float64, [2], name="x")
        A = ts.Variable([[1.0, 0.0], [0.0, -1.0]], dtype=ts.float64, name="A")
        b = ts.Variable([1.0, 1.0], dtype=ts.float64, name="b")
        y = ts.matmul(A, x, name="y")
        z = ts.add(y, b, name="z")

    z
    return A, b, graph, x, y, z


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Like our toy's `moved`, `z` is a promise. But it is a better promise: though nothing has run, the
    library knows that `z` will be two floating-point numbers. A session keeps the promise:
    """)
    return


@app.cell
def _(graph, ts, x, z):
    session = ts.Session(graph=graph)
    z_value = session.run(z, {x: [1, 2]})
    z_value
    return session, z_value


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    And now we break it in the same four ways. The forgotten feed and the point that does not fit
    are told by name, with the line that made the node:
    """)
    return


@app.cell
def _(failure, session, x, z):
    told = [
        failure(lambda: session.run(z)),
        failure(lambda: session.run(z, {x: [1, 2, 3]})),
    ]
    print("\n\n".join(told))
    return (told,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    A mistake in the graph itself does not wait for a run. Here the matrix has three columns and the
    point has two coordinates; the library refuses to make the node at all.
    """)
    return


@app.cell
def _(failure, ts):
    def mistaken():
        with ts.Graph().as_default():
            two = ts.placeholder(ts.float64, [2], name="two")
            return ts.matmul([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0]], two, name="mistaken")

    refused = failure(mistaken)
    print(refused)
    return (refused,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Forty doublings take forty additions, and a chain of five thousand is no trouble:
    """)
    return


@app.cell
def _(ts):
    with ts.Graph().as_default():
        many_times = ts.constant(1.0, dtype=ts.float64)
        for _ in range(40):
            many_times = many_times + many_times

        long_chain = one = ts.constant(1)
        for _ in range(5000):
            long_chain = long_chain + one

        with ts.Session() as _session:
            power, length = _session.run([many_times, long_chain])

    power == 2**40, int(length)
    return length, power


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("graphs.squared-length")
    return


@app.cell
def _(ts):
    def squared_length(v):
        return ...

    answer_5 = squared_length
    return (answer_5,)


@app.cell(hide_code=True)
def _(answer_5, exercise):
    exercise.check("graphs.squared-length", answer_5)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Look inside: tensors and operations

    The rest of this chapter reads the library. What you see is its own source, as it is installed on
    this machine; file and line are above each piece. Each fits on one screen.

    Where the toy has one class `Node`, the library has two. A **tensor** is an edge of the graph: a
    value that will be. Here is all that it knows:
    """)
    return


@app.cell(hide_code=True)
def _(lesson, ts):
    lesson.quote(ts.Tensor.__init__)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    An **operation** is a node. Compare it with the toy's `Node.__init__`: the inputs and the last two
    lines, by which they learn of their consumer, are the same.
    """)
    return


@app.cell(hide_code=True)
def _(lesson, ts):
    lesson.quote(ts.Operation.__init__)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    What was added, and why?

    - **Tensors apart from operations**, because an operation may have several outputs. To split an
      array in three is one operation with three results; each of them may have other consumers.
    - **A `spec` for each tensor**: what is known of its shape and element type before anything runs.
      This is how the library could refuse the matrix with three columns.
    - **`created_at`**, the line of *your* program that made the node. Each error message above ends
      with it. It costs a look at Python's stack for every node, and is worth it.
    - **`opdef`**, what kind of operation it is. The toy needs a class for each kind; the library has
      one class for all nodes, and a description for each kind.
    - **`control_inputs`**, operations that must run before this one though it needs no value of
      theirs. We do not need them yet.
    """)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Look inside: the compute function

    Such a description is an `OpDef`. That of the product of two matrices is short, and names its
    compute function, which stands a few lines above it. (Our $y$ is of its sister kind,
    `BatchMatMulV2`, which takes vectors, too.)
    """)
    return


@app.cell(hide_code=True)
def _(lesson):
    from tensorslow.ops import matmul as matmul_module

    lesson.quote(matmul_module, part="MATMUL")
    return (matmul_module,)


@app.cell(hide_code=True)
def _(lesson, matmul_module):
    lesson.quote(matmul_module, part="_matmul_compute")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The toy's `compute` was `return a @ b`. The line that matters here is still that product. The new
    argument is `xp`: it stands for "the library that has arrays". If it is NumPy, the function
    computes numbers. If it is a namespace of arrays that have a shape and no elements, the *same
    function* computes the shape of the result: this is how `spec` is found, and why a shape rule can
    never contradict what is computed. And if it notes down what is done with it, it is the front end of
    a compiler.

    `grad` is the derivative, and waits for chapter 4. `check` raises the error about rows and columns.
    """)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Look inside: the graph

    Our toy has no graph: its nodes hold each other, and that is all. The library keeps a list. A new
    operation enters it here, and gets its name and its number:
    """)
    return


@app.cell(hide_code=True)
def _(lesson, ts):
    lesson.quote(ts.Graph.register)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The number `id` looks like bookkeeping, and is the best idea in this chapter; you will see why in
    a moment. First, what is in our graph?
    """)
    return


@app.cell
def _(graph):
    for op in graph.get_operations():
        print(op.id, op.name, op.type, [tensor.op.name for tensor in op.inputs])
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Eleven operations, where we drew five. Each variable brings three more: a constant with its initial
    value, an operation that assigns it, and one that reads the variable.

    For one run, most of these are not needed. Choose what is fetched, and whether $y$ is fed; the
    picture shows which operations the library then runs, and as which step.
    """)
    return


@app.cell(hide_code=True)
def _(mo):
    choose_fetch = mo.ui.dropdown(["z", "y", "b", "A/Assign"], value="z", label="fetch")
    feed_y = mo.ui.checkbox(label="feed y")
    mo.hstack([choose_fetch, feed_y], justify="start", gap=2)
    return choose_fetch, feed_y


@app.cell(hide_code=True)
def _(choose_fetch, draw, feed_y, graph, lesson, order, y):
    def needed_picture(fetch, fed):
        steps = [op.name for op in order.needed([graph.get_operation_by_name(fetch)], fed)]
        kinds = {"Placeholder": "placeholder", "VariableV2": "variable", "Const": "constant"}
        nodes = {
            op.name: (kinds.get(op.type, op.type), [t.op.name for t in op.inputs])
            for op in graph.get_operations()
        }
        figure = draw(
            nodes,
            values={name: f"step {i}" for i, name in enumerate(steps, 1)},
            faint=set(nodes) - set(steps),
            size=(8, 5.6),
        )
        feeds = "y is fed" if fed else "y is not fed"
        return lesson.picture(
            figure,
            alt=f"All operations of the graph. If {fetch} is fetched and {feeds}, these run, in this "
            f"order: {', '.join(steps)}.",
        )

    needed_picture(choose_fetch.value, [y] if feed_y.value else [])
    return


@app.cell(hide_code=True)
def _():
    from tensorslow import order

    return (order,)


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("graphs.needed")
    return


@app.cell
def _():
    answer_6 = ...
    return (answer_6,)


@app.cell(hide_code=True)
def _(answer_6, exercise):
    exercise.check("graphs.needed", answer_6)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Look inside: the order

    This function takes the place of the toy's `post_order`. If you solved the exercise, you know most
    of it: a stack of its own, and a set of what was found.
    """)
    return


@app.cell(hide_code=True)
def _(lesson, order):
    lesson.quote(order.needed)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    - The walk stops at `known` tensors: those that are fed. What is above them is never visited. So
      any tensor can be fed, not only a placeholder.
    - The walk only *collects*. It pays no attention to the order in which it finds things. The order
      comes from `sorted(found, key=_creation)`: the operations' numbers!

    Why may it do so? An operation is made from its inputs, so these were there before it, and have
    smaller numbers. **The order of creation is itself an order in which everything can run.** Nobody
    has to search for what the user has already written down. (Only a control input that was added
    afterwards can break the rule; `graph.in_order` remembers whether one did, and `_topological` then
    sorts the slow way.)
    """)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Look inside: the plan

    The toy looks every value up in a dictionary, asks every node for its kind, and finds the order
    anew in every run. A network is trained in a million runs of the same graph. So the library works
    all this out once. The result is a **plan**: a list of steps over numbered slots.
    """)
    return


@app.cell(hide_code=True)
def _(lesson):
    from tensorslow import plan as plan_module

    lesson.quote(plan_module.Step)
    return (plan_module,)


@app.cell
def _(plan_module, z, x):
    plan = plan_module.plan_run([z], [x]).plan
    for step in plan.steps:
        print(f"{step.op.name}: slots {step.inputs} -> slots {step.outputs}")
    print("first slots:", [cell.name for cell in plan.inputs], " result: slot", *plan.outputs)
    return (plan,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Five nodes became two steps. The placeholder and the variables compute nothing; they are the
    first slots, and whoever runs the plan fills them. A plan is therefore a plain function: values
    in, values out. It does not know that variables exist, and that makes it easy to run it, or to
    compile it.

    This is how a plan is made. The `Builder` asks `needed` for the operations and appends a step for
    each. A placeholder that is needed but was not fed is found here: it is an operation without a
    compute function.
    """)
    return


@app.cell(hide_code=True)
def _(lesson, plan_module):
    lesson.quote(plan_module.plan_run, docstring=False)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Look inside: the engine

    What runs a plan is an **engine**. The library has two: one that calls NumPy step by step, and a
    compiler. Here is the heart of the first; find the toy's loop in it.
    """)
    return


@app.cell(hide_code=True)
def _(lesson):
    from tensorslow.engines import numpy as numpy_engine

    lesson.quote(numpy_engine, part="_program")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    `values` is now a list, and a node is a number in it. Where the toy says
    `node.compute(*[values[earlier] ...])`, this says `kernel(*pick(values))`: which function, and
    where its arguments are, was looked up before. And where the toy passes on NumPy's words,
    `explain` adds the node, its real operands and your line.
    """)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Look inside: the session

    Three things are left for the session. It checks what is fed. It keeps what was prepared for each
    combination of fetches and feeds, so that the second run only looks it up. And it holds the values
    of the variables.
    """)
    return


@app.cell(hide_code=True)
def _(lesson, ts):
    lesson.quote(ts.Session.run, docstring=False)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    In the toy a variable holds its value itself. In the library it is only a name for one, and each
    session has its own. So two sessions can run one graph side by side, with different parameters;
    and the graph can be shared, since a run does not change it.

    To see it, we put another shift into a second session: there we run the operation that initialises
    `b`, and feed the constant that it would take.
    """)
    return


@app.cell
def _(b, graph, session, ts, x, z):
    with ts.Session(graph=graph) as _other:
        _other.run(b.initializer, {b.initial_value: [100.0, 100.0]})
        there = _other.run(z, {x: [1, 2]})

    here = session.run(z, {x: [1, 2]})
    print("in the other session:", there, " in ours:", here)
    return here, there


@app.cell(hide_code=True)
def _(lesson):
    lesson.in_tensorflow(r"""
    All names in this chapter are TensorFlow's: `Graph`, `Operation`, `Tensor`, `placeholder`,
    `Variable`, `Session`, fetches and feeds. Before its version 2 (2015–2019) every program was written
    like this one, and in version 2 it still runs under `tf.compat.v1`, nearly letter by letter.

    TensorFlow's session prunes the graph to what the fetches need, as ours does. It does not fix an
    order then: each node counts how many of its inputs are still missing, and goes into a queue when
    the count reaches zero, so several threads can take nodes from it. For large nodes that keeps all
    processors busy. For small ones the queue costs more than the work, which is why our engine has a
    fixed list.

    Since version 2 you need not build the graph yourself: operations compute at once, as in NumPy, and
    `tf.function` watches one call of your Python function to build a graph from it. What it builds is what
    you have seen here.
    """)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## What comes next

    You have a data structure for calculations, and four things that it made possible: errors that
    name the node, shapes that are known before anything runs, running only what is needed, and
    preparing once what is run a million times.

    The main reason for graphs is still to come: to differentiate them. First, though, we need a
    function whose derivative is worth knowing. Chapter 2 builds it. It decides on which side of a
    line a point is, and, apart from one more operation, it is the affine map of this chapter.

    ## Sources

    - M. Abadi et al., "TensorFlow: a system for large-scale machine learning", *12th USENIX Symposium on
      Operating Systems Design and Implementation*, 2016: the graph, the session, and pruning;
      section 3.
    - A. B. Kahn, "Topological sorting of large networks", *Communications of the ACM* 5 (11), 1962: the
      counting of missing inputs.
    - D. E. Knuth, *The Art of Computer Programming*, volume 1, third edition 1997, section 2.3.1: the
      orders of visiting a tree.
    - L. V. Kantorovich, "On a system of mathematical symbols, convenient for electronic computer
      operations" (in Russian), *Doklady Akademii Nauk SSSR* 113, 1957: calculations as graphs, before
      there were compilers for formulas.
    """)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## How the pictures are made

    The pictures of graphs come from the function below. It puts each node one column to the right of
    its rightmost input, and a node without inputs just to the left of its first consumer. Nothing else in
    the chapter depends on it; but change it, and all the pictures change.
    """)
    return


@app.cell
def _(lesson):
    def columns(nodes):
        """By name: the column of a node, after those of its inputs."""
        column = {}
        for name, (_, inputs) in nodes.items():  # inputs come first
            column[name] = 1 + max((column[earlier] for earlier in inputs), default=-1)
        for name, (_, inputs) in reversed(nodes.items()):
            used_in = [column[other] for other, (_, ins) in nodes.items() if name in ins]
            if not inputs and used_in:
                column[name] = min(used_in) - 1
        return column

    def height(names, place):
        rows = [place[name][1] for name in names if name in place]
        return sum(rows) / len(rows) if rows else -9

    def places(nodes):
        """By name: where a node is drawn."""
        column = columns(nodes)
        place = {}
        for number in range(max(column.values()) + 1):
            names = [name for name in nodes if column[name] == number]
            if number:  # beside what they use, so that few arrows cross
                names.sort(key=lambda name: -height(nodes[name][1], place))
            for i, name in enumerate(names):
                place[name] = (number, (len(names) - 1) / 2 - i)
        return place

    def draw(nodes, values=None, now=None, faint=(), size=(5, 2.2)):
        """A graph as a figure.

        Args:
            nodes: by name, in an order in which they can be made, the kind and the inputs' names.
            values: by name, what is written into a node, which is then filled.
            now: the name of the node with a thick border.
            faint: the names of nodes that are drawn grey.
            size: width and height in inches.
        """
        figure, axes = lesson.figure(*size)
        values, place, ink = values or {}, places(nodes), lesson.COLOURS
        fills = {"placeholder": ink["orange"], "variable": ink["sky"], "constant": ink["purple"]}
        boxes = {}
        for name, (kind, _) in nodes.items():
            filled, fill = name in values, fills.get(kind, ink["green"])
            grey = ink["quiet"] if name in faint else None
            text = f"{name}\n{kind}" + (f"\n{values[name]}" if filled else "")
            boxes[name] = axes.text(
                *place[name],
                text,
                ha="center",
                va="center",
                zorder=2,
                color="#000001" if filled else grey or ink["ink"],  # black on a colour, always
                fontsize=11,
                bbox={
                    "boxstyle": "round,pad=0.5",
                    "facecolor": fill if filled else ink["paper"],
                    "edgecolor": grey or fill,
                    "linewidth": 4 if name == now else 1.5,
                },
            )
        axes.set_axis_off()
        axes.set_xlim(-0.5, max(column for column, _ in place.values()) + 0.5)
        rows = [row for _, row in place.values()]
        axes.set_ylim(min(rows) - 0.6, max(rows) + 0.6)
        figure.draw_without_rendering()  # so that each box knows its size, and arrows end at it
        for name, (_, inputs) in nodes.items():
            for earlier in inputs:
                far = place[name][0] - place[earlier][0] > 1
                axes.annotate(
                    "",
                    xy=place[name],
                    xytext=place[earlier],
                    zorder=1,
                    arrowprops={
                        "arrowstyle": "-|>",
                        "color": ink["quiet"] if name in faint else ink["ink"],
                        "connectionstyle": "arc3,rad=0.5" if far else "arc3",
                        "linestyle": ":" if name in faint else "-",
                        "patchA": boxes[earlier].get_bbox_patch(),
                        "patchB": boxes[name].get_bbox_patch(),
                        "shrinkA": 1,
                        "shrinkB": 2,
                    },
                )
        return figure

    return (draw,)


@app.cell
def _(matrix, moved, point, shift, turned):
    affine = {
        "A": ("variable", []),
        "x": ("placeholder", []),
        "y": ("multiply", ["A", "x"]),
        "b": ("variable", []),
        "z": ("add", ["y", "b"]),
    }
    named = {matrix: "A", point: "x", turned: "y", shift: "b", moved: "z"}
    return affine, named


if __name__ == "__main__":
    app.run()
