"""The report as Markdown, ready to paste into another document."""

import re
from collections.abc import Iterable, Iterator

from cchc_rules.render.display import Display, Document, safe

_MARKS = re.compile(r"([\\`*_{}\[\]<>|#&~])")


def markdown(document: Document) -> str:
    """Return the report as Markdown: the same words as the text, and a table of all rules."""
    return "\n".join(_lines(Display(document))) + "\n"


def _lines(display: Display) -> Iterator[str]:
    yield f"# {display.say('title')}"
    yield ""
    yield from pairs(display.head())
    yield ""
    yield from pairs(display.index())
    yield from _areas(display)
    for title, rules in display.lost():
        yield from _lost(display, title, rules)
    for title, rules in display.apart():
        yield from ("", f"## {title}", "")
        for rule in rules:
            points = display.worth(rule)
            head = f"**{plain(rule['title'])}** ({plain(display.clauses(rule))}) – {points}"
            yield f"- {head}. {plain(rule['reason']['text'])}"
    yield from _rules(display)
    yield from ("", f"## {display.say('provenance')}", "")
    yield from pairs(display.foot())


def plain(text: object) -> str:
    """Return a text in which nothing is taken for a mark of Markdown or HTML."""
    return _MARKS.sub(r"\\\1", safe(text))


def pairs(found: Iterable[tuple[str, str]], indent: str = "") -> Iterator[str]:
    """Yield labels and words as a list."""
    for label, words in found:
        yield f"{indent}- **{plain(label)}:** {plain(words)}"


def table(heads: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    """Yield the lines of a table; nothing in its cells is taken for a mark."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(plain(cell) for cell in row)} |"


def _areas(display: Display) -> Iterator[str]:
    yield from ("", f"## {display.say('areas')}", "")
    columns = ("earned", "lost", "excluded", "maximum")
    rows = (
        [display.title(group), *(display.number(group[key]) for key in columns)]
        for group in display.areas()
    )
    yield from table(
        [display.say("area"), *(display.say(key) for key in columns)], rows
    )


def _lost(display: Display, title: str, rules: list[Document]) -> Iterator[str]:
    yield from ("", f"## {title}")
    if not rules:
        yield from ("", display.say("no-losses"))
    for at, rule in enumerate(rules, start=1):
        points = display.say("minus", points=display.number(rule["lost"]))
        yield from ("", f"### {at}. {points} · {plain(rule['title'])}", "")
        yield from pairs(display.loss(rule))


def _rules(display: Display) -> Iterator[str]:
    yield from ("", f"## {display.say('all-rules')}", "")
    points = ("earned", "lost", "excluded", "maximum")
    heads = [
        display.say(key) for key in ("rule", "clause", "state", *points, "arithmetic")
    ]
    rows = (
        [
            rule["title"],
            display.clauses(rule),
            display.state(rule["state"]),
            *(display.number(rule[key]) for key in points),
            rule["calculation"],
        ]
        for rule in display.document["rules"]
    )
    yield from table(heads, rows)
