"""Value functions made ready to run: pieces become closures over pairs of integers.

A figure is a pair, numerator and denominator, and points are a fraction of ticks (10^-places of a
point). Nothing is divided: `n/d ≥ 9/10` is asked as `10 n ≥ 9 d`. Each rule is compiled once;
results that never change are made then too. Thresholds that come from other figures are put in
first, so that everything here is numbers.

The closures are the busiest code of the package: a figure that they get is called `v`, and what
can be worked out without it stands outside of them.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from cchc_rules.base.interval import Interval
from cchc_rules.base.number import Pair, half_up
from cchc_rules.base.state import Reason, State
from cchc_rules.rules.formula import FormulaFailedError
from cchc_rules.rules.model import Metric
from cchc_rules.rules.value_function import (
    AllOf,
    Among,
    Compare,
    Computed,
    Condition,
    Constant,
    Line,
    Met,
    Otherwise,
    Piece,
    Staircase,
    Symbol,
    Term,
    ValueFunction,
    Within,
)
from cchc_rules.scoring.results import Result, Worth

Test: TypeAlias = Callable[[Pair], bool]
"""Whether a figure meets a condition, compared unrounded."""

Evaluate: TypeAlias = Callable[[Pair], Result]
"""From a figure to the result of its rule."""

Compiled: TypeAlias = Result | Evaluate
"""A piece made ready: the result of every figure, where it is the same, else the function to it."""

Ticks: TypeAlias = Callable[[Pair], Pair]
"""From a figure to points in ticks, a fraction."""

# Conditions ------------------------------------------------------------------------------


def comparison(sign: str, edge: Fraction) -> Test:
    """Return the test of an order sign against a fixed number.

    >>> comparison(">=", Fraction(9, 10))((47, 52))
    True
    """
    en = edge.numerator
    ed = edge.denominator
    # Denominators are above zero, so that multiplying with them turns no sign round.
    tests: dict[str, Test] = {
        ">=": lambda v: v[0] * ed >= en * v[1],
        ">": lambda v: v[0] * ed > en * v[1],
        "<=": lambda v: v[0] * ed <= en * v[1],
        "<": lambda v: v[0] * ed < en * v[1],
        "==": lambda v: v[0] * ed == en * v[1],
        "!=": lambda v: v[0] * ed != en * v[1],
    }
    return tests[sign]


def within(interval: Interval) -> Test:
    """Return the test for lying inside an interval.

    >>> from_60_below_80 = within(Interval(Fraction(60), Fraction(80), high_open=True))
    >>> from_60_below_80((60, 1)), from_60_below_80((80, 1))
    (True, False)
    """
    tests: list[Test] = []
    if interval.low is not None:
        sign = ">" if interval.low_open else ">="
        tests.append(comparison(sign, interval.low))
    if interval.high is not None:
        sign = "<" if interval.high_open else "<="
        tests.append(comparison(sign, interval.high))
    # The lowest and the highest tier of a ladder have one end alone.
    if len(tests) == 1:
        return tests[0]
    return lambda v: all(test(v) for test in tests)


def among(numbers: frozenset[Fraction]) -> Test:
    """Return the test for being one of some numbers.

    >>> among(frozenset({Fraction(1), Fraction(2)}))((4, 2))
    True
    """
    tests = [comparison("==", number) for number in numbers]
    if len(tests) == 1:
        return tests[0]
    return lambda v: any(test(v) for test in tests)


def always(_: Pair) -> bool:
    """Return that every figure meets the condition."""
    return True


def never(_: Pair) -> bool:
    """Return that no figure meets the condition."""
    return False


# Pieces ----------------------------------------------------------------------------------


class Compiler(NamedTuple):
    """What pieces of one rule are compiled with."""

    metric: Metric
    """The metric that the rule reads."""
    worth: Worth
    """The most and the fewest points of the rule."""
    unit: int
    """The number of ticks in a point."""
    threshold: Fraction | None
    """The rule's threshold as a number, None where it is no single number."""
    computed: Callable[[str], Ticks]
    """From the text of a formula of points to its function."""

    def evaluator(self, function: ValueFunction) -> Evaluate:
        """Return the function from a figure to the rule's result.

        Half of a target of 100 % earns half of 4 points, which are 400 ticks:

        >>> from cchc_rules import load_rules
        >>> from cchc_rules.rules.value_function import value_function
        >>> rules = load_rules("cam-due-2023")
        >>> rule = rules.rules["on-time"]
        >>> metric = rules.metrics[rule.metric]
        >>> compiler = Compiler(metric, Worth(400, 0), 100, Fraction(100), lambda text: None)
        >>> evaluate = compiler.evaluator(value_function(rule, metric))
        >>> evaluate((50, 1)).earned, str(evaluate((50, 1)).state)
        (200, 'partly_met')
        """
        # A rule without a target is met where it has its full weight.
        met = None
        if function.target is not None:
            met = self.test(function.target, None)
        pieces = [self._compiled(piece, function, met) for piece in function.pieces]
        tests = [self._condition(piece, function, met) for piece in function.pieces]
        text = self.metric.formula
        last = function.pieces[-1].condition
        if text is not None and not isinstance(last, Met | Otherwise):
            return _hit_or_failed([*zip(tests, pieces, strict=True)], text)
        # Pieces cover every figure, so that the last one takes what is left, untested.
        if len(pieces) == 1:
            return _evaluate(pieces[0])
        if len(pieces) == 2:
            return self._two_pieces(function, tests[0], *pieces)
        tested = [*zip(tests[:-1], pieces[:-1], strict=True)]
        return _first_hit(tested, pieces[-1])

    def _two_pieces(
        self,
        function: ValueFunction,
        test: Test,
        hit: Compiled,
        other: Compiled,
    ) -> Evaluate:
        """Return the choice between two pieces.

        Most rules ask whether a target is reached: their comparison is written into the choice,
        which saves one call of the two.
        """
        condition = function.pieces[0].condition
        target = function.target if isinstance(condition, Met) else condition
        # Days late are no figure that an edge could be held against as it is.
        fixed = isinstance(hit, Result) and not function.axis.days_late
        if isinstance(target, Compare) and target.sign in _CHOICES and fixed:
            edge = self.number(target.edge)
            choice = _CHOICES[target.sign]
            return choice(edge.numerator, edge.denominator, hit, other)  # type: ignore[arg-type]
        return _one_or_other(test, hit, other)

    def _condition(
        self,
        piece: Piece,
        function: ValueFunction,
        met: Test | None,
    ) -> Test:
        """Return the test of a piece's condition, over days late where the pieces are."""
        test = self.test(piece.condition, met)
        # The target is asked of the day itself, and what is left asks nothing.
        if not function.axis.days_late or isinstance(piece.condition, Met | Otherwise):
            return test
        deadline = int(self.number(Symbol.THRESHOLD))
        return lambda v: test((v[0] - deadline, 1))

    def test(self, condition: Condition, met: Test | None) -> Test:
        """Return the test of a condition; `met` is that of the target."""
        match condition:
            case Met():
                return met or always
            case Compare(sign, edge):
                return comparison(sign, self.number(edge))
            case Within(interval):
                return within(interval)
            case Among():
                return among(frozenset(condition.numbers(self.metric)))
            case Otherwise():
                return always
            case AllOf():  # pragma: no cover - rows over metrics are found by `RowSearch`
                raise AssertionError(condition)

    def number(self, term: Term) -> Fraction:
        """Return the number of a term: points in points, figures as they are."""
        match term:
            case Symbol.THRESHOLD:
                return self.threshold or Fraction(0)
            case Symbol.WEIGHT:
                return Fraction(self.worth.weight, self.unit)
            case Symbol.LOWEST:
                return Fraction(self.worth.lowest, self.unit)
        return term

    def _compiled(
        self,
        piece: Piece,
        function: ValueFunction,
        met: Test | None,
    ) -> Compiled:
        """Return the result of every figure in a piece, or the function to it.

        `met` is the test of the target. Where the target has a piece of its own, the piece alone
        tells whether it is met.
        """
        if isinstance(piece.condition, Met):
            met = always
        elif isinstance(function.pieces[0].condition, Met):
            met = never
        detail = piece.key[-1] if piece.reason is Reason.TIER else None
        match piece.points:
            case Constant(points):
                ticks = self.number(points) * self.unit
                return self._constant(ticks, piece.reason, met, detail)
            case Line(start, end):
                rising = _leads_up(function.target)
                return self._line(start, self.number(end), rising, piece.reason)
            case Staircase() as stairs:
                origin = self.number(stairs.origin)
                # Of days late the stairs begin so many days after the deadline.
                if function.axis.days_late:
                    origin += self.number(Symbol.THRESHOLD)
                return self._stairs(stairs, origin, piece.reason, met, detail)
            case Computed(text):
                return self._computed(self.computed(text), piece.reason, met, detail)

    def _constant(
        self,
        ticks: Fraction,
        reason: Reason,
        met: Test | None,
        detail: object,
    ) -> Compiled:
        """Return the result of the same points for every figure, or of the two that differ by the
        state.
        """
        points = ticks.numerator, ticks.denominator
        # Made here, once: every scoring hands out the same results.
        if met is None:
            return self.worth.result(*points, reason, None, detail)
        if met is always or met is never:
            return self.worth.result(*points, reason, met is always, detail)
        reached = self.worth.result(*points, reason, True, detail)
        missed = self.worth.result(*points, reason, False, detail)
        return lambda v: reached if met(v) else missed

    def _line(
        self,
        start: Fraction,
        end: Fraction,
        rising: bool,
        reason: Reason,
    ) -> Evaluate:
        """weight × (figure − start) / (end − start), at least the fewest points.

        Only figures that miss the target come here, so that the points stay below the weight. A
        line that does not lead on gives nothing anywhere, as if it were flat.
        """
        leads_on = end > start if rising else end < start
        slope = Fraction(0)
        if leads_on:
            slope = Fraction(self.worth.weight) / (end - start)
        return _along(slope, start, self.worth, reason)

    def _stairs(
        self,
        stairs: Staircase,
        origin: Fraction,
        reason: Reason,
        met: Test | None,
        detail: object,
    ) -> Evaluate:
        """base + each × units, held; the units become the detail where a tier is not."""
        worth = self.worth
        base = self.number(stairs.base) * self.unit
        each = stairs.each * self.unit

        # base + each × n/d over one denominator; the parts that no figure changes stand here.
        constant_part = base.numerator * each.denominator
        slope_part = each.numerator * base.denominator
        denominators = base.denominator * each.denominator

        def evaluate(v: Pair) -> Result:
            units = units_between(v, origin, stairs)
            n, d = units
            points = worth.held(constant_part * d + slope_part * n, d * denominators)
            reached = met(v) if met else None
            result_detail = units if detail is None else detail
            return worth.result(*points, reason, reached, result_detail)

        return evaluate

    def _computed(
        self,
        ticks: Ticks,
        reason: Reason,
        met: Test | None,
        detail: object,
    ) -> Evaluate:
        """Return what a formula gives, held."""
        worth = self.worth

        def evaluate(v: Pair) -> Result:
            reached = met(v) if met else None
            return worth.result(*worth.held(*ticks(v)), reason, reached, detail)

        return evaluate


