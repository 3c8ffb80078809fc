"""Chapter 2: a line between two clouds of points, and probabilities from distances."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Perceptrons")


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # 2. Perceptrons

    In chapter 1 a graph turned numbers into other numbers. In this chapter a graph decides
    something: is this point red or blue? The graph is small, a sum of products and one more
    number. It is called a *perceptron*, and the networks of chapter 5 are made of copies of it.

    Nothing learns yet. You will set the numbers by hand, see what each of them does to the
    picture, and turn the decision into a probability. Then you will see how the library writes
    the same thing.
    """)
    return


@app.cell
def _():
    import marimo as mo
    import numpy as np

    import tensorslow as ts
    from tensorslow.learn import exercise, lesson

    return exercise, lesson, mo, np, ts


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Two clouds of points

    Say that two measurements were taken of each of a hundred seeds, their length and their
    weight, and that the average of all seeds was subtracted. Fifty seeds come from one kind of
    plant, which we call red, and fifty from another, which we call blue. A seed is then a point
    of the plane with a colour.

    Here we make up the points, so that we know the truth about them: around each of two centres,
    the two measurements vary independently, with standard deviation 1.
    """)
    return


@app.cell
def _(np):
    red_centre, blue_centre = np.array([-1.5, -0.5]), np.array([1.0, 1.5])

    rng = np.random.default_rng(0)
    red_points = red_centre + rng.standard_normal((50, 2))
    blue_points = blue_centre + rng.standard_normal((50, 2))

    points = np.concatenate([red_points, blue_points])  # a row a point
    is_blue = np.repeat([0, 1], 50)
    return blue_centre, is_blue, points, red_centre


@app.cell(hide_code=True)
def _(lesson, np):
    RED, BLUE, GREEN = (lesson.COLOURS[name] for name in ("red", "blue", "green"))
    INK, QUIET = lesson.COLOURS["ink"], lesson.COLOURS["quiet"]
    EDGE = 4.5  # half the width of the plane we look at

    def plane(axes, title=""):
        """Prepares axes for points of the plane."""
        axes.set(xlim=(-EDGE, EDGE), ylim=(-EDGE, EDGE), aspect="equal", title=title)
        axes.set(xlabel="$x_1$", ylabel="$x_2$")

    def scatter(axes, points, colours, size=32):
        """Red discs, blue triangles, and green squares for a third class."""
        for k, (colour, marker) in enumerate(zip((RED, BLUE, GREEN), "o^s")):
            chosen = points[np.asarray(colours) == k]
            axes.scatter(*chosen.T, size, colour, marker=marker, edgecolors="white", linewidths=0.5)

    def line(axes, w, b, **style):
        """The line w x + b = 0, as far as it is in the picture."""
        w = np.asarray(w, dtype=float)
        if not w.any():
            return
        foot, along = -b * w / (w @ w), np.array([-w[1], w[0]]) / np.sqrt(w @ w)
        ends = np.array([foot - 20 * along, foot + 20 * along])
        axes.plot(*ends.T, **{"color": INK, **style})

    def field(axes, probability):
        """Colours the plane: the surer, the stronger; no colour at one half."""
        ticks = np.linspace(-EDGE, EDGE, 121)
        x1, x2 = np.meshgrid(ticks, ticks)
        p = probability(np.stack([x1.ravel(), x2.ravel()], axis=1)).reshape(x1.shape)
        to_rgb = np.array([[0x00, 0x72, 0xB2], [0xD5, 0x5E, 0x00]]) / 255
        rgba = np.concatenate(
            [to_rgb[(p < 0.5).astype(int)], 0.75 * np.abs(2 * p - 1)[..., None]], axis=2
        )
        axes.imshow(rgba, extent=(-EDGE, EDGE, -EDGE, EDGE), origin="lower", interpolation="none")

    return BLUE, EDGE, GREEN, INK, QUIET, RED, field, line, plane, scatter


@app.cell(hide_code=True)
def _(INK, blue_centre, is_blue, lesson, plane, points, red_centre, scatter):
    def _picture():
        figure, axes = lesson.figure(5, 4.6)
        scatter(axes, points, is_blue)
        axes.plot(*red_centre, "P", color=INK, markersize=9)
        axes.plot(*blue_centre, "P", color=INK, markersize=9)
        plane(axes)
        return lesson.picture(
            figure,
            alt="Fifty red discs around (-1.5, -0.5) and fifty blue triangles around (1, 1.5). "
            "The two clouds touch, and some points lie among those of the other colour.",
        )

    _picture()
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The crosses are the centres. Where the clouds meet, a few points lie on what looks like the
    wrong side, so no simple rule will get every seed right. That is usual: measurements rarely say
    everything.

    ## A toy perceptron

    The simplest rule that uses both measurements gives each of them a *weight*, adds the products,
    adds one more number, the *bias*, and looks at the sign. We call the sum the *score*.
    """)
    return


