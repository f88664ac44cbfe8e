"""What would win points back: every offer gains what it says, one step less does not, and nothing gains more."""

import copy
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from strategies import cases, reported

from cchc_rules import load_measurements, parse_rules, score
from cchc_rules.gain import Gains
from cchc_rules.steps import as_json
from cchc_rules.trial import Trial


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
    gains = Gains(report.outcome)
    return [(at, gain) for at in range(len(report.rules)) for gain in gains.of(at)]


class TestWhatIsOffered:
    @given(cases())
    def test_gains_are_those_of_scoring_from_scratch(self, case):
        text, _, submission = case
        rules = parse_rules(text)
        report = score(rules, load_measurements(submission, rules))
        for at, gain in offers(report):
            again = rescored(rules, submission, gain.metric, raw(gain.steps, gain.step))
            unit = 10**rules.index.places
            assert (again.rules[at].earned - report.rules[at].earned) * unit == gain.points > 0
            assert (again.index.value - report.index.value) * unit == gain.value

    @given(cases())
    def test_one_step_less_does_not(self, case):
        text, _, submission = case
        rules = parse_rules(text)
        report = score(rules, load_measurements(submission, rules))
        for at, gain in offers(report):
            less = gain.step - (1 if gain.step > 0 else -1)
            again = rescored(rules, submission, gain.metric, raw(gain.steps, less)) if less else report
            won = (again.rules[at].earned - report.rules[at].earned) * 10**rules.index.places
            assert won < gain.points
            assert gain.aim == "all" or won <= 0

    @given(cases())
    def test_nothing_within_reach_gains_more(self, case):
        text, _, submission = case
        rules = parse_rules(text)
        report = score(rules, load_measurements(submission, rules))
        gains = Gains(report.outcome)
        for at, result in enumerate(report.outcome.results):
            rule = report.rules[at].rule
            if report.outcome.lost(at) <= 0 or rule.metric is None or not isinstance(figure_of(report, rule), tuple):
                continue
            best = {gain.aim: gain for gain in gains.of(at)}
            for name in gains.inputs(rule):
                steps = gains.steps(name)
                low = -300 if steps.low is None else max(steps.low, -300)
                high = 300 if steps.high is None else min(steps.high, 300)
                for step in range(low, high + 1):
                    figure = steps.figure(step)
                    found = figure and gains.trial.results({name: figure})
                    won = found[at].earned - result.earned if found else 0
                    assert won <= (best["all"].points if best else 0), (name, step)
                    if won > 0 and rule.metric == name:
                        assert abs(step) >= abs(best.get("any", best["all"]).step)
                    if best and won == best["all"].points and rule.metric == name:
                        assert abs(step) >= abs(best["all"].step)


def figure_of(report, rule):
    return report.outcome.figure(rule.metric)


class TestTrials:
    """What is tried on an outcome comes to what scoring from scratch comes to, and leaves no trace."""

    @given(st.data(), cases())
    def test_any_changes(self, data, case):
        text, document, submission = case
        rules = parse_rules(text)
        measurements = load_measurements(submission, rules)
        report = score(rules, measurements)
        before = copy.deepcopy((report.outcome.figures, report.outcome.results, report.outcome.groups))
        names = [name for name, metric in document.get("metric", {}).items() if "formula" not in metric]
        chosen = data.draw(st.lists(st.sampled_from(names), unique=True, max_size=4)) if names else []
        changed = copy.deepcopy(submission)
        for name in chosen:
            changed["measurements"][name] = data.draw(reported(document, name, report.as_of))
        again = score(rules, load_measurements(changed, rules))
        trial = Trial(report.outcome)
        changes = {name: again.outcome.figure(name) for name in chosen}
        assert trial.index(changes) == again.outcome.index
        results = trial.results(changes)
        for at, result in enumerate(again.outcome.results):
            assert results.get(at, report.outcome.results[at])[:7] == result[:7]
        assert trial.run.figures == report.outcome.figures == before[0]
        assert [result[:7] for result in trial.run.results] == [result[:7] for result in report.outcome.results]
