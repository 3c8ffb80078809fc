"""Chapter 3: what should be asked of weights, from maximum likelihood to cross-entropy."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="The training criterion")


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # 3. The training criterion

    Chapter 2 ended with a question. Given points and their colours, which weights are *best*? The
    answer that comes to mind first is: those that make the fewest errors. In this chapter you will
    see why that is a bad thing to ask, and derive a better one from the laws of probability.

    At the end there is one number for each choice of weights. It is small where the model explains
    the points well, and it changes smoothly, so that it can be followed downhill. It is called the
    *loss*, and nearly all classifiers are trained with the one you are about to meet.
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
def _(lesson, np):
    RED, BLUE, GREEN = (lesson.COLOURS[name] for name in ("red", "blue", "green"))
    INK, QUIET = lesson.COLOURS["ink"], lesson.COLOURS["quiet"]
    EDGE = 4.5  # half the width of the plane we look at

    def plane(axes, title=""):
        """Prepares axes for points of the plane."""
        axes.set(xlim=(-EDGE, EDGE), ylim=(-EDGE, EDGE), aspect="equal", title=title)
        axes.set(xlabel="$x_1$", ylabel="$x_2$")

    def scatter(axes, points, colours, size=26):
        """Red discs and blue triangles."""
        for k, (colour, marker) in enumerate(((RED, "o"), (BLUE, "^"))):
            chosen = points[np.asarray(colours) == k]
            axes.scatter(*chosen.T, size, colour, marker=marker, edgecolors="white", linewidths=0.5)

    def line(axes, w, b, **style):
        """The line w x + b = 0, as far as it is in the picture."""
        w = np.asarray(w, dtype=float)
        if not w.any():
            return
        foot, along = -b * w / (w @ w), np.array([-w[1], w[0]]) / np.hypot(*w)
        ends = np.array([foot - 20 * along, foot + 20 * along])
        axes.plot(*ends.T, **{"color": INK, **style})

    return BLUE, GREEN, INK, QUIET, RED, line, plane, scatter


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Which coin was it?

    Leave the plane for a moment and take a coin that may be bent. In ten tosses it showed heads
    seven times. What is its probability $p$ of heads?

    The data are fixed; $p$ is what we do not know. So ask of each $p$: *how probable would it have
    made what we saw?* The tosses are independent, so their probabilities multiply:
    """)
    return


@app.cell
def _(np):
    tosses = np.array([1, 1, 0, 1, 1, 1, 0, 1, 0, 1])  # 1 is heads

    def likelihood(p, tosses):
        return np.prod(np.where(tosses == 1, p, 1 - p))

    np.array([likelihood(p, tosses) for p in (0.5, 0.7, 0.9)])
    return likelihood, tosses


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    This function of $p$ is called the *likelihood*. (It is no probability of $p$: its integral over
    $p$ is not 1.) To choose the $p$ that makes it largest is the method of *maximum likelihood*,
    which R. A. Fisher proposed in 1922. For $h$ heads in $n$ tosses the likelihood is
    $p^h (1 - p)^{n - h}$. Its logarithm is largest at the same place, and is easier to
    differentiate:

    $$\frac{d}{dp} \left( h \log p + (n - h) \log (1 - p) \right) =
    \frac{h}{p} - \frac{n - h}{1 - p} = 0
    \qquad\text{gives}\qquad p = \frac{h}{n}$$

    So 0.7, as common sense has it. The method gives the sensible answer where we know it, and an
    answer where common sense has none.
    """)
    return


@app.cell(hide_code=True)
def _(BLUE, QUIET, RED, lesson, likelihood, np, tosses):
    def _picture():
        figure, (left, right) = lesson.figure(8, 3.2, columns=2)
        p = np.linspace(0.005, 0.995, 199)
        values = np.array([likelihood(each, tosses) for each in p])
        left.plot(p, 1000 * values, color=BLUE)
        left.set(title="likelihood × 1000", xlabel="probability of heads $p$")
        right.plot(p, -np.log(values), color=RED)
        right.set(title="−log likelihood", xlabel="probability of heads $p$", ylim=(0, 30))
        for axes in (left, right):
            axes.axvline(0.7, color=QUIET, linewidth=1, linestyle="--")
        return lesson.picture(
            figure,
            alt="Left: the likelihood of seven heads in ten tosses, a hill with its top at 0.7. "
            "Right: minus its logarithm, a valley with its lowest point at 0.7.",
        )

    _picture()
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    There is a second reason for the logarithm. Suppose that the coin was tossed 3,000 times, always
    with the same share of heads:
    """)
    return


