"""The sandbox as a server on loopback, in background threads."""

import socket
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread
from wsgiref.types import WSGIEnvironment

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox import api, control, desk, keeping, pages
from sandbox.deliveries import Deliverer
from sandbox.params import LOOPBACK
from sandbox.state import State

MAX_BODY = 1_048_576
POLL_SECONDS = 0.02


class _Connections:
    """The open connections, so that stopping need not wait for a browser's idle ones."""

    def __init__(self) -> None:
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        self._over = False

    def add(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)
            if self._over:  # it was taken in while the others were cut
                _cut(connection)

    def discard(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def cut(self) -> None:
        with self._lock:
            self._over = True
            for each in self._open:
                _cut(each)


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _handler(connections: _Connections) -> type[WSGIRequestHandler]:
    class Handler(WSGIRequestHandler):
        """Quiet, and counted."""

        timeout = 60

        def setup(self) -> None:
            super().setup()
            connections.add(self.connection)

        def finish(self) -> None:
            connections.discard(self.connection)
            super().finish()

        def connection_dropped(
            self, error: BaseException, environ: WSGIEnvironment | None = None
        ) -> None:
            """Close what a planned timeout leaves unanswered, instead of waiting for more."""
            self.close_connection = True

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Nothing: the control plane lists the requests."""

    return Handler


def create_app(state: State, stopping: Event) -> Flask:
    """The WSGI application over one state."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.register_blueprint(api.blueprint(api.Api(state, stopping)))
    app.register_blueprint(pages.blueprint(state))
    app.register_blueprint(control.blueprint(state))
    app.register_blueprint(desk.blueprint(state))
    return app


class Server:
    """A running sandbox. Make one with :meth:`start`; end it with :meth:`stop`."""

    def __init__(self, state: State, bound: socket.socket, kept: Path | None = None) -> None:
        self.state = state
        self._kept = kept
        self.remembers = False
        self._stopping = Event()
        self._connections = _Connections()
        host, port = bound.getsockname()[:2]
        self._http: BaseWSGIServer = make_server(
            host,
            port,
            create_app(state, self._stopping),
            threaded=True,
            request_handler=_handler(self._connections),
            fd=bound.fileno(),
        )
        bound.close()
        # Only threads that are no daemons are waited for on closing.
        self._http.daemon_threads = False  # type: ignore[attr-defined]
        self.url = state.base_url = f"http://{host}:{port}"
        self._deliverer = Deliverer(state)
        self._thread = Thread(
            target=self._http.serve_forever, args=(POLL_SECONDS,), name="sandbox-http", daemon=True
        )

    @classmethod
    def start(cls, port: int = 0, host: str = "127.0.0.1", kept: Path | None = None) -> "Server":
        """Serve on a loopback address; port 0 takes any free one, a busy one raises OSError.

        What the file `kept` holds is gone on from, and what is known at the end is kept there.
        """
        if host not in LOOPBACK or ":" in host:
            raise OSError(f"the sandbox serves loopback only, not {host}")
        bound = socket.create_server(("127.0.0.1", port), backlog=128)
        state = keeping.load(kept) if kept else None
        server = cls(state or State(), bound, kept)
        server.remembers = state is not None
        server._thread.start()
        server._deliverer.start()
        return server

    def stop(self) -> None:
        """Stop serving and delivering; no thread stays behind."""
        self._stopping.set()
        self._deliverer.stop()
        self._http.shutdown()
        self._connections.cut()
        self._http.server_close()
        self._thread.join()
        if self._kept is not None:
            keeping.save(self.state, self._kept)
