"""The workbook computes: LibreOffice, given the formulas alone, comes to every figure of the report.

Without LibreOffice these tests are skipped; with CCHC_OFFICE=1 they fail then.
"""

import io
import json
import zipfile
from decimal import Decimal
from fractions import Fraction
from functools import cache, partial
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from office import blank, computed, needed
from packaged_rules import packaged
from strategies import cases, submissions

from cchc_rules import load_measurements, load_rules, parse_rules, score
from cchc_rules.render.workbook import workbook
from cchc_rules.render.workbook.layout import (
    ABOVE,
    BELOW,
    GIVEN,
    HEAD,
    HOLIDAYS,
    ID,
    STATE,
    STATUS,
    Frame,
)
from cchc_rules.render.workbook.scores import EARNED, EXCLUDED, LOST, MAXIMUM, STATED

pytestmark = [pytest.mark.wide, pytest.mark.untraced]
ROOT = Path(__file__).parents[2]
CASES, DRAWN, CHANGED = 1, 20, 16

PLANS = [
    ("cam-due-2023", "cam-due-2023"),
    ("cam-due-2023-mid-year", "cam-due-2023"),
    ("cam-due-2023-strong", "cam-due-2023"),
    ("cam-due-2023", "cam-due-2023-annex"),
]


def written(name, rules):
    return score(
        rules, load_measurements(ROOT / "examples" / f"{name}.json", rules)
    ).to_dict(lang="vi")


def drawn(count, strategy):
    """So many things drawn, always the same ones."""
    found = []

    @seed(20231231)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(thing):
        found.append(thing)

    collect()
    return found[:count]


@st.composite
def pairs(draw):
    """A rule set and two submissions for it, of units of one kind."""
    text, document, before = draw(cases())
    after = draw(submissions(document))
    if "unit_kind" in before:
        after["unit_kind"] = before["unit_kind"]
    blocks = before.get("absent", {})
    after["absent"] = blocks if draw(st.booleans()) else {}
    return text, before, after


def scored(text, submission):
    rules = parse_rules(text)
    return score(rules, load_measurements(submission, rules)).to_dict(lang="vi")


def shapes():
    """Every shape of the forty, with its submission."""
    for path in sorted((ROOT / "tests" / "good").glob("*.toml")):
        rules = load_rules(path)
        figures = json.loads(
            path.with_suffix(".json").read_text(encoding="utf-8"), parse_float=Decimal
        )
        for at, case in enumerate(figures["cases"][:CASES]):
            yield (
                f"{path.stem}.{at}",
                score(rules, load_measurements(case["submission"], rules)).to_dict(
                    lang="en"
                ),
            )