@app.cell
def _(likelihood, np, tosses):
    many_tosses = np.tile(tosses, 300)
    np.array([likelihood(p, many_tosses) for p in (0.1, 0.5, 0.7, 0.9)])
    return (many_tosses,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Every $p$ is as bad as any other: the products are all below the smallest number a `float64` can
    hold, about $5 \cdot 10^{-324}$, and become 0. The sum of the logarithms has no such problem. By
    custom one changes its sign, so that there is something to make small:
    """)
    return


@app.cell
def _(many_tosses, np):
    def loss_of_coin(p, tosses):
        return -np.sum(np.log(np.where(tosses == 1, p, 1 - p)))

    np.array([loss_of_coin(p, many_tosses) for p in (0.1, 0.5, 0.7, 0.9)])
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("criterion.coin")
    return


@app.cell
def _():
    answer_1 = ...
    return (answer_1,)


@app.cell(hide_code=True)
def _(answer_1, exercise):
    exercise.check("criterion.coin", answer_1)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## A coin for each point

    Now back to the two clouds; these are the points of chapter 2. A perceptron with a sigmoid
    says of each point with which probability it is blue. That is: it gives each point a coin of
    its own, which shows blue with probability $p_n = \sigma(w \cdot x_n + b)$, and the colours
    that we see are the tosses.
    """)
    return


@app.cell
def _(np):
    red_centre, blue_centre = np.array([-1.5, -0.5]), np.array([1.0, 1.5])

    rng = np.random.default_rng(0)
    red_points = red_centre + rng.standard_normal((50, 2))
    blue_points = blue_centre + rng.standard_normal((50, 2))

    points = np.concatenate([red_points, blue_points])
    is_blue = np.repeat([0, 1], 50)

    true_w, true_b = np.array([2.5, 2.0]), -0.375  # from chapter 2: the clouds were made so
    return blue_centre, is_blue, points, red_centre, true_b, true_w


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Write $c_n = 1$ for a blue point and $c_n = 0$ for a red one. Given where the points lie, their
    colours are independent, so the likelihood of the weights is the product

    $$\prod_n p_n^{c_n} (1 - p_n)^{1 - c_n}$$

    in which the exponents just choose: of the two factors, the one for the colour that was not seen
    has exponent 0. Minus the logarithm is a sum of costs, one a point:

    $$J = \sum_n \left( -c_n \log p_n - (1 - c_n) \log (1 - p_n) \right)$$

    In words: *the cost of a point is minus the logarithm of the probability that the model gave to
    its colour.* This is the criterion. It is called the *cross-entropy*, for a reason that comes
    later.
    """)
    return


@app.cell
def _(is_blue, np, points, true_b, true_w):
    def sigmoid(a):
        return 1 / (1 + np.exp(-a))

    def cross_entropy(p, c):
        return -c * np.log(p) - (1 - c) * np.log(1 - p)

    costs = cross_entropy(sigmoid(points @ true_w + true_b), is_blue)
    print("sum", costs.sum(), "mean", costs.mean())
    return costs, cross_entropy, sigmoid


@app.cell(hide_code=True)
def _(
    QUIET,
    costs,
    is_blue,
    lesson,
    line,
    plane,
    points,
    scatter,
    true_b,
    true_w,
):
    def _picture():
        figure, axes = lesson.figure(5.2, 4.8)
        axes.scatter(*points.T, 400 * costs, QUIET, alpha=0.35, linewidths=0)
        scatter(axes, points, is_blue)
        line(axes, true_w, true_b)
        plane(axes)
        return lesson.picture(
            figure,
            alt="The points with grey discs around them, whose areas are their costs. The discs "
            "are large around the seven points on the wrong side of the line and tiny elsewhere.",
        )

    _picture()
    return


@app.cell
def _(costs, mo, np):
    share_of_seven = np.sort(costs)[-7:].sum() / costs.sum()
    mo.md(
        f"""The grey areas are the costs. The seven points on the wrong side pay
        {share_of_seven:.0%} of the loss; half of all points pay less than {np.median(costs):.3f}
        each."""
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    With more than two classes nothing new is needed. The softmax gives the probabilities $p_{nk}$,
    and the right class is written as a row with a single 1, such as $(0, 1, 0)$: this is called
    *one-hot*. The cost of point $n$ is then

    $$-\sum_k c_{nk} \log p_{nk}$$

    where the ones choose, again, the one logarithm that counts.

    ## What a confident error costs
    """)
    return