@app.cell
def _():
    def score(x, w, b):
        return w[0] * x[0] + w[1] * x[1] + b

    def perceptron(x, w, b):
        return 1 if score(x, w, b) > 0 else 0  # 1 is blue

    [perceptron(x, w=(1, 1), b=0) for x in ([2, 1], [-2, 1], [0, -1])]
    return perceptron, score


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    That is all of it. Frank Rosenblatt gave it its name in 1958; the idea of a cell that adds up
    its inputs and then says yes or no is older (McCulloch and Pitts, 1943).

    The points with score 0 form a line. Move it:
    """)
    return


@app.cell(hide_code=True)
def _(mo):
    slide_w1 = mo.ui.slider(-3, 3, 0.1, 1.0, show_value=True, label="first weight $w_1$")
    slide_w2 = mo.ui.slider(-3, 3, 0.1, -1.0, show_value=True, label="second weight $w_2$")
    slide_b = mo.ui.slider(-4, 4, 0.1, 1.0, show_value=True, label="bias $b$")
    mo.vstack([slide_w1, slide_w2, slide_b])
    return slide_b, slide_w1, slide_w2


@app.cell(hide_code=True)
def _(
    INK,
    is_blue,
    lesson,
    line,
    np,
    perceptron,
    plane,
    points,
    scatter,
    slide_b,
    slide_w1,
    slide_w2,
):
    def _picture(w, b):
        guesses = np.array([perceptron(x, w, b) for x in points])
        wrong = guesses != is_blue
        figure, axes = lesson.figure(5, 4.6)
        scatter(axes, points, is_blue)
        axes.scatter(*points[wrong].T, 90, "none", edgecolors=INK, linewidths=1.2)
        line(axes, w, b)
        if any(w):
            foot = -b * np.asarray(w) / np.dot(w, w)
            axes.annotate(
                "", foot + w, foot, arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 2}
            )
        plane(axes, f"errors: {wrong.sum()} of {len(points)}")
        return lesson.picture(
            figure,
            alt=f"The two clouds and the line for w = ({w[0]:g}, {w[1]:g}), b = {b:g}, with an "
            f"arrow w across it; circles mark the {wrong.sum()} points on the wrong side.",
        )

    _picture((slide_w1.value, slide_w2.value), slide_b.value)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The arrow is $w = (w_1, w_2)$, and circles mark the errors. Some things to try:

    1. Change only the bias. The line shifts, but does not turn.
    2. Set $w = (1, 1)$, $b = 0.5$, then $w = (2, 2)$, $b = 1$. The arrow grows. What happens to the
       line, and to the errors?
    3. Change the sign of all three numbers.
    4. Find three numbers with at most 7 errors. The best that any line can do here is 5.

    You will have noticed two things that occupy us later. The arrow always stands at a right angle
    to the line. And the search is tedious, because most small movements do not change the count at
    all: you get no hint which way to go.
    """)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## The geometry of a score

    Write the score as $a = w \cdot x + b$. Two facts explain the picture, and each has a short
    proof.

    **The weights are perpendicular to the line.** If $x$ and $x'$ are both on the line, both scores
    are 0. Subtract them: $w \cdot (x - x') = 0$, so $w$ is perpendicular to every direction along
    the line.

    **The score, divided by the length of the weights, is the distance from the line.** From the
    foot $x_0$ on the line, go a distance $d$ along $w$, to $x = x_0 + d \, w / |w|$. Its score is
    $w \cdot x_0 + b + d \, w \cdot w / |w| = 0 + d \, |w|$. So $d = a / |w|$, positive on the side
    to which $w$ points and negative on the other.

    In particular the origin has the distance $b / |w|$. This is what the bias is for: without it,
    every line would run through the origin.
    """)
    return


@app.cell(hide_code=True)
def _(BLUE, QUIET, RED, lesson, line, np, plane):
    def signed(number, digits):
        return f"{number:+.{digits}f}".replace("-", "−")

    def _picture():
        w, b = np.array([1.5, 1.2]), -0.6
        figure, axes = lesson.figure(5.6, 4.9)
        for level in (-6, -4, -2, 2, 4, 6):
            line(axes, w, b - level, color=QUIET, linewidth=1, linestyle=":")
            at = (level - b) * w / (w @ w) + 1.1 * np.array([w[1], -w[0]]) / np.hypot(*w)
            axes.annotate(signed(level, 0), at, (3, 1), textcoords="offset points", color=QUIET)
        line(axes, w, b)
        some = np.array([[2.2, 2.4], [-2.5, 0.5], [0.2, -3.0], [-0.6, 3.4]])
        for x in some:
            distance = (w @ x + b) / np.hypot(*w)
            foot = x - distance * w / np.hypot(*w)
            colour = BLUE if distance > 0 else RED
            axes.plot(*np.array([x, foot]).T, color=colour)
            axes.plot(*x, "^" if distance > 0 else "o", color=colour, markersize=8)
            offset = (8, 4) if distance > 0 else (-10, -17)
            axes.annotate(signed(distance, 2), x, offset, textcoords="offset points")
        plane(axes)
        return lesson.picture(
            figure,
            alt="A line, dotted parallels to it where the score is 2, 4, 6 and -2, -4, -6, and "
            "four points with their perpendiculars to the line, labelled with signed distances.",
        )

    _picture()
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Here $w = (1.5, 1.2)$ and $b = -0.6$. Dotted lines join points of equal score; the numbers at
    the four points are their distances from the line. Multiply $w$ and $b$ by 2 and the line stays
    where it is, while the dotted lines move closer together: the length of $w$ is how fast the
    score grows as one walks away from the line. A yes or no cannot show this. A probability will.
    """)
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("perceptrons.distance")
    return


