"""The sheet of steps: every rule and group from its figures to its points, and the index in four
reckonings.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from cchc_rules.render.display import Document
from cchc_rules.render.workbook.book import (
    A3,
    BOLD,
    BOX,
    CENTRE,
    FAINT,
    HEADING,
    SUBTITLE,
    TITLE,
    Book,
    Cached,
)
from cchc_rules.render.workbook.cell_formulas import (
    LEVEL,
    NUMBER,
    YES_NO,
    Own,
    Translator,
    compared,
    largest,
    rounded,
)
from cchc_rules.render.workbook.cells import (
    NotInSheetError,
    cell,
    checked,
    coarse,
    day,
    decimal,
    steady,
)
from cchc_rules.render.workbook.layout import (
    ABSENCE,
    ACTUAL,
    AT_LEAST,
    AT_MOST,
    CAUSE,
    EFFECT,
    FIRST,
    GATES,
    GIVEN,
    HEAD,
    ID,
    LOWEST,
    MET,
    NUMBER_COLUMN,
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
    Step,
)

EFFECTS = {"lost": 0, "full": 1, "exclude": 2, "show": 3, "manual": 4}
UNDECLARED = 5
BLOCK = 9
CLOSED = 8
ZERO = "÷0"
"""Stands in a step where a denominator is zero."""


class Steps:
    """Writes the sheet of steps."""

    def __init__(self, frame: Frame, book: Book) -> None:
        self.frame = frame
        widths = [6, 22, 8, 8, *[9] * 9, *[10] * 16]
        self.sheet = book.sheet(frame.sheets["steps"], widths, A3)
        self.points = "0." + "0" * frame.places if frame.places else "0"
        self.kept: list[Document] = []

    def write(self) -> None:
        """Write the sheet."""
        frame = self.frame
        self.sheet.banner(0, frame.say("steps-title"), **TITLE)
        self.sheet.banner(1, frame.say("steps-legend"), **SUBTITLE)
        for step, name in zip(
            RECKONINGS, ("actual", "at-least", "at-most", "supported"), strict=True
        ):
            self.sheet.over(
                HEAD - 1,
                (step.exact, step.rescaled),
                frame.say(f"reckoning-{name}"),
                **HEADING,
            )
        heads = [f"step-{at}" for at in range(13)] + [
            "step-exact",
            "step-earned",
            "step-excluded",
            "step-rescaled",
        ] * 4
        self.sheet.heads(HEAD, [frame.say(head) for head in heads])
        for line in frame.lines:
            self.sheet.text(
                line.row, NUMBER_COLUMN, line.number, **BOX, **CENTRE, bold=line.group
            )
            self.sheet.text(line.row, ID, line.item["id"], **BOX, bold=line.group)
            if line.group:
                Group(self, line).write()
            else:
                self._rule(line)
        self._index()

    def _rule(self, line: Line) -> None:
        rule = Rule(self, line)
        try:
            formulas = rule.formulas()
            for formula in formulas.values():
                checked(formula)
            if rule.coarse() or not steady(
                Fraction(line.item["exact"]), self.frame.places
            ):
                raise NotInSheetError
        except NotInSheetError:
            formulas = {}
            self.kept.append(line.item)
        rule.write(formulas)

    def amount(
        self, row: int, column: int, formula: str, value: Cached, **style: str
    ) -> None:
        """Put points that a formula gives."""
        self.sheet.formula(
            row, column, formula, value, **BOX, **{"num_format": self.points} | style
        )

    # The index

    def _index(self) -> None:
        for name in TOTALS:
            self.sheet.text(
                self.frame.total_row(name), ID, self.frame.say(f"total-{name}"), **BOLD
            )
        for step in RECKONINGS:
            self._reckoning(step)

    def _reckoning(self, step: Step) -> None:
        index = self.frame.document["index"]
        places = self.frame.places
        said = {
            ACTUAL: {
                name: index[name]
                for name in (
                    "maximum",
                    "earned",
                    "rescaled",
                    "base",
                    "bonus",
                    "penalty",
                )
            }
            | {"exact": index["exact"], "value": index["value"]},
            AT_LEAST: {"value": index["lowest"]},
            AT_MOST: {"value": index["highest"]},
            SUPPORTED: {"value": index["supported"]},
        }[step]
        here = {name: cell(self.frame.total_row(name), step.earned) for name in TOTALS}
        scale = index["scale"]
        over = f"OR({compared('>', self._exact(here), scale)},{here['sum']}>{scale})"
        held = "FALSE" if self.frame.machine["over_scale"] else over
        formulas = {
            "maximum": self._top("base", WEIGHT),
            "earned": self._top("base", step.earned),
            "rescaled": self._top("base", step.rescaled),
            "left": f"ROUND({here['maximum']}-{here['rescaled']},{places})",
            "exact-base": f"IF({here['left']}=0,0,{here['earned']}*{scale}/{here['left']})",
            "base": rounded(here["exact-base"], places),
            "bonus": self._top("bonus", step.earned),
            "penalty": f"ROUND({self._top('penalty', WEIGHT)}-{self._top('penalty', step.earned)},{places})",
            "exact": f"IF({held},MIN({self._exact(here)},{scale}),{self._exact(here)})",
            "sum": f"ROUND({here['base']}+{here['bonus']}-{here['penalty']},{places})",
            "value": f"IF({held},MIN({here['sum']},ROUNDDOWN({scale},{places})),{here['sum']})",
        }
        for name, formula in formulas.items():
            value = decimal(said[name]) if name in said else None
            unrounded = {"num_format": "0.00######"} if name.startswith("exact") else {}
            self.amount(
                self.frame.total_row(name), step.earned, formula, value, **unrounded
            )

    @staticmethod
    def _exact(here: Mapping[str, str]) -> str:
        return f"({here['exact-base']}+{here['bonus']}-{here['penalty']})"

    def _top(self, kind: str, column: int) -> str:
        groups = [
            group for group in self.frame.display.areas() if group["kind"] == kind
        ]
        cells = [cell(self.frame.rows[True, group["id"]], column) for group in groups]
        return f"ROUND({'+'.join(cells) or '0'},{self.frame.places})"


class Group:
    """Writes a group's line: sums, means, pools."""

    def __init__(self, steps: Steps, line: Line) -> None:
        self.steps = steps
        self.line = line
        self.group = line.item
        self.row = line.row
        self.frame = steps.frame
        self.places = steps.frame.places

    def write(self) -> None:
        """Write the maximum, and earned, excluded and rescaled in every reckoning."""
        mean = self.group["combine"] == "mean"
        kind = self.group["kind"]
        maximum = self.sum(WEIGHT)
        if kind != "base":
            maximum = f"MIN({decimal(self.group['cap'])},{maximum})"
        if mean:
            self.steps.sheet.number(
                self.row,
                WEIGHT,
                decimal(self.group["maximum"]),
                **BOX,
                num_format=self.steps.points,
            )
        else:
            self.steps.amount(self.row, WEIGHT, maximum, decimal(self.group["maximum"]))
        for step in RECKONINGS:
            formulas = (
                self.mean(step)
                if mean
                else self.added(step)
                if kind == "base"
                else self.pool(step)
            )
            for name, formula in formulas.items():
                said = self.group["uncapped"] if name == "exact" else self.group[name]
                value = decimal(said) if step is ACTUAL else None
                self.steps.amount(self.row, getattr(step, name), formula, value)

    def parts(self, column: int) -> str:
        """Return the sum of the children in a column."""
        return f"SUM({','.join(self.frame.area(column, self.group)) or '0'})"

    def sum(self, column: int) -> str:
        """Return the sum of the children in a column, rid of binary digits."""
        return f"ROUND({self.parts(column)},{self.places})"

    def own(self, column: int) -> str:
        """Return the address of a cell of this line."""
        return cell(self.row, column)

    def added(self, step: Step) -> dict[str, str]:
        """Return the formulas of a sum (semantics G1)."""
        return {
            name: self.sum(getattr(step, name))
            for name in ("earned", "excluded", "rescaled")
        }

    def pool(self, step: Step) -> dict[str, str]:
        """Return the formulas of bonus and penalty points, held to their cap (semantics G3)."""
        cap = decimal(self.group["cap"])
        uncapped = self.own(step.exact)
        weight = self.own(WEIGHT)
        bonus = self.group["kind"] == "bonus"
        lost = f"{self.parts(WEIGHT)}-{self.parts(step.earned)}-{self.parts(step.excluded)}"
        return {
            "exact": self.sum(step.earned) if bonus else f"ROUND({lost},{self.places})",
            "earned": f"MIN({cap},{uncapped})"
            if bonus
            else f"ROUND({weight}-MIN({cap},{uncapped}),{self.places})",
            "excluded": "0",
            "rescaled": "0",
        }

    def mean(self, step: Step) -> dict[str, str]:
        """Return the formulas of a weighted mean, rounded once (semantics G2)."""
        weight = self.own(WEIGHT)
        counted = (
            f"ROUND({self.parts(WEIGHT)}-{self.parts(step.rescaled)},{self.places})"
        )
        shown = f"({self.parts(step.excluded)}-{self.parts(step.rescaled)})"
        earned = rounded(f"{weight}*{self.parts(step.exact)}/{counted}", self.places)
        left = f"ROUND({weight}-{self.own(step.earned)},{self.places})"
        excluded = f"MIN({rounded(f'{weight}*{shown}/{counted}', self.places)},{left})"
        return {
            "earned": f"IF({counted}=0,0,{earned})",
            "excluded": f"IF({counted}=0,{weight},{excluded})",
            "rescaled": f"IF({counted}=0,{weight},0)",
        }