def _leads_up(target: Condition | None) -> bool:
    """Whether figures get better upwards, as the comparator of the target says."""
    return isinstance(target, Compare) and target.sign in (">=", ">")


def _evaluate(piece: Compiled) -> Evaluate:
    """Return the function to a piece's result, which may be the same for every figure."""
    if isinstance(piece, Result):
        return lambda v: piece
    return piece


def _one_or_other(test: Test, hit: Compiled, other: Compiled) -> Evaluate:
    """Return the choice between two pieces; what is the same for every figure is not called."""
    if isinstance(hit, Result):
        if isinstance(other, Result):
            return lambda v: hit if test(v) else other
        return lambda v: hit if test(v) else other(v)
    rest = _evaluate(other)
    return lambda v: hit(v) if test(v) else rest(v)


def _at_least(
    en: int,
    ed: int,
    hit: Result,
    other: Compiled,
) -> Evaluate:
    """Return the choice of a result for every figure of en/ed and more."""
    if isinstance(other, Result):
        return lambda v: hit if v[0] * ed >= en * v[1] else other
    return lambda v: hit if v[0] * ed >= en * v[1] else other(v)


def _at_most(
    en: int,
    ed: int,
    hit: Result,
    other: Compiled,
) -> Evaluate:
    """Return the choice of a result for every figure of en/ed and less."""
    if isinstance(other, Result):
        return lambda v: hit if v[0] * ed <= en * v[1] else other
    return lambda v: hit if v[0] * ed <= en * v[1] else other(v)