def with_figures_of(before, after, contents):
    """The workbook of one report with the figures of another put into the cells that may be changed."""
    book, other = (openpyxl.load_workbook(io.BytesIO(content)) for content in contents)
    frame = Frame(before)
    sheet, given_there = book[frame.sheets["inputs"]], other[frame.sheets["inputs"]]
    places = [
        (row, column)
        for row in frame.metric_rows.values()
        for column in (ABOVE, BELOW, GIVEN, STATUS)
    ]
    places += [
        (row, GIVEN)
        for row in (*frame.point_rows.values(), *frame.proof_rows.values(), HEAD - 2)
    ]
    for row, column in places:
        cell = sheet.cell(row + 1, column + 1)
        value = given_there.cell(row + 1, column + 1).value
        if cell.value != value:
            assert not cell.protection.locked, cell.coordinate
            cell.value = value
    for block, row in frame.absent_rows.items():
        absent = next(
            group["absent"] for group in after["groups"] if group["id"] == block
        )
        sheet.cell(row + 1, GIVEN + 1).value = frame.say(
            "no" if absent is None else "yes"
        )
    days, more = (one[frame.sheets["lists"]] for one in (book, other))
    for row in range(2, 62):
        days.cell(row, HOLIDAYS + 1).value = more.cell(row, HOLIDAYS + 1).value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def follows(document, content):
    """Whether everything of a workbook is computed, nothing kept."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return (
            Frame(document).say("kept")
            not in file.read("xl/sharedStrings.xml").decode()
        )


def wanted(document):
    """The figures of a report, as a computed workbook is read."""
    points = ("maximum", "earned", "lost", "excluded")
    index = document["index"]
    return {
        **{
            (kind, item["id"]): tuple(Fraction(item[key]) for key in points)
            for kind in ("groups", "rules")
            for item in document[kind]
        },
        **{("state", rule["id"]): rule["state"] for rule in document["rules"]},
        **{
            # Where nothing is left to score there is no index (semantics I2).
            ("index", key): None if index[key] is None else Fraction(index[key])
            for key in ("value", "lowest", "highest", "supported")
        },
        **{
            ("index", key): Fraction(index[key])
            for key in ("base", "maximum", "earned", "rescaled", "bonus", "penalty")
        },
        ("total",): tuple(Fraction(index[key]) for key in points),
        ("targets",): [target["reached"] for target in document["targets"]],
        ("band",): band_of(document),
        ("counts",): list(index["counts"].values()),
    }


def exact(value, places):
    """What a sheet computed, a binary number, as the decimal that it stands for: within a billionth of it."""
    near = round(Fraction(value) * 10**places)
    assert abs(Fraction(value) - Fraction(near, 10**places)) < Fraction(1, 10**9), value
    return Fraction(near, 10**places)


class Reader:
    """Reads a computed workbook by the words on it."""

    def __init__(self, sheets, document):
        self.frame = frame = Frame(document)
        self.document = document
        self.scores, self.steps, self.summary = (
            sheets[frame.sheets[name]] for name in ("scores", "steps", "summary")
        )

    def points(self, row):
        return tuple(
            exact(self.scores[row][at], self.frame.places)
            for at in (MAXIMUM, EARNED, LOST, EXCLUDED)
        )

    def figure(self, cell):
        """A figure of the summary; a dash stands where there is none."""
        return None if cell == "–" else exact(cell, self.frame.places)

    def beside(self, label):
        """What stands beside the first line of the summary with this label."""
        return next(row[2] for row in self.summary if row[1] == label)

    def after(self, head, count):
        """So many lines below a heading of the summary."""
        at = next(at for at, row in enumerate(self.summary) if row[1] == head) + 1
        return self.summary[at : at + count]

    def figures(self):
        frame, say = self.frame, self.frame.say
        words = {
            frame.display.state(state): state
            for state in self.document["index"]["counts"]
        }
        found = {}
        for line in frame.lines:
            assert self.steps[line.row][ID] == line.item["id"]
            found["groups" if line.group else "rules", line.item["id"]] = self.points(
                line.row
            )
            if not line.group:
                said = words[self.scores[line.row][STATED]]
                found["state", line.item["id"]] = said
                assert (
                    list(words.values())[int(self.steps[line.row][STATE]) - 1] == said
                )
        labels = {key: say(key) for key in ("maximum", "earned", "rescaled")} | {
            "value": say("index")
        }
        labels |= {key: say(f"total-{key}") for key in ("base", "bonus", "penalty")}
        labels |= {
            "lowest": say("reckoning-at-least"),
            "highest": say("reckoning-at-most"),
        }
        labels |= {"supported": say("reckoning-supported")}
        found |= {
            ("index", key): self.figure(self.beside(label))
            for key, label in labels.items()
        }
        found["total",] = self.points(frame.last + 1)
        count = len(self.document["targets"])
        reached = self.after(say("target"), count) if count else []
        judged = {
            frame.display.reached(reached=one): one for one in (True, False, None)
        }
        # A target with conditions keeps what the report says, in the column beside.
        kept = say("kept")
        found["targets",] = [
            judged[row[3] if row[2] == kept else row[2]] for row in reached
        ]
        found["band",] = self.band()
        found["counts",] = [int(row[2]) for row in self.after(say("state"), len(words))]
        return found

    def band(self):
        """The band of the sheet, and how far the next one is."""
        bands = self.frame.machine["bands"]
        if not bands:
            return None
        ((_, _, title, _, apart, *_),) = self.after(self.frame.say("band"), 1)
        if title == "–":
            return None
        ladder = self.after(self.frame.say("band-edges"), len(bands))
        titles = [row[1] for row in ladder]
        # Only the band that the index is in is marked, not those above it too.
        assert [row[2] for row in ladder].count("1") == 1
        return bands[titles.index(title)]["id"], self.figure(apart)


def band_of(document):
    band = document["band"]
    return band and (band["id"], band["next"] and Fraction(band["next"]["distance"]))


def share(name, weight):
    return (
        f'metric.{name} = {{ title = "M", type = "percent" }}\n'
        f'rule.{name} = {{ group = "all", title = "R", source = ["1"],'
        f' metric = "{name}", comparator = ">=", threshold = 100, weight = {weight}, deduction = "proportional" }}\n'
    )


TIES = {
    # weight, percent: the exact points lie on a tie that binary digits miss on one side or the other
    "a": ("1.5", "95", "1.43"),  # 1.425
    "b": ("5", "53.5", "2.68"),  # 2.675
    "c": ("0.25", "50", "0.13"),  # 0.125
    "d": ("2.01", "50", "1.01"),  # 1.005
    "e": ("2.9", "50", "1.45"),  # no tie: 1.45
    "f": ("4.35", "1", "0.04"),  # 0.0435
    "g": ("10.15", "10", "1.02"),  # 1.015
    "h": ("8.5", "1.7", "0.14"),  # 0.1445
    "i": ("3.3", "33.5", "1.11"),  # 1.1055
    "j": ("0.7", "12.5", "0.09"),  # 0.0875
}
"""Points worked by hand, rounded half up."""


def ties():
    """A rule set whose points lie on ties, one below zero; one figure reaches its threshold only in exact numbers."""
    text = (
        'format = 1\ngroup.all = { title = "G" }\nindex = { scale = 100 }\n'
        'ruleset = { id = "ties", version = "1", title = "T", language = "en",'
        " valid = { from = 2023-01-01, until = 2023-12-31 } }\n"
        'metric.sum = { title = "S", type = "number", formula = "a * 0.1 + b * 0.2" }\n'
        'rule.equal = { group = "all", title = "R", source = ["1"], metric = "sum", comparator = ">=",'
        ' threshold = 20.2, weight = 1, deduction = "all_or_nothing" }\n'
        'rule.below = { group = "all", title = "R", source = ["1"], metric = "c", weight = 1, lowest = -1,'
        ' deduction = { kind = "formula", formula = "0 - value * 0.0025" } }\n'
    )
    text += "".join(share(name, weight) for name, (weight, _, _) in TIES.items())
    figures = {name: Decimal(percent) for name, (_, percent, _) in TIES.items()}
    submission = {
        "format": 1,
        "ruleset": "ties",
        "unit": "U",
        "period": "2023",
        "measurements": figures,
    }
    return scored(text, submission)


def test_the_ties_are_ties():
    earned = {rule["id"]: rule["earned"] for rule in ties()["rules"]}
    assert earned == {"equal": "1.00", "below": "-0.13"} | {
        name: points for name, (_, _, points) in TIES.items()
    }


def nothing_left():
    """The reports of one rule set before its only figure applies, where there is no index, and after."""
    text = (
        'format = 1\ngroup.all = { title = "G" }\nindex = { scale = 10 }\n'
        'absence = { not_applicable = "exclude" }\n'
        'band = [{ id = "fair", title = "F", from = 0, below = 8 }, { id = "good", title = "G", from = 8, to = 10 }]\n'
        'ruleset = { id = "left", version = "1", title = "T", language = "en",'
        " valid = { from = 2023-01-01, until = 2023-12-31 } }\n"
    ) + share("share", 2)
    head = {"format": 1, "ruleset": "left", "unit": "U", "period": "2023"}
    before = {"share": {"not_applicable": "Nothing to report"}}
    after = {"share": 50}
    return [
        scored(text, {**head, "measurements": figures}) for figures in (before, after)
    ]


LENIENT = (
    "first(a, c / c) + b",
    "b + largest_known(c / c, a)",
    "max(smallest_known(a, c / c), b, 2)",
    "first(first(c / c, a), c / c) * b",
    "5 if c == 0 else first(a, c / c)",
    "5 if c == 0 else first(c / c, 1 / c)",
    "first(c / c, 1 / c) + b",
    "first(c / c, 1 / c) + a",
    "first(c / c, 1 / c) + w",
    "first(w, c / c) + 1",
    "first(a, c / c, 4) + b",
    "first(a, c / c, 4) + 1",
)
"""Formulas over a missing a, a b that does not apply, a c of zero and a waived w (semantics L6)."""


def lenient():
    """A rule set in which calls that look past an absence lie in larger formulas."""
    text = (
        'format = 1\ngroup.all = { title = "G" }\nindex = { scale = 10 }\n'
        'absence = { not_applicable = "exclude", waived = "exclude" }\n'
        'ruleset = { id = "lenient", version = "1", title = "T", language = "en",'
        " valid = { from = 2023-01-01, until = 2023-12-31 } }\n"
    )
    text += "".join(
        f'metric.{name} = {{ title = "M", type = "number" }}\n' for name in "abcw"
    )
    for number, formula in enumerate(LENIENT):
        text += (
            f'metric.m{number} = {{ title = "M", type = "number", formula = "{formula}" }}\n'
            f'rule.r{number} = {{ group = "all", title = "R", source = ["1"], metric = "m{number}",'
            ' comparator = ">=", threshold = 1, weight = 1, deduction = "all_or_nothing" }\n'
            f'rule.p{number} = {{ group = "all", title = "R", source = ["1"], metric = "c", weight = 1,'
            f' deduction = {{ kind = "formula", formula = "{formula}" }} }}\n'
        )
    waived = {"by": "A", "why": "B", "until": "2023-12-31"}
    figures = {"b": {"not_applicable": "none"}, "c": 0, "w": {"waived": waived}}
    head = {"format": 1, "ruleset": "lenient", "unit": "U", "period": "2023"}
    return scored(text, {**head, "measurements": figures})


def equal_remainders():
    """A mean and two pools in which ticks go by ids, which stand in another order in the file."""
    text = (
        "format = 1\nindex = { places = 0, scale = 9 }\n"
        'group.base = { title = "B" }\n'
        'group.part = { title = "M", combine = "mean", weight = 7 }\n'
        'group.more = { title = "P", kind = "bonus", cap = 5 }\n'
        'group.less = { title = "N", kind = "penalty", cap = 5 }\n'
        'ruleset = { id = "order", version = "1", title = "T", language = "en",'
        " valid = { from = 2023-01-01, until = 2023-12-31 } }\n"
        'metric.m = { title = "M", type = "percent" }\n'
    )
    for group, ids in (
        ("base", "x"),
        ("part", "cab"),
        ("more", "fed"),
        ("less", "hig"),
    ):
        text += "".join(
            f'rule.{id_} = {{ group = "{group}", title = "R", source = ["1"], metric = "m",'
            ' comparator = ">=", threshold = 100, weight = 2, deduction = "all_or_nothing" }\n'
            for id_ in ids
        )
    head = {"format": 1, "ruleset": "order", "unit": "U", "period": "2023"}
    return scored(text, {**head, "measurements": {"m": 50}})


def test_the_first_ids_have_the_ticks():
    lost = {rule["id"]: rule["lost"] for rule in equal_remainders()["rules"]}
    assert [lost[id_] for id_ in "abc"] == ["3", "2", "2"]
    assert [lost[id_] for id_ in "def"] == ["2", "2", "1"]
    assert [lost[id_] for id_ in "ghi"] == ["2", "2", "1"]


def least_coverage():
    """The reports of one rule set before enough is reported for an index, and after (semantics I9)."""
    text = (
        "format = 1\nindex = { scale = 10, least_coverage = 80 }\n"
        'group.all = { title = "G" }\n'
        'group.part = { title = "M", combine = "mean", weight = 1 }\n'
        'absence = { missing = "exclude" }\n'
        'band = [{ id = "fair", title = "F", from = 0, below = 8 }, { id = "good", title = "G", from = 8, to = 10 }]\n'
        'target = [{ id = "t", title = "T", source = ["1"], comparator = ">=", threshold = 5 }]\n'
        'ruleset = { id = "cover", version = "1", title = "T", language = "en",'
        " valid = { from = 2023-01-01, until = 2023-12-31 } }\n"
    )
    text += share("a", 5) + share("b", 2)
    for name in "cde":
        text += share(name, 1).replace('group = "all"', 'group = "part"')
    head = {"format": 1, "ruleset": "cover", "unit": "U", "period": "2023"}
    some = {"a": 50, "c": 40, "d": 70}
    return [
        scored(text, {**head, "measurements": figures})
        for figures in (some, {**some, "b": 30})
    ]


def calculated():
    """Every workbook that is computed afresh: its name, its content, the report that it must come to."""
    documents = {**dict(shapes()), "ties": ties(), "lenient": lenient()}
    documents["order"] = equal_remainders()
    documents |= {
        f"{rules}-{name}": written(name, load_rules(rules)) for name, rules in PLANS
    }
    documents |= {
        f"drawn{at}": scored(text, given)
        for at, (text, _, given) in enumerate(drawn(DRAWN, cases()))
    }
    found = {
        name: (blank(workbook(document)), document, document)
        for name, document in documents.items()
    }
    for at, (text, before, after) in enumerate(drawn(CHANGED, pairs())):
        reports = scored(text, before), scored(text, after)
        if wanted(reports[0]) != wanted(reports[1]):
            contents = [workbook(report) for report in reports]
            if all(map(follows, reports, contents)):
                found[f"changed{at}"] = with_figures_of(*reports, contents), *reports
    plan = packaged("cam-due-2023")
    reports = written("cam-due-2023", plan), written("cam-due-2023-strong", plan)
    found["plan-changed"] = with_figures_of(*reports, map(workbook, reports)), *reports
    reports = least_coverage()
    found["not-covered"] = blank(workbook(reports[0])), reports[0], reports[0]
    found["covered"] = with_figures_of(*reports, map(workbook, reports)), *reports
    reports = nothing_left()
    found["nothing-left"] = blank(workbook(reports[0])), reports[0], reports[0]
    found["figure-again"] = with_figures_of(*reports, map(workbook, reports)), *reports
    return found


def in_office(folder):
    """Every workbook as LibreOffice computes it, the report that it was made of, the report that it must come to."""
    found = calculated()
    sheets = computed(
        {name: content for name, (content, _, _) in found.items()}, folder
    )
    return {
        name: (sheets[name], before, after)
        for name, (_, before, after) in found.items()
    }


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """Made once, when a test first asks: what a fixture does before a test would be traced."""
    needed()
    return cache(partial(in_office, tmp_path_factory.mktemp("office")))


def test_libreoffice_comes_to_every_figure_of_the_report(books):
    """Rules, groups, index, lowest, highest, supported, band, targets: of plans, of all shapes, of drawn rule sets."""
    for name, (book, before, after) in books().items():
        if before is after:
            assert Reader(book, before).figures() == wanted(after), name


def test_a_changed_figure_moves_the_score_as_scoring_again_would(books):
    changed = [
        name for name, (_, before, after) in books().items() if before is not after
    ]
    # Rules with a rounding, a decision table or a share that they require keep their values, and so
    # do most of the rule sets that are drawn: the others are as many as there happen to be.
    assert {"plan-changed", "covered", "figure-again"} <= set(changed)
    for name in changed:
        book, before, after = books()[name]
        assert Reader(book, before).figures() == wanted(after), name


def test_no_cell_is_an_error(books):
    for name, (book, _, _) in books().items():
        cells = [
            (sheet, cell)
            for sheet, rows in book.items()
            for row in rows
            for cell in row
        ]
        errors = [
            (sheet, cell) for sheet, cell in cells if cell.startswith(("#", "Err:"))
        ]
        assert not errors, name
