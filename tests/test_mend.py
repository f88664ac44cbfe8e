"""The fewest rules to mend: what is proposed scores as promised, and no smaller choice of changes does."""

from decimal import Decimal
from fractions import Fraction
from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from strategies import cases

from cchc_rules import load_measurements, parse_rules, score
from cchc_rules.mend import _goal, _Mender, plan_to, submitted

MANY = 300


def every_choice(report, measurements, rules, mender):
    """Every choice of changes with the outcome it scores to, from scratch: (how many changes, outcome)."""
    options = [[None, *changes] for changes in mender.changes.values()]
    for picked in product(*options):
        chosen = [change for change in picked if change]
        raw = {change.metric: submitted(change.steps, change.step, measurements) for change in chosen}
        yield len(chosen), score(rules, measurements.changed(raw), as_of=report.as_of).outcome


def ways(mender):
    total = 1
    for changes in mender.changes.values():
        total *= 1 + len(changes)
    return total


class TestTheFewest:
    @given(st.data(), cases())
    def test_no_smaller_choice_reaches_an_index(self, data, case):
        text, _, submission = case
        rules = parse_rules(text)
        measurements = load_measurements(submission, rules)
        report = score(rules, measurements)
        mender = _Mender(report.outcome, _goal(report.outcome, Fraction(10**6), None))
        if ways(mender) > MANY:
            return
        choices = list(every_choice(report, measurements, rules, mender))
        exact = data.draw(st.sampled_from(sorted({outcome.index.exact for _, outcome in choices})))
        nudge = data.draw(st.sampled_from([Decimal(0), Decimal("0.000001"), Decimal("-0.000001"), Decimal(1)]))
        target = Decimal(exact.numerator * 10**6 // exact.denominator).scaleb(-6) + nudge
        found = plan_to(rules, measurements, index=target)
        left = report.outcome.index.base.maximum - report.outcome.index.base.rescaled
        if not found.proven:
            assert left == 0
            return
        assert [*found.now.outcome.results] == [*report.outcome.results]
        if found.reached:
            assert found.then.index.exact >= Fraction(target)
            assert len(found.steps) == min(n for n, outcome in choices if outcome.index.exact >= Fraction(target))
        else:
            assert found.then.index.exact == max(outcome.index.exact for _, outcome in choices) < Fraction(target)
        if found.steps:
            assert found.steps[-1].value == found.then.index.value

    @given(st.data(), cases())
    def test_no_smaller_choice_reaches_a_band(self, data, case):
        text, _, submission = case
        rules = parse_rules(text)
        measurements = load_measurements(submission, rules)
        report = score(rules, measurements)
        if not report.outcome.rules.bands:
            return
        names = [band.id for band in sorted(report.outcome.rules.bands, key=lambda band: band.interval.low or 0)]
        band = data.draw(st.sampled_from(names))
        mender = _Mender(report.outcome, _goal(report.outcome, None, band))
        if ways(mender) > MANY:
            return

        def reaches(outcome):
            found = outcome.banding().band
            return found is not None and names.index(found.id) >= names.index(band)

        choices = list(every_choice(report, measurements, rules, mender))
        found = plan_to(rules, measurements, band=band)
        if not found.proven:
            assert report.outcome.index.base.maximum == report.outcome.index.base.rescaled
            return
        least = min((n for n, outcome in choices if reaches(outcome)), default=None)
        assert found.reached == (least is not None)
        if found.reached:
            assert reaches(found.then.outcome)
            assert len(found.steps) == least
