"""What would win points back: every offer gains what it says, one step less does not, and nothing gains more."""

import copy
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_texts import TINY_LINES
from strategies import cases, reported

from cchc_rules import load_measurements, parse_rules, score
from cchc_rules.base.state import COMPUTED
from cchc_rules.scoring import totals
from cchc_rules.scoring.gains import Gains, exact_points
from cchc_rules.scoring.rescoring import Trial
from cchc_rules.scoring.steps import as_json


def raw(steps, step):
    """What a submission says for a step."""
    value = steps.write(step)
    if steps.metric.distinct:
        return {"items": [f"Mục {place}" for place in range(int(value))]}
    if steps.denominator is not None:
        return {"numerator": as_json(value), "denominator": as_json(steps.denominator)}
    return as_json(value) if isinstance(value, Fraction) else value


def rescored(rules, submission, metric, value):
    """The report from scratch with one figure changed."""
    changed = copy.deepcopy(submission)
    changed["measurements"][metric] = value
    return score(rules, load_measurements(changed, rules))


def offers(report):
    gains = Gains(report.scoring)
    return [(at, gain) for at in range(len(report.rules)) for gain in gains.of(at)]


def brought(report, at, result):
    """What a rule brings its group, in ticks, when it alone comes to another result."""
    scoring = report.scoring
    return totals.gained(scoring.compiled, scoring.results, scoring.groups, at, result)


def _rise(before, after):
    """By how many points the index rises; nothing where one of the two has none."""
    if before.index.value is None or after.index.value is None:
        return 0
    return after.index.value - before.index.value


class TestWhatIsOffered:
    @given(cases())
    def test_gains_are_those_of_scoring_from_scratch(self, case):
        text, _, submission = case
        rules = parse_rules(text)
        report = score(rules, load_measurements(submission, rules))
        for at, gain in offers(report):
            again = rescored(rules, submission, gain.metric, raw(gain.steps, gain.step))
            unit = 10**rules.index.places
            assert brought(report, at, again.scoring.results[at]) == gain.points
            assert gain.points or gain.value
            assert _rise(report, again) * unit == gain.value

    @given(cases())
    def test_one_step_less_does_not(self, case):
        text, _, submission = case
        rules = parse_rules(text)
        report = score(rules, load_measurements(submission, rules))
        for at, gain in offers(report):
            less = gain.step - (1 if gain.step > 0 else -1)
            again = (
                rescored(rules, submission, gain.metric, raw(gain.steps, less))
                if less
                else report
            )
            result = again.scoring.results[at]
            if at in report.scoring.compiled.mean_of:  # which is rounded as a whole
                assert exact_points(result) < exact_points(
                    rescored(
                        rules, submission, gain.metric, raw(gain.steps, gain.step)
                    ).scoring.results[at]
                )
                continue
            won = brought(report, at, result)
            assert won < gain.points
            assert gain.aim == "all" or won <= 0

    @given(cases())
    def test_nothing_within_reach_gains_more(self, case):
        text, _, submission = case
        rules = parse_rules(text)
        report = score(rules, load_measurements(submission, rules))
        gains = Gains(report.scoring)
        for at in range(len(report.scoring.results)):
            rule = report.rules[at].rule
            if (
                report.scoring.lost(at) <= 0
                or at in report.scoring.compiled.mean_of
                or rule.metric is None
                or not isinstance(figure_of(report, rule), tuple)
            ):
                continue
            best = {gain.aim: gain for gain in gains.of(at)}
            if rule.deduction.hit is not None and waits(report, at):
                # Another row would be a way round reporting what this one waits for.
                assert not best
                continue
            for name in gains.inputs(rule):
                steps = gains.steps(name)
                low = -300 if steps.low is None else max(steps.low, -300)
                high = 300 if steps.high is None else min(steps.high, 300)
                for step in range(low, high + 1):
                    figure = steps.figure(step)
                    found = figure and gains.trial.results({name: figure})
                    won = brought(report, at, found[at]) if found else 0
                    assert won <= (best["all"].points if best else 0), (name, step)
                    # Steps of one metric only can be held against each other.
                    if not best or {rule.metric, best["all"].metric} != {name}:
                        continue
                    if won > 0:
                        assert abs(step) >= abs(best.get("any", best["all"]).step)
                    if won == best["all"].points:
                        assert abs(step) >= abs(best["all"].step)


