"""Measure what a report costs: `python benchmarks/reports.py [--quick] [--check]`.

Ratios within one run, for the plan and its example: the document in words against `json.dumps` of that document, the
index against scoring, the text with an indent against `json.dumps`. Twice: of one submission again and again, of which
most is kept, and of submissions that share no share, whose entries are all written anew. Then a thousand reports as JSON
files, by two processes. `--check` ends with 1 where a target is missed.
"""

import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import MISSED, interleaved, target

from cchc_rules import load_measurements, load_rules, print_report, score

EXAMPLE = Path(__file__).parents[1] / "examples" / "cam-due-2023.json"
QUICK = "--quick" in sys.argv
COUNT = 100 if QUICK else 1000


def varied(raw, at):
    """Return the example with other shares and counts than any other number gives."""
    figures = {}
    for name, figure in raw["measurements"].items():
        ratio = isinstance(figure, dict) and isinstance(figure.get("denominator"), int)
        if ratio and figure["denominator"] > 3:
            denominator = 7 * figure["denominator"] + at
            numerator = min(denominator, 7 * figure["numerator"] + at % 5)
            figures[name] = figure | {
                "numerator": numerator,
                "denominator": denominator,
            }
        else:
            figures[name] = figure
    return {**raw, "unit": f"Commune {at}", "measurements": figures}


def example():
    rules = load_rules("cam-due-2023")
    return rules, json.loads(EXAMPLE.read_text(encoding="utf-8"), parse_float=Decimal)


def write_reports(folder, first, count):
    """Read, score and write so many submissions as JSON files, as a process of its own does."""
    rules, raw = example()
    for at in range(first, first + count):
        submission = load_measurements(varied(raw, at), rules)
        text = score(rules, submission).render("json")
        (Path(folder) / f"{at}.json").write_text(text, encoding="utf-8")
    return time.process_time()


def seconds_for(count):
    """Return how long two processes take for so many reports: by the clock, and of their own time."""
    with TemporaryDirectory() as folder, ProcessPoolExecutor(2) as pool:
        started = time.perf_counter()
        half = count // 2
        work = pool.map(write_reports, [folder] * 2, (1, 1 + half), [half] * 2)
        busiest = max(work)
        taken = time.perf_counter() - started
        assert len([*Path(folder).iterdir()]) == count
    return taken, busiest


def main():
    rules, raw = example()
    submission = load_measurements(raw, rules)
    others = cycle([load_measurements(varied(raw, at), rules) for at in range(1, 200)])
    content = score(rules, submission).to_dict()
    times = interleaved(
        {
            "json.dumps": lambda: json.dumps(content, ensure_ascii=False),
            "document": lambda: score(rules, submission).to_dict(),
            "document of others": lambda: score(rules, next(others)).to_dict(),
            "json.dumps with an indent": lambda: json.dumps(
                content, ensure_ascii=False, indent=2
            ),
            "print_report": lambda: print_report(content),
            "scoring": lambda: score(rules, submission),
            "index": lambda: score(rules, submission).index.value,
        },
        3 if QUICK else 7,
        clock=time.process_time,
    )
    pairs = [
        ("document", "json.dumps", 2.5),
        ("document of others", "json.dumps", 7),
        ("print_report", "json.dumps with an indent", 0.8),
        ("index", "scoring", 1.2),
    ]
    print("| what | against | ratio | target |\n|---|---|---|---|")
    for name, other, most in pairs:
        ratio = times[name] / times[other]
        aim = target(f"{name} against {other}", ratio, most)
        print(f"| {name} | {other} | {ratio:.2f} | {aim} |")
    taken, busiest = seconds_for(COUNT)
    aim = target("seconds for 1,000 reports as JSON", busiest * 1000 / COUNT, 10)
    print(
        f"\n{COUNT:,} reports as JSON by two processes: {taken:.1f} s by the clock, "
        f"{busiest:.1f} s of the busier one's own time, {aim} s for 1,000"
    )
    for line in MISSED:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if MISSED and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
