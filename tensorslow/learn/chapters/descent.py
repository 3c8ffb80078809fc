"""Chapter 4: gradient descent and backpropagation."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Gradient descent and backpropagation")


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # 4. Gradient descent and backpropagation

    The perceptron of chapter 2 has weights, and the criterion of chapter 3 says how bad they are.
    You moved them downhill by hand. This chapter does it by program, in two halves that are worth
    keeping apart:

    * **Gradient descent**: if you know which way is down, how far do you go?
    * **Backpropagation**: how does a graph find out which way is down?

    The first is a loop of one line. The second is one walk over the graph of chapter 1, backwards.
    By the end you will have written both, and read the library's own.
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
    ## Which way is down

    Here is a perceptron small enough to see its loss whole: two weights, no bias, and the
    probability of blue is $\sigma(w \cdot x)$. A point $x$ with label $t$ (1 for blue, 0 for red)
    has the cross-entropy $-t \log p - (1 - t) \log (1 - p)$, which is
    $\log(1 + e^{s}) - t s$ for the score $s = w \cdot x$. The loss is the mean over 100 points.
    They are spread three units wide and less than one high.
    """)
    return


@app.cell
def _(np):
    _rng = np.random.default_rng(1)
    _red = _rng.normal([-0.6, -0.6], [3, 0.7], (50, 2))
    _blue = _rng.normal([0.6, 0.6], [3, 0.7], (50, 2))
    points, labels = np.vstack([_red, _blue]), np.repeat([0.0, 1.0], 50)

    def loss(w):
        """The mean cross-entropy of the perceptron with weights w."""
        scores = points @ w
        return np.mean(np.logaddexp(0, scores) - labels * scores)

    def slope(w, h=1e-6):
        """Its gradient, by moving one weight at a time a little up and a little down."""
        return np.array([(loss(w + h * e) - loss(w - h * e)) / (2 * h) for e in np.eye(len(w))])

    slope(np.array([-1.0, 1.0]))
    return labels, loss, points, slope


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    `slope` needs no calculus. It asks what the definition of a derivative asks: by how much does
    the loss change if this weight changes a little? The answers, one for each weight, are the
    **gradient** $\nabla J$.

    Now leave $w$ by a tiny step $\varepsilon u$ in any direction $u$ of length 1. To first order,

    $$J(w + \varepsilon u) \approx J(w) + \varepsilon \, \nabla J \cdot u .$$

    The product $\nabla J \cdot u = |\nabla J| \cos \varphi$ depends on the angle between the two
    only. It is smallest for $\varphi = 180°$, that is, for $u = -\nabla J / |\nabla J|$: *against
    the gradient* is the direction of **steepest descent**. And where $\varphi = 90°$, nothing
    changes: that is the direction of a contour line. So the arrows below cross the contours at
    right angles.

    Cauchy proposed in 1847 to do the obvious thing again and again:

    $$w \leftarrow w - \eta \, \nabla J(w) .$$

    The number $\eta$ is the **step size**, or *learning rate*.
    """)
    return


@app.cell
def _(np, slope):
    def descend(start, rate, steps):
        """The places that gradient descent visits."""
        path = [np.array(start)]
        for _ in range(steps):
            path.append(path[-1] - rate * slope(path[-1]))
        return np.array(path)

    descend([-1.0, 1.0], rate=1.0, steps=5)
    return (descend,)


@app.cell(hide_code=True)
def _(descend, lesson, loss, np, slope):
    w1, w2 = np.linspace(-2.5, 2.5, 61), np.linspace(-0.6, 6.6, 61)
    surface = np.array([[loss(np.array([a, b])) for a in w1] for b in w2])
    levels = [0.33, 0.36, 0.4, 0.5, 0.7, 1, 1.5, 2, 3, 4]

    def draw_surface(axes):
        """The contours of the loss over the two weights."""
        axes.contour(w1, w2, surface, levels, colors=lesson.COLOURS["quiet"], linewidths=0.8)
        axes.set(xlabel="$w_1$", ylabel="$w_2$", aspect="equal")

    _figure, _axes = lesson.figure(5, 6)
    draw_surface(_axes)
    _lowest = np.unravel_index(surface.argmin(), surface.shape)
    _axes.plot(w1[_lowest[1]], w2[_lowest[0]], "+", ms=14, color=lesson.COLOURS["ink"])
    for _a in np.linspace(-2, 2, 5):
        for _b in np.linspace(0, 6, 5):
            _g = slope(np.array([_a, _b]))
            _u = -0.5 * _g / np.linalg.norm(_g)
            _axes.annotate(
                "",
                (_a + _u[0], _b + _u[1]),
                (_a, _b),
                arrowprops={"arrowstyle": "->", "color": lesson.COLOURS["blue"], "lw": 1.3},
            )
    _path = descend([-1.0, 1.0], rate=1.0, steps=60)
    _axes.plot(*_path.T, ".-", color=lesson.COLOURS["red"], label="gradient descent, $\\eta$ = 1")
    _axes.plot(*_path[0], "o", color=lesson.COLOURS["red"])
    _axes.legend(loc="lower right")
    lesson.picture(
        _figure,
        alt="Contour lines of the loss over the two weights: a valley, long in the direction of "
        "w2 and narrow in that of w1, its lowest point marked by a cross. Arrows against the "
        "gradient cross the contours at right angles. A path of 60 steps falls into the valley "
        "at once and then creeps along it.",
    )
    return draw_surface, levels


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Notice two things. The arrows do not point to the minimum; they point down *here*, which is all
    that a gradient knows. And the loss is a **valley**, because the points are spread wide in one
    direction: a small change of $w_1$ moves many scores a lot. The path drops into the valley in
    a few steps and then creeps along its floor.

    ## Steps that fail

    Creeping asks for longer steps. Try them.
    """)
    return