def _exactly(
    en: int,
    ed: int,
    hit: Result,
    other: Compiled,
) -> Evaluate:
    """Return the choice of a result for the figure en/ed."""
    if isinstance(other, Result):
        return lambda v: hit if v[0] * ed == en * v[1] else other
    return lambda v: hit if v[0] * ed == en * v[1] else other(v)


_CHOICES: dict[str, Callable[[int, int, Result, Compiled], Evaluate]] = {
    ">=": _at_least,
    "<=": _at_most,
    "==": _exactly,
}
"""The choices with their comparison written in."""


def _first_hit(steps: list[tuple[Test, Compiled]], last: Compiled) -> Evaluate:
    """Return the choice of the first piece whose test holds, else the last."""
    ladder = [(test, _evaluate(piece)) for test, piece in steps]
    rest = _evaluate(last)

    def evaluate(v: Pair) -> Result:
        for test, hit in ladder:
            if test(v):
                return hit(v)
        return rest(v)

    return evaluate


def _hit_or_failed(steps: list[tuple[Test, Compiled]], text: str) -> Evaluate:
    """Return the choice of the first piece whose test holds, for a figure that a formula gives.

    Pieces cover the range of their metric, but nothing holds a formula to it: 100 - (70 + 45) is
    no percentage. Such a figure raises `FormulaFailedError`, rather than to earn what the last
    piece gives, which may be the best.
    """
    ladder = [(test, _evaluate(piece)) for test, piece in steps]

    def evaluate(v: Pair) -> Result:
        for test, hit in ladder:
            if test(v):
                return hit(v)
        raise FormulaFailedError(text)

    return evaluate