@app.cell
def _():
    answer_1 = ...
    return (answer_1,)


@app.cell(hide_code=True)
def _(answer_1, exercise):
    exercise.check("perceptrons.distance", answer_1)
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("perceptrons.line")
    return


@app.cell
def _():
    answer_2 = ...
    return (answer_2,)


@app.cell(hide_code=True)
def _(answer_2, exercise):
    exercise.check("perceptrons.line", answer_2)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## From distances to probabilities

    The toy is equally certain about a point far out in the blue cloud and about one that is a
    hair's breadth from the line. We would rather have a number $p$ between 0 and 1: the probability
    that the point is blue, given where it lies. How should $p$ follow from the score?

    Many curves rise from 0 to 1. One of them has a reason. Ask Bayes' rule, once for blue and once
    for red, and divide:

    $$\frac{P(\mathrm{blue} \mid x)}{P(\mathrm{red} \mid x)} =
    \frac{P(x \mid \mathrm{blue})}{P(x \mid \mathrm{red})} \cdot
    \frac{P(\mathrm{blue})}{P(\mathrm{red})}$$

    The left side, $p / (1 - p)$, is called the *odds*. If the measurements are independent within
    each kind, the first factor on the right is a product again, one factor a measurement.
    Evidence multiplies odds; so it *adds* to their logarithm. And adding up evidence is just what
    our score does: each measurement contributes $w_i x_i$, and the bias takes what depends on
    neither, such as the odds before anything was measured. So let the score be the log-odds, and
    solve for $p$:

    $$\log \frac{p}{1 - p} = a \qquad\text{gives}\qquad p = \frac{1}{1 + e^{-a}} = \sigma(a)$$

    This function is the *logistic sigmoid*. One thing was assumed, that the evidence in a
    measurement is proportional to it. We shall check that for our clouds.
    """)
    return


@app.cell
def _(np):
    def sigmoid(a):
        return 1 / (1 + np.exp(-a))

    sigmoid(np.array([-4.0, -1.0, 0.0, 1.0, 4.0]))
    return (sigmoid,)


@app.cell(hide_code=True)
def _(BLUE, INK, QUIET, RED, lesson, np, sigmoid):
    def _picture():
        figure, axes = lesson.figure(6.4, 3.4)
        a = np.linspace(-7, 7, 281)
        axes.plot([-7, 0, 0, 7], [0, 0, 1, 1], color=QUIET, linewidth=1.5, linestyle="--")
        axes.plot(a, sigmoid(a), color=BLUE)
        for at, name, offset in ((2, "σ(2) = 0.88", (10, -12)), (-2, "σ(−2) = 0.12", (-92, 6))):
            axes.plot(at, sigmoid(at), "o", color=RED)
            axes.annotate(name, (at, sigmoid(at)), offset, textcoords="offset points", color=INK)
        axes.plot(0, 0.5, "o", color=INK)
        axes.annotate("on the line: ½", (0, 0.5), (10, -4), textcoords="offset points")
        axes.set(xlabel="score $a$", ylabel="probability of blue", yticks=(0, 0.5, 1))
        return lesson.picture(
            figure,
            alt="The sigmoid rises smoothly from 0 to 1 and is one half at score 0; the step "
            "function of the toy is dashed. Scores 2 and -2 give 0.88 and 0.12.",
        )

    _picture()
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    It has what we should ask of it. On the line it is one half. It rises with the score, and far
    away it approaches the yes or no of the toy (dashed). And it treats the colours alike: to
    exchange red and blue, change the sign of $w$ and $b$; then $p$ must become $1 - p$. Indeed
    $\sigma(-a) = 1 - \sigma(a)$:

    $$1 - \frac{1}{1 + e^{-a}} = \frac{e^{-a}}{1 + e^{-a}} = \frac{1}{e^{a} + 1}$$

    **For our clouds the sigmoid is exactly right.** Around a centre $m$ with standard deviation 1,
    the density at $x$ is proportional to $e^{-|x - m|^2 / 2}$. There are as many red points as
    blue ones, so the log-odds are

    $$-\tfrac{1}{2} |x - m_{blue}|^2 + \tfrac{1}{2} |x - m_{red}|^2 =
    (m_{blue} - m_{red}) \cdot x + \tfrac{1}{2} \left( |m_{red}|^2 - |m_{blue}|^2 \right)$$

    because the squares of $x$ cancel. This is a score: it has weights and a bias, and we can read
    them off. (If one cloud were wider than the other, the squares would not cancel, and the border
    would be curved. A perceptron is a line by choice.)
    """)
    return


