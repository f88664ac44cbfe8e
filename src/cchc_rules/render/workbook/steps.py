"""The sheet of steps: every rule and group from its figures to its points, and the index in four
reckonings.

One line is one rule or group, one column one question of the semantics, so that an auditor can hold
the line against the clauses. A rule of 2 points, 1 for each percent below 90, of which 88.7 was
reported:

    absence  met  points  first  gates  cause  effect  state  exact  earned  excluded
    0        0    0.7     2      0      2      –       2      0.7    0.70    0

Live figures stay exact by three precautions. What is compared or rounded is first rid of what
binary digits add (`GUARD` places); a rule whose exact points lie so near a tie that this might
decide wrongly keeps its value instead of a formula; and sums are rounded to whole ticks at every
step, so that errors never add up.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import lcm

from cchc_rules.base import number
from cchc_rules.render.display import Document
from cchc_rules.render.workbook.book import (
    A3,
    BOLD,
    BOX,
    CENTRED_BOX,
    FAINT,
    HEADING,
    SUBTITLE,
    TITLE,
    Book,
    CachedValue,
)
from cchc_rules.render.workbook.cell_formulas import (
    LEVEL,
    NUMBER,
    YES_NO,
    LocalName,
    Translator,
    compared,
    largest,
    rounded,
    rounded_as,
)
from cchc_rules.render.workbook.cells import (
    GUARD,
    NotInSheetError,
    cell,
    checked,
    coarse,
    day,
    decimal,
    steady,
)
from cchc_rules.render.workbook.counted import CountedFormulas
from cchc_rules.render.workbook.layout import (
    ABSENCE,
    ACTUAL,
    AT_LEAST,
    AT_MOST,
    CAUSE,
    EFFECT,
    FIRST,
    FIRST_RECKONING,
    GATES,
    GIVEN,
    HEAD,
    ID,
    LOWEST,
    MET,
    NUMBER_COLUMN,
    PARTS,
    POINTS,
    RECKONINGS,
    STATE,
    STATE_CODES,
    SUPPORTED,
    TOTALS,
    UNSUPPORTED,
    WEIGHT,
    Frame,
    Line,
    Reckoning,
)
from cchc_rules.report.deduction_kinds import is_by_hand, is_scored
from cchc_rules.report.machine_form import effect_of

WIDTHS = [
    6,
    22,
    *[8] * 2,  # most and fewest points
    *[9] * 9,  # from the absence to what is unsupported
    *[10] * 16,  # four reckonings
    *[9] * 11,  # means, pools and coverage
]
"""The widths of the columns, in characters: number, id, and the groups that are named beside."""

COUNTED_HEADS = (
    "counted-0",
    "counted-1",
    "counted-2",
    "counted-3",
    "counted-4",
    "counted-5",
    "counted-6",
    "counted-7",
    "counted-8",
    "counted-9",
)
"""The headings of what a rule counts for in a mean or a pool."""

EFFECTS = {
    "lost": 0,
    "full": 1,
    "exclude": 2,
    "show": 3,
    "manual": 4,
}
"""The codes of what becomes of a rule's points in an absence."""

UNDECLARED = 5
"""The code of an effect where the rule set declares none."""

CREDIT = 6
"""The code of an effect that is worth so many points."""

CLOSED = 8
BLOCK = 9
"""What decides instead of a state (1 to 7): a closed gate; a block that is absent."""

ZERO = "÷0"
"""Stands in a step where a denominator is zero."""

RECKONING_HEADS = ("step-exact", "step-earned", "step-excluded", "step-rescaled")
"""The messages above the columns of a reckoning."""

UNROUNDED = "0.00######"
"""The number format of exact points: two places always, up to eight where there are more."""

WHOLE = {"num_format": "0", "align": "center"}
"""The style of codes."""

EDGES = {"from": ">=", "above": ">", "to": "<=", "below": "<"}
"""The comparison that an edge of an interval stands for."""

DATE_SIGNS = {
    "is": "==",
    "on_or_before": "<=",
    "before": "<",
    "on_or_after": ">=",
    "after": ">",
}
"""The comparison that a comparator in words stands for."""

INDEX_KEYS = {
    ACTUAL: {
        "maximum": "maximum",
        "earned": "earned",
        "rescaled": "rescaled",
        "base": "base",
        "bonus": "bonus",
        "penalty": "penalty",
        "exact": "exact",
        "value": "value",
    },
    AT_LEAST: {"value": "lowest"},
    AT_MOST: {"value": "highest"},
    SUPPORTED: {"value": "supported"},
}
"""The lines of the index that the report tells too, with its keys."""


