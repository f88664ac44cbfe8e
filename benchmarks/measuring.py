"""What all benchmarks share: subjects timed turn about, targets that are met or missed, tables in a page."""

import gc
import platform
import time
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "performance.md"
MISSED = []


def interleaved(subjects, rounds=7, least=0.05, clock=time.perf_counter):
    """Return the best time of each subject in seconds, measured turn about so that all meet the same noise.

    Where a machine is busy with other work, `time.process_time` as the clock counts only our own.
    """
    counts = {}
    for name, run in subjects.items():
        started = clock()
        run()
        counts[name] = max(1, int(least / max(clock() - started, 1e-7)))
    best = dict.fromkeys(subjects, float("inf"))
    for _ in range(rounds):
        for name, run in subjects.items():
            gc.collect()
            started = clock()
            for _ in range(counts[name]):
                run()
            best[name] = min(best[name], (clock() - started) / counts[name])
    return best


def target(name, ratio, most):
    """Return a target in words, and remember when it is missed."""
    if ratio > most:
        MISSED.append(f"{name}: {ratio:.2f}, wanted at most {most}")
    return f"at most {most}"


def write(mark, text):
    """Put text between the marks of its section of the page."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(f"<!-- {mark} -->")
    after = rest.partition(f"<!-- end of {mark} -->")[2]
    made = f"Python {platform.python_version()}, {platform.system()}."
    PAGE.write_text(
        f"{before}<!-- {mark} -->\n\n{made}\n\n{text}\n\n<!-- end of {mark} -->{after}",
        encoding="utf-8",
    )