@app.cell(hide_code=True)
def _(mo, np):
    slide_p = mo.ui.slider(
        steps=[0.001, 0.01, *np.arange(0.05, 0.96, 0.05).round(2).tolist(), 0.99, 0.999],
        value=0.1,
        show_value=True,
        label="probability that was given to the right colour",
    )
    slide_p
    return (slide_p,)


@app.cell(hide_code=True)
def _(BLUE, GREEN, INK, RED, lesson, np, slide_p):
    def _picture(p):
        figure, axes = lesson.figure(6.4, 3.6)
        ticks = np.geomspace(5e-4, 1, 400)
        axes.plot(ticks, -np.log(ticks), color=BLUE, label="cross-entropy, −log p")
        axes.plot(
            ticks, (1 - ticks) ** 2, color=GREEN, linestyle="--", label="squared error, (1 − p)²"
        )
        axes.plot([0, 0.5, 0.5, 1], [1, 1, 0, 0], color=RED, linestyle=":", label="error or not")
        axes.plot([p, p], [0, -np.log(p)], color=INK, linewidth=1)
        axes.plot(p, -np.log(p), "o", color=INK)
        axes.set(xlim=(-0.01, 1), ylim=(-0.1, 7.2), xlabel="probability of the right colour, $p$")
        axes.set_title(f"p = {p:g} costs {-np.log(p):.3f}")
        axes.legend(frameon=False)
        return lesson.picture(
            figure,
            alt="Three costs against the probability of the right colour. Minus log p falls from "
            "beyond 7 to 0; the squared error falls from 1 to 0; the count of errors is a step at "
            f"one half. Marked: p = {p:g} costs {-np.log(p):.3f}.",
        )

    _picture(slide_p.value)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    To be right and sure costs almost nothing; to say one half costs $\log 2 = 0.693$; and the
    cost of being wrong has no upper end. Whoever gives 0.01 to what then happens pays 4.6, as
    much as for 44 points that were given 0.9. That is not harsh but fair: the likelihood is a
    product, and a factor 0.01 in it takes 44 factors of 0.9 to do the same harm.
    """)
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("criterion.confident")
    return


@app.cell
def _():
    answer_2 = ...
    return (answer_2,)


@app.cell(hide_code=True)
def _(answer_2, exercise):
    exercise.check("criterion.confident", answer_2)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    So the cross-entropy watches what the count of errors cannot see, the confidence. Keep our line
    where it is, with its 7 errors, and change only the length of $w$:
    """)
    return


