"""Each printed line of arithmetic, computed as it is printed, gives the figure that stands behind it.

The lines are read as a person reads them: the words around a sum are taken off by the catalogue's own texts, and what is
left is computed with exact fractions, in the way in which numbers are written in the language.
"""

import ast
import operator
import re
from fractions import Fraction

import pytest
from hypothesis import given
from oracle import round_as
from rule_texts import head
from strategies import cases
from test_shapes import CASES, EACH_SHAPE, report_of

from cchc_rules import load_measurements, parse_rules, score
from cchc_rules.base.messages import message
from cchc_rules.report.arithmetic import ROUNDING_MESSAGES

LANGUAGES = ("vi", "en")
GAP = "\0"
"""Stands for an argument while a text of the catalogue becomes a pattern."""


def pattern(lang, key, *arguments):
    """A text of the catalogue as a pattern; each argument is a group of its name."""
    text = message(lang, key, **{name: f"{GAP}{name}{GAP}" for name in arguments})
    escaped = re.escape(text)
    for name in arguments:
        escaped = escaped.replace(re.escape(f"{GAP}{name}{GAP}"), f"(?P<{name}>.*)", 1)
    return re.compile(f"^{escaped}$")


# Numbers and sums --------------------------------------------------------------------------------

NUMBERS = {
    "en": re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"),
    "vi": re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+(?:,\d+)?"),
}


def plain(lang, text):
    """A number as Python writes it: 1.902,5 and 1,902.5 are 1902.5."""
    if lang == "vi":
        return text.replace(".", "").replace(",", ".")
    return text.replace(",", "")


def number_of(lang, text):
    return Fraction(plain(lang, text.replace("−", "-")))


def decimals(lang, text):
    """How many decimal places a number is printed with."""
    return len(plain(lang, text).partition(".")[2])


class NoSumError(Exception):
    """What is printed is more than numbers and signs, such as a condition on a day."""


OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}

MISSING = None


def first(*values):
    return next(value for value in values if value is not MISSING)


def largest_known(*values):
    return max((value for value in values if value is not MISSING), default=MISSING)


def smallest_known(*values):
    return min((value for value in values if value is not MISSING), default=MISSING)


FUNCTIONS = {
    "min": min,
    "max": max,
    "abs": abs,
    "first": first,
    "largest_known": largest_known,
    "smallest_known": smallest_known,
    "count": lambda *flags: Fraction(sum(flags)),
}


def value_of(node, text):
    match node:
        case ast.Constant(int() | float()):
            return Fraction(ast.get_source_segment(text, node))
        case ast.UnaryOp(ast.USub(), operand):
            return -value_of(operand, text)
        case ast.BinOp(left, sign, right):
            return _joined(sign, value_of(left, text), value_of(right, text))
        case ast.Compare(left, signs, rest):
            values = [value_of(part, text) for part in (left, *rest)]
            return all(
                OPERATORS[type(sign)](one, two)
                for sign, one, two in zip(signs, values, values[1:], strict=False)
            )
        case ast.IfExp(test, body, other):
            return value_of(body if value_of(test, text) else other, text)
        case ast.Call(ast.Name(name), arguments) if name in FUNCTIONS:
            return FUNCTIONS[name](*(value_of(part, text) for part in arguments))
        case ast.Name("yes" | "no" as word):
            return word == "yes"
        case ast.Name("missing"):
            return MISSING
    raise NoSumError(text)


def _joined(sign, left, right):
    if left is MISSING or right is MISSING:
        return MISSING
    return OPERATORS[type(sign)](left, right)


def computed(lang, text):
    """A printed sum, computed exactly; raises `NoSumError` for what is no sum."""
    text = NUMBERS[lang].sub(lambda found: plain(lang, found[0]), text)
    text = text.replace("×", "*").replace("−", "-").replace(" %", " / 100")
    for key in ("if", "else", "and", "or", "not"):
        text = text.replace(message(lang, f"formula.{key}"), f" {key} ")
    for name, key in (
        ("yes", "word.yes"),
        ("no", "word.no"),
        ("missing", "state.missing"),
    ):
        text = text.replace(message(lang, key), name)
    try:
        return value_of(ast.parse(text.strip(), mode="eval").body, text.strip())
    except SyntaxError:
        raise NoSumError(text) from None