@app.cell
def _(mo):
    rate = mo.ui.slider(
        steps=[0.1, 0.3, 1, 2, 2.8, 3.2, 4, 6],
        value=2.8,
        label="step size η",
        show_value=True,
    )
    rate
    return (rate,)


@app.cell(hide_code=True)
def _(descend, draw_surface, lesson, loss, rate):
    _path = descend([-1.0, 1.0], rate.value, steps=100)
    _figure, (_plane, _curve) = lesson.figure(8, 4.6, columns=2)
    draw_surface(_plane)
    _plane.plot(*_path.T, ".-", color=lesson.COLOURS["red"], linewidth=1)
    _plane.set(xlim=(-2.5, 2.5), ylim=(-0.6, 6.6))
    _curve.plot([loss(w) for w in _path], color=lesson.COLOURS["red"])
    _curve.set(xlabel="step", ylabel="loss", ylim=(0.2, 1.6))
    lesson.picture(
        _figure,
        alt=f"Left, the path of 100 steps of size {rate.value} over the contours of the loss; "
        f"right, the loss, which is {loss(_path[-1]):.3f} at the end.",
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    *Too small* (0.1): every step goes down, and after a hundred of them you are not yet halfway
    along the valley. *Large* (2.8): the path leaps from wall to wall, and arrives all the same.
    *Too large* (3.2): it comes near, and is shaken out again. With 4 and 6 it never comes near.

    Where is the edge, and why is it so sharp? Look at the simplest valley there is, a parabola
    $J(w) = \tfrac{1}{2} c \, w^2$ with **curvature** $c = J''$. Its gradient is $c w$, so a step is

    $$w \leftarrow w - \eta c \, w = (1 - \eta c) \, w .$$

    Each step multiplies the distance from the minimum by the same factor $1 - \eta c$. It shrinks
    if $|1 - \eta c| < 1$, that is, if

    $$0 < \eta < \frac{2}{c} .$$

    At $\eta = 1/c$ one step lands in the minimum. Beyond that, each step oversteps it; beyond
    $2/c$, by more than it came.
    """)
    return


@app.cell(hide_code=True)
def _(lesson, np):
    _figure, _axes = lesson.figure(8, 2.6, columns=4)
    _w = np.linspace(-2, 2, 100)
    for _panel, _rate in zip(_axes, (0.2, 1.0, 1.8, 2.1)):
        _steps = (1 - _rate) ** np.arange(8)
        _panel.plot(_w, _w**2 / 2, color=lesson.COLOURS["quiet"], linewidth=1)
        _panel.plot(_steps, _steps**2 / 2, ".-", color=lesson.COLOURS["red"], linewidth=1)
        _panel.plot(1, 0.5, "o", color=lesson.COLOURS["red"])
        _panel.set(
            title=f"$\\eta c$ = {_rate}", xlim=(-2.1, 2.1), ylim=(-0.1, 2), xticks=[0], yticks=[]
        )
    lesson.picture(
        _figure,
        alt="Seven steps down a parabola, four times. With step size times curvature 0.2 they "
        "creep down one side; with 1.0 the first one lands in the minimum; with 1.8 they jump "
        "from side to side and shrink; with 2.1 they jump and grow.",
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    With many weights, the curvatures are the eigenvalues of the matrix of second derivatives, the
    **Hessian**: near a minimum, the loss is a parabola along each of its eigenvectors. One $\eta$
    has to serve them all. The *largest* curvature sets the bound; the *smallest* sets the pace. We
    can measure both at the minimum of our valley, as we measured the slope: by differences.
    """)
    return


@app.cell
def _(descend, np, slope):
    minimum = descend([-1.0, 1.0], rate=2.5, steps=500)[-1]
    hessian = np.array(
        [(slope(minimum + e, h=1e-4) - slope(minimum - e, h=1e-4)) / 2e-3 for e in 1e-3 * np.eye(2)]
    )
    curvatures = np.linalg.eigvalsh(hessian)
    bound = 2 / curvatures[-1]
    print(f"minimum at w = {minimum.round(3)}")
    print(f"curvatures {curvatures.round(4)}, ratio {curvatures[1] / curvatures[0]:.0f}")
    print(f"steps must be shorter than 2/c = {bound:.3f}")
    return bound, curvatures, hessian, minimum