@app.cell(hide_code=True)
def _(BLUE, QUIET, RED, is_blue, lesson, np, points, true_b, true_w):
    def mean_cost(w, b):
        """The mean cross-entropy of the hundred points, safe for weights of any size."""
        a = points @ np.asarray(w) + b
        return np.logaddexp(0, np.where(is_blue == 1, -a, a)).mean()

    def errors(w, b):
        return int(((points @ np.asarray(w) + b > 0) != is_blue).sum())

    lengths = np.geomspace(0.1, 30, 200)
    unit_w, unit_b = true_w / np.hypot(*true_w), true_b / np.hypot(*true_w)
    by_length = np.array([mean_cost(length * unit_w, length * unit_b) for length in lengths])
    best_length = lengths[by_length.argmin()]

    def _picture():
        figure, (left, right) = lesson.figure(8, 3.2, columns=2)
        left.plot(lengths, np.full(len(lengths), errors(true_w, true_b)), color=RED)
        left.set(title="errors", xscale="log", xlabel="length of $w$", ylim=(0, 10))
        right.plot(lengths, by_length, color=BLUE)
        right.axvline(np.hypot(*true_w), color=QUIET, linewidth=1, linestyle="--")
        right.set(xscale="log", xlabel="length of $w$", ylim=(0, 0.8))
        right.set_title(f"mean cross-entropy: lowest at {best_length:.1f}")
        for axes in (left, right):
            axes.set_xticks((0.1, 1, 10), ("0.1", "1", "10"))
        return lesson.picture(
            figure,
            alt="Left: 7 errors at every length of the weights. Right: the mean cross-entropy has "
            "a valley near the length with which the clouds were made, dashed.",
        )

    _picture()
    return errors, mean_cost


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Too short, and the model hedges where it could know; too long, and it is sure of its errors. The
    lowest point is at a length of 2.7, not far from the dashed line at 3.2, the length that was
    right for the clouds.

    ## Why not the count of errors?

    It is what we care about in the end, so why not make it small directly? Turn the line step by
    step, and look at both criteria on the way.
    """)
    return


@app.cell(hide_code=True)
def _(mo):
    slide_turn = mo.ui.slider(-180, 180, 1, 60, show_value=True, label="turn the line by (degrees)")
    slide_turn
    return (slide_turn,)


@app.cell(hide_code=True)
def _(errors, mean_cost, np, true_b, true_w):
    def turned(degrees):
        """The true weights, turned."""
        t = np.radians(degrees)
        return np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]]) @ true_w

    turns = np.linspace(-180, 180, 1441)
    errors_by_turn = np.array([errors(turned(turn), true_b) for turn in turns])
    cost_by_turn = np.array([mean_cost(turned(turn), true_b) for turn in turns])
    return cost_by_turn, errors_by_turn, turned, turns


@app.cell(hide_code=True)
def _(
    BLUE,
    INK,
    RED,
    cost_by_turn,
    errors,
    errors_by_turn,
    is_blue,
    lesson,
    line,
    mean_cost,
    plane,
    points,
    scatter,
    slide_turn,
    true_b,
    turned,
    turns,
):
    def _picture(turn):
        figure, (left, middle, right) = lesson.figure(8, 3, columns=3)
        scatter(left, points, is_blue, size=14)
        line(left, turned(turn), true_b)
        plane(left)
        middle.plot(turns, errors_by_turn, color=RED)
        middle.plot(turn, errors(turned(turn), true_b), "o", color=INK)
        middle.set(title=f"errors: {errors(turned(turn), true_b)}")
        right.plot(turns, cost_by_turn, color=BLUE)
        right.plot(turn, mean_cost(turned(turn), true_b), "o", color=INK)
        right.set(title=f"cross-entropy: {mean_cost(turned(turn), true_b):.3f}")
        for axes in (middle, right):
            axes.set(xlabel="degrees", xticks=(-180, 0, 180))
        return lesson.picture(
            figure,
            alt=f"The line, turned by {turn} degrees; the count of errors and the mean "
            "cross-entropy against the angle, both low near 0 degrees and high near 180; a dot "
            "marks this angle.",
        )

    _picture(slide_turn.value)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    From afar the two curves look alike. Now go nearer. The film looks at the same two curves around
    60 degrees, each time ten times closer:
    """)
    return


@app.cell(hide_code=True)
def _(BLUE, RED, errors, lesson, mean_cost, np, true_b, turned):
    def _frame(width):
        near = np.linspace(60 - width, 60 + width, 401)
        counts = np.array([errors(turned(turn), true_b) for turn in near])
        costs_near = np.array([mean_cost(turned(turn), true_b) for turn in near])
        figure, (left, right) = lesson.figure(8, 3.2, columns=2)
        left.plot(near - 60, counts, color=RED)
        right.plot(near - 60, costs_near, color=BLUE)
        left.set(title="errors", ylim=(counts.min() - 1.5, counts.max() + 1.5))
        left.yaxis.get_major_locator().set_params(integer=True)
        right.set(title="mean cross-entropy")
        right.ticklabel_format(useOffset=False)
        for axes in (left, right):
            axes.set(xlabel="degrees from 60", xticks=(-width, 0, width))
        return figure

    lesson.film(
        [_frame(width) for width in (120, 12, 1.2)],
        alt="The count of errors and the cross-entropy around an angle of 60 degrees, closer and "
        "closer: the count becomes a level line, the cross-entropy a straight slope.",
        captions=(
            "From afar.",
            "Ten times closer: the count is a staircase.",
            "A hundred times closer: the count is level, the cross-entropy still says which way.",
        ),
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The count is a staircase. It changes only where the line passes over a point, and a hundred
    points make at most two hundred such angles on the whole circle. Everywhere else its derivative
    is zero: a small movement changes nothing, so nothing says which way to move. That is what you
    felt at the sliders of chapter 2. The cross-entropy is smooth, and its slope points the way at
    every angle.

    Nor can the count tell a line that scrapes past the points from one that
    keeps well away. And to find the line with the fewest errors is a hard problem in itself: no
    algorithm is known that does it in reasonable time when there are many measurements (Höffgen,
    Simon and Van Horn, 1995, show that it is NP-hard).

    So there are two numbers with two uses. **Train with the cross-entropy; report the errors.**

    ## Why not the squared error?

    The squared error of a probability, $(p - c)^2$, is smooth. What is wrong with that? Look at its
    slope in the score $a$, for a blue point ($c = 1$). The sigmoid has the slope $p (1 - p)$, so by
    the chain rule

    $$\frac{d}{da} (p - 1)^2 = 2 (p - 1) \, p (1 - p) \qquad\text{but}\qquad
    \frac{d}{da} (-\log p) = -\frac{1}{p} \, p (1 - p) = p - 1$$

    In the cross-entropy the logarithm cancels the slope of the sigmoid: what remains is the error
    itself, $p - 1$. In the squared error the factor $p (1 - p)$ stays, and for a point that is
    hopelessly wrong, with $p$ near 0, it is nearly 0. It is said to be *saturated*. Such a point
    pulls least just when it should pull most.
    """)
    return


@app.cell(hide_code=True)
def _(BLUE, GREEN, lesson, np, sigmoid):
    def _picture():
        figure, (left, right) = lesson.figure(8, 3.4, columns=2)
        a = np.linspace(-8, 5, 261)
        p = sigmoid(a)
        left.plot(a, -np.log(p), color=BLUE, label="cross-entropy")
        left.plot(a, (1 - p) ** 2, color=GREEN, linestyle="--", label="squared error")
        left.set(title="cost of a blue point", xlabel="score $a$")
        left.legend(frameon=False)
        right.plot(a, p - 1, color=BLUE)
        right.plot(a, 2 * (p - 1) * p * (1 - p), color=GREEN, linestyle="--")
        right.set(title="slope of the cost", xlabel="score $a$", yticks=(-1, -0.5, 0))
        return lesson.picture(
            figure,
            alt="Left: for a blue point with a very negative score the cross-entropy keeps "
            "rising in a straight line, the squared error levels off at 1. Right: there the slope "
            "of the cross-entropy is near -1, that of the squared error near 0.",
        )

    _picture()
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    For all points together, too: here the weights are $s$ times the true ones. At negative $s$ they
    point the wrong way, and a search that starts there has to find its way out.
    """)
    return


