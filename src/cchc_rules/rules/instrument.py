"""An instrument as a document: what it measures, asks and gives points for, in one language.

The document is a plain dictionary from which `cchc-rules doc` draws its pages and `diff` tells what
changed. Numbers are strings in the language's form.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, TypeAlias

from cchc_rules.base.interval import Interval
from cchc_rules.base.number import plain
from cchc_rules.base.state import AbsenceKind, Reason, State
from cchc_rules.rules import dependencies
from cchc_rules.rules.model import (
    BandGate,
    BandQuota,
    Conflict,
    DeclaredEffect,
    Group,
    Metric,
    Remedy,
    Rounding,
    Rule,
    RuleSet,
    Target,
    Text,
)
from cchc_rules.rules.rule_text import RuleText, slope_text
from cchc_rules.rules.value_function import (
    Compare,
    Computed,
    Constant,
    Line,
    Piece,
    Staircase,
    value_function,
)

Document: TypeAlias = dict[str, Any]
"""A part of the document: keys in a fixed order, texts in one language."""

ABSENCES: tuple[AbsenceKind, ...] = (
    State.MISSING,
    State.NOT_APPLICABLE,
    Reason.ZERO_DENOMINATOR,
    State.NOT_DUE,
    State.WAIVED,
)
"""The kinds of absence, in the order in which their effects are named."""


def instrument(rules: RuleSet, lang: str | None = None) -> Document:
    """Return the document of a rule set.

    Args:
        rules: the rule set that is described.
        lang: `vi` or `en`, the language of its texts; None for the rule set's own.

    >>> from cchc_rules import load_rules
    >>> document = instrument(load_rules("cam-due-2023"), "en")
    >>> document["valid"]
    '1 January 2023 to 31 December 2023'
    >>> next(every_rule(document["areas"]))["id"]
    'direction-tasks'
    """
    return _Instrument(rules, lang or rules.language).document()


ROUNDING_MESSAGES = {
    "half_up": "rounding-half-up",
    "half_even": "rounding-half-even",
    "down": "rounding-down",
    "up": "rounding-up",
}
"""The message of each way of rounding, below `instrument.`."""


def rounding_words(words: RuleText, rounding: Rounding) -> str:
    """Say how points are rounded: `rounded to 0.25`."""
    step = rounding.step
    if step is None:
        step = Fraction(1, 10**words.rules.index.places)
    message = ROUNDING_MESSAGES[rounding.mode]
    return words.say(f"instrument.{message}", step=words.exact(step))


class _Instrument:
    """Describes the parts of one rule set in one language."""

    def __init__(self, rules: RuleSet, lang: str) -> None:
        self.rules = rules
        self.lang = lang
        self.words = RuleText(rules, lang)
        # The most points of each group, by its id.
        self.maxima = dependencies.maxima(rules)
        # What lies right below each group, by its id.
        self.children = dependencies.children(rules)
        self.usual_effects = self.usual()

    def document(self) -> Document:
        rules = self.rules
        first, last = (self.words.day(day) for day in rules.valid)
        files = [{"name": file.name, "sha256": file.sha256} for file in rules.files]
        top_groups = [group for group in rules.groups.values() if group.parent is None]
        # What a unit reports itself is described at the rules that ask for it.
        computed = [metric for metric in rules.metrics.values() if not metric.submitted]
        bands = [
            {"title": band.title.of(self.lang), "edges": self.edges(band.interval)}
            for band in rules.bands
        ]
        return {
            "language": self.lang,
            "id": rules.id,
            "version": rules.version,
            "title": self.text(rules.title),
            "valid": self.say("valid-span", first=first, last=last),
            "source": self.text(rules.source),
            "note": self.text(rules.note),
            "files": files,
            "scale": self.number(rules.index.scale),
            "lowest": self.lowest(),
            "places": rules.index.places,
            "coverage": self.coverage(),
            "rounding": [*self.rounding(rules.index.rounding)],
            "basis": rules.index.basis,
            "areas": [self.area(group) for group in top_groups],
            "absence": self.absence(self.usual_effects),
            "derived": [self.derived(metric) for metric in computed],
            "remedies": [self.remedy(remedy) for remedy in rules.remedies.values()],
            "bands": bands,
            "gates": [self.gate(gate) for gate in rules.band_gates],
            "quotas": [self.quota(quota) for quota in rules.band_quotas],
            "targets": [self.target(target) for target in rules.targets],
            "kinds": [self.text(kind.kind_title) for kind in rules.kinds.values()],
        }

    def coverage(self) -> str | None:
        """Return what the rule set asks to be reported before there is an index."""
        least = self.rules.index.least_coverage
        if least is None:
            return None
        return self.say("coverage-line", least=self.number(least))

    # Words

    def say(self, id_: str, **arguments: str) -> str:
        return self.words.say(f"instrument.{id_}", **arguments)

    def text(self, text: Text | None) -> str | None:
        if text is None:
            return None
        return text.of(self.lang)

    def number(self, value: Fraction) -> str:
        return self.words.exact(value)

    def edges(self, interval: Interval) -> str:
        return self.words.interval(interval, None)

    def points(self, rule: Rule) -> dict[str, str]:
        """Return the most and the fewest points of a rule in those of its group, as arguments."""
        return {
            "weight": self.points_of(rule, rule.weight),
            "lowest": self.points_of(rule, rule.lowest),
        }

    def relative_points(self, rule: Rule) -> dict[str, str]:
        """Return the most and the fewest points of a rule as the file writes them."""
        return {
            "weight": self.number(rule.weight),
            "lowest": self.number(rule.lowest),
        }

    def lowest(self) -> str | None:
        """Say below which points the index does not fall."""
        lowest = self.rules.index.lowest
        if lowest is None:
            return None
        return self.say("lowest-index", lowest=self.number(lowest))

    # Areas and rules

    def area(self, group: Group) -> Document:
        parts = self.children.get(group.id, [])
        groups = [part for part in parts if isinstance(part, Group)]
        rules = [part for part in parts if isinstance(part, Rule)]
        cap = None
        if group.cap is not None:
            cap = self.number(group.cap)
        return {
            "id": group.id,
            "title": group.title.of(self.lang),
            "kind": group.kind,
            "weight": self.number(self.maxima[group.id]),
            "cap": cap,
            "mean": group.combine == "mean",
            "rounding": [*self.rounding(group.rounding)],
            "optional": group.optional,
            "basis": group.basis,
            "source": [*group.source],
            "note": self.text(group.note),
            "areas": [self.area(inner) for inner in groups],
            "rules": [self.rule(rule) for rule in rules],
        }

    def rule(self, rule: Rule) -> Document:
        # What a rule does not have is null, so that every rule has the same keys.
        weight = measures = evidence = due = remedy = None
        if rule.deduction.scored:
            weight = self.points_of(rule, rule.weight)
        metric = self.rules.metrics.get(rule.metric or "")
        if metric is not None:
            measures = self.measured(metric)
            evidence = self.text(metric.evidence)
        if rule.due is not None:
            due = self.words.day(rule.due)
        if rule.remedy is not None:
            remedy = self.rules.remedies[rule.remedy].task.of(self.lang)
        requires = [self.required_rule(rule, name) for name in rule.requires]
        conflicts = [self.conflict(rule, conflict) for conflict in rule.conflicts]
        # What most rules have in common is said once, at the head of the document.
        unusual_effects = {
            kind: effect
            for kind, effect in rule.absence.items()
            if self.usual_effects.get(kind) != effect
        }
        return {
            "id": rule.id,
            "title": rule.title.of(self.lang),
            "source": [*rule.source],
            "weight": weight,
            "share": self.share_of_mean(rule),
            "basis": rule.basis,
            "measures": measures,
            "required": self.required(rule),
            "losing": [*self.losing(rule), *self.rounding(rule.rounding)],
            "due": due,
            "requires": requires,
            "absence": self.absence(unusual_effects),
            "evidence": evidence,
            "evidence_required": rule.evidence_required,
            "remedy": remedy,
            "conflicts": conflicts,
            "note": self.text(rule.note),
        }

    def required_rule(self, rule: Rule, required: str) -> str:
        """Say what a rule asks of another: that it is met, or a share of its points."""
        need = rule.need_of(required)
        if need is None:
            return self.rules.rules[required].title.of(self.lang)
        return self.words.need(need)

    def measured(self, metric: Metric) -> str:
        """Say what a rule measures: its metric, of a ratio what stands above and below the line."""
        title = metric.title.of(self.lang)
        if metric.peers is not None:
            return f"{title} ({self.words.peers(metric.peers)})"
        if metric.ratio is None:
            return title
        numerator, denominator = (part.of(self.lang) for part in metric.ratio)
        fraction = f"{numerator} / {denominator}"
        if metric.type == "percent":
            fraction = f"100 × {fraction}"
        return f"{title}: {fraction}"

    def required(self, rule: Rule) -> str | None:
        if rule.comparator is None or rule.threshold is None:
            return None
        return self.words.target(rule, rule.comparator, rule.threshold)

    def conflict(self, rule: Rule, conflict: Conflict) -> Document:
        """Return another reading of a rule's target, and what holds in its place."""
        required = None
        if conflict.comparator is not None and conflict.threshold is not None:
            required = self.words.target(rule, conflict.comparator, conflict.threshold)
        return {
            "source": conflict.source,
            "required": required,
            "note": self.text(conflict.note),
            "governs": self.required(rule),
        }

    # What a rule of a mean counts for

    def points_of(self, rule: Rule, points: Fraction) -> str:
        """Return points of a rule in those of its group; in a mean they are relative.

        In a mean of 3 points whose rules weigh 1 and 4, the second counts for 3 × 4 / 5 = 2.4.
        """
        group = self.rules.groups[rule.group]
        whole = self._mean_weight(group)
        if whole is None:
            return self.number(points)
        weight = group.weight or Fraction(0)
        share_of_group = points * weight / whole
        # Its decimal may not end, so it is rounded for display, as the others need not be.
        return self.words.number(share_of_group)

    def share_of_mean(self, rule: Rule) -> Document | None:
        """Return a rule's relative weight and that of all rules of its mean; None in a sum."""
        whole = self._mean_weight(self.rules.groups[rule.group])
        if whole is None:
            return None
        return {
            "weight": self.number(rule.weight),
            "whole": self.number(whole),
        }

    def _mean_weight(self, group: Group) -> Fraction | None:
        """Return the weights of a mean's rules together; None of a sum, or where all are zero."""
        if group.combine != "mean":
            return None
        parts = self.children[group.id]
        weights = [part.weight for part in parts if isinstance(part, Rule)]
        return sum(weights, Fraction(0)) or None

    def rounding(self, rounding: Rounding | None) -> Iterator[str]:
        """Yield how points are rounded, where the rule set says it."""
        if rounding is not None:
            yield rounding_words(self.words, rounding)

    # How points are lost

    def losing(self, rule: Rule) -> Iterator[str]:
        """Yield how a rule gives and takes points, a line for each step."""
        metric = self.rules.metrics.get(rule.metric or "")
        pieces: tuple[Piece, ...] = ()
        if metric is not None:
            function = value_function(rule, metric)
            pieces = function.pieces
            if function.graded:
                yield from (self.tier(rule, piece) for piece in pieces)
                return
        # What stands before the last piece are special cases, such as a floor; the last one is the
        # way in which points are given.
        usual = None
        if pieces:
            usual = pieces[-1].points
        match usual:
            case Line() as line:
                yield from self.share(rule, line)
            case Staircase() as stairs:
                yield from self.stairs(rule, stairs)
            case Computed(text):
                yield self.formula(rule, text)
            # No piece: a person gives the points, and in a mean gives relative ones.
            case None if rule.deduction.scored and self.share_of_mean(rule):
                yield self.say("manual-relative", **self.relative_points(rule))
            # What is left has one sentence for its kind: all or nothing, by hand, information.
            case _:
                message = rule.deduction.kind.replace("_", "-")
                yield self.say(message, **self.points(rule))

    def share(self, rule: Rule, line: Line) -> Iterator[str]:
        """Yield that points are given in proportion, then the floor below which there are none."""
        # A share that begins at nought is what everybody expects of one: the start is not named.
        message = "share"
        if line.start:
            message = "share-from"
        start = self.number(line.start)
        yield self.say(message, **self.points(rule), start=start)
        for piece in rule.pieces:
            if not isinstance(piece.condition, Compare):
                continue
            floor = piece.condition.edge
            if isinstance(floor, Fraction):
                message = "floor-above"
                if piece.condition.sign == "<":
                    message = "floor-below"
                yield self.say(message, floor=self.number(floor))

    def stairs(self, rule: Rule, stairs: Staircase) -> Iterator[str]:
        """Yield what each unit off the target costs, then what is exempt from being counted."""
        metric = self.rules.metrics[rule.metric or ""]
        is_date = metric.type == "date"
        count = self.number(stairs.step)
        unit = self.unit(metric)
        if is_date:
            step = self.say("day", count=count, unit=unit)
        else:
            step = self.say("unit", count=count, unit=unit)
        # Of whole steps nothing is begun or left over, so there is nothing to say about parts.
        counts_whole = metric.whole or is_date
        parts: str = stairs.units
        if counts_whole and stairs.step == 1:
            parts = "plain"
        # Down the stairs `each` is below zero, and a loss is said without its sign.
        loss = self.points_of(rule, -stairs.each)
        yield self.say(f"units-{parts}", **self.points(rule), step=step, loss=loss)
        exempt = rule.deduction.axis.exempt
        if exempt is not None:
            yield self.say("exempt", title=self.words.title(exempt))

    def unit(self, metric: Metric) -> str:
        if metric.unit is None:
            return self.say("one-unit")
        return metric.unit.of(self.lang)

    def tier(self, rule: Rule, piece: Piece) -> str:
        condition = self.words.condition(rule, piece)
        match piece.points:
            case Constant(Fraction() as constant):
                points = self.points_of(rule, constant)
            case Computed(text):
                return f"{condition}: {self.formula(rule, text)}"
            case Staircase() as stairs:
                points = self.slope(rule, stairs)
            case _:  # pragma: no cover - no other points have conditions
                raise AssertionError(piece)
        return self.say("tier", condition=condition, points=points)

    def slope(self, rule: Rule, stairs: Staircase) -> str:
        """Say a staircase from a written value: `10 + 2 × (value − 10)`."""
        value = self.say("own-value")
        if rule.deduction.axis.days_late:
            value = self.say("own-days-late")

        def points(value: Fraction) -> str:
            return self.points_of(rule, value)

        return slope_text(stairs, value, self.number, points)

    def formula(self, rule: Rule, text: str) -> str:
        own_names = dependencies.own_names(self.rules, rule)
        names = {name: self.say(f"own-{name}") for name in own_names}
        spelled = self.words.spelled(text, names)
        # A formula computes with the points that the file writes. In a mean they are relative, and
        # the sentence says so.
        message = "formula"
        if self.share_of_mean(rule) is not None:
            message = "formula-relative"
        return self.say(message, formula=spelled, **self.relative_points(rule))

    # Absences, derived metrics, remedies, bands

    def usual(self) -> dict[AbsenceKind, DeclaredEffect]:
        """Return the effect that each absence has for most rules."""
        scored = [rule for rule in self.rules.rules.values() if rule.deduction.scored]
        usual: dict[AbsenceKind, DeclaredEffect] = {}
        for kind in ABSENCES:
            effects = [rule.absence[kind] for rule in scored if kind in rule.absence]
            if effects:
                # Of two that are equally frequent, the one that the file names first.
                usual[kind] = max(dict.fromkeys(effects), key=effects.count)
        return usual

    def absence(self, effects: dict[AbsenceKind, DeclaredEffect]) -> list[str]:
        lines = []
        for kind in ABSENCES:
            if kind in effects:
                name = self.words.say(f"state.{kind}")
                effect = self.words.effect(effects[kind])
                lines.append(f"{name}: {effect}")
        return lines

    def derived(self, metric: Metric) -> Document:
        title = metric.title.of(self.lang)
        # What is neither submitted nor computed comes from the period: the count of its months.
        if metric.table is not None:
            formula = self.words.level_table(metric)
        elif metric.formula is None:
            formula = self.say("months")
        else:
            formula = self.words.spelled(metric.formula, {})
        rounds = None
        if metric.round is not None:
            rounds = self.say("rounds", places=str(metric.round))
        return {
            "title": title,
            "formula": formula,
            "rounds": rounds,
        }

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

    def gate(self, gate: BandGate) -> str:
        band_titles = {band.id: band.title.of(self.lang) for band in self.rules.bands}
        effect = {"band": band_titles.get(gate.at_most or "", "")}
        of_rule, of_needs = "gate", "gate-needs"
        if gate.at_most is None:
            effect = {"bands": str(gate.lower_by)}
            of_rule, of_needs = "gate-lower", "gate-lower-needs"
        if gate.rule is not None:
            rule_title = self.rules.rules[gate.rule].title.of(self.lang)
            return self.say(of_rule, rule=rule_title, **effect)
        needs = self.words.needs(gate.needs)
        sentence = self.say(of_needs, needs=needs, **effect)
        if gate.title is None:
            return sentence
        return f"{gate.title.of(self.lang)}: {sentence}"

    def quota(self, quota: BandQuota) -> str:
        """Say how many units may be in a band, and what decides among equal ones."""
        titles = {band.id: band.title.of(self.lang) for band in self.rules.bands}
        parts = [self.quota_amount(quota, titles[quota.band])]
        if quota.within == "district":
            parts.append(self.say("quota-district"))
        if quota.order:
            groups = [self.rules.groups[id_].title.of(self.lang) for id_ in quota.order]
            parts.append(self.say("quota-order", groups="; ".join(groups)))
        if quota.source:
            parts.append(f"[{', '.join(quota.source)}]")
        return " ".join(parts)

    def quota_amount(self, quota: BandQuota, band: str) -> str:
        if quota.units is not None:
            return self.say("quota-units", band=band, units=str(quota.units))
        percent = self.number(quota.percent or Fraction(0))
        if quota.of == "all":
            return self.say("quota-percent-all", band=band, percent=percent)
        return self.say("quota-percent", band=band, percent=percent)

    def target(self, target: Target) -> str:
        title = target.title.of(self.lang)
        source = ", ".join(target.source)
        needs = self.words.needs(target.needs)
        if target.comparator is None or target.threshold is None:
            return self.say("target-needs", title=title, needs=needs, source=source)
        comparator = TARGET_COMPARATORS[target.comparator]
        threshold = plain(target.threshold)
        required = self.words.say(f"required.{comparator}", threshold=threshold)
        if target.needs:
            required = self.words.say("word.and").join((required, needs))
        return self.say("target", title=title, required=required, source=source)


TARGET_COMPARATORS = {">=": "at-least", ">": "above", "<=": "at-most", "<": "below"}
"""The message of each comparator that a target on the index may have."""


def every_rule(areas: list[Document]) -> Iterator[Document]:
    """Yield the documents of every rule under some areas, at any depth.

    Args:
        areas: the value of `areas` in the document of a rule set, or of one area.
    """
    for area in areas:
        yield from area["rules"]
        yield from every_rule(area["areas"])
