"""`python -m bench.seeding COUNT`: demonstration data into an empty database; prints seconds as JSON."""

import json
import sys
import time

import flask_migrate

from app import create_app
from seed.demo import load_demo
from seed.load import load_reference


def main(count: str) -> None:
    """Load, and say how it went."""
    app = create_app()
    with app.app_context():
        flask_migrate.upgrade()
        load_reference()
        started = time.perf_counter()
        load_demo(int(count))
        seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main(sys.argv[1])
