"""How sure an index is: weights of areas in a range, changes of the band, and the plan's other readings."""

import copy
import json
from decimal import Decimal
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import pytest
from document_parts import described_objects, descriptions, in_both_languages, objects
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from packaged_rules import packaged
from searches import mostly_tests, tests_something
from strategies import cases, to_toml
from test_extremes import vertices

from cchc_rules import (
    RulesError,
    load_measurements,
    load_rules,
    parse_rules,
    print_report,
    score,
    sensitivity,
)
from cchc_rules.analysis.sensitivity.extreme_weights import Area
from cchc_rules.analysis.sensitivity.other_readings import Together
from cchc_rules.analysis.sensitivity.reading_deductions import moved_tiers
from cchc_rules.analysis.sensitivity.sensitivity import Sensitivity
from cchc_rules.analysis.sensitivity.study import band_edge
from cchc_rules.base import messages

EXAMPLES = Path(__file__).parents[2] / "examples"
F = Fraction

HEAD = """
format = 1
[ruleset]
id = "tiny"
version = "1"
title = { vi = "Bộ nhỏ", en = "Tiny" }
language = "vi"
valid = { from = 2023-01-01, until = 2023-12-31 }
[absence]
not_applicable = "exclude"
not_due = "exclude"
waived = "exclude"
"""
BANDS = """
[[band]]
id = "high"
title = { vi = "Cao", en = "High" }
from = 75
[[band]]
id = "mid"
title = { vi = "Vừa", en = "Middle" }
from = 60
below = 75
[[band]]
id = "low"
title = { vi = "Thấp", en = "Low" }
below = 60
"""


def area(name, weight, more=""):
    """A group of one rule in proportion, its metric named like it."""
    return f"""
[metric.{name}]
title = {{ vi = "Số liệu {name}", en = "Figure {name}" }}
type = "percent"
[group.{name}]
title = {{ vi = "Lĩnh vực {name}", en = "Area {name}" }}
{more}
[rule.{name}]
group = "{name}"
title = {{ vi = "Chỉ tiêu {name}", en = "Target {name}" }}
source = ["1"]
metric = "{name}"
comparator = ">="
threshold = 100
weight = {weight}
deduction = "proportional"
"""


THREE = HEAD + area("a", 10) + area("b", 30) + area("c", 60) + BANDS
"""50, 100 and 40 percent: 5 + 30 + 24 = 59 of 100."""
FIGURES = {"a": 50, "b": 100, "c": 40}


def submission(figures, **more):
    return {
        "format": 1,
        "ruleset": "tiny",
        "unit": "UBND xã",
        "period": "2023",
        "measurements": figures,
        **more,
    }


def study(text, figures, percent=20, **more):
    rules = parse_rules(text)
    return sensitivity(
        rules, load_measurements(submission(figures, **more), rules), range=percent
    )


def without_readings(report, percent):
    """The study of a report's weights alone."""
    return Sensitivity(report, F(percent), (), Together(None, None, None))


class TestWeightsByHand:
    """a earns half, b all and c two fifths: at 20 % a may move by 2 points, b by 6 and c by 12."""

    def test_the_highest(self):
        """b takes 6 and a, which earns more than c, takes 2; c gives 8 of the 12 it may: 6 + 36 + 20.8 = 62.8."""
        found = study(THREE, FIGURES)
        assert found.report.index.value == 59
        assert found.highest.weights == {"a": 12, "b": 36, "c": 52}
        assert found.highest.exact == 6 + 36 + F(208, 10)
        assert str(found.to_dict()["weights"]["highest"]["value"]) == "62.80"

    def test_the_lowest(self):
        found = study(THREE, FIGURES)
        assert found.lowest.weights == {"a": 8, "b": 24, "c": 68}
        assert found.lowest.exact == 4 + 24 + F(272, 10)

    def test_the_least_change_up(self):
        """At p a takes 10 p, b 30 p, and c gives 40 p: 59 + p × (5 + 30 − 16) = 59 + 19 p, which is 60 at 1/19."""
        up = study(THREE, FIGURES).up
        assert (up.reason, up.band.id, up.part, up.attained) == (
            "reached",
            "mid",
            F(1, 19),
            True,
        )
        shown = study(THREE, FIGURES).to_dict("en")["bands"]["up"]
        assert (shown["range"], shown["exact"]) == ("5.27", "100/19")
        assert shown["text"] == "up to “Middle” once weights move by 5.27 %"

    def test_nothing_below_the_lowest_band(self):
        found = study(THREE, FIGURES)
        assert found.down.reason == "bottom"
        assert (
            found.to_dict("en")["bands"]["down"]["text"] == "already in the lowest band"
        )

    def test_nothing_above_the_highest_band(self):
        found = study(THREE, {"a": 100, "b": 100, "c": 100})
        assert found.up.reason == "top"
        assert found.down.reason == "never"
        assert found.to_dict("en")["weights"]["most"] is None

    def test_the_least_change_down(self):
        """c at a half: 5 + 30 + 30 = 65, and 65 − 15 p when b gives 30 p and c takes it: 60 at a third."""
        down = study(THREE, {"a": 50, "b": 100, "c": 50}).down
        assert (down.part, down.attained) == (F(1, 3), False)
        shown = study(THREE, {"a": 50, "b": 100, "c": 50}).to_dict("en")["bands"][
            "down"
        ]
        assert shown["text"] == "down to “Low” once weights move by 33.34 %"
        assert (shown["range"], shown["exact"], shown["attained"]) == (
            "33.34",
            "100/3",
            False,
        )

    def test_exactly_so_much_is_not_enough_to_fall(self):
        """Two areas of 50: 100 and 30 earn 65; at p it is 65 − 35 p, so 60 at 1/7; 90 and 40 earn 65 − 25 p: at 1/5."""
        two = HEAD + area("a", 50) + area("b", 50) + BANDS
        assert study(two, {"a": 100, "b": 30}).down.part == F(1, 7)
        fifth = study(two, {"a": 90, "b": 40})
        assert (fifth.down.part, fifth.down.attained) == (F(1, 5), False)
        assert (
            fifth.to_dict("en")["bands"]["down"]["text"]
            == "down to “Low” once weights move by more than 20.00 %"
        )
        assert fifth.lowest.exact == 60
        assert fifth.lowest.scoring.banding().band.id == "mid"

    def test_the_area_that_matters_most(self):
        """c alone: it may go no further than the others give, 8: 68 and 32/40 of 35 against 52 and 48/40 of 35."""
        found = study(THREE, FIGURES)
        assert [swing.area for swing in found.swings] == ["c", "b", "a"]
        swings = {swing.area: swing for swing in found.swings}
        assert swings["c"].up.exact == F(4, 10) * 68 + 35 * F(32, 40)
        assert swings["c"].down.exact == F(4, 10) * 52 + 35 * F(48, 40)
        assert swings["b"].up.exact == 36 + 29 * F(64, 70)
        assert swings["b"].down.exact == 24 + 29 * F(76, 70)
        assert (swings["b"].width, swings["c"].width) == (F(492, 70), F("7.6"))
        assert found.to_dict()["weights"]["most"] == "c"

    def test_an_excluded_area_keeps_its_weight_among_the_others(self):
        """a does not apply: 54 of the 90 of the others; its weight may still go to them, and theirs to it."""
        found = study(THREE, {**FIGURES, "a": {"not_applicable": "không có"}})
        assert found.report.index.exact == F(54 * 100, 90)
        areas = list(found.areas.values())
        corners = [found.under(weights).exact for weights in vertices(areas, F(1, 5))]
        assert (found.lowest.exact, found.highest.exact) == (min(corners), max(corners))
        assert found.to_dict()["weights"]["areas"][-1]["share"] is None


