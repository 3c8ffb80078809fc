"""Chapter 5: multi-layer perceptrons."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Multi-layer perceptrons")


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # 5. Multi-layer perceptrons

    A perceptron draws a line. Much of the world cannot be told apart by a line. In this chapter we
    find the smallest example, solve it by hand with three perceptrons, and then let gradient
    descent find a solution by itself, which sometimes fails. At the end, the same few nodes learn
    to read handwritten digits.
    """)
    return


@app.cell(hide_code=True)
def _():
    import time

    import marimo as mo
    import numpy as np
    from sklearn.datasets import load_digits

    import tensorslow as ts
    from tensorslow.learn import exercise, lesson

    return exercise, lesson, load_digits, mo, np, time, ts


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## What a line cannot separate

    Four points, the corners of a square. Two opposite ones are red, the other two blue: blue where
    *exactly one* of the coordinates is 1. Logicians call that **XOR**, exclusive or. Turn and move
    the line. How many points can you get right?
    """)
    return


@app.cell
def _(mo):
    angle = mo.ui.slider(0, 355, 5, value=45, label="direction of blue, degrees", show_value=True)
    offset = mo.ui.slider(-1, 1, 0.05, value=-0.35, label="offset of the line", show_value=True)
    mo.vstack([angle, offset])
    return angle, offset


@app.cell(hide_code=True)
def _(angle, lesson, np, offset):
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    xor = np.array([0, 1, 1, 0])
    grid = np.stack(np.meshgrid(np.linspace(-0.6, 1.6, 56), np.linspace(-0.6, 1.6, 56)), axis=-1)

    def draw_points(axes, points, labels, size=6):
        """Red discs for label 0, blue squares for label 1."""
        for label, marker, colour in ((0, "o", "red"), (1, "s", "blue")):
            axes.plot(
                *points[labels == label].T,
                marker,
                color=lesson.COLOURS[colour],
                markeredgecolor=lesson.COLOURS["paper"],
                markersize=size,
                markeredgewidth=size / 8,
            )

    def draw_plane(axes, chances):
        """What a classifier says of each place of the grid: red for 0, blue for 1."""
        axes.contourf(
            grid[..., 0], grid[..., 1], chances, np.linspace(0, 1, 9), cmap="RdBu", alpha=0.45
        )
        axes.set(aspect="equal", xlabel="x₁", ylabel="x₂", xticks=[0, 1], yticks=[0, 1])

    _w = np.array([np.cos(np.radians(angle.value)), np.sin(np.radians(angle.value))])
    _correct = int(np.sum(((corners - 0.5) @ _w > offset.value) == xor))
    _figure, _axes = lesson.figure(4.2, 4.2)
    draw_plane(_axes, ((grid - 0.5) @ _w > offset.value).astype(float))
    draw_points(_axes, corners, xor, size=9)
    _axes.set_title(f"{_correct} of 4 right")
    lesson.picture(
        _figure,
        alt="The corners of a square: (0, 0) and (1, 1) are red, (0, 1) and (1, 0) blue. A line "
        f"divides the plane into a red and a blue side; {_correct} of the 4 points are on their "
        "own side.",
    )
    return corners, draw_plane, draw_points, grid, xor


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Three at most. A proof in three lines, for any score $s(x) = w \cdot x + b$:

    1. Red means $s < 0$, so $s(0,0) + s(1,1) < 0$. Blue means $s > 0$, so $s(0,1) + s(1,0) > 0$.
    2. But both sums are $w_1 + w_2 + 2b$.
    3. One number cannot be negative and positive. ∎

    And gradient descent? It does its best.
    """)
    return


