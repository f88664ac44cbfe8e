"""The arithmetic of rules and of the index, as lines that a person can redo."""

from collections.abc import Callable, Iterator
from fractions import Fraction

from cchc_rules.base import number
from cchc_rules.base.calendar import NEVER
from cchc_rules.base.messages import number as say_number
from cchc_rules.base.number import plain, shown
from cchc_rules.base.state import COMPUTED, Absent, Effect, Reason, State
from cchc_rules.report.result_text import ResultText
from cchc_rules.rules import dependencies, range_checks
from cchc_rules.rules.deductions import LevelTable
from cchc_rules.rules.model import Credit, Rounding, Rule
from cchc_rules.rules.rule_text import slope_text
from cchc_rules.rules.value_function import (
    Compare,
    Computed,
    Constant,
    Line,
    Piece,
    Staircase,
)
from cchc_rules.scoring import totals
from cchc_rules.scoring.compiled_rules import CompiledGroup
from cchc_rules.scoring.rule_figures import as_scalar, number_of
from cchc_rules.submissions.submission import Given


class Arithmetic:
    """Writes the sums of one scoring, in the language of its speaker."""

    def __init__(self, speaker: ResultText) -> None:
        self.speaker = speaker
        self.scoring = speaker.scoring

    # Rules

    def calculation(self, position: int) -> str:
        """Return the arithmetic of a rule as one line that a person can redo.

        Args:
            position: The position of the rule in the rule file.

        Returns:
            `1,5 × 47/52 = 1,3558 → 1,36; mất 0,14`: first how derived figures come about, then the
            points unrounded and rounded, then what is lost.
        """
        result = self.scoring.results[position]
        if result.state not in COMPUTED:
            return self._absent_line(position)
        if result.reason is Reason.INFORMATION:
            return self.speaker.say("calculation.information")
        # Whatever the figure is: behind a closed gate it earns nothing.
        if result.reason is Reason.GATE_CLOSED:
            why = self.speaker.why(position)
            closed = self.speaker.say("calculation.gate", why=why)
            return self._outcome(position, closed)
        steps = [*self._beside(position)]
        steps += [self._derivation(name) for name in self._derived(position)]
        return "; ".join([*steps, self._outcome(position, self._arithmetic(position))])

    def _outcome(self, position: int, arithmetic: str) -> str:
        """Close an arithmetic line: `… = 1,8077 → 1,81; mất 0,19`."""
        result = self.scoring.results[position]
        group = self.scoring.compiled.mean_of.get(position)
        if group is not None:
            return self._in_mean(
                position, self.scoring.compiled.groups[group], arithmetic
            )
        counted = self.scoring.counted[position]
        earned = self.speaker.points(result.earned)
        if self._is_judged(position):
            line = f"{arithmetic} → {earned}"
        elif result.n == result.earned * result.d:
            line = f"{arithmetic} = {earned}"
        else:
            exact = Fraction(result.n, result.d * self.scoring.compiled.unit)
            rounding = self.scoring.compiled.worths[position].rounding
            unrounded = self._unrounded(exact, result.earned, rounding)
            middle = say_number(self.speaker.lang, unrounded)
            line = f"{arithmetic} = {middle} → {earned}"
        if result.n != result.earned * result.d:
            line = self._rounded(line, self.scoring.rule(position).rounding)
        if counted.lost:
            points = self.speaker.points(counted.lost)
            lost = self.speaker.say("calculation.lost", points=points)
            line = f"{line}; {lost}"
        if counted.without_effect:
            points = self.speaker.points(counted.without_effect)
            beyond = self.speaker.say("calculation.without-effect", points=points)
            line = f"{line}; {beyond}"
        return line

    def _rounded(self, line: str, rounding: Rounding | None) -> str:
        """Say after a line how it is rounded, where the rule set says it."""
        if rounding is None:
            return line
        places = self.scoring.rules.index.places
        step = rounding.step or Fraction(1, 10**places)
        return self.speaker.say(
            f"calculation.{ROUNDING_MESSAGES[rounding.mode]}",
            line=line,
            step=self.speaker.exact(step),
        )

    def _is_judged(self, position: int) -> bool:
        """Whether the arithmetic of a rule is a judgement, not a sum."""
        if self.scoring.results[position].reason in _JUDGED:
            return True
        if self._is_never(position):
            return True
        piece = self.scoring.piece(position)
        if piece is None or not isinstance(piece.points, Line):
            return False
        return not self._leads_on(position, piece.points)

    def _is_never(self, position: int) -> bool:
        """Whether a rule loses points for each day by which a day is late that never came.

        Nobody counts the days up to then.
        """
        rule = self.scoring.rule(position)
        is_of_date = rule.comparator in ("on_or_before", "before")
        if (
            not is_of_date
            or self.scoring.results[position].reason is not Reason.UNITS_OFF
        ):
            return False
        figure = self.scoring.figure(rule.metric or "")
        return figure == (NEVER.toordinal(), 1)

    def _leads_on(self, position: int, line: Line) -> bool:
        """Whether a line leads from its start to the target, as a computed target may not.

        A target of 20 does not lie beyond a start of 20: between them there is no way of which a
        part could be gone, and who misses the target earns nothing.
        """
        target = number_of(self.scoring.threshold(position))
        if self.scoring.rule(position).comparator == ">=":
            return target > line.start
        return target < line.start

    def _in_mean(
        self,
        position: int,
        group: CompiledGroup,
        arithmetic: str,
    ) -> str:
        """Close the line of a rule in a mean: `… = 30 (trong 60); mất 4 × (60 − 30) / 100 = 1,20`.

        The points of the rule itself are relative; what it costs is the group's weight × what it
        lacks ÷ the weights that count (semantics G4).
        """
        scoring = self.scoring
        result = scoring.results[position]
        unit = scoring.compiled.unit
        own = Fraction(result.n, result.d * unit)
        weight = Fraction(scoring.compiled.worths[position].weight, unit)
        sign = "="
        if self._is_judged(position):
            sign = "→"
        counted = scoring.counted[position]
        whole = Fraction(
            totals.counting_weight(scoring.compiled, group, scoring.results), unit
        )
        # In ticks, before the mean was rounded: what its step gave or took is no part of the sum.
        exact_lost = Fraction(0)
        if counted.exact_lost > 0:
            exact_lost = (weight - own) * group.weight / whole
        exact = exact_lost / unit
        by_itself = number.half_up(*exact_lost.as_integer_ratio())
        unrounded = self._unrounded(exact, by_itself, None)
        share = Fraction(group.weight, unit)
        own_text = shown(own)
        if exact_lost:
            # Where it needs no rounding, what is lost is printed with the places of the index.
            decimals = max(len(unrounded.partition(".")[2]), self.speaker.places)
            own_text = _to_give(
                own,
                lambda points: share * (weight - points) / whole,
                Fraction(unrounded),
                decimals,
            )
        points = say_number(self.speaker.lang, own_text)
        line = self.speaker.say(
            "calculation.of-weight",
            line=f"{arithmetic} {sign} {points}",
            weight=self.speaker.exact(weight),
        )
        # A rule that lost nothing has no sum to show: its share of the group is whole.
        if not exact_lost:
            return line
        lost = self.speaker.gone(counted.lost, counted.exact_lost)
        result_text = lost
        if exact != Fraction(counted.lost, unit):
            result_text = f"{say_number(self.speaker.lang, unrounded)} → {lost}"
        # Losses add up to the group's, so one of them may lie a tick beside its own rounding.
        if by_itself != counted.lost:
            result_text = self.speaker.say(
                "calculation.apportioned", result=result_text
            )
        sum_text = (
            f"{self.speaker.exact(share)} × "
            f"({self.speaker.exact(weight)} − {points}) / {self.speaker.exact(whole)}"
        )
        said = self.speaker.say(
            "calculation.lost", points=f"{sum_text} = {result_text}"
        )
        return f"{line}; {said}"

    def _unrounded(
        self,
        exact: Fraction,
        ticks: int,
        rounding: number.Rounding | None,
    ) -> str:
        """Return unrounded points with as many places as it takes to round them to what was earned,
        at least four.
        """
        unit = self.scoring.compiled.unit
        if number.places(exact) is not None:
            return shown(exact)
        for places in range(number.SHOWN_PLACES, number.EXACT_PLACES):
            text = number.round_half_up(exact, places)
            if (
                totals.rounded(rounding, text.numerator * unit, text.denominator)
                == ticks
            ):
                return plain(text)
        return str(exact)

    def _absent_line(self, position: int) -> str:
        result = self.scoring.results[position]
        compiled = self.scoring.compiled
        group = compiled.mean_of.get(position)
        if isinstance(result.detail, Given):
            line = self.speaker.say(
                "calculation.by-hand", points=self.speaker.points(result.earned)
            )
            if group is None:
                return line
            return self._in_mean(position, compiled.groups[group], line)
        credit = self.scoring.effect(position)
        if isinstance(credit, Credit):
            return self._outcome(position, self._credit(position, credit))
        counted = self.scoring.counted[position]
        # In a pool an absence takes nothing and gives nothing; in a mean the others may carry it.
        if result.excluded and (position in compiled.pooled or not counted.excluded):
            way = "calculation.to-others"
            if position in compiled.pooled or position in compiled.held:
                way = "calculation.no-effect"
            return self.speaker.say(way)
        effect = Effect.LOST
        if result.excluded and result.rescales:
            effect = Effect.EXCLUDE
        elif result.excluded:
            effect = Effect.SHOW
        elif result.earned:
            effect = Effect.FULL
        weight = counted.maximum
        # Under a cap less may leave the maximum than the rule is worth.
        if result.excluded and position in compiled.held:
            weight = counted.excluded
        return self.speaker.say(
            f"calculation.{EFFECT_MESSAGES[effect]}",
            weight=self.speaker.points(weight),
        )

    def _credit(self, position: int, credit: Credit) -> str:
        """Return what an absence is worth: `26 × 40 %`, or that the points are fixed."""
        if credit.percent is None:
            return self.speaker.say("calculation.credit")
        weight = self.speaker.exact(self.scoring.rule(position).weight)
        return f"{weight} × {self.speaker.exact(credit.percent)} %"

    def _arithmetic(self, position: int) -> str:
        """Return what the piece that a figure fell into gives, as a sum or as a judgement."""
        rule = self.scoring.rule(position)
        piece = self.scoring.piece(position)
        if piece is None:
            return self.speaker.say("calculation.given")
        match piece.points:
            case Line() as line:
                return self._share(position, rule, line)
            case Computed(text) if not piece.key:
                return self._points(position, rule, text)
            case Staircase() if not piece.key and self._is_never(position):
                return self._comparison(position, piece)
            case Staircase() as stairs if not piece.key:
                return self._units(position, rule, stairs)
        if piece.reason is Reason.TIER:
            return self._tier(position, rule, piece)
        return self._comparison(position, piece)

    def _comparison(self, position: int, piece: Piece) -> str:
        """`47/52 = 90,3846 %, cần tối thiểu 100 %: đạt` for pieces that give all or nothing."""
        words = "not-met"
        floor = ""
        if self.scoring.results[position].state is State.MET:
            words = "met"
        elif piece.reason is Reason.BELOW_FLOOR and isinstance(
            piece.condition, Compare
        ):
            words = "below-floor"
        for other in self.scoring.rule(position).pieces:
            if isinstance(other.condition, Compare) and isinstance(
                other.condition.edge, Fraction
            ):
                floor = self.speaker.number(other.condition.edge)
        return self.speaker.say(
            f"calculation.{words}",
            reported=self.speaker.said(position),
            required=self.speaker.asked(position),
            floor=floor,
        )

    def _share(
        self,
        position: int,
        rule: Rule,
        line: Line,
    ) -> str:
        """Return the part of the way to the target that is gone: `1,5 × 47/52`.

        The span from start to target is never zero here, and never turned round.
        """
        name = rule.metric or ""
        weight = self.speaker.exact(rule.weight)
        target = number_of(self.scoring.threshold(position))
        start = line.start
        if not self._leads_on(position, line):
            return self.speaker.say(
                "calculation.no-way",
                reported=self.speaker.said(position),
                required=self.speaker.exact(target),
                start=self.speaker.exact(start),
            )
        ratio = self.speaker.as_ratio(name)
        value = self.speaker.operand(name)
        goal = self.speaker.exact(target)
        begin = self.speaker.exact(start)
        # The shortest form that a person can redo: nothing is taken off where nothing is, and
        # × 100 / 100 falls out.
        if start:
            text = f"{weight} × ({value} − {begin}) / ({goal} − {begin})"
        elif ratio.endswith(_HUNDRED) and target == 100:
            text = f"{weight} × {ratio.removesuffix(_HUNDRED)}"
        elif ratio:
            text = f"{weight} × ({ratio}) / {goal}"
        else:
            text = f"{weight} × {value} / {goal}"
        result = self.scoring.results[position]
        worth = self.scoring.compiled.worths[position]
        # Only points at one of their ends may have been held there.
        if result.n not in (worth.weight * result.d, worth.lowest * result.d):
            return text
        figure = Fraction(*self.scoring.figure(name))
        return self._held(rule, text, rule.weight * (figure - start) / (target - start))

    def _held(
        self,
        rule: Rule,
        line: str,
        points: Fraction,
    ) -> str:
        """Say that points are held between the fewest and the most, where the arithmetic alone goes
        beyond.
        """
        if points < rule.lowest:
            return self.speaker.say(
                "calculation.at-least",
                line=line,
                lowest=self.speaker.exact(rule.lowest),
            )
        if points <= rule.weight:
            return line
        return self.speaker.say(
            "calculation.at-most", line=line, most=self.speaker.exact(rule.weight)
        )

    def _units(
        self,
        position: int,
        rule: Rule,
        stairs: Staircase,
    ) -> str:
        units = Fraction(*self.scoring.results[position].detail)
        loss = -stairs.each
        weight = self.speaker.exact(rule.weight)
        line = f"{weight} − {self.speaker.exact(loss)} × {self.speaker.exact(units)}"
        line = self._held(rule, line, rule.weight - loss * units)
        exempt = rule.deduction.axis.exempt
        if exempt is None:
            return line
        note = self.speaker.say(
            "calculation.exempt",
            count=self.speaker.operand(exempt),
            of=self.speaker.operand(rule.metric or ""),
            threshold=self.speaker.exact(number_of(self.scoring.threshold(position))),
        )
        return f"{line} ({note})"

    def _tier(
        self,
        position: int,
        rule: Rule,
        piece: Piece,
    ) -> str:
        return self.speaker.say(
            "calculation.tier",
            reported=self.speaker.said(position),
            condition=self.speaker.condition(rule, piece),
            worth=self._worth(position, rule, piece),
        )

    def _worth(
        self,
        position: int,
        rule: Rule,
        piece: Piece,
    ) -> str:
        """Return what a tier gives: points, a share of the weight, a sum, or a formula."""
        match piece.points:
            case Computed(text):
                return self._points(position, rule, text)
            case Constant(_, Fraction() as percent):
                return f"{self.speaker.exact(rule.weight)} × {self.speaker.exact(percent)} %"
            case Constant(Fraction() as points):
                return self.speaker.exact(points)
            case Staircase(Fraction()) as stairs:
                return self._slope(position, rule, stairs)
            case _:  # pragma: no cover - tiers give nothing else
                raise AssertionError(piece)

    def _slope(
        self,
        position: int,
        rule: Rule,
        stairs: Staircase,
    ) -> str:
        """Return a staircase from a written figure: `1 + 0.25 × round_down((31 − 20) / 5)`."""
        name = rule.metric or ""
        value = self.speaker.operand(name)
        figure = Fraction(*self.scoring.figure(name))
        # Of days late the figure is a number of days, which the report shows beside the date.
        if rule.deduction.axis.days_late:
            figure -= number_of(self.scoring.threshold(position))
            value = self.speaker.exact(figure)
        said = self.speaker.exact
        line = slope_text(stairs, value, said, said)
        exact = range_checks.points_at(stairs, figure)
        if exact is None:  # pragma: no cover - a slope begins with a written number
            raise AssertionError(stairs)
        return self._held(rule, line, exact)

    def _points(
        self,
        position: int,
        rule: Rule,
        text: str,
    ) -> str:
        """Return a formula of points with its figures, and where the points were held."""
        parsed = self.scoring.compiled.reader.points_formula(rule, text)
        points = parsed.evaluate(
            self.scoring.named(parsed) | self.scoring.own_values(position)
        )
        spelled = self.speaker.spelled(text, self._rule_names(position, rule))
        return self._held(rule, spelled, points)  # type: ignore[arg-type]

    def _rule_names(self, position: int, rule: Rule) -> dict[str, str]:
        names = {
            "weight": self.speaker.exact(rule.weight),
            "value": self.speaker.operand(rule.metric or ""),
        }
        threshold = self.scoring.threshold(position)
        if isinstance(threshold, Fraction):
            names["threshold"] = self._threshold(rule, threshold)
        return names

    def _threshold(self, rule: Rule, threshold: Fraction) -> str:
        """Return a threshold as it stands in a formula: a number with all its digits, or a day."""
        metric = self.scoring.rules.metrics[rule.metric or ""]
        if metric.numeric:
            return self.speaker.exact(threshold)
        return self.speaker.scalar(as_scalar(threshold, metric), metric)

    # Derived metrics

    def _derived(self, position: int) -> tuple[str, ...]:
        """Return the derived metrics that a rule reads, those that others need first."""
        return self.speaker.fixed.derived[position]

    def _beside(self, position: int) -> Iterator[str]:
        """Yield the further figures by which the rows of a decision table are chosen.

        The rule's own figure is said with the row; derived ones come with their formulas.
        """
        rule = self.scoring.rule(position)
        for name in dependencies.row_metrics(rule):
            metric = self.scoring.rules.metrics[name]
            is_absent = isinstance(self.scoring.figure(name), Absent)
            # What is absent and was not waited for decided nothing.
            if name != rule.metric and not metric.derived and not is_absent:
                yield f"{self.speaker.title(name)}: {self.speaker.figure(name)}"

    def _derivation(self, name: str) -> str:
        metric = self.scoring.rules.metrics[name]
        title = metric.title.of(self.speaker.lang)
        if metric.table is not None:
            return (
                f"{title}: {self._row_of(metric.table)} = {self.speaker.figure(name)}"
            )
        spelled = self.speaker.spelled(metric.formula or "", {})
        return f"{title}: {spelled} = {self.speaker.figure(name)}"

    def _row_of(self, table: LevelTable) -> str:
        """Say the row that decided a derived level: what it asks, with the figures asked."""
        hit = self.scoring.row(table.conditions, table.hit)
        if hit.row is None:
            return self.speaker.titles(table.metrics)
        figures = [
            f"{self.speaker.titles([name])} {self.speaker.figure(name)}"
            for name in table.metrics
            # What is absent and was not waited for decided nothing.
            if not isinstance(self.scoring.figure(name), Absent)
        ]
        row = self.speaker.row(table.conditions[hit.row], None)
        return f"{', '.join(figures)}: {row}"

    def fallbacks(self, position: int) -> list[str]:
        """Return a sentence for each formula that had to fall back on another figure.

        Args:
            position: The position of the rule that the formulas stand behind.

        Returns:
            The sentences, each fallback once; empty where every formula had its first figure.
        """
        formulas = self.speaker.fixed.falling_back[position]
        if not formulas:
            return []
        scoring = self.scoring
        used: list[str] = []
        for parsed, is_own in formulas:
            names = scoring.named(parsed)
            if is_own:
                names |= scoring.own_values(position)
            used += parsed.trace(names)[1]
        return [
            self.speaker.say("reason.fallback", source=self.speaker.spelled(source, {}))
            for source in dict.fromkeys(used)
        ]

    # The index

    def index_line(self) -> str:
        """Return the arithmetic of the index as one line.

        Returns:
            `61,27 × 100 / 74,21 = 82,5630 → 82,56`, with what pools add and take; where nothing is
            left to score, a sentence that says so.
        """
        scoring = self.scoring
        sums = self.scoring.index
        left = sums.base.maximum - sums.base.rescaled
        scale = self.speaker.exact(scoring.rules.index.scale)
        base = self.speaker.points(sums.rounded_base)
        if not left:
            return self.speaker.say("calculation.nothing-left")
        coverage = scoring.coverage
        if coverage is not None and not coverage.enough:
            return self.speaker.say(
                "calculation.too-little",
                reached=self.speaker.exact(coverage.shown),
                least=self.speaker.exact(coverage.least),
            )
        earned = self.speaker.points(sums.base.earned)
        line = f"{earned} × {scale} / {self.speaker.points(left)} = "
        if sums.exact_base != Fraction(sums.rounded_base, scoring.compiled.unit):
            rounding = scoring.compiled.rounding
            unrounded = self._unrounded(sums.exact_base, sums.rounded_base, rounding)
            line += f"{say_number(self.speaker.lang, unrounded)} → {base}"
            line = self._rounded(line, scoring.rules.index.rounding)
        else:
            line += base
        pools = (("+", sums.bonus, "bonus"), ("−", sums.penalty, "penalty"))
        for sign, ticks, pool in pools:
            if ticks:
                word = self.speaker.say(f"word.{pool}")
                line += f"; {sign} {self.speaker.points(ticks)} ({word})"
        if sums.held_from_below:
            lowest = self.speaker.exact(sums.lowest or Fraction(0))
            line = self.speaker.say("calculation.at-least", line=line, lowest=lowest)
        elif sums.held:
            line = self.speaker.say("calculation.at-most", line=line, most=scale)
        if sums.bonus or sums.penalty or sums.held:
            line = f"{line} = {self.speaker.points(sums.value)}"
        return line


