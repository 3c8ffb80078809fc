"""From Python's arrays to a program's table of pointers, and into the program, in one step.

On a small graph most of a step's time is Python's: asking NumPy for one array's address takes
longer than many a program. So machine code reads the arrays itself. Where an array keeps its
address, shape and dtype is part of NumPy's binary interface (`PyArrayObject_fields`), and is
checked once before it is relied on; where it is otherwise, Python does the same more slowly.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorslow.engines.llvm.runtime import pool

Step = Callable[[list[np.ndarray]], bool]
Spec = tuple[np.dtype, tuple[int, ...]]  # of an array: dtype and shape

# An array object: offsets in bytes, behind the head that every Python object has. The head ends
# with the object's type.
_HEAD = object.__basicsize__
_TYPE, _DATA, _NDIM, _DIMS, _DTYPE, _FLAGS = (_HEAD + k for k in (-8, 0, 8, 16, 40, 48))
# A dtype object, likewise. A type may have several: arrays that were pickled bring their own.
_ORDER, _NUMBER = _HEAD + 10, _HEAD + 12
_USABLE = 0x0001 | 0x0100  # flags: rows one after the other; aligned to the element's size

_STEP = f"""\
declare ptr @PyList_GetItem(ptr, i64)
declare ptr @PyBool_FromLong(i64)
declare ptr @PyErr_Occurred()