@app.cell
def _(corners, np, ts, xor):
    with ts.Graph().as_default(), ts.Session(engine="numpy") as _session:
        _w = ts.Variable(np.array([[1.0], [-2.0]]))
        _b = ts.Variable(np.array([0.5]))
        _score = ts.matmul(ts.constant(corners.astype(float)), _w) + _b
        _labels = ts.constant(xor[:, None].astype(float))
        _loss = ts.reduce_mean(ts.nn.softplus(_score) - _labels * _score)
        _step = ts.train.GradientDescentOptimizer(1.0).minimize(_loss)
        for _ in range(300):
            _session.run(_step)
        line_loss, line_chances = _session.run([_loss, ts.sigmoid(_score)])
    print(f"loss {line_loss:.6f} (log 2 is {np.log(2):.6f})")
    print("probability of blue:", line_chances[:, 0].round(3))
    return line_chances, line_loss


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    All weights go to zero, and it says $\tfrac12$ everywhere. Its loss is $\log 2$, that of a coin.
    Among all lines, *no line* has the smallest cross-entropy here.

    Minsky and Papert published a book about the limits of perceptrons in 1969. It made people doubt
    the whole idea. The way out was known; what was missing was a way to *learn* it.

    ## Two lines and an AND

    Draw two lines instead of one: $x_1 + x_2 = 0.5$, just above $(0, 0)$, and $x_1 + x_2 = 1.5$,
    just below $(1, 1)$. Blue is what lies between: above the first **and** below the second. Each
    of the three questions (above? below? both?) can be answered by a perceptron. So three
    perceptrons do it; the third one looks at the other two instead of at the point.
    """)
    return


@app.cell
def _(corners, np):
    def fires(score):
        """1 where a score is positive, else 0."""
        return (score > 0).astype(float)

    def hidden_by_hand(x):
        """Above the first line; below the second."""
        total = x.sum(axis=-1)
        return np.stack([fires(total - 0.5), fires(1.5 - total)], axis=-1)

    def by_hand(x):
        """Both."""
        return fires(hidden_by_hand(x).sum(axis=-1) - 1.5)

    print("x       hidden    output")
    for _x in corners:
        print(_x, " ", hidden_by_hand(_x), " ", by_hand(_x))
    return by_hand, hidden_by_hand


@app.cell(hide_code=True)
def _(by_hand, corners, draw_plane, draw_points, grid, hidden_by_hand, lesson, np, xor):
    _figure, (_plane, _hidden) = lesson.figure(8, 4, columns=2)
    draw_plane(_plane, by_hand(grid))
    draw_points(_plane, corners, xor, size=9)
    for _total in (0.5, 1.5):
        _plane.plot([-0.6, 1.6], [_total + 0.6, _total - 1.6], "--", color=lesson.COLOURS["ink"])
    _plane.set(title="the points", ylim=(-0.6, 1.6), xlim=(-0.6, 1.6))
    draw_plane(_hidden, (grid.sum(axis=-1) > 1.5).astype(float))
    draw_points(_hidden, hidden_by_hand(corners), xor, size=9)
    _hidden.plot([-0.1, 1.6], [1.6, -0.1], "--", color=lesson.COLOURS["ink"])
    _hidden.annotate("(0, 1) and (1, 0)", (1, 1), (0, 10), textcoords="offset points", ha="center")
    _hidden.annotate("(0, 0)", (0, 1), (0, -20), textcoords="offset points", ha="center")
    _hidden.annotate("(1, 1)", (1, 0), (0, -20), textcoords="offset points", ha="center")
    _hidden.set(title="what the hidden units make of them", xlabel="h₁", ylabel="h₂")
    lesson.picture(
        _figure,
        alt="Left, the four points with two parallel lines; the strip between them is blue and "
        "holds both blue points. Right, the same points with the answers of the two units as "
        "coordinates: the blue ones fall together at (1, 1), the red ones are at (0, 1) and "
        "(1, 0), and one line separates them.",
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The picture on the right is the point of the whole chapter. The two units in the middle, the
    **hidden layer**, do not classify anything. They give each point *new coordinates*, in which a
    line is enough.

    In matrices, for a batch of points $X$, with an **activation function** $\sigma$ applied to each
    entry:

    $$H = \sigma(X W + b), \qquad \text{scores} = H V + c .$$

    The activation is not decoration. Without it, $(X W) V = X (W V)$ is one matrix, and draws one
    line, however many layers there are. It has to bend. And it has to have a slope, or no gradient
    comes back: the step of `fires` has slope 0 wherever it has one. The sigmoid is a step with its
    corners rounded off, and that is why we use it.
    """)
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("networks.output")
    return


@app.cell
def _():
    answer_1 = ...
    return (answer_1,)


@app.cell(hide_code=True)
def _(answer_1, exercise):
    exercise.check("networks.output", answer_1)
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("networks.linear")
    return


@app.cell
def _():
    answer_2 = ...
    return (answer_2,)


