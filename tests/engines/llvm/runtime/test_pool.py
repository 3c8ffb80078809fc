"""Programs run on several threads: all take part, all meet, and nothing hangs or leaks."""

import ctypes
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from tensorslow.engines.llvm.runtime import jit, pool, pool_ir, quota
from tensorslow.engines.llvm.text import target
from tensorslow.engines.llvm.text.ir import Function, Module
from tests.sampling import sampled

pytest.importorskip("llvmlite")

PARAMS = [("i64", "%tid"), ("i64", "%nt"), ("ptr", "%sync"), ("ptr", "%table")]

FOREVER = """\
define void @forever(i64 %tid, i64 %nt, ptr %sync, ptr %table) {
entry:
  %mine = getelementptr i64, ptr %table, i64 %tid
  br label %loop
loop:
  %count = load i64, ptr %mine
  %more = add i64 %count, 1
  store i64 %more, ptr %mine
  %stop = call i1 @breathe(i64 %tid, i64 %nt, ptr %sync)
  br i1 %stop, label %done, label %loop
done:
  ret void
}
"""

ROUNDS = 2000


def programs():
    """Programs for these tests, all over a table of i64."""
    module = Module()
    pool.emit_breathe(module)

    f = Function(module, "mark", PARAMS, linkage="")  # table[tid] = nt
    f.store("i64", "%nt", f.gep("%table", "%tid", "i64"))
    f.finish()

    # Round by round, each adds to its own cell what its neighbour's held after the last one: any
    # thread that ran ahead would change the result.
    f = Function(module, "rounds", PARAMS, linkage="")
    right = f.op("add i64 %tid, 1")
    right = f.op(f"urem i64 {right}, %nt")

    def one_round(number, _):
        value = f.load("i64", f.gep("%table", right, "i64"))
        f.call("void", "barrier", ("ptr", "%sync"), ("i64", "%nt"))
        mine = f.gep("%table", "%tid", "i64")
        f.store("i64", f.op(f"add i64 {f.load('i64', mine)}, {value}"), mine)
        f.call("void", "barrier", ("ptr", "%sync"), ("i64", "%nt"))

    f.loop(ROUNDS, one_round)
    f.finish()

    module.functions["forever"] = FOREVER

    # table[tid] = the smallest normal float64, halved.
    f = Function(module, "denormal", PARAMS, linkage="")
    tiny = f.load("double", f.gep("%table", 64, "i64"))
    half = f.op(f"fmul double {tiny}, 0.5")
    f.store("double", half, f.gep("%table", "%tid", "i64"))
    f.finish()
    return str(module)


@pytest.fixture(scope="module")
def library():
    names = ["mark", "rounds", "forever", "denormal"]
    return jit.compile_module(programs(), target.host(), names)


@pytest.fixture
def table():
    return np.zeros(128, np.int64)


def run(library, name, table, threads, long=False):
    pool.run(library.address(name), table.ctypes.data, threads, long)


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_every_thread_takes_part(library, table, threads, long):
    for _ in range(3):
        table[:] = 0
        run(library, "mark", table, threads, long)
        assert table.tolist() == [threads] * threads + [0] * (128 - threads)


def test_the_shortest_way(library, table):
    pool.caller(library.address("mark"))(0, 1, pool.ALONE, table.ctypes.data)
    assert table[0] == 1
    assert pool.caller(library.address("mark")) is pool.caller(library.address("mark"))


def rounds_in_numpy(threads):
    cells = np.arange(1, threads + 1)
    for _ in range(ROUNDS):
        cells = cells + np.roll(cells, -1)
    return cells


@pytest.mark.parametrize("threads", [1, 2, 3, pytest.param(5, marks=pytest.mark.slow)])
def test_nobody_passes_a_barrier_alone(library, table, threads):
    table[:threads] = np.arange(1, threads + 1)
    with np.errstate(over="ignore"):
        run(library, "rounds", table, threads)
        assert table[:threads].tolist() == rounds_in_numpy(threads).tolist()


def test_sleeping_workers_wake(library, table):
    for _ in range(20):
        time.sleep(0.003)
        table[:] = 0
        run(library, "mark", table, 3)
        assert table[:4].tolist() == [3, 3, 3, 0]