# Lines -------------------------------------------------------------------------------------------


def rounds_to(lang, exact, printed):
    """Whether a figure is printed rounded to its places, or as it is where it is a fraction."""
    if "/" in printed:
        return exact == number_of(lang, printed)
    half = Fraction(1, 2 * 10 ** decimals(lang, printed))
    return abs(exact - number_of(lang, printed)) <= half


def holds(lang, sum_text, *results):
    """A sum comes to its first result as it is printed, and each of them to the next."""
    exact = computed(lang, sum_text)
    for printed in results:
        assert rounds_to(lang, exact, printed), (sum_text, results)
        exact = number_of(lang, printed)


def results_of(text):
    """`… = 1,8077 → 1,81` as a sum and its results."""
    sum_text, equals, results = text.rpartition(" = ")
    if not equals:
        sum_text, _, results = text.rpartition(" → ")
        return sum_text, [results], False
    return sum_text, results.split(" → "), True


def taken_off(lang, rule, text):
    """A line of a sum without the words around it, and what it is held to."""
    sum_text = text
    tier = pattern(lang, "calculation.tier", "reported", "condition", "worth")
    if rule["reason"]["code"] == "tier":
        sum_text = tier.match(sum_text)["worth"]
    exempt = message(
        lang, "calculation.exempt", count=GAP, of=GAP, threshold=GAP
    ).split(GAP)
    if exempt[1] in sum_text:
        sum_text = sum_text[: sum_text.rindex(" (")]
    bounds = {}
    for key, name, bound in (
        ("at-most", "most", min),
        ("at-least", "lowest", max),
    ):
        held = pattern(lang, f"calculation.{key}", "line", name).match(sum_text)
        if held:
            sum_text = held["line"]
            bounds[bound] = number_of(lang, held[name])
    return sum_text, bounds


def group_steps(report):
    """The steps to which means are rounded, in points, by the ids of their groups."""
    groups = report.scoring.rules.groups.values()
    return {
        group.id: group.rounding.step or Fraction(0)
        for group in groups
        if group.rounding is not None
    }


def check(lang, document, rule, steps=MISSING):
    """Compute every part of a rule's line; return how many sums were computed."""
    places = document["machine"]["places"]
    done = 0
    # What a mean's own rounding gives or takes is shared by its rules, too.
    step = (steps or {}).get(rule["group"])
    tick = Fraction(1, 10**places)
    most_beside = tick if step is None else max(step, tick) + 2 * tick
    *before, last = _parts(lang, rule["calculation"], most_beside)
    for part in before:
        _, _, derivation = part.partition(": ")
        sum_text, _, result = derivation.rpartition(" = ")
        figure = NUMBERS[lang].search(result)
        if figure:
            sign = "−" if result.startswith("−") else ""
            try:
                holds(lang, sum_text, sign + figure[0])
                done += 1
            except NoSumError:
                pass
    done += _main(lang, rule, last, places)
    return done


def _parts(lang, calculation, most_beside):
    """The parts of a line up to its last sum; losses are checked on the way."""
    parts = calculation.split("; ")
    lost = pattern(lang, "calculation.lost", "points")
    beyond = pattern(lang, "calculation.without-effect", "points")
    while len(parts) > 1 and (lost.match(parts[-1]) or beyond.match(parts[-1])):
        points = (lost.match(parts[-1]) or beyond.match(parts[-1]))["points"]
        if " = " in points:
            shared = pattern(lang, "calculation.apportioned", "result").fullmatch(
                points
            )
            sum_text, results, _ = results_of(shared["result"] if shared else points)
            if shared:
                *results, ticks = results
            if shared and NUMBERS[lang].fullmatch(ticks):
                by_itself = number_of(lang, results[-1])
                in_ticks = number_of(lang, ticks)
                rounded = round_as(by_itself, decimals(lang, ticks), None)
                assert rounded != in_ticks, points
                assert abs(by_itself - in_ticks) < most_beside, points
            if all(NUMBERS[lang].fullmatch(result) for result in results):
                holds(lang, sum_text, *results)
        parts.pop()
    return parts


