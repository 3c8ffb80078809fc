"""Arrays for results: very large ones are used again, once nobody has them."""

import threading
from collections import deque

import numpy as np

import tensorslow as tf
from tensorslow.arrays.memory import aligned_empty
from tensorslow.engines.llvm.runtime import outputs


def test_small_arrays_are_always_new():
    make = outputs.maker((3, 2), np.dtype(np.float32))
    first, second = make(), make()
    assert (first.shape, first.dtype) == ((3, 2), np.float32)
    assert first is not second


def keep_none(monkeypatch):
    """Nothing was made so far, and what is made is large enough to be used again."""
    monkeypatch.setattr(outputs, "LARGE", 64)
    monkeypatch.setattr(outputs, "_made", deque(maxlen=outputs.KEPT))


def made(monkeypatch):
    keep_none(monkeypatch)
    return outputs.maker((4, 4), np.dtype(np.float32))


def test_what_somebody_has_is_left_alone(monkeypatch):
    make = made(monkeypatch)
    held = [make() for _ in range(5)]
    assert len({id(x) for x in held}) == 5
    view = held[0][1:]
    address = held[0].ctypes.data
    held.clear()
    view[:] = 1
    others = [make() for _ in range(5)]
    assert all(x.ctypes.data != address for x in others)
    np.testing.assert_array_equal(view, np.ones((3, 4)))


def test_what_nobody_has_is_used_again(monkeypatch):
    make = made(monkeypatch)
    places = set()
    value = None
    for _ in range(20):
        value = make()  # the one before is free only now
        places.add(value.ctypes.data)
    assert len(places) == 2


def test_few_are_kept(monkeypatch):
    keep_none(monkeypatch)
    makers = [outputs.maker((size,), np.dtype(np.float32)) for size in range(16, 36)]
    for make in makers:
        make()
    assert [len(x) for x in outputs._made] == list(range(36 - outputs.KEPT, 36))


def test_nothing_is_kept_longer_than_the_program(monkeypatch):
    make = made(monkeypatch)
    make()
    assert len(outputs._made) == 1
    del make
    assert not outputs._made


def test_threads_never_share_one(monkeypatch):
    make = made(monkeypatch)
    wrong = []

    def work(number):
        for _ in range(2000):
            array = make()
            array[:] = number
            if not (array == number).all():
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_fetched_values_stay_as_they_were(monkeypatch):
    keep_none(monkeypatch)
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [8, 8])
        y = x + 1.0
        v = tf.Variable(tf.zeros([8, 8]))
        step = v.assign(x * 2.0)
        with tf.Session(engine="llvm") as session:
            session.run(v.initializer)
            values = [
                session.run([y, step, v], {x: np.full((8, 8), i, np.float32)}) for i in range(6)
            ]
    for i, (plus, doubled, _) in enumerate(values):
        np.testing.assert_array_equal(plus, np.full((8, 8), i + 1))
        np.testing.assert_array_equal(doubled, np.full((8, 8), 2 * i))


def test_very_large_results_of_pieces_are_not_copied(monkeypatch):
    monkeypatch.setattr(outputs, "LARGE", 1 << 10)
    made: list[int] = []

    def noted(*args):
        array = aligned_empty(*args)
        made.append(array.ctypes.data)
        return array

    monkeypatch.setattr(outputs, "aligned_empty", noted)
    x = tf.placeholder(tf.float32, [1000])
    y = tf.py_func(lambda a: a + 1, [x], tf.float32)
    y.set_shape([1000])
    result = tf.Session(engine="llvm").run(y * 2.0, {x: np.ones(1000, np.float32)})
    assert result.ctypes.data in made
    assert (result == 4).all()
