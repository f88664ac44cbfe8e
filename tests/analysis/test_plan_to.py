"""The fewest rules to mend: what is proposed scores as promised, and no smaller choice of changes does."""

import json
from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import prod
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from packaged_rules import packaged
from rule_texts import TINY_LINES
from searches import mostly_tests, tests_something
from strategies import cases

from cchc_rules import (
    SubmissionError,
    load_measurements,
    parse_rules,
    score,
)
from cchc_rules.analysis.what_if.plan_to import plan_to, submitted
from cchc_rules.analysis.what_if.possible_changes import PossibleChanges
from cchc_rules.cli.main import main
from cchc_rules.render.plan import render as render_plan

ROOT = Path(__file__).parents[2]
MANY = 300


def every_choice(report, measurements, rules, possible):
    """Every choice of changes with the outcome it scores to, from scratch: (how many changes, outcome)."""
    options = [[None, *changes] for changes in possible.by_metric.values()]
    for picked in product(*options):
        chosen = [change for change in picked if change]
        raw = {
            change.metric: submitted(change.steps, change.step, measurements)
            for change in chosen
        }
        yield (
            len(chosen),
            score(rules, measurements.changed(raw), as_of=report.as_of).scoring,
        )


def ways(possible):
    return prod(1 + len(changes) for changes in possible.by_metric.values())


