"""The plan's rules in binary floats, as they are usually written: NumPy, pandas, DuckDB's SQL; points, not hundredths.

Each gives the index and the points lost for each rule, rounded half up as floats can. Figures come as floats, nothing
where there is none, and beside them where a rule does not apply; making them is not timed.
"""

import numpy as np
import polars as pl
from by_hand_polars import EPOCH, gone
from plan_table import ROWS


def figures(frame, levels):
    """Return the table that all of these are given: a figure a rule, last year's rank, and where it does not apply."""
    return frame.select(
        *(figure(frame, row[3], row[4], levels).alias(row[0]) for row in ROWS),
        *(
            pl.col(row[5]).cast(pl.Float64).alias(f"{row[0]}|before")
            for row in ROWS
            if row[4] == "rank"
        ),
        *(gone(row).alias(f"{row[0]}|gone") for row in ROWS),
    )


def figure(frame, metric, kind, levels):
    if f"{metric}.denominator" in frame.columns:
        n, d = pl.col(f"{metric}.numerator"), pl.col(f"{metric}.denominator")
        return pl.when(d > 0).then(n * 100 / d)
    if kind == "count":
        return pl.col(f"{metric}.items").list.len().cast(pl.Float64)
    if kind == "level":
        return pl.col(metric).replace_strict(
            {word: at for at, word in enumerate(levels)}, return_dtype=pl.Float64
        )
    column = pl.col(metric)
    return (column.to_physical() + EPOCH if kind.startswith("late") else column).cast(
        pl.Float64
    )


# NumPy, and pandas by the same steps over its own columns


def half_up(points):
    return np.floor(points * 100 + 0.5) / 100


def earned(kind, v, before, target, weight):
    """Return the points of a rule, not yet rounded; what is missing stays so."""
    if kind == "share":
        return np.where(v >= target, weight, weight * v / target)
    if kind == "fewer":
        return np.where(
            v >= target, weight, np.maximum(weight * (1 - 0.2 * (target - v)), 0)
        )
    if kind == "late_months":
        return np.where(
            v <= target,
            weight,
            np.maximum(weight * (1 - 0.25 * np.ceil((v - target) / 30)), 0),
        )
    if kind == "late_tiers":
        return np.where(v <= target, weight, np.where(v <= target + 15, weight / 2, 0))
    if kind == "level":
        return np.where(v == 0, weight, np.where(v == 1, weight / 2, 0))
    if kind == "revenue":
        return np.where(v > target, weight, np.where(v >= 95, weight / 2, 0))
    if kind == "rank":
        return np.where(v <= np.maximum(before - 1, 1), weight, 0)
    return np.where(v >= target, weight, 0)


def judged(row, v, before, away):
    """Return the points lost by a rule, and those that leave the maximum."""
    kind, weight = row[4].rstrip("!"), row[6] / 100
    points = half_up(earned(kind, v, before, row[5], weight))
    there = ~np.isnan(v) if before is None else ~(np.isnan(v) | np.isnan(before))
    kept = weight if row[4].endswith("!") else 0
    lost = np.where(away, kept, np.where(there, weight - points, weight))
    return lost, np.where(away, weight - kept, 0)


def with_numpy(table):
    """Return what scores a mapping of arrays."""
    columns = {name: table[name].to_numpy() for name in table.columns}
    columns = {
        name: found if found.dtype == bool else found.astype(float)
        for name, found in columns.items()
    }

    def run():
        return totals({row[0]: judged(row, *of_rule(columns, row)) for row in ROWS})

    return run


def of_rule(columns, row):
    return columns[row[0]], columns.get(f"{row[0]}|before"), columns[f"{row[0]}|gone"]


def totals(found):
    whole = sum(row[6] for row in ROWS) / 100
    lost = sum(part for part, _ in found.values())
    left = whole - sum(part for _, part in found.values())
    return half_up((left - lost) * 100 / left), {
        rule: part for rule, (part, _) in found.items()
    }


def with_pandas(table):
    """Return what scores a pandas table."""
    frame = table.to_pandas()

    def run():
        columns = {name: frame[name] for name in frame.columns}
        found = {row[0]: judged(row, *of_rule(columns, row)) for row in ROWS}
        index, lost = totals(found)
        return frame.assign(
            index=index, **{f"rule.{rule}.lost": part for rule, part in lost.items()}
        )

    return run


# SQL


