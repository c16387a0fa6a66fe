"""The packages that a function carries, for Lambda's platform: installed, trimmed, compiled, and
kept under what they were made of, so that only the first build waits for them."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy import libraries, trimming
from deploy.runtimes import Runtime

HERE = Path(__file__).parent
MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
NEWEST_GLIBC = 39  # of the names of wheels; what is in them is looked at itself


class NotInstalled(Exception):
    """pip did not find or install what is to be carried."""


def dependencies(requirements: Path, runtime: Runtime, architecture: str, cache: Path) -> Path:
    """A folder of the packages of `requirements`, below `cache`. Raises NotInstalled, and
    libraries.TooNew."""
    made_of = hashlib.sha256(f"{runtime} {architecture} {sys.version}".encode())
    for source in (requirements, *(HERE / f"{each}.py" for each in ("trimming", "libraries"))):
        made_of.update(source.read_bytes())
    made_of.update(Path(__file__).read_bytes())
    kept = cache / made_of.hexdigest()[:16]
    if not kept.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            tree = Path(folder) / "tree"
            _install(requirements, tree, runtime, architecture)
            trimming.trim(tree)
            libraries.drop_unneeded(tree)
            libraries.check_glibc(tree, runtime.glibc)
            leave_bytecode(tree)
            _keep(tree, kept)
    return kept


def compile_all(tree: Path, *options: str) -> None:
    """Bytecode beside every module, good whatever the times of files: Lambda's are those of 1980,
    and what it cannot keep it would compile again at every cold start."""
    done = _python(
        "compileall", "-q", "--invalidation-mode", "unchecked-hash", "-s", str(tree), "-o", "0",
        *options, str(tree)
    )  # fmt: skip
    if done.returncode:
        raise NotInstalled(f"a module does not compile: {done.stdout}{done.stderr}")


def _python(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A module run by itself: bytecode depends on what a process has done before."""
    return subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-s", "-m", module, *arguments],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


def leave_bytecode(tree: Path) -> None:
    """Bytecode instead of source: a sixth of the bundle less, and half the files."""
    compile_all(tree, "-b")
    for source in tree.rglob("*.py"):
        source.unlink()


def _install(requirements: Path, into: Path, runtime: Runtime, architecture: str) -> None:
    major, minor = runtime.glibc
    machine = MACHINES[architecture]
    # The best fit first: wheels for Lambda's own glibc, then those that promise less than we need.
    fits = [f"manylinux_{major}_{each}_{machine}" for each in range(minor, 16, -1)]
    newer = [f"manylinux_{major}_{each}_{machine}" for each in range(minor + 1, NEWEST_GLIBC + 1)]
    platforms = [*fits, f"manylinux2014_{machine}", *newer]
    python = f"{runtime.python[0]}.{runtime.python[1]}"
    done = _python(
        "pip", "install", "--disable-pip-version-check", "--quiet", "--no-deps", "--no-compile",
        "--only-binary=:all:", "--implementation", "cp", "--python-version", python,
        *(part for each in platforms for part in ("--platform", each)),
        "--target", str(into), "-r", str(requirements),
    )  # fmt: skip
    if done.returncode:
        raise NotInstalled(f"pip cannot install {requirements.name}:\n{done.stderr.strip()}")


def _keep(tree: Path, kept: Path) -> None:
    try:
        os.replace(tree, kept)
    except OSError:  # another build was quicker
        if not kept.is_dir():
            raise
        shutil.rmtree(tree)
