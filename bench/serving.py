"""One server process: `python -m bench.serving ours|django PORT`, both with the settings of app/cli/serving.py."""

import gc
import sys
from typing import Any

from werkzeug.test import Client

from app.cli.serving import serve

HOST = "127.0.0.1"


def main(what: str, port: str) -> None:
    """Serve until told to stop."""
    bind = f"{HOST}:{port}"
    if what == "ours":
        from app import create_app
        from bench import floor

        app = create_app()
        floor.install(app)
        serve(app, bind=bind, workers=1)
    else:
        from bench.django_site.wsgi import application

        # The rest of our settings holds for any WSGI application; only the warming up knows ours.
        serve(application, bind=bind, workers=1, post_worker_init=lambda worker: _warm_up(application))


def _warm_up(application: Any) -> None:
    Client(application).get("/admin/login/")
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    main(*sys.argv[1:])