def test_idle_workers_use_no_time(library, table):
    run(library, "mark", table, 4)
    time.sleep(0.05)
    before = time.process_time()
    time.sleep(0.2)
    assert time.process_time() - before < 0.02


def test_a_second_caller_runs_alone(library, table):
    """While one program holds the pool, another runs and ends."""
    stop, ran = threading.Event(), []

    def other():
        while not stop.is_set():
            mine = np.zeros(128, np.int64)
            run(library, "mark", mine, 2, True)
            ran.append(int(mine[0]))

    thread = threading.Thread(target=other)
    thread.start()
    together = rounds_in_numpy(2)[0]
    end = time.monotonic() + 30
    while len(ran) <= 10 and time.monotonic() < end:  # how often depends on who gets Python's lock
        cells = table.copy()
        cells[:2] = [1, 2]
        run(library, "rounds", cells, 2, True)
        # Alone, a thread is its own neighbour, and doubles its cell every round.
        assert cells[0] in (together, 0)
    stop.set()
    thread.join()
    assert set(ran) <= {1, 2}
    assert len(ran) > 10


def test_floating_point_keeps_denormals(library, table):
    """On every thread, and whatever mode the caller is in; which it gets back."""
    library_c = ctypes.CDLL(None)
    environment = (ctypes.c_char * 64)()
    if library_c.fegetenv(environment) or sys.platform != "linux":
        pytest.skip("needs the C library's view of the floating-point environment")
    flushing = None
    if target.host().triple.startswith("x86"):
        flushing = (ctypes.c_char * 64).from_buffer_copy(environment)
        mode = ctypes.c_uint32.from_buffer(flushing, 28)  # MXCSR
        mode.value |= 0x8040
    tiny = np.finfo(np.float64).tiny
    cells = table.view(np.float64)
    cells[64] = tiny
    try:
        if flushing is not None:
            library_c.fesetenv(flushing)
        run(library, "denormal", table, 2)
        flushed = cells[64:65] * 0.5
    finally:
        library_c.fesetenv(environment)
    assert cells[:2].tolist() == [tiny / 2, tiny / 2]
    if flushing is not None:
        assert flushed[0] == 0


def python(code, **environment):
    """Runs a program of its own, in which `library`, `table` and `address` are there."""
    head = (
        "import ctypes, os, signal, sys, threading, time\n"
        "import numpy as np\n"
        "from tests.engines.llvm.runtime.test_pool import programs, run\n"
        "from tensorslow.engines.llvm.runtime import jit, pool\n"
        "from tensorslow.engines.llvm.text import target\n"
        "names = ['mark', 'rounds', 'forever', 'denormal']\n"
        "library = jit.compile_module(programs(), target.host(), names)\n"
        "table = np.zeros(128, np.int64)\n"
    )
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", head + code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | environment,
    )


def test_a_child_has_a_pool_of_its_own():
    result = python(
        """
run(library, 'mark', table, 3)
for k in range(3):
    table[:] = 0
    child = os.fork()
    if child == 0:
        run(library, 'mark', table, 3)
        grandchild = os.fork()
        if grandchild == 0:
            table[:] = 0
            run(library, 'mark', table, 2, True)
            os._exit(int(table[:4].sum()))
        code = os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1])
        os._exit(int(table[:4].sum()) + 10 * code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
run(library, 'mark', table, 3)
print(table[:4])
"""
    )
    assert result.stdout == "49\n49\n49\n[3 3 3 0]\n", result.stderr


@pytest.mark.slow
def test_a_child_of_a_busy_parent():
    """Forked while another thread is in the middle of a run."""
    result = python(
        """
import multiprocessing
def work(k):
    cells = np.zeros(128, np.int64)
    run(library, 'mark', cells, 2)
    return int(cells.sum()) + k
threading.Thread(target=lambda: run(library, 'forever', table, 2, True), daemon=True).start()
time.sleep(0.05)
with multiprocessing.get_context('fork').Pool(2) as workers:
    print(workers.map(work, range(4)))
"""
    )
    assert result.stdout == "[4, 5, 6, 7]\n", result.stderr
    assert result.returncode == 0