def sql_points(row):
    rule, kind, target, weight = f'"{row[0]}"', row[4].rstrip("!"), row[5], row[6] / 100
    if kind == "share":
        return f"CASE WHEN {rule} >= {target} THEN {weight} ELSE {weight} * {rule} / {target} END"
    if kind == "fewer":
        part = f"GREATEST({weight} * (1 - 0.2::DOUBLE * ({target} - {rule})), 0)"
        return f"CASE WHEN {rule} >= {target} THEN {weight} ELSE {part} END"
    if kind == "late_months":
        part = f"GREATEST({weight} * (1 - 0.25::DOUBLE * CEIL(({rule} - {target}) / 30)), 0)"
        return f"CASE WHEN {rule} <= {target} THEN {weight} ELSE {part} END"
    steps = {
        "late_tiers": [(f"<= {target}", weight), (f"<= {target} + 15", weight / 2)],
        "level": [("= 0", weight), ("= 1", weight / 2)],
        "revenue": [(f"> {target}", weight), (">= 95", weight / 2)],
        "rank": [(f'<= GREATEST("{row[0]}|before" - 1, 1)', weight)],
    }.get(kind, [(f">= {target}", weight)])
    return (
        "CASE "
        + " ".join(f"WHEN {rule} {test} THEN {points}" for test, points in steps)
        + " ELSE 0 END"
    )


def sql():
    """Return the query; missing figures are asked for, since GREATEST passes over them."""
    lost, out = [], []
    for row in ROWS:
        rule, weight = row[0], row[6] / 100
        kept = weight if row[4].endswith("!") else 0
        missing = f'"{rule}" IS NULL' + (
            f' OR "{rule}|before" IS NULL' if row[4] == "rank" else ""
        )
        points = f"{weight}::DOUBLE - FLOOR(({sql_points(row)})::DOUBLE * 100 + 0.5::DOUBLE) / 100::DOUBLE"
        lost.append(
            f'CASE WHEN "{rule}|gone" THEN {kept} WHEN {missing} THEN {weight} ELSE {points} END AS "{rule}|lost"'
        )
        out.append(
            f'CASE WHEN "{rule}|gone" THEN {weight - kept}::DOUBLE ELSE 0::DOUBLE END'
        )
    whole, names = (
        sum(row[6] for row in ROWS) / 100,
        [f'"{row[0]}|lost"' for row in ROWS],
    )
    inner = f"SELECT {whole}::DOUBLE - ({' + '.join(out)}) AS rest, {', '.join(lost)} FROM figures"
    index = f"FLOOR((rest - ({' + '.join(names)})) * 100 / rest * 100 + 0.5::DOUBLE) / 100::DOUBLE"
    return f"SELECT {index} AS index, {', '.join(names)} FROM ({inner})"


def with_duckdb(table):
    """Return what scores a table in DuckDB."""
    import duckdb  # noqa: PLC0415

    base = duckdb.connect()
    base.register("given", table.to_arrow())
    base.execute("CREATE TABLE figures AS SELECT * FROM given")
    query = sql()
    return lambda: base.sql(query).to_arrow_table()


def off(index, exact):
    """Return in how many rows an index in floats is not the exact one, in hundredths."""
    return int(
        (
            np.rint(np.asarray(index, float) * 100).astype(np.int64) != exact.to_numpy()
        ).sum()
    )


# OpenFisca, in an environment of its own


def with_openfisca(table):
    """Return what scores a table in OpenFisca: one variable a rule and one for the index, as its documents show.

    Points in double precision would need a patch; its floats have 32 bits.
    """
    from openfisca_core import (  # noqa: PLC0415 - only who compares has it
        entities,
        periods,
        simulations,
        taxbenefitsystems,
        variables,
    )

    unit = entities.SingleEntity("unit", "units", "A unit", "")
    system = taxbenefitsystems.TaxBenefitSystem([unit])

    def variable(name, kind, formula=None):
        form = {
            "value_type": kind,
            "entity": unit,
            "definition_period": periods.DateUnit.YEAR,
        }
        system.add_variable(
            type(
                name,
                (variables.Variable,),
                form | ({"formula": formula} if formula else {}),
            )
        )

    def named(rule, part=""):
        return rule.replace("-", "_") + part

    def points_of(row):
        parts = ["", "_before"] if row[4] == "rank" else [""]

        def formula(units, period):
            v, *before = (units(named(row[0], part), period) for part in parts)
            return judged(
                row,
                v,
                before[0] if before else None,
                units(named(row[0], "_gone"), period),
            )[0]

        return formula

    def out_of(row):
        weight = 0 if row[4].endswith("!") else row[6] / 100
        return lambda units, period: units(named(row[0], "_gone"), period) * weight

    def index(units, period):
        lost = sum(units(named(row[0], "_lost"), period) for row in ROWS)
        left = sum(row[6] for row in ROWS) / 100 - sum(
            units(named(row[0], "_out"), period) for row in ROWS
        )
        return half_up((left - lost) * 100 / left)

    for column in table.columns:
        variable(
            named(column).replace("|", "_"), bool if column.endswith("gone") else float
        )
    for row in ROWS:
        variable(named(row[0], "_lost"), float, points_of(row))
        variable(named(row[0], "_out"), float, out_of(row))
    variable("index_of_unit", float, index)
    arrays = {
        named(name).replace("|", "_"): table[name].to_numpy() for name in table.columns
    }

    def run():
        simulation = simulations.SimulationBuilder().build_default_simulation(
            system, table.height
        )
        for name, array in arrays.items():
            simulation.set_input(name, "2023", array)
        return simulation.calculate("index_of_unit", "2023")

    return run