def figure_of(report, rule):
    return report.scoring.figure(rule.metric)


def waits(report, at):
    """Whether a rule has a figure of its own and comes to no points by it, for another is not there."""
    return report.scoring.results[at].state not in COMPUTED


class TestTrials:
    """What is tried on an outcome comes to what scoring from scratch comes to, and leaves no trace."""

    @given(st.data(), cases())
    def test_any_changes(self, data, case):
        text, document, submission = case
        rules = parse_rules(text)
        measurements = load_measurements(submission, rules)
        report = score(rules, measurements)
        before = copy.deepcopy(
            (report.scoring.figures, report.scoring.results, report.scoring.groups)
        )
        names = [
            name
            for name, metric in document.get("metric", {}).items()
            if not {"formula", "table"} & {*metric}
        ]
        chosen = (
            data.draw(st.lists(st.sampled_from(names), unique=True, max_size=4))
            if names
            else []
        )
        changed = copy.deepcopy(submission)
        for name in chosen:
            changed["measurements"][name] = data.draw(
                reported(document, name, report.as_of)
            )
        again = score(rules, load_measurements(changed, rules))
        trial = Trial(report.scoring)
        changes = {name: again.scoring.figure(name) for name in chosen}
        assert trial.index(changes) == again.scoring.index
        results = trial.results(changes)
        for at, result in enumerate(again.scoring.results):
            assert results.get(at, report.scoring.results[at])[:7] == result[:7]
        assert trial.run.figures == report.scoring.figures == before[0]
        assert [result[:7] for result in trial.run.results] == [
            result[:7] for result in report.scoring.results
        ]

    def test_a_change_that_stands_is_read_through_formulas(self):
        """The target is 2 × a: once a has gone from 5 to 2, five ideas are enough."""
        rules = parse_rules(
            HEAD
            + """[metric.a]
title = "A"
type = "count"
[metric.twice]
title = "Twice"
type = "number"
formula = "2 * a"
[metric.ideas]
title = "Ideas"
type = "count"
[rule.r]
group = "work"
title = "R"
source = ["1"]
weight = 4
metric = "ideas"
comparator = ">="
threshold = { metric = "twice" }
deduction = "all_or_nothing"
"""
        )
        report = scored(rules, other=1, a=5, ideas=3)
        trial = Trial(report.scoring)
        assert trial.index({"ideas": (5, 1)}).value == 600
        trial.advance({"a": (2, 1)})
        assert trial.index({"ideas": (5, 1)}).value == 1000

    def test_a_rule_that_comes_back_under_a_cap(self):
        """Five items of 0.50 under a cap of 2.00, of which three are done and two do not apply."""
        items = "".join(
            f"""[metric.{name}]
title = "{name}"
type = "count"
[rule.{name}]
group = "work"
title = "{name}"
source = ["1"]
weight = 0.5
metric = "{name}"
comparator = ">="
threshold = 1
deduction = "all_or_nothing"
"""
            for name in "abcde"
        )
        rules = parse_rules(
            f"""{TINY_LINES}
absence = {{ not_applicable = "exclude" }}
index = {{ scale = 10 }}
[group.work]
title = "Work"
cap = 2
{items}"""
        )
        gone = {"not_applicable": "–"}
        report = scored(rules, a=1, b=1, c=1, d=gone, e=gone)
        # 1.50 of the 1.50 that can be had.
        assert report.index.value == 10
        # Where the fifth applies and is not done, the four come to the cap: 1.50 of 2.00.
        assert Trial(report.scoring).index({"e": (0, 1)}).value == 750


