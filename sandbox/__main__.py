"""``python -m sandbox [--port 8001] [--host 127.0.0.1]`` serves until Ctrl-C."""

import argparse
import signal
import sys
from threading import Event

from sandbox.server import Server


def main() -> int:
    """Run the sandbox on its own."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8001, help="0 takes any free port")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    options = parser.parse_args()
    finished = Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: finished.set())
    try:
        server = Server.start(options.port, options.host)
    except (OSError, OverflowError) as problem:
        sys.stderr.write(f"sandbox: cannot serve on {options.host}:{options.port}: {problem}\n")
        return 1
    sys.stdout.write(f"WooshPay sandbox on {server.url} (overview: {server.url}/_sandbox/)\n")
    sys.stdout.flush()
    finished.wait()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