def _to_give(
    figure: Fraction,
    sum_of: Callable[[Fraction], Fraction],
    result: Fraction,
    decimals: int,
) -> str:
    """Return a figure with as many places as it takes for a sum of it to give a printed result.

    Of 1/3 of a point, `5 × (1 − 0.3333)` is 3.3335, where 3.3333 was lost.
    """
    count = number.places(figure)
    if count is not None and count <= number.EXACT_PLACES:
        return plain(figure)
    for places in range(number.SHOWN_PLACES, number.EXACT_PLACES):
        rounded = number.round_half_up(figure, places)
        if number.round_half_up(sum_of(rounded), decimals) == result:
            return plain(rounded)
    return str(figure)


ROUNDING_MESSAGES = {
    "half_up": "rounded-half-up",
    "half_even": "rounded-half-even",
    "down": "rounded-down",
    "up": "rounded-up",
}
"""What is said after points that are rounded as the rule set says."""

_JUDGED = frozenset(
    {
        Reason.TARGET_MET,
        Reason.TARGET_MISSED,
        Reason.BELOW_FLOOR,
        Reason.GATE_CLOSED,
        Reason.MANUAL,
    }
)
"""Reasons whose arithmetic is a judgement, not a sum."""

EFFECT_MESSAGES = {
    Effect.LOST: "absent-lost",
    Effect.FULL: "full",
    Effect.EXCLUDE: "exclude",
    Effect.SHOW: "show",
}
"""The message of what an absence does, below `calculation.`."""
_HUNDRED = " × 100"
