"""IR text to machine code in this process, through llvmlite.

Modules are compiled side by side, each in an LLVM context of its own. llvmlite holds a lock of its
own around every call into LLVM; the one that takes long, code generation, is therefore called
around it. Python's lock is free meanwhile, so a plan can be compiled in the background.

Hardly any IR passes are run: our kernels are explicit vectors already, and what is left to gain
does not pay for itself (see `OPT_LEVEL`).
"""

from __future__ import annotations

import ctypes
import functools
import os
import threading
import time
from collections.abc import Sequence
from typing import Any

from tensorslow.engines.llvm.runtime import cache
from tensorslow.engines.llvm.text.target import Target
from tensorslow.version import __version__

OPT_LEVEL = 2  # of code generation: instruction selection, scheduling, registers


class Library:
    """Machine code in memory, which lives as long as this object.

    Whoever keeps an address of it must keep the library, too.

    Attributes:
        texts: the IR it was made from, if it was made here.
        target: the processor it was made for.
        from_cache: whether all of it was found on disk.
        seconds: how long each stage took, summed over the modules: "cache", "parse", "emit",
            "load"; and how long it took in all, "total".
    """

    def __init__(
        self,
        texts: Sequence[str],
        target: Target,
        linked: tuple[_Linker, Any],
        exports: Sequence[str],
        from_cache: bool,
        seconds: dict[str, float],
    ) -> None:
        self.texts = tuple(texts)
        self.target = target
        self.from_cache = from_cache
        self.seconds = seconds
        # While both are referred to, the code stays in memory; see __del__.
        self._linker, self._tracker = linked
        self._addresses = {name: int(self._tracker[name]) for name in exports}

    def __del__(self) -> None:
        # The code goes before its linker, whichever order the attributes are dropped in.
        self.__dict__.pop("_tracker", None)

    def address(self, name: str) -> int:
        """Where an exported function or variable begins."""
        return self._addresses[name]

    def assembly(self) -> str:
        """The machine code as a reader sees it, made anew from the text."""
        return "\n".join(assembly_for(text, self.target) for text in self.texts)


def compile_module(
    text: str, target: Target, exports: Sequence[str], use_cache: bool = True
) -> Library:
    """Compiles one module and loads it.

    Args:
        text: of the module, as `str(ir.Module)` gives it.
        target: the processor to compile for; this machine must be able to run its code.
        exports: names of functions and variables that will be asked for.
        use_cache: whether the object may come from the disk, and is kept there.

    Raises:
        RuntimeError: the text is no valid IR, or uses a function that is not there.
    """
    return compile_modules([text], target, exports, use_cache)


def compile_modules(
    texts: Sequence[str], target: Target, exports: Sequence[str], use_cache: bool = True
) -> Library:
    """Compiles several modules at once, on as many threads, and links them into one library.

    What one module uses of another must be `hidden` or external there, and declared here.
    """
    start = time.perf_counter()
    _check_can_run(target)
    seconds = dict.fromkeys(("cache", "parse", "emit", "load"), 0.0)
    names = [cache.key(text, *_made_by(target)) for text in texts] if use_cache else []
    objects = [cache.load(name) for name in names] or [None] * len(texts)
    seconds["cache"] = time.perf_counter() - start
    missing = [place for place, code in enumerate(objects) if code is None]
    for place, (code, spent) in zip(
        missing, _emit_all([texts[place] for place in missing], target), strict=True
    ):
        objects[place] = code
        for stage, duration in spent.items():
            seconds[stage] += duration
        if use_cache:
            cache.store(names[place], code)
    loading = time.perf_counter()
    linked = _link([code for code in objects if code is not None], exports)
    end = time.perf_counter()
    seconds |= {"load": end - loading, "total": end - start}
    return Library(texts, target, linked, exports, not missing, seconds)


def objects_of(texts: Sequence[str], target: Target) -> list[bytes]:
    """The object code of several modules, compiled side by side."""
    _check_can_run(target)
    return [code for code, _ in _emit_all(texts, target)]


def load_objects(objects: Sequence[bytes], target: Target, exports: Sequence[str]) -> Library:
    """Links object code from `objects_of` into one library."""
    _check_can_run(target)
    return Library((), target, _link(objects, exports), exports, True, {})


def _check_can_run(target: Target) -> None:
    if target.triple.partition("-")[0] != _host_triple().partition("-")[0]:
        raise ValueError(f"code for {target.triple} cannot run on {_host_triple()}")


def assembly_for(text: str, target: Target) -> str:
    """The assembly of a module, for any processor that LLVM knows."""
    return _emit(text, target, as_object=False)[0].decode()


def _emit_all(texts: Sequence[str], target: Target) -> list[tuple[bytes, dict[str, float]]]:
    """The object code of every text, and how long each took."""
    if len(texts) < 2:
        return [_emit(text, target) for text in texts]
    from concurrent.futures import ThreadPoolExecutor

    from tensorslow.engines.llvm.runtime.pool import thread_count

    with ThreadPoolExecutor(min(len(texts), thread_count())) as workers:
        try:
            found = [workers.submit(_emit, text, target) for text in texts]
        except RuntimeError:  # no thread can be started here
            return [_emit(text, target) for text in texts]
        return [emitted.result() for emitted in found]


