"""The report as Markdown, ready to paste into another document."""

import re
from collections.abc import Iterable, Iterator

from cchc_rules.render.display import Display, Document, LabelledText, safe

_MARKS = re.compile(r"([\\`*_{}\[\]<>|#&~])")

POINTS = ("earned", "lost", "excluded", "maximum")


def markdown(document: Document) -> str:
    """Return a report as Markdown: the same words as the text, and a table of all rules."""
    return "\n".join(_report_lines(Display(document))) + "\n"


def _report_lines(display: Display) -> Iterator[str]:
    yield f"# {display.say('title')}"
    yield ""
    yield from pairs(display.head())
    yield ""
    yield from pairs(display.index())
    yield from _areas(display)
    for title, rules in display.lost():
        yield from _lost(display, title, rules)
    for key, title, rules in display.apart():
        yield from heading(title)
        yield from (_apart(display, rule, key) for rule in rules)
    yield from _tracks(display)
    yield from _all_rules(display)
    yield from heading(display.say("provenance"))
    yield from pairs(display.foot())


def plain(text: object) -> str:
    r"""Return a text in which nothing is taken for a mark of Markdown or HTML.

    >>> print(plain("a_b <i>"))
    a\_b \<i\>
    """
    return _MARKS.sub(r"\\\1", safe(text))


def heading(words: str, level: int = 2) -> Iterator[str]:
    """Yield a heading with an empty line on both sides.

    The words are taken as they are: pass a text that is not the catalogue's through `plain`.
    """
    yield from ("", f"{'#' * level} {words}", "")


def pairs(facts: Iterable[LabelledText]) -> Iterator[str]:
    """Yield labels and words as a list.

    >>> list(pairs([("Unit", "Commune A")]))
    ['- **Unit:** Commune A']
    """
    for label, words in facts:
        yield f"- **{plain(label)}:** {plain(words)}"


def table(heads: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    """Yield the lines of a table; nothing in its cells is taken for a mark."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(map(plain, row))} |"


def _areas(display: Display) -> Iterator[str]:
    yield from heading(display.say("areas"))
    heads = [display.say(key) for key in ("area", *POINTS)]
    rows = [
        [display.title(group), *_points(display, group)] for group in display.areas()
    ]
    yield from table(heads, rows)


def _points(display: Display, part: Document) -> list[str]:
    return [display.number(part[key]) for key in POINTS]


def _lost(display: Display, title: str, rules: list[Document]) -> Iterator[str]:
    yield from ("", f"## {title}")
    if not rules:
        yield from ("", display.no_losses())
    for position, rule in enumerate(rules, start=1):
        points = display.lost_points(rule)
        yield from heading(f"{position}. {points} · {plain(rule['title'])}", level=3)
        yield from pairs(display.loss(rule))


def _apart(display: Display, rule: Document, key: str) -> str:
    title = plain(rule["title"])
    clauses = plain(display.clauses(rule))
    points = display.points_at_stake(rule, key)
    reason = plain(rule["reason"]["text"])
    return f"- **{title}** ({clauses}) – {points}. {reason}"


def _tracks(display: Display) -> Iterator[str]:
    tracks = list(display.tracks())
    if tracks:
        yield from heading(display.say("tracks"))
    for words, rules in tracks:
        yield f"- **{plain(words)}**"
        yield from (f"  - {plain(rule)}" for rule in rules)


def _all_rules(display: Display) -> Iterator[str]:
    yield from heading(display.say("all-rules"))
    keys = ("rule", "clause", "state", *POINTS, "arithmetic")
    heads = [display.say(key) for key in keys]
    rules = display.document["rules"]
    yield from table(heads, (_rule_row(display, rule) for rule in rules))


def _rule_row(display: Display, rule: Document) -> list[str]:
    return [
        rule["title"],
        display.clauses(rule),
        display.state(rule["state"]),
        *_points(display, rule),
        rule["calculation"],
    ]