@app.cell(hide_code=True)
def _(bound, mo):
    mo.md(rf"""
    The bound is {bound:.2f}, between the 2.8 that arrived and the 3.2 that did not. (Our loss is no
    exact parabola. That is why steps beyond the bound do not run away to infinity here: further out
    the valley is less curved, and they bounce. On a parabola they would run away.)
    """)
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("descent.step")
    return


@app.cell
def _():
    answer_1 = ...
    return (answer_1,)


@app.cell(hide_code=True)
def _(answer_1, exercise):
    exercise.check("descent.step", answer_1)
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("descent.bound")
    return


@app.cell
def _():
    answer_2 = ...
    return (answer_2,)


@app.cell(hide_code=True)
def _(answer_2, exercise):
    exercise.check("descent.bound", answer_2)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## The chain rule on a graph

    `slope` computes the loss twice for each weight. That is fine for two weights. A network with a
    million would need two million evaluations for a single step, and the graph of chapter 1 can do
    better: **all** derivatives, for the price of a few evaluations.

    Each node of a graph is a simple function, whose derivative we know. Take
    $J = (a + b) \cdot b$ at $a = 2$, $b = 1$, with a node $s = a + b$ in between. How does $J$
    change with $b$? By two ways: through $s$, and directly. The chain rule adds them up:

    $$\frac{\partial J}{\partial b} = \frac{\partial J}{\partial s} \cdot
      \frac{\partial s}{\partial b} +
      \frac{\partial J}{\partial b}\Big|_{\text{direct}} = b \cdot 1 + s = 1 + 3 = 4 .$$

    In general, a node $x$ matters to the loss only through its **consumers**, which use it:

    $$\frac{\partial J}{\partial x} = \sum_{y \text{ uses } x}
      \frac{\partial J}{\partial y} \cdot \frac{\partial y}{\partial x} .$$

    So a gradient can be computed from the gradients of the consumers. It begins at the loss, where
    $\partial J / \partial J = 1$, and it ends at the inputs.
    """)
    return


@app.cell(hide_code=True)
def _(lesson):
    def draw_graph(axes, places, edges, notes, colours=None):
        """A graph: a disc for each node, an arrow for each edge, a note beside each node.

        places: name → (x, y); edges: (from, to, text); notes: name → text.
        """
        colours = colours or {}
        for start, end, text, *bend in edges:
            (x, y), (u, v) = places[start], places[end]
            curve = bend[0] if bend else 0.0
            axes.annotate(
                "",
                (u, v),
                (x, y),
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": lesson.COLOURS["quiet"],
                    "shrinkA": 15,
                    "shrinkB": 15,
                    "connectionstyle": f"arc3,rad={curve}",
                },
            )
            middle = ((x + u) / 2 + curve * (v - y) / 2, (y + v) / 2 - curve * (u - x) / 2)
            axes.annotate(
                text,
                middle,
                color=lesson.COLOURS["blue"],
                ha="center",
                va="center",
                fontsize=10,
                bbox={"facecolor": lesson.COLOURS["paper"], "edgecolor": "none", "pad": 1.5},
            )
        for name, (x, y) in places.items():
            edge = colours.get(name, lesson.COLOURS["ink"])
            axes.plot(x, y, "o", ms=26, mfc=lesson.COLOURS["paper"], mec=edge, mew=1.6)
            axes.annotate(f"${name}$", (x, y), ha="center", va="center", fontsize=13)
            axes.annotate(
                notes[name], (x, y), (0, -20), textcoords="offset points", ha="center", va="top"
            )
        axes.axis("off")
        axes.margins(0.25, 0.35)

    _figure, _axes = lesson.figure(7, 2.8)
    draw_graph(
        _axes,
        {"a": (0, 1), "b": (0, 0), "s": (1.5, 1), "J": (3, 0.5)},
        [("a", "s", "×1"), ("b", "s", "×1"), ("s", "J", "×b = 1"), ("b", "J", "×s = 3")],
        {
            "a": "value 2\ngradient 1",
            "b": "value 1\ngradient 1 + 3 = 4",
            "s": "value 3\ngradient 1",
            "J": "value 3\ngradient 1",
        },
    )
    lesson.picture(
        _figure,
        alt="The graph of J = (a + b) b. Values flow from left to right: a is 2, b is 1, s is 3, J "
        "is 3. Each arrow carries a slope. Gradients flow from right to left: 1 at J, 1 at s, "
        "1 at a; at b the two arrows meet, and 1 + 3 make 4.",
    )
    return (draw_graph,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Backpropagation, a first attempt

    Take the toy of chapter 1: nodes with inputs, and a post-order in which to compute them. One
    thing is new. Beside `compute`, each kind of node has a rule `back`. It gets $dy$, the gradient
    at the node, and the values of the inputs; it returns the share of each input.
    """)
    return


