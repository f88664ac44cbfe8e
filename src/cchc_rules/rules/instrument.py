"""An instrument as a document: what it measures, asks and gives points for, in words of one
language.

A plain dictionary from which `cchc-rules doc` draws its pages; figures are strings in the
language's form.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from cchc_rules.base.number import plain
from cchc_rules.base.state import Effect, State
from cchc_rules.rules import dependencies
from cchc_rules.rules.model import (
    Conflict,
    Group,
    Metric,
    Remedy,
    Rule,
    RuleSet,
    Text,
)
from cchc_rules.rules.rule_text import RuleText
from cchc_rules.rules.value_function import (
    Compare,
    Computed,
    Constant,
    Line,
    Piece,
    Staircase,
    value_function,
)

Document = dict[str, Any]
"""A part of the document: keys in a fixed order, texts in one language."""

STATES = (State.MISSING, State.NOT_APPLICABLE, State.NOT_DUE, State.WAIVED)


def instrument(rules: RuleSet, lang: str | None = None) -> Document:
    """Return the document of a rule set, its texts in a language (else in its own)."""
    return _Instrument(rules, lang or rules.language).document()


class _Instrument:
    def __init__(self, rules: RuleSet, lang: str) -> None:
        self.rules = rules
        self.lang = lang
        self.words = RuleText(rules, lang)
        self.maxima = dependencies.maxima(rules)
        self.below = dependencies.children(rules)

    def document(self) -> Document:
        rules = self.rules
        first, last = (self.words.day(day) for day in rules.valid)
        return {
            "language": self.lang,
            "id": rules.id,
            "version": rules.version,
            "title": self.text(rules.title),
            "valid": self.say("valid-span", first=first, last=last),
            "source": self.text(rules.source),
            "note": self.text(rules.note),
            "files": [
                {"name": file.name, "sha256": file.sha256} for file in rules.files
            ],
            "scale": self.number(rules.index.scale),
            "places": rules.index.places,
            "basis": rules.index.basis,
            "areas": [
                self.area(group)
                for group in rules.groups.values()
                if group.parent is None
            ],
            "absence": self.absence(self.usual()),
            "derived": [
                self.derived(metric)
                for metric in rules.metrics.values()
                if not metric.submitted
            ],
            "remedies": [self.remedy(remedy) for remedy in rules.remedies.values()],
            "bands": [
                {"title": band.title.of(self.lang), "edges": self.edges(band)}
                for band in rules.bands
            ],
            "gates": [self.gate(gate.rule, gate.at_most) for gate in rules.band_gates],
            "targets": [self.target(target) for target in rules.targets],
            "kinds": [self.text(kind.kind_title) for kind in rules.kinds.values()],
        }

    # Words

    def say(self, id_: str, **places: str) -> str:
        return self.words.say(f"instrument.{id_}", **places)

    def text(self, text: Text | None) -> str | None:
        return None if text is None else text.of(self.lang)

    def number(self, value: Fraction) -> str:
        return self.words.exact(value)

    def edges(self, part: Any) -> str:
        return self.words.interval(part.interval, None)

    # Areas and rules

    def area(self, group: Group) -> Document:
        parts = self.below.get(group.id, [])
        return {
            "id": group.id,
            "title": group.title.of(self.lang),
            "kind": group.kind,
            "weight": self.number(self.maxima[group.id]),
            "cap": None if group.cap is None else self.number(group.cap),
            "mean": group.combine == "mean",
            "optional": group.optional,
            "basis": group.basis,
            "source": [*group.source],
            "note": self.text(group.note),
            "areas": [self.area(part) for part in parts if isinstance(part, Group)],
            "rules": [self.rule(part) for part in parts if isinstance(part, Rule)],
        }

    def rule(self, rule: Rule) -> Document:
        metric = self.rules.metrics.get(rule.metric or "")
        return {
            "id": rule.id,
            "title": rule.title.of(self.lang),
            "source": [*rule.source],
            "weight": self.points_of(rule, rule.weight)
            if rule.deduction.scored
            else None,
            "share": self.share_of_mean(rule),
            "basis": rule.basis,
            "measures": self.measured(metric) if metric else None,
            "required": self.required(rule),
            "losing": [*self.losing(rule)],
            "due": self.words.day(rule.due) if rule.due else None,
            "requires": [
                self.rules.rules[name].title.of(self.lang) for name in rule.requires
            ],
            "absence": self.absence(
                {s: e for s, e in rule.absence.items() if self.usual().get(s) is not e}
            ),
            "evidence": self.text(metric.evidence) if metric else None,
            "evidence_required": rule.evidence_required,
            "remedy": self.rules.remedies[rule.remedy].task.of(self.lang)
            if rule.remedy
            else None,
            "conflicts": [self.conflict(rule, conflict) for conflict in rule.conflicts],
            "note": self.text(rule.note),
        }

    def measured(self, metric: Metric) -> str:
        """Say what a rule measures: its metric, of a ratio what stands above and below the line."""
        title = metric.title.of(self.lang)
        if metric.ratio is None:
            return title
        above, below = (part.of(self.lang) for part in metric.ratio)
        factor = "100 × " if metric.type == "percent" else ""
        return f"{title}: {factor}{above} / {below}"

    def required(self, rule: Rule) -> str | None:
        if rule.comparator is None or rule.threshold is None:
            return None
        return self.words.target(rule, rule.comparator, rule.threshold)

    def conflict(self, rule: Rule, conflict: Conflict) -> Document:
        other = None
        if conflict.comparator is not None and conflict.threshold is not None:
            other = self.words.target(rule, conflict.comparator, conflict.threshold)
        return {
            "source": conflict.source,
            "required": other,
            "note": self.text(conflict.note),
            "governs": self.required(rule),
        }

    # What a rule of a mean counts for

    def points_of(self, rule: Rule, own: Fraction) -> str:
        """Return points of a rule in points of its group: those of a rule in a mean are relative."""
        group = self.rules.groups[rule.group]
        whole = self._mean_weight(group)
        if whole is None:
            return self.number(own)
        return self.words.number(own * (group.weight or Fraction(0)) / whole)

    def share_of_mean(self, rule: Rule) -> Document | None:
        """Return a rule's relative weight and that of all rules of its mean; None in a sum."""
        whole = self._mean_weight(self.rules.groups[rule.group])
        if whole is None:
            return None
        return {"weight": self.number(rule.weight), "whole": self.number(whole)}

    def _mean_weight(self, group: Group) -> Fraction | None:
        """Return the weights of a mean's rules together; None of a sum, or where all are zero."""
        if group.combine != "mean":
            return None
        rules = (part for part in self.below[group.id] if isinstance(part, Rule))
        return sum((rule.weight for rule in rules), Fraction(0)) or None

    # How points are lost

    def losing(self, rule: Rule) -> Iterator[str]:
        """Yield how a rule gives and takes points, a line for each step."""
        points = {
            "weight": self.points_of(rule, rule.weight),
            "lowest": self.points_of(rule, rule.lowest),
        }
        metric = self.rules.metrics.get(rule.metric or "")
        function = None if metric is None else value_function(rule, metric)
        if function is not None and function.graded:
            yield from (self.tier(rule, piece) for piece in function.pieces)
            return
        last = function.pieces[-1] if function is not None and function.pieces else None
        match last.points if last is not None else None:
            case Line() as line:
                yield from self.share(rule, line, points)
            case Staircase() as stairs:
                yield from self.stairs(rule, stairs, points)
            case Computed(text):
                yield self.formula(rule, text)
            case None if rule.deduction.scored and self.share_of_mean(rule):
                yield self.say(
                    "manual-relative",
                    weight=self.number(rule.weight),
                    lowest=self.number(rule.lowest),
                )
            case _:
                yield self.say(rule.deduction.kind.replace("_", "-"), **points)

    def share(self, rule: Rule, line: Line, points: dict[str, str]) -> Iterator[str]:
        words = "share-from" if line.start else "share"
        yield self.say(words, **points, start=self.number(line.start))
        for piece in rule.pieces:
            if isinstance(piece.condition, Compare) and isinstance(
                piece.condition.edge, Fraction
            ):
                floor = "floor-below" if piece.condition.sign == "<" else "floor-above"
                yield self.say(floor, floor=self.number(piece.condition.edge))

    def stairs(
        self, rule: Rule, stairs: Staircase, points: dict[str, str]
    ) -> Iterator[str]:
        metric = self.rules.metrics[rule.metric or ""]
        off = "day" if metric.type == "date" else "unit"
        whole = metric.whole or metric.type == "date"
        step = self.say(off, count=self.number(stairs.step), unit=self.unit(metric))
        how = "plain" if whole and stairs.step == 1 else stairs.units
        yield self.say(
            f"units-{how}",
            **points,
            step=step,
            loss=self.points_of(rule, -stairs.each),
        )
        exempt = rule.deduction.axis.exempt
        if exempt is not None:
            yield self.say("exempt", title=self.words.title(exempt))

    def unit(self, metric: Metric) -> str:
        return metric.unit.of(self.lang) if metric.unit else self.say("one-unit")

    def tier(self, rule: Rule, piece: Piece) -> str:
        condition = self.words.condition(rule, piece)
        match piece.points:
            case Constant(Fraction() as points):
                return self.say(
                    "tier", condition=condition, points=self.points_of(rule, points)
                )
            case Computed(text):
                return f"{condition}: {self.formula(rule, text)}"
            case Staircase() as stairs:
                said = self.slope(rule, stairs)
                return self.say("tier", condition=condition, points=said)
            case _:
                raise AssertionError(
                    piece
                )  # pragma: no cover - no other points have conditions

    def slope(self, rule: Rule, stairs: Staircase) -> str:
        """Say a staircase from a written figure: `10 + 2 × (value − 10)`."""
        value = self.say("own-value")
        origin = (
            self.number(stairs.origin) if isinstance(stairs.origin, Fraction) else ""
        )
        base = ""
        if isinstance(stairs.base, Fraction):
            base = self.points_of(rule, stairs.base)
        return f"{base} + {self.points_of(rule, stairs.each)} × ({value} − {origin})"

    def formula(self, rule: Rule, text: str) -> str:
        own = {
            name: self.say(f"own-{name}")
            for name in dependencies.own_names(self.rules, rule)
        }
        places = {
            "weight": self.number(rule.weight),
            "lowest": self.number(rule.lowest),
        }
        said = "formula" if self.share_of_mean(rule) is None else "formula-relative"
        return self.say(said, formula=self.words.spelled(text, own), **places)

    # Absences, derived metrics, remedies, bands

    def usual(self) -> dict[State, Effect]:
        """Return the effect that each absence has for most rules."""
        counted = [
            rule.absence for rule in self.rules.rules.values() if rule.deduction.scored
        ]
        usual: dict[State, Effect] = {}
        for state in STATES:
            effects = [absence[state] for absence in counted if state in absence]
            if effects:
                # Of two that are equally frequent, the one that the file names first.
                usual[state] = max(dict.fromkeys(effects), key=effects.count)
        return usual

    def absence(self, effects: dict[State, Effect]) -> list[str]:
        return [
            f"{self.words.say(f'state.{state}')}: {self.say(f'effect-{effects[state]}')}"
            for state in STATES
            if state in effects
        ]

    def derived(self, metric: Metric) -> Document:
        title = metric.title.of(self.lang)
        formula = self.say("months")
        if metric.formula is not None:
            formula = self.words.spelled(metric.formula, {})
        rounds = (
            None
            if metric.round is None
            else self.say("rounds", places=str(metric.round))
        )
        return {"title": title, "formula": formula, "rounds": rounds}

    def remedy(self, remedy: Remedy) -> Document:
        words = {
            key: self.text(getattr(remedy, key))
            for key in ("task", "product", "lead", "due", "budget")
        }
        rules = [
            rule.title.of(self.lang)
            for rule in self.rules.rules.values()
            if rule.remedy == remedy.id
        ]
        return {
            **words,
            "with": self.text(remedy.with_),
            "source": [*remedy.source],
            "rules": rules,
        }

    def gate(self, rule: str, band: str) -> str:
        titles = {band.id: band.title.of(self.lang) for band in self.rules.bands}
        rule_title = self.rules.rules[rule].title.of(self.lang)
        return self.say("gate", rule=rule_title, band=titles[band])

    def target(self, target: Any) -> str:
        edge = self.words.say(
            f"required.{_SIGNS[target.comparator]}", threshold=plain(target.threshold)
        )
        return self.say(
            "target",
            title=target.title.of(self.lang),
            required=edge,
            source=", ".join(target.source),
        )


_SIGNS = {">=": "at-least", ">": "above", "<=": "at-most", "<": "below"}


def every_rule(areas: list[Document]) -> Iterator[Document]:
    """Yield every rule under some areas."""
    for area in areas:
        yield from area["rules"]
        yield from every_rule(area["areas"])