class TestClearWords:
    def test_one_area(self):
        found = study(HEAD + area("a", 10) + BANDS, {"a": 50})
        assert found.state == "one_area"
        assert found.lowest.exact == found.highest.exact == 50
        assert found.up.reason == "never"
        document = found.to_dict("en")
        assert (
            document["weights"]["text"]
            == "there is one area alone, so there are no points to move between areas"
        )
        assert (
            document["bands"]["up"]["text"]
            == "no change of weights below 100 % lifts the band"
        )

    def test_no_bands(self):
        found = study(HEAD + area("a", 10) + area("b", 10), {"a": 50, "b": 100})
        assert found.up is None
        assert found.down is None
        assert found.to_dict()["bands"] is None
        assert found.to_dict()["index"]["band"] is None

    def test_nothing_left(self):
        gone = {"not_applicable": "không có"}
        found = study(
            HEAD + area("a", 10) + area("b", 10) + BANDS, {"a": gone, "b": gone}
        )
        assert found.state == "nothing_left"
        assert (found.lowest.exact, found.highest.exact) == (None, None)
        assert (found.up, found.down) == (None, None)  # no index lies in no band
        assert found.to_dict("en")["weights"]["text"].startswith(
            "nothing is left to score"
        )

    @pytest.mark.parametrize("lang", messages.languages())
    def test_nothing_left_is_no_index_anywhere(self, lang):
        """As in the report (I2): null, not zero; nor is there a bar, also not of another reading."""
        gone = {"not_applicable": "không có"}
        text = ruled(
            f'comparator = ">="\nthreshold = 60\n{CONFLICT.format(">=", 90)}\n{PROPORTIONAL}'
        )
        found = study(text, {"x": gone, "y": gone})
        document = found.to_dict(lang)
        none = dict.fromkeys(("value", "exact", "difference", "band"))
        weights = document["weights"]
        assert document["index"] == none | {"scale": "100"}
        assert none.items() <= weights["lowest"].items()
        assert none.items() <= weights["areas"][0]["raised"].items()
        assert document["readings"][0]["index"] == none
        assert document["together"]["all"]["index"] == none
        assert (document["chart"]["index"], document["chart"]["bars"]) == (None, [])
        assert faults(document) == []

    def test_no_areas_at_all(self):
        """Bonus points alone: no base, so no weights."""
        found = study(HEAD + area("a", 5, 'kind = "bonus"\ncap = 5'), {"a": 100})
        assert (found.state, found.areas, found.swings) == ("nothing_left", {}, ())
        assert found.to_dict()["weights"]["total"] == "0"

    def test_bonus_and_penalty_stand_beside(self):
        """59 + 3 − 2 at any weights: the highest is 62.8 + 1, and 75 is 15 away."""
        pools = area("plus", 3, 'kind = "bonus"\ncap = 3') + area(
            "minus", 2, 'kind = "penalty"\ncap = 2'
        )
        found = study(THREE + pools, {**FIGURES, "plus": 100, "minus": 0})
        assert found.report.index.value == 60
        assert found.highest.exact == F("63.8")
        assert list(found.areas) == ["a", "b", "c"]
        assert found.up.part == F(15, 19)
        assert found.down.part == 0
        assert found.to_dict("en")["bands"]["down"]["text"].endswith("more than 0.00 %")

    def test_held_to_the_scale(self):
        found = study(
            HEAD
            + area("a", 50)
            + area("b", 50)
            + area("plus", 30, 'kind = "bonus"\ncap = 30'),
            {"a": 100, "b": 50, "plus": 100},
        )
        assert found.report.index.value == 100
        assert (found.highest.exact, found.lowest.exact) == (100, 100)
        assert (
            study(
                HEAD
                + area("a", 50)
                + area("b", 50)
                + area("plus", 30, 'kind = "bonus"\ncap = 30'),
                {"a": 100, "b": 0, "plus": 100},
            ).highest.exact
            == 90
        )

    def test_a_mean_is_an_area_like_any(self):
        mean = area("m", 1, 'combine = "mean"\nweight = 40')
        found = study(HEAD + area("a", 60) + mean, {"a": 100, "m": 50})
        assert found.report.index.value == 80
        assert found.highest.weights == {"a": 68, "m": 32}
        assert found.highest.exact == 84

    def test_an_absent_block_is_an_area_left_out(self):
        found = study(
            HEAD + area("a", 60) + area("b", 20) + area("o", 20, "optional = true"),
            {"a": 100, "b": 50},
            absent={"o": "không tổ chức"},
        )
        assert found.report.index.exact == F(7000, 80)
        assert found.areas["o"] == Area(F(20), F(0), F(0))
        swing = next(one for one in found.swings if one.area == "o")
        assert swing.width == 0

    GATE = '\n[[band_gate]]\nrule = "a"\nat_most = "{}"\n'

    @pytest.mark.parametrize(("figure", "state"), [(99, "gated"), (100, "reached")])
    def test_a_gate_holds_the_band(self, figure, state):
        found = study(THREE + self.GATE.format("mid"), {"a": figure, "b": 100, "c": 40})
        assert found.scoring.banding().band.id == "mid"
        assert found.up.reason == state
        if state == "gated":
            words_ = found.to_dict("en")["bands"]["up"]["text"]
            assert words_ == "a gate holds the band, whatever the weights"

    def test_a_band_that_a_gate_lowered_falls_from_where_it_is(self):
        found = study(THREE + self.GATE.format("mid"), {"a": 50, "b": 100, "c": 90})
        assert found.scoring.banding().gates == ("a",)
        assert found.up.reason == "gated"
        assert found.down.reason == "never"
        assert found.to_dict()["bands"]["gates"] == ["a"]

    def test_bands_that_read_the_shown_index(self):
        """59.995 is shown as 60.00: 59.995 − 59 = 0.995 of 19."""
        found = study(
            THREE.replace("[[band]]", '[bands]\nreads = "rounded"\n[[band]]', 1),
            FIGURES,
        )
        assert found.up.part == F("0.995") / 19
        assert found.up.attained

    @pytest.mark.parametrize("over", [59, 60, 61])
    def test_a_shown_index_at_and_below_zero_rounds_away_from_it(self, over):
        """With a bonus of 60 the base must be shown as over − 60: −0.005 is shown as −0.01, 0.995 as 1.00."""
        text = THREE.replace(
            "[[band]]", '[bands]\nreads = "rounded"\n[[band]]', 1
        ).replace("from = 60", f"from = {over}")
        text = text.replace("below = 60", f"below = {over}") + area(
            "plus", 60, 'kind = "bonus"\ncap = 60'
        )
        found = study(text, {**FIGURES, "plus": 100})
        (mid,) = [band for band in found.scoring.ladder if band.id == "mid"]
        ratio, closed = band_edge(found.scoring, mid)
        assert (ratio * 100, closed) == (F(over - 60) - F(5, 1000), over > 60)

    def test_a_band_up_to_zero_is_left_by_nobody(self):
        """0 % of a and 25 % of b: only weights that leave b nothing come to 0, and below 100 % none do."""
        bands = """
[[band]]
id = "some"
title = { vi = "Có", en = "Some" }
above = 0
[[band]]
id = "none"
title = { vi = "Không", en = "None" }
to = 0
"""
        found = study(HEAD + area("a", 50) + area("b", 50) + bands, {"a": 0, "b": 25})
        assert found.scoring.banding().band.id == "some"
        assert (found.down.reason, found.up.reason) == ("never", "top")

    def test_an_open_edge(self):
        text = THREE.replace("from = 60", "above = 60").replace("below = 60", "to = 60")
        up = study(text, FIGURES).up
        assert (up.part, up.attained) == (F(1, 19), False)
        rounded = study(
            text.replace("[[band]]", '[bands]\nreads = "rounded"\n[[band]]', 1), FIGURES
        ).up
        assert rounded.part == F("1.005") / 19