@sampled(
    "how",
    [
        "while True: run(library, 'mark', table, 2, True)",
        "run(library, 'forever', table, 2, True)",
        "run(library, 'mark', table, 2); sys.exit(3)",
    ],
    3,
)
def test_the_process_ends_while_a_thread_runs(how):
    result = python(
        f"""
def work():
    {how}
class Late:
    def __del__(self, sleep=time.sleep):
        sleep(0.2)  # the interpreter is being taken down: the thread may not come back
late = Late()
for _ in range(2):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.02)
print('end')
sys.exit(7)
"""
    )
    assert (result.returncode, result.stdout) == (7, "end\n"), result.stderr


@pytest.mark.slow
def test_running_after_the_end():
    """Whoever runs a program so late runs it alone."""
    result = python(
        """
pool.shared().close()
run(library, 'mark', table, 2)
print(table[:3])
"""
    )
    assert result.stdout == "[1 0 0]\n", result.stderr


@sampled(("threads", "long"), [(2, True), (2, False), (1, True), (1, False)], 4)
def test_ctrl_c_ends_a_long_run(threads, long):
    result = python(
        f"""
def interrupt():
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt).start()
start = time.perf_counter()
try:
    run(library, 'forever', table, {threads}, {long})
except KeyboardInterrupt:
    print('interrupted', time.perf_counter() - start < 5)
print(table[0] > 100, set(table[:{threads}]) == {{table[0]}})
run(library, 'mark', table, {threads}, {long})
print(table[0])
"""
    )
    assert result.stdout == f"interrupted True\nTrue True\n{threads}\n", result.stderr


def test_thread_count_follows_the_environment(monkeypatch):
    count = pool.thread_count.__wrapped__
    for setting, expected in (("3", 3), (" 5 ", 5), ("1000", 64)):
        monkeypatch.setenv("TENSORSLOW_NUM_THREADS", setting)
        assert count() == expected
    usual = {}
    for setting in ("", "no", "0", "-1"):
        monkeypatch.setenv("TENSORSLOW_NUM_THREADS", setting)
        usual[setting] = count()
    assert len(set(usual.values())) == 1
    assert 1 <= usual[""] <= (os.cpu_count() or 1)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity here")
def test_thread_count_follows_affinity_and_quota(monkeypatch):
    count = pool.thread_count.__wrapped__
    monkeypatch.delenv("TENSORSLOW_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)))
    for quota_, expected in ((None, 6), (2.5, 2), (0.3, 1), (8.0, 6)):
        monkeypatch.setattr(pool, "quota_of_container", lambda quota_=quota_: quota_)
        assert count() == expected


def write(root, contents):
    for path, text in contents.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")


@pytest.mark.parametrize(
    ("contents", "processors"),
    [
        ({}, None),
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "max 100000"}, None),
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "150000 100000"}, 1.5),
        (
            {
                "proc/self/cgroup": "0::/outer/inner",
                "sys/fs/cgroup/outer/inner/cpu.max": "max 100000",
                "sys/fs/cgroup/outer/cpu.max": "400000 100000",
            },
            4.0,
        ),
        (
            {
                "proc/self/cgroup": "4:memory:/a\n3:cpu,cpuacct:/docker/x",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "200000",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
            },
            2.0,
        ),
        (
            {
                "proc/self/cgroup": "3:cpu:/",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            },
            None,
        ),
        ({"proc/self/cgroup": "nonsense", "sys/fs/cgroup/cpu.max": "x"}, None),
    ],
)
def test_the_containers_quota(tmp_path, contents, processors):
    write(tmp_path, contents)
    assert quota.processors(str(tmp_path)) == processors


def test_barriers_for_other_processors():
    for processor in (target.NEON, target.SSE2, target.AVX512):
        module = Module()
        pool.emit_breathe(module, processor)
        f = Function(module, "f", PARAMS, linkage="")
        f.call("i1", "breathe", ("i64", "%tid"), ("i64", "%nt"), ("ptr", "%sync"))
        f.finish()
        assembly = jit.assembly_for(str(module), processor)
        assert ("yield" if processor is target.NEON else "pause") in assembly


@pytest.mark.parametrize("processor", [target.NEON, target.SSE2], ids=["NEON", "SSE2"])
def test_the_pools_code_for_other_processors(processor):
    assembly = jit.assembly_for(pool_ir.runtime(processor), processor)
    mode = ("fpcr", "FPCR") if processor is target.NEON else ("ldmxcsr",)
    assert any(word in assembly for word in mode)
    assert "worker:" in assembly
