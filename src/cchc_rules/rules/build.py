"""From the file's form (`schema`) to the model: defaults are filled in here, nothing is judged."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from cchc_rules.base.calendar import Calendar
from cchc_rules.base.interval import Interval
from cchc_rules.base.state import Effect, State
from cchc_rules.rules import file_format, model

PERCENT = model.Text("%", "%")


def build(file: file_format.RuleFile) -> model.RuleSet:
    """Return the model of a rule file whose form is right."""
    groups = {id_: _group(id_, file) for id_ in file.group}
    head = file.ruleset
    return model.RuleSet(
        id=head.id,
        version=head.version,
        title=head.title.model(),
        language=head.language,
        valid=_span(head.valid),
        metrics={id_: _metric(id_, table) for id_, table in file.metric.items()},
        groups=groups,
        rules={
            id_: _rule(id_, table, file, groups) for id_, table in file.rule.items()
        },
        remedies={id_: _remedy(id_, table) for id_, table in file.remedy.items()},
        index=model.Index(
            file.index.scale,
            file.index.places,
            file.index.over_scale,
            file.index.weight_basis,
        ),
        bands=tuple(
            model.Band(band.id, band.title.model(), band.interval())
            for band in file.band
        ),
        bands_read=file.bands.reads,
        band_gates=tuple(
            model.BandGate(gate.rule, gate.at_most) for gate in file.band_gate
        ),
        targets=tuple(
            model.Target(
                target.id,
                target.title.model(),
                target.source,
                target.comparator,
                target.threshold,
            )
            for target in file.target
        ),
        tracks=file.tracks,
        window=_span(file.window) if file.window else None,
        calendar=_calendar(file.calendar),
        source=_text(head.source),
        note=_text(head.note),
    )


def _text(words: file_format.BothLanguages | None) -> model.Text | None:
    return words.model() if words else None


def _span(table: file_format.Validity) -> tuple[date, date]:
    return table.from_, table.until


def _calendar(table: file_format.CalendarTable) -> Calendar:
    return Calendar(
        table.country, frozenset(table.extra_holidays), frozenset(table.extra_workdays)
    )


_LEAST = {"percent": Fraction(0), "count": Fraction(0), "rank": Fraction(1)}


def _metric(id_: str, table: file_format.MetricTable) -> model.Metric:
    hundred = Fraction(100) if table.type == "percent" and not table.above_100 else None
    return model.Metric(
        id=id_,
        title=table.title.model(),
        type=table.type,
        unit=_text(table.unit) or (PERCENT if table.type == "percent" else None),
        better=table.better
        or ("lower" if table.type in ("rank", "date", "level") else "higher"),
        range=Interval(
            _LEAST.get(table.type) if table.least is None else table.least,
            hundred if table.most is None else table.most,
        ),
        above_100=table.above_100,
        ratio=(table.ratio.numerator.model(), table.ratio.denominator.model())
        if table.ratio
        else None,
        formula=table.formula,
        from_period=table.from_period,
        round=table.round,
        levels=tuple(level.model() for level in table.levels),
        distinct=table.distinct,
        evidence=_text(table.evidence),
    )


def _basis_up(group: str | None, file: file_format.RuleFile) -> model.Basis:
    seen: set[str] = set()
    while group in file.group and group not in seen:
        seen.add(group)
        table = file.group[group]
        if table.weight_basis:
            return table.weight_basis
        group = table.parent
    return file.index.weight_basis


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
        basis=_basis_up(id_, file),
        source=table.source,
        note=_text(table.note),
    )


def _rule(
    id_: str,
    table: file_format.RuleTable,
    file: file_format.RuleFile,
    groups: Mapping[str, model.Group],
) -> model.Rule:
    group = groups.get(table.group)
    literal_deadline = table.comparator == "on_or_before" and isinstance(
        table.threshold, date
    )
    return model.Rule(
        id=id_,
        group=table.group,
        title=table.title.model(),
        source=table.source,
        deduction=table.deduction.model(),
        weight=Fraction(0) if table.weight is None else table.weight,
        metric=table.metric,
        comparator=table.comparator,
        threshold=table.threshold,
        lowest=table.lowest,
        due=table.threshold if table.due is None and literal_deadline else table.due,
        requires=table.requires,
        evidence_required=table.evidence_required,
        remedy=table.remedy,
        effort=table.effort,
        conflicts=tuple(_conflict(conflict) for conflict in table.conflict),
        absence=_absence(file.absence, table.absence),
        basis=table.weight_basis or (group.basis if group else file.index.weight_basis),
        note=_text(table.note),
    )


def _conflict(table: file_format.ConflictTable) -> model.Conflict:
    return model.Conflict(
        table.source, table.comparator, table.threshold, _text(table.note)
    )


def _absence(*tables: file_format.AbsenceTable) -> dict[State, Effect]:
    effects = {State.MISSING: Effect.LOST}
    for table in tables:
        effects |= {State(name): Effect(effect) for name, effect in table if effect}
    return effects


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