@app.cell(hide_code=True)
def _(answer_2, exercise):
    exercise.check("networks.linear", answer_2)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Let it learn

    By hand we knew the answer. Now we give 100 noisy points around the corners to a network of the
    same shape, two hidden sigmoids and one output, with random weights. It is a graph, so
    everything from chapter 4 works as it is: nobody has to tell `minimize` that there is a hidden
    layer.
    """)
    return


@app.cell
def _(np, ts):
    _rng = np.random.default_rng(0)
    _centres = np.array([[0, 0], [1, 1], [0, 1], [1, 0]]).repeat(25, axis=0)
    points = _centres + 0.15 * _rng.normal(size=(100, 2))
    labels = np.array([0, 1]).repeat(50)

    def network(x, t, first, second, activation=ts.sigmoid):
        """A graph with one hidden layer: its hidden units, its scores, the loss of each network.

        first: weights [..., 2 + 1, units], the last row are biases; second: [..., units + 1, 1].
        """
        w, b = ts.Variable(first[..., :-1, :]), ts.Variable(first[..., -1:, :])
        v, c = ts.Variable(second[..., :-1, :]), ts.Variable(second[..., -1:, :])
        hidden = activation(ts.matmul(x, w) + b)
        scores = ts.matmul(hidden, v) + c
        losses = ts.reduce_mean(ts.nn.softplus(scores) - t * scores, axis=[-2, -1])
        return hidden, scores, losses

    return labels, network, points


@app.cell
def _(grid, labels, network, np, points, ts):
    _rng = np.random.default_rng(5)
    with ts.Graph().as_default(), ts.Session(engine="numpy") as _session:
        _x = ts.placeholder(ts.float64, [None, 2])
        _t = ts.constant(labels[:, None].astype(float))
        _first, _second = _rng.normal(size=(3, 2)), _rng.normal(size=(3, 1)) * [[1], [1], [0]]
        _hidden, _scores, _loss = network(_x, _t, _first, _second)
        _step = ts.train.GradientDescentOptimizer(2.0).minimize(_loss)
        _everywhere = {_x: grid.reshape(-1, 2)}
        moments, xor_losses = {}, []
        for _at in range(1501):
            if _at in (0, 50, 200, 240, 270, 300, 350, 400, 1500):
                moments[_at] = _session.run([ts.sigmoid(_scores), _hidden], _everywhere)
            xor_losses.append(_session.run([_loss, _step], {_x: points})[0])
        hidden_values, _said = _session.run([_hidden, _scores], {_x: points})
    xor_accuracy = np.mean((_said[:, 0] > 0) == labels)
    print(f"loss {xor_losses[0]:.3f} → {xor_losses[-1]:.4f}, correct: {xor_accuracy:.0%}")
    return hidden_values, moments, xor_accuracy, xor_losses


@app.cell(hide_code=True)
def _(draw_plane, draw_points, grid, labels, lesson, moments, points, xor_losses):
    def _frame(at):
        figure, (plane, curve) = lesson.figure(8, 3.8, columns=2)
        chances, hidden = (values.reshape(*grid.shape[:2], -1) for values in moments[at])
        draw_plane(plane, chances[..., 0])
        draw_points(plane, points, labels)
        for unit in range(2):
            plane.contour(
                grid[..., 0],
                grid[..., 1],
                hidden[..., unit],
                [0.5],
                colors=lesson.COLOURS["ink"],
                linestyles="dashed",
                linewidths=1.2,
            )
        curve.plot(xor_losses, color=lesson.COLOURS["quiet"], linewidth=1)
        curve.plot(at, xor_losses[at], "o", color=lesson.COLOURS["red"])
        curve.set(xlabel="step", ylabel="loss", ylim=(0, 0.8))
        return figure

    lesson.film(
        [_frame(at) for at in moments],
        alt="The plane in the colours of the network as it learns, with the lines of its two "
        "hidden units, dashed, and its loss: at first hardly any colour, then "
        "the lines swing round, and in the end a red strip lies between them",
        captions=[f"After {at} steps the loss is {xor_losses[at]:.3f}." for at in moments],
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Watch the loss. For 200 steps *hardly anything happens*: the network sits at $\log 2$, like the
    perceptron. Then, within 200 more, both lines swing into place, first one and then the other.
    (A dashed line is where a hidden unit says $\tfrac12$.) And it found another solution than ours:
    here it is *red* that lies between the lines.

    What does each hidden unit see? A soft half plane each; and together, new coordinates.
    """)
    return


@app.cell(hide_code=True)
def _(draw_plane, draw_points, grid, hidden_values, labels, lesson, moments, points):
    _figure, _axes = lesson.figure(8.4, 3, columns=3)
    for _unit in range(2):
        draw_plane(_axes[_unit], moments[1500][1].reshape(*grid.shape[:2], 2)[..., _unit])
        draw_points(_axes[_unit], points, labels, size=4)
        _axes[_unit].set_title(f"hidden unit {_unit + 1}")
    draw_points(_axes[2], hidden_values, labels, size=5)
    _axes[2].set(aspect="equal", xlabel="h₁", ylabel="h₂", title="the new coordinates")
    _axes[2].set(xticks=[0, 1], yticks=[0, 1], xlim=(-0.2, 1.2), ylim=(-0.2, 1.2))
    lesson.picture(
        _figure,
        alt="Left and middle, the values of the two hidden units over the plane: each is a soft "
        "half plane whose border separates one blue corner from the other three. Right, all "
        "points with these values as coordinates: the red ones gather in the corner (0, 1), the "
        "blue ones in (0, 0) and (1, 1), and a line could separate them.",
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Why not start with zeros

    Random weights look careless. Zero would be neutral. Let us see three starts: all zeros, all
    weights 0.5, and random ones.
    """)
    return


@app.cell
def _(labels, network, np, points, ts):
    _rng = np.random.default_rng(1)
    starts = {
        "zeros": (np.zeros((3, 4)), np.zeros((5, 1))),
        "all 0.5": (np.full((3, 4), 0.5), np.full((5, 1), 0.5)),
        "random": (_rng.normal(size=(3, 4)), _rng.normal(size=(5, 1))),
    }
    start_losses, unit_differences = {}, {}
    for _name, _weights in starts.items():
        with ts.Graph().as_default(), ts.Session(engine="numpy") as _session:
            _x, _t = ts.constant(points), ts.constant(labels[:, None].astype(float))
            _hidden, _, _loss = network(_x, _t, *_weights)
            _step = ts.train.GradientDescentOptimizer(2.0).minimize(_loss)
            start_losses[_name] = [_session.run([_loss, _step])[0] for _ in range(600)]
            unit_differences[_name] = np.ptp(_session.run(_hidden), axis=1).max()
        print(
            f"{_name:8} loss {start_losses[_name][-1]:.4f}, "
            f"largest difference between two hidden units {unit_differences[_name]:.1e}"
        )
    return start_losses, unit_differences


@app.cell(hide_code=True)
def _(lesson, start_losses):
    _figure, _axes = lesson.figure(6, 3)
    for (_name, _losses), _style in zip(start_losses.items(), ("-", "--", "-.")):
        _axes.plot(_losses, _style, label=_name)
    _axes.set(xlabel="step", ylabel="loss", ylim=(0, 1))
    _axes.legend()
    lesson.picture(
        _figure,
        alt="The loss over 600 steps from three starts. At the end it is "
        + ", ".join(f"{losses[-1]:.2f} ({name})" for name, losses in start_losses.items())
        + ". From zeros it never moved.",
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Equal units get equal gradients, so they make equal steps, and are equal for ever: four units do
    the work of one, and one is not enough. With zeros it is worse. There the output ignores the
    hidden units ($V = 0$), so no gradient at all comes back to $W$. Random weights **break the
    symmetry**. Any will do for that; but their *size* matters, too. If they are too large, the
    sigmoids are flat; if they are too small, the signal is lost.
    """)
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("networks.start")
    return