class StepSheet:
    """Writes the sheet of steps.

    `kept` has, once the sheet is written, the rules that a sheet cannot compute.
    """

    def __init__(self, frame: Frame, book: Book) -> None:
        self.frame = frame
        self.sheet = book.sheet(frame.sheets["steps"], WIDTHS, A3)
        self.points = frame.points_format()
        self.counted = CountedFormulas(frame)
        self.kept: list[Document] = []

    def write(self) -> None:
        """Write the sheet."""
        self._head()
        for line in self.frame.lines:
            row = line.row
            number_style = {**CENTRED_BOX, "bold": line.group}
            self.sheet.text(row, NUMBER_COLUMN, line.number, **number_style)
            id_ = line.item["id"]
            self.sheet.text(row, ID, id_, **BOX, bold=line.group)
            if line.group:
                GroupLine(self, line).write()
            else:
                self._rule(line)
        self.counted.write(self.sheet)
        self._parts()
        self._index()

    def _parts(self) -> None:
        """Put what each rule is worth where a least coverage is asked for (semantics I9).

        All are multiplied by one number that makes them whole: thirds have no decimal.
        """
        coverage = self.frame.document["index"]["coverage"]
        if coverage is None:
            return
        parts = {one["rule"]: Fraction(one["points"]) for one in coverage["parts"]}
        whole = lcm(*(part.denominator for part in parts.values()))
        self.sheet.text(HEAD, PARTS, self.frame.say("counted-10"), **HEADING)
        for line in self.frame.lines:
            if not line.group:
                part = int(parts.get(line.item["id"], Fraction(0)) * whole)
                self.sheet.number(line.row, PARTS, part, **{**BOX, **FAINT})

    def _head(self) -> None:
        say = self.frame.say
        self.sheet.banner(0, say("steps-title"), **TITLE)
        self.sheet.banner(1, say("steps-legend"), **SUBTITLE)
        names = ("actual", "at-least", "at-most", "supported")
        for reckoning, name in zip(RECKONINGS, names, strict=True):
            columns = (reckoning.exact, reckoning.rescaled)
            words = say(f"reckoning-{name}")
            self.sheet.over(HEAD - 1, columns, words, **HEADING)
        heads = [say(f"step-{column}") for column in range(FIRST_RECKONING)]
        for _ in RECKONINGS:
            heads += [say(head) for head in RECKONING_HEADS]
        if any(self.counted.applies(line) for line in self.frame.lines):
            heads += [say(head) for head in COUNTED_HEADS]
        self.sheet.heads(HEAD, heads)

    def _rule(self, line: Line) -> None:
        """Write a rule with its formulas, or with its values where a sheet cannot compute it."""
        rule = RuleLine(self, line)
        formulas: Mapping[str, str] = {}
        try:
            formulas = rule.checked_formulas()
        except NotInSheetError:
            self.kept.append(line.item)
        rule.write(formulas)

    def amount(
        self, row: int, column: int, formula: str, value: CachedValue, **style: str
    ) -> None:
        """Put points that a formula gives.

        Args:
            row: the row, from 0.
            column: the column, from 0.
            formula: the formula, without its sign of equality.
            value: what the report says that it comes to, None where the report says nothing.
            style: properties of the cell; without a number format it has that of points.
        """
        style = {"num_format": self.points, **style}
        self.sheet.formula(row, column, formula, value, **BOX, **style)

    # The index

    def _index(self) -> None:
        for name in TOTALS:
            row = self.frame.total_row(name)
            words = self.frame.say(f"total-{name}")
            self.sheet.text(row, ID, words, **BOLD)
        for reckoning in RECKONINGS:
            self._index_of(reckoning)

    def _index_of(self, reckoning: Reckoning) -> None:
        """Put the lines that make the index of one reckoning (semantics I1 to I4)."""
        index = self.frame.document["index"]
        keys = INDEX_KEYS[reckoning]
        for name, formula in self._index_formulas(reckoning).items():
            value = None
            if name in keys:
                value = _decimal_or_none(index[keys[name]])
            style = {}
            if name.startswith("exact"):
                style["num_format"] = UNROUNDED
            row = self.frame.total_row(name)
            self.amount(row, reckoning.earned, formula, value, **style)

    def _index_formulas(self, reckoning: Reckoning) -> dict[str, str]:
        """Return the formulas of the lines that make the index, by their names.

        The base is rescaled: with 60 of 80 points, of which 5 do not apply, and a scale of 100 it
        is 60 × 100 / 75 = 80. Bonus and penalty points come on top and are not rescaled. `sum` and
        `value` are made of parts that are rounded already, as people add them up; `exact` is not,
        and it is what targets are held against.
        """
        places = self.frame.places
        scale = self.frame.document["index"]["scale"]
        own = {
            name: cell(self.frame.total_row(name), reckoning.earned) for name in TOTALS
        }
        exact = f"({own['exact-base']}+{own['bonus']}-{own['penalty']})"
        # What goes over the scale is held to it, unless the rule set lets it pass.
        over = f"OR({compared('>', exact, scale)},{own['sum']}>{scale})"
        held = over
        if self.frame.machine["over_scale"]:
            held = "FALSE"
        most = f"ROUNDDOWN({scale},{places})"
        held_exact = f"IF({held},MIN({exact},{scale}),{exact})"
        held_value = f"IF({held},MIN({own['sum']},{most}),{own['sum']})"
        if "lowest" in self.frame.machine:
            least = f"({self.frame.machine['lowest']})"
            held_exact = f"MAX({held_exact},{least})"
            held_value = f"MAX({held_value},{least})"
        penalty_weight = self._areas("penalty", WEIGHT)
        penalty_earned = self._areas("penalty", reckoning.earned)
        shared = f"{own['earned']}*{scale}/{own['left']}"
        return {
            "maximum": self._areas("base", WEIGHT),
            "earned": self._areas("base", reckoning.earned),
            "rescaled": self._areas("base", reckoning.rescaled),
            "left": f"ROUND({own['maximum']}-{own['rescaled']},{places})",
            "exact-base": f"IF({own['left']}=0,0,{shared})",
            "base": rounded_as(
                own["exact-base"], places, self.frame.machine.get("rounding")
            ),
            "bonus": self._areas("bonus", reckoning.earned),
            "penalty": f"ROUND({penalty_weight}-{penalty_earned},{places})",
            "exact": held_exact,
            "sum": f"ROUND({own['base']}+{own['bonus']}-{own['penalty']},{places})",
            "value": held_value,
        }

    def _areas(self, kind: str, column: int) -> str:
        """Return the sum of the areas of a kind in a column."""
        all_areas = self.frame.display.areas()
        areas = [area for area in all_areas if area["kind"] == kind]
        rows = [self.frame.rows[True, area["id"]] for area in areas]
        cells = [cell(row, column) for row in rows]
        added = "+".join(cells) or "0"
        return f"ROUND({added},{self.frame.places})"


