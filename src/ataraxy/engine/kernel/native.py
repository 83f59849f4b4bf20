"""Compiles a printed program with LLVM, and keeps the machine code on disk for the next process.

The cache lies in `$ATARAXY_CACHE`, else `$XDG_CACHE_HOME/ataraxy`, else `~/.cache/ataraxy`; it can be deleted at any
time. A cache that cannot be read or written costs time, never a result. Entries carry a checksum: a damaged one is
compiled anew.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import json
import os
import tempfile
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ataraxy.engine.kernel.program import Program, print_program
from ataraxy.engine.model import Model

_ARGUMENTS = (
    [ctypes.c_int64] * 2
    + [ctypes.c_void_p] * 7
    + [ctypes.c_int64]
    + [ctypes.c_void_p] * 2
    + [ctypes.c_double]
    + [ctypes.c_void_p] * 3
)


@dataclass(frozen=True, eq=False)
class Kernel:
    """A compiled program. `run` releases the interpreter lock while it works."""

    program: Program
    run: Callable[..., None]
    _engine: Any  # owns the machine code


_loaded: dict[str, Kernel] = {}
_lock = threading.Lock()


def kernel_for(model: Model, channels: tuple[str, ...], *, exact: bool) -> Kernel:
    """The kernel of `model` with doses into `channels`: from memory, from disk, or compiled now."""
    key = hashlib.sha256(
        "|".join((model.fingerprint(), ",".join(channels), str(exact), _recipe())).encode()
    ).hexdigest()
    with _lock:
        if key not in _loaded:
            found = _from_disk(key)
            if found is None:
                program = print_program(model, channels, exact=exact)
                code = _compile(program.ir)
                _to_disk(key, program, code)
            else:
                program, code = found
            _loaded[key] = _load(program, code)
        return _loaded[key]


@functools.cache
def _recipe() -> str:
    """What, beside the model, decides the machine code: the printer's source, LLVM and the processor."""
    import llvmlite
    from llvmlite import binding

    folder = Path(__file__).parent
    sources = [*sorted(folder.glob("*.py")), folder.parent / "expression.py", folder.parent / "model.py"]
    digest = hashlib.sha256()
    for path in sources:
        digest.update(path.read_bytes())
    version = ".".join(map(str, binding.llvm_version_info))
    features = binding.get_host_cpu_features().flatten()
    return "|".join(
        (digest.hexdigest(), llvmlite.__version__, version, binding.get_host_cpu_name(), features)
    )


def _machine() -> Any:
    """What code is made for. Always a new one: the engine that it is handed to deletes it with itself."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    features = binding.get_host_cpu_features().flatten()
    # full-width vectors where the processor has them
    wide = "-prefer-256-bit" if "avx512f" in features else ""
    return binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=",".join(part for part in (features, wide) if part),
        opt=2,
        jit=True,
    )


def _compile(ir: str) -> bytes:
    from llvmlite import binding

    machine = _machine()
    module = binding.parse_assembly(ir)
    module.verify()
    options = binding.create_pipeline_tuning_options(speed_level=2)
    options.slp_vectorization = False  # the code is vectors already
    options.loop_vectorization = False
    builder = binding.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return bytes(machine.emit_object(module))


def _load(program: Program, code: bytes) -> Kernel:
    from llvmlite import binding

    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), _machine())
    engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    address = engine.get_function_address("run")
    if not address:
        raise AssertionError("the compiled program has no entry")
    return Kernel(program, ctypes.CFUNCTYPE(None, *_ARGUMENTS)(address), engine)


def cache_folder() -> Path:
    """Where machine code is kept."""
    own = os.environ.get("ATARAXY_CACHE")
    if own:
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "ataraxy"


def _from_disk(key: str) -> tuple[Program, bytes] | None:
    try:
        data = (cache_folder() / key).read_bytes()
    except (OSError, RuntimeError):
        return None
    if len(data) < 40 or hashlib.sha256(data[32:]).digest() != data[:32]:
        return None
    size = int.from_bytes(data[32:40], "little")
    fields = json.loads(data[40 : 40 + size])
    fields["channels"] = tuple(fields["channels"])
    fields["controlled"] = tuple(fields["controlled"])
    return Program(ir="", **fields), data[40 + size :]


def _to_disk(key: str, program: Program, code: bytes) -> None:
    fields = asdict(program)
    del fields["ir"]
    head = json.dumps(fields).encode()
    body = len(head).to_bytes(8, "little") + head + code
    temporary = ""
    try:
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            temporary = file.name
            file.write(hashlib.sha256(body).digest() + body)
        os.replace(temporary, folder / key)
        temporary = ""
    except (OSError, RuntimeError):
        pass
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