@app.cell
def _(blue_centre, red_centre):
    true_w = blue_centre - red_centre
    true_b = (red_centre @ red_centre - blue_centre @ blue_centre) / 2
    print(true_w, true_b)
    return true_b, true_w


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    A probability is a promise: of all points that get about 0.7, seven in ten should be blue. We
    can hold the sigmoid to it, with 100,000 new points from the same two clouds.
    """)
    return


@app.cell
def _(blue_centre, np, red_centre, sigmoid, true_b, true_w):
    fresh = np.random.default_rng(1)
    fresh_is_blue = fresh.integers(0, 2, 100_000)
    fresh_points = np.array([red_centre, blue_centre])[fresh_is_blue]
    fresh_points = fresh_points + fresh.standard_normal(fresh_points.shape)

    promised = sigmoid(fresh_points @ true_w + true_b)
    bins = np.minimum((promised * 10).astype(int), 9)  # 0.0 to 0.1, 0.1 to 0.2, ...
    kept = np.array([fresh_is_blue[bins == k].mean() for k in range(10)])
    mean_promise = np.array([promised[bins == k].mean() for k in range(10)])
    return fresh_points, kept, mean_promise


@app.cell(hide_code=True)
def _(
    BLUE,
    QUIET,
    field,
    is_blue,
    kept,
    lesson,
    line,
    mean_promise,
    plane,
    points,
    scatter,
    sigmoid,
    true_b,
    true_w,
):
    def _picture():
        figure, (left, right) = lesson.figure(8, 4, columns=2)
        field(left, lambda x: sigmoid(x @ true_w + true_b))
        scatter(left, points, is_blue)
        line(left, true_w, true_b)
        plane(left)
        right.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle="--")
        right.plot(mean_promise, kept, "o", color=BLUE)
        right.set(xlabel="probability that was promised", ylabel="share that was blue")
        right.set(aspect="equal")
        return lesson.picture(
            figure,
            alt="Left: the plane coloured by probability, fading from blue to nothing at the line "
            "and on to red. Right: the share of blue points against the promised probability; "
            "all ten dots are on the diagonal.",
        )

    _picture()
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Left, the probability as colour: the stronger, the surer. Right, the promise kept.

    Now the length of $w$ has a meaning, too. The score is $|w|$ times the distance, so $|w|$ says
    how much certainty a step away from the line should bring. In this film the line stays and only
    the length of the weights grows:
    """)
    return


@app.cell(hide_code=True)
def _(
    field,
    is_blue,
    lesson,
    line,
    np,
    plane,
    points,
    scatter,
    sigmoid,
    true_b,
    true_w,
):
    def _frame(length):
        factor = length / np.hypot(*true_w)
        figure, axes = lesson.figure(4, 3.6)
        field(axes, lambda x: sigmoid(factor * (x @ true_w + true_b)))
        scatter(axes, points, is_blue)
        line(axes, true_w, true_b)
        plane(axes, f"|w| = {length:g}")
        return figure

    lengths = (0.2, 0.5, 1, 3.2, 10, 30)
    lesson.film(
        [_frame(length) for length in lengths],
        alt="The plane coloured by probability for weights of growing length: "
        "at first nearly no colour, in the end a sharp edge along the line.",
        captions=[
            "Never sure of anything.",
            "A little surer.",
            "Sure only far from the line.",
            "As the clouds were made: the promises are kept.",
            "Too sure of itself.",
            "Nearly the yes or no of the toy.",
        ],
    )
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("perceptrons.odds")
    return


