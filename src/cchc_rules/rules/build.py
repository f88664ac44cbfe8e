"""From the file's form (`file_format`) to the model: defaults are filled in, nothing is judged."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from cchc_rules.base.calendar import Calendar
from cchc_rules.base.interval import Interval
from cchc_rules.base.state import AbsenceKind, Effect, Reason, State
from cchc_rules.rules import file_format, model
from cchc_rules.rules.shared import Shared

PERCENT = model.Text("%", "%")
"""The unit of a percentage that names none."""

LOWER_IS_BETTER = ("rank", "date", "level")
"""Metrics of these types are better when lower, where the file does not say.

The first rank is the best, an early date is better than a late one, and levels are counted from the
best.
"""


def build(file: file_format.RuleFile, shared: Shared | None = None) -> model.RuleSet:
    """Return the model of a rule file whose form is right.

    Args:
        file: the rule file.
        shared: keeps the parts that several rule files have in common.

    References between its parts may still be wrong: `check.run` finds that out. The caller adds
    what only it knows, such as the files that the rule set was read from.

    >>> rule_file, _ = file_format.read({"format": 1, "ruleset": {"id": "mine", "version": "1",
    ...     "title": "T", "valid": {"from": date(2024, 1, 1), "until": date(2024, 12, 31)}}})
    >>> build(rule_file).index.scale
    Fraction(100, 1)
    """
    # Groups before rules, which inherit from them where their weights come from.
    shared = shared or Shared()
    groups = {id_: _shared_group(id_, file, shared) for id_ in file.group}
    metrics = {
        id_: shared.once("metric", (table,), lambda: _metric(id_, table), id_)  # noqa: B023
        for id_, table in file.metric.items()
    }
    # What a rule has from elsewhere: the effects of the file, and where its weights come from.
    effects = shared.stamp((), file.absence)
    rules = {
        id_: shared.once(
            "rule",
            (table, effects),
            lambda: _rule(id_, table, file, groups),  # noqa: B023
            (id_, _rule_basis(table, file, groups)),
        )
        for id_, table in file.rule.items()
    }
    remedies = {id_: _remedy(id_, table) for id_, table in file.remedy.items()}
    window = None
    if file.window is not None:
        window = _span(file.window)
    head = file.ruleset
    return model.RuleSet(
        id=head.id,
        version=head.version,
        title=head.title.model(),
        language=head.language,
        valid=_span(head.valid),
        metrics=metrics,
        groups=groups,
        rules=rules,
        remedies=remedies,
        index=_index(file.index),
        bands=tuple(_band(band) for band in file.band),
        bands_read=file.bands.reads,
        band_gates=tuple(_band_gate(gate) for gate in file.band_gate),
        band_quotas=tuple(_quota(quota) for quota in file.band_quota),
        targets=tuple(_target(target) for target in file.target),
        tracks=file.tracks,
        window=window,
        calendar=_calendar(file.calendar),
        source=_text(head.source),
        note=_text(head.note),
    )


def _text(words: file_format.BothLanguages | None) -> model.Text | None:
    if words is None:
        return None
    return words.model()


def _quota(table: file_format.BandQuotaTable) -> model.BandQuota:
    return model.BandQuota(
        band=table.band,
        percent=table.percent,
        units=table.units,
        of=table.of,
        within=table.within,
        order=table.order,
        source=table.source,
    )


def _span(table: file_format.Validity) -> tuple[date, date]:
    return table.from_, table.until


def _index(table: file_format.IndexTable) -> model.IndexSettings:
    return model.IndexSettings(
        scale=table.scale,
        places=table.places,
        over_scale=table.over_scale,
        lowest=table.lowest,
        basis=table.weight_basis,
        least_coverage=table.least_coverage,
        rounding=_rounding(table.rounding),
    )


def _rounding(table: file_format.RoundingTable | None) -> model.Rounding | None:
    if table is None:
        return None
    return table.model()


def _band(table: file_format.BandTable) -> model.Band:
    return model.Band(table.id, table.title.model(), table.interval())


def _band_gate(table: file_format.BandGateTable) -> model.BandGate:
    return model.BandGate(
        rule=table.rule,
        at_most=table.at_most,
        id=table.id,
        needs=tuple(need.model() for need in table.needs or ()),
        title=_text(table.title),
        lower_by=table.lower_by or 0,
    )


def _target(table: file_format.TargetTable) -> model.Target:
    return model.Target(
        id=table.id,
        title=table.title.model(),
        source=table.source,
        comparator=table.comparator,
        threshold=table.threshold,
        needs=tuple(need.model() for need in table.needs or ()),
    )


def _calendar(table: file_format.CalendarTable) -> Calendar:
    return Calendar(
        table.country,
        frozenset(table.extra_holidays),
        frozenset(table.extra_workdays),
    )


def _metric(id_: str, table: file_format.MetricTable) -> model.Metric:
    return model.Metric(
        id=id_,
        title=table.title.model(),
        type=table.type,
        unit=_unit(table),
        better=table.better or _usually_better(table.type),
        range=_range(table),
        above_100=table.above_100,
        ratio=_ratio(table.ratio),
        formula=table.formula,
        table=None if table.table is None else table.table.model(),
        from_period=table.from_period,
        peers=_peers(table.peers),
        round=table.round,
        levels=tuple(level.model() for level in table.levels),
        distinct=table.distinct,
        evidence=_text(table.evidence),
    )


def _peers(table: file_format.PeersTable | None) -> model.Peers | None:
    if table is None:
        return None
    return model.Peers(table.of, table.take, table.within)


def _unit(table: file_format.MetricTable) -> model.Text | None:
    if table.unit is None and table.type == "percent":
        return PERCENT
    return _text(table.unit)


def _usually_better(metric_type: str) -> str:
    if metric_type in LOWER_IS_BETTER:
        return "lower"
    return "higher"


_LEAST = {"percent": Fraction(0), "count": Fraction(0), "rank": Fraction(1)}
"""The lowest value of a metric, by type, where the file gives none; a `number` may be negative."""


def _range(table: file_format.MetricTable) -> Interval:
    """Return the values that a metric may have: as the file says, else as its type does."""
    least = table.least
    if least is None:
        least = _LEAST.get(table.type)
    most = table.most
    # A plan may ask for more than all of something: then no 100 closes the range.
    if most is None and table.type == "percent" and not table.above_100:
        most = Fraction(100)
    return Interval(least, most)


def _ratio(
    table: file_format.RatioTable | None,
) -> tuple[model.Text, model.Text] | None:
    if table is None:
        return None
    return table.numerator.model(), table.denominator.model()


def _group(id_: str, file: file_format.RuleFile) -> model.Group:
    table = file.group[id_]
    return model.Group(
        id=id_,
        title=table.title.model(),
        parent=table.parent,
        weight=table.weight,
        kind=table.kind,
        cap=table.cap,
        combine=table.combine,
        optional=table.optional,
        rounding=_rounding(table.rounding),
        basis=_inherited_basis(id_, file),
        source=table.source,
        note=_text(table.note),
    )


def _shared_group(id_: str, file: file_format.RuleFile, shared: Shared) -> model.Group:
    basis = _inherited_basis(id_, file)
    made_of = (file.group[id_],)
    return shared.once("group", made_of, lambda: _group(id_, file), (id_, basis))


def _inherited_basis(group: str, file: file_format.RuleFile) -> model.Basis:
    """Return where a group's weights come from: what it says itself, else the nearest group above
    it, else the index.
    """
    current: str | None = group
    # Groups may still form a ring or name a parent that is missing; `check` refuses both later.
    seen: set[str] = set()
    while current in file.group and current not in seen:
        seen.add(current)
        table = file.group[current]
        if table.weight_basis:
            return table.weight_basis
        current = table.parent
    return file.index.weight_basis


def _rule(
    id_: str,
    table: file_format.RuleTable,
    file: file_format.RuleFile,
    groups: Mapping[str, model.Group],
) -> model.Rule:
    required = [need.model() for need in table.requires]
    return model.Rule(
        id=id_,
        group=table.group,
        title=table.title.model(),
        source=table.source,
        deduction=table.deduction.model(),
        # A rule without points may leave out its weight; the file's form requires it of others.
        weight=table.weight or Fraction(0),
        metric=table.metric,
        comparator=table.comparator,
        threshold=table.threshold,
        lowest=table.lowest,
        rounding=_rounding(table.rounding),
        due=_due(table),
        requires=tuple(need.rule for need in table.requires if need.rule is not None),
        needs=tuple(
            need for need in required if need.is_share or need.subject != "rule"
        ),
        evidence_required=table.evidence_required,
        remedy=table.remedy,
        effort=table.effort,
        conflicts=tuple(_conflict(conflict) for conflict in table.conflict),
        absence=_absence(file.absence, table.absence),
        basis=_rule_basis(table, file, groups),
        note=_text(table.note),
    )


def _due(table: file_format.RuleTable) -> date | None:
    """Return the day until which a rule is not due: as the file says, else its own deadline."""
    if table.due is not None or table.comparator != "on_or_before":
        return table.due
    # A deadline that is read from a metric or a formula is known only with a submission.
    if isinstance(table.threshold, date):
        return table.threshold
    return None


def _rule_basis(
    table: file_format.RuleTable,
    file: file_format.RuleFile,
    groups: Mapping[str, model.Group],
) -> model.Basis:
    if table.weight_basis:
        return table.weight_basis
    group = groups.get(table.group)
    # A group that is not declared is a problem that `check` finds.
    if group is None:
        return file.index.weight_basis
    return group.basis


def _conflict(table: file_format.ConflictTable) -> model.Conflict:
    return model.Conflict(
        source=table.source,
        comparator=table.comparator,
        threshold=table.threshold,
        note=_text(table.note),
    )


def _absence(
    *tables: file_format.AbsenceTable,
) -> dict[AbsenceKind, model.DeclaredEffect]:
    """Merge what tables say of absences, a later table over an earlier one.

    A missing figure loses its points where no table says otherwise; the other absences have no
    effect until a table declares one. Where a rule says what is not applicable, but nothing of a
    zero denominator, that of the file still holds for it.
    """
    effects: dict[AbsenceKind, model.DeclaredEffect] = {State.MISSING: Effect.LOST}
    for table in tables:
        # pydantic gives the keys of a table with their values; None is one that is not written.
        for name, effect in table:
            if isinstance(effect, file_format.CreditTable):
                effects[_KINDS[name]] = effect.model()
            elif effect:
                effects[_KINDS[name]] = Effect(effect)
    return effects


_KINDS: dict[str, AbsenceKind] = {
    **{str(state): state for state in State},
    "zero_denominator": Reason.ZERO_DENOMINATOR,
}
"""The kind of absence that each key of a table names."""


def _remedy(id_: str, table: file_format.RemedyTable) -> model.Remedy:
    return model.Remedy(
        id=id_,
        task=table.task.model(),
        source=table.source,
        product=_text(table.product),
        lead=_text(table.lead),
        with_=_text(table.with_),
        due=_text(table.due),
        due_date=table.due_date,
        budget=_text(table.budget),
        effort=table.effort,
    )
