"""Problems are values until the edge; errors carry them and say all of them."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from itertools import islice

from cchc_rules.base import messages, number
from cchc_rules.base.messages import Argument, Figures
from cchc_rules.base.text import one_line

Path = tuple[str | int, ...]
"""Where in a document: keys and list positions from the top."""

DEFAULT_LANGUAGE = "vi"
"""The language of problems where none is asked for: most readers are officials."""

MOST_PROBLEMS = 500
"""No more are named at once: a file with more is not what it says it is, and finding nearest names
takes time.
"""

MOST_NAMES = 1000
"""No more known names are compared with a misspelt one."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a rule file or a submission: a stable code, the place, and the
    words to fill in.
    """

    code: str
    """What sort of problem it is, such as `unknown-metric`; the page of problems has all."""
    path: Path = ()
    arguments: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The words to fill in, by the names that they have in the messages."""
    file: str = ""
    line: int = 0
    """Counted from 1; 0 where it is not known."""
    warning: bool = False
    """Whether the file is taken all the same."""
    in_cell: bool = False
    """Whether it stands in a cell of a worksheet or a table: then it is said in words of cells, not
    of keys and quotation marks.
    """

    def at(self, file: str, line: int) -> "Problem":
        """Return the same problem with the place where it was found.

        Args:
            file: the name of the file.
            line: the line, counted from 1.
        """
        return replace(self, file=file, line=line)

    def what(self, lang: str = DEFAULT_LANGUAGE) -> str:
        """Say what is wrong, in one sentence of the language.

        >>> Problem("unknown-metric", (), {"name": "on_tme"}).what("en")
        'There is no metric “on_tme”.'
        """
        if self.in_cell and messages.known(lang, f"problem-cell.{self.code}"):
            return self._message(lang, f"problem-cell.{self.code}")
        return self._message(lang, f"problem.{self.code}")

    def fix(self, lang: str = DEFAULT_LANGUAGE) -> str:
        """Say what to do about it, in one sentence of the language.

        A name that is near the one that was written is offered in a sentence of its own.
        """
        if self.in_cell and messages.known(lang, f"fix-cell.{self.code}"):
            fix = self._message(lang, f"fix-cell.{self.code}")
        else:
            fix = self._message(lang, f"fix.{self.code}")
        nearest = self._safe_arguments().get("nearest", "")
        if not nearest:
            return fix
        offer = messages.message(lang, "fix.nearest", nearest=nearest)
        return f"{fix} {offer}"

    def _safe_arguments(self) -> dict[str, str]:
        """Return the arguments; what comes from a file or a command line stays on one line."""
        safe = dict(self.arguments)
        for name, value in self.arguments.items():
            # An `Argument` is ours: a figure, a day, a message.
            if not isinstance(value, Argument):
                safe[name] = one_line(value)
        return safe

    def _message(self, lang: str, id_: str) -> str:
        """Return a message with its arguments; a key that has a label in forms is called by it."""
        arguments = self._safe_arguments()
        label = _LABELS.get(arguments.get("key", ""))
        if self.in_cell and label:
            arguments["key"] = messages.message(lang, label)
        return messages.message(lang, id_, **arguments)

    def text(self, lang: str = DEFAULT_LANGUAGE) -> str:
        """Say the whole problem: file, line, path, code, what is wrong and what to do.

        >>> problem = Problem("not-positive", ("group", "work", "cap"), file="a.toml", line=7)
        >>> print(problem.text("en"))
        a.toml:7: error[not-positive] group.work.cap
            This must be above zero, without too many decimal places.
            → Give a number above zero.
        """
        kind = messages.message(lang, "word.error")
        if self.warning:
            kind = messages.message(lang, "word.warning")
        words = [f"{kind}[{self.code}]"]
        place = self._place()
        # First, and with a colon: editors and terminals make a link of `file:line:`.
        if place:
            words.insert(0, f"{place}:")
        if self.path:
            words.append(path_text(self.path))
        head = " ".join(words)
        return f"{head}\n    {self.what(lang)}\n    → {self.fix(lang)}"

    def _place(self) -> str:
        """Return the file and the line, as far as they are known."""
        file = one_line(self.file)
        if not self.line:
            return file
        if not file:
            return str(self.line)
        return f"{file}:{self.line}"