def scored(rules, **figures):
    """The report of a unit with these figures."""
    submission = {
        "format": 1,
        "ruleset": "tiny",
        "unit": "Unit",
        "period": "2023",
        "measurements": figures,
    }
    return score(rules, load_measurements(submission, rules))


HEAD = (
    TINY_LINES
    + """absence = { not_applicable = "exclude" }
index = { scale = 10, over_scale = true }
[group.work]
title = "Work"
[metric.other]
title = "Other"
type = "count"
[rule.other]
group = "work"
title = "Other"
source = ["2"]
metric = "other"
comparator = ">="
threshold = 1
weight = 6
deduction = "all_or_nothing"
"""
)


def offered(metric, rule, figure, more="", **other):
    """What is offered for a rule of weight 4 over metric m, beside one of 6: (aim, to, change, points, index)."""
    text = f'{HEAD}[metric.m]\ntitle = "M"\n{metric}\n[rule.r]\ngroup = "work"\ntitle = "R"\nsource = ["1"]\nweight = 4\n'
    rules = parse_rules(text + f'metric = "m"\n{rule}\n{more}')
    figures = {"other": 1, **({"m": figure} if figure is not None else {}), **other}
    points = figures.pop("points", {})
    submission = {
        "format": 1,
        "ruleset": "tiny",
        "unit": "Unit",
        "period": "2023",
        "measurements": figures,
    }
    submission["points"] = points
    document = score(rules, load_measurements(submission, rules)).to_dict("en")
    found = next(rule for rule in document["rules"] if rule["id"] == "r")
    keys = ("aim", "to", "change", "points", "index")
    return [tuple(gain[key] for key in keys) for gain in found["gains"]], found


PERCENT = 'type = "percent"'
RATIO = 'type = "percent"\nratio = { numerator = "done", denominator = "all" }'
AT_LEAST = 'comparator = ">="\nthreshold = 80\n'