class TestTheRange:
    @pytest.mark.parametrize("percent", [20, Decimal("12.5"), F(1, 3), 0])
    def test_is_exact(self, percent):
        found = study(THREE, FIGURES, percent)
        assert found.range == F(percent)
        assert found.highest.exact == 59 + F(percent) / 100 * 19

    @pytest.mark.parametrize("percent", [100, -1, F(-1, 3), 0.2, "20", True])
    def test_refuses_what_is_none(self, percent):
        with pytest.raises((ValueError, TypeError), match="range"):
            study(THREE, FIGURES, percent)

    def test_the_day_is_passed_on(self):
        rules = packaged("cam-due-2023")
        measurements = load_measurements(EXAMPLES / "cam-due-2023.json", rules)
        found = sensitivity(rules, measurements, as_of="2023-12-31")
        assert found.to_dict()["as_of"] == "2023-12-31"
        assert all(
            reading.scoring.as_of == found.scoring.as_of for reading in found.readings
        )


# Readings -------------------------------------------------------------------------------------------------------------


def ruled(rule, kind='type = "percent"', more=""):
    """A rule set of two areas of 50 whose first rule is given."""
    first = f"""
[metric.x]
title = "Số liệu x"
{kind}
[group.x]
title = "Lĩnh vực x"
[rule.x]
group = "x"
title = "Chỉ tiêu x"
source = ["1"]
metric = "x"
weight = 50
{rule}
"""
    return HEAD + first + area("y", 50) + more


CONFLICT = 'conflict = [{{ source = "PL.1", comparator = "{}", threshold = {} }}]'
LEVELS = 'type = "level"\nlevels = ["tốt", "khá", "trung bình", "yếu"]'
FALLING = 'type = "number"\nbetter = "lower"'
PERCENT = 'type = "percent"'
DATE = 'type = "date"'
PROPORTIONAL, ALL = 'deduction = "proportional"', 'deduction = "all_or_nothing"'
FROM_50 = 'deduction = { kind = "proportional", from = 50 }'