@app.cell(hide_code=True)
def _(
    BLUE,
    GREEN,
    is_blue,
    lesson,
    mean_cost,
    np,
    points,
    sigmoid,
    true_b,
    true_w,
):
    factors = np.linspace(-8, 4, 241)
    cost_by_factor = np.array([mean_cost(s * true_w, s * true_b) for s in factors])
    square_by_factor = np.array(
        [((sigmoid(s * (points @ true_w + true_b)) - is_blue) ** 2).mean() for s in factors]
    )

    def _picture():
        figure, (left, right) = lesson.figure(8, 3, columns=2)
        left.plot(factors, cost_by_factor, color=BLUE)
        left.set(title="mean cross-entropy", xlabel="factor $s$ of the weights")
        right.plot(factors, square_by_factor, color=GREEN, linestyle="--")
        right.set(title="mean squared error", xlabel="factor $s$ of the weights", ylim=(0, 1))
        return lesson.picture(
            figure,
            alt="Left: the cross-entropy falls steeply and steadily from s = -8 to its valley near "
            "1. Right: the squared error is nearly level from -8 to -1, then falls suddenly.",
        )

    _picture()
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Squared errors are not wrong everywhere. If what is predicted is a number, and it varies
    around the prediction with a Gaussian density, then minus the logarithm of *that* likelihood
    is a sum of squares. The principle stays the same, maximum likelihood; the loss follows from
    what the data are.
    """)
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("criterion.slope")
    return


@app.cell
def _():
    answer_3 = ...
    return (answer_3,)


@app.cell(hide_code=True)
def _(answer_3, exercise):
    exercise.check("criterion.slope", answer_3)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## The criterion as a graph

    We take the softmax perceptron of chapter 2, here with two classes, and append the formula, an
    operation for each of its signs. `c` has a one-hot row for each point.
    """)
    return


@app.cell
def _(costs, is_blue, np, points, true_b, true_w, ts):
    W_start = np.stack([np.zeros(2), true_w], axis=1)  # class 0, red, has the score 0
    b_start = np.array([0.0, true_b])
    one_hot = np.eye(2)[is_blue]

    with ts.Graph().as_default() as toy_graph:
        X = ts.placeholder(ts.float64, [None, 2], name="X")
        c = ts.placeholder(ts.float64, [None, 2], name="c")
        W = ts.Variable(W_start, name="W")
        b = ts.Variable(b_start, name="b")
        p = ts.softmax(ts.add(ts.matmul(X, W), b))
        J = ts.negative(ts.reduce_sum(ts.multiply(c, ts.log(p))), name="J")

    toy_session = ts.Session(graph=toy_graph)
    J_of_graph = toy_session.run(J, {X: points, c: one_hot})
    print(J_of_graph, costs.sum())
    return J, W, X, b, c, one_hot, toy_graph, toy_session


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("criterion.batch")
    return


