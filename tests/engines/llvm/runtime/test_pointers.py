"""Arrays' addresses reach a program's table, and only of arrays that are as the program expects."""

import ctypes
import gc
import pickle
import weakref

import numpy as np
import pytest

from tensorslow.engines.llvm.runtime import jit, pointers, pool
from tensorslow.engines.llvm.text import target
from tensorslow.engines.llvm.text.ir import Function, Module

pytest.importorskip("llvmlite")

PARAMS = [("i64", "%tid"), ("i64", "%nt"), ("ptr", "%sync"), ("ptr", "%table")]
F4, I8, B1 = np.dtype(np.float32), np.dtype(np.int64), np.dtype(bool)
SPECS = [(2, (F4, (3, 4))), (3, (I8, ())), (5, (B1, (0, 7)))]


@pytest.fixture(scope="module")
def library():
    """With `count`: table[1] += nt."""
    module = Module()
    f = Function(module, "count", PARAMS, linkage="")
    cell = f.gep("%table", 1, "i64")
    first = f.op("icmp eq i64 %tid, 0")
    f.when(first, lambda: f.store("i64", f.op(f"add i64 {f.load('i64', cell)}, %nt"), cell))
    f.finish()
    return jit.compile_module(str(module), target.host(), ["count"])


@pytest.fixture(params=["machine code", "Python"])
def bind(request, library):
    """`bind` with everything given, as either implementation."""
    make = pointers.bind if request.param == "machine code" else pointers._bind_in_python

    def bind(table, specs=SPECS, threads=1, long=False):
        return make(library.address("count"), table, specs, threads, long, library)

    return bind


def new_table():
    return (ctypes.c_size_t * 8)()


def arrays():
    return [np.ones((3, 4), np.float32), np.array(5), np.zeros((0, 7), bool)]


def test_numpy_is_laid_out_as_we_think():
    assert pointers._layout_is_known()


def test_addresses_are_filled_in_and_the_program_runs(bind):
    table, given = new_table(), arrays()
    step = bind(table)
    assert step(given) is True
    expected = [0, 1, *(array.ctypes.data for array in given[:2]), 0, given[2].ctypes.data, 0, 0]
    assert list(table) == expected
    others = arrays()
    assert step(others) is True
    assert (table[1], table[2]) == (2, others[0].ctypes.data)


def changed(place, array):
    given = arrays()
    given[place] = array
    return given


@pytest.mark.parametrize(
    "given",
    [
        changed(0, np.ones((3, 4), np.float64)),
        changed(0, np.ones((3, 4), np.int32)),
        changed(0, np.ones((3, 4), ">f4")),
        changed(0, np.ones((4, 3), np.float32)),
        changed(0, np.ones((3, 5), np.float32)),
        changed(0, np.ones((2, 4), np.float32)),
        changed(0, np.ones((12,), np.float32)),
        changed(0, np.ones((1, 3, 4), np.float32)),
        changed(0, np.ones((4, 3), np.float32).T),
        changed(0, np.ones((3, 8), np.float32)[:, ::2]),
        changed(0, np.frombuffer(bytes(49), np.uint8)[1:].view(np.float32).reshape(3, 4)),
        changed(0, np.ma.ones((3, 4), np.float32)),
        changed(0, np.float32(1)),
        changed(0, [[1.0] * 4] * 3),
        changed(0, None),
        changed(1, np.array([5])),
        changed(1, 5),
        changed(2, np.zeros((0, 8), bool)),
        changed(2, np.zeros((1, 7), bool)),
    ],
    ids=repr,
)
def test_what_does_not_fit_is_refused(bind, given):
    table = new_table()
    assert bind(table)(given) is False
    assert table[1] == 0


def test_views_that_fit_are_taken(bind):
    table = new_table()
    whole = np.arange(40, dtype=np.float32).reshape(10, 4)
    assert bind(table)(changed(0, whole[5:8])) is True
    assert table[2] == whole.ctypes.data + 5 * 16


def test_types_that_are_the_same_by_another_name(bind):
    """Arrays that were pickled have dtype objects of their own; C has two names for int64."""
    table = new_table()
    pickled = [pickle.loads(pickle.dumps(array)) for array in arrays()]
    assert pickled[0].dtype is not F4
    for given in (pickled, changed(1, np.array(5, np.longlong)), changed(1, np.array(5, "l"))):
        table[2] = 0
        assert bind(table)(given) is True
        assert table[2] == given[0].ctypes.data


def test_one_size_in_rows_of_one(bind):
    """With one row, or none, NumPy counts any strides as contiguous; so do we."""
    table = new_table()
    step = bind(table, [(2, (F4, (1, 4))), (3, (F4, (0, 3)))])
    assert step([np.ones((8, 4), np.float32)[::8], np.ones((3, 0), np.float32).T]) is True


def test_a_list_that_is_too_short_or_none(library):
    step = pointers.bind(library.address("count"), new_table(), SPECS, keep=library)
    for wrong in (arrays()[:2], tuple(arrays()), None):
        with pytest.raises((IndexError, SystemError)):
            step(wrong)
    with pytest.raises(TypeError):
        step()


def test_several_threads(bind):
    for threads, long in ((2, False), (3, True)):
        table = new_table()
        assert bind(table, threads=threads, long=long)(arrays()) is True
        assert table[1] == threads


def test_what_it_needs_lives_as_long_as_it():
    module = Module()
    Function(module, "nothing", PARAMS, linkage="").finish()
    library = jit.compile_module(str(module), target.host(), ["nothing"])
    gone = weakref.ref(library)
    step = pointers.bind(library.address("nothing"), new_table(), SPECS, keep=library)
    del library
    gc.collect()
    assert gone() is not None
    assert step(arrays()) is True
    del step
    gc.collect()
    assert gone() is None


def test_an_unknown_layout_is_noticed(monkeypatch):
    monkeypatch.setattr(pointers, "_DATA", pointers._DATA + 8)
    assert not pointers._layout_is_known.__wrapped__()


def test_references_are_kept_straight(bind):
    import sys

    given, table = arrays(), new_table()
    step = bind(table)
    before = [sys.getrefcount(array) for array in given]
    for _ in range(100):
        step(given)
    assert [sys.getrefcount(array) for array in given] == before
    assert pool.thread_count() >= 1