def tiers(*steps, of=""):
    """A deduction by tiers: conditions and percentages by turns."""
    written = ", ".join(
        f"{{ {step}, percent = {points} }}"
        for step, points in zip(steps[::2], steps[1::2], strict=True)
    )
    return f'deduction = {{ kind = "tiers", {of}tiers = [{written}] }}'


LATE = tiers(
    "to = 0", 100, "above = 0, to = 10", 50, "above = 10", 0, of='of = "days_late", '
)
ABOVE_90 = tiers("above = 90", 100, "from = 50, to = 90", 50, "below = 50", 0)
FROM_90 = tiers("from = 90", 100, "from = 50, below = 90", 50, "below = 50", 0)
FROM_80 = tiers("from = 80", 100, "below = 80", 0)
BELOW_5 = tiers("below = 5", 100, "from = 5", 0)
BEST = tiers('is = "tốt"', 100, 'is = ["khá"]', 50, 'is = ["trung bình", "yếu"]', 0)
GOOD = tiers('is = ["tốt", "khá"]', 100, 'is = ["trung bình", "yếu"]', 0)
NO_FIGURE = f'comparator = ">="\nthreshold = 90\nconflict = [{{ source = "PL.1", note = "Khác nhau" }}]\n{PROPORTIONAL}'
DECLARED, MOVED, NOTHING = "as_declared", "tiers_moved", "all_or_nothing"


class Case(NamedTuple):
    """A rule, its metric, what it asks now and otherwise, its deduction edited by hand, a figure, and the way."""

    rule: str
    kind: str
    now: tuple[str, str]
    other: tuple[str, str]
    edited: str
    figure: object
    way: str


HAND = {
    "proportion": Case(
        PROPORTIONAL, PERCENT, (">=", "90"), (">=", "60"), PROPORTIONAL, 45, DECLARED
    ),
    "floor kept": Case(
        *(
            'deduction = { kind = "proportional", floor = 50 }',
            PERCENT,
            (">=", "90"),
            (">=", "40"),
        ),
        *('deduction = { kind = "proportional", floor = 50 }', 45, DECLARED),
    ),
    "strict": Case(PROPORTIONAL, PERCENT, (">=", "90"), (">", "60"), ALL, 65, NOTHING),
    "at its start": Case(
        FROM_50, PERCENT, (">=", "90"), (">=", "50"), ALL, 55, NOTHING
    ),
    "all or nothing": Case(ALL, PERCENT, (">", "90"), (">=", "90"), ALL, 90, DECLARED),
    "per unit": Case(
        *(
            'deduction = { kind = "per_unit", each = 2 }',
            FALLING,
            ("<=", "3"),
            ("<=", "5"),
        ),
        *('deduction = { kind = "per_unit", each = 2 }', 7, DECLARED),
    ),
    "days late": Case(
        LATE,
        DATE,
        ("on_or_before", "2023-05-01"),
        ("on_or_before", "2023-04-20"),
        LATE,
        "2023-04-25",
        DECLARED,
    ),
    "tiers off the target": Case(
        FROM_80, PERCENT, (">=", "90"), (">=", "70"), FROM_80, 75, DECLARED
    ),
    "tiers on the target": Case(
        *(ABOVE_90, PERCENT, (">", "90"), (">=", "90")),
        *(
            tiers("from = 90", 100, "from = 50, below = 90", 50, "below = 50", 0),
            90,
            MOVED,
        ),
    ),
    "tiers below the target": Case(
        BELOW_5,
        FALLING,
        ("<", "5"),
        ("<=", "8"),
        tiers("to = 8", 100, "above = 8", 0),
        8,
        MOVED,
    ),
    "tiers that would cross": Case(
        FROM_90, PERCENT, (">=", "90"), (">=", "40"), ALL, 45, NOTHING
    ),
    "looser level": Case(
        *(BEST, LEVELS, ("is", '"tốt"'), ("one_of", '["tốt", "khá"]')),
        *(
            tiers('is = ["tốt", "khá"]', 100, 'is = ["trung bình", "yếu"]', 0),
            "khá",
            MOVED,
        ),
    ),
    "stricter level": Case(
        *(GOOD, LEVELS, ("one_of", '["tốt", "khá"]'), ("is", '"tốt"')),
        *(
            tiers('is = ["tốt"]', 100, 'is = ["trung bình", "yếu", "khá"]', 0),
            "khá",
            MOVED,
        ),
    ),
    "another level": Case(
        BEST, LEVELS, ("is", '"tốt"'), ("is", '"khá"'), ALL, "tốt", NOTHING
    ),
    "due with its deadline": Case(
        ALL,
        DATE,
        ("on_or_before", "2023-12-01"),
        ("on_or_before", "2023-03-01"),
        ALL,
        None,
        DECLARED,
    ),
}