@app.cell
def _():
    answer_4 = ...
    return (answer_4,)


@app.cell(hide_code=True)
def _(answer_4, exercise):
    exercise.check("criterion.batch", answer_4)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Break it

    The same number, so all is well? Add one point far out in the blue, at $(200, 200)$, as someone
    will who mistypes a measurement. First say that it was red, then that it was blue:
    """)
    return


@app.cell
def _(J, X, c, toy_session):
    far_point = [[200.0, 200.0]]
    J_if_red = toy_session.run(J, {X: far_point, c: [[1, 0]]})
    J_if_blue = toy_session.run(J, {X: far_point, c: [[0, 1]]})
    print(J_if_red, J_if_blue)
    return (far_point,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Its score is about 900, so the softmax gives red the probability $e^{-900}$, which is rounded to
    0, and $\log 0 = -\infty$. If the point was red, the loss is infinite. If it was blue the model
    is *right*, and the result is worse: the product with $c$ was to leave the other class out, but
    $0 \cdot (-\infty)$ is not 0. It is `nan`, and one `nan` in a sum makes all of it `nan`.

    A popular repair is to add a little to $p$ before the logarithm, say $10^{-7}$. Then no cost
    can be above 16.12, whether the score is 20 or 2,000. The curve is level there, so once more
    nothing says which way to go. There is a better way. Take the logarithm of the softmax on
    paper, where nothing is rounded:

    $$-\log \frac{e^{a_k}}{\sum_j e^{a_j}} = \log \sum_j e^{a_j} - a_k$$

    Shift all scores by their maximum, as in chapter 2, and no exponential overflows; the sum is
    at least 1, so its logarithm is not negative; and $a_k$ itself stands outside, with no
    exponential around it. To profit from this, softmax and logarithm must be *one* operation,
    which is given the scores, called logits. This is the library's:
    """)
    return


@app.cell(hide_code=True)
def _(lesson, mo):
    from tensorslow.ops import losses

    mo.vstack([lesson.quote(losses._log_sums), lesson.quote(losses._xent_compute)])
    return (losses,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Compare with the toy:

    - The first result is the loss. `xp.log(total) - shifted` is the formula above for all classes
      at once, and always finite, so that a 0 in `labels` times it is 0.
    - It sums over the last axis only, `axis=-1`: one loss a row. Whether you want their sum or
      their mean is left to you.
    - There is a second result, `weights / total - labels`. That is $p - c$, the slope of the loss
      in the scores, which we met above. The exponentials are at hand, so it costs little to
      compute it along with the loss; chapter 4 will need it.
    """)
    return


@app.cell
def _(
    W,
    X,
    b,
    c,
    costs,
    far_point,
    np,
    one_hot,
    points,
    toy_graph,
    toy_session,
    ts,
):
    with toy_graph.as_default():
        logits = ts.add(ts.matmul(X, W), b)
        row_losses = ts.nn.softmax_cross_entropy_with_logits(labels=c, logits=logits)

    def fused(some_points, some_classes):
        return toy_session.run(row_losses, {X: some_points, c: some_classes})

    print("far out, red: ", fused(far_point, [[1, 0]]))
    print("far out, blue:", fused(far_point, [[0, 1]]))
    fused_costs = fused(points, one_hot)
    print("on our points it differs from the toy by at most", np.abs(fused_costs - costs).max())
    return (fused,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The function that makes the node is careful in other ways:
    """)
    return


@app.cell(hide_code=True)
def _(lesson, losses):
    lesson.quote(losses.softmax_cross_entropy_with_logits, docstring=False)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    It insists on names, `labels=` and `logits=`, because older versions had them in the other
    order, and to exchange them gives a wrong number without complaint. And `stop_gradient` says
    that the labels are given: nothing shall be learned by changing them. (`_dense_xent`, which it
    calls, brings the axis of the classes to the end, and computes `float16` in `float32`.)
    """)
    return


@app.cell(hide_code=True)
def _(lesson):
    lesson.in_tensorflow(r"""
    The operation is TensorFlow's `SoftmaxCrossEntropyWithLogits`. It has the same two outputs
    there, `loss` and `backprop`, and the function insists on names for the same reason. Its
    successor `tf.nn.softmax_cross_entropy_with_logits_v2` lets gradients flow to the labels, too.
    If each point has just one right class, `tf.nn.sparse_softmax_cross_entropy_with_logits` takes
    its number in place of a one-hot row; for one yes or no, there is
    `tf.nn.sigmoid_cross_entropy_with_logits`. None of them sums over the batch. `ts.nn` has all
    four.
    """)
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("criterion.from-scores")
    return


@app.cell
def _():
    answer_5 = ...
    return (answer_5,)


@app.cell(hide_code=True)
def _(answer_5, exercise):
    exercise.check("criterion.from-scores", answer_5)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Sum or mean?

    Minus the log-likelihood is the sum of the costs. The mean is the sum divided by a constant, so
    the same weights are best. But look at what happens as points are added; these are new points
    from the same clouds:
    """)
    return


