"""Compiles `by_hand.c` and gives it a table's columns as arrays; None where there is no compiler."""

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from by_hand_polars import EPOCH
from plan_table import ROWS

SOURCE = Path(__file__).with_name("by_hand.c")
KINDS = (
    "share",
    "yes",
    "count",
    "fewer",
    "late_months",
    "late_tiers",
    "level",
    "revenue",
    "rank",
)


class Rule(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int64) for name in ("kind", "target", "weight", "kept")),
        *(
            (name, ctypes.c_void_p)
            for name in ("n", "d", "there", "gone", "there_too", "gone_too", "lost")
        ),
    ]


def library(*options):
    """Return the compiled library, None without a compiler."""
    if shutil.which("gcc") is None:
        return None
    path = Path(tempfile.mkdtemp()) / "by_hand.so"
    subprocess.run(
        ["gcc", *options, "-shared", "-fPIC", "-o", str(path), str(SOURCE)], check=True
    )
    return ctypes.CDLL(str(path))


class Arrays:
    """A table's columns as arrays of 64-bit integers and of bytes, and where the results go."""

    def __init__(self, frame, levels):
        self.frame, self.levels, self.rows, self.kept = frame, levels, frame.height, {}
        self.lost = {row[0]: np.zeros(self.rows, np.int64) for row in ROWS}
        self.index = np.zeros(self.rows, np.int64)
        self.rules = (Rule * len(ROWS))(*map(self.rule, ROWS))

    def rule(self, row):
        id_, _, _, metric, kind, target, weight, _ = row
        number = target if isinstance(target, int) else 0
        if kind.startswith("late"):
            number -= EPOCH
        other = target if kind == "rank" else metric
        return Rule(
            KINDS.index(kind.rstrip("!")), number, weight, kind.endswith("!"),
            self.figure(metric, kind), self.figure(other, "rank") if kind == "rank" else self.below(metric),
            self.there(metric), self.gone(metric), self.there(other), self.gone(other), self.address(self.lost[id_]),
        )  # fmt: skip

    def column(self, metric):
        return next(
            name
            for name in (f"{metric}.numerator", f"{metric}.items", metric)
            if name in self.frame.columns
        )

    def figure(self, metric, kind):
        column = pl.col(self.column(metric))
        if kind == "count":
            column = column.list.len()
        elif kind == "level":
            column = column.replace_strict(
                {word: at for at, word in enumerate(self.levels)}
            )
        elif kind.startswith("late"):
            column = column.to_physical()
        return self.array(metric, column.cast(pl.Int64).fill_null(0))

    def below(self, metric):
        name = f"{metric}.denominator"
        return (
            self.array(name, pl.col(name).fill_null(0))
            if name in self.frame.columns
            else None
        )

    def there(self, metric):
        return self.array(
            f"{metric}?", pl.col(self.column(metric)).is_not_null().cast(pl.UInt8)
        )

    def gone(self, metric):
        return self.array(
            f"{metric}!",
            pl.col(f"{metric}.not_applicable").is_not_null().cast(pl.UInt8),
        )

    def array(self, name, column):
        if name not in self.kept:
            self.kept[name] = (
                self.frame.select(column.alias("x"))["x"].to_numpy().copy()
            )
        return self.address(self.kept[name])

    @staticmethod
    def address(array):
        return array.ctypes.data

    def score(self, compiled):
        """Run the compiled rules over all rows."""
        whole = sum(row[6] for row in ROWS)
        numbers = (ctypes.c_int64(number) for number in (len(ROWS), whole, self.rows))
        compiled.score(self.rules, *numbers, ctypes.c_void_p(self.address(self.index)))

    def results(self):
        return pl.DataFrame(
            {"index": self.index}
            | {f"rule.{id_}.lost": lost for id_, lost in self.lost.items()}
        )