def without_rounding(lang, rule, text):
    """A line without the words that say how it is rounded, which must be those of the rule."""
    rounding = rule["machine"].get("rounding")
    for mode, key in ROUNDING_MESSAGES.items():
        said = pattern(lang, f"calculation.{key}", "line", "step").match(text)
        # The words of the nearest step are the beginning of those of the even one.
        if said and NUMBERS[lang].fullmatch(said["step"]):
            assert rounding, text
            step = number_of(lang, said["step"])
            assert (mode, step) == (rounding["mode"], Fraction(rounding["step"])), text
            return said["line"], rounding
    return text, None


def _main(lang, rule, text, places):
    """Compute the sum that gives a rule's points, and hold it against the exact figure."""
    text, rounding = without_rounding(lang, rule, text)
    of_weight = pattern(lang, "calculation.of-weight", "line", "weight").match(text)
    if of_weight:
        text = of_weight["line"]
    sum_text, results, is_sum = results_of(text)
    if not is_sum or not all(NUMBERS[lang].search(result) for result in results):
        return 0
    sum_text, bounds = taken_off(lang, rule, sum_text)
    try:
        points = computed(lang, sum_text)
    except NoSumError:
        return 0
    for bound, edge in bounds.items():
        assert bound(points, edge) == edge, (text, "held for no reason")
        points = bound(points, edge)
    exact = Fraction(rule["exact"])
    assert points == exact, text
    assert rounds_to(lang, exact, results[0]), text
    if len(results) == 2:
        # Rounding the printed figure gives what was earned: nobody is led to another hundredth.
        rounded = round_as(number_of(lang, results[0]), places, rounding)
        assert rounded == number_of(lang, results[1]), text
        assert rounded == round_as(exact, places, rounding), text
    return 1


class TestGoodShapes:
    @pytest.mark.parametrize("lang", LANGUAGES)
    @pytest.mark.parametrize(("name", "submission", "expect"), EACH_SHAPE)
    def test_each_line_gives_its_figure(self, lang, name, submission, expect):
        report = report_of(name, submission)
        document = report.to_dict(lang=lang)
        for rule in document["rules"]:
            check(lang, document, rule, group_steps(report))

    @pytest.mark.parametrize("lang", LANGUAGES)
    @pytest.mark.parametrize(("name", "submission", "expect"), EACH_SHAPE)
    def test_the_line_of_the_index(self, lang, name, submission, expect):
        index = report_of(name, submission).to_dict(lang=lang)["index"]
        sum_text, *_ = index["calculation"].split("; ")
        if " = " in sum_text:
            text, equals, results = sum_text.partition(" = ")
            assert equals
            printed = [
                "−" * part.strip().startswith("−") + NUMBERS[lang].search(part)[0]
                for part in results.split(" → ")
            ]
            holds(lang, text, printed[0])

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_most_sums_are_computed(self, lang):
        """So that the test above says something: sums are no smaller part than they were."""
        done = 0
        for case in CASES:
            name, submission, _ = case.values
            report = report_of(name, submission)
            document = report.to_dict(lang=lang)
            steps = group_steps(report)
            done += sum(
                check(lang, document, rule, steps) for rule in document["rules"]
            )
        assert done > 90


class TestDrawnRuleSets:
    @given(cases())
    def test_each_line_gives_its_figure(self, case):
        text, _, submission = case
        rules = parse_rules(text)
        report = score(rules, load_measurements(submission, rules))
        for lang in LANGUAGES:
            document = report.to_dict(lang=lang)
            for rule in document["rules"]:
                check(lang, document, rule, group_steps(report))