@app.cell
def _():
    answer_3 = ...
    return (answer_3,)


@app.cell(hide_code=True)
def _(answer_3, exercise):
    exercise.check("perceptrons.odds", answer_3)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## The same as a graph

    Chapter 1 gave us placeholders, variables and operations; they are enough for a perceptron. The
    points come in through a placeholder. The weights and the bias are variables, because they are
    what will change when something learns. All points are put into one matrix $X$, a row a point:
    then $X w$ has all the scores at once, and the bias is added to each.
    """)
    return


@app.cell
def _(points, true_b, true_w, ts):
    with ts.Graph().as_default() as two_class_graph:
        X = ts.placeholder(ts.float64, [None, 2], name="X")  # any number of points
        w = ts.Variable(true_w, name="w")
        b = ts.Variable(true_b, name="b")
        p = ts.sigmoid(ts.add(ts.matmul(X, w), b), name="p")

    session = ts.Session(graph=two_class_graph)
    session.run(p, {X: points[[0, 1, 50, 51]]})
    return X, p, session, two_class_graph


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Two reds, two blues. The batch may have any length, hence the `None`. And it is not only
    shorter to write: one product of matrices does the work of a loop over all points. (The last of
    eight runs is timed. In the first ones the session prepares, and then compiles, what it will
    do.)
    """)
    return


@app.cell
def _(X, fresh_points, p, score, session, sigmoid, true_b, true_w):
    from time import perf_counter

    def seconds(f):
        start = perf_counter()
        f()
        return perf_counter() - start

    batch = fresh_points[:20_000]
    as_loop = seconds(lambda: [sigmoid(score(x, true_w, true_b)) for x in batch])
    as_matrix = [seconds(lambda: session.run(p, {X: batch})) for _ in range(8)][-1]
    print(f"one by one: {1e3 * as_loop:.0f} ms; as one matrix: {1e3 * as_matrix:.2f} ms")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    What does the library add to our three toy lines? This is how it computes a product of matrices
    and a sigmoid:
    """)
    return


@app.cell(hide_code=True)
def _(lesson, mo):
    from tensorslow.ops import exponential as exponential_ops
    from tensorslow.ops import matmul as matmul_ops
    from tensorslow.ops import softmax as softmax_ops

    mo.vstack(
        [
            lesson.quote(matmul_ops._matmul_compute),
            lesson.quote(exponential_ops.SIGMOID.compute),
        ]
    )
    return (softmax_ops,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The formulas are those of the toy. What was added:

    - `xp` stands where we wrote `np`. It is handed in, so the same line can run on NumPy, can be
      compiled, or can be asked for nothing but the shape of the result.
    - `swap_last_two` computes with a transposed matrix. It is there for chapter 4, where the
      gradient of a product is a product with one factor transposed.
    - The sigmoid is written with care. Where $e^{-a}$ overflows to infinity, at scores below
      $-709$, the quotient becomes $1 / \infty = 0$, which is right. The softmax, soon, will not
      be so lucky.

    And there is a check that runs when the graph is made, before any data come. Give the weights
    the wrong shape and see what it says:
    """)
    return


@app.cell
def _(X, np, ts, two_class_graph):
    with two_class_graph.as_default():
        try:
            ts.matmul(X, ts.Variable(np.zeros(3), name="three_weights"))
        except ts.errors.ShapeError as error:
            shape_message = str(error)
    print(shape_message)
    return