def _emit(text: str, target: Target, as_object: bool = True) -> tuple[bytes, dict[str, float]]:
    """Text to object code (or assembly)."""
    llvm = _llvm()
    start = time.perf_counter()
    machine = _machines.take(target)
    head = f'target triple = "{target.triple}"\ntarget datalayout = "{machine.target_data}"\n'
    with llvm.create_context() as context, llvm.parse_assembly(head + text, context) as module:
        module.verify()
        if "alwaysinline" in text:
            _inline(module, machine)
        parsed = time.perf_counter()
        code = _emit_to_memory(machine, module, as_object)
    _machines.give_back(target, machine)
    end = time.perf_counter()
    return code, {"parse": parsed - start, "emit": end - parsed}


def _inline(module: Any, machine: Any) -> None:
    """Puts functions that say `alwaysinline` where they are called."""
    llvm = _llvm()
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(0))
    passes = llvm.create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    passes.run(module, builder)


def _emit_to_memory(machine: Any, module: Any, as_object: bool) -> bytes:
    """Code generation, without llvmlite's lock.

    LLVM allows it, as neither the context nor the target machine is shared with another thread.
    """
    emit, begin, size, dispose = _unlocked()
    message = ctypes.c_char_p()
    buffer = emit(machine._ptr, module._ptr, int(as_object), ctypes.byref(message))
    if not buffer:
        raise RuntimeError((message.value or b"no code was generated").decode())
    try:
        return ctypes.string_at(begin(buffer), size(buffer))
    finally:
        dispose(buffer)


@functools.cache
def _unlocked() -> tuple[Any, Any, Any, Any]:
    """Functions of llvmlite's C library: emit to memory; a buffer's start, size, and end."""
    from llvmlite.binding import ffi

    library = ctypes.CDLL(ffi.lib._name)
    pointer, text = ctypes.c_void_p, ctypes.POINTER(ctypes.c_char_p)

    def function(name: str, result: Any, *args: Any) -> Any:
        return ctypes.CFUNCTYPE(result, *args)((f"LLVMPY_{name}", library))

    refs = (ffi.LLVMTargetMachineRef, ffi.LLVMModuleRef)
    return (
        function("TargetMachineEmitToMemory", pointer, *refs, ctypes.c_int, text),
        function("GetBufferStart", pointer, pointer),
        function("GetBufferSize", ctypes.c_size_t, pointer),
        function("DisposeMemoryBuffer", None, pointer),
    )


class _Machines:
    """LLVM's target machines, which are costly to make and serve one thread at a time."""

    def __init__(self) -> None:
        self._idle: dict[Target, list[Any]] = {}

    def take(self, target: Target) -> Any:
        """One that nobody uses, made if need be."""
        llvm = _llvm()
        try:
            return self._idle[target].pop()
        except (KeyError, IndexError):
            pass
        if target.triple.partition("-")[0] != _host_triple().partition("-")[0]:
            _initialize_all_targets()
        return llvm.Target.from_triple(target.triple).create_target_machine(
            cpu=target.cpu,
            features=target.features,
            opt=OPT_LEVEL,
            # The linker puts a library's code and constants side by side, so short addresses do.
            reloc="pic",
            codemodel="small",
        )

    def give_back(self, target: Target, machine: Any) -> None:
        """Lets another use it."""
        self._idle.setdefault(target, []).append(machine)


_machines = _Machines()


class _Linker:
    """LLVM's linker into memory, for some libraries.

    Making one takes as long as linking three libraries, so it is shared; but it never forgets a
    library wholly (10 kB stay), so it is not shared by all.
    """

    def __init__(self) -> None:
        self._jit = _llvm().create_lljit_compiler(use_jit_link=True)
        self.linked = 0

    def link(self, objects: Sequence[bytes], exports: Sequence[str]) -> Any:
        """Object code into memory; what it does not define is looked up in this process."""
        self.linked += 1
        library = _llvm().JITLibraryBuilder()
        for code in objects:
            library.add_object_img(code)
        library.add_current_process()
        for name in exports:
            library.export_symbol(name)
        return library.link(self._jit, f"library{self.linked}")


_SHARED_BY = 64
_newest: list[_Linker] = []
_linking = threading.RLock()


def _link(objects: Sequence[bytes], exports: Sequence[str]) -> tuple[_Linker, Any]:
    """The code's tracker, and the linker that must outlive it."""
    with _linking:
        if not _newest or _newest[0].linked >= _SHARED_BY:
            _newest[:] = [_Linker()]
        return _newest[0], _newest[0].link(objects, exports)


def _made_by(target: Target) -> tuple[str, ...]:
    """What object code depends on beside the text."""
    import llvmlite

    llvm_version = ".".join(map(str, _llvm().llvm_version_info))
    return (
        target.triple,
        target.cpu,
        target.features,
        f"tensorslow {__version__} llvmlite {llvmlite.__version__} LLVM {llvm_version}",
        f"opt {OPT_LEVEL}",
    )


@functools.cache
def _host_triple() -> str:
    return str(_llvm().get_default_triple())


@functools.cache
def _llvm() -> Any:
    """llvmlite's binding, ready for this machine."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    _survive_forks(llvm.ffi.lib)
    return llvm


@functools.cache
def _initialize_all_targets() -> None:
    llvm = _llvm()
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()


def _survive_forks(library: Any) -> None:
    """A child must not inherit a lock from a thread that it has not got: ours, and llvmlite's."""
    locks = [_linking, getattr(library, "_lock", None)]  # in the order in which they are taken
    if not hasattr(os, "register_at_fork"):
        return

    def acquire() -> None:
        for lock in locks:
            if lock is not None:
                lock.__enter__()

    def release() -> None:
        for lock in reversed(locks):
            if lock is not None:
                lock.__exit__(None, None, None)

    os.register_at_fork(before=acquire, after_in_parent=release, after_in_child=release)