@app.cell
def _():
    class Node:
        def __init__(self, *inputs):
            self.inputs = inputs

    class Variable(Node):
        def __init__(self, value):
            super().__init__()
            self.value = value

    class Add(Node):
        def compute(self, a, b):
            return a + b

        def back(self, dy, a, b):
            return dy, dy

    class Multiply(Node):
        def compute(self, a, b):
            return a * b

        def back(self, dy, a, b):
            return dy * b, dy * a

    def post_order(node, order):
        """Adds to the order what a node needs, then the node: each node once."""
        if node not in order:
            for earlier in node.inputs:
                post_order(earlier, order)
            order.append(node)
        return order

    def evaluate(fetch):
        """The value of each node that the fetch needs."""
        values = {}
        for node in post_order(fetch, []):
            given = [values[earlier] for earlier in node.inputs]
            values[node] = node.compute(*given) if given else node.value
        return values

    return Add, Multiply, Variable, evaluate, post_order


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Now let gradients spread from the loss like a wave: first the loss, then what it uses, then what
    that uses. That order is called *breadth-first*. Each node, in its turn, asks its rule and hands
    the shares to its inputs.
    """)
    return


@app.cell
def _(Add, Multiply, Variable, evaluate):
    def breadth_first(loss):
        """The loss, then its inputs, then theirs: each node when it is first seen."""
        order = [loss]
        for node in order:  # which grows while we go along it
            order.extend(x for x in dict.fromkeys(node.inputs) if x not in order)
        return order

    def walk(order):
        """The gradients of the first node of an order, by visits in that order."""
        values = evaluate(order[0])
        gradients = {order[0]: 1.0}
        for node in order:
            if node.inputs:
                shares = node.back(gradients[node], *[values[x] for x in node.inputs])
                for x, share in zip(node.inputs, shares):
                    gradients[x] = gradients.get(x, 0.0) + share
        return gradients

    _a, _b = Variable(2.0), Variable(1.0)
    _gradients = walk(breadth_first(Multiply(Add(_a, _b), _b)))
    print("at a:", _gradients[_a], " at b:", _gradients[_b])
    return breadth_first, walk


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Right. Now a graph that is hardly larger. With $x = 1.5$, let

    $$a = x + x, \qquad b = a \cdot a, \qquad J = a + b .$$

    So $J = 2x + 4x^2$, and its derivative is $2 + 8x = 14$.
    """)
    return


@app.cell
def _(Add, Multiply, Variable, breadth_first, walk):
    x = Variable(1.5)
    a = Add(x, x)
    b = Multiply(a, a)
    J = Add(a, b)
    names = {x: "x", a: "a", b: "b", J: "J"}

    wave = breadth_first(J)
    wrong = {names[node]: gradient for node, gradient in walk(wave).items()}
    print("order of visits:", *[names[node] for node in wave])
    print("gradients:", wrong)
    return J, names, wave, wrong


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    It says 2. Look at the order of the visits: $J$, $a$, $b$, $x$. The loss uses $a$ *directly*, so
    the wave reaches $a$ in its first round. There $a$ has heard from $J$ only, which sent 1, and
    passes 1 on to $x$, twice. Then $b$ has its turn, and tells $a$ another 6. The gradient at $a$
    is now 7, which is right. But $a$ has had its turn, and nobody tells $x$.

    It gets worse. Write `J = Add(b, a)` instead, the same sum, and the wave is right, by luck. A
    bug that depends on the order of two summands survives many tests. And such shortcuts are
    nothing exotic: a variable that is used at two depths makes one.

    Could a node have another turn whenever something new arrives? The result would be right, but a
    node would have a turn for each *path* to it. With $x_1 = x_0 + x_0$, then $x_2 = x_1 + x_1$,
    and so on, that is $2^{20}$ turns after 20 doublings.

    ## The order that works

    A node may have its turn when **all its consumers have had theirs**. We have such an order
    already. In the *post-order* of chapter 1, each node stands after its inputs. Read it backwards,
    and each node stands after its consumers. One visit for each node is then enough.
    """)
    return


@app.cell
def _(J, names, post_order, walk):
    backwards = post_order(J, [])[::-1]
    right = {names[node]: gradient for node, gradient in walk(backwards).items()}
    print("order of visits:", *[names[node] for node in backwards])
    print("gradients:", right)
    return backwards, right


@app.cell(hide_code=True)
def _(backwards, draw_graph, lesson, names, right, wave, wrong):
    _figure, _axes = lesson.figure(8, 5.2, rows=2)
    _places = {"x": (0, 0), "a": (1.3, 0), "b": (2.6, 0.75), "J": (3.9, 0)}
    _edges = [
        ("x", "a", "×1", 0.25),
        ("x", "a", "×1", -0.25),
        ("a", "b", "×3, twice"),
        ("a", "J", "×1"),
        ("b", "J", "×1"),
    ]
    for _panel, _order, _found, _title in zip(
        _axes, (wave, backwards), (wrong, right), ("breadth-first", "reverse post-order")
    ):
        draw_graph(
            _panel,
            _places,
            _edges,
            {
                names[node]: f"visit {i}\ngradient {_found[names[node]]:g}"
                for i, node in enumerate(_order, 1)
            },
            {"x": lesson.COLOURS["green" if _found["x"] == 14 else "red"]},
        )
        _panel.set_title(f"{_title}: the gradient at x is {_found['x']:g}", loc="left")
    lesson.picture(
        _figure,
        alt="The graph x, a, b, J with a shortcut from a to J, twice. Breadth-first visits J, a, "
        "b, x; when a is visited, b has not spoken, and x gets 2. In reverse post-order the "
        "visits are J, b, a, x, and x gets 14.",
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The order of the visits is all that we changed. This is **backpropagation**. It visits each node
    once, however many paths and inputs there are, and a visit costs about as much as the node's
    evaluation did. So all derivatives of a loss together cost a small multiple of the loss itself.

    The idea was found several times; Rumelhart, Hinton and Williams made it the way to
    train networks in 1986. Its general name is *reverse-mode automatic differentiation*.
    """)
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("descent.order")
    return