def test_a_loss_beside_its_own_rounding_says_why():
    """Three times 5/3 of a point are lost, 5 together: 2, 2 and 1, which is not 1.6667 rounded."""
    rules = [
        f"""
[metric.{name}]
title = {{ vi = "{name}", en = "{name}" }}
type = "yes_no"

[rule.rule-{name}]
group = "all"
title = {{ vi = "{name}", en = "{name}" }}
source = ["1"]
metric = "{name}"
comparator = "is"
threshold = true
weight = 1
deduction = "all_or_nothing"
"""
        for name in ("a", "b", "c")
    ]
    group = """
[index]
scale = 5
places = 0

[group.all]
title = { vi = "Nhóm", en = "Group" }
combine = "mean"
weight = 5
"""
    text = head("shared", "Chia", "Shared") + group + "".join(rules)
    submission = {
        "format": 1,
        "ruleset": "shared",
        "unit": "UBND xã",
        "period": "2023",
        "measurements": {name: {"value": False} for name in ("a", "b", "c")},
    }
    parsed = parse_rules(text)
    report = score(parsed, load_measurements(submission, parsed))
    lines = [rule["calculation"] for rule in report.to_dict("en")["rules"]]
    loss = "5 × (1 − 0) / 3 = 1.6667 → "
    assert [line.rpartition("; ")[2] for line in lines] == [
        f"{loss}2 lost",
        f"{loss}2 lost",
        f"{loss}1 (rounded so that the losses of the rules add up to the group's) lost",
    ]


def in_mean(figure, target, weight, group_weight, places=2):
    """The line of the one rule of a mean, a share from 0 to a target."""
    rules = parse_rules(f"""{head("mean", "Trung bình", "Mean")}
[index]
scale = {group_weight}
places = {places}

[metric.visits]
title = {{ vi = "Lượt", en = "Visits" }}
type = "number"

[group.all]
title = {{ vi = "Nhóm", en = "Group" }}
combine = "mean"
weight = {group_weight}

[rule.r]
group = "all"
title = {{ vi = "Lượt tiếp dân", en = "Visits" }}
source = ["1"]
metric = "visits"
comparator = ">="
threshold = {target}
weight = {weight}
deduction = {{ kind = "proportional", from = 0 }}
""")
    submission = {
        "format": 1,
        "ruleset": "mean",
        "unit": "Xã A",
        "period": "2023",
        "measurements": {"visits": figure},
    }
    return score(rules, load_measurements(submission, rules)).to_dict("en")["rules"][0]


@pytest.mark.parametrize(
    ("figure", "target", "weight", "group_weight", "line"),
    [
        # With 0.3333 the sum would come to 3.3335.
        (
            *(1, 3, 1, 5),
            "1 × 1 / 3 = 0.333333 of 1; 5 × (1 − 0.333333) / 1 = 3.3333 → 3.33 lost",
        ),
        # With 0.3333 the sum would come to 1.6668.
        (
            *(2, 3, 1, 5),
            "1 × 2 / 3 = 0.66667 of 1; 5 × (1 − 0.66667) / 1 = 1.6667 → 1.67 lost",
        ),
        # Points that end are shown as they are.
        (
            *(1, 3, 3, 3),
            "3 × 1 / 3 = 1 of 3; 3 × (3 − 1) / 3 = 2.00 lost",
        ),
        # 4.505 would be rounded to 4.51.
        (
            *(10, 101, 1, 5),
            "1 × 10 / 101 = 0.09901 of 1; 5 × (1 − 0.09901) / 1 = 4.50495 → 4.50 lost",
        ),
    ],
)
def test_a_loss_in_a_mean_comes_of_its_sum_as_printed(
    figure, target, weight, group_weight, line
):
    assert in_mean(figure, target, weight, group_weight)["calculation"] == line


# Lines of computed targets -----------------------------------------------------------------------