class Rule:
    """Writes a rule's line (semantics L1 to L6)."""

    def __init__(self, steps: Steps, line: Line) -> None:
        self.steps = steps
        self.rule = line.item
        self.row = line.row
        self.frame = steps.frame
        self.machine: Document = self.rule["machine"]
        self.given = self.frame.points(self.rule["id"])
        self.manual = self.rule["deduction"] == "manual"

    def own(self, column: int) -> str:
        """Return the address of a cell of this line."""
        return cell(self.row, column)

    def coarse(self) -> bool:
        """Whether a threshold that a formula gives is beyond the digits of a sheet."""
        computed = (
            isinstance(self.machine["threshold"], list)
            and self.rule["threshold"] is not None
        )
        return (
            computed
            and self.frame.kind(self.rule["metric"]) == NUMBER
            and coarse(self.rule["threshold"])
        )

    # What the figures come to

    def translator(self) -> Translator:
        """Return the translator that knows the rule's own names."""
        metric = self.rule["metric"]
        own = {
            "value": Own(self.frame.figure(metric), self.frame.kind(metric)),
            "weight": Own(self.own(WEIGHT), NUMBER),
            "lowest": Own(self.own(LOWEST), NUMBER),
            "met": Own(f"({self.own(MET)}=1)", YES_NO),
        }
        plain = Translator(self.frame, {})
        if self.machine["threshold"] is not None:
            own["threshold"] = Own(
                plain.value(self.machine["threshold"]),
                plain.kind(self.machine["threshold"]),
            )
        return Translator(self.frame, own)

    def formulas(self) -> dict[str, str]:
        """Return the formulas of the steps that belong to this rule alone; `NotInSheetError` where
        there are none.
        """
        if self.manual:
            return self._by_hand()
        metric = self.rule["metric"]
        write = self.translator()
        own = self.frame.code(metric)
        exempt = self.machine["exempt"]
        codes = [
            own,
            write.absence(self.machine["threshold"]),
            write.absence(self.machine["points"]),
        ]
        codes += [self.frame.code(exempt)] if exempt else []
        points = write.value(self.machine["points"])
        return {
            "absence": f"IF({own}=1,1,{largest(codes)})",
            "met": self._step(f"IF({self._met(write)},1,0)"),
            "points": self._step(points),
        }

    def _step(self, formula: str) -> str:
        return f'IF({self.own(ABSENCE)}>0,"",IFERROR({formula},"{ZERO}"))'

    def _by_hand(self) -> dict[str, str]:
        here = f'{self.given}=""'
        reached = compared(">=", str(self.given), self.own(WEIGHT))
        return {
            "absence": f"IF({here},3,0)",
            "met": f'IF({here},"",IF({reached},1,0))',
            "points": f'IF({here},"",{self.given})',
        }

    def _met(self, write: Translator) -> str:
        """Return the condition that the target is reached; without a target the points tell."""
        comparator = self.rule["comparator"]
        if comparator is None:
            none = self.rule["deduction"] == "none"
            return (
                "TRUE" if none else compared(">=", self.own(POINTS), self.own(WEIGHT))
            )
        return write.value(self._condition(comparator))

    def _condition(self, comparator: str) -> object:
        value: object = {"name": "value"}
        if self.machine["exempt"]:
            value = ["-", value, {"metric": self.machine["exempt"]}]
        threshold = self.rule["threshold"]
        if comparator == "between":
            return [
                "and",
                *(
                    [sign, value, threshold[edge]]
                    for edge, sign in _EDGES.items()
                    if edge in threshold
                ),
            ]
        if comparator == "one_of":
            texts = self.frame.kind(self.rule["metric"]) == LEVEL
            return [
                "or",
                *(
                    ["==", value, {"text": item} if texts else item]
                    for item in threshold
                ),
            ]
        sign = _SIGNS.get(comparator, comparator)
        if comparator == "better":
            sign = (
                "<"
                if self.frame.metrics[self.rule["metric"]]["better"] == "lower"
                else ">"
            )
        return [sign, value, {"name": "threshold"}]

    # From the first state to the last

    def first(self) -> str:
        """Return the state that the rule's own figures give."""
        absence, met, points = (self.own(column) for column in (ABSENCE, MET, POINTS))
        computed = f"IF({met}=1,1,IF(ROUND({points},10)>0,2,3))"
        zero = f'IF(OR({met}="{ZERO}",{points}="{ZERO}"),5,{computed})'
        return f"IF({absence}>0,CHOOSE({absence},7,5,4),{zero})"

    def gates(self) -> str:
        """Return 2 where a required rule is not met, 1 where one is missing, else 0."""
        states = [
            cell(self.frame.rows[False, name], STATE) for name in self.rule["requires"]
        ]
        if not states:
            return "0"
        closed = ",".join(f"{state}=2,{state}=3" for state in states)
        return f"IF(OR({closed}),2,IF(OR({','.join(f'{state}=4' for state in states)}),1,0))"

    def cause(self) -> str:
        """Return what decides: 1 to 7 a state, 8 a closed gate, 9 an absent block (semantics L2)."""
        first = self.own(FIRST)
        gates = self.own(GATES)
        unknown = f"{gates}=1" if self.manual else f"AND({gates}=1,{first}<=3)"
        cause = f"IF({unknown},4,{first})"
        if self.rule["due"] is not None:
            cause = f"IF({self._waits(unknown)},6,{cause})"
        code = (
            self.frame.code(self.rule["metric"])
            if self.rule["metric"] is not None
            else "0"
        )
        cause = f"IF(AND({gates}=2,{code}<>1),{CLOSED},{cause})"
        blocks = [
            group["id"]
            for group in self.frame.above(self.rule["group"])
            if group["absent"] is not None
        ]
        for block in blocks:
            absent = f"{self.frame.input(self.frame.absent_rows[block], GIVEN)}={self.frame.yes()}"
            cause = f"IF({absent},{BLOCK},{cause})"
        return cause

    def _waits(self, unknown: str) -> str:
        """Return the condition that the rule is not due and not yet met (semantics L2 g)."""
        first = self.own(FIRST)
        before = f"{self.frame.as_of()}<{day(self.rule['due'])}"
        awaited = self._awaited("missing")
        if self.manual:
            return f"AND({before},IF({unknown},{awaited},AND({first}>=2,{first}<=4)))"
        open_ = f"OR({first}=2,{first}=3,AND({first}=4,NOT({awaited})))"
        return f"AND({before},NOT({unknown}),{open_})"

    def _awaited(self, state: str) -> str:
        """Return whether points from a person are waited for in a state."""
        return (
            f'{self.given}=""'
            if self.machine["effects"].get(state) == "manual"
            else "FALSE"
        )

    def effect(self) -> str:
        """Return the code of the declared effect of an absence."""
        cause = self.own(CAUSE)
        effects = [self.machine["effects"].get(state, "") for state in STATE_CODES[3:]]
        codes = ",".join(str(EFFECTS.get(effect, UNDECLARED)) for effect in effects)
        return f'IF(AND({cause}>=4,{cause}<=7),CHOOSE({cause}-3,{codes}),"")'

    def state(self) -> str:
        """Return the code of the state; 8 where an effect is not declared."""
        cause = self.own(CAUSE)
        effect = self.own(EFFECT)
        last = f'IF(AND({effect}=4,{self.given}=""),4,{cause})' if self.given else cause
        return f"IF({cause}={BLOCK},5,IF({cause}={CLOSED},3,IF({effect}={UNDECLARED},8,{last})))"

    def exact(self) -> str:
        """Return the points before rounding (semantics L4)."""
        cause = self.own(CAUSE)
        effect = self.own(EFFECT)
        points = self.own(POINTS)
        given = f'IF({self.given}="",0,{self.given})' if self.given else "0"
        absent = f"CHOOSE({effect}+1,0,{self.own(WEIGHT)},0,0,{given},NA())"
        return f"IF({cause}>=8,0,IF({cause}<=3,{points},{absent}))"

    def unsupported(self) -> str:
        """Return whether points are claimed without valid evidence (semantics I6)."""
        if not self.rule["evidence"]["required"]:
            return "0"
        proof = self.frame.input(self.frame.proof_rows[self.rule["id"]], GIVEN)
        state = self.own(STATE)
        effect = self.own(EFFECT)
        earned = self.own(ACTUAL.earned)
        by_hand = f'AND({effect}=4,{self.given}<>"")' if self.given else "FALSE"
        return f"IF(AND({proof}<>{self.frame.yes()},{earned}>0,OR({state}<=3,{by_hand})),1,0)"

    # Writing

    def write(self, formulas: Mapping[str, str]) -> None:
        """Write the line; without formulas its values are kept."""
        steps = self.steps
        rule = self.rule
        for column, key in ((WEIGHT, "maximum"), (LOWEST, "lowest")):
            steps.sheet.number(
                self.row, column, decimal(rule[key]), **BOX, num_format=steps.points
            )
        if formulas:
            self._live(formulas)
        else:
            self._kept()
        self._settled()

    def _live(self, formulas: Mapping[str, str]) -> None:
        rule = self.rule
        amount = self.steps.amount
        whole = {"num_format": "0", "align": "center"}
        unrounded = {"num_format": "0.00######"}
        amount(self.row, ABSENCE, formulas["absence"], None, **whole)
        amount(self.row, MET, formulas["met"], None, **whole)
        amount(self.row, POINTS, formulas["points"], None, **unrounded)
        for column, formula in (
            (FIRST, self.first()),
            (GATES, self.gates()),
            (CAUSE, self.cause()),
            (EFFECT, self.effect()),
        ):
            amount(self.row, column, formula, None, **whole)
        weight = self.own(WEIGHT)
        cause = self.own(CAUSE)
        effect = self.own(EFFECT)
        amount(
            self.row, STATE, self.state(), STATE_CODES.index(rule["state"]) + 1, **whole
        )
        amount(self.row, UNSUPPORTED, self.unsupported(), self._claimed(), **whole)
        amount(
            self.row, ACTUAL.exact, self.exact(), decimal(rule["exact"]), **unrounded
        )
        rounds = rounded(self.own(ACTUAL.exact), self.frame.places)
        amount(self.row, ACTUAL.earned, rounds, decimal(rule["earned"]))
        excluded = f"IF(OR({cause}={BLOCK},{effect}=2,{effect}=3),{weight},0)"
        amount(self.row, ACTUAL.excluded, excluded, decimal(rule["excluded"]))
        rescaled = f"IF(OR({cause}={BLOCK},{effect}=2),{weight},0)"
        amount(self.row, ACTUAL.rescaled, rescaled, self._rescaled())

    def _claimed(self) -> int:
        return int(self.rule["id"] in self.frame.document["unsupported"])

    def _rescaled(self) -> Decimal:
        shown = (
            self.machine["effects"].get(self.rule["state"]) == "show"
            and self.rule["reason"]["code"] != "block_absent"
        )
        return Decimal(0) if shown else decimal(self.rule["excluded"])

    def _kept(self) -> None:
        rule = self.rule
        sheet = self.steps.sheet
        for column in range(ABSENCE, STATE):
            sheet.text(self.row, column, "–", **BOX, **CENTRE)
        sheet.text(self.row, ABSENCE, self.frame.say("kept"), **BOX, **FAINT)
        sheet.number(self.row, STATE, STATE_CODES.index(rule["state"]) + 1, **BOX)
        sheet.number(self.row, UNSUPPORTED, self._claimed(), **BOX)
        values = (
            decimal(rule["exact"]),
            decimal(rule["earned"]),
            decimal(rule["excluded"]),
            self._rescaled(),
        )
        for column, value in zip(ACTUAL, values, strict=True):
            sheet.number(self.row, column, value, **BOX, num_format=self.steps.points)

    def _settled(self) -> None:
        """The other reckonings: an open rule at its fewest points and its weight; nothing without
        evidence.
        """
        open_ = f"OR({self.own(STATE)}=4,{self.own(STATE)}=6)"
        without = f"{self.own(UNSUPPORTED)}=1"
        for step, case, points in (
            (AT_LEAST, open_, self.own(LOWEST)),
            (AT_MOST, open_, self.own(WEIGHT)),
            (SUPPORTED, without, "0"),
        ):
            for column, actual in zip(step, ACTUAL, strict=True):
                other = points if column in (step.exact, step.earned) else "0"
                plain = self.own(actual)
                kept = (
                    step is SUPPORTED
                    and other == "0"
                    and column in (step.excluded, step.rescaled)
                )
                formula = plain if kept else f"IF({case},{other},{plain})"
                self.steps.amount(self.row, column, formula, None)


_EDGES = {"from": ">=", "above": ">", "to": "<=", "below": "<"}
_SIGNS = {
    "is": "==",
    "on_or_before": "<=",
    "before": "<",
    "on_or_after": ">=",
    "after": ">",
}
