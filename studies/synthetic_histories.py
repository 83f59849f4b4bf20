"""Histories that nobody here wrote, through the importer and the gate.

    python studies/synthetic_histories.py [--people 40] [--seed 7]

PySynthea (tietai-synthea, a development dependency) simulates lives and exports them as FHIR R4. Each is read into a
chart and judged by the shipped rules. Writes studies/synthetic_histories.csv: counts, nobody's history.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from ataraxy.exchange.fhir_history import read_history
from ataraxy.exchange.rules_file import load_rules
from ataraxy.therapy.disorder import Diagnosis, Disorder
from ataraxy.therapy.gate import judge

OUT = Path(__file__).with_suffix(".csv")
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def synthetic_bundles(people: int, seed: int, folder: Path) -> list[Path]:
    """Return the files of so many simulated lives of adults."""
    command = [sys.executable, "-m", "synthea.cli", "-p", str(people), "-s", str(seed), "-a", "20-70"]
    command += ["-r", "20261123", "-o", str(folder), "--profile", "none"]
    subprocess.run(command, check=True, capture_output=True)
    return sorted((folder / "fhir").glob("*.json"))


def main(arguments: list[str]) -> int:
    """Read and judge them all, as they are and as people who seek treatment of GAD."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    rules, counts = load_rules(), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for file in synthetic_bundles(options.people, options.seed, Path(folder)):
            history = read_history(json.loads(file.read_text("utf-8")), file.name)
            chart = history.chart
            counts["histories"] += 1
            for what, number in (("read", history.read), ("left out", history.left_out)):
                for kind, resources in number.items():
                    counts[f"{what}: {kind}"] += resources
            counts["with an antidepressant"] += bool(chart.treatments)
            counts["facts"] += len(chart.facts)
            counts["scores"] += len(chart.scores)
            counts[f"as they are: {judge(chart, rules, AT).decision.value}"] += 1
            gad = Diagnosis(id="gad", disorder=Disorder.GAD, primary=True, confirmed_by="x", confirmed_at=AT)
            asked = judge(chart.replace(diagnoses=(*chart.diagnoses, gad)), rules, AT)
            counts[f"as if they sought treatment of GAD: {asked.decision.value}"] += 1
            for finding in asked.findings:
                if finding.rule in ("not-first-line", "never-first-line"):
                    counts[f"{finding.rule}: {finding.status.value}"] += 1
    with OUT.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("what", "count"))
        writer.writerows(sorted(counts.items()))
    for what, count in sorted(counts.items()):
        print(f"{what}: {count}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
