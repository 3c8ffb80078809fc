"""What `Session.explain` tells of a compiled plan, and the page that walks through one."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import tensorslow as ts
from docs.design import compiler as page
from tensorslow.engines.llvm.explain.explanation import MOST
from tensorslow.engines.llvm.explain.kernels import ExplainedKernel, ExplainedRegion
from tensorslow.engines.llvm.explain.table import quantity, table

EXAMPLES = np.random.default_rng(0).standard_normal((64, 20)).astype("f4")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TENSORSLOW_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("TENSORSLOW_CACHE", raising=False)


def classifier():
    """A step of a small classifier: fetches, feeds, and its variables."""
    x = ts.placeholder(ts.float32, [None, 20], name="x")
    labels = ts.placeholder(ts.int64, [None], name="labels")
    w = ts.Variable(np.zeros((20, 5), np.float32), name="w")
    b = ts.Variable(np.zeros(5, np.float32), name="b")
    logits = ts.matmul(x, w) + b
    losses = ts.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    loss = ts.reduce_mean(losses)
    train = ts.train.GradientDescentOptimizer(0.1).minimize(loss)
    return [loss, train], {x: EXAMPLES, labels: np.arange(64) % 5}, [w, b]


def explained(fetches, feeds, **options):
    return ts.Session(engine="llvm").explain(fetches, feeds, **options)


def by_work(explanation, part) -> ExplainedKernel:
    (kernel,) = (k for k in explanation.kernels if part in k.work)
    return kernel


def test_the_overview_has_all_stages():
    fetches, feeds, _ = classifier()
    explanation = explained(fetches, feeds)
    text = str(explanation)
    for part in (
        "a = input float32[64, 20]",
        "product [64, 20]·[20, 5], then add",
        "max, subtract, exp, sum",
        "2 updated in place: w, b",
        "that are alive at one time",
        "lines of IR",
        "trace ",
        "machine code ",
        "times=True",
    ):
        assert part in text
    assert set(explanation.seconds) >= {"trace", "simplify", "lower", "fuse", "emit", "load"}
    assert explanation.run_seconds is None
    assert "µs  " not in text


def test_each_stage_can_be_read():
    fetches, feeds, _ = classifier()
    explanation = explained(fetches, feeds)
    assert explanation.program.splitlines()[-1].startswith("return ")
    assert "parallel for i in 64" in explanation.loops
    assert "define void @run(" in explanation.ir
    assert "run:" in explanation.assembly
    assert "labels" in str(explanation.memory)


def test_a_kernel_knows_where_it_comes_from():
    fetches, feeds, _ = classifier()
    explanation = explained(fetches, feeds)
    product = by_work(explanation, "then add")
    assert [op.type for op in product.nodes] == ["MatMul", "AddV2"]
    line = product.nodes[0].created_at.lineno
    assert product.lines == f"test_explain.py:{line}"
    assert "created at test_explain.py" in str(product)
    assert "logits = ts.matmul(x, w) + b" in str(product)
    update = by_work(explanation, "then multiply, subtract")  # of the gradient with respect to w
    assert "∂" in update.lines
    assert any(op.gradient_of is product.nodes[0] for op in update.nodes)


def test_a_kernel_has_its_part_of_every_text():
    fetches, feeds, _ = classifier()
    explanation = explained(fetches, feeds)
    for kernel in explanation.kernels:
        assert explanation.kernels[kernel.name] is kernel
        assert kernel.ir.startswith("define ")
        assert f"@{kernel.name}(" in kernel.ir.splitlines()[0]
        assert kernel.ir in explanation.ir
        assert kernel.assembly.count("\n") > 3
        assert len([line for line in kernel.assembly.splitlines() if line[:1] == "k"]) == 1
    with pytest.raises(KeyError, match="k99"):
        explanation.kernels["k99"]
    with pytest.raises(IndexError):
        explanation.kernels[99]


def test_a_kernel_names_its_method():
    x = ts.placeholder(ts.float32, [32, 14, 14, 32])
    kernel = ts.Variable(np.ones((5, 5, 32, 64), np.float32))
    h = ts.nn.conv2d(x, kernel, strides=[1, 1, 1, 1], padding="SAME")
    rows = ts.placeholder(ts.float32, [32, 2048])
    product = ts.matmul(rows, ts.Variable(np.ones((2048, 2048), np.float32)))
    fetches = [h, ts.gradients(h, kernel), product]
    feeds = {x: np.ones(x.shape, np.float32), rows: np.ones(rows.shape, np.float32)}
    kernels = explained(fetches, feeds).kernels
    methods = {k.work.partition("[")[0]: k.method for k in kernels if k.method}
    assert methods == {
        "conv ": "by Winograd's F(2×2, 5×5)",
        "conv, gradient of kernel ": "by Winograd's F(5×5, 2×2)",
        "product ": "B streamed",
    }
    (conv,) = (k for k in kernels if k.work.startswith("conv ["))
    assert "642 M flops as a plain sum" in str(conv)
    assert "fewer flops" in str(kernels)


def test_sizes():
    fetches, feeds, _ = classifier()
    explanation = explained(fetches, feeds)
    product = by_work(explanation, "then add")
    assert product.flops == 2 * 64 * 20 * 5 + 64 * 5
    assert product.reads == 4 * (64 * 20 + 20 * 5 + 5)
    assert product.writes == 4 * 64 * 5
    memory = explanation.memory
    assert memory.arena == explanation._compiled.artifact.arena
    assert 1.0 <= memory.ratio == memory.arena / memory.needed


def test_what_is_repeated_or_read_in_part_counts_once():
    x = ts.placeholder(ts.float32, [100, 40])
    y = ts.exp(x[:, :10]) + ts.reduce_sum(ts.exp(x[:, :10]), axis=1, keepdims=True)
    kernels = list(explained(y, {x: np.zeros((100, 40))}).kernels)
    assert sum(k.reads for k in kernels) == 4 * 100 * 10
    assert sum(k.flops for k in kernels) == 3 * 100 * 10


def test_variables_that_a_run_updates_are_named():
    v, w, b = (ts.Variable([1.0, 2.0], name=name) for name in "vwb")
    swap = [v.assign(w), w.assign(v[::-1] + b)]
    memory = explained(swap, {}).memory
    assert set(memory.updated) == {"v", "w"}
    assert "2 updated in place: " in str(memory)


def test_equal_kernels_are_one_row():
    x = ts.placeholder(ts.float32, [32, 64])
    y = x
    for i in range(3):
        y = ts.matmul(y, ts.Variable(np.full((64, 64), 0.01 * i, np.float32)))
    explanation = explained(y, {x: np.zeros((32, 64))})
    (product,) = explanation.kernels
    assert len(product.kernels) == explanation.kernels.count == 3
    assert product.levels == [0, 1, 2]
    assert f"{product.name} ×3" in str(explanation.kernels)
    assert "called 3 times" in str(product)
    assert product.flops == 3 * 2 * 32 * 64 * 64


def test_loops_and_branches_are_rows_of_their_own():
    x = ts.placeholder(ts.float32, [8, 8])
    _, y = ts.while_loop(lambda i, _: i < 5, lambda i, y: (i + 1, ts.matmul(y, x)), [0, x])
    z = ts.cond(ts.reduce_sum(y) > 0.0, lambda: ts.tanh(y), lambda: y)
    explanation = explained(z, {x: np.eye(8)})
    regions = [row for row in explanation.kernels.rows if isinstance(row, ExplainedRegion)]
    assert [row.work.split()[0] for row in regions] == ["loop,", "if"]
    assert by_work(explanation, "product").depth == 1
    assert by_work(explanation, "tanh").depth == 1
    assert "  8, 8: tanh" in str(explanation) or "  64: tanh" in str(explanation)


def test_a_long_program_is_abridged():
    x = ts.placeholder(ts.float32, [16])
    y = x
    variables = [ts.Variable(ts.zeros([16])) for _ in range(50)]
    for i, v in enumerate(variables):
        y = ts.reduce_sum(ts.sin(y * v)) + ts.ones([i + 1, 16])[0] * y
    explanation = explained(y, {x: np.zeros(16)})
    text = str(explanation)
    assert "more inputs" in text
    assert "more lines: print(explanation.program)" in text
    assert len(explanation.program.splitlines()) > 2 * MOST
    assert len(text.splitlines()) < 2 * MOST + 20
    lines = explanation.kernels.lines(1)
    more = len(explanation.kernels.rows) - 1
    assert len(lines) == 2 + (more > 0)
    assert not more or f"{more} more" in lines[-1]


# Times


def test_times_of_kernels():
    fetches, feeds, variables = classifier()
    session = ts.Session(engine="llvm")
    explanation = session.explain(fetches, feeds, times=True)
    seconds = [kernel.seconds for kernel in explanation.kernels]
    assert all(s is not None and s >= 0 for s in seconds)
    assert 0 < explanation.run_seconds < 1
    assert sum(seconds) <= 10 * explanation.run_seconds
    text = str(explanation)
    assert "µs" in text
    assert "GFLOP/s" in text
    assert "GB/s" in text
    # Only copies were trained.
    assert np.all(session.run(variables[0]) == 0)
    assert session.run(fetches, feeds)[0] == pytest.approx(np.log(5), rel=1e-6)


def test_times_of_loops():
    x = ts.placeholder(ts.float32, [8, 8])
    n = ts.placeholder(ts.int32, [])
    # It keeps rows for its gradient: more than there is room for at first.
    _, y = ts.while_loop(lambda i, _: i < n, lambda i, y: (i + 1, ts.tanh(ts.matmul(y, x))), [0, x])
    (dx,) = ts.gradients(y, x)
    explanation = explained(dx, {x: np.eye(8), n: 40}, times=True)
    regions = [row for row in explanation.kernels.rows if isinstance(row, ExplainedRegion)]
    assert len(regions) == 2
    assert all(row.seconds > 0 for row in regions)
    inside = [k for k in explanation.kernels if k.depth]
    assert inside
    assert all(k.seconds is None and k.rate == "" for k in inside)
    assert "rows=64" in explanation.program


def test_a_run_that_a_check_ends_has_no_times():
    fetches, feeds, _ = classifier()
    (x, labels) = feeds
    explanation = explained(fetches, {x: EXAMPLES, labels: np.full(64, 7)}, times=True)
    assert explanation.run_seconds is None
    assert "not measured, as a check fails" in str(explanation)


def test_pieces_and_numpy_have_no_times():
    x = ts.placeholder(ts.float32, [4])
    y = ts.exp(ts.py_func(lambda a: 2 * a, [x + 1.0], ts.float32))
    session = ts.Session(engine="llvm")
    text = str(session.explain(y, {x: np.zeros(4)}, times=True))
    assert "in NumPy: " in text
    assert "PyFunc calls Python" in text
    assert "compiled when it is first run" in text
    session.run(y, {x: np.zeros(4)})
    assert ": exp" in str(session.explain(y, {x: np.zeros(4)}))
    listing = ts.Session(engine="numpy").explain(y, {x: np.zeros(4)}, times=True)
    assert "Exp(" in str(listing)


# Numbers and tables


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.00 k"),
        (1023.9, "1.02 k"),
        (26_200, "26.2 k"),
        (999_400, "999 k"),
        (999_600, "1.00 M"),
        (2_570_000_000, "2.57 G"),
        (5e12, "5.00 T"),
    ],
)
def test_quantities(n, text):
    assert quantity(n) == text
    assert quantity(n, "B") == (f"{text} B" if text.isdigit() else f"{text}B")


def test_tables():
    rows = [["name", "n", ""], ["a", "10", "x"], ["bcdef", "1", ""]]
    assert table(rows, right={"n"}) == ["name    n", "a      10  x", "bcdef   1"]


# The page


def test_the_page_shows_what_is_printed():
    text = page.PAGE.read_text("utf-8")
    found = page.updated(text)
    assert found == text, "python -m docs.design.compiler --update"


def test_the_page_names_all_that_is_printed():
    text = page.PAGE.read_text("utf-8")
    assert [name for name in page.printed() if f"<!-- printed: {name}" not in text] == []
