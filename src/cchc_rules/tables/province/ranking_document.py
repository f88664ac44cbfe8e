"""The ranking document: who stands where, who moved, and who has no rank."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from cchc_rules.base.problem import Problem, SubmissionError, quoted
from cchc_rules.report import heading
from cchc_rules.report.heading import Document, written
from cchc_rules.rules.instrument import instrument
from cchc_rules.rules.model import RuleSet
from cchc_rules.tables.province.rank_table import (
    NO_SCORE,
    NOT_SUBMITTED,
    REFUSED,
    RankBy,
    make_ranking,
)
from cchc_rules.tables.result_columns import EXACT, ROW
from cchc_rules.tables.submission_columns import versions

OPTIONAL = (
    "district", "district_rank", "unit_kind", "band", "band_before_quota", "quota", "before",
    "district_before", "index_before", "before_unranked", "move", "district_move", "index_move",
)  # fmt: skip
"""What results need not say of a unit."""

OF_UNRANKED = ("unit", ROW, "district", "unit_kind", "before", "unranked")
"""What is said of a unit without a rank."""


def ranking(  # noqa: PLR0913 - options, each given by its name
    results: Any,
    *,
    before: Any = None,
    ties: str = "exact",
    each_kind: bool = False,
    units: Any = None,
    rules: RuleSet | None = None,
    lang: str = "vi",
) -> Document:
    """Return the ranks of scored units as a document, the best first.

    Arguments:
        results, before, ties, each_kind, units: As of `rank_table`.
        rules: The rule set that the units were scored with: by it bands have their titles.
        lang: The language of the titles.

    Returns plain data; points and moves of the index are texts. Raises as `rank_table` does, and
    `SubmissionError` for bands that the rules do not have.
    """
    by = RankBy(ties, each_kind, rules)
    made = make_ranking(results, before, units, by)
    rows = []
    for row in made.table.iter_rows(named=True):
        texts = {name: _text(value) for name, value in row.items()}
        rows.append(texts)
    titles: dict[str, str] = {}
    ruleset: Document | None = None
    if rules is not None:
        titles = band_titles(rules, lang)
        ruleset = heading.ruleset(rules, lang)
    ranked = [_ranked(row, titles) for row in rows if row["rank"] is not None]
    unranked = [_unranked(row) for row in rows if row["rank"] is None]
    if rules is not None:
        _require_bands(ranked, titles)
    # All rows have the same period, but for those without a result, which have none.
    periods = (row["period"] for row in rows if row.get("period"))
    return {
        **written(lang),
        "kind": "ranking",
        "ruleset": ruleset,
        "ties": ties,
        "each_kind": each_kind,
        "compared": before is not None,
        "period": next(periods, None),
        "quotas": _quotas(rules, lang),
        "counts": _counts(ranked, unranked, made.refusals_known, units is not None),
        "units": ranked,
        "unranked": unranked,
        "unlisted": made.unlisted,
        "gone": made.gone,
    }


def _quotas(rules: RuleSet | None, lang: str) -> list[str]:
    """Return the quotas of a rule set, each as a sentence; none where no rule set is named."""
    if rules is None:
        return []
    return [*instrument(rules, lang)["quotas"]]


def band_titles(rules: RuleSet, lang: str) -> dict[str, str]:
    """Return the titles of bands by their ids, those of every version among them."""
    return {
        band.id: band.title.of(lang)
        for version in versions(rules)
        for band in version.bands
    }


def _require_bands(units: list[Document], titles: Mapping[str, str]) -> None:
    """Refuse bands that the rules do not have: the results were scored by others."""
    strange = {unit["band"] for unit in units} - {None, *titles}
    if strange:
        raise SubmissionError(
            Problem("scores-band", (), {"band": quoted(band)})
            for band in sorted(strange)
        )


def _ranked(row: Document, titles: Mapping[str, str]) -> Document:
    """Return a unit of the document, its exact index as one fraction."""
    left_out = (*EXACT, "period", "unranked", ROW)
    unit = {name: value for name, value in row.items() if name not in left_out}
    before_quota = row.get("band_before_quota")
    return {
        **dict.fromkeys(OPTIONAL),
        **unit,
        "band_title": titles.get(row.get("band") or ""),
        "band_before_quota_title": titles.get(before_quota or ""),
        "exact": _fraction(row),
    }


def _fraction(row: Document) -> str | None:
    """Return the exact index as text: `905/1000`, or `80`; None where the results have none."""
    numerator, denominator = (row.get(name) for name in EXACT)
    if numerator is None or denominator is None:
        return None
    if denominator == 1:
        return str(numerator)
    return f"{numerator}/{denominator}"


def _unranked(row: Document) -> Document:
    return {name: row.get(name) for name in OF_UNRANKED}


def _counts(
    ranked: list[Document],
    unranked: list[Document],
    refusals_known: bool,
    listed: bool,
) -> dict[str, int | None]:
    """Return how many units are ranked, and how many are not, by the reason; None: not known."""
    reasons = Counter(unit["unranked"] for unit in unranked)
    counts: dict[str, int | None] = {
        "ranked": len(ranked),
        REFUSED: reasons[REFUSED],
        NO_SCORE: reasons[NO_SCORE],
        NOT_SUBMITTED: reasons[NOT_SUBMITTED],
    }
    # None found and none looked for are not the same: a ranking with gaps must not seem whole.
    if not refusals_known:
        counts[REFUSED] = None
    if not listed:
        counts[NOT_SUBMITTED] = None
    return counts


def _text(value: Any) -> Any:
    """Return a value of a document: points as text, with no more places than they need, but two."""
    if not isinstance(value, Decimal):
        return value
    shortest = value.normalize()
    exponent = shortest.as_tuple().exponent
    needed = 0
    if isinstance(exponent, int):
        needed = -exponent
    return f"{value:.{max(needed, 2)}f}"