class TestByHand:
    """Every kind of shape, worked by hand: weight 4 of 10 on a scale of 10, so that points and index are the same."""

    @pytest.mark.parametrize(
        ("metric", "rule", "figure", "wanted"),
        [
            # all or nothing: 70 is written in whole percents, and so is the threshold
            (
                PERCENT,
                AT_LEAST + 'deduction = "all_or_nothing"',
                70,
                [("all", "80", "10", "4.00", "4.00")],
            ),
            (
                PERCENT,
                AT_LEAST + 'deduction = "all_or_nothing"',
                Decimal("79.95"),
                [("all", "80", "0.05", "4.00", "4.00")],
            ),
            # a finer threshold makes finer steps
            (
                PERCENT,
                'comparator = ">="\nthreshold = 80.5\ndeduction = "all_or_nothing"',
                80,
                [("all", "80.5", "0.5", "4.00", "4.00")],
            ),
            # strictly above: the next step
            (
                PERCENT,
                'comparator = ">"\nthreshold = 80\ndeduction = "all_or_nothing"',
                80,
                [("all", "81", "1", "4.00", "4.00")],
            ),
            # in proportion: 4 × 31/40 = 3.10, and 4 × 32/40 = 3.20 where 80 % is reached with 32 of 40
            (
                RATIO,
                'comparator = ">="\nthreshold = 100\ndeduction = "proportional"',
                {"numerator": 30, "denominator": 40},
                [
                    ("any", "31", "1", "0.10", "0.10"),
                    ("all", "40", "10", "1.00", "1.00"),
                ],
            ),
            # a floor: below 50 nothing; 50 gives 4 × 50/80 = 2.50
            (
                PERCENT,
                AT_LEAST + 'deduction = { kind = "proportional", floor = 50 }',
                20,
                [
                    ("any", "50", "30", "2.50", "2.50"),
                    ("all", "80", "60", "4.00", "4.00"),
                ],
            ),
            # a tiny share that is rounded: 4 × 1000/3000 = 1.3333 → 1.33, and 1.335 is first passed by 4 × 1002/3000
            (
                RATIO,
                'comparator = ">="\nthreshold = 100\ndeduction = "proportional"',
                {"numerator": 1000, "denominator": 3000},
                [
                    ("any", "1002", "2", "0.01", "0.01"),
                    ("all", "2997", "1997", "2.67", "2.67"),
                ],
            ),
            # per unit: one point for each of the three missing
            (
                'type = "count"',
                'comparator = ">="\nthreshold = 5\ndeduction = { kind = "per_unit", each = 1 }',
                2,
                [("any", "3", "1", "1.00", "1.00"), ("all", "5", "3", "3.00", "3.00")],
            ),
            # per unit downwards: nine violations cost all, so that the first four mended bring nothing
            (
                'type = "count"\nbetter = "lower"',
                'comparator = "<="\nthreshold = 1\ndeduction = { kind = "per_unit", each = 1 }',
                9,
                [
                    ("any", "4", "-5", "1.00", "1.00"),
                    ("all", "1", "-8", "4.00", "4.00"),
                ],
            ),
            # tiers
            (
                'type = "count"',
                'deduction = { kind = "tiers", tiers = [ { from = 5, points = 4 }, '
                "{ from = 2, below = 5, points = 1 }, { below = 2, points = 0 } ] }",
                0,
                [("any", "2", "2", "1.00", "1.00"), ("all", "5", "5", "4.00", "4.00")],
            ),
            # the rule's own formula: half a point each, held at 4
            (
                'type = "count"',
                'deduction = { kind = "formula", formula = "value / 2" }',
                3,
                [("any", "4", "1", "0.50", "0.50"), ("all", "8", "5", "2.50", "2.50")],
            ),
            # levels: the next better one, and the best
            (
                'type = "level"\nlevels = ["tốt", "khá", "yếu"]',
                'deduction = { kind = "tiers", tiers = [ { is = "tốt", points = 4 }, { is = "khá", points = 3 }, '
                '{ is = "yếu", points = 0 } ] }',
                "yếu",
                [
                    ("any", "khá", None, "3.00", "3.00"),
                    ("all", "tốt", None, "4.00", "4.00"),
                ],
            ),
            # yes or no
            (
                'type = "yes_no"',
                'comparator = "is"\nthreshold = true\ndeduction = "all_or_nothing"',
                False,
                [("all", True, None, "4.00", "4.00")],
            ),
            # between: the nearer side; equal
            (
                'type = "count"\nbetter = "neither"',
                'comparator = "between"\nthreshold = { from = 3, to = 6 }\ndeduction = "all_or_nothing"',
                9,
                [("all", "6", "-3", "4.00", "4.00")],
            ),
            (
                'type = "count"\nbetter = "neither"',
                'comparator = "one_of"\nthreshold = [2, 9]\ndeduction = "all_or_nothing"',
                4,
                [("all", "2", "-2", "4.00", "4.00")],
            ),
            (
                'type = "count"\nbetter = "neither"',
                'comparator = "=="\nthreshold = 5\ndeduction = "all_or_nothing"',
                4,
                [("all", "5", "1", "4.00", "4.00")],
            ),
            # open at both ends: only 6 lies above 5 and below 7
            (
                'type = "count"\nbetter = "neither"',
                'comparator = "between"\nthreshold = { above = 5, below = 7 }\ndeduction = "all_or_nothing"',
                3,
                [("all", "6", "3", "4.00", "4.00")],
            ),
            # anything but five: of its two neighbours the better one
            (
                'type = "count"\nbetter = "higher"',
                'comparator = "!="\nthreshold = 5\ndeduction = "all_or_nothing"',
                5,
                [("all", "6", "1", "4.00", "4.00")],
            ),
            (
                'type = "count"\nbetter = "lower"',
                'comparator = "!="\nthreshold = 5\ndeduction = "all_or_nothing"',
                5,
                [("all", "4", "-1", "4.00", "4.00")],
            ),
            # a hump that no number of its formula names: 4 × 8 × 8/64 at 58, 4 × 1 × 15/64 at 51
            (
                'type = "count"\nmost = 100',
                'deduction = { kind = "formula", formula = "weight * (value - 50) * (66 - value) / 64" }',
                50,
                [
                    ("any", "51", "1", "0.94", "0.94"),
                    ("all", "58", "8", "4.00", "4.00"),
                ],
            ),
            # items count one by one
            (
                'type = "count"\ndistinct = true',
                'comparator = ">="\nthreshold = 3\ndeduction = "all_or_nothing"',
                {"items": ["a", "A", "b"]},
                [("all", "3", "1", "4.00", "4.00")],
            ),
            # a number without end, downwards past zero
            (
                'type = "number"\nbetter = "lower"',
                'comparator = "<="\nthreshold = -2\ndeduction = "all_or_nothing"',
                Decimal("0.5"),
                [("all", "-2", "-2.5", "4.00", "4.00")],
            ),
            # a ratio with decimals moves by its last place
            (
                'type = "number"\nratio = { numerator = "spent", denominator = "had" }\nmost = 1',
                'comparator = ">="\nthreshold = 1\ndeduction = "all_or_nothing"',
                {"numerator": 1, "denominator": Decimal("1.5")},
                [("all", "1.5", "0.5", "4.00", "4.00")],
            ),
            # too late: cannot be won back; too early: done again at the day of judgement
            (
                'type = "date"',
                'comparator = "on_or_before"\nthreshold = 2023-06-30\ndeduction = "all_or_nothing"',
                "2023-07-01",
                [],
            ),
            (
                'type = "date"\nbetter = "higher"',
                'comparator = "on_or_after"\nthreshold = 2023-06-30\ndeduction = "all_or_nothing"',
                "2023-05-01",
                [("all", "2023-12-31", None, "4.00", "4.00")],
            ),
            # missing: first of all it must be reported
            (PERCENT, AT_LEAST + 'deduction = "all_or_nothing"', None, []),
        ],
    )
    def test_shapes(self, metric, rule, figure, wanted):
        assert offered(metric, rule, figure)[0] == wanted

    def test_in_a_bonus_pool_each_step_up_to_its_cap_gains(self):
        """One point for each missing of five; the pool is full with 3 of the 4 points."""
        pool = '[group.more]\ntitle = "More"\nkind = "bonus"\ncap = 3\n'
        rule = """[rule.bonus]
group = "more"
title = "Bonus"
source = ["3"]
weight = 4
metric = "ideas"
comparator = ">="
threshold = 5
deduction = { kind = "per_unit", each = 1 }
"""
        ideas = '[metric.ideas]\ntitle = "Ideas"\ntype = "count"\n'
        rules = parse_rules(HEAD + pool + ideas + rule)
        report = scored(rules, other=1, ideas=2)
        gains = report.to_dict("en")["rules"][1]["gains"]
        told = [(gain["aim"], gain["to"], gain["points"]) for gain in gains]
        # With 2 ideas 1 of 4 points is earned; the third brings 1, the fourth fills the pool.
        assert told == [("any", "3", "1.00"), ("all", "4", "2.00")]

    def test_what_an_earlier_rule_loses_by_it_is_told(self):
        """Fewer than six bring the last rule its 10 of 20 points, and cost the rule before its 4."""
        few = """[metric.m]
title = "M"
type = "count"
[rule.many]
group = "work"
title = "Many"
source = ["1"]
weight = 4
metric = "m"
comparator = ">="
threshold = 10
deduction = "all_or_nothing"
[rule.few]
group = "work"
title = "Few"
source = ["1"]
weight = 10
metric = "m"
comparator = "<="
threshold = 5
deduction = "all_or_nothing"
"""
        report = scored(parse_rules(HEAD + few), other=1, m=12)
        [gain] = report.to_dict("en")["rules"][2]["gains"]
        # On a scale of 10: 10 of 20 points are 5.00, 16 of 20 are 8.00.
        assert (gain["to"], gain["points"], gain["index"]) == ("5", "10.00", "3.00")

    def test_a_target_read_from_a_figure_is_that_of_each_submission(self):
        rule = """[metric.m]
title = "M"
type = "count"
[metric.goal]
title = "Goal"
type = "count"
[rule.r]
group = "work"
title = "R"
source = ["1"]
weight = 4
metric = "m"
comparator = ">="
threshold = { metric = "goal" }
deduction = "all_or_nothing"
"""
        rules = parse_rules(HEAD + rule)
        for goal in (10, 30, 20):
            report = scored(rules, other=1, m=5, goal=goal)
            [gain] = report.to_dict("en")["rules"][1]["gains"]
            assert gain["to"] == str(goal)

    def test_an_exemption_is_taken_off_first(self):
        more = '[metric.exempted]\ntitle = "E"\ntype = "count"\n'
        rule = 'comparator = "<="\nthreshold = 0\ndeduction = { kind = "per_unit", each = 1, exempt = "exempted" }'
        gains, _ = offered(
            'type = "count"\nbetter = "lower"', rule, 5, more, exempted=3
        )
        assert gains == [
            ("any", "4", "-1", "1.00", "1.00"),
            ("all", "3", "-2", "2.00", "2.00"),
        ]

    def test_a_derived_metric_offers_the_input_that_gains_most(self):
        more = '[metric.a]\ntitle = "A"\ntype = "percent"\n[metric.b]\ntitle = "B"\ntype = "percent"\n'
        rule = 'comparator = ">="\nthreshold = 100\ndeduction = "proportional"'
        gains, found = offered(
            'type = "percent"\nformula = "0.6 * a + 0.4 * b"',
            rule,
            None,
            more,
            a=50,
            b=50,
        )
        # a to 99.8: 0.6 × 99.8 + 0.4 × 50 = 79.88, 4 × 0.7988 = 3.1952 → 3.20; a to 50.21: 4 × 0.50126 = 2.00504 → 2.01
        assert gains == [
            ("any", "50.21", "0.21", "0.01", "0.01"),
            ("all", "99.8", "49.8", "1.20", "1.20"),
        ]
        assert found["gains"][0]["metric"] == "a"
        assert (
            found["gains"][0]["text"]
            == "A: from 50 up to 50.21 %: +0.01 points, index +0.01"
        )

    def test_a_derived_metric_that_falls_as_its_input_rises(self):
        # 101 − 2 × 1 = 99 lies in no tier that gives points; 101 − 2 × 47 = 7 is the first below 8
        more = '[metric.a]\ntitle = "A"\ntype = "count"\n'
        rule = (
            'deduction = { kind = "tiers", tiers = [ { from = 8, points = 0 }, '
            "{ below = 8, points = 4 } ] }"
        )
        derived = 'type = "number"\nbetter = "lower"\nformula = "101 - 2 * a"'
        gains, _ = offered(derived, rule, None, more, a=1)
        assert gains == [("all", "47", "46", "4.00", "4.00")]

    def test_figures_that_a_formula_refuses_are_not_offered(self):
        # more than twelve places cannot be: the count ends there
        rule = 'deduction = { kind = "formula", formula = "value / 4 * round_half_up(1, value)" }'
        assert offered('type = "count"', rule, 11)[0] == [
            ("all", "12", "1", "0.25", "0.25")
        ]
        more = '[metric.a]\ntitle = "A"\ntype = "count"\n'
        formula = 'type = "number"\nformula = "a * round_half_up(1, a)"'
        rule = 'comparator = ">="\nthreshold = 20\ndeduction = "proportional"'
        gains, _ = offered(formula, rule, None, more, a=10)  # 4 × 12/20 = 2.40
        assert gains == [
            ("any", "11", "1", "0.20", "0.20"),
            ("all", "12", "2", "0.40", "0.40"),
        ]

    def test_figures_with_which_another_rule_cannot_be_scored_are_not_offered(self):
        more = '[metric.d]\ntitle = "D"\ntype = "number"\nformula = "round_half_up(1, m)"\n[rule.d]\ngroup = "work"\n'
        more += 'title = "D"\nsource = ["3"]\nmetric = "d"\ncomparator = ">="\nthreshold = 1\ndeduction = "none"\n'
        rule = 'comparator = ">="\nthreshold = 20\ndeduction = "all_or_nothing"'
        assert offered('type = "count"', rule, 5, more)[0] == []

    def test_gates_over_the_same_figure_open_with_it(self):
        # r requires g1 and a person's judgement p, which both require g: with 8 all are open
        def gated(name, target, requires, kind="all_or_nothing"):
            required = ", ".join(f'"{other}"' for other in requires)
            return (
                f'[rule.{name}]\ngroup = "work"\ntitle = "{name}"\nsource = ["1"]\nweight = 1\n{target}'
                f'requires = [{required}]\ndeduction = "{kind}"\n'
            )

        reads = 'metric = "m"\ncomparator = ">="\nthreshold = '
        more = (
            gated("g", f"{reads}8\n", [])
            + gated("g1", f"{reads}2\n", ["g"])
            + gated("p", "", ["g"], "manual")
        )
        rule = 'comparator = ">="\nthreshold = 3\ndeduction = "all_or_nothing"\nrequires = ["g1", "p"]'
        gains, found = offered(
            'type = "count"',
            rule,
            5,
            more,
            points={"p": {"points": 1, "reason": "seen"}},
        )
        assert found["reason"]["code"] == "gate_closed"
        assert [gain[:4] for gain in gains] == [("all", "8", "3", "4.00")]
        assert (
            gains[0][4] == "5.38"
        )  # earned 6 of 13, then 6 + 4 + 1 + 1 + 1: 10 × 13/13 − 4.62

    def test_what_no_single_figure_wins_back_is_said(self):
        more = '[metric.a]\ntitle = "A"\ntype = "percent"\n[metric.b]\ntitle = "B"\ntype = "percent"\n'
        rule = 'comparator = ">="\nthreshold = 80\ndeduction = "all_or_nothing"'
        gains, found = offered(
            'type = "percent"\nformula = "min(a, b)"', rule, None, more, a=50, b=50
        )
        assert gains == []
        assert (
            found["win_back"]
            == "No change of a single figure wins points back; required at least 80 %"
        )

    def test_an_index_that_does_not_move_is_said(self):
        """The index is at its scale already; bonus points beyond it change nothing."""
        pool = HEAD.replace(
            'title = "Work"', 'title = "Work"\nkind = "bonus"\ncap = 20'
        )
        pool = pool.replace("over_scale = true", "over_scale = false")
        rules = parse_rules(
            pool
            + """
[group.base]
title = "Base"
[rule.b]
group = "base"
title = "B"
source = ["3"]
metric = "other"
comparator = ">="
threshold = 1
weight = 1
deduction = "all_or_nothing"
[metric.m]
title = "M"
type = "yes_no"
[rule.r]
group = "work"
title = "R"
source = ["1"]
metric = "m"
comparator = "is"
threshold = true
weight = 4
deduction = "all_or_nothing"
"""
        )
        figures = {"other": 1, "m": False}
        submission = {
            "format": 1,
            "ruleset": "tiny",
            "unit": "U",
            "period": "2023",
            "measurements": figures,
        }
        document = score(rules, load_measurements(submission, rules)).to_dict("en")
        (gain,) = next(rule for rule in document["rules"] if rule["id"] == "r")["gains"]
        assert (gain["points"], gain["index"]) == ("4.00", "0.00")
        assert gain["text"] == "“yes” can be reported: +4.00 points, index unchanged"