@app.cell
def _():
    answer_3 = ...
    return (answer_3,)


@app.cell(hide_code=True)
def _(answer_3, exercise):
    exercise.check("networks.start", answer_3)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## When training gets stuck

    Was our random start a lucky one? Ask twenty. `ts.matmul` multiplies batches of matrices, so if
    the weights have one axis more, twenty networks learn side by side in one graph, each with its
    own start. (The gradient of the *sum* of their losses is the gradient of each, since none
    depends on the weights of another.)
    """)
    return


@app.cell
def _(labels, network, np, points, ts):
    def train_many(units, count=20, steps=1000):
        """Networks that differ in their start: losses [steps, count], hidden units at the end."""
        rng = np.random.default_rng(0)
        with ts.Graph().as_default(), ts.Session(engine="numpy") as session:
            x, t = ts.constant(points), ts.constant(labels[:, None].astype(float))
            first = rng.normal(size=(count, 3, units))
            hidden, _, losses = network(x, t, first, rng.normal(size=(count, units + 1, 1)))
            step = ts.train.GradientDescentOptimizer(2.0).minimize(ts.reduce_sum(losses))
            history = np.array([session.run([losses, step])[0] for _ in range(steps)])
            return history, session.run(hidden)

    _trained = {units: train_many(units) for units in (2, 3, 8)}
    many_losses = {units: losses for units, (losses, _) in _trained.items()}
    solved = {units: int(np.sum(losses[-1] < 0.1)) for units, losses in many_losses.items()}
    print("of 20 networks, solved:", solved)

    # Where the four clouds lie in the new coordinates, and how near a red one comes to a blue one
    _clouds = _trained[2][1].reshape(20, 4, 25, 2).mean(axis=2)
    _between = np.linalg.norm(_clouds[:, :2, None] - _clouds[:, None, 2:], axis=-1)
    gaps, stuck = _between.min(axis=(1, 2)), many_losses[2][-1] >= 0.1
    print(f"gap between red and blue, 2 units: {gaps[~stuck].min():.2f} or more where solved,")
    print(f"  {gaps[stuck].max():.4f} or less where stuck")
    stuck_at = many_losses[2][-1, stuck]
    return gaps, many_losses, solved, stuck, stuck_at


@app.cell(hide_code=True)
def _(lesson, many_losses, np, solved):
    _figure, _axes = lesson.figure(8.4, 3, columns=3)
    for _panel, (_units, _losses) in zip(_axes, many_losses.items()):
        _stuck = _losses[-1] >= 0.1
        _panel.plot(_losses[:, ~_stuck], color=lesson.COLOURS["blue"], linewidth=0.8)
        _panel.plot(_losses[:, _stuck], "--", color=lesson.COLOURS["red"], linewidth=1.2)
        _panel.axhline(np.log(2) / 2, color=lesson.COLOURS["quiet"], linewidth=0.8)
        _panel.set(title=f"{_units} units: {solved[_units]} of 20", xlabel="step", ylim=(0, 1))
    _axes[0].set_ylabel("loss")
    lesson.picture(
        _figure,
        alt="The losses of twenty networks over 1000 steps, three times. "
        + " ".join(f"With {u} hidden units {n} of 20 solve XOR." for u, n in solved.items())
        + " The others, dashed, stop near a line at 0.35, half of log 2.",
    )
    return


@app.cell(hide_code=True)
def _(mo, solved):
    mo.md(rf"""
    With two hidden units, {20 - solved[2]} of the 20 stay behind, all at about
    $\tfrac12 \log 2 \approx 0.35$: they know two corners and toss a coin for the other two. The
    last lines above say why. Their hidden layer gives two corners of *different* colour the same
    coordinates, in a corner of the square where both sigmoids are flat. No output can tell them
    apart, and hardly any gradient comes back to pull them apart.

    The remedy is a surprise: *more units than needed*. With three, {solved[3]} of 20 get there;
    with eight, {solved[8]}. It is enough that *some* unit still tells two corners apart.

    ## Width

    More units also draw more. Here is a blue cloud inside a red ring. One line is hopeless, two
    make a strip. But *three* lines can enclose a region.
    """)
    return


@app.cell
def _(network, np, ts):
    _rng = np.random.default_rng(2)
    _turn = _rng.uniform(0, 2 * np.pi, 100)
    _ring = 1.6 * np.stack([np.cos(_turn), np.sin(_turn)], axis=1)
    ring = np.vstack([_ring + 0.15 * _rng.normal(size=(100, 2)), 0.35 * _rng.normal(size=(100, 2))])
    ring_labels = np.array([0, 1]).repeat(100)
    ring_grid = np.stack(np.meshgrid(*[np.linspace(-2.2, 2.2, 56)] * 2), axis=-1)

    def enclose(units, steps=600):
        """The accuracy of a network on the ring, and what it says on the grid."""
        rng = np.random.default_rng(0)
        with ts.Graph().as_default(), ts.Session(engine="numpy") as session:
            x = ts.placeholder(ts.float64, [None, 2])
            t = ts.constant(ring_labels[:, None].astype(float))
            first, second = 2 * rng.normal(size=(3, units)), rng.normal(size=(units + 1, 1))
            _, scores, loss = network(x, t, first, second)
            step = ts.train.AdamOptimizer(0.05).minimize(loss)
            for _ in range(steps):
                session.run(step, {x: ring})
            correct = np.mean((session.run(scores, {x: ring})[:, 0] > 0) == ring_labels)
            chances = session.run(ts.sigmoid(scores), {x: ring_grid.reshape(-1, 2)})
        return correct, chances.reshape(ring_grid.shape[:2])

    rings = {units: enclose(units) for units in (1, 2, 3, 8)}
    ring_accuracy = {units: correct for units, (correct, _) in rings.items()}
    print({units: f"{correct:.1%}" for units, correct in ring_accuracy.items()})
    return ring, ring_accuracy, ring_grid, ring_labels, rings


@app.cell(hide_code=True)
def _(draw_points, lesson, np, ring, ring_grid, ring_labels, rings):
    _figure, _axes = lesson.figure(8.4, 2.5, columns=4)
    for _panel, (_units, (_correct, _chances)) in zip(_axes, rings.items()):
        _places = ring_grid[..., 0], ring_grid[..., 1]
        _panel.contourf(*_places, _chances, np.linspace(0, 1, 9), cmap="RdBu", alpha=0.45)
        _panel.contour(*_places, _chances, [0.5], colors=lesson.COLOURS["ink"], linewidths=1.2)
        draw_points(_panel, ring, ring_labels, size=3.5)
        _panel.set(aspect="equal", xticks=[], yticks=[])
        _panel.set_title(f"{_units} unit{'s' * (_units > 1)}: {_correct:.1%}")
    lesson.picture(
        _figure,
        alt="A blue cloud in a red ring, and the region that networks call blue. "
        + " ".join(f"With {u} hidden units {c:.1%} are right." for u, (c, _) in rings.items())
        + " One unit draws a line, two a strip, three a rounded triangle, eight a smoother region.",
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    (These networks were trained with `AdamOptimizer`; more about it in a moment.)

    With enough hidden units, one hidden layer can come as close as one likes to *any* continuous
    function on a bounded region: Cybenko proved it for sigmoids in 1989. The theorem does not say
    how many units that takes, nor that gradient descent finds their weights.

    ## Depth

    Instead of wide, a network can be deep: a layer upon a layer, each making new
    coordinates from those below. Some functions need far fewer units that way. But depth has its
    price. The gradient of the first layer comes back through all the others, and each multiplies
    it by its weights and by the slope of its activation. For the sigmoid that slope is at most
    $\tfrac14$.
    """)
    return