class TestReadingsByHand:
    @pytest.mark.parametrize("name", HAND)
    def test_a_reading_is_what_the_edited_file_scores(self, name):
        case = HAND[name]
        target = 'comparator = "{}"\nthreshold = {}'
        text = ruled(
            "\n".join(
                [target.format(*case.now), CONFLICT.format(*case.other), case.rule]
            ),
            case.kind,
        )
        edited = ruled("\n".join([target.format(*case.other), case.edited]), case.kind)
        figures = {"x": case.figure, "y": 50}
        more = {"as_of": "2023-06-01"} if case.figure is None else {}
        found = study(text, figures, **more)
        (reading,) = found.readings
        by_hand = score(
            parse_rules(edited), load_measurements(submission(figures, **more))
        )
        assert reading.deduction == case.way
        assert reading.scoring.index.exact == by_hand.index.exact
        for one, other in zip(
            reading.scoring.results, by_hand.scoring.results, strict=True
        ):
            assert (one.earned, one.excluded, one.state) == (
                other.earned,
                other.excluded,
                other.state,
            )
        assert found.together.all.scoring.index.exact == by_hand.index.exact
        shown = found.to_dict("en")["readings"][0]
        assert (shown["text"] is None) == (case.way == DECLARED)

    def test_no_figure(self):
        text = ruled(NO_FIGURE)
        found = study(text, {"x": 45, "y": 50})
        assert found.together == (None, None, None)
        document = found.to_dict("en")
        (shown,) = document["readings"]
        assert (
            shown["index"]
            is shown["other_points"]
            is shown["other_required"]
            is shown["deduction"]
            is None
        )
        assert shown["text"] == "This contradiction has no other figure to score with."
        assert document["together"]["all"] is None

    def test_a_target_given_by_hand_has_no_other_figure(self):
        text = (
            HEAD
            + area("y", 50)
            + """
[group.m]
title = "Thủ công"
[rule.m]
group = "m"
title = "Chấm tay"
source = ["1"]
weight = 5
deduction = "manual"
conflict = [{ source = "PL.1" }]
"""
        )
        found = study(
            text, {"y": 50}, points={"m": {"points": 2, "reason": "biên bản"}}
        )
        assert found.readings[0].scoring is None

    def test_what_scoring_refuses_is_said(self):
        """The other reading hangs on a figure that does not apply, and the file declares no effect for that."""
        before = area("before", 5).replace(
            "[rule.before]", '[rule.before]\nabsence = { not_applicable = "lost" }'
        )
        other = CONFLICT.format(">=", "{ metric = 'before' }")
        text = ruled(f'comparator = ">="\nthreshold = 90\n{other}\n{ALL}', more=before)
        text = text.replace('not_applicable = "exclude"\n', "")
        found = study(text, {"x": 95, "y": 50, "before": {"not_applicable": "mới lập"}})
        (reading,) = found.readings
        assert reading.scoring is None
        assert reading.problems[0].code == "effect-undeclared"
        assert found.to_dict("en")["readings"][0]["text"].startswith(
            "This reading cannot be scored: "
        )

    def test_several_at_once(self):
        """x: 45 of 90 is 25, of 60 is 37.5; y: 50 of 100 is 25, of 50 is 50, strictly (first) above 50 nothing."""
        x = f'comparator = ">="\nthreshold = 90\n{CONFLICT.format(">=", 60)}\n{PROPORTIONAL}'
        strict, loose = (
            f'{{ source = "PL.2", comparator = "{one}", threshold = 50 }}'
            for one in (">", ">=")
        )
        text = ruled(x).replace("[rule.y]", f"[rule.y]\nconflict = [{strict}, {loose}]")
        found = study(text, {"x": 45, "y": 50})
        assert found.report.index.value == 50
        values = [reading.scoring.index.exact for reading in found.readings]
        assert values == [F("62.5"), 25, 75]
        together = found.together
        assert together.all.scoring.index.exact == F("37.5")
        assert together.lowering.scoring.index.exact == 25
        assert together.raising.scoring.index.exact == F("87.5")
        assert together.all.contradictions == (("x", 0), ("y", 0))
        assert together.raising.contradictions == (("y", 1), ("x", 0))
        ordered = [reading["index"]["value"] for reading in found.to_dict()["readings"]]
        assert ordered == ["25.00", "75.00", "62.50"]

    def test_a_kind_of_unit_has_its_own_reading(self):
        base = ruled(
            'comparator = ">="\nthreshold = 90\n'
            + CONFLICT.format(">=", 60)
            + '\ndeduction = "proportional"'
        )
        text = (
            base
            + '\n[kind.mountain]\ntitle = "Miền núi"\n[kind.mountain.rule.x]\nthreshold = 80\n'
            + CONFLICT.format(">=", 50)
        )
        plain, mountain = (
            study(text, {"x": 40, "y": 0}),
            study(text, {"x": 40, "y": 0}, unit_kind="mountain"),
        )
        assert [one.report.index.exact for one in (plain, mountain)] == [
            F(200, 9),
            25,
        ] or mountain.report.index.exact == 25
        assert plain.readings[0].scoring.results[0].earned == 3333
        assert mountain.readings[0].scoring.results[0].earned == 4000

    def test_a_rule_of_one_kind_of_unit_alone(self):
        new = area("z", 10).partition("[rule.z]")
        rule = new[2].replace('group = "z"', 'group = "y"')
        text = (
            HEAD
            + area("y", 50)
            + '\n[metric.z]\ntitle = "z"\ntype = "percent"\n[kind.mountain]\ntitle = "Miền núi"\n'
        )
        text += "[kind.mountain.rule.z]" + rule + CONFLICT.format(">=", 50)
        text += '\n[rule.info]\ngroup = "y"\ntitle = "z"\nsource = ["3"]\nmetric = "z"\ndeduction = "none"\n'
        found = study(text, {"y": 50, "z": 40}, unit_kind="mountain")
        assert found.report.scoring.index.base.earned == 2500 + 400
        assert found.readings[0].scoring.index.base.earned == 2500 + 800

    def test_an_overlay_still_reads_what_its_base_reads(self):
        rules = packaged("cam-due-2023-annex")
        found = sensitivity(
            rules, load_measurements(EXAMPLES / "cam-due-2023.json", rules)
        )
        assert [reading.scoring is not None for reading in found.readings] == [
            True
        ] * 18

    def test_the_plan_and_its_annex(self):
        """All readings at once are the overlay that the project ships, and back again."""
        found = {}
        for name in ("cam-due-2023", "cam-due-2023-annex"):
            rules = load_rules(name)
            found[name] = sensitivity(
                rules, load_measurements(EXAMPLES / "cam-due-2023.json", rules)
            )
        stricter, looser = found.values()
        assert (
            stricter.together.all.scoring.index.value
            == looser.scoring.index.value
            == 8401
        )
        assert len(stricter.readings) == 18

    @pytest.mark.parametrize(
        ("tiers", "old", "new"),
        [
            (
                [{"is": True, "percent": 100}, {"is": False, "percent": 0}],
                ("is", True),
                ("is", False),
            ),
            (
                [{"is": "a", "percent": 100}, {"otherwise": True, "formula": "1"}],
                ("is", "a"),
                ("is", "b"),
            ),
            (
                [{"is": "a", "percent": 100}, {"is": "b", "points": 0}],
                ("is", "c"),
                ("one_of", ["c", "b"]),
            ),
            (
                [{"is": "a", "percent": 50}, {"is": "b", "points": 5}],
                ("one_of", ["a", "b"]),
                ("is", "a"),
            ),
            (
                [{"from": 5, "percent": 100}, {"below": 5, "percent": 0}],
                (">=", 5),
                ("<=", 5),
            ),
            (
                [{"from": 5, "percent": 100}, {"below": 5, "percent": 0}],
                (">=", 5),
                ("between", {"from": 5}),
            ),
        ],
        ids=[
            "either way",
            "a formula",
            "no tier on the target",
            "no tier below",
            "turned round",
            "bounds",
        ],
    )
    def test_tiers_that_cannot_be_moved(self, tiers, old, new):
        tables = [
            {"weight": 10, "comparator": one, "threshold": threshold}
            for one, threshold in (old, new)
        ]
        assert moved_tiers(tiers, *tables) is None

    def test_values_fall_to_the_rest(self):
        tiers = [{"otherwise": True, "points": 0}, {"is": ["a", "b"], "points": 10}]
        old, new = (
            {"weight": 10, "comparator": "one_of", "threshold": one}
            for one in (["a", "b"], ["a"])
        )
        assert moved_tiers(tiers, old, new) == [tiers[0], {"is": ["a"], "points": 10}]


