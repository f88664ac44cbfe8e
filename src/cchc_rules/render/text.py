"""The report as text for a terminal or a pipe."""

import io
from collections.abc import Iterable
from decimal import Decimal

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cchc_rules.render.display import Display, Document, safe

BAR = 20
LABEL = 12


def text(document: Document, *, width: int = 100, colour: bool = False) -> str:
    """Return the report as text of a width, with or without colour."""
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
        emoji=False,
        legacy_windows=False,
    )
    _Sheet(Display(document), console).write()
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


class _Sheet:
    """Writes the parts of a report on a console, one below the other."""

    def __init__(self, display: Display, console: Console) -> None:
        self.display = display
        self.console = console

    def write(self) -> None:
        self.heading(self.display.say("title"), "bold")
        self.pairs(self.display.head())
        self.console.print()
        self.pairs(self.display.index(), first="bold green")
        self.areas()
        self.losses()
        for title, rules in self.display.apart():
            self.apart(title, rules)
        self.heading(self.display.say("provenance"))
        self.pairs(self.display.foot())

    def heading(self, words: str, style: str = "bold cyan") -> None:
        if style != "bold":
            self.console.print()
        self.console.print(Text(words.upper(), style))

    def pairs(self, pairs: Iterable[tuple[str, str]], indent: int = 0, first: str = "") -> None:
        """Print labels and words in two columns; words that do not fit go on under themselves."""
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for at, (label, words) in enumerate(pairs):
            table.add_row(Text(label), Text(words, first if at == 0 else ""))
        self.console.print(Padding(table, (0, 0, 0, indent)))

    def areas(self) -> None:
        display = self.display
        self.heading(display.say("areas"))
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=True, header_style="dim")
        table.add_column(display.say("area"))
        for id_ in ("earned", "lost", "excluded", "maximum"):
            table.add_column(display.say(id_), justify="right", no_wrap=True)
        table.add_column(Text(display.say("bar")), no_wrap=True)
        for group in display.areas():
            figures = [display.number(group[key]) for key in ("earned", "lost", "excluded", "maximum")]
            title = safe(group["title"])
            if group["kind"] != "base":
                title += f" ({display.say(group['kind'])})"
            table.add_row(Text(title), *map(Text, figures), _bar(group))
        self.console.print(table)

    def losses(self) -> None:
        display = self.display
        self.heading(display.say("losses"))
        if not display.document["losses"]:
            self.console.print(Text(display.say("no-losses")))
        for at, rule in enumerate(display.picked("losses"), start=1):
            points = display.say("minus", points=display.number(rule["lost"]))
            self.console.print()
            self.console.print(
                Text.assemble((f"{at}. ", "bold"), (points, "bold red"), "  ", (safe(rule["title"]), "bold"))
            )
            self.pairs(display.loss(rule), indent=3)

    def apart(self, title: str, rules: list[Document]) -> None:
        display = self.display
        self.heading(title)
        for rule in rules:
            points = display.say("of-points", points=display.number(rule["maximum"]))
            self.console.print(Text(f"• {safe(rule['title'])} ({display.clauses(rule)}) – {points}"))
            self.console.print(Padding(Text(safe(rule["reason"]["text"]), "dim"), (0, 0, 0, 2)))


def _bar(group: Document) -> Text:
    """Draw what was earned (█), lost (░) and excluded (·) as parts of one bar."""
    maximum = Decimal(group["maximum"])
    if maximum <= 0:
        return Text("")
    earned = _cells(max(Decimal(group["earned"]), Decimal(0)), maximum)
    excluded = min(_cells(Decimal(group["excluded"]), maximum), BAR - earned)
    lost = BAR - earned - excluded
    return Text.assemble(("█" * earned, "green"), ("░" * lost, "red"), ("·" * excluded, "dim"))


def _cells(part: Decimal, whole: Decimal) -> int:
    return min(int(part * BAR / whole), BAR)