@app.cell
def _():
    answer_3 = ...
    return (answer_3,)


@app.cell(hide_code=True)
def _(answer_3, exercise):
    exercise.check("descent.order", answer_3)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## The rules, one by one

    The toy knows numbers, $+$ and $\cdot$. The library's nodes hold matrices, and each kind of
    node has a **gradient rule**: given $dy$, the gradient of the loss $J$ with respect to the
    node's output $y$, it returns the gradient for each input. (We write $dy$ for
    $\partial J / \partial y$, an array of the shape of $y$.) The way to derive one is always the
    same: let the input change a little, and see what $J$ makes of it,

    $$\Delta J = \sum_{i} dy_i \, \Delta y_i .$$

    Below, each derivation is followed by the library's own rule.
    """)
    return


@app.cell
def _():
    from tensorslow.ops.elementwise import ADD, MUL, NEG
    from tensorslow.ops.exponential import LOG, SIGMOID
    from tensorslow.ops.matmul import MATMUL
    from tensorslow.ops.reduce import SUM
    from tensorslow.ops.softmax import softmax_adjoint

    return ADD, LOG, MATMUL, MUL, NEG, SIGMOID, SUM, softmax_adjoint


@app.cell(hide_code=True)
def _(MUL, NEG, lesson, mo):
    mo.md(rf"""
    **negative**, $y = -x$. Here $\Delta y = -\Delta x$, so $dx = -dy$.

    {lesson.quote(NEG.grad)}

    **multiply**, $y_i = u_i v_i$. If $u_i$ changes, $\Delta y_i = v_i \, \Delta u_i$, so
    $du = dy \cdot v$ and, likewise, $dv = dy \cdot u$. What `sum_to` does there comes next.

    {lesson.quote(MUL.grad)}
    """)
    return


@app.cell(hide_code=True)
def _(ADD, lesson, mo):
    mo.md(rf"""
    **add**, $y = u + v$. Each change goes through as it is: $du = dy$, $dv = dy$. If the shapes
    agree, that is all. But a bias may be added to *each row* of a matrix,
    $y_{{ij}} = u_{{ij}} + b_j$: it is **broadcast**. Then $b_j$ is used once for each row, as if it
    had that many consumers, and the chain rule adds up what they say: $db_j = \sum_i dy_{{ij}}$. In
    general, sum over the axes along which an operand was repeated. That is `sum_to`.

    {lesson.quote(ADD.grad)}
    """)
    return


@app.cell(hide_code=True)
def _(SUM, lesson, mo):
    mo.md(rf"""
    **reduce_sum**, $y = \sum_i x_i$. Each $x_i$ changes $y$ by as much as it changes itself, so
    each gets $dx_i = dy$: the gradient is repeated along the axes that were summed. Summing and
    repeating are each other's rule; mathematicians call them *adjoint*.

    {lesson.quote(SUM.grad)}
    """)
    return


@app.cell(hide_code=True)
def _(MATMUL, lesson, mo):
    mo.md(rf"""
    **matmul**, $Y = A B$, that is, $y_{{ik}} = \sum_j a_{{ij}} b_{{jk}}$. If $a_{{ij}}$ changes,
    then in row $i$ each $y_{{ik}}$ changes by $b_{{jk}} \, \Delta a_{{ij}}$. Hence

    $$da_{{ij}} = \sum_k dy_{{ik}} \, b_{{jk}}, \qquad \text{{that is}} \qquad
      dA = dY \, B^T, \quad dB = A^T \, dY .$$

    A way to remember it: if the three sizes differ, there is only one way to multiply these matrices
    in which the shapes fit. The library's rule looks longer than that, since `matmul` can transpose its operands first.
    (`conj` matters for complex numbers only.)

    {lesson.quote(MATMUL.grad)}
    """)
    return


@app.cell(hide_code=True)
def _(LOG, SIGMOID, lesson, mo):
    mo.md(rf"""
    **log**, $y = \log x$, has the slope $1/x$, so $dx = dy / x$.

    {lesson.quote(LOG.grad)}

    **sigmoid**, $y = 1 / (1 + e^{{-x}})$. Its slope is

    $$\frac{{e^{{-x}}}}{{(1 + e^{{-x}})^2}} = \frac{{1}}{{1 + e^{{-x}}}} \cdot
      \frac{{e^{{-x}}}}{{1 + e^{{-x}}}} = y \, (1 - y) ,$$

    which needs no further exponential, since $y$ is known by now. So $dx = dy \cdot y (1 - y)$.

    {lesson.quote(SIGMOID.grad)}
    """)
    return


@app.cell(hide_code=True)
def _(lesson, mo, softmax_adjoint):
    mo.md(rf"""
    **softmax**, $y_i = e^{{x_i}} / \sum_k e^{{x_k}}$. Each input moves all outputs. Take the
    logarithm first: $\log y_i = x_i - \log \sum_k e^{{x_k}}$. If $x_j$ changes, this changes by
    $(\delta_{{ij}} - y_j) \, \Delta x_j$, where $\delta_{{ij}}$ is 1 for $i = j$ and else 0. And
    since $\Delta y_i = y_i \, \Delta \log y_i$,

    $$dx_j = \sum_i dy_i \, y_i \, (\delta_{{ij}} - y_j)
      = \Big(dy_j - \sum_i dy_i \, y_i\Big) \, y_j .$$

    {lesson.quote(softmax_adjoint)}
    """)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Trust, but measure

    A derivation can be wrong, and so can a program. But neither will be wrong in just the way that
    differences are. So compare. Choose random inputs and a random $dy$, let the loss be
    $J = \sum_i dy_i \, y_i$, and hold the library's rule against central differences of $J$, one
    entry at a time.
    """)
    return