@app.cell(hide_code=True)
def _(lesson):
    lesson.in_tensorflow(r"""
    `tf.matmul` takes matrices only: there `w` would be a column, of shape `[2, 1]`, and so would
    the probabilities. Ours takes vectors, too, as NumPy does. For the addition of a bias TensorFlow
    has an operation of its own, `tf.nn.bias_add`, which also checks that there is a bias for each
    column; `tf.nn.xw_plus_b` makes both nodes at once. `ts.nn` has both.
    """)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## More than two classes

    Let there be a third kind of seed, green. One line is no longer enough, but the idea of adding
    up evidence is. Give *each class* weights and a bias of its own, so that each point gets one
    score a class, $a_k = w_k \cdot x + b_k$; the highest score wins. Between two classes $j$ and
    $k$ the border is where $a_j = a_k$, which is a line again, with the weights $w_k - w_j$.

    How do three scores become three probabilities? Let us insist on what worked for two: a
    difference of scores should be the log-odds of one class against another.

    $$\log \frac{p_k}{p_j} = a_k - a_j \qquad\text{so}\qquad
    \frac{p_k}{p_j} = \frac{e^{a_k}}{e^{a_j}}$$

    The probabilities are proportional to $e^{a_k}$, and they must add up to 1. That leaves one
    possibility, the *softmax*:

    $$p_k = \frac{e^{a_k}}{\sum_j e^{a_j}}$$

    Two facts follow at once. **Only differences matter:** add the same number $s$ to all scores,
    and $e^s$ cancels. **The sigmoid is the softmax of two classes:** divide above and below by
    $e^{a_1}$, and $p_1 = 1 / (1 + e^{-(a_1 - a_0)}) = \sigma(a_1 - a_0)$.
    """)
    return


@app.cell
def _(np, sigmoid):
    def toy_softmax(a):
        weights = np.exp(a)
        return weights / weights.sum()

    a = np.array([1.0, 2.0, 4.0])
    print(toy_softmax(a))
    print(toy_softmax(a + 10))  # only differences matter
    print(toy_softmax(np.array([0.0, 1.5])), sigmoid(1.5))
    return (toy_softmax,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Move the three scores. Then move all of them by the same amount. Then multiply them: large
    factors turn the softmax into a choice of the maximum, hence the name.
    """)
    return


@app.cell(hide_code=True)
def _(mo):
    slide_scores = mo.ui.array(
        [
            mo.ui.slider(-5, 5, 0.5, start, show_value=True, label=f"score of {name}")
            for name, start in (("red", 1), ("blue", 2), ("green", -1))
        ]
    )
    slide_shift = mo.ui.slider(-5, 5, 0.5, 0, show_value=True, label="added to all")
    slide_factor = mo.ui.slider(0, 5, 0.25, 1, show_value=True, label="multiplied with all")
    mo.hstack([mo.vstack([*slide_scores]), mo.vstack([slide_shift, slide_factor])])
    return slide_factor, slide_scores, slide_shift


@app.cell(hide_code=True)
def _(
    BLUE,
    GREEN,
    INK,
    RED,
    lesson,
    np,
    slide_factor,
    slide_scores,
    slide_shift,
    toy_softmax,
):
    def _picture(scores):
        probabilities = toy_softmax(scores)
        figure, (left, right) = lesson.figure(7, 2.6, columns=2)
        left.barh(("red", "blue", "green"), scores, color=(RED, BLUE, GREEN))
        left.axvline(0, color=INK, linewidth=1)
        widest = max(10, 1.1 * np.abs(scores).max())
        left.set(title="scores", xlim=(-widest, widest))
        bars = right.barh(("red", "blue", "green"), probabilities, color=(RED, BLUE, GREEN))
        right.bar_label(bars, [f"{q:.3f}" for q in probabilities], padding=3, color=INK)
        right.set(title="probabilities", xlim=(0, 1.25), xticks=(0, 0.5, 1))
        for axes in (left, right):
            axes.invert_yaxis()
        said = ", ".join(f"{q:.3f}" for q in probabilities)
        return lesson.picture(
            figure,
            alt=f"Bars of the three scores, and of their probabilities by softmax: {said}.",
        )

    _picture(slide_factor.value * (np.array(slide_scores.value) + slide_shift.value))
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Here are three clouds. By the same calculation as before, the weights that are right for clouds
    of equal width are their centres, $w_k = m_k$, with the biases $b_k = -|m_k|^2 / 2$.
    """)
    return


@app.cell
def _(np):
    centres = np.array([[-1.5, -0.5], [1.0, 1.5], [1.5, -2.0]])
    third = np.random.default_rng(2)
    three_points = np.repeat(centres, 40, axis=0) + third.standard_normal((120, 2))
    three_classes = np.repeat([0, 1, 2], 40)

    true_weights = centres.T  # [2, 3]: a column a class
    true_biases = -(centres**2).sum(axis=1) / 2
    return three_classes, three_points, true_biases, true_weights


@app.cell(hide_code=True)
def _(
    EDGE,
    INK,
    lesson,
    np,
    plane,
    scatter,
    three_classes,
    three_points,
    toy_softmax,
    true_biases,
    true_weights,
):
    def _border(axes, j, k):
        """The half-line where classes j and k score the same, and the third scores less."""
        w = true_weights[:, k] - true_weights[:, j]
        b = true_biases[k] - true_biases[j]
        along = np.array([-w[1], w[0]]) / np.hypot(*w)
        track = -b * w / (w @ w) + np.linspace(-9, 9, 721)[:, None] * along
        scores = track @ true_weights + true_biases
        axes.plot(*track[scores[:, 3 - j - k] <= scores[:, j]].T, color=INK)

    def _picture():
        figure, axes = lesson.figure(5.4, 4.9)
        x1, x2 = np.meshgrid(*2 * [np.linspace(-EDGE, EDGE, 121)])
        scores = np.stack([x1.ravel(), x2.ravel()], axis=1) @ true_weights + true_biases
        of_each = np.apply_along_axis(toy_softmax, 1, scores)
        winner, best = of_each.argmax(axis=1), of_each.max(axis=1)
        rgb = np.array([[0xD5, 0x5E, 0x00], [0x00, 0x72, 0xB2], [0x00, 0x9E, 0x73]])[winner] / 255
        rgba = np.concatenate([rgb, (1.125 * (best - 1 / 3))[:, None]], axis=1)
        axes.imshow(
            rgba.reshape(*x1.shape, 4),
            extent=(-EDGE, EDGE, -EDGE, EDGE),
            origin="lower",
            interpolation="none",
        )
        scatter(axes, three_points, three_classes)
        for j, k in ((0, 1), (0, 2), (1, 2)):
            _border(axes, j, k)
        plane(axes)
        return lesson.picture(
            figure,
            alt="Three clouds, red, blue and green, on a plane coloured by the most probable "
            "class. Three straight borders meet in one point, where the colour fades.",
        )

    _picture()
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Three half-lines, which meet where all three probabilities are one third.

    ## Batches as matrices

    With a column of weights for each class, $W$ is a matrix, and all scores of all points are
    $A = X W + b$. Each row of $X$ meets each column of $W$: row $n$, column $k$ of $A$ is the score
    of class $k$ for point $n$. The softmax then works on each row alone. Six of the points:
    """)
    return


