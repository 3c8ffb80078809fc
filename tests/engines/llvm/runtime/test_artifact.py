"""What is kept of a compiled program: found again it is as if compiled, or it is not found."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import tensorslow as ts
from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines.llvm import compile as compiling
from tensorslow.engines.llvm.compile import compile_program
from tensorslow.engines.llvm.executable import Executable, Growing
from tensorslow.engines.llvm.programs.trace import trace
from tensorslow.engines.llvm.runtime import artifact, cache
from tensorslow.engines.llvm.runtime.artifact import Artifact
from tensorslow.engines.llvm.simplify import simplify
from tensorslow.plan import plan_run
from tests.sampling import sampled


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("TENSORSLOW_CACHE_DIR", str(folder))
    monkeypatch.delenv("TENSORSLOW_CACHE", raising=False)
    return folder


def program_of(fetches, feeds, rows=16):
    specs = [TensorSpec(shape, x.spec.dtype) for x, shape in feeds.items()]
    return simplify(trace(plan_run(fetches, list(feeds)).plan, specs, rows))


def a_step():
    """A step with a constant array, a sum, and an update: what it was compiled to, and inputs."""
    with ts.Graph().as_default():
        x = ts.placeholder(ts.float32, [40, 30])
        w = ts.placeholder(ts.float32, [30, 20])
        table = np.linspace(-1, 1, 20, dtype=np.float32) ** 3
        y = ts.tanh(ts.matmul(x, w) + table)
        new = w - 0.1 * ts.matmul(x, y, transpose_a=True)
        program = program_of([ts.reduce_mean(y), y, new], {x: (40, 30), w: (30, 20)})
    random = np.random.default_rng(0)
    inputs = [random.standard_normal(shape).astype("f4") for shape in [(40, 30), (30, 20)]]
    return compile_program(program, [(1, 2)]), inputs


def results(compiled, inputs):
    copies = [x.copy() for x in inputs]
    found = Executable(compiled)(copies)
    return [x.tobytes() for x in (*found, *copies)]


def entries(folder):
    return [folder / name for name in os.listdir(folder) if name.endswith(".entry")]


def test_found_again_it_gives_the_same_bits():
    first, inputs = a_step()
    again, _ = a_step()
    assert (first.from_cache, again.from_cache) == (False, True)
    assert results(first, inputs) == results(again, inputs)
    assert again.artifact == first.artifact
    assert again.threads == first.threads


def test_updates_in_place_stay_in_place():
    first, inputs = a_step()
    again, _ = a_step()
    assert first.in_place == again.in_place == {2: 1}
    executable = Executable(again)
    assert executable.in_place == {2}
    outputs = executable(inputs)
    assert outputs[2] is inputs[1]


def test_constant_arrays_are_kept():
    _, inputs = a_step()
    again, _ = a_step()
    assert sum(len(data) for _, data in again.artifact.constants) >= 20 * 4
    x, w = (array.astype("f8") for array in inputs)
    table = np.linspace(-1, 1, 20, dtype=np.float32) ** 3
    np.testing.assert_allclose(
        Executable(again)([a.copy() for a in inputs])[1], np.tanh(x @ w + table), atol=1e-6
    )


def test_what_is_found_goes_through_no_stage(monkeypatch):
    a_step()

    def refuse(*_):
        raise AssertionError("a stage was run")

    monkeypatch.setattr(compiling.Recipe, "stages", refuse)
    monkeypatch.setattr(compiling, "objects_of", refuse)
    again, _ = a_step()
    assert again.from_cache


def test_explaining_what_was_found_runs_the_stages_then():
    first, _ = a_step()
    again, _ = a_step()
    before, after = (Executable(compiled).explain() for compiled in (first, again))
    assert before.ir == after.ir
    assert before.loops == after.loops
    assert before.memory == after.memory
    assert "tanh" in after.loops
    assert "MatMul" in after.loops
    assert "found on disk" in str(after)
    assert "compiled in" in str(before)
    assert "run" in after.assembly


@sampled("damage", ["changed", "cut", "empty", "other"], 4)
def test_a_damaged_entry_is_compiled_anew(folder, damage):
    first, inputs = a_step()
    (path,) = (p for p in entries(folder) if b'"objects"' in p.read_bytes())
    content = bytearray(path.read_bytes())
    if damage == "changed":
        content[len(content) // 2] ^= 255
    path.write_bytes({"cut": content[:-9], "empty": b"", "other": b"x" * 99}.get(damage, content))
    again, _ = a_step()
    assert not again.from_cache
    assert results(first, inputs) == results(again, inputs)
    assert a_step()[0].from_cache


@sampled(
    "content", [b"", b"x", b"\0" * 8, (99).to_bytes(8, "little") + b"{}", (2**63).to_bytes(8)], 3
)
def test_an_entry_with_other_data_is_compiled_anew(content):
    first, _ = a_step()
    cache.store(first.recipe.key(), content)  # its checksum is right
    assert artifact.load(first.recipe.key()) is None
    assert not a_step()[0].from_cache
    assert a_step()[0].from_cache


def test_bytes_and_back():
    constants = ((0, b"abc"), (64, b"\xff"))
    made = Artifact((b"code", b""), constants, {3: 1, 0: 2}, b"12345678", 4096, 1e-5, True, 7)
    assert Artifact.from_bytes(made.to_bytes()) == made
    head = made.to_bytes()
    for length in range(len(head)):
        with pytest.raises(ValueError, match="no compiled program"):
            Artifact.from_bytes(head[:length])


def test_the_key_depends_on_all_that_code_follows_from(monkeypatch):
    recipe = a_step()[0].recipe
    other = program_of([x := ts.placeholder(ts.float32, [2]), ts.exp(x)], {x: (2,)})
    keys = {
        recipe.key(),
        replace(recipe, updates=()).key(),
        replace(recipe, threads=recipe.threads + 1).key(),
        replace(recipe, target=replace(recipe.target, features="")).key(),
        replace(recipe, program=other).key(),
    }
    monkeypatch.setattr(artifact, "made_by", lambda: ("another version",))
    keys.add(recipe.key())
    assert len(keys) == 6


def test_where_nothing_is_kept_all_is_compiled(monkeypatch, folder):
    monkeypatch.setenv("TENSORSLOW_CACHE", "off")
    assert not a_step()[0].from_cache
    assert not a_step()[0].from_cache
    assert not folder.exists()


def test_a_loop_without_room_is_still_told_after_a_hit():
    n = ts.placeholder(ts.int32, [])
    x = ts.placeholder(ts.float32, [])
    _, y = ts.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, ts.sin(y)), [0, x])
    gradient = ts.gradients(y, x)[0]

    def build(rows):
        return Executable(compile_program(program_of([y, gradient], {n: (), x: ()}, rows)))

    inputs = [np.array(40, "i4"), np.array(0.5, "f4")]
    found = [[r.tobytes() for r in Growing(build)(inputs)] for _ in range(2)]
    assert found[0] == found[1]
    assert build(16).compiled.from_cache