; A builtin function of Python: `self` is an array whose data say what to expect and what to do, see
; `_instructions`; `list` holds the arrays.
define ptr @step(ptr %self, ptr %list) uwtable {{
entry:
  %data.at = getelementptr i8, ptr %self, i64 {_DATA}
  %orders = load ptr, ptr %data.at, align 8
  %type.at = getelementptr i64, ptr %orders, i64 6
  %type = load ptr, ptr %type.at, align 8
  %count.at = getelementptr i64, ptr %orders, i64 7
  %count = load i64, ptr %count.at, align 8
  %first = getelementptr i64, ptr %orders, i64 8
  br label %next
next:
  %i = phi i64 [ 0, %entry ], [ %i.next, %take ]
  %spec = phi ptr [ %first, %entry ], [ %spec.next, %take ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %get, label %go
get:
  %array = call ptr @PyList_GetItem(ptr %list, i64 %i)
  %missing = icmp eq ptr %array, null
  br i1 %missing, label %fail, label %look
look:
  %its.type.at = getelementptr i8, ptr %array, i64 {_TYPE}
  %its.type = load ptr, ptr %its.type.at, align 8
  %is.array = icmp eq ptr %its.type, %type
  br i1 %is.array, label %compare, label %refuse
compare:
  %its.dtype.at = getelementptr i8, ptr %array, i64 {_DTYPE}
  %its.dtype = load ptr, ptr %its.dtype.at, align 8
  %its.order.at = getelementptr i8, ptr %its.dtype, i64 {_ORDER}
  %its.order = load i8, ptr %its.order.at, align 1
  %its.number.at = getelementptr i8, ptr %its.dtype, i64 {_NUMBER}
  %its.number = load i32, ptr %its.number.at, align 4
  %numbers.at = getelementptr i64, ptr %spec, i64 1
  %number = load i32, ptr %numbers.at, align 4
  %synonym.at = getelementptr i32, ptr %numbers.at, i64 1
  %synonym = load i32, ptr %synonym.at, align 4
  %is.number = icmp eq i32 %its.number, %number
  %is.synonym = icmp eq i32 %its.number, %synonym
  %same.type = or i1 %is.number, %is.synonym
  %native = icmp ne i8 %its.order, {ord(">")}
  %same.dtype = and i1 %same.type, %native
  %ndim.at = getelementptr i64, ptr %spec, i64 2
  %ndim = load i64, ptr %ndim.at, align 8
  %its.ndim.at = getelementptr i8, ptr %array, i64 {_NDIM}
  %its.ndim.int = load i32, ptr %its.ndim.at, align 8
  %its.ndim = zext i32 %its.ndim.int to i64
  %same.ndim = icmp eq i64 %its.ndim, %ndim
  %flags.at = getelementptr i8, ptr %array, i64 {_FLAGS}
  %flags = load i32, ptr %flags.at, align 8
  %needed = and i32 %flags, {_USABLE}
  %usable = icmp eq i32 %needed, {_USABLE}
  %two = and i1 %same.dtype, %same.ndim
  %three = and i1 %two, %usable
  br i1 %three, label %shape, label %refuse
shape:
  %dims = getelementptr i64, ptr %spec, i64 3
  %its.dims.at = getelementptr i8, ptr %array, i64 {_DIMS}
  %its.dims = load ptr, ptr %its.dims.at, align 8
  br label %axis
axis:
  %a = phi i64 [ 0, %shape ], [ %a.next, %size ]
  %axes = icmp slt i64 %a, %ndim
  br i1 %axes, label %size, label %take
size:
  %dim.at = getelementptr i64, ptr %dims, i64 %a
  %dim = load i64, ptr %dim.at, align 8
  %its.dim.at = getelementptr i64, ptr %its.dims, i64 %a
  %its.dim = load i64, ptr %its.dim.at, align 8
  %same = icmp eq i64 %its.dim, %dim
  %a.next = add i64 %a, 1
  br i1 %same, label %axis, label %refuse
take:
  %slot = load ptr, ptr %spec, align 8
  %its.data.at = getelementptr i8, ptr %array, i64 {_DATA}
  %its.data = load ptr, ptr %its.data.at, align 8
  store ptr %its.data, ptr %slot, align 8
  %spec.next = getelementptr i64, ptr %dims, i64 %ndim
  %i.next = add i64 %i, 1
  br label %next
go:
  %run = load ptr, ptr %orders, align 8
  %pool.at = getelementptr i64, ptr %orders, i64 1
  %pool = load ptr, ptr %pool.at, align 8
  %function.at = getelementptr i64, ptr %orders, i64 2
  %function = load ptr, ptr %function.at, align 8
  %table.at = getelementptr i64, ptr %orders, i64 3
  %table = load ptr, ptr %table.at, align 8
  %nt.at = getelementptr i64, ptr %orders, i64 4
  %nt = load i64, ptr %nt.at, align 8
  %release.at = getelementptr i64, ptr %orders, i64 5
  %release = load i64, ptr %release.at, align 8
  call void %run(ptr %pool, ptr %function, ptr %table, i64 %nt, i64 %release)
  %raised = call ptr @PyErr_Occurred()
  %fine = icmp eq ptr %raised, null
  br i1 %fine, label %answer, label %fail
refuse:
  br label %answer
answer:
  %ran = phi i64 [ 1, %go ], [ 0, %refuse ]
  %yes = call ptr @PyBool_FromLong(i64 %ran)
  ret ptr %yes
fail:
  ret ptr null
}}
"""


def bind(
    address: int,
    table: ctypes.Array[Any],
    specs: Sequence[tuple[int, Spec]],
    threads: int = 1,
    long: bool = False,
    keep: object = None,
) -> Step:
    """A function that puts arrays' addresses into a table and runs a program with it.

    The function takes a list of arrays. If each is as its spec says, C-contiguous and aligned, the
    program runs and the answer is True; if not, nothing happens, and the answer is False. It is
    for one thread at a time, as there is one table.

    Args:
        address: of the program, see `pool.run`.
        table: of pointers; what the program needs beside the arrays is already there.
        specs: of each array, in the list's order: its place in the table, dtype and shape.
        threads: as for `pool.run`.
        long: as for `pool.run`.
        keep: what must live as long as the function, such as the program's library.
    """
    if not _layout_is_known():
        return _bind_in_python(address, table, specs, threads, long, keep)
    orders = _instructions(address, table, specs, threads, long)
    # A builtin function refers to its `self` and its module; the latter may be any object.
    return _new_builtin()(ctypes.addressof(_definition()), orders, (keep, table, specs))


def _instructions(
    address: int,
    table: ctypes.Array[Any],
    specs: Sequence[tuple[int, Spec]],
    threads: int,
    long: bool,
) -> np.ndarray:
    """What `@step` reads: what to run, then for every array slot, types, rank and shape."""
    shared = pool.shared()
    start = ctypes.addressof(table)
    words = [shared.entry, shared.address, address, start, threads, int(long)]
    words += [id(np.ndarray), len(specs)]
    for place, (dtype, shape) in specs:
        words += [start + 8 * place, _numbers(dtype), len(shape), *shape]
    return np.array(words, np.int64)


def _numbers(dtype: np.dtype) -> int:
    """NumPy's numbers of a type, two in one word: C's `long` and `long long` may be the same."""
    same = [np.dtype(code) for code in "bBhHiIlLqQ" if np.dtype(code) == dtype]
    synonym = same[-1].num if same else dtype.num
    first = same[0].num if same else dtype.num
    return first | synonym << 32


def _bind_in_python(
    address: int,
    table: ctypes.Array[Any],
    specs: Sequence[tuple[int, Spec]],
    threads: int,
    long: bool,
    keep: object,
) -> Step:
    """`bind` where arrays look different from what we know."""
    start = ctypes.addressof(table)

    def step(arrays: list[np.ndarray], _keep: object = keep) -> bool:
        for array, (_, (dtype, shape)) in zip(arrays, specs, strict=True):
            if type(array) is not np.ndarray or array.dtype != dtype or array.shape != shape:
                return False
            if not (array.flags.c_contiguous and array.flags.aligned):
                return False
        for array, (place, _) in zip(arrays, specs, strict=True):
            table[place] = array.ctypes.data
        pool.run(address, start, threads, long)
        return True

    return step


@functools.cache
def _layout_is_known() -> bool:
    """Whether arrays are laid out as `@step` expects; tried on arrays of several kinds."""
    if ctypes.sizeof(ctypes.c_void_p) != 8 or sys.byteorder != "little":
        return False
    if not hasattr(ctypes, "pythonapi"):
        return False
    samples = [np.zeros((3, 4), ">f4")[1:, ::2], np.array(2.0), np.arange(5), np.ones((2, 0))]
    try:
        return all(_looks_right(sample) for sample in samples)
    except Exception:  # whatever it is, it is not what we know
        return False


def _looks_right(array: np.ndarray) -> bool:
    if type(array).__basicsize__ < _FLAGS + 4:
        return False

    def word(offset: int) -> int:
        return ctypes.c_size_t.from_address(id(array) + offset).value

    def number(offset: int) -> int:
        return ctypes.c_int.from_address(id(array) + offset).value

    if (word(_TYPE), word(_DATA)) != (id(np.ndarray), array.ctypes.data):
        return False
    if (number(_NDIM), word(_DTYPE)) != (array.ndim, id(array.dtype)):
        return False
    order, number_at = (word(_DTYPE) + offset for offset in (_ORDER, _NUMBER))
    if ctypes.c_int.from_address(number_at).value != array.dtype.num:
        return False
    if ctypes.c_char.from_address(order).value.decode() != array.dtype.byteorder:
        return False
    if number(_FLAGS) & 0x0FFF != array.flags.num & 0x0FFF:
        return False
    dims = (ctypes.c_int64 * array.ndim).from_address(word(_DIMS)) if array.ndim else ()
    return tuple(dims) == array.shape


class _MethodDef(ctypes.Structure):
    """Python's PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


@functools.cache
def _definition() -> _MethodDef:
    """Of `@step`: a builtin function with one argument (METH_O)."""
    library = _library()
    return _MethodDef(b"step", library.address("step"), 0x0008, b"Runs a compiled program.")


@functools.cache
def _library() -> Any:
    from tensorslow.engines.llvm.runtime import jit
    from tensorslow.engines.llvm.text import target

    return jit.compile_module(_STEP, target.host(), ["step"])


@functools.cache
def _new_builtin() -> Callable[..., Step]:
    prototype = ctypes.PYFUNCTYPE(
        ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.py_object
    )
    return prototype(("PyCFunction_NewEx", ctypes.pythonapi))