def share_of(comparator, start, figure, goal, lowest=0):
    """The report of a share from a start to a goal that is read from another figure."""
    better = "higher" if comparator == ">=" else "lower"
    rules = parse_rules(f"""{head("goals", "Mục tiêu", "Goals")}
[index]
scale = 10

[metric.visits]
title = {{ vi = "Lượt", en = "Visits" }}
type = "number"
better = "{better}"

[metric.goal]
title = {{ vi = "Mức giao", en = "Goal" }}
type = "number"
better = "neither"

[group.g]
title = {{ vi = "Nhóm", en = "Group" }}

[rule.r]
group = "g"
title = {{ vi = "Lượt tiếp dân", en = "Visits" }}
source = ["1"]
metric = "visits"
comparator = "{comparator}"
threshold = {{ metric = "goal" }}
weight = 10
lowest = {lowest}
deduction = {{ kind = "proportional", from = {start} }}
""")
    submission = {
        "format": 1,
        "ruleset": "goals",
        "unit": "Xã A",
        "period": "2023",
        "measurements": {"visits": figure, "goal": goal},
    }
    return score(rules, load_measurements(submission, rules))


NO_WAY = [
    (">=", 20, 12, 20),
    (">=", 0, -3, 0),
    (">=", 10, 5, 8),
    ("<=", 20, 25, 20),
    ("<=", 10, 12, 11),
    ("<=", 0, 3, 0),
]
"""Comparator, start, figure, goal: the goal lies on the start or on the wrong side of it, and is missed."""


@pytest.mark.parametrize("lang", LANGUAGES)
class TestComputedTargets:
    @pytest.mark.parametrize(("comparator", "start", "figure", "goal"), NO_WAY)
    def test_no_share_of_a_way_that_is_none(
        self, lang, comparator, start, figure, goal
    ):
        """Nothing is divided, and no sum is printed that comes to something else."""
        rule = share_of(comparator, start, figure, goal).to_dict(lang=lang)["rules"][0]
        assert (rule["earned"], rule["lost"]) == ("0.00", "10.00")
        line, _, lost = rule["calculation"].partition("; ")
        words, _, earned = line.rpartition(" → ")
        assert number_of(lang, earned) == 0
        assert "/" not in words
        assert "=" not in words
        assert pattern(lang, "calculation.lost", "points").match(lost)
        # Reaching the goal wins everything back.
        assert [gain["aim"] for gain in rule["gains"]] == ["all"]

    @pytest.mark.parametrize(("comparator", "start", "figure", "goal"), NO_WAY)
    def test_points_below_zero_do_not_change_that(
        self, lang, comparator, start, figure, goal
    ):
        report = share_of(comparator, start, figure, goal, lowest=-5)
        assert report.to_dict(lang=lang)["rules"][0]["earned"] == "0.00"

    @pytest.mark.parametrize(
        ("comparator", "start", "figure", "goal", "earned"),
        [
            (">=", 5, 12, 20, "4.67"),  # 10 × 7/15
            (">=", -5, 0, 5, "5.00"),  # 10 × 5/10
            (">=", 10, 5, 20, "0.00"),  # 10 × -5/10, not below 0
            ("<=", 30, 25, 20, "5.00"),  # 10 × -5/-10
            ("<=", 5, 0, -5, "5.00"),  # 10 × -5/-10
        ],
    )
    def test_a_way_is_shared(self, lang, comparator, start, figure, goal, earned):
        document = share_of(comparator, start, figure, goal).to_dict(lang=lang)
        assert document["rules"][0]["earned"] == earned
        assert check(lang, document, document["rules"][0]) == 1

    def test_a_day_in_a_formula_is_a_day(self, lang):
        """Not its number: the formula of s14 asks whether a day comes before 31 March."""
        case = next(case for case in CASES if case.id == "s14-comparisons-1")
        document = report_of(*case.values[:2]).to_dict(lang=lang)
        lines = [rule["calculation"] for rule in document["rules"]]
        assert not any("738" in line for line in lines)