# Laws over whole rule sets --------------------------------------------------------------------------------------------


def report_of(case):
    text, _, given_ = case
    rules = parse_rules(text)
    return score(rules, load_measurements(given_, rules))


def groups_of(report):
    """Top-level base groups of the document that have points, as areas; the index by hand from weights."""
    document = report.to_dict()
    groups = [
        g
        for g in document["groups"]
        if g["parent"] is None and g["kind"] == "base" and F(g["maximum"])
    ]
    areas = [
        Area(
            F(g["maximum"]),
            F(g["earned"]) / F(g["maximum"]),
            1 - F(g["rescaled"]) / F(g["maximum"]),
        )
        for g in groups
    ]
    return document, groups, areas


def index_by_hand(report, document, areas, weights):
    earned = sum(w * a.earned for a, w in zip(areas, weights, strict=True))
    left = sum(w * a.left for a, w in zip(areas, weights, strict=True))
    scale = F(document["index"]["scale"])
    base = earned * scale / left if left else F(0)
    exact = base + F(document["index"]["bonus"]) - F(document["index"]["penalty"])
    index = report.scoring.rules.index
    if not index.over_scale:
        exact = min(exact, scale)
    return exact if index.lowest is None else max(exact, index.lowest)


ranges = st.sampled_from([0, 1, 5, 20, F(100, 3), 50, 99])