@app.cell(hide_code=True)
def _(lesson, np, ts):
    _x = np.linspace(-5, 5, 201)
    with ts.Graph().as_default(), ts.Session(engine="numpy") as _session:
        _input = ts.placeholder(ts.float64, [None])
        activations = {"sigmoid": ts.sigmoid, "tanh": ts.tanh, "relu": ts.nn.relu}
        _values = {name: function(_input) for name, function in activations.items()}
        _slopes = {name: ts.gradients(y, _input)[0] for name, y in _values.items()}
        curves = {
            name: _session.run([_values[name], _slopes[name]], {_input: _x}) for name in _values
        }
    _figure, _axes = lesson.figure(8, 2.8, columns=3)
    for _panel, (_name, (_value, _slope)) in zip(_axes, curves.items()):
        _panel.plot(_x, _value, color=lesson.COLOURS["blue"], label="value")
        _panel.plot(_x, _slope, "--", color=lesson.COLOURS["red"], label="slope")
        _panel.set(title=_name, ylim=(-1.2, 1.6))
        _panel.axhline(0, color=lesson.COLOURS["quiet"], linewidth=0.6)
    _axes[0].legend(loc="upper left", fontsize=9)
    lesson.picture(
        _figure,
        alt="Value and slope of three activation functions. The slope of the sigmoid is a low "
        "bump of height 1/4; that of tanh is a bump of height 1; that of relu is 0 on the left "
        "and 1 on the right.",
    )
    return activations, curves


