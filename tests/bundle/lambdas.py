"""Lambda on this machine: AWS's own runtime client runs a handler out of an unzipped bundle, in a
process that can import nothing else, and a Runtime API on loopback hands it events."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import distribution
from pathlib import Path
from queue import Empty, Queue
from threading import Lock, Thread
from typing import Any
from uuid import uuid4

from dev.serving import Closing, serve
from dev.settings import HOST

ANSWERS_WITHIN_S = 25
CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")
START = """
import sys
sys.path[:0] = sys.argv[1:3]
from awslambdaric.__main__ import main
main(["awslambdaric", sys.argv[3]])
"""


class Failed(Exception):
    """A function raised, or did not load; the message is what the runtime client reported."""


class _Server(Closing, HTTPServer):
    """The Runtime API."""


@dataclass
class Function:
    """A running function, one request at a time like any other."""

    events: "Queue[tuple[str, bytes] | None]" = field(default_factory=Queue)
    answers: "Queue[tuple[bool, bytes]]" = field(default_factory=Queue)
    one_at_a_time: Lock = field(default_factory=Lock)

    def __call__(self, event: Mapping[str, Any]) -> Any:
        """The answer to an event; raises Failed."""
        with self.one_at_a_time:
            self.events.put((str(uuid4()), json.dumps(event).encode()))
            try:
                fine, body = self.answers.get(timeout=ANSWERS_WITHIN_S)
            except Empty:
                raise Failed("no answer") from None
        if not fine:
            raise Failed(body.decode())
        return json.loads(body)


def _handler(function: Function) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            assert self.path == "/2018-06-01/runtime/invocation/next"
            given = function.events.get()
            if given is None:
                self.close_connection = True
                return
            id, event = given
            arn = "arn:aws:lambda:ap-southeast-3:123456789012:function:tautan-dev"
            self._answer(
                200,
                event,
                {
                    "Lambda-Runtime-Aws-Request-Id": id,
                    "Lambda-Runtime-Deadline-Ms": "4102444800000",
                    "Lambda-Runtime-Invoked-Function-Arn": arn,
                    "Content-Type": "application/json",  # the client dies without one
                    "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
                },
            )

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            function.answers.put((self.path.endswith("/response"), body))
            self._answer(202, b"", {})

        def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler


@contextmanager
def running(
    bundle: Path, client: Path, handler: str, settings: Mapping[str, str], log: Path
) -> Iterator[Function]:
    """The function of `handler`; what it writes is in `log`."""
    function = Function()
    with ExitStack() as stack:
        server = _Server((HOST, 0), _handler(function))
        serve(server, stack)
        stack.callback(function.events.put, None)
        child = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", "-c", START, str(bundle), str(client), handler],
            cwd=bundle,
            env={
                **settings,
                "AWS_LAMBDA_RUNTIME_API": f"{HOST}:{server.server_port}",
                "AWS_LAMBDA_FUNCTION_NAME": "tautan-dev",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
                "LAMBDA_TASK_ROOT": str(bundle),
            },
            stdout=stack.enter_context(log.open("wb")),
            stderr=subprocess.STDOUT,
        )
        watch = Thread(target=_tell_of_its_end, args=(child, function))
        watch.start()
        stack.callback(watch.join)
        stack.callback(child.kill)
        yield function


def _tell_of_its_end(child: "subprocess.Popen[bytes]", function: Function) -> None:
    code = child.wait()
    function.answers.put((False, f"the process ended with {code}".encode()))


def runtime_client(into: Path) -> Path:
    """AWS's runtime client and what it needs, in a folder of their own."""
    for name in CLIENT:
        found = distribution(name)
        for file in found.files or ():
            if file.parts[0] != ".." and "__pycache__" not in file.parts:
                copy = into / file
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(Path(str(found.locate_file(file))).read_bytes())
    return into