class TestLaws:
    @given(cases(), ranges)
    def test_extremes_are_those_of_the_vertices(self, case, percent):
        report = report_of(case)
        found = without_readings(report, percent)
        document, groups, areas = groups_of(report)
        assert list(found.areas) == [group["id"] for group in groups]
        corners = [
            index_by_hand(report, document, areas, w)
            for w in vertices(areas, F(percent) / 100)
        ]
        if report.index.value is None:
            assert found.lowest.exact is None
            assert found.highest.exact is None
            return
        corners = corners or [report.scoring.index.exact]
        assert (found.lowest.exact, found.highest.exact) == (min(corners), max(corners))
        assert (
            index_by_hand(report, document, areas, list(found.highest.weights.values()))
            == found.highest.exact
        )

    @given(cases())
    def test_no_range_is_the_report(self, case):
        report = report_of(case)
        found = without_readings(report, 0)
        for one in (found.lowest, found.highest, *(swing.up for swing in found.swings)):
            assert one.exact == report.index.exact
            assert one.scoring.index.value == report.scoring.index.value
            assert one.scoring.banding().band == report.band

    @given(cases())
    def test_a_wider_range_reaches_no_less_far(self, case):
        report = report_of(case)
        assume(report.index.value is not None)
        studies = [without_readings(report, percent) for percent in (0, 5, 20, 60, 99)]
        lows, highs = (
            [one.lowest.exact for one in studies],
            [one.highest.exact for one in studies],
        )
        assert lows == sorted(lows, reverse=True)
        assert highs == sorted(highs)

    @given(cases(), ranges)
    def test_swings_are_ordered_and_within_the_extremes(self, case, percent):
        report = report_of(case)
        found = without_readings(report, percent)
        widths = [swing.width for swing in found.swings]
        assert widths == sorted(widths, reverse=True)
        if report.index.value is None:
            assert not any(widths)
            return
        for swing in found.swings:
            assert found.lowest.exact <= min(swing.up.exact, swing.down.exact)
            assert max(swing.up.exact, swing.down.exact) <= found.highest.exact

    @mostly_tests
    @given(cases(always=["bands"]))
    def test_the_band_changes_there_and_not_before(self, case):
        report = report_of(case)
        ladder = report.scoring.ladder
        if report.index.value is None:
            study = without_readings(report, 0)
            assert (study.up, study.down) == (None, None)
            return
        at = ladder.index(report.band)

        def place(percent, which):
            return ladder.index(
                getattr(without_readings(report, percent), which).scoring.banding().band
            )

        study_ = without_readings(report, 0)
        for change, which, sign in (
            (study_.up, "highest", 1),
            (study_.down, "lowest", -1),
        ):
            tests_something()
            if change.reason != "reached":
                assert place(F(9999, 100), which) == at, change.reason
                continue
            percent = change.part * 100
            if change.part:
                assert place(percent * F(9999, 10000), which) == at
            assert (sign * (place(percent, which) - at) > 0) == change.attained
            assert sign * (place((percent + 100) / 2, which) - at) > 0
            landed = study_.under(list(change.weights.values())).scoring.banding().band
            assert (landed == change.band) == change.attained

    @given(cases(kinds=False), st.data())
    def test_scoring_with_other_weights_differs_by_the_rounding_of_rules_alone(
        self, case, data
    ):
        """Every figure of an area's points times a whole number: what rounding each rule anew may add is bounded."""
        _, document, given_ = case
        report = report_of(case)
        found = without_readings(report, 0)
        assume(found.state != "nothing_left")
        # A step of the file's own moves more than the half tick that is allowed below.
        assume(not report.scoring.compiled.rounds_its_own_way)
        times = {id_: data.draw(st.integers(1, 4), label=id_) for id_ in found.areas}
        changed, submitted = heavier(document, given_, times)
        rules = parse_rules(to_toml(changed))
        again = score(rules, load_measurements(submitted, rules)).scoring
        weights = [area_.weight * times[id_] for id_, area_ in found.areas.items()]
        areas = list(found.areas.values())
        left = sum(w * a.left for a, w in zip(areas, weights, strict=True))
        predicted = (
            sum(w * a.earned for a, w in zip(areas, weights, strict=True)) / left
        )
        leaves = [top_of(document, rule["group"]) for rule in document["rule"].values()]
        slack = (
            sum(F(1 + times[id_], 2) for id_ in leaves if id_ in times)
            / report.scoring.compiled.unit
        )
        actual = again.index.exact_base / F(document["index"]["scale"])
        assert abs(actual - predicted) <= slack / left

    @mostly_tests
    @given(cases(always=["conflict"]))
    def test_a_reading_is_what_the_edited_file_scores(self, case):
        text, document, given_ = case
        rules = parse_rules(text)
        measurements = load_measurements(given_, rules)
        found = sensitivity(rules, measurements)
        active = found.scoring.rules
        for reading in found.readings:
            (place,) = reading.contradictions
            rule = document["rule"][place.rule]
            if (
                isinstance(rule["deduction"], dict)
                and rule["deduction"]["kind"] == "tiers"
            ):
                continue
            edited = copy.deepcopy(document)
            tables = [edited["rule"]] + [
                kind.get("rule", {}) for kind in edited.get("kind", {}).values()
            ]
            for fields in (
                table[place.rule] for table in tables if place.rule in table
            ):
                fields |= {"comparator": ">=", "threshold": 35}
            try:
                other = parse_rules(to_toml(edited))
            except RulesError:
                edited["rule"][place.rule]["deduction"] = "all_or_nothing"
                other = parse_rules(to_toml(edited))
            tests_something()
            assert active.rules[place.rule].conflicts
            expected = score(other, measurements).scoring
            assert reading.scoring.index == expected.index
            assert reading.scoring.results[
                found.scoring.compiled.places[place.rule]
            ].earned == (
                expected.results[found.scoring.compiled.places[place.rule]].earned
            )


def top_of(document, group):
    while "parent" in document["group"][group]:
        group = document["group"][group]["parent"]
    return group


def heavier(document, given_, times):
    """The rule set with all points of some areas times a whole number, and the submission's points with them."""
    changed, submitted = copy.deepcopy(document), copy.deepcopy(given_)
    (
        changed.pop("band", None),
        changed.pop("bands", None),
        changed.pop("band_gate", None),
    )
    submitted.pop("tracks", None)
    for id_, group in changed["group"].items():
        factor = times.get(top_of(document, id_), 1)
        for key in ("weight", "cap"):
            if key in group:
                group[key] *= factor
    for id_, rule in changed["rule"].items():
        factor = times.get(top_of(document, rule["group"]), 1)
        for key in ("weight", "lowest"):
            if key in rule:
                rule[key] *= factor
        deduction = rule["deduction"] if isinstance(rule["deduction"], dict) else {}
        parts = [
            part
            for several in ("tiers", "brackets", "rows")
            for part in deduction.get(several, [])
        ]
        for part in (deduction, *parts):
            for key in ("each", "points"):
                if key in part:
                    part[key] *= factor
        # What an absence is worth in points; in percent it grows with the weight.
        for effect in rule.get("absence", {}).values():
            if isinstance(effect, dict) and "points" in effect:
                effect["points"] *= factor
        if id_ in submitted.get("points", {}):
            points = submitted["points"][id_]["points"]
            submitted["points"][id_]["points"] = Decimal(points) * factor
    return changed, submitted


class TestRescoring:
    def test_weights_that_leave_no_rounding_give_the_predicted_index(self):
        """The file of THREE with 12, 36 and 52 points instead: 62.8, to the last digit."""
        text = THREE
        for before, after in ((10, 12), (30, 36), (60, 52)):
            text = text.replace(f"\nweight = {before}\n", f"\nweight = {after}\n")
        rules = parse_rules(text)
        assert score(
            rules, load_measurements(submission(FIGURES), rules)
        ).index.exact == F("62.8")

    def test_what_leads_to_the_next_band_leads_to_it(self):
        """A change of 20 %, written into the file: 60 exactly, and the band with it."""
        two = HEAD + area("a", 50) + area("b", 50) + BANDS
        assert study(two, {"a": 90, "b": 20}).up.part == F(1, 7)  # 55 + 35 p
        fifth = study(two, {"a": 80, "b": 30}).up  # 55 + 25 p
        assert fifth.weights == {"a": 60, "b": 40}
        text = HEAD + area("a", 60) + area("b", 40) + BANDS
        rules = parse_rules(text)
        assert (
            score(
                rules, load_measurements(submission({"a": 80, "b": 30}), rules)
            ).band.id
            == "mid"
        )