def _along(
    slope: Fraction,
    start: Fraction,
    worth: Worth,
    reason: Reason,
) -> Evaluate:
    """Return slope × (figure − start) in ticks, at least the fewest; it reaches no target.

    The figure is n/d: slope × (n/d − start) over one denominator.
    """
    slope_numerator = slope.numerator
    slope_denominator = slope.denominator * start.denominator
    start_numerator = start.numerator
    start_denominator = start.denominator
    # A variable is found faster than the member of an enumeration, or of a tuple.
    partly = State.PARTLY_MET
    missed = State.NOT_MET
    lowest = worth.lowest
    rounding = worth.rounding

    def evaluate(v: Pair) -> Result:
        n, d = v
        n = slope_numerator * (n * start_denominator - start_numerator * d)
        d = slope_denominator * d
        if n <= lowest * d:
            n = lowest
            d = 1
        earned = half_up(n, d) if rounding is None else rounding.of(n, d)
        return Result(partly if n > 0 else missed, reason, n, d, earned)

    return evaluate


def units_between(v: Pair, origin: Fraction, stairs: Staircase) -> Pair:
    """Return how many units lie between a figure and the origin of a staircase.

    They are exact, or each begun one counts (`started`), or full ones only (`whole`).

    >>> stairs = Staircase(Fraction(10), Fraction(-1), Fraction(80), Fraction(5), "started")
    >>> units_between((69, 1), Fraction(80), stairs)
    (3, 1)
    """
    # |figure − origin| / step, over one denominator.
    apart = abs(v[0] * origin.denominator - origin.numerator * v[1])
    n = apart * stairs.step.denominator
    d = v[1] * origin.denominator * stairs.step.numerator
    if stairs.units == "exact":
        return n, d
    if stairs.units == "started":
        # Integer division rounds down; of the negative number it rounds up.
        return -(-n // d), 1
    return n // d, 1
