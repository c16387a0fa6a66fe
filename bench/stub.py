"""AWS and the provider on loopback, in a process of their own: each request gets the answer that
was recorded for its like. What was not recorded is refused, so that nothing is measured by mistake.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from socketserver import StreamRequestHandler, ThreadingTCPServer
from zlib import crc32

from bench.recording import Recording

HOST = "127.0.0.1"
STAGED = {"dynamodb": "DynamoDB_20120810", "ssm": "AmazonSSM", "sqs": "AmazonSQS"}
WRITTEN = ("DynamoDB_20120810.TransactWriteItems", "DynamoDB_20120810.UpdateItem")
STARTS_WITHIN_S = 30
HERE = b"{HERE}"


def kind_of(target: str, body: bytes) -> str:
    """Requests of one kind get one answer: reads by what they ask, writes and messages by how
    much they are."""
    if target in WRITTEN:
        return target
    if target.startswith("AmazonSQS"):
        return f"{target} {len(json.loads(body)['Entries'])}"
    return f"{target} {body.decode()}"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; where the provider was while it was recorded stands in it as `{HERE}`."""

    status: int
    body: bytes
    aws: bool

    def rendered(self, url: str) -> bytes:
        """The whole HTTP answer of a stub that is at `url`."""
        body = self.body.replace(HERE, url.encode())
        lines = [
            f"HTTP/1.1 {self.status} OK",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        if self.aws:
            lines += [f"x-amz-crc32: {crc32(body)}", f"x-amzn-RequestId: {'R' * 52}"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answers_of(recording: Recording) -> dict[str, Answer]:
    """The answers by kind of request."""
    found = {
        kind_of(f"{STAGED[call.service]}.{call.operation}", call.request): Answer(
            200, call.answer, aws=True
        )
        for call in recording.calls
        if call.status == 200
    }
    there = recording.provider.encode()
    for asked in recording.asked:
        body = asked.answer.replace(there, HERE)
        found[f"{asked.method} {asked.path}"] = Answer(asked.status, body, aws=False)
    return found


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    answers: Mapping[str, bytes]


class _Handler(StreamRequestHandler):
    """Keeps the connection, as the real ones do."""

    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        """Answer one request after the other."""
        while line := self.rfile.readline():
            method, path, _ = line.decode().split()
            headers = {}
            while (header := self.rfile.readline()) not in (b"\r\n", b""):
                name, _, value = header.decode().partition(":")
                headers[name.strip().lower()] = value.strip()
            body = self.rfile.read(int(headers.get("content-length", 0)))
            target = headers.get("x-amz-target")
            kind = kind_of(target, body) if target else f"{method} {path}"
            self.wfile.write(self.server.answers.get(kind) or _unknown(kind))


def _unknown(kind: str) -> bytes:
    told = json.dumps({"message": f"not recorded: {kind[:200]}"}).encode()
    return Answer(418, told, aws=False).rendered("")


def _serve(answers: Mapping[str, Answer], started: Connection) -> None:
    with _Server((HOST, 0), _Handler) as server:
        url = f"http://{HOST}:{server.server_address[1]}"
        server.answers = {kind: answer.rendered(url) for kind, answer in answers.items()}
        started.send(url)
        server.serve_forever()


@contextmanager
def serving(answers: Mapping[str, Answer]) -> Iterator[str]:
    """The stub's address while it serves."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(answers, theirs), daemon=True)
    process.start()
    try:
        if not ours.poll(STARTS_WITHIN_S):
            raise TimeoutError("the stub did not start")
        yield ours.recv()
    finally:
        process.terminate()
        process.join()
