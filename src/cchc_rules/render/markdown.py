"""The report as Markdown, ready to paste into another document."""

import re
from collections.abc import Iterable

from cchc_rules.render.display import Display, Document, LabelledText, Lines, safe

# The characters that CommonMark and its tables may take for marks; a backslash before one of them
# makes it plain. Numbers and dashes need none: no line begins with a text that people typed.
_MARKS = re.compile(r"([\\`*_{}\[\]<>|#&~])")

POINTS = ("earned", "lost", "excluded", "maximum")
"""The columns of points, of areas and of rules alike."""


def markdown(document: Document) -> str:
    """Return a report as Markdown: the same words as the text, and a table of all rules.

    >>> from cchc_rules import load_measurements, load_rules, score
    >>> report = score(load_rules("cam-due-2023"), load_measurements("examples/cam-due-2023.json"))
    >>> print(markdown(report.to_dict(lang="en")).splitlines()[0])
    # Self-assessment of administrative reform
    """
    return "\n".join(_report_lines(Display(document))) + "\n"


def _report_lines(display: Display) -> Lines:
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
        for rule in rules:
            yield _apart(display, rule, key)
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


def heading(words: str, level: int = 2) -> Lines:
    """Yield a heading with an empty line on both sides.

    Args:
        words: the heading, taken as it is: pass a text that is not the catalogue's through `plain`.
        level: how many marks stand before it, from 1 to 6.

    >>> list(heading("Areas"))
    ['', '## Areas', '']
    """
    marks = "#" * level
    yield ""
    yield f"{marks} {words}"
    yield ""


def pairs(facts: Iterable[LabelledText]) -> Lines:
    """Yield labels and words as a list.

    >>> list(pairs([("Unit", "Commune A")]))
    ['- **Unit:** Commune A']
    """
    # A list, not a table: words may be long, and a table of two columns needs heads.
    for label, words in facts:
        yield f"- **{plain(label)}:** {plain(words)}"


def table(heads: list[str], rows: Iterable[list[str]]) -> Lines:
    """Yield the lines of a table; nothing in its cells is taken for a mark.

    Args:
        heads: the headings, words of the catalogue.
        rows: the cells of each row, texts of any origin.

    >>> list(table(["Area", "Lost"], [["A|B", "2"]]))
    ['| Area | Lost |', '|---|---|', '| A\\\\|B | 2 |']
    """
    yield _table_row(heads)
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield _table_row(map(plain, row))


def _table_row(cells: Iterable[str]) -> str:
    joined_cells = " | ".join(cells)
    return f"| {joined_cells} |"


def _areas(display: Display) -> Lines:
    yield from heading(display.say("areas"))
    keys = ("area", *POINTS)
    heads = [display.say(key) for key in keys]
    rows = []
    for group in display.areas():
        title = display.title(group)
        rows.append([title, *_points(display, group)])
    yield from table(heads, rows)


def _points(display: Display, part: Document) -> list[str]:
    return [display.number(part[key]) for key in POINTS]


def _lost(display: Display, title: str, rules: list[Document]) -> Lines:
    yield ""
    yield f"## {title}"
    if not rules:
        yield ""
        yield display.no_losses()
    for position, rule in enumerate(rules, start=1):
        points = display.lost_points(rule)
        name = plain(rule["title"])
        yield from heading(f"{position}. {points} · {name}", level=3)
        yield from pairs(display.loss(rule))


def _apart(display: Display, rule: Document, key: str) -> str:
    title = plain(rule["title"])
    clauses = plain(display.clauses(rule))
    points = display.points_at_stake(rule, key)
    reason = plain(rule["reason"]["text"])
    return f"- **{title}** ({clauses}) – {points}. {reason}"


def _tracks(display: Display) -> Lines:
    tracks = list(display.tracks())
    if tracks:
        yield from heading(display.say("tracks"))
    for words, rules in tracks:
        yield f"- **{plain(words)}**"
        for rule in rules:
            yield f"  - {plain(rule)}"


# A terminal has no room for a table of all rules; a document that is passed on is also the place to
# look up a rule that lost nothing.


def _all_rules(display: Display) -> Lines:
    yield from heading(display.say("all-rules"))
    keys = ("rule", "clause", "state", *POINTS, "arithmetic")
    heads = [display.say(key) for key in keys]
    rules = display.document["rules"]
    rows = [_rule_row(display, rule) for rule in rules]
    yield from table(heads, rows)


def _rule_row(display: Display, rule: Document) -> list[str]:
    return [
        rule["title"],
        display.clauses(rule),
        display.state(rule["state"]),
        *_points(display, rule),
        rule["calculation"],
    ]