@app.cell(hide_code=True)
def _(
    BLUE,
    QUIET,
    RED,
    lesson,
    np,
    three_points,
    toy_softmax,
    true_biases,
    true_weights,
):
    def _picture():
        from matplotlib.patches import Rectangle

        chosen = [0, 1, 40, 41, 80, 81]
        x = three_points[chosen]
        scores = x @ true_weights + true_biases
        tables = (
            (x, "$X$", "6 points × 2"),
            (true_weights, "$W$", "2 × 3 classes"),
            (scores, "$A = XW + b$", "6 points × 3 classes"),
            (
                np.apply_along_axis(toy_softmax, 1, scores),
                "$P$ = softmax of each row",
                "6 points × 3 classes",
            ),
        )
        figure, all_axes = lesson.figure(8, 3.6, columns=4)
        for axes, (table, title, shape) in zip(all_axes, tables):
            axes.set(xlim=(-0.5, 2.5), ylim=(5.5, -0.5), xticks=(), yticks=(), aspect="equal")
            axes.spines[:].set_visible(False)
            axes.set_title(title, fontsize=10)
            axes.text(
                (table.shape[1] - 1) / 2, len(table), shape, ha="center", color=QUIET, fontsize=9
            )
            top = np.abs(table).max()
            for (i, j), number in np.ndenumerate(table):
                colour = BLUE if number > 0 else RED
                strength = 0.5 * abs(number) / top
                square = Rectangle((j - 0.47, i - 0.47), 0.94, 0.94, lw=0, alpha=strength)
                square.set_facecolor(colour)
                axes.add_patch(square)
                words = f"{number:.2f}".replace("-", "−")
                axes.text(j, i, words, ha="center", va="center", fontsize=8.5)
        return lesson.picture(
            figure,
            alt="Four tables of numbers: X with a row for each of six points, W with a column for "
            "each of three classes, the scores, and the probabilities, whose rows sum to 1.",
        )

    _picture()
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("perceptrons.shapes")
    return


@app.cell
def _():
    answer_4 = ...
    return (answer_4,)


@app.cell(hide_code=True)
def _(answer_4, exercise):
    exercise.check("perceptrons.shapes", answer_4)
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("perceptrons.two-classes")
    return


@app.cell
def _():
    answer_5 = ...
    return (answer_5,)


