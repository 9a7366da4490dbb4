"""`python -m api`: serves the api until SIGTERM or Ctrl-C, then finishes what is under way."""

import gc
import os

import uvicorn

from api.app import create_app
from logs import configure
from settings import Settings


def serve() -> None:
    # Exports and packages of evidence lie in a temporary file while they are sent: nobody else may read them.
    os.umask(0o077)
    settings = Settings()
    configure(settings.log_level)
    app = create_app(settings)
    gc.freeze()  # what was loaded by now lives as long as the process: nobody need look through it for garbage
    uvicorn.run(
        app,
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=settings.worker_grace_seconds,
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=64 * 1024,
    )


if __name__ == "__main__":
    serve()