@app.cell
def _(np, ts):
    from tensorslow.registry import registered_gradient

    def gradient_error(operation, *arrays, h=1e-5):
        """The largest relative error of an operation's registered gradient."""
        with ts.Graph().as_default(), ts.Session(engine="numpy") as session:
            dtype = ts.as_dtype(arrays[0].dtype)
            xs = [ts.placeholder(dtype, array.shape) for array in arrays]
            y = operation(*xs)
            dy = np.random.default_rng(0).normal(size=y.shape).astype(arrays[0].dtype)
            rule = registered_gradient(y.op)
            exact = session.run(rule(y.op, ts.constant(dy))[: len(xs)], dict(zip(xs, arrays)))

            def scalar(inputs):
                return np.sum(session.run(y, dict(zip(xs, inputs))) * dy)

            errors = []
            for which, array in enumerate(arrays):
                for at in np.ndindex(array.shape):
                    up, down = [x.copy() for x in arrays], [x.copy() for x in arrays]
                    up[which][at] += h
                    down[which][at] -= h
                    difference = (scalar(up) - scalar(down)) / (2 * h)
                    errors.append(abs(exact[which][at] - difference) / (1 + abs(difference)))
            return max(errors)

    return (gradient_error,)


@app.cell
def _(gradient_error, np, ts):
    _rng = np.random.default_rng(3)
    _matrix, _other, _row = (_rng.normal(size=shape) for shape in ((4, 3), (4, 3), (3,)))
    gradient_errors = {
        "negative": gradient_error(ts.negative, _matrix),
        "add": gradient_error(ts.add, _matrix, _other),
        "add, broadcast": gradient_error(ts.add, _matrix, _row),
        "multiply": gradient_error(ts.multiply, _matrix, _other),
        "multiply, broadcast": gradient_error(ts.multiply, _matrix, _row),
        "reduce_sum": gradient_error(lambda x: ts.reduce_sum(x, axis=1), _matrix),
        "matmul": gradient_error(ts.matmul, _matrix, _other.T.copy()),
        "log": gradient_error(ts.log, np.abs(_matrix) + 0.5),
        "sigmoid": gradient_error(ts.sigmoid, _matrix),
        "softmax": gradient_error(ts.nn.softmax, _matrix),
    }
    for _name, _error in gradient_errors.items():
        print(f"{_name:20} {_error:.1e}")
    return (gradient_errors,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    They agree to nine digits or more. Why not to all sixteen? Because *differences* are inexact, in
    two ways. With a long step $h$, the curve between the two points is not straight: that costs
    about $h^2$. With a short one, two nearly equal numbers are subtracted, and the rounding error,
    about $10^{-16}$, is divided by $h$. In between is a best $h$. With 32-bit numbers even that one
    is poor, which is why gradients are checked with 64.
    """)
    return


@app.cell(hide_code=True)
def _(gradient_error, lesson, np, ts):
    _hs = 10.0 ** np.arange(-12, 0.1)
    _x = np.random.default_rng(3).normal(size=(4, 3))
    difference_errors = {
        bits: [gradient_error(ts.nn.softmax, _x.astype(f"float{bits}"), h=h) for h in _hs]
        for bits in (64, 32)
    }
    _figure, _axes = lesson.figure(6.5, 3.4)
    for _bits, _errors in difference_errors.items():
        _axes.loglog(_hs, np.maximum(_errors, 1e-17), "o-", label=f"{_bits}-bit numbers")
    _axes.set(xlabel="step of the difference, h", ylabel="largest relative error")
    _axes.legend()
    lesson.picture(
        _figure,
        alt="Error of central differences of softmax over the step h, both logarithmic: two "
        "V-shapes. In 64 bits the lowest point is near h = 1e-5; in 32 bits near 1e-2, and the "
        "error there is hundreds of thousands of times larger.",
    )
    return (difference_errors,)


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("descent.tanh")
    return


@app.cell
def _():
    answer_4 = ...
    return (answer_4,)


@app.cell(hide_code=True)
def _(answer_4, exercise):
    exercise.check("descent.tanh", answer_4)
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("descent.bias")
    return


@app.cell
def _():
    answer_5 = ...
    return (answer_5,)


@app.cell(hide_code=True)
def _(answer_5, exercise):
    exercise.check("descent.bias", answer_5)
    return


@app.cell(hide_code=True)
def _(lesson, mo):
    from tensorslow.gradients import _total, backprop

    mo.md(rf"""
    ## The library's own walk

    `ts.gradients(ys, xs)` is your walk, grown up. This is its heart:

    {lesson.quote(backprop, docstring=False)}

    You know its skeleton: an order, `reversed`, a table of what arrives at each tensor, and a
    rule that turns what arrived at the outputs into what arrives at the inputs. What was added?

    * **Only what is on the way.** `on_the_way` are the nodes through which some `x` reaches a `y`;
      all others are left out. If there is no way to an `x`, its gradient is **`None`**: not 0, but
      "does not depend". That is more often a mistake than a wish, and `None` shows it;
      `ts.explain_gradient(y, x)` says where the way breaks.
    * **Sums at the latest moment.** What arrives is kept in a list. `_total` adds it up when the
      node's turn comes, in one node of the graph however many parts there are.
    * **Rows instead of arrays.** The gradient of `ts.gather`, which picks some rows of a table, is
      zero in all other rows. It travels as `IndexedSlices`: the rows, and where they belong.
    * **Bodies.** `captured_from` is about loops and branches, whose inside is a graph of its own.

    {lesson.quote(_total)}
    """)
    return


@app.cell
def _(np, ts):
    with ts.Graph().as_default(), ts.Session() as _session:
        _table = ts.Variable(np.eye(3))
        _lonely = ts.Variable(1.0)
        _loss = ts.reduce_sum(ts.gather(_table, [2, 2]) * 5.0)
        sparse, nothing = ts.gradients(_loss, [_table, _lonely])
        print(nothing)
        print(type(sparse).__name__, "rows", _session.run(sparse).indices)
        print(_session.run(ts.convert_to_tensor(sparse)))
    return nothing, sparse


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ### Gradients are nodes, too

    The greatest difference cannot be seen in the walk. Your toy computed *numbers*. The library's
    rules call `multiply`, `matmul` and so on: they **add nodes to the graph**, and nothing is
    computed yet. What comes out is a tensor like any other. You can fetch it, name it, compute with
    it; and you can differentiate it again.
    """)
    return


