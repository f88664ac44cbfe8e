"""What silence can win at most (L9): read off the rules, worked by hand, never more in any scoring."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import cases

from cchc_rules import load_measurements, load_rules, parse_rules, score
from cchc_rules.cli.main import main
from cchc_rules.rules.load import silence_problems
from cchc_rules.rules.silence import Silence, Way
from cchc_rules.testing import laws

GOOD = Path(__file__).parents[1] / "good"
HEAD = """
format = 1
ruleset = { id = "silent", version = "1", title = "Silence", language = "en", valid = { from = 2024-01-01, until = 2024-12-31 } }
index = { weight_basis = "stated" }
metric.m = { title = "M", type = "percent" }
metric.n = { title = "N", type = "percent" }
group.all = { title = "All" }
"""


def rule(name, metric, weight, more="", group="all"):
    return (
        f'[rule.{name}]\ngroup = "{group}"\ntitle = "{name}"\nsource = ["{name}"]\nmetric = "{metric}"\n'
        f'comparator = ">="\nthreshold = 100\nweight = {weight}\ndeduction = "proportional"\n{more}\n'
    )


def most(text, metric="m", way=Way.LEFT_OUT):
    return Silence(parse_rules(HEAD + text)).most(metric, way)


class TestByHand:
    """The rule weighs 4 of 20 on a scale of 100: each point is worth 5."""

    OTHER = rule("o", "n", 16)

    @pytest.mark.parametrize(
        ("effect", "way", "points"),
        [
            ('missing = "lost"', Way.LEFT_OUT, 0),
            ('missing = "full"', Way.LEFT_OUT, 20),
            ("missing = { points = 1 }", Way.LEFT_OUT, 5),
            ("missing = { percent = 50 }", Way.LEFT_OUT, 10),
            ('missing = "manual"', Way.LEFT_OUT, 20),
            ('missing = "show"', Way.LEFT_OUT, 0),
            ('not_applicable = "exclude"', Way.NOT_APPLICABLE, 20),
            ('not_applicable = "lost"', Way.NOT_APPLICABLE, 0),
            ("not_applicable = { points = 1.5 }", Way.NOT_APPLICABLE, Fraction(15, 2)),
        ],
    )
    def test_effects(self, effect, way, points):
        text = rule("r", "m", 4, f"absence = {{ {effect} }}") + self.OTHER
        assert most(text, way=way) == points

    def test_an_effect_that_is_not_declared_is_no_way(self):
        assert most(rule("r", "m", 4) + self.OTHER, way=Way.NOT_APPLICABLE) is None

    def test_points_below_zero_are_spared(self):
        assert most(rule("r", "m", 4, "lowest = -2") + self.OTHER) == 10

    def test_before_its_day(self):
        more = 'due = 2024-06-30\nabsence = { not_due = "full" }'
        assert most(rule("r", "m", 4, more) + self.OTHER) == 20

    def test_what_looks_past_it_may_be_worth_anything(self):
        text = 'metric.f = { title = "F", type = "percent", formula = "first(m, n)" }\n'
        text += rule("r", "f", 4) + self.OTHER
        assert most(text) == 20
        strict = text.replace("first(m, n)", "m / 2 + n / 2")
        assert most(strict) == 0

    def test_a_gate_that_does_not_apply_opens(self):
        more = 'absence = { not_applicable = "lost" }'
        text = rule("r", "m", 4, more) + rule("o", "n", 16, 'requires = ["r"]')
        # 16 of 20 points behind the gate
        assert most(text, way=Way.NOT_APPLICABLE) == 80
        # one of which nothing is known is not open
        assert most(text) == 0

    def test_in_a_mean_its_share_of_the_weights(self):
        text = 'group.mean = { title = "Mean", combine = "mean", weight = 4 }\n'
        text += rule("r", "m", 1, 'absence = { missing = "full" }', group="mean")
        text += rule("s", "n", 3, group="mean") + self.OTHER
        # a quarter of 4 points, and a hundredth for the rounding of the mean: 5 × 1.01
        assert most(text) == Fraction(505, 100)

    def test_pools_count_within_their_caps(self):
        text = 'group.off = { title = "Off", kind = "penalty", cap = 3 }\n'
        text += rule("r", "m", 4, 'absence = { missing = "exclude" }', group="off")
        text += rule("o", "n", 20)
        assert most(text) == 3

    def test_it_is_reached(self):
        """The counter-example: 0 % reported earns nothing, and what is called not applicable all."""
        text = (
            rule("r", "m", 4, 'absence = { not_applicable = "exclude" }') + self.OTHER
        )
        rules = parse_rules(HEAD + text)

        def index(entry):
            submission = {
                "format": 1,
                "ruleset": "silent",
                "unit": "A",
                "period": "2024",
                "measurements": {"m": entry, "n": 100},
            }
            return score(rules, load_measurements(submission, rules)).index.value

        assert index({"not_applicable": "why"}) - index(0) == 20
        assert most(text, way=Way.NOT_APPLICABLE) == 20


class TestTheCommand:
    PATH = str(GOOD / "s16-worth-points.toml")

    def test_it_warns_where_it_is_asked_to(self, capsys):
        assert main(["check", self.PATH, "--silence", "--lang", "en"]) == 0
        out, err = capsys.readouterr()
        assert "4 warning(s)" in out
        wanted = (
            "Saying nothing of “accounts” can pay: leaving it out, or reporting it only"
            " later, raises the index by up to 5 (rules: accounts)."
        )
        assert wanted in " ".join(err.split())

    def test_else_it_says_nothing(self, capsys):
        assert main(["check", self.PATH, "--lang", "en"]) == 0
        out, err = capsys.readouterr()
        assert (err, "0 warning(s)" in out) == ("", True)

    def test_each_version_is_looked_at(self, tmp_path):
        text = HEAD + rule("r", "m", 4) + rule("o", "n", 16)
        text += '[kind.hill]\ntitle = "Hill"\n[kind.hill.rule.r]\nabsence = { missing = "full" }\n'
        path = tmp_path / "kinds.toml"
        path.write_text(text, encoding="utf-8")
        (problem,) = silence_problems(path)
        assert (problem.arguments["metric"], str(problem.arguments["most"])) == (
            "m",
            "20",
        )
        assert (problem.code, problem.warning) == ("gain-by-silence", True)

    def test_a_file_that_cannot_be_read_has_its_problems_elsewhere(self, tmp_path):
        path = tmp_path / "broken.toml"
        path.write_text("format = 1", encoding="utf-8")
        assert silence_problems(path) == ()


@given(st.data())
def test_no_scoring_wins_more(data):
    """The law of the property pack, over rule sets of every kind."""
    text, _, submission = data.draw(cases())
    case = laws.DrawnCase(parse_rules(text), submission)
    (law,) = [law for law in laws.LAWS if law.name == "silence"]
    assert [*law.broken(case, data.draw)] == []


def test_the_packaged_plan():
    """Left out, only what is not due yet is excluded; and last year's rank is looked past."""
    rules = load_rules("cam-due-2023")
    gains = Silence(rules).gains()
    left_out = {gain.metric for gain in gains if gain.way is Way.LEFT_OUT}
    dated = {rule.metric for rule in rules.rules.values() if rule.due is not None}
    assert {metric.removesuffix("_rank_before") for metric in left_out - dated} == {
        "ddci",
        "digital",
        "par",
        "sipas",
    }
