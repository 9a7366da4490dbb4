"""`python -m sandbox --port 7244 --data DIR`: runs until SIGINT or SIGTERM."""

import argparse
import socket
import sys
from pathlib import Path

import uvicorn

from sandbox.app import create_app
from sandbox.post_office import PostOffice
from sandbox.store import DataFolderMismatch


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="A local marketplace, wallet, messenger, courier and post office."
    )
    parser.add_argument("--port", type=int, default=7244)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--data", type=Path, required=True, help="folder for sandbox.sqlite3; created if missing")
    parser.add_argument("--smtp-port", type=int, help="of the post office, with STARTTLS; 0: any; without it, none")
    parser.add_argument("--smtps-port", type=int, help="of the post office, TLS from the first byte")
    given = parser.parse_args()
    try:
        app = create_app(given.data, PostOffice(given.host, given.smtp_port, given.smtps_port))
    except DataFolderMismatch as mismatch:
        sys.exit(f"sandbox: {mismatch}")
    listening = _listen(given.host, given.port)
    # Held connections of a time-out fault must not keep a stopping sandbox alive.
    # A quiet connection is kept as long as usual servers keep it: a client that lets go sooner meets none just closing.
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=2, timeout_keep_alive=75
    )
    uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        sys.exit(f"sandbox: cannot listen on {host}:{port} ({error.strerror}); choose another with --port.")
    return listening


if __name__ == "__main__":
    main()