@app.cell
def _(activations, np, ts):
    def gradient_norms(activation, spread, layers=10, units=32):
        """The size of the gradient of the weights of each layer, before any training."""
        rng = np.random.default_rng(0)
        with ts.Graph().as_default(), ts.Session(engine="numpy") as session:
            h, weights = ts.constant(rng.normal(size=(64, units))), []
            for _ in range(layers):
                weights.append(ts.Variable(rng.normal(size=(units, units)) * spread / units**0.5))
                h = activation(ts.matmul(h, weights[-1]))
            output = ts.matmul(h, ts.constant(rng.normal(size=(units, 1)) / units**0.5))
            loss = ts.reduce_mean(ts.square(output - 1.0))
            return [np.linalg.norm(g) for g in session.run(ts.gradients(loss, weights))]

    norms = {
        name: gradient_norms(activation, 2**0.5 if name == "relu" else 1)
        for name, activation in activations.items()
    }
    for _name, _norms in norms.items():
        print(f"{_name:8} first layer / last layer: {_norms[0] / _norms[-1]:.1e}")
    return (norms,)


@app.cell(hide_code=True)
def _(lesson, norms):
    _figure, _axes = lesson.figure(6, 3.2)
    for (_name, _norms), _style in zip(norms.items(), ("o-", "s--", "^-.")):
        _axes.semilogy(range(1, len(_norms) + 1), _norms, _style, label=_name)
    _axes.set(xlabel="layer", ylabel="size of its gradient", xticks=range(1, 11))
    _axes.legend()
    lesson.picture(
        _figure,
        alt="The size of the gradient in each of ten layers, on a logarithmic scale. With sigmoids "
        "it falls from 1 in the last layer to less than a millionth in the first; with tanh it is "
        "the same in all, and with relu it falls by a factor of about six.",
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    With ten layers of sigmoids, the first layer gets less than a millionth of what the last one
    gets: in effect, it does not learn. This is the **vanishing gradient**. Glorot and Bengio
    measured it in 2010, and chose the spread of the first weights such that signals keep their size
    in both directions: about $1/\sqrt{n}$ for layers of $n$ units. So did we here. It saves the
    tanh, whose slope at 0 is 1, but not the sigmoid.

    `relu`, $\max(x, 0)$, has slope exactly 1 where it is on. Half of the units are off at a time,
    hence a factor $\sqrt 2$ in the spread (He and others, 2015). A relu has its own way to get
    stuck: if it is off for *all* points, its slope is 0 for all points, and its own weights never
    change again.
    """)
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("networks.slopes")
    return


@app.cell
def _():
    answer_4 = ...
    return (answer_4,)


@app.cell(hide_code=True)
def _(answer_4, exercise):
    exercise.check("networks.slopes", answer_4)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Real digits

    Enough of toy points. Scikit-learn brings 1,797 handwritten digits, scanned to 8 × 8 pixels.
    For the network, a digit is a point with 64 coordinates, and there are ten classes instead of
    two. We put 360 digits aside. The network never learns from them; they tell whether it has
    learnt to read, or only to remember.
    """)
    return


