"""How often the gate and the second gate of the tests were asked the same, and what they agreed on.

    python studies/gate_agreement.py        (100,000 random charts, about five minutes; stops at the first difference)

Writes `studies/gate_agreement.csv`: charts by decision, and for each rule how often it was not met or unknown.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.therapy.gate.test_against_oracle import compare  # noqa: E402

CHARTS = range(5_000, 105_000)


def main() -> None:
    """Compare, and write the counts."""
    seen = compare(CHARTS)
    with (ROOT / "studies" / "gate_agreement.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("what", "charts"))
        writer.writerow(("compared", len(CHARTS)))
        writer.writerows((what, seen[what]) for what in ("allow", "delay", "block"))
        writer.writerows(sorted((what, count) for what, count in seen.items() if " " in what))
    print(f"{len(CHARTS):,} charts: no difference")


if __name__ == "__main__":
    main()
