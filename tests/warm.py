"""`python -m ops` again and again: a process that has loaded it forks for each command.

What is forked is as fresh as a process of its own, without the second that loading takes.
"""

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def ran(
    words: list[str], environment: dict[str, str], folder: Path
) -> "subprocess.CompletedProcess[str]":
    """The command in this environment and folder, without standard input."""
    warm = _warm()
    assert warm.stdin is not None
    assert warm.stdout is not None
    with TemporaryDirectory() as told:
        out, err = Path(told) / "out", Path(told) / "err"
        asked = [words, environment, str(folder), str(out), str(err)]
        print(json.dumps(asked), file=warm.stdin, flush=True)
        code = int(warm.stdout.readline())
        return subprocess.CompletedProcess(words, code, out.read_text(), err.read_text())


@cache
def _warm() -> "subprocess.Popen[str]":
    root = Path(__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.warm"],
        cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    atexit.register(process.communicate)
    return process


def main() -> None:
    """Run what each line asks for, and say how it ended."""
    import ops.__main__ as command

    for line in sys.stdin:
        words, environment, folder, out, err = json.loads(line)
        child = os.fork()
        if child == 0:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(environment)
            for number, file in enumerate((os.devnull, out, err)):
                os.dup2(os.open(file, FLAGS if number else os.O_RDONLY, 0o600), number)
            sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - until the end
            sys.argv = ["ops", *words]
            code = _ended(command.main)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _ended(command: Callable[[], None]) -> int:
    try:
        command()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    main()