def _decimal_or_none(figure: str | None) -> Decimal | None:
    if figure is None:
        return None
    return decimal(figure)


class GroupLine:
    """Writes a group's line: sums, means, bonus and penalty points."""

    def __init__(self, steps: StepSheet, line: Line) -> None:
        self.steps = steps
        self.group = line.item
        self.row = line.row
        self.frame = steps.frame
        self.places = steps.frame.places

    def write(self) -> None:
        """Write the maximum, and earned, excluded and rescaled in every reckoning."""
        self._maximum()
        for reckoning in RECKONINGS:
            for name, formula in self.formulas(reckoning).items():
                value = None
                if reckoning is ACTUAL:
                    value = self._reported(name)
                column = getattr(reckoning, name)
                self.steps.amount(self.row, column, formula, value)

    def _maximum(self) -> None:
        value = decimal(self.group["maximum"])
        if self.group["combine"] == "mean":
            style = {**BOX, "num_format": self.steps.points}
            self.steps.sheet.number(self.row, WEIGHT, value, **style)
            return
        maximum = self.sum(WEIGHT)
        if self.group["cap"] is not None:
            maximum = f"MIN({decimal(self.group['cap'])},{maximum})"
        self.steps.amount(self.row, WEIGHT, maximum, value)

    def _reported(self, name: str) -> Decimal:
        """Return what the report says of a column; the exact points are those before the cap."""
        key = "uncapped" if name == "exact" else name
        return decimal(self.group[key])

    def formulas(self, reckoning: Reckoning) -> dict[str, str]:
        """Return the formulas of one reckoning, by the names of its columns."""
        if self.group["combine"] == "mean":
            return self.mean(reckoning)
        if self.group["cap"] is None:
            return self.plain_sum(reckoning)
        if self.group["kind"] == "base":
            return self.held_to_cap(reckoning)
        return self.capped(reckoning)

    def parts(self, column: int) -> str:
        """Return the sum of the children in a column."""
        children = self.frame.children(column, self.group)
        ranges = ",".join(children) or "0"
        return f"SUM({ranges})"

    def sum(self, column: int) -> str:
        """Return the sum of the children in a column, rid of binary digits."""
        return f"ROUND({self.parts(column)},{self.places})"

    def own(self, column: int) -> str:
        """Return the address of a cell of this line."""
        return cell(self.row, column)

    def plain_sum(self, reckoning: Reckoning) -> dict[str, str]:
        """Return the formulas of a sum (semantics G1)."""
        return {
            "earned": self.sum(reckoning.earned),
            "excluded": self.sum(reckoning.excluded),
            "rescaled": self.sum(reckoning.rescaled),
        }

    def capped(self, reckoning: Reckoning) -> dict[str, str]:
        """Return the formulas of bonus and penalty points, held to their cap (semantics G3).

        Bonus points are what was earned, penalty points what was lost; a penalty group earns what
        is left of its weight.
        """
        cap = decimal(self.group["cap"])
        within_cap = f"MIN({cap},{self.own(reckoning.exact)})"
        if self.group["kind"] == "bonus":
            uncapped = self.sum(reckoning.earned)
            earned = within_cap
        else:
            columns = (WEIGHT, reckoning.earned, reckoning.excluded)
            lost = "-".join(self.parts(column) for column in columns)
            uncapped = f"ROUND({lost},{self.places})"
            earned = f"ROUND({self.own(WEIGHT)}-{within_cap},{self.places})"
        return {
            "exact": uncapped,
            "earned": earned,
            "excluded": "0",
            "rescaled": "0",
        }

    def held_to_cap(self, reckoning: Reckoning) -> dict[str, str]:
        """Return the formulas of a base group with a cap (semantics G7).

        Excluded is only what the group can no longer come to: of five items of 0.5 under a cap of
        2, one that does not apply leaves four, which come to 2 as well.
        """
        cap = decimal(self.group["cap"])
        weight = self.own(WEIGHT)
        whole = self.parts(WEIGHT)
        formulas = {
            "exact": self.sum(reckoning.earned),
            "earned": f"MIN({cap},{self.own(reckoning.exact)})",
        }
        for name in ("excluded", "rescaled"):
            column = getattr(reckoning, name)
            attainable = f"MIN({cap},{whole}-{self.parts(column)})"
            formulas[name] = f"ROUND({weight}-{attainable},{self.places})"
        return formulas

    def mean(self, reckoning: Reckoning) -> dict[str, str]:
        """Return the formulas of a weighted mean, rounded once (semantics G2).

        Children whose points leave the maximum do not count in the mean; where none is left, the
        whole group leaves it. With weight 10 and rules of weight 3, 1 and 1 that earned 1.5, 1 and
        nothing because it does not apply, the group earns 10 × 2.5 / 4 = 6.25.
        """
        weight = self.own(WEIGHT)
        rescaled = self.parts(reckoning.rescaled)
        counted = f"ROUND({self.parts(WEIGHT)}-{rescaled},{self.places})"
        shown = f"({self.parts(reckoning.excluded)}-{rescaled})"
        exact_earned = f"{weight}*{self.parts(reckoning.exact)}/{counted}"
        exact_excluded = f"{weight}*{shown}/{counted}"
        earned = rounded_as(exact_earned, self.places, self.group.get("rounding"))
        # Both are rounded: together they must not exceed the weight.
        left = f"ROUND({weight}-{self.own(reckoning.earned)},{self.places})"
        excluded = f"MIN({rounded(exact_excluded, self.places)},{left})"
        return {
            "earned": f"IF({counted}=0,0,{earned})",
            "excluded": f"IF({counted}=0,{weight},{excluded})",
            "rescaled": f"IF({counted}=0,{weight},0)",
        }


