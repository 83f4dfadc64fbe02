"""How large a run is."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Sizes of the data and of the measuring; `large` and `small` are the two worlds measured in."""

    large_contacts: int = 1_000_000
    small_contacts: int = 100_000
    many_users: int = 20_000
    few_users: int = 200
    list_rounds: int = 7
    batch_requests: int = 60
    batch_seconds: float = 0.5
    import_rows: int = 50_000
    few_import_rows: int = 10_000
    import_rounds: int = 3
    export_rounds: int = 5
    seed_contacts: int = 1_000_000


FULL = Scale()
QUICK = Scale(
    large_contacts=50_000,
    small_contacts=10_000,
    many_users=2_000,
    list_rounds=3,
    batch_requests=30,
    batch_seconds=0.3,
    import_rows=5_000,
    few_import_rows=1_000,
    import_rounds=1,
    export_rounds=2,
    seed_contacts=50_000,
)


def chosen_scale() -> Scale:
    """The small one when BENCH_QUICK is set."""
    return QUICK if os.environ.get("BENCH_QUICK", "0") not in ("", "0") else FULL