def figure(value: Fraction) -> str:
    """Return an exact figure as an argument, to be said with the language's decimal sign.

    >>> Problem("weight-not-positive", (), {"weight": figure(Fraction(-5, 2))}).what("vi")
    'Điểm tối đa phải lớn hơn 0 (đang là −2,5).'
    """
    return Figures(number.plain(value))


_LABELS = {
    "ruleset": "form.head-ruleset",
    "unit": "form.head-unit",
    "period": "form.head-period",
    "points": "form.column-points",
    "reason": "form.column-reason",
    "document": "form.column-documents",
    "by": "form.column-by",
    "why": "form.column-why",
    "until": "form.column-until",
}
"""What forms call the keys of submissions."""


def bounded(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems, or the first of them and one that says there are more.

    No more are looked for than are told, however many there are.
    """
    first_problems = list(islice(problems, MOST_PROBLEMS + 1))
    if len(first_problems) <= MOST_PROBLEMS:
        return first_problems
    # Of warnings alone one more does not refuse the file.
    only_warnings = all(problem.warning for problem in first_problems)
    arguments = {"most": Figures(MOST_PROBLEMS)}
    more = Problem("too-many-problems", (), arguments, warning=only_warnings)
    return [*first_problems[:MOST_PROBLEMS], more]


def path_text(path: Path) -> str:
    """Return a path as people write it, positions counted from 1.

    >>> path_text(("rule", "on-time", "deduction", "tiers", 0, "points"))
    'rule.on-time.deduction.tiers[1].points'
    """
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part + 1}]"
            continue
        if text:
            text += "."
        text += quoted(part)
    return text


def nearest(name: object, names: Iterable[str]) -> str:
    """Return the known name most like a misspelt one, or an empty text when none is near.

    >>> nearest("on_tme", ["on_time", "deputies"])
    'on_time'
    """
    known = list(islice(names, MOST_NAMES))
    # Long names are cut: the time that a comparison takes grows with the product of both lengths.
    written = str(name)[:MOST_NAMES]
    # Three fifths alike is the library's own measure.
    matches = difflib.get_close_matches(written, known, n=1, cutoff=3 / 5)
    return next(iter(matches), "")


def unknown(code: str, path: Path, name: str, names: Iterable[str]) -> Problem:
    """Return the problem of a name under which nothing is declared.

    Args:
        code: the code of the problem, such as `unknown-rule`.
        path: where the name is written.
        name: the name.
        names: the declared names; the one most like it is suggested.

    >>> unknown("unknown-rule", ("remedy",), "on-tine", ["on-time"]).arguments["nearest"]
    'on-time'
    """
    return Problem(code, path, {"name": quoted(name), "nearest": nearest(name, names)})


def quoted(value: object, most: int = 60) -> str:
    """Return a value for a message: short, on one line, and as files write it.

    Control characters are replaced, and what is longer than `most` characters is cut.

    >>> quoted(True), quoted("a\\x1b[2J"), quoted("x" * 9, 3)
    ('true', 'a\ufffd[2J', 'xxx…')
    """
    text = _spelled(value)[: most + 1]
    if not text.isprintable():
        text = "".join(char if char.isprintable() else "�" for char in text)
    if len(text) > most:
        return text[:most] + "…"
    return text


def _spelled(value: object) -> str:
    """Return a value as TOML and JSON write it."""
    if value is None or isinstance(value, bool):
        return _AS_WRITTEN[value]
    try:
        return str(value)
    except (ValueError, ArithmeticError, RecursionError):
        # Thousands of digits, which Python does not write out, or nested beyond reason.
        if isinstance(value, int):
            return f"{Decimal(value):.3E}"
        return f"<{type(value).__name__}>"


_AS_WRITTEN: dict[object, str] = {True: "true", False: "false", None: "null"}


class CchcError(Exception):
    """The base of every error this package raises on purpose; `problems` says all of them as
    values.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(self.problems)

    def text(self, lang: str = DEFAULT_LANGUAGE) -> str:
        """Say every problem in the language, one after another."""
        return "\n".join(problem.text(lang) for problem in self.problems)

    def __str__(self) -> str:
        return self.text()


class RulesError(CchcError):
    """A rule file is refused."""


class SubmissionError(CchcError):
    """A submission is refused."""


class CasesError(CchcError):
    """A case file is refused."""


class ReportError(CchcError):
    """A text is no report document."""
