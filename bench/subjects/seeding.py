"""Loading demonstration data."""

import shutil

from bench.processes import run_watched
from bench.scale import Scale
from bench.tables import figure, show_table
from bench.worlds.places import Place, say
from bench.worlds.world import data_folder


def run(place: Place, scale: Scale) -> None:
    """Measure once and print."""
    count = scale.seed_contacts
    say(f"{place.label}: loading {count:,} demonstration contacts")
    folder = data_folder("seed")
    try:
        said, watch = run_watched("bench.seeding", str(count), url=f"sqlite:///{folder / 'seed.sqlite3'}")
    finally:
        shutil.rmtree(folder)
    rate = f"{count / said['seconds']:,.0f}"
    show_table(
        f"Demonstration data, {place.label}",
        ("what", "seconds", "contacts/s", "peak MiB"),
        [(f"`load_demo({count:_})` into an empty database", figure(said["seconds"]), rate, figure(watch.peak))],
    )