class RuleLine:
    """Writes a rule's line (semantics L1 to L6).

    The columns go from the figures to the points: what is absent, whether the target is met, the
    points by the figures; then the state that these give, gates, what decides in the end, the
    declared effect, and the state that is reported.
    """

    def __init__(self, steps: StepSheet, line: Line) -> None:
        self.steps = steps
        self.rule = line.item
        self.row = line.row
        self.frame = steps.frame
        self.machine: Document = self.rule["machine"]
        self.points_given = self.frame.points(self.rule["id"])
        self.by_hand = is_by_hand(self.rule)

    def own(self, column: int) -> str:
        """Return the address of a cell of this line."""
        return cell(self.row, column)

    # What the figures come to

    # A formula of a step reads the steps to its left, never the figures again. Each is short enough
    # to be read, and far from the limits of a formula.

    def checked_formulas(self) -> dict[str, str]:
        """Return the formulas of the rule's own steps.

        Raises:
            NotInSheetError: a formula is too long, binary digits could change its points, or a
                required rule has to reach a share of its points.
        """
        formulas = self.formulas()
        # A line is live as a whole or not at all, so that its gates are tried before it is written.
        self.gates()
        for formula in formulas.values():
            checked(formula)
        exact = Fraction(self.rule["exact"])
        if self._threshold_is_coarse() or not steady(exact, self.frame.places):
            raise NotInSheetError
        # The codes of figures do not tell a zero denominator from what is not applicable.
        if "zero_denominator" in self.machine["effects"] and not self.by_hand:
            raise NotInSheetError
        return formulas

    def _threshold_is_coarse(self) -> bool:
        """Whether a threshold that a formula gives is beyond the digits of a sheet."""
        is_computed = isinstance(self.machine["threshold"], list)
        threshold = self.rule["threshold"]
        if not is_computed or threshold is None:
            return False
        kind = self.frame.kind(self.rule["metric"])
        return kind == NUMBER and coarse(threshold)

    def formulas(self) -> dict[str, str]:
        """Return the formulas of the steps that read the figures: absence, met and points.

        All of a rule's figures must be there: its own, those of its threshold and of the formula of
        its points, and the one that exempts. The codes of absences are ordered by their strength,
        so that the largest is the one that counts (semantics L6).
        """
        if self.by_hand:
            return self._formulas_by_hand()
        translator = self.translator()
        code = self.frame.code(self.rule["metric"])
        threshold_code = translator.absence(self.machine["threshold"])
        points_code = translator.absence(self.machine["points"])
        codes = [code, threshold_code, points_code]
        if self.machine["exempt"]:
            codes.append(self.frame.code(self.machine["exempt"]))
        points = translator.value(self.machine["points"])
        return {
            # A waiver of the rule's own figure wins over every other absence.
            "absence": f"IF({code}=1,1,{largest(codes)})",
            "met": self._unless_absent(f"IF({self._met(translator)},1,0)"),
            "points": self._unless_absent(points),
        }

    def translator(self) -> Translator:
        """Return the translator that knows the names that only this rule has."""
        metric = self.rule["metric"]
        threshold = self.machine["threshold"]
        figure = self.frame.figure(metric)
        kind = self.frame.kind(metric)
        names = {
            "value": LocalName(figure, kind),
            "weight": LocalName(self.own(WEIGHT), NUMBER),
            "lowest": LocalName(self.own(LOWEST), NUMBER),
            "met": LocalName(f"({self.own(MET)}=1)", YES_NO),
        }
        if threshold is not None:
            # A threshold reads metrics; the names that only this rule has are unknown to it.
            plain = Translator(self.frame, {})
            formula = plain.value(threshold)
            names["threshold"] = LocalName(formula, plain.kind(threshold))
        return Translator(self.frame, names)

    def _unless_absent(self, formula: str) -> str:
        """Return a formula that is empty where a figure is absent, `÷0` on a division by zero."""
        return f'IF({self.own(ABSENCE)}>0,"",IFERROR({formula},"{ZERO}"))'

    def _formulas_by_hand(self) -> dict[str, str]:
        """Return the formulas of a rule whose points a person gives."""
        points = str(self.points_given)
        is_empty = f'{points}=""'
        reached = compared(">=", points, self.own(WEIGHT))
        return {
            "absence": f"IF({is_empty},3,0)",
            "met": f'IF({is_empty},"",IF({reached},1,0))',
            "points": f'IF({is_empty},"",{points})',
        }

    def _met(self, translator: Translator) -> str:
        """Return the condition that the target is reached; without a target the points tell."""
        comparator = self.rule["comparator"]
        if comparator is not None:
            return translator.value(self._condition(comparator))
        # Information that asks for nothing is never missed.
        if not is_scored(self.rule):
            return "TRUE"
        return compared(">=", self.own(POINTS), self.own(WEIGHT))

    def _condition(self, comparator: str) -> object:
        """Return the target as an expression: figure, less what is exempt, and threshold."""
        value: object = {"name": "value"}
        exempt = self.machine["exempt"]
        if exempt:
            value = ["-", value, {"metric": exempt}]
        threshold = self.rule["threshold"]
        if comparator == "between":
            edges = [edge for edge in EDGES if edge in threshold]
            conditions = [[EDGES[edge], value, threshold[edge]] for edge in edges]
            return ["and", *conditions]
        if comparator == "one_of":
            items = threshold
            if self.frame.kind(self.rule["metric"]) == LEVEL:
                items = [{"text": level} for level in threshold]
            conditions = [["==", value, item] for item in items]
            return ["or", *conditions]
        return [self._sign(comparator), value, {"name": "threshold"}]

    def _sign(self, comparator: str) -> str:
        """Return the comparison of a comparator."""
        if comparator != "better":
            return DATE_SIGNS.get(comparator, comparator)
        # “Better than before” says nothing of up or down; the metric knows which way is better.
        metric = self.frame.metrics[self.rule["metric"]]
        if metric["better"] == "lower":
            return "<"
        return ">"

    # From the first state to the last

    def first_state(self) -> str:
        """Return the state that the rule's own figures give."""
        absence = self.own(ABSENCE)
        met = self.own(MET)
        points = self.own(POINTS)
        # The codes are those of `STATE_CODES`: 1 met, 2 partly met, 3 not met, 4 missing, 5 not
        # applicable, 7 waived. An absence has its own order, which `CHOOSE` turns into these.
        by_points = f"IF({met}=1,1,IF(ROUND({points},{GUARD})>0,2,3))"
        is_zero = f'OR({met}="{ZERO}",{points}="{ZERO}")'
        by_figures = f"IF({is_zero},5,{by_points})"
        return f"IF({absence}>0,CHOOSE({absence},7,5,4),{by_figures})"

    def gates(self) -> str:
        """Return 2 where a required rule is not met, 1 where one is missing, else 0.

        Met in part is not met: a gate is all or nothing, whatever its own points are.
        """
        shares = self.frame.document.get("required_shares", [])
        if any(share["rule"] == self.rule["id"] for share in shares):
            raise NotInSheetError("requires")
        rows = [self.frame.rows[False, id_] for id_ in self.rule["requires"]]
        states = [cell(row, STATE) for row in rows]
        if not states:
            return "0"
        closed = ",".join(f"{state}=2,{state}=3" for state in states)
        missing = ",".join(f"{state}=4" for state in states)
        return f"IF(OR({closed}),2,IF(OR({missing}),1,0))"

    def cause(self) -> str:
        """Return what decides: 1 to 7 a state, 8 a closed gate, 9 an absent block (semantics L2).

        Each later condition is laid around the ones before it, so the last is asked first: an
        absent block, a closed gate, a day that is still to come, and then a gate that nobody knows.
        """
        first = self.own(FIRST)
        gates = self.own(GATES)
        is_gate_unknown = f"{gates}=1"
        if not self.by_hand:
            is_gate_unknown = f"AND({gates}=1,{first}<=3)"
        cause = f"IF({is_gate_unknown},4,{first})"
        if self.rule["due"] is not None:
            cause = f"IF({self._waits(is_gate_unknown)},6,{cause})"
        code = "0"
        if self.rule["metric"] is not None:
            code = self.frame.code(self.rule["metric"])
        # A waiver of the rule's own figure holds, whatever became of its gates.
        cause = f"IF(AND({gates}=2,{code}<>1),{CLOSED},{cause})"
        for group in self.frame.ancestors(self.rule["group"]):
            if group["absent"] is not None:
                row = self.frame.absent_rows[group["id"]]
                is_absent = f"{self.frame.input(row, GIVEN)}={self.frame.yes()}"
                cause = f"IF({is_absent},{BLOCK},{cause})"
        return cause

    def _waits(self, is_gate_unknown: str) -> str:
        """Return the condition that the rule is not due and not yet met (semantics L2 g)."""
        first = self.own(FIRST)
        is_before = f"{self.frame.as_of()}<{day(self.rule['due'])}"
        awaited = self._awaited("missing")
        if self.by_hand:
            not_met = f"AND({first}>=2,{first}<=4)"
            return f"AND({is_before},IF({is_gate_unknown},{awaited},{not_met}))"
        is_open = f"OR({first}=2,{first}=3,AND({first}=4,NOT({awaited})))"
        return f"AND({is_before},NOT({is_gate_unknown}),{is_open})"

    def _awaited(self, state: str) -> str:
        """Return whether points from a person are waited for in a state."""
        if self.machine["effects"].get(state) != "manual":
            return "FALSE"
        return f'{self.points_given}=""'

    def effect(self) -> str:
        """Return the code of the declared effect of an absence."""
        cause = self.own(CAUSE)
        declared = self.machine["effects"]
        codes = []
        for state in STATE_CODES[3:]:
            effect = declared.get(state, "")
            code = CREDIT
            if isinstance(effect, str):
                code = EFFECTS.get(effect, UNDECLARED)
            codes.append(str(code))
        choices = ",".join(codes)
        return f'IF(AND({cause}>=4,{cause}<=7),CHOOSE({cause}-3,{choices}),"")'

    def state(self) -> str:
        """Return the code of the state; 8 where an effect is not declared."""
        cause = self.own(CAUSE)
        effect = self.own(EFFECT)
        state = cause
        if self.points_given:
            is_awaited = f'AND({effect}=4,{self.points_given}="")'
            state = f"IF({is_awaited},4,{cause})"
        state = f"IF({effect}={UNDECLARED},8,{state})"
        return f"IF({cause}={BLOCK},5,IF({cause}={CLOSED},3,{state}))"

    def exact(self) -> str:
        """Return the points before rounding (semantics L4)."""
        cause = self.own(CAUSE)
        given = "0"
        if self.points_given:
            given = f'IF({self.points_given}="",0,{self.points_given})'
        # In the order of `EFFECTS`. An undeclared effect is an error that spreads to the index: a
        # sum that leaves it out would look right.
        by_effect = f"0,{self.own(WEIGHT)},0,0,{given},NA(),{self._credit()}"
        absent = f"CHOOSE({self.own(EFFECT)}+1,{by_effect})"
        return f"IF({cause}>=8,0,IF({cause}<=3,{self.own(POINTS)},{absent}))"

    def _credit(self) -> str:
        """Return the points that the effect of an absence is worth, by what decides."""
        effects = self.machine["effects"]
        worths = []
        for state in STATE_CODES[3:]:
            effect = effects.get(state)
            points = "0"
            if isinstance(effect, Mapping):
                # A fraction without a decimal stands as a division, in brackets of its own.
                points = f"({effect['points']})"
            worths.append(points)
        if not any(isinstance(effect, Mapping) for effect in effects.values()):
            return "0"
        return f"CHOOSE({self.own(CAUSE)}-3,{','.join(worths)})"

    def unsupported(self) -> str:
        """Return whether points are claimed without valid evidence (semantics I6), as 1 or 0."""
        if not self.rule["evidence"]["required"]:
            return "0"
        row = self.frame.proof_rows[self.rule["id"]]
        proof = self.frame.input(row, GIVEN)
        has_points_by_hand = "FALSE"
        if self.points_given:
            has_points_by_hand = f'AND({self.own(EFFECT)}=4,{self.points_given}<>"")'
        conditions = (
            f"{proof}<>{self.frame.yes()}",
            f"{self.own(ACTUAL.earned)}>0",
            f"OR({self.own(STATE)}<=3,{has_points_by_hand})",
        )
        return f"IF(AND({','.join(conditions)}),1,0)"

    # Writing

    def write(self, formulas: Mapping[str, str]) -> None:
        """Write the line; without formulas its values are kept."""
        style = {**BOX, "num_format": self.steps.points}
        sheet = self.steps.sheet
        weight = decimal(self.rule["weight"])
        lowest = decimal(self.rule["lowest"])
        sheet.number(self.row, WEIGHT, weight, **style)
        sheet.number(self.row, LOWEST, lowest, **style)
        if formulas:
            self._live(formulas)
        else:
            self._kept()
        self._other_reckonings()

    def _live(self, formulas: Mapping[str, str]) -> None:
        rule = self.rule
        row = self.row
        amount = self.steps.amount
        unrounded = {"num_format": UNROUNDED}
        amount(row, ABSENCE, formulas["absence"], None, **WHOLE)
        amount(row, MET, formulas["met"], None, **WHOLE)
        amount(row, POINTS, formulas["points"], None, **unrounded)
        amount(row, FIRST, self.first_state(), None, **WHOLE)
        amount(row, GATES, self.gates(), None, **WHOLE)
        amount(row, CAUSE, self.cause(), None, **WHOLE)
        amount(row, EFFECT, self.effect(), None, **WHOLE)
        state = self._state_code()
        amount(row, STATE, self.state(), state, **WHOLE)
        claimed = self._claimed()
        amount(row, UNSUPPORTED, self.unsupported(), claimed, **WHOLE)
        exact = decimal(rule["exact"])
        amount(row, ACTUAL.exact, self.exact(), exact, **unrounded)
        earned = self._rounded(ACTUAL.exact)
        amount(row, ACTUAL.earned, earned, self._earned())
        is_block = f"{self.own(CAUSE)}={BLOCK}"
        effect = self.own(EFFECT)
        weight = self.own(WEIGHT)
        excluded = f"IF(OR({is_block},{effect}=2,{effect}=3),{weight},0)"
        amount(row, ACTUAL.excluded, excluded, self._excluded())
        rescaled = f"IF(OR({is_block},{effect}=2),{weight},0)"
        amount(row, ACTUAL.rescaled, rescaled, self._rescaled())

    def _rounded(self, column: int) -> str:
        """Return the formula of the rule's points, rounded as the rule set says."""
        rounding = self.rule["machine"].get("rounding")
        return rounded_as(self.own(column), self.frame.places, rounding)

    def _state_code(self) -> int:
        return STATE_CODES.index(self.rule["state"]) + 1

    def _claimed(self) -> int:
        """Return 1 where the report names the rule among the unsupported ones, else 0."""
        return int(self.rule["id"] in self.frame.document["unsupported"])

    def _earned(self) -> Decimal:
        """Return the rule's own points; in a mean the report has what they bring the group."""
        ticks_per_point = 10**self.frame.places
        ticks = Fraction(self.rule["exact"]) * ticks_per_point
        rounding = number.Rounding("half_up", 1)
        said = self.rule["machine"].get("rounding")
        if said is not None:
            step = Fraction(said["step"]) * ticks_per_point
            rounding = number.Rounding(said["mode"], int(step))
        whole = rounding.of(ticks.numerator, ticks.denominator)
        return Decimal(whole).scaleb(-self.frame.places)

    def _is_block_absent(self) -> bool:
        return bool(self.rule["reason"]["code"] == "block_absent")

    def _effect(self) -> str | None:
        """Return the effect of the rule's absence; points that a person still owes are lost."""
        if self.rule["reason"]["code"] == "points_awaited":
            return None
        effect: str | None = effect_of(self.rule)
        return effect

    def _excluded(self) -> Decimal:
        """Return the part of the rule's own weight that is excluded: all of it, or nothing."""
        if self._is_block_absent() or self._effect() in ("exclude", "show"):
            return decimal(self.rule["weight"])
        return Decimal(0)

    def _rescaled(self) -> Decimal:
        """Return the points that leave the maximum; what is only shown stays in it."""
        if self._effect() == "show" and not self._is_block_absent():
            return Decimal(0)
        return self._excluded()

    def _kept(self) -> None:
        """Put the values of the report instead of formulas.

        They are those of the day of judgement, whatever is changed; the cells say so.
        """
        rule = self.rule
        sheet = self.steps.sheet
        for column in range(ABSENCE, STATE):
            sheet.text(self.row, column, "–", **CENTRED_BOX)
        words = self.frame.say("kept")
        sheet.text(self.row, ABSENCE, words, **BOX, **FAINT)
        sheet.number(self.row, STATE, self._state_code(), **BOX)
        sheet.number(self.row, UNSUPPORTED, self._claimed(), **BOX)
        values = (
            decimal(rule["exact"]),
            self._earned(),
            self._excluded(),
            self._rescaled(),
        )
        style = {**BOX, "num_format": self.steps.points}
        for column, value in zip(ACTUAL, values, strict=True):
            sheet.number(self.row, column, value, **style)

    def _other_reckonings(self) -> None:
        """Put what the rule gives in the other reckonings.

        A rule that is still open gives its fewest points at least and its weight at most. With only
        what is proved, a rule without evidence gives nothing; its points stay in the maximum.
        """
        is_open = f"OR({self.own(STATE)}=4,{self.own(STATE)}=6)"
        is_unproved = f"{self.own(UNSUPPORTED)}=1"
        self._reckon(AT_LEAST, is_open, self.own(LOWEST))
        self._reckon(AT_MOST, is_open, self.own(WEIGHT))
        self._reckon(SUPPORTED, is_unproved, "0")

    def _reckon(self, reckoning: Reckoning, condition: str, points: str) -> None:
        """Put one reckoning: other points where a condition holds, else those of the report."""
        for column, actual_column in zip(reckoning, ACTUAL, strict=True):
            actual = self.own(actual_column)
            is_points = column in (reckoning.exact, reckoning.earned)
            if is_points:
                formula = f"IF({condition},{points},{actual})"
            elif reckoning is SUPPORTED:
                # Points without proof are not excluded: they are asked for, and not had.
                formula = actual
            else:
                formula = f"IF({condition},0,{actual})"
            self.steps.amount(self.row, column, formula, None)