@app.cell
def _(blue_centre, fused, np, red_centre):
    fresh = np.random.default_rng(1)
    fresh_is_blue = fresh.integers(0, 2, 100_000)
    fresh_points = np.array([red_centre, blue_centre])[fresh_is_blue]
    fresh_points = fresh_points + fresh.standard_normal(fresh_points.shape)
    fresh_costs = fused(fresh_points, np.eye(2)[fresh_is_blue])

    print(" points       sum     mean")
    for _n in (100, 1_000, 10_000, 100_000):
        print(f"{_n:7,} {fresh_costs[:_n].sum():9.1f} {fresh_costs[:_n].mean():8.4f}")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The sum grows with the number of points, and so do its slopes. The mean settles. So with the
    mean one can compare losses of batches of different sizes, and a part of the data, drawn at
    random, gives on average the right mean. Chapter 4 uses both facts.
    `ts.reduce_mean(row_losses)` is the usual last node.

    ## What remains: entropy

    The mean settles at 0.137, not at 0, although these are the weights with which the clouds were
    made. Could any model do better?

    Stand at one place of the plane, where a share $q$ of the points is blue, and let the model say
    $p$. Its mean cost there is

    $$H(q, p) = -q \log p - (1 - q) \log (1 - p)$$
    """)
    return


@app.cell(hide_code=True)
def _(BLUE, INK, QUIET, cross_entropy, lesson, np):
    def _frame(q):
        p = np.linspace(0.003, 0.997, 143)
        entropy = cross_entropy(q, q)
        figure, axes = lesson.figure(6, 3.4)
        curve = cross_entropy(p, q)
        axes.fill_between(p, 0, entropy, color=QUIET, alpha=0.25, linewidth=0)
        axes.fill_between(p, entropy, curve, color=BLUE, alpha=0.2, linewidth=0)
        axes.plot(p, curve, color=BLUE)
        axes.plot(q, entropy, "o", color=INK)
        axes.set(xlim=(0, 1), ylim=(0, 3), xlabel="what the model says, $p$", ylabel="mean cost")
        axes.set_title(f"a share q = {q:g} is blue: entropy {entropy:.3f}")
        return figure

    shares = (0.5, 0.6, 0.7, 0.8, 0.9, 0.98)
    lesson.film(
        [_frame(q) for q in shares],
        alt="The mean cost against the probability that the model says, for shares of blue from "
        "0.5 to 0.98: a valley that is lowest where the model says the share itself. Its height "
        "there, the entropy, shrinks as the share approaches 1.",
        captions=[
            f"The grey part, {cross_entropy(q, q):.3f}, no model avoids; the blue part is the "
            "model's own fault."
            for q in shares
        ],
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The lowest point is at $p = q$: **only the truth is cheapest.** Its height $H(q, q)$ is the
    *entropy* of the colour at that place (Shannon, 1948), the uncertainty that is in the data
    themselves. What lies above it is called the *Kullback-Leibler divergence*. For any number of
    classes,

    $$-\sum_k q_k \log p_k = -\sum_k q_k \log q_k + \sum_k q_k \log \frac{q_k}{p_k}$$

    cross-entropy is entropy plus divergence. The divergence is never negative, because
    $\log t \le t - 1$:

    $$-\sum_k q_k \log \frac{q_k}{p_k} = \sum_k q_k \log \frac{p_k}{q_k} \le
    \sum_k q_k \left( \frac{p_k}{q_k} - 1 \right) = 1 - 1 = 0$$

    So 0.137 is the mean entropy of the colours in our clouds: where they overlap, nobody can
    know. To lower the cross-entropy means to lower the divergence, the part that is the model's
    own fault.
    """)
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("criterion.entropy")
    return


@app.cell
def _():
    answer_6 = ...
    return (answer_6,)