class TestTheFewest:
    @mostly_tests
    @given(st.data(), cases())
    def test_no_smaller_choice_reaches_an_index(self, data, case):
        text, _, submission = case
        rules = parse_rules(text)
        measurements = load_measurements(submission, rules)
        report = score(rules, measurements)
        possible = PossibleChanges(report.scoring)
        assume(ways(possible) <= MANY)
        every = every_choice(report, measurements, rules, possible)
        choices = [one for one in every if one[1].index.exact is not None]
        assume(report.index.exact is not None and choices)
        exact = data.draw(
            st.sampled_from(sorted({outcome.index.exact for _, outcome in choices}))
        )
        nudge = data.draw(
            st.sampled_from(
                [Decimal(0), Decimal("0.000001"), Decimal("-0.000001"), Decimal(1)]
            )
        )
        target = (
            Decimal(exact.numerator * 10**6 // exact.denominator).scaleb(-6) + nudge
        )
        found = plan_to(rules, measurements, index=target)
        left = report.scoring.index.base.maximum - report.scoring.index.base.rescaled
        if not found.proven:
            assert left == 0
            return
        tests_something()
        assert [*found.now.scoring.results] == [*report.scoring.results]
        if found.reached:
            assert found.then.index.exact >= Fraction(target)
            assert len(found.steps) == min(
                n for n, outcome in choices if outcome.index.exact >= Fraction(target)
            )
        else:
            assert (
                found.then.index.exact
                == max(outcome.index.exact for _, outcome in choices)
                < Fraction(target)
            )
        if found.steps:
            assert found.steps[-1].value == found.then.index.value

    @pytest.mark.wide
    @mostly_tests
    @given(st.data(), cases(always=["bands"]))
    def test_no_smaller_choice_reaches_a_band(self, data, case):
        text, _, submission = case
        rules = parse_rules(text)
        measurements = load_measurements(submission, rules)
        report = score(rules, measurements)
        names = [
            band.id
            for band in sorted(
                report.scoring.rules.bands, key=lambda band: band.interval.low or 0
            )
        ]
        band = data.draw(st.sampled_from(names))
        possible = PossibleChanges(report.scoring)
        assume(ways(possible) <= MANY)

        def reaches(outcome):
            found = outcome.banding().band
            return found is not None and names.index(found.id) >= names.index(band)

        choices = list(every_choice(report, measurements, rules, possible))
        found = plan_to(rules, measurements, band=band)
        if not found.proven:
            assert (
                report.scoring.index.base.maximum == report.scoring.index.base.rescaled
            )
            return
        tests_something()
        least = min((n for n, outcome in choices if reaches(outcome)), default=None)
        assert found.reached == (least is not None)
        if found.reached:
            assert reaches(found.then.scoring)
            assert len(found.steps) == least


GOOD = ROOT / "examples" / "cam-due-2023.json"

ABSENCE_AND_WORK = """absence = { not_applicable = "exclude", not_due = "exclude" }
[group.work]
title = "Work"
"""
HEAD = TINY_LINES + ABSENCE_AND_WORK
OF_TEN = TINY_LINES + "index = { scale = 10 }\n" + ABSENCE_AND_WORK


def yes(name, weight, more="", group="work"):
    """A yes/no metric and a rule of it, not met."""
    return f"""
[metric.{name}]
title = "{name}"
type = "yes_no"
[rule.{name}]
group = "{group}"
title = "{name}"
source = ["1"]
metric = "{name}"
comparator = "is"
threshold = true
weight = {weight}
deduction = "all_or_nothing"
{more}
"""


def again(name, weight, group):
    """Another rule of a yes/no metric that is there."""
    rule = yes(name, weight, group=group).partition("[rule.")[2]
    return f"[rule.{rule}".replace(f"[rule.{name}]", f"[rule.{name}-again]")


def tiny(text, head=HEAD, **figures):
    rules = parse_rules(head + text)
    names = [name for name in rules.metrics if rules.metrics[name].type == "yes_no"]
    measurements = {**dict.fromkeys(names, False), **figures}
    submission = {
        "format": 1,
        "ruleset": "tiny",
        "unit": "U",
        "period": "2023",
        "measurements": measurements,
    }
    return rules, load_measurements(submission, rules)


def chosen(found):
    return sorted(step.change.rule for step in found.steps)


class TestByHand:
    def test_a_gate_costs_a_step_of_its_own(self):
        # c is worth most, but needs g first; a and b together reach 50 of 100 with two, c and g reach 60 with two
        text = (
            yes("a", 20)
            + yes("b", 20)
            + yes("g", 10)
            + yes("c", 50, 'requires = ["g"]')
        )
        rules, measurements = tiny(text)
        assert chosen(plan_to(rules, measurements, index=60)) == ["c", "g"]
        found = plan_to(rules, measurements, index=20)
        assert chosen(found) == ["a"]
        (behind,) = [change for change in found.mendable if change.rule == "c"]
        assert (behind.behind, behind.gain) == (("g",), 0)
        assert [
            str(step.value) for step in plan_to(rules, measurements, index=100).steps
        ][-1] == "100.00"

    def test_two_gates_alike(self):
        pairs = "".join(
            yes(f"g{at}", 10) + yes(f"c{at}", 40, f'requires = ["g{at}"]')
            for at in (1, 2)
        )
        rules, measurements = tiny(pairs)
        assert len(plan_to(rules, measurements, index=10).steps) == 1
        assert len(plan_to(rules, measurements, index=50).steps) == 2
        assert len(plan_to(rules, measurements, index=60).steps) == 3

    def test_a_gate_over_figures_of_which_one_does_not_apply(self):
        numbers = "".join(
            f'[metric.{name}]\ntitle = "{name}"\ntype = "percent"\n'
            for name in ("u", "v")
        )
        numbers += '[metric.best]\ntitle = "best"\ntype = "percent"\nformula = "largest_known(u, v)"\n'
        numbers += '[rule.g]\ngroup = "work"\ntitle = "g"\nsource = ["1"]\nmetric = "best"\ncomparator = ">="\n'
        numbers += 'threshold = 80\nweight = 50\ndeduction = "all_or_nothing"\n'
        rules, measurements = tiny(
            numbers + yes("c", 50, 'requires = ["g"]'),
            u=50,
            v={"not_applicable": "none"},
            c=True,
        )
        found = plan_to(rules, measurements, index=100)
        assert chosen(found) == ["g"]
        assert found.steps[0].change.metric == "u"

    def test_a_threshold_that_was_not_reported_is_reported(self):
        # 50 of 100 now; ours is 50, and theirs may be reported as 50 or less
        numbers = "".join(
            f'[metric.{name}]\ntitle = "{name}"\ntype = "percent"\n'
            for name in ("ours", "theirs")
        )
        numbers += '[rule.r]\ngroup = "work"\ntitle = "r"\nsource = ["1"]\nmetric = "ours"\ncomparator = ">="\n'
        numbers += 'threshold = { metric = "theirs" }\nweight = 50\ndeduction = "all_or_nothing"\n'
        rules, measurements = tiny(numbers + yes("a", 50), ours=50, a=True)
        found = plan_to(rules, measurements, index=100)
        assert [(step.change.rule, step.change.metric) for step in found.steps] == [
            ("r", "theirs")
        ]

    def test_a_mean_gives_each_of_its_rules_a_share(self):
        # 60 now; each rule of the mean brings half of its 40
        mean = '[group.mean]\ntitle = "Mean"\ncombine = "mean"\nweight = 40\n'
        rules, measurements = tiny(
            yes("a", 60) + mean + yes("x", 1, group="mean") + yes("y", 1, group="mean"),
            a=True,
        )
        assert [
            str(step.value) for step in plan_to(rules, measurements, index=80).steps
        ] == ["80.00"]
        assert chosen(plan_to(rules, measurements, index=81)) == ["x", "y"]

    def means(self, *, post, phone):
        """A mean of 4 points over two shares of weights 0.6 and 0.4; the full points are at 100 %."""
        text = "index = { scale = 4 }\n"
        text += '[group.contact]\ntitle = "Contact"\ncombine = "mean"\nweight = 4\n'
        for name, weight in (("post", "0.6"), ("phone", "0.4")):
            text += f"""
[metric.{name}]
title = "{name}"
type = "percent"
[rule.{name}]
group = "contact"
title = "{name}"
source = ["1"]
metric = "{name}"
comparator = ">="
threshold = 100
weight = {weight}
deduction = "proportional"
"""
        rules = parse_rules(TINY_LINES + text)
        submission = {
            "format": 1,
            "ruleset": "tiny",
            "unit": "U",
            "period": "2023",
            "measurements": {"post": post, "phone": phone},
        }
        return rules, load_measurements(submission, rules)

    def test_a_rule_of_a_mean_may_lose_less_than_a_tick(self):
        # 0.4 × 0.993 = 0.3972 is shown as 0.40 of 0.40, and yet 4 × (0.6 × 1 + 0.3972) = 3.9888 is not 4
        rules, measurements = self.means(post=100, phone=Decimal("99.3"))
        found = plan_to(rules, measurements, index=4)
        assert (found.reached, chosen(found)) == (True, ["phone"])
        # 3.9888 is 3.99 before, 4.00 after
        assert [(str(step.points), str(step.value)) for step in found.steps] == [
            ("0.01", "4.00")
        ]

    def test_points_of_a_mean_are_those_of_the_index(self):
        # 4 × (0.5934 + 0.3972) = 3.9624; post alone: 4 × (0.6 + 0.3972) = 3.9888; both: 4
        rules, measurements = self.means(post=Decimal("98.9"), phone=Decimal("99.3"))
        found = plan_to(rules, measurements, index=4)
        assert [
            (step.change.rule, str(step.points), str(step.value))
            for step in found.steps
        ] == [("post", "0.03", "3.99"), ("phone", "0.01", "4.00")]
        assert found.proven

    def test_one_figure_serves_the_base_and_a_pool(self):
        # 0 of 10 now: s brings 2 + 5, a brings 3; s and a make 10, and no other two do
        bonus = '[group.extra]\ntitle = "Extra"\nkind = "bonus"\ncap = 5\n'
        both = yes("s", 2) + bonus + again("s", 5, group="extra")
        rest = yes("a", 3) + yes("b", 3) + yes("c", 2)
        rules, measurements = tiny(both + rest, OF_TEN)
        found = plan_to(rules, measurements, index=10)
        assert (found.reached, len(found.steps)) == (True, 2)
        assert "s" in [step.change.metric for step in found.steps]
        assert str(found.then.index.value) == "10.00"

    def test_an_index_below_zero_is_lifted(self):
        # −2 now: five rules of 2 not met, and a penalty of 2; one of the six lifts it to 0
        text = "".join(yes(name, 2) for name in "abcde")
        text += '[group.less]\ntitle = "Less"\nkind = "penalty"\ncap = 2\n'
        text += yes("p", 2, group="less")
        rules, measurements = tiny(text, OF_TEN)
        assert str(score(rules, measurements).index.value) == "-2.00"
        found = plan_to(rules, measurements, index=0)
        assert (found.reached, len(found.steps), str(found.then.index.value)) == (
            True,
            1,
            "0.00",
        )

    def test_nothing_is_left_to_score_at_first(self):
        out = 'absence = { missing = "exclude" }'
        rules, measurements = tiny(
            yes("a", 50, out) + yes("b", 50, out), a=None, b=None
        )
        found = plan_to(rules, measurements, index=50)
        assert found.reached
        assert len(found.steps) == 1
        assert not plan_to(rules, measurements, index=101).reached

    def test_a_capped_pool_gives_no_more_than_its_cap(self):
        pool = '[group.pool]\ntitle = "Pool"\nkind = "bonus"\ncap = 5\n'
        text = (
            yes("a", 96)
            + yes("d", 4)
            + pool
            + yes("x", 5, group="pool")
            + yes("y", 5, group="pool")
        )
        rules, measurements = tiny(text, a=True)
        # 96 now; one of the pool brings 101, held to 100; both bring no more than one
        found = plan_to(rules, measurements, index=100)
        assert len(found.steps) == 1
        assert found.proven
        assert str(found.then.index.value) == "100.00"

    def test_a_gate_on_a_band_is_mended_too(self):
        bands = '[[band]]\nid = "top"\ntitle = "Top"\nfrom = 50\n[[band]]\nid = "low"\ntitle = "Low"\nbelow = 50\n'
        text = (
            yes("a", 60)
            + yes("b", 40)
            + bands
            + '[[band_gate]]\nrule = "b"\nat_most = "low"\n'
        )
        rules, measurements = tiny(text)
        assert chosen(plan_to(rules, measurements, band="top")) == ["a", "b"]
        assert plan_to(rules, measurements, band="low").steps == ()

    def test_a_closed_gate_on_a_band_that_nothing_opens(self):
        bands = '[[band]]\nid = "top"\ntitle = "Top"\nfrom = 50\n[[band]]\nid = "low"\ntitle = "Low"\nbelow = 50\n'
        late = """
[metric.late]
title = "late"
type = "date"
[rule.late]
group = "work"
title = "late"
source = ["1"]
metric = "late"
comparator = "on_or_before"
threshold = 2023-02-01
deduction = "none"
"""
        text = (
            yes("a", 100)
            + late
            + bands
            + '[[band_gate]]\nrule = "late"\nat_most = "low"\n'
        )
        rules, measurements = tiny(text, late="2023-03-01")
        found = plan_to(rules, measurements, band="top")
        assert not found.reached
        assert chosen(found) == ["a"]
        assert str(found.then.index.value) == "100.00"

    @pytest.mark.parametrize(("edge", "count"), [("from", 1), ("above", 2)])
    @pytest.mark.parametrize("read", ["exact", "rounded"])
    def test_edges_of_bands(self, edge, count, read):
        below = "below" if edge == "from" else "to"
        bands = f'[bands]\nreads = "{read}"\n[[band]]\nid = "top"\ntitle = "T"\n{edge} = 50\n'
        bands += f'[[band]]\nid = "low"\ntitle = "L"\n{below} = 50\n'
        rules, measurements = tiny(yes("a", 50) + yes("b", 30) + yes("c", 20) + bands)
        assert len(plan_to(rules, measurements, band="top").steps) == count

    def test_a_rounded_band_is_reached_from_half_a_tick_below(self):
        # 2 of 3 is 66.666…, shown as 66.67
        bands = '[[band]]\nid = "top"\ntitle = "T"\nfrom = 66.67\n[[band]]\nid = "low"\ntitle = "L"\nbelow = 66.67\n'
        rules, measurements = tiny(yes("a", 2) + yes("b", 1) + bands)
        assert chosen(plan_to(rules, measurements, band="top")) == ["a", "b"]
        rules, measurements = tiny(
            yes("a", 2) + yes("b", 1) + '[bands]\nreads = "rounded"\n' + bands
        )
        assert chosen(plan_to(rules, measurements, band="top")) == ["a"]

    def test_too_many_ways_are_said(self):
        pool = '[group.pool]\ntitle = "Pool"\nkind = "bonus"\ncap = 15\n'
        text = (
            yes("a", 80)
            + yes("b", 20)
            + pool
            + "".join(yes(f"p{at}", 1, group="pool") for at in range(15))
        )
        rules, measurements = tiny(text, a=True)
        found = plan_to(rules, measurements, index=95)
        assert found.reached
        assert not found.proven
        assert chosen(found) == ["b"]
        assert "16,384" in found.to_dict("en")["text"]
        assert not plan_to(rules, measurements, index=101).reached

    def rescaling(self):
        """Missing m is taken out of the base: with it the base is out of 100 instead of 80, beside two pools."""
        pools = "".join(
            f'[group.p{at}]\ntitle = "Pool"\nkind = "bonus"\ncap = 5\n' for at in (1, 2)
        )
        pools += yes("x", 5, group="p1") + yes("y", 5, group="p2")
        text = (
            yes("a", 40)
            + yes("b", 40)
            + yes("m", 20, 'absence = { missing = "exclude" }')
            + pools
        )
        bands = '[[band]]\nid = "top"\ntitle = "T"\nfrom = 50\n[[band]]\nid = "low"\ntitle = "L"\nbelow = 50\n'
        return tiny(
            text + bands + '[[band_gate]]\nrule = "x"\nat_most = "low"\n', m=None
        )

    @pytest.mark.parametrize("target", [1, 5, 20, 30, 50, 54, 55, 58, 83, 90, 100, 101])
    def test_pools_beside_figures_that_rescale(self, target):
        rules, measurements = self.rescaling()
        report = score(rules, measurements)
        possible = PossibleChanges(report.scoring)
        choices = list(every_choice(report, measurements, rules, possible))
        found = plan_to(rules, measurements, index=target)
        least = min(
            (n for n, outcome in choices if outcome.index.exact >= target), default=None
        )
        assert (len(found.steps) if found.reached else None) == least
        assert found.proven

    def test_a_band_beside_figures_that_rescale(self):
        rules, measurements = self.rescaling()
        assert chosen(plan_to(rules, measurements, band="top")) in (
            ["a", "x"],
            ["b", "x"],
        )

    def test_more_ways_of_pools_than_are_tried(self, monkeypatch):
        monkeypatch.setattr("cchc_rules.analysis.what_if.fewest_changes.MOST_SETS", 2)
        rules, measurements = self.rescaling()
        assert not plan_to(rules, measurements, index=90).proven

    def test_a_gate_that_no_single_figure_opens(self):
        numbers = "".join(
            f'[metric.{name}]\ntitle = "{name}"\ntype = "percent"\n'
            for name in ("u", "v")
        )
        numbers += (
            '[metric.both]\ntitle = "both"\ntype = "percent"\nformula = "min(u, v)"\n'
        )
        for name, least in (("u", 60), ("both", 80)):
            numbers += f'[rule.{name}]\ngroup = "work"\ntitle = "{name}"\nsource = ["1"]\nmetric = "{name}"\n'
            numbers += f'comparator = ">="\nthreshold = {least}\nweight = 50\ndeduction = "all_or_nothing"\n'
        bands = '[[band]]\nid = "top"\ntitle = "T"\nfrom = 50\n[[band]]\nid = "low"\ntitle = "L"\nbelow = 50\n'
        rules, measurements = tiny(
            numbers + bands + '[[band_gate]]\nrule = "both"\nat_most = "low"\n',
            u=50,
            v=50,
        )
        found = plan_to(rules, measurements, band="top")
        assert not found.reached
        assert chosen(found) == ["u"]

    def test_changes_that_only_together_are_refused(self):
        numbers = "".join(
            f'[metric.{name}]\ntitle = "{name}"\ntype = "count"\n'
            for name in ("u", "v")
        )
        numbers += '[metric.both]\ntitle = "both"\ntype = "number"\nformula = "round_half_up(1, u + v)"\n'
        for name in ("u", "v"):
            numbers += f'[rule.{name}]\ngroup = "work"\ntitle = "{name}"\nsource = ["1"]\nmetric = "{name}"\n'
            numbers += 'comparator = ">="\nthreshold = 10\nweight = 50\ndeduction = "all_or_nothing"\n'
        numbers += '[rule.both]\ngroup = "work"\ntitle = "both"\nsource = ["1"]\nmetric = "both"\n'
        rules, measurements = tiny(
            numbers + 'comparator = ">="\nthreshold = 1\ndeduction = "none"\n', u=0, v=0
        )
        found = plan_to(
            rules, measurements, index=100
        )  # ten and ten are more places than formulas may have
        assert not found.reached
        assert str(found.then.index.value) == "50.00"

    def test_a_band_and_a_formula_are_said(self):
        text = """
[metric.half]
title = "Half"
type = "percent"
formula = "whole / 2"
[metric.whole]
title = "Whole"
type = "percent"
[rule.half]
group = "work"
title = "half"
source = ["1"]
metric = "half"
comparator = ">="
threshold = 30
weight = 100
deduction = "all_or_nothing"
[[band]]
id = "top"
title = "Top"
from = 50
[[band]]
id = "low"
title = "Low"
below = 50
"""
        rules, measurements = tiny(text, whole=20)
        document = plan_to(rules, measurements, band="top").to_dict("en")
        assert document["steps"][0]["text"] == "Whole: from 20 up to 60 %"
        assert document["text"].startswith("For the band “Top” or better")

    def test_efforts_order_what_is_offered(self):
        remedy = '[remedy.ask]\ntask = "Ask"\neffort = 4\n'
        text = (
            yes("a", 40, 'remedy = "ask"')
            + yes("b", 30, "effort = 1")
            + yes("c", 30)
            + remedy
        )
        rules, measurements = tiny(text)
        found = plan_to(rules, measurements, index=100)
        assert [step.change.rule for step in found.steps] == ["b", "a", "c"]
        rows = found.to_dict("en")["mendable"]
        assert [(row["rule"], row["effort"], row["per_effort"]) for row in rows] == [
            ("b", "1", "30"), ("a", "4", "10"), ("c", None, None)
        ]  # fmt: skip

    def test_what_is_wanted_is_said_once(self):
        rules, measurements = tiny(yes("a", 1))
        for wanted in ({}, {"index": 1, "band": "top"}):
            with pytest.raises(ValueError, match="exactly one"):
                plan_to(rules, measurements, **wanted)
        with pytest.raises(SubmissionError):
            plan_to(rules, measurements, band="top")

    def test_an_index_that_is_no_exact_number_is_refused(self):
        rules, measurements = tiny(yes("a", 1))
        for inexact in (7.5, "7.5", True):
            with pytest.raises(
                TypeError, match="index: an int, a Decimal or a Fraction"
            ):
                plan_to(rules, measurements, index=inexact)
        for endless in (Decimal("NaN"), Decimal("Infinity")):
            with pytest.raises(ValueError, match="index: not-finite"):
                plan_to(rules, measurements, index=endless)
        assert plan_to(rules, measurements, index=Fraction(15, 2)).reached

    def test_lists_and_days_that_were_not_reported(self):
        text = """
[metric.texts]
title = "texts"
type = "count"
distinct = true
[rule.texts]
group = "work"
title = "texts"
source = ["1"]
metric = "texts"
comparator = ">="
threshold = 2
weight = 50
deduction = "all_or_nothing"
[metric.day]
title = "day"
type = "date"
[rule.day]
group = "work"
title = "day"
source = ["1"]
metric = "day"
comparator = "before"
threshold = 2023-06-30
weight = 30
deduction = "all_or_nothing"
[metric.state]
title = "state"
type = "level"
levels = ["good", "poor"]
[rule.state]
group = "work"
title = "state"
source = ["1"]
metric = "state"
comparator = "is"
threshold = "good"
weight = 20
deduction = "all_or_nothing"
"""
        rules, measurements = tiny(text)
        found = plan_to(rules, measurements, index=100)
        steps = {
            step["metric"]: (step["from"], step["to"], step["missing"])
            for step in found.to_dict()["steps"]
        }
        assert steps == {
            "texts": (None, "2", True), "day": (None, "2023-06-29", True), "state": (None, "good", True)
        }  # fmt: skip


class TestTheViews:
    def test_every_format_says_the_same(self, capsys, tmp_path):
        out = tmp_path / "plan.json"
        for form in ("text", "markdown"):
            for lang in ("vi", "en"):
                assert (
                    main(
                        [
                            "plan",
                            str(GOOD),
                            "--to",
                            "90",
                            "--format",
                            form,
                            "--lang",
                            lang,
                        ]
                    )
                    == 0
                )
                assert "91,24" in capsys.readouterr().out.replace("91.24", "91,24")
        assert (
            main(
                [
                    "plan",
                    str(GOOD),
                    "--to",
                    "90",
                    "--format",
                    "json",
                    "--output",
                    str(out),
                ]
            )
            == 0
        )
        document = json.loads(out.read_text(encoding="utf-8"))
        assert document["reached"] is True
        assert [step["value"] for step in document["steps"]] == [
            "85.03",
            "87.49",
            "89.45",
            "91.24",
        ]
        assert document["then"]["value"] == "91.24"
        assert len(document["mendable"]) == 36

    def test_exit_codes(self, capsys):
        assert main(["plan", str(GOOD), "--to", "80"]) == 0
        assert "Đã đạt" in capsys.readouterr().out
        assert main(["plan", str(GOOD), "--to", "100"]) == 1
        assert main(["plan", str(GOOD)]) == 2
        assert main(["plan", str(GOOD), "--to", "1", "--to-band", "good"]) == 2
        assert main(["plan", str(GOOD), "--to-band", "best"]) == 4
        assert main(["plan", str(GOOD), "--to", "80", "--rules", "no-such"]) == 3

    def test_gates_and_nothing_to_mend(self):
        rules, measurements = tiny(yes("g", 10) + yes("c", 90, 'requires = ["g"]'))
        document = plan_to(rules, measurements.changed({"c": True}), index=100).to_dict(
            "en"
        )
        assert "Tried" in render_plan(document, "text")
        document = plan_to(rules, measurements, index=5).to_dict("en")
        assert "first to be met: g" in render_plan(document, "text")
        done = plan_to(
            rules, measurements.changed({"g": True, "c": True}), index=100
        ).to_dict("en")
        assert "No rule can be mended" in render_plan(done, "text")
        assert "No rule can be mended" in render_plan(done, "markdown")


@pytest.mark.parametrize(
    ("lang", "wanted"),
    [
        ("vi", ["báo cáo là “có”", "báo cáo ở mức 100 %", "báo cáo ở mức 75 %"]),
        ("en", ["reported as “yes”", "reported at 100 %", "reported at 75 %"]),
    ],
)
def test_what_is_missing_is_said_as_a_word_or_as_a_figure(lang, wanted):
    rules = packaged("cam-due-2023")
    example = Path(__file__).parents[2] / "examples" / "cam-due-2023.json"
    found = plan_to(rules, load_measurements(example, rules), index=90).to_dict(lang)
    assert (
        sorted(change["text"] for change in found["mendable"] if change["missing"])
        == wanted
    )