@app.cell(hide_code=True)
def _(answer_5, exercise):
    exercise.check("perceptrons.two-classes", answer_5)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Break the softmax

    The formula is right, and yet the toy fails. Change the scores below. At about which size does
    it begin to fail?
    """)
    return


@app.cell
def _(np, toy_softmax):
    large = np.array([1000.0, 1001.0, 999.0])

    with np.errstate(all="ignore"):  # or NumPy warns, too
        broken = toy_softmax(large)
    broken
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    A `float64` ends near $1.8 \cdot 10^{308}$, and the logarithm of that is 709.8. From there on
    $e^a$ is infinity, and $\infty / \infty$ is `nan`, not a number. Far below, at $-746$, all
    exponentials round to 0, and $0 / 0$ is `nan`, too. With `float32`, in which networks usually
    compute, the end comes at 88.7 already. Such scores are not rare: ten measurements of size 10
    with weights near 1 are enough.

    But only differences matter. We may subtract any number from all scores, so let us subtract the
    largest. Then the largest exponential is $e^0 = 1$: nothing overflows, the sum is between 1 and
    the number of classes, and what is rounded to 0 is too small to be seen beside it.

    The library does just this, for a whole batch:
    """)
    return


@app.cell(hide_code=True)
def _(lesson, softmax_ops):
    lesson.quote(softmax_ops._softmax_compute)
    return


@app.cell
def _(ts):
    with ts.Graph().as_default() as softmax_graph:
        scores = ts.placeholder(ts.float64, [None, None])
        probabilities = ts.softmax(scores)

    rows = [[1000.0, 1001.0, 999.0], [-2000.0, -2001.0, -3000.0], [1.0, 2.0, 4.0]]
    safe = ts.Session(graph=softmax_graph).run(probabilities, {scores: rows})
    safe.round(4)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Two lines, as in the toy; the maximum is all that was added. `axis=-1` is the last axis, that of
    the classes, and `keepdims=True` keeps it, with length 1, so that each row meets its own maximum
    and its own sum.
    """)
    return


@app.cell(hide_code=True)
def _(lesson):
    lesson.in_tensorflow(r"""
    TensorFlow's kernel for `tf.nn.softmax` also subtracts the maximum of each row before it takes
    exponentials. It works on the last axis only; for another axis, `tf.nn.softmax` adds nodes to
    the graph that exchange the axes before and after. And TensorFlow calls the scores *logits*: for
    two classes they are what the logit function, $\log (p / (1 - p))$, makes of probabilities.
    """)
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("perceptrons.softmax")
    return


@app.cell
def _():
    answer_6 = ...
    return (answer_6,)


@app.cell(hide_code=True)
def _(answer_6, exercise):
    exercise.check("perceptrons.softmax", answer_6)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Three classes as a graph

    This is the perceptron that the next chapters use. Only the shapes of its variables differ from
    the one with two classes.
    """)
    return


@app.cell
def _(mo, three_classes, three_points, true_biases, true_weights, ts):
    with ts.Graph().as_default() as three_class_graph:
        X3 = ts.placeholder(ts.float64, [None, 2], name="X")
        W3 = ts.Variable(true_weights, name="W")
        b3 = ts.Variable(true_biases, name="b")
        p3 = ts.softmax(ts.add(ts.matmul(X3, W3), b3), name="p")

    three_session = ts.Session(graph=three_class_graph)
    three_guesses = three_session.run(p3, {X3: three_points}).argmax(axis=1)
    three_accuracy = (three_guesses == three_classes).mean()
    mo.md(f"It gets {three_accuracy:.0%} of the 120 points right.")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## What comes next

    A perceptron adds up weighted evidence. Geometrically that is the distance from a line, times
    the length of the weights; the sigmoid or the softmax makes probabilities of it.

    We could write down good weights because we had made the clouds ourselves. With real seeds there
    are only points, and counting errors while you drag sliders is no method: it did not even tell
    you which way to drag. So what *should* be asked of the weights? Chapter 3 finds a criterion
    that follows from the laws of probability; chapter 4 walks down its slope.

    ## Sources

    - W. S. McCulloch and W. Pitts, "A logical calculus of the ideas immanent in nervous activity",
      *Bulletin of Mathematical Biophysics* 5, 1943: neurons that say yes or no.
    - F. Rosenblatt, "The perceptron: a probabilistic model for information storage and organization
      in the brain", *Psychological Review* 65, 1958.
    - C. M. Bishop, *Pattern Recognition and Machine Learning*, 2006, sections 4.1 and 4.2: the
      geometry of the line, and the sigmoid from two Gaussian clouds.
    - P. McCullagh and J. A. Nelder, *Generalized Linear Models*, second edition 1989, chapter 4:
      why log-odds.
    - I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, 2016, section 4.1: overflow and
      underflow of the softmax.
    """)
    return


if __name__ == "__main__":
    app.run()