@app.cell(hide_code=True)
def _(answer_6, exercise):
    exercise.check("criterion.entropy", answer_6)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Go and find the lowest point

    Everything is ready: three numbers to choose, and one number that judges them. The picture shows
    the loss as contour lines over the two weights, for the bias that you set. Forget the true
    weights, and search. Can you get below 0.183?
    """)
    return


@app.cell(hide_code=True)
def _(mo):
    find_w1 = mo.ui.slider(-4, 4, 0.1, -2.0, show_value=True, label="first weight $w_1$")
    find_w2 = mo.ui.slider(-4, 4, 0.1, 3.0, show_value=True, label="second weight $w_2$")
    find_b = mo.ui.slider(-4, 4, 0.1, 2.0, show_value=True, label="bias $b$")
    mo.vstack([find_w1, find_w2, find_b])
    return find_b, find_w1, find_w2


@app.cell(hide_code=True)
def _(
    BLUE,
    INK,
    errors,
    find_b,
    find_w1,
    find_w2,
    is_blue,
    lesson,
    line,
    mean_cost,
    np,
    plane,
    points,
    scatter,
):
    def _picture(w, b):
        ticks = np.linspace(-4, 4, 65)
        w1, w2 = np.meshgrid(ticks, ticks)
        a = np.multiply.outer(w1, points[:, 0]) + np.multiply.outer(w2, points[:, 1]) + b
        surface = np.logaddexp(0, np.where(is_blue == 1, -a, a)).mean(axis=-1)
        figure, (left, right) = lesson.figure(8, 3.9, columns=2)
        levels = (0.19, 0.22, 0.3, 0.5, 1, 2, 3, 4, 6, 8)
        drawn = left.contour(w1, w2, surface, levels=levels, colors=BLUE, linewidths=1)
        left.clabel(drawn, fontsize=8)
        left.plot(*w, "o", color=INK, markersize=8)
        left.set(aspect="equal", xlabel="$w_1$", ylabel="$w_2$")
        left.set_title(f"loss {mean_cost(w, b):.4f}")
        scatter(right, points, is_blue, size=18)
        line(right, w, b)
        plane(right, f"errors: {errors(w, b)}")
        return lesson.picture(
            figure,
            alt=f"Left: contour lines of the loss over both weights for b = {b:g}: one valley. "
            f"A dot at ({w[0]:g}, {w[1]:g}), where the loss is {mean_cost(w, b):.4f}. Right: the "
            f"points and the line of these weights, with {errors(w, b)} errors.",
        )

    _picture((find_w1.value, find_w2.value), find_b.value)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    There is one valley and no other, so you cannot get stuck. Along any line of weights, with
    $x_n$ extended by a 1 for the bias and $v$ the direction, the second derivative of the sum of
    the costs is

    $$\sum_n p_n (1 - p_n) \, (v \cdot x_n)^2 \ge 0$$

    and a function that curves upwards along every line has no second valley. For networks with
    hidden layers that is no longer true.

    If you found 0.1825, you beat the weights that made the clouds: they have 0.1855. That is no
    contradiction. You fitted these hundred points, accidents included; on new points, the true
    weights are better. Remember this when a model looks too good on the points it was trained with.

    ## What comes next

    You moved three sliders. Twenty values each would be 8,000 settings to try, and a computer does
    that. The network for handwritten digits in chapter 5 has thousands of weights, and
    $20^{1000}$ settings nobody will ever try.

    But you did not try them all, either. You looked which way the contour lines fall. The
    cross-entropy is smooth, so at each point it has a slope in every direction, and we already
    know the slope in the scores: it is $p - c$, the model's answer less the truth. Chapter 4
    follows it down: *gradient descent*.

    ## Sources

    - R. A. Fisher, "On the mathematical foundations of theoretical statistics", *Philosophical
      Transactions of the Royal Society A* 222, 1922: maximum likelihood.
    - C. E. Shannon, "A mathematical theory of communication", *Bell System Technical Journal* 27,
      1948; S. Kullback and R. A. Leibler, "On information and sufficiency", *Annals of Mathematical
      Statistics* 22, 1951.
    - P. McCullagh and J. A. Nelder, *Generalized Linear Models*, second edition 1989: the
      likelihood as the common root of many losses.
    - C. M. Bishop, *Pattern Recognition and Machine Learning*, 2006, sections 1.6 and 4.3.
    - I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, 2016, sections 3.13, 5.5 and 6.2.
    - K.-U. Höffgen, H.-U. Simon and K. S. Van Horn, "Robust trainability of single neurons",
      *Journal of Computer and System Sciences* 50, 1995.
    """)
    return


if __name__ == "__main__":
    app.run()