@app.cell(hide_code=True)
def _(lesson, load_digits, np):
    _pixels, digits = load_digits(return_X_y=True)
    images = (_pixels / 16).astype(np.float32)
    _order = np.random.default_rng(0).permutation(len(images))
    train, test = _order[:-360], _order[-360:]

    def draw_images(pictures, titles, columns, alt, shades="Greys"):
        """Pictures of 8 × 8 numbers, in rows, each below its title."""
        rows = -(-len(pictures) // columns)
        height = 11 if any(titles) else 9
        sheet = np.full((rows * height, 9 * columns - 1), np.nan)
        figure, axes = lesson.figure(0.75 * columns, 0.083 * rows * height)
        for i, (pixels, title) in enumerate(zip(pictures, titles)):
            top, left = height * (i // columns) + height - 8, 9 * (i % columns)
            sheet[top : top + 8, left : left + 8] = pixels.reshape(8, 8)
            axes.text(left + 3.5, top - 0.8, title, ha="center", va="bottom", fontsize=9)
        limit = np.abs(pictures).max()
        axes.imshow(sheet, cmap=shades, vmin=0 if shades == "Greys" else -limit, vmax=limit)
        axes.axis("off")
        return lesson.picture(figure, alt=alt)

    draw_images(images[:20], digits[:20], 10, alt="Twenty handwritten digits of 8 by 8 pixels.")
    return digits, draw_images, images, test, train


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Three things are new, and each is small.

    * **Ten classes.** The output layer has ten scores, one for each digit, and softmax makes
      probabilities of them. `sparse_softmax_cross_entropy_with_logits` is softmax, logarithm and
      cross-entropy in one node. It takes the scores (*logits*) and the number of the right class,
      and is exact also where a probability rounds to 0, whose logarithm would be infinite.
    * **Mini-batches.** A gradient over all digits is exact, but one over 32 of them points in
      roughly the same direction and costs a fortieth. So take many rough steps instead of few
      exact ones. One round through all digits, in random order, is an **epoch**.
    * **Adam.** One step size has to serve all weights, as chapter 4 showed, and the steepest
      direction sets it. `AdamOptimizer` keeps two running means for each weight, of its gradient
      and of the gradient's square, and divides the first by the root of the second. So each weight
      moves about as fast as any other, whether its gradients are large or small.
    """)
    return


@app.cell
def _(ts):
    reader = ts.Graph()
    with reader.as_default():
        ts.set_random_seed(1)
        pixels = ts.placeholder(ts.float32, [None, 64], name="pixels")
        truth = ts.placeholder(ts.int64, [None], name="truth")

        first_weights = ts.Variable(ts.random_normal([64, 32], stddev=(2 / 64) ** 0.5))
        first_biases = ts.Variable(ts.zeros([32]))
        hidden = ts.nn.relu(ts.matmul(pixels, first_weights) + first_biases)

        second_weights = ts.Variable(ts.random_normal([32, 10], stddev=(1 / 32) ** 0.5))
        second_biases = ts.Variable(ts.zeros([10]))
        logits = ts.matmul(hidden, second_weights) + second_biases

        mean_loss = ts.reduce_mean(
            ts.nn.sparse_softmax_cross_entropy_with_logits(labels=truth, logits=logits)
        )
        guesses = ts.argmax(logits, axis=1)
        train_step = ts.train.AdamOptimizer(0.005).minimize(mean_loss)
    return first_weights, guesses, mean_loss, pixels, reader, train_step, truth


@app.cell
def _(
    digits,
    first_weights,
    guesses,
    images,
    mean_loss,
    np,
    pixels,
    reader,
    test,
    train,
    train_step,
    truth,
    ts,
):
    def feed(which):
        """Some of the digits, for a run."""
        return {pixels: images[which], truth: digits[which]}

    _rng = np.random.default_rng(1)
    digit_losses = []
    with ts.Session(graph=reader) as _session:
        for _epoch in range(30):
            digit_losses.append([_session.run(mean_loss, feed(part)) for part in (train, test)])
            _order = _rng.permutation(train)
            for _start in range(0, len(_order) - 31, 32):
                _session.run(train_step, feed(_order[_start : _start + 32]))
        read = _session.run(guesses, feed(test))
        remembered = _session.run(guesses, feed(train))
        unit_weights = _session.run(first_weights)
    digit_accuracy = np.mean(read == digits[test])
    print(f"digits it learnt from: {np.mean(remembered == digits[train]):.1%} right")
    print(f"digits it never saw:   {digit_accuracy:.1%} right")
    return digit_accuracy, digit_losses, feed, read, unit_weights


@app.cell(hide_code=True)
def _(digit_losses, lesson, np):
    _figure, _axes = lesson.figure(6, 3)
    for _curve, _name, _style in zip(
        np.transpose(digit_losses), ("digits it learns from", "digits put aside"), ("-", "--")
    ):
        _axes.semilogy(_curve, _style, label=_name)
    _axes.set(xlabel="epoch", ylabel="mean cross-entropy")
    _axes.legend()
    lesson.picture(
        _figure,
        alt="The loss over 30 epochs on a logarithmic scale. On the digits that it learns from it "
        "keeps falling; on those put aside it falls as fast at first, then levels off.",
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The two curves part. What the network still gains on its own digits, it no longer gains on new
    ones: that is the beginning of **overfitting**.

    Where is it wrong? In the *confusion matrix* each row is what a digit was, each column what was
    read. Off the diagonal are the mistakes.
    """)
    return


@app.cell(hide_code=True)
def _(digits, lesson, np, read, test):
    confusion = np.zeros((10, 10), int)
    np.add.at(confusion, (digits[test], read), 1)
    _figure, _axes = lesson.figure(4.6, 4.6)
    _axes.imshow(np.sqrt(confusion), cmap="Blues")
    for _row in range(10):
        for _column in range(10):
            _count = confusion[_row, _column]
            if _count:
                _axes.text(
                    _column,
                    _row,
                    _count,
                    ha="center",
                    va="center",
                    color="#ffffff" if _count > 12 else "#000001",
                )
    _axes.set(xlabel="read as", ylabel="was", xticks=range(10), yticks=range(10))
    _mistakes = [
        f"{was} as {said}, {confusion[was, said]}"
        for was, said in np.argwhere(confusion)
        if was != said
    ]
    lesson.picture(
        _figure,
        alt=f"The confusion matrix: {np.trace(confusion)} of {confusion.sum()} digits are on the "
        f"diagonal. Off it: {'; '.join(_mistakes)}.",
    )
    return (confusion,)


@app.cell
def _(digits, draw_images, images, np, read, test):
    _wrong = test[read != digits[test]][:8]
    _read = read[read != digits[test]][:8]
    draw_images(
        images[_wrong],
        [f"{was}, not {said}" for was, said in zip(digits[_wrong], _read)],
        len(_wrong),
        alt="Digits that were misread: "
        + "; ".join(f"a {was} read as {said}" for was, said in zip(digits[_wrong], _read))
        + ".",
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Some of them you would misread, too.

    And what does each hidden unit see now? Its 64 weights belong to the 64 pixels, so they are a
    picture: blue where ink speaks for the unit, red where it speaks against it. Sixteen of the 32:
    """)
    return


@app.cell
def _(draw_images, np, unit_weights):
    _strongest = np.argsort(-np.linalg.norm(unit_weights, axis=0))[:16]
    draw_images(
        unit_weights.T[_strongest],
        [""] * 16,
        8,
        alt="The weights of sixteen hidden units as pictures of 8 by 8 pixels: blue and "
        "red pixels, some in patches, many without an order that the eye can see.",
        shades="RdBu",
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    No unit is a template of a digit. In some you may guess a stroke beside a gap; much of it looks
    like noise. Many sets of coordinates would do, and training moves a random one only as far as
    the loss asks. That a network works does not make it easy to read.
    """)
    return


@app.cell(hide_code=True)
def _(exercise):
    exercise.question("networks.count")
    return


@app.cell
def _():
    answer_5 = ...
    return (answer_5,)


@app.cell(hide_code=True)
def _(answer_5, exercise):
    exercise.check("networks.count", answer_5)
    return


@app.cell(hide_code=True)
def _(lesson):
    lesson.in_tensorflow(r"""
    This network is a TensorFlow 1 program, line by line: replace `import tensorslow as ts` by
    `import tensorflow.compat.v1 as ts` and `ts.disable_eager_execution()`, and initialise the
    variables with `session.run(ts.global_variables_initializer())`, which we may leave out.

    In TensorFlow 2 one would write `tf.keras.Sequential` with two `Dense` layers, `compile` with
    `"adam"`, and `fit`. Beneath, there are the same nodes: a matrix product, `BiasAdd`, `Relu`, and
    one node that fuses softmax and cross-entropy. The default start of `Dense` is Glorot's. Graphs
    come back there as `tf.function`, which traces a Python function into one.
    """)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## What the compiler makes of it

    A graph is a program that has not run yet, so it can be improved before it runs. A `Session` has
    several **engines** for that. `numpy` is the one you know from chapter 1: it visits the nodes in
    order and calls NumPy for each. `llvm` compiles the whole step, forward, backward and Adam, to
    machine code, in which neighbouring operations share one loop. The default, `auto`, begins with
    the first and changes to the second for what is run again and again.

    We measure one thing: how long a training step on 32 digits takes with either engine, on the
    machine and in the run that made this page. And we check that they do the same.
    """)
    return


@app.cell
def _(feed, mean_loss, reader, time, train, train_step, ts):
    _batch = feed(train[:32])
    _sessions = {engine: ts.Session(graph=reader, engine=engine) for engine in ("numpy", "llvm")}
    with reader.as_default():
        engine_losses = {
            engine: [session.run([mean_loss, train_step], _batch)[0] for _ in range(50)]
            for engine, session in _sessions.items()
        }
    step_seconds = {engine: float("inf") for engine in _sessions}
    for _ in range(5):  # in turn, and the best of each: what else the machine does matters less
        for _engine, _session in _sessions.items():
            _begin = time.perf_counter()
            for _ in range(100):
                _session.run(train_step, _batch)
            _seconds = (time.perf_counter() - _begin) / 100
            step_seconds[_engine] = min(step_seconds[_engine], _seconds)
    explanation = _sessions["llvm"].explain(train_step, _batch)
    for _session in _sessions.values():
        _session.close()
    for _engine, _losses in engine_losses.items():
        print(f"{_engine:5}  loss after 50 steps {_losses[-1]:.6f}")
    print(f"time of a step, numpy : llvm = {step_seconds['numpy'] / step_seconds['llvm']:.1f} : 1")
    return engine_losses, explanation, step_seconds


@app.cell
def _(explanation):
    for _line in explanation.kernels.lines(20):
        print(_line.rsplit("  ", 1)[0])  # without the last column: places in the program
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Each row is one loop, or nest of loops, of the compiled step. The first multiplies the pixels by
    the weights, adds the biases, and applies relu to each number while it is at hand: three nodes,
    one pass. (The ratio is that of *this* network, *this* batch and *this* machine. With larger
    matrices it is another. Measure before you claim.)

    ## What to read next

    You have met every part that a deep-learning library needs. The files are meant to be read:

    * `graph.py`, `nodes.py` and `session.py`: the graph and its runs, from chapter 1, in full.
    * `opdef.py`, then any file in `ops/`: how one definition gives an operation its value, its
      shape and its gradient on every engine. `ops/softmax.py` is a short one.
    * `gradients.py`, and `train/`: one file for each optimizer; `train/adam.py` first.
    * `plan.py` and `engines/interpret.py`: what a run must do, and the interpreter that does it.
    * `docs/design/compiler.md`: how the compiled engine works, stage by stage.
    * `examples/digits.py`: the same digits with a *convolutional* network, which knows that
      neighbouring pixels belong together.

    And to see instead of read: `ts.inspect(loss, feed_dict)` shows any of these graphs as a page,
    to step through node by node, forward and backward.

    ### Sources

    * M. Minsky, S. Papert, *Perceptrons*, MIT Press, 1969. XOR is the smallest of its examples.
    * D. E. Rumelhart, G. E. Hinton, R. J. Williams, *Learning representations by back-propagating
      errors*, Nature 323, 533–536, 1986.
    * G. Cybenko, *Approximation by superpositions of a sigmoidal function*, Mathematics of Control,
      Signals and Systems 2, 303–314, 1989.
    * X. Glorot, Y. Bengio, *Understanding the difficulty of training deep feedforward neural
      networks*, AISTATS, 2010.
    * D. P. Kingma, J. Ba, *Adam: a method for stochastic optimization*, ICLR, 2015.
    * K. He, X. Zhang, S. Ren, J. Sun, *Delving deep into rectifiers*, ICCV, 2015.
    * The digits: E. Alpaydin, C. Kaynak, *Optical recognition of handwritten digits*, UCI Machine
      Learning Repository, 1998; they come with scikit-learn.
    """)
    return


if __name__ == "__main__":
    app.run()