# The document ---------------------------------------------------------------------------------------------------------

SCHEMA_FILE = (
    resources.files("cchc_rules") / "packaged" / "schemas" / "sensitivity.schema.json"
)
SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker())


def faults(document):
    errors = VALIDATOR.iter_errors(document)
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for error in errors
    ]


def shape(path):
    return tuple(step for step in path if isinstance(step, str))


@pytest.fixture(scope="module")
def document():
    rules = packaged("cam-due-2023")
    return sensitivity(
        rules, load_measurements(EXAMPLES / "cam-due-2023.json", rules)
    ).to_dict()


class TestTheDocument:
    def test_the_schema_is_one(self):
        Draft202012Validator.check_schema(SCHEMA)
        assert SCHEMA["$id"] == "urn:cchc-rules:sensitivity:1"
        assert SCHEMA_FILE.read_text(encoding="utf-8") == print_report(SCHEMA)

    def test_every_object_is_closed_and_requires_all_its_keys(self):
        closed = described_objects(SCHEMA)
        assert len(closed) > 15
        for part in closed:
            assert part["additionalProperties"] is False
            assert part["required"] == list(part["properties"])

    def test_descriptions_are_in_both_languages(self):
        said = descriptions(SCHEMA)
        assert len(said) > 60
        assert all(map(in_both_languages, said))

    @pytest.mark.wide
    @pytest.mark.parametrize("lang", messages.languages())
    @pytest.mark.parametrize(
        "name", ["cam-due-2023", "cam-due-2023-mid-year", "cam-due-2023-strong"]
    )
    def test_the_examples_validate(self, name, lang):
        rules = packaged("cam-due-2023")
        assert (
            faults(
                sensitivity(
                    rules, load_measurements(EXAMPLES / f"{name}.json", rules)
                ).to_dict(lang)
            )
            == []
        )

    @pytest.mark.wide
    @given(cases(), ranges)
    def test_whatever_is_drawn_validates(self, case, percent):
        text, _, given_ = case
        rules = parse_rules(text)
        found = sensitivity(rules, load_measurements(given_, rules), range=percent)
        for lang in messages.languages():
            assert faults(found.to_dict(lang)) == []

    @pytest.mark.wide
    def test_any_dropped_key_is_refused(self, document):
        seen = set()
        for path, part in objects(document):
            if (shape(path), frozenset(part)) in seen:
                continue
            seen.add((shape(path), frozenset(part)))
            for key in list(part):
                kept = part.pop(key)
                assert VALIDATOR.is_valid(document) is False, (*path, key)
                part[key] = kept
            part["further"] = None
            assert VALIDATOR.is_valid(document) is False, path
            del part["further"]
        assert len(seen) > 20
        assert faults(document) == []

    def test_figures_of_the_example(self, document):
        weights = document["weights"]
        assert (
            weights["lowest"]["value"],
            document["index"]["value"],
            weights["highest"]["value"],
        ) == (
            "80.61",
            "82.56",
            "84.57",
        )
        assert (weights["total"], weights["most"]) == ("100", "organisation")
        assert (
            document["bands"]["up"]["range"],
            document["bands"]["down"]["range"],
        ) == ("71.69", "26.36")
        assert document["together"]["all"]["index"]["value"] == "84.01"
        assert document["together"]["lowering"] is None

    def test_the_chart_places_everything_on_its_axis(self, document):
        chart = document["chart"]
        low, high = F(chart["axis"]["low"]), F(chart["axis"]["high"])
        assert (low, high) == (80, 85)
        ends = [
            chart["index"],
            *(bar[end] for bar in chart["bars"] for end in ("low", "high")),
        ]
        for end in ends:
            assert F(end["place"]) == round(
                (F(end["value"]) - low) / (high - low) * 100, 4
            )
        assert all(
            F(bar["low"]["value"]) <= F(bar["high"]["value"]) for bar in chart["bars"]
        )
        assert chart["bands"] == [
            {"id": "good", "title": "Tốt", "from": "80", "place": "0"}
        ]
        assert [bar["kind"] for bar in chart["bars"]].count("reading") == 6

    def test_the_chart_has_room_for_a_single_whole_point(self):
        found = study(HEAD + area("a", 10), {"a": 50}).to_dict()["chart"]
        assert found["axis"] == {"low": "50", "high": "51"}
        assert found["index"] == {"value": "50.00", "place": "0"}

    def test_a_reading_that_cannot_be_scored_has_no_bar(self):
        text = ruled(NO_FIGURE)
        bars = study(text, {"x": 45, "y": 50}).to_dict()["chart"]["bars"]
        assert [bar["kind"] for bar in bars] == ["weights", "area", "area"]


class TestHowMuchWorkReadingsMayTake:
    """One contradiction in two rules: one check and scoring of two rules."""

    TEXT = ruled(
        f'comparator = ">="\nthreshold = 90\n{CONFLICT.format(">=", 40)}\n{PROPORTIONAL}'
    )

    def found(self, work):
        rules = parse_rules(self.TEXT)
        return sensitivity(
            rules, load_measurements(submission({"x": 45, "y": 50}), rules), work=work
        )

    @pytest.mark.parametrize("work", [None, 2])
    def test_enough(self, work):
        assert len(self.found(work).readings) == 1

    @pytest.mark.parametrize("work", [0, 1])
    def test_too_little_leaves_the_readings_out_and_keeps_the_weights(self, work):
        found, whole = self.found(work), self.found(None).to_dict()
        document = found.to_dict()
        assert found.readings is document["readings"] is None
        assert set(document["together"].values()) == {None}
        assert document["weights"] == whole["weights"]
        assert not [
            bar
            for bar in document["chart"]["bars"]
            if bar["kind"] in ("reading", "together")
        ]
        assert faults(document) == []