@app.cell
def _(ts):
    with ts.Graph().as_default(), ts.Session(engine="numpy") as _session:
        _x = ts.placeholder(ts.float64, [], name="x")
        _power = _x * _x * _x
        derivatives = [_power]
        for _ in range(4):
            derivatives.append(ts.gradients(derivatives[-1], _x)[0])
        cubes = _session.run(derivatives[:-1], {_x: 2.0})
        print(*cubes, derivatives[-1])
        print(_session.explain(derivatives[1], {_x: 2.0}))
    return cubes, derivatives


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    At $x = 2$: $x^3 = 8$, $3x^2 = 12$, $6x = 12$, and $6$. The fourth derivative is no node any
    more: a constant does not depend on $x$, so it is `None`. The listing shows what a run of the
    first derivative does.

    With this, the Hessian of the valley needs no differences. Differentiate the loss, then
    differentiate each entry of the gradient. It should agree with the matrix that we measured.
    """)
    return


@app.cell
def _(hessian, labels, minimum, np, points, ts):
    with ts.Graph().as_default(), ts.Session(engine="numpy") as _session:
        _w = ts.placeholder(ts.float64, [2])
        _scores = ts.matmul(ts.constant(points), _w)
        _loss = ts.reduce_mean(ts.nn.softplus(_scores) - ts.constant(labels) * _scores)
        (_slope,) = ts.gradients(_loss, _w)
        exact_hessian = np.array(
            [_session.run(ts.gradients(_slope[i], _w)[0], {_w: minimum}) for i in range(2)]
        )
    print(exact_hessian)
    print(f"largest difference from the measured one: {np.abs(exact_hessian - hessian).max():.0e}")
    return (exact_hessian,)


@app.cell(hide_code=True)
def _(lesson, mo, ts):
    from tensorslow.ops import optimizer_updates as _updates

    mo.md(rf"""
    ## The optimizer

    What is left is the loop of one line, $w \leftarrow w - \eta \, \nabla J$. In the graph, it
    becomes an *operation that changes variables*. `minimize` asks for the gradients and builds it:

    {lesson.quote(ts.train.Optimizer.minimize, docstring=False)}

    For each variable it makes one node, and the formula of that node is

    {lesson.quote(_updates._gradient_descent)}

    with the step size `alpha` and the gradient `delta`. Each `session.run` of the operation is one
    step. The gradients of a step are all computed from the values *before* it, so it does not
    matter in which order the variables change.

    ## The perceptron learns

    Now everything is together. Two clouds of points as in chapter 2, softmax, the cross-entropy of
    chapter 3, and a start with random weights:
    """)
    return


@app.cell
def _(np, ts):
    _rng = np.random.default_rng(5)
    red = _rng.normal([-2, -2], 1.0, (50, 2))
    blue = _rng.normal([2, 2], 1.0, (50, 2))
    with ts.Graph().as_default():
        _X = ts.placeholder(ts.float64, [None, 2])
        _c = ts.placeholder(ts.float64, [None, 2])
        _W = ts.Variable(_rng.normal(size=(2, 2)))
        _b = ts.Variable(_rng.normal(size=2))
        _p = ts.nn.softmax(ts.matmul(_X, _W) + _b)
        _J = ts.negative(ts.reduce_sum(_c * ts.log(_p)))
        _step = ts.train.GradientDescentOptimizer(learning_rate=0.003).minimize(_J)

        _feed = {_X: np.vstack([red, blue]), _c: [[1, 0]] * 50 + [[0, 1]] * 50}
        losses, lines = [], []
        with ts.Session(engine="numpy") as _session:
            for _ in range(101):
                _now, _weights, _biases = _session.run([_J, _W, _b], _feed)
                losses.append(_now)
                lines.append((*np.diff(_weights)[:, 0], *np.diff(_biases)))
                _session.run(_step, _feed)
            _guesses = _session.run(_p, _feed).argmax(axis=1)
    accuracy = np.mean(_guesses == np.repeat([0, 1], 50))
    print(f"loss {losses[0]:.1f} → {losses[-1]:.2f}, correct: {accuracy:.0%}")
    return accuracy, blue, lines, losses, red


@app.cell(hide_code=True)
def _(blue, lesson, lines, losses, np, red):
    def _frame(at):
        figure, (plane, curve) = lesson.figure(8, 3.8, columns=2)
        x = np.linspace(-6, 6, 50)
        (a1, a2, a0) = lines[at]
        chances = 1 / (1 + np.exp(-(a1 * x[None, :] + a2 * x[:, None] + a0)))
        plane.contourf(x, x, chances, np.linspace(0, 1, 9), cmap="RdBu", alpha=0.45)
        plane.contour(x, x, chances, [0.5], colors=lesson.COLOURS["ink"])
        edge = {"markeredgecolor": lesson.COLOURS["paper"], "markeredgewidth": 0.6}
        plane.plot(*red.T, "o", color=lesson.COLOURS["red"], ms=5, **edge)
        plane.plot(*blue.T, "s", color=lesson.COLOURS["blue"], ms=5, **edge)
        plane.set(aspect="equal", xlabel="x₁", ylabel="x₂")
        curve.semilogy(losses, color=lesson.COLOURS["quiet"], linewidth=1)
        curve.semilogy(at, losses[at], "o", color=lesson.COLOURS["red"])
        curve.set(xlabel="step", ylabel="loss")
        curve.yaxis.set_major_formatter("{x:g}")
        return figure

    _times = [0, 1, 2, 3, 5, 8, 13, 25, 50, 100]
    lesson.film(
        [_frame(at) for at in _times],
        alt="The line of the perceptron between two clouds of points, from a random start to the "
        "gap between the clouds, and its loss step by step",
        captions=[f"After {at} steps the loss is {losses[at]:.2f}." for at in _times],
    )
    return


@app.cell(hide_code=True)
def _(lesson):
    lesson.in_tensorflow(r"""
    `tf.gradients` does the same: rules registered for each kind of operation add nodes to the
    graph. It keeps the order in another way. It first counts, for each operation on the way, how
    many of its consumers are still to come, and an operation has its turn when its count is zero: a
    topological order found on the fly. Where rows of a table are picked, it uses `IndexedSlices`,
    and where there is no way, `None`, as here.

    TensorFlow 2 runs operations at once. Its `tf.GradientTape` writes down each operation as it
    runs, and plays the list backwards. The order in which things *happened* is a topological order,
    too.
    """)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## What comes next

    You have a machine that makes *any* graph better, as long as each node has a rule. Nothing in
    this chapter was about perceptrons. So in the next one we put several of them behind each other,
    to draw what no line can.

    ### Sources

    * A.-L. Cauchy, *Méthode générale pour la résolution des systèmes d'équations simultanées*,
      Comptes rendus 25, 536–538, 1847. Steepest descent, in three pages.
    * D. E. Rumelhart, G. E. Hinton, R. J. Williams, *Learning representations by back-propagating
      errors*, Nature 323, 533–536, 1986.
    * A. G. Baydin, B. A. Pearlmutter, A. A. Radul, J. M. Siskind, *Automatic differentiation in
      machine learning: a survey*, Journal of Machine Learning Research 18 (153), 1–43, 2018.
    * A. Griewank, A. Walther, *Evaluating derivatives*, 2nd edition, SIAM, 2008. Why a gradient
      costs only a small multiple of the function.
    """)
    return


if __name__ == "__main__":
    app.run()
