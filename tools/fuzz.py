"""Hostile inputs for every command, made from the good and bad files of this repository.

    python tools/fuzz.py --seconds 60 --seed 1

Each input is a command line and the files that it names: one of the files is spoiled (bytes,
tokens, numbers, nesting, archives), or the options are, or what lies at a path is no file at all.
It is run in this process, one in so many in a process of its own, and must keep to what
docs/reference/cli.md says:

- an exit code that is documented, never that of an unforeseen fault; no traceback;
- a result that is whole, or none: what stood in its place stays otherwise, and nothing is left;
- no input is written over; whoever is refused is told why;
- ten seconds and 500 MB at most.

What fails is kept as a folder, with the command that repeats it in `command.txt`. The same seed
gives the same inputs.
"""

import argparse
import contextlib
import gc
import io
import json
import os
import random
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars

from cchc_rules.cli.main import main as cchc_rules
from cchc_rules.report.machine_form import digest

ROOT = Path(__file__).parents[1]
DOCUMENTED = frozenset({0, 1, 2, 3, 4, 5})
"""Exit codes of docs/how-to/exit-codes.md but those of a signal and of an unforeseen fault, 70."""

SECONDS = 10  # of the processor, so that a busy machine finds nothing that is not there
WAITING = 300
MEGABYTES = 500
"""The bounds of docs/explanation/reliability.md for one input of at most a megabyte."""

SELDOM = {"sensitivity": 0.2, "mutate": 0.1, "impact": 0.4}
"""Commands that score the same submission a hundred times: few inputs of them cost as much as many
of the others.
"""

BEFORE = b"what stood here before\n"
"""What lies at the place of an output; it stays unless a whole result takes its place."""

NUMBERS = (
    *(
        "0",
        "-0",
        "-1",
        "1e999999",
        "1e-999999",
        "1E400",
        "NaN",
        "Infinity",
        "-Infinity",
    ),
    *("9" * 400, "0." + "0" * 400 + "1", "1_000", "0x10", "1,5", "1.000", "1.000,5"),
    *("18446744073709551616", "-9223372036854775809", "0.1234567890123", "100.0000001"),
    *("1e12", "1e13", "50%", "47/52", "3/0", "0/0", "true", "null", '""', "[]", "{}"),
)
WORDS = (
    *(
        "",
        " ",
        "\0",
        "\x1b[31m",
        "\u202e",
        "\u2028",
        "\ufeff",
        "\ud7ff",
        "💥",
        "e\u0301",
    ),
    *(
        "=1+1",
        "@SUM(A1)",
        "-2+3",
        "../../etc/passwd",
        "{0.__class__}",
        "%s",
        "__proto__",
    ),
    *("x" * 10_000, "có", "không", "Có ", "2023-02-30", "9999-12-31", "0000-01-01"),
    *("31/12/2023", "2023-W01", "missing", "value", "weight", "first(a)", "1/0"),
)
FORMULAS = (
    *("a / 0", "0 ** 0", "((((" * 60 + "a" + "))))" * 60, "a.b", "a[0]", "lambda: a"),
    *("__import__('os')", "first()", "min()", "1 if a else", "a if b", "-" * 300 + "a"),
    *("round_up(a, 99999)", "add_days(a, 10 ** 9)", "a and b or not c", "9" * 5000),
    *(
        "value / value",
        "largest_known(value, value)",
        "a" * 501,
        "1 < 2 < 3",
        "'x' == a",
    ),
)
PLAIN = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])")
QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"')


# Spoiling ----------------------------------------------------------------------------------------


class Spoiler:
    """Spoils the contents of a file in one to four ways."""

    def __init__(self, chance: random.Random, others: list[bytes]) -> None:
        self.chance = chance
        self.others = others

    def spoiled(self, name: str, content: bytes) -> bytes:
        """Return a content that is no longer what it was; the name says what it had been."""
        ways: list[Callable[[bytes], bytes]] = [
            self.bytes_flipped,
            self.cut,
            self.joined,
        ]
        if name.endswith(".xlsx"):
            ways += [self.archive] * 6
        elif not name.endswith(".parquet"):
            ways += [self.numbers, self.words, self.lines, self.tokens] * 3
            ways += [self.encoded, self.deep]
        if name.endswith(".toml"):
            ways += [self.formula] * 3
        if name.endswith((".json", ".jsonl")):
            ways += [self.structure] * 8
        for _ in range(self.chance.choice((1, 1, 1, 2, 4))):
            # What was spoiled before may be more than the next way can take.
            with contextlib.suppress(Exception):
                content = self.chance.choice(ways)(content)
        # Bounds are promised for a megabyte.
        return content[:1_000_000]

    def place(self, content: bytes) -> int:
        return self.chance.randint(0, len(content))

    def bytes_flipped(self, content: bytes) -> bytes:
        flipped = bytearray(content)
        for _ in range(self.chance.choice((1, 2, 8, 64))):
            if flipped:
                place = self.chance.randrange(len(flipped))
                flipped[place] ^= 1 << self.chance.randrange(8)
        return bytes(flipped)

    def cut(self, content: bytes) -> bytes:
        start, end = sorted((self.place(content), self.place(content)))
        if self.chance.random() < 0.5:
            return content[:start]
        return content[:start] + content[end:]

    def joined(self, content: bytes) -> bytes:
        other = self.chance.choice(self.others)
        return content[: self.place(content)] + other[self.place(other) :]

    def encoded(self, content: bytes) -> bytes:
        text = content.decode("utf-8", "replace")
        way = self.chance.choice(
            ("utf-16", "utf-8-sig", "utf-32", "cp1258", "nul", "crlf")
        )
        if way == "nul":
            return content.replace(b" ", b"\0", 3)
        if way == "crlf":
            return content.replace(b"\n", b"\r\n")
        return text.encode(way, "replace")

    def deep(self, content: bytes) -> bytes:
        depth = self.chance.choice((10, 100, 1000, 100_000))
        opening = self.chance.choice(
            (b"[", b'{"a":', b"(", b"[[x]]\n", b"a = [", b"<a>")
        )
        place = self.place(content)
        return content[:place] + opening * depth + content[place:]

    def _replaced(self, content: bytes, pattern: re.Pattern[str], new: str) -> bytes:
        text = content.decode("utf-8", "replace")
        found = [*pattern.finditer(text)]
        if not found:
            return content
        hit = self.chance.choice(found)
        changed = text[: hit.start()] + new + text[hit.end() :]
        return changed.encode("utf-8", "replace")

    def numbers(self, content: bytes) -> bytes:
        return self._replaced(content, PLAIN, self.chance.choice(NUMBERS))

    def words(self, content: bytes) -> bytes:
        word = self.chance.choice(WORDS)
        quoted = json.dumps(word, ensure_ascii=self.chance.random() < 0.5)
        return self._replaced(content, QUOTED, quoted)

    def formula(self, content: bytes) -> bytes:
        new = f"formula = {json.dumps(self.chance.choice(FORMULAS))}"
        return self._replaced(content, re.compile(r'formula = "[^"\n]*"'), new)

    def lines(self, content: bytes) -> bytes:
        lines = content.splitlines(keepends=True)
        if len(lines) < 2:
            return content
        one, two = self.chance.randrange(len(lines)), self.chance.randrange(len(lines))
        way = self.chance.randrange(4)
        if way == 0:
            del lines[one]
        elif way == 1:
            lines[one], lines[two] = lines[two], lines[one]
        elif way == 2:
            lines.insert(two, lines[one])
        else:
            lines[one:one] = [lines[two]] * self.chance.choice((2, 50, 1000))
        return b"".join(lines)

    def tokens(self, content: bytes) -> bytes:
        """Let two words or figures of a file change places."""
        text = content.decode("utf-8", "replace")
        tokens = [*re.finditer(r"[\w.%-]+", text)]
        if len(tokens) < 2:
            return content
        one, two = sorted(self.chance.sample(range(len(tokens)), 2))
        first, second = tokens[one], tokens[two]
        between = text[first.end() : second.start()]
        swapped = text[: first.start()] + second[0] + between + first[0]
        return (swapped + text[second.end() :]).encode("utf-8", "replace")

    def structure(self, content: bytes) -> bytes:
        """Put another value or copy anywhere in JSON; half of the reports get a new digest."""
        try:
            root = json.loads(content)
        except ValueError:
            return content
        places = [*_places(root)]
        if not places:
            return content
        owner, key = self.chance.choice(places)
        way = self.chance.randrange(5)
        value: object = self.chance.choice(
            (None, True, -1, [], {}, "", "x", [[]], 10**30)
        )
        if way == 0:
            value = self.chance.choice((*NUMBERS, *WORDS))
        elif way == 1:
            other_owner, other_key = self.chance.choice(places)
            value = other_owner[other_key]
        if way == 4:
            owner.pop(key)
        else:
            owner[key] = value
        if isinstance(root, dict) and "digest" in root and self.chance.random() < 0.5:
            root["digest"] = _digest(root)
        with contextlib.suppress(RecursionError, ValueError):  # a circle
            return json.dumps(root).encode()
        return content

    def archive(self, content: bytes) -> bytes:
        """Spoil a member of a workbook, or the archive that holds them."""
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                members = [
                    (info.filename, archive.read(info)) for info in archive.infolist()
                ]
        except (
            zipfile.BadZipFile,
            ValueError,
            OSError,
            NotImplementedError,
            RuntimeError,
        ):
            return content
        except Exception:  # zlib has its own, too
            return content
        place = self.chance.randrange(len(members))
        name, member = members[place]
        way = self.chance.randrange(6)
        if way == 0:
            del members[place]
        elif way == 1:
            members.append((name, member))
        elif way == 2:
            members[place] = (name, member.replace(b">", b">" + b" " * 100, 20_000))
        elif way == 3:
            members[place] = (
                self.chance.choice(("../x", "/x", "xl\\a", "x")),
                member,
            )
        else:
            spoil = self.chance.choice(
                (self.numbers, self.words, self.tokens, self.cut, self.deep)
            )
            members[place] = (name, spoil(member))
        result = io.BytesIO()
        with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, member in members:
                with contextlib.suppress(ValueError), _no_warnings():
                    archive.writestr(name, member)
        return result.getvalue()


def _no_warnings() -> contextlib.AbstractContextManager[object]:
    """A name twice in an archive is what is wanted here."""
    return warnings.catch_warnings(action="ignore")


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place in JSON data: what holds a value, and its key or position."""
    if isinstance(value, dict):
        keys: list[object] = [*value]
    elif isinstance(value, list):
        keys = [*range(len(value))]
    else:
        return
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _digest(document: dict[str, object]) -> object:
    content = {key: value for key, value in document.items() if key != "digest"}
    try:
        return digest(content)
    except Exception:  # the data is no report any more
        return "0" * 64


# What is run -------------------------------------------------------------------------------------


@dataclass
class Input:
    """A command line in a folder of its own; `{name}` is a file of that folder."""

    arguments: list[str]
    files: dict[str, bytes] = field(default_factory=dict)
    output: str | None = None
    strange: tuple[str, str] | None = None
    """A file, and what lies in its place: a folder, a link, a pipe, nothing."""
    output_named: bool = True
    """Whether the command line still names the output."""


STRANGE = (
    *("missing", "folder", "link", "link to itself", "pipe", "empty", "device"),
    *("long name", "bytes in its name"),
)


class Inputs:
    """Draws inputs for all commands from the files of the repository."""

    def __init__(self, chance: random.Random, made: Path) -> None:
        self.chance = chance
        self.taken: dict[str, bytes] = {}
        self.output: str | None = None
        self.files = {}
        for folder in (
            "examples",
            "rules",
            "tests/good",
            "tests/bad/rules",
            "tests/bad/cases",
        ):
            for path in sorted((ROOT / folder).iterdir()):
                if path.suffix in (".json", ".toml"):
                    self.files[path.relative_to(ROOT).as_posix()] = path.read_bytes()
        for path in sorted((ROOT / "tests/bad/submissions").iterdir()):
            self.files[path.relative_to(ROOT).as_posix()] = path.read_bytes()
        for path in sorted(made.iterdir()):
            self.files[f"made/{path.name}"] = path.read_bytes()
        self.spoiler = Spoiler(chance, [*self.files.values()])
        self.rules = self._named(
            r"^rules/(?!.*cases).*\.toml|^tests/good/.*\.toml|^tests/bad/rules/.*\.toml"
        )
        self.cases = self._named(r"^rules/.*\.cases\.toml|^tests/bad/cases/.*\.toml")
        self.reports = self._named(r"^made/report.*\.json")
        self.tables = self._named(r"^made/table")
        self.scores = self._named(r"^made/scores")
        self.submissions = self._named(r"^examples/.*\.json")
        self.tiny = self._named(r"^tests/bad/submissions/.*\.json")
        self.forms = self._named(r"^made/form")
        self.makers = {
            "score": self._score,
            "score a table": self._table,
            "plan": self._plan,
            "compare": self._compare,
            "sensitivity": self._sensitivity,
            "verify": self._verify,
            "check": self._check,
            "test": self._test,
            "mutate": self._mutate,
            "fmt": self._fmt,
            "schema": lambda: [
                "schema",
                self._word("rules", "submission", "report", "x"),
            ],
            "init": lambda: ["init", self._word("new.toml", "no/new.toml", ".", "")],
            "template": self._template,
            "doc": lambda: [
                "doc",
                self._file(self.rules),
                *self._form("text", "markdown", "html"),
            ],
            "diff": lambda: [
                "diff",
                *self._two(self.rules),
                *self._form("text", "markdown", "json"),
            ],
            "impact": self._impact,
            "rank": self._rank,
            "overview": self._overview,
        }

    def _named(self, pattern: str) -> list[str]:
        names = [name for name in self.files if re.search(pattern, name)]
        if not names:
            raise SystemExit(f"no file is called like {pattern}")
        return names

    def _word(self, *words: str) -> str:
        return self.chance.choice(words)

    def _may(self, *arguments: str) -> list[str]:
        return [*arguments] if self.chance.random() < 0.3 else []

    def _file(self, names: list[str]) -> str:
        """Take a file into the folder, under its own name, with what lies beside it for that."""
        name = self.chance.choice(names)
        short = name.rpartition("/")[2]
        self.taken[short] = self.files[name]
        # What the file may name: the file that it extends, its rules, its cases.
        folder = name.rpartition("/")[0]
        for other in re.findall(
            rb'(?:extends|rules) = "([\w.-]+\.toml)"', self.files[name]
        ):
            beside = f"{folder}/{other.decode()}"
            if beside in self.files:
                self.taken.setdefault(other.decode(), self.files[beside])
        return f"{{{short}}}"

    def _two(self, names: list[str]) -> list[str]:
        return [self._file(names), self._file(names)]

    def _form(self, *forms: str) -> list[str]:
        return self._may("--format", self._word(*forms, "nonsense"))

    def _submission(self) -> list[str]:
        if self.chance.random() < 0.5:
            return [self._file(self.submissions)]
        rules = "tests/bad/submissions/rules.toml"
        kind = self.tiny if self.chance.random() < 0.6 else self.forms
        return [self._file(kind), "--rules", self._file([rules])]

    def _tried(self) -> list[str]:
        metric = self._word("on_time", "share", "plan", "x", "")
        return [
            *self._may("--set", f"{metric}={self.chance.choice((*NUMBERS, *WORDS))}"),
            *self._may(
                "--as-of", self._word("2023-06-30", "2023-02-30", "9999-12-31", "")
            ),
            *self._may("--strict"),
        ]

    def _score(self) -> list[str]:
        forms = self._form("text", "markdown", "json", "html", "xlsx")
        under = self._may("--fail-under", self.chance.choice(NUMBERS))
        return ["score", *self._submission(), *self._tried(), *forms, *under]

    def _table(self) -> list[str]:
        rules = self._file(["tests/bad/submissions/rules.toml"])
        self.output = self._word(
            "scores.csv", "scores.parquet", "scores.jsonl", "scores.xlsx"
        )
        more = [*self._may("--long"), *self._may("--fail-under", "50")]
        return ["score", self._file(self.tables), "--rules", rules, *more]

    def _plan(self) -> list[str]:
        goal = self._word("--to", "--to-band")
        to = self.chance.choice((*NUMBERS, "90", "good", "85"))
        forms = self._form("text", "json", "html")
        return ["plan", *self._submission(), f"{goal}={to}", *self._tried(), *forms]

    def _compare(self) -> list[str]:
        kinds = [self.reports, self.submissions]
        both = [self._file(self.chance.choice(kinds)) for _ in range(2)]
        return ["compare", *both, *self._form("text", "markdown", "html", "json")]

    def _sensitivity(self) -> list[str]:
        wide = self._may("--range", self.chance.choice(NUMBERS))
        return [
            "sensitivity",
            *self._submission(),
            *wide,
            *self._form("text", "html", "json"),
        ]

    def _verify(self) -> list[str]:
        report = self._file(self.reports)
        rules = self._may("--rules", "cam-due-2023")
        against = self._may("--measurements", self._file(self.submissions))
        return ["verify", report, *rules, *against]

    def _check(self) -> list[str]:
        forms = self._form("text", "json", "sarif", "github")
        return ["check", self._file(self.rules), *self._may("--layout"), *forms]

    def _test(self) -> list[str]:
        more = [*self._may("--coverage"), *self._form("text", "json")]
        if not more:
            more = self._may("--suggest")
        return ["test", self._file(self.cases), *more]

    def _mutate(self) -> list[str]:
        # Each mutant is scored against every case: only small rule files keep to the bound.
        rules = self._file(["rules/example-access-to-law.toml"])
        self.taken["example-access-to-law.cases.toml"] = self.files[
            "rules/example-access-to-law.cases.toml"
        ]
        return ["mutate", rules, *self._form("text", "json")]

    def _fmt(self) -> list[str]:
        return [
            "fmt",
            self._file(self.rules),
            *self._may("--check"),
            *self._may("--diff"),
        ]

    def _template(self) -> list[str]:
        kind = self._may("--kind", self._word("mountain", "x", ""))
        return [
            "template",
            self._file(self.rules),
            *kind,
            *self._form("json", "csv", "xlsx"),
        ]

    def _impact(self) -> list[str]:
        rules = ["cam-due-2023", self._word("cam-due-2023-annex", "cam-due-2023")]
        if self.chance.random() < 0.5:
            rules[1] = self._file(
                ["rules/cam-due-2023.toml", "rules/cam-due-2023-annex.toml"]
            )
        return [
            "impact",
            *rules,
            self._file(self.submissions),
            *self._form("text", "json"),
        ]

    def _rank(self) -> list[str]:
        more = [
            *self._may("--before", self._file(self.scores)),
            *self._may("--ties", "shown"),
        ]
        more += self._may("--units", self._file(self.tables))
        return [
            "rank",
            self._file(self.scores),
            *more,
            *self._form("text", "csv", "json"),
        ]

    def _overview(self) -> list[str]:
        rules = self._file(["tests/bad/submissions/rules.toml"])
        more = self._may("--before", self._file(self.scores))
        title = self._may("--title", self.chance.choice(WORDS))
        return [
            "overview",
            self._file(self.scores),
            "--rules",
            rules,
            *more,
            *title,
            *self._form("html", "json"),
        ]

    def draw(self) -> tuple[str, Input]:
        """Return the name of a command and an input for it."""
        self.taken = {}
        self.output = None
        names = [*self.makers]
        often = [SELDOM.get(name, 1.0) for name in names]
        [name] = self.chance.choices(names, often)
        arguments = self.makers[name]()
        arguments += self._may("--lang", self._word("en", "vi", "xx"))
        if name in ("fmt", "init", "verify"):
            pass
        elif self.output or self.chance.random() < 0.4:
            self.output = self.output or self._word("out.txt", "out.json", "out")
            arguments += ["--output", f"{{{self.output}}}"]
        given = Input(arguments, self.taken, self.output)
        # Options hold no NUL and no half of a surrogate pair: no system lets such a one through.
        given.arguments = [argument.replace("\0", "") for argument in given.arguments]
        self._spoil(given)
        return name, given

    def _spoil(self, given: Input) -> None:
        way = self.chance.random()
        names = sorted(given.files)
        if way < 0.08 and names:
            given.strange = self.chance.choice(names), self.chance.choice(STRANGE)
        elif way < 0.1 and given.output:
            given.strange = (
                given.output,
                self.chance.choice(("folder", "link", "long name")),
            )
        elif way < 0.15:
            place = self.chance.randrange(len(given.arguments))
            changed = self.chance.choice(
                ("", "--", "-", "--nonsense", "\u202e", "x" * 5000, "--help")
            )
            given.arguments[place] = changed
            given.output_named = f"{{{given.output}}}" in given.arguments
        elif names:
            spoilt = self.chance.choice(names)
            given.files[spoilt] = self.spoiler.spoiled(spoilt, given.files[spoilt])


# Running -----------------------------------------------------------------------------------------


@dataclass
class Outcome:
    """What a run gave."""

    code: int
    printed: str
    complaints: str
    seconds: float


class TooSlowError(BaseException):
    """A run took longer than it may."""


def _alarm(*_: object) -> None:
    raise TooSlowError


def in_process(arguments: list[str]) -> Outcome:
    """Run the command line in this process."""
    printed, complaints = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    before = sys.stdout, sys.stderr
    start = time.process_time()
    signal.signal(signal.SIGALRM, _alarm)
    signal.signal(signal.SIGPROF, _alarm)
    signal.setitimer(signal.ITIMER_PROF, SECONDS * 3)
    signal.alarm(WAITING)
    try:
        sys.stdout, sys.stderr = printed, complaints
        code = cchc_rules(arguments)
    finally:
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout, sys.stderr = before
    seconds = time.process_time() - start
    texts = []
    for stream in (printed, complaints):
        with contextlib.suppress(ValueError):
            stream.flush()
        texts.append(stream.buffer.getvalue().decode("utf-8", "replace"))
    return Outcome(code, texts[0], texts[1], seconds)


def in_own_process(arguments: list[str]) -> Outcome:
    """Run the command line as people do."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    try:
        run = subprocess.run(
            [sys.executable, "-m", "cchc_rules", *arguments],
            capture_output=True,
            timeout=WAITING,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Outcome(-1, "", "", WAITING)
    texts = [text.decode("utf-8", "replace") for text in (run.stdout, run.stderr)]
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    return Outcome(run.returncode, texts[0], texts[1], seconds)


class Trial:
    """One input, laid out in a folder, run and judged."""

    def __init__(self, given: Input, folder: Path) -> None:
        self.given = given
        self.folder = folder
        self.paths = {name: folder / name for name in given.files}
        if given.output:
            self.paths[given.output] = folder / given.output
        self.feeders: list[threading.Thread] = []

    def arguments(self) -> list[str]:
        """Lay the files out and return the command line that names them."""
        for name, content in self.given.files.items():
            self.paths[name].write_bytes(content)
        if self.given.output:
            self.paths[self.given.output].write_bytes(BEFORE)
        if self.given.strange:
            self._make_strange(*self.given.strange)
        arguments = []
        for argument in self.given.arguments:
            name = argument[1:-1] if argument.startswith("{") else ""
            arguments.append(str(self.paths.get(name, argument)))
        return arguments

    def _make_strange(self, name: str, what: str) -> None:
        path = self.paths[name]
        content = path.read_bytes()
        path.unlink()
        if what == "folder":
            path.mkdir()
        elif what == "link":
            (self.folder / "elsewhere").write_bytes(content)
            path.symlink_to("elsewhere")
        elif what == "link to itself":
            path.symlink_to(path.name)
        elif what == "pipe":
            os.mkfifo(path)
            self._feed(path, content)
        elif what == "empty":
            path.write_bytes(b"")
        elif what == "device":
            self.paths[name] = Path("/dev/null")
        elif what == "long name":
            self.paths[name] = self.folder / ("x" * 300)
        elif what == "bytes in its name":
            odd = os.fsencode(self.folder) + b"/\xff\xfe-" + os.fsencode(path.name)
            self.paths[name] = Path(os.fsdecode(odd))
            self.paths[name].write_bytes(content)

    def _feed(self, path: Path, content: bytes) -> None:
        """Write a content into a pipe as often as it is opened, so that nobody waits for ever."""
        self.fed = True

        def feed() -> None:
            while self.fed:
                with contextlib.suppress(OSError):
                    pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
                    os.set_blocking(pipe, True)
                    with open(pipe, "wb") as stream:
                        stream.write(content)
                time.sleep(0.01)

        self.feeders.append(threading.Thread(target=feed, daemon=True))
        self.feeders[-1].start()

    def end(self) -> None:
        self.fed = False
        for feeder in self.feeders:
            feeder.join(timeout=5)

    def faults(self, outcome: Outcome) -> Iterator[str]:
        """Yield what the run did that it may not."""
        code, told = outcome.code, outcome.complaints
        if code not in DOCUMENTED:
            yield f"exit code {code}: {told.strip()[-300:]}"
        if "Traceback (most recent" in told + outcome.printed:
            yield "a traceback"
        if outcome.seconds > SECONDS:
            yield f"{outcome.seconds:.0f} seconds"
        if code in (2, 3, 4) and not told.strip() and not self._says_itself():
            yield f"exit code {code} without a word"
        if "\x1b" in told:
            yield "escape codes from a file on standard error"
        yield from self._faults_of_output(outcome)
        yield from self._faults_of_inputs()
        left = [path.name for path in self.folder.rglob("*.part")]
        if left:
            yield f"left behind: {left}"

    def _says_itself(self) -> bool:
        """Whether a command says in its result, not beside it, what was refused."""
        return self.given.arguments[0] in (
            "check",
            "verify",
            "test",
            "impact",
            "mutate",
            "fmt",
        )

    def _faults_of_output(self, outcome: Outcome) -> Iterator[str]:
        arguments = self.given.arguments
        if "--help" in arguments or not any(arguments):
            return
        command = arguments[0]
        form = {"overview": "html"}.get(command, "text")
        if "--format" in arguments[:-1]:
            form = arguments[arguments.index("--format") + 1]
        if not self.given.output:
            if outcome.code == 0 and form == "json":
                yield from _unless_whole("json", outcome.printed.encode())
            return
        if self.given.strange and self.given.strange[0] == self.given.output:
            return
        path = self.paths[self.given.output]
        if not path.is_file():
            yield "the output is gone"
            return
        content = path.read_bytes()
        if content == BEFORE:
            if outcome.code == 0 and self.given.output_named:
                yield "exit code 0, and no output"
            return
        # What `check` and `test` write is what they found.
        refused = (2,) if command in ("check", "test") else (2, 3)
        if outcome.code in refused:
            yield f"exit code {outcome.code}, and an output"
        suffix = path.suffix[1:]
        of_table = suffix in ("csv", "parquet", "jsonl", "xlsx")
        yield from _unless_whole(suffix if of_table else form, content)

    def _faults_of_inputs(self) -> Iterator[str]:
        # `fmt` writes what it reads, which is what it is for.
        if self.given.arguments[0] == "fmt" or self.given.strange:
            return
        for name, content in self.given.files.items():
            if name != self.given.output and self.paths[name].read_bytes() != content:
                yield f"{name} was written over"


def _unless_whole(form: str, content: bytes) -> Iterator[str]:
    """Yield that a result is not whole, as far as its form shows it."""
    if form == "json":
        try:
            json.loads(content)
        except ValueError as fault:
            yield f"the result is no JSON: {fault}"
    elif form == "xlsx":
        if not zipfile.is_zipfile(io.BytesIO(content)):
            yield "the result is no workbook"
    elif form == "parquet":
        if not (content.startswith(b"PAR1") and content.endswith(b"PAR1")):
            yield "the result is no Parquet"
    elif (
        form in ("text", "markdown", "html", "csv", "jsonl")
        and not content.endswith(b"\n")
        and content
    ):
        yield "the result has no end"


# The search --------------------------------------------------------------------------------------


def make_files(folder: Path) -> None:
    """Make the files that are not kept in the repository: reports, tables, forms, scores."""
    rules = ROOT / "tests/bad/submissions/rules.toml"

    def run(*arguments: object) -> None:
        subprocess.run(
            [sys.executable, "-m", "cchc_rules", *map(str, arguments)],
            capture_output=True,
            check=False,
        )

    for name in ("cam-due-2023", "qd-766-2022", "example-access-to-law"):
        example = ROOT / f"examples/{name}.json"
        run(
            "score",
            example,
            "--format",
            "json",
            "--output",
            folder / f"report-{name}.json",
        )
    run("template", rules, "--format", "xlsx", "--output", folder / "form.xlsx")
    rows = [
        {
            "unit": f"Xã {n}",
            "district": f"Huyện {n % 2}",
            "period": "2023",
            "share": str(n * 7 % 101),
            "meetings": n % 6,
            "plan": n % 2 == 0,
            "issued": f"2023-01-{n % 28 + 1:02}",
            "grade": ("Tốt", "Khá")[n % 2],
        }
        for n in range(12)
    ]
    # A row that the rule set does not know would be refused whole: only its metrics are kept.
    known = rules.read_text(encoding="utf-8")
    kept = [
        key
        for key in rows[0]
        if key in ("unit", "district", "period") or f"[metric.{key}]" in known
    ]
    frame = polars.DataFrame([{key: row[key] for key in kept} for row in rows])
    frame.write_csv(folder / "table.csv")
    frame.write_parquet(folder / "table.parquet")
    frame.write_ndjson(folder / "table.jsonl")
    frame.write_excel(folder / "table.xlsx")
    for suffix in ("csv", "parquet", "jsonl", "xlsx"):
        run(
            "score",
            folder / "table.csv",
            "--rules",
            rules,
            "--output",
            folder / f"scores.{suffix}",
        )


def _peak_from_here() -> int:
    """Return the most memory used so far, in kB, counted anew where the system can do that.

    Without it one large input would hide each later one that needs less than the largest did.
    """
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _peak()


def _peak() -> int:
    """Return the most memory that this process has used, in kB."""
    with contextlib.suppress(OSError):
        status = Path("/proc/self/status").read_text(encoding="ascii")
        if peak := re.search(r"VmHWM:\s+(\d+) kB", status):
            return int(peak[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def search(options: argparse.Namespace) -> int:
    """Draw, run and judge inputs until the time is over; return how many failed."""
    chance = random.Random(options.seed)
    kept: Path = options.keep
    failed = 0
    runs: Counter[str] = Counter()
    codes: Counter[int] = Counter()
    with tempfile.TemporaryDirectory() as place:
        made = Path(place, "made")
        made.mkdir()
        make_files(made)
        inputs = Inputs(chance, made)
        # What was imported and read stays to the end: no collection need go through it.
        gc.collect()
        gc.freeze()
        os.chdir(place)
        end = time.monotonic() + options.seconds
        number = 0
        while time.monotonic() < end and number < options.inputs:
            number += 1
            name, given = inputs.draw()
            folder = Path(place, "run")
            folder.mkdir()
            trial = Trial(given, folder)
            arguments = trial.arguments()
            _note_running(kept, given, arguments, number)
            own = number % options.own_process == 0
            peak = _peak_from_here()
            outcome = in_own_process(arguments) if own else in_process(arguments)
            trial.end()
            faults = [*trial.faults(outcome)]
            grown = (_peak() - peak) // 1024
            if grown > MEGABYTES:
                faults.append(f"{grown} MB")
            runs[name] += 1
            codes[outcome.code] += 1
            if faults:
                failed += 1
                _keep(kept, given, arguments, number, faults)
            shutil.rmtree(folder, ignore_errors=True)
            if number % 500 == 0:
                _say(f"{number} inputs, {failed} failed")
        os.chdir(ROOT)
    shutil.rmtree(kept / "running", ignore_errors=True)
    own = f"one in {options.own_process} in a process of its own"
    _say(f"seed {options.seed}: {number} inputs, {own}")
    _say(
        "by command: "
        + ", ".join(f"{name} {count}" for name, count in sorted(runs.items()))
    )
    _say(
        "by exit code: "
        + ", ".join(f"{code}: {count}" for code, count in sorted(codes.items()))
    )
    _say(f"failed: {failed}" + (f", kept in {kept}" if failed else ""))
    return failed


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _keep(
    kept: Path, given: Input, arguments: list[str], number: int, faults: list[str]
) -> None:
    folder = kept / f"input-{number}"
    _lay_down(folder, given, arguments, faults)
    _say(f"input {number}: {'; '.join(faults)}")


def _note_running(kept: Path, given: Input, arguments: list[str], number: int) -> None:
    """Keep what is run now, so that it is there even when it takes the whole process with it."""
    _lay_down(
        kept / "running", given, arguments, [f"input {number} ended the whole process"]
    )


def _lay_down(
    folder: Path, given: Input, arguments: list[str], faults: list[str]
) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in given.files.items():
        (folder / name).write_bytes(content)
    local = [
        Path(argument).name if "/run/" in argument else argument
        for argument in arguments
    ]
    lines = [f"cchc-rules {shlex.join(local)}", *faults, f"strange: {given.strange}"]
    (folder / "command.txt").write_text(
        "\n".join(lines) + "\n", encoding="utf-8", errors="replace"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument(
        "--inputs", type=int, default=10**9, help="no more inputs than this"
    )
    parser.add_argument("--seed", type=int, default=20231231)
    parser.add_argument(
        "--own-process",
        type=int,
        default=100,
        metavar="N",
        help="one in N inputs runs in a process of its own (default: 100)",
    )
    parser.add_argument(
        "--keep",
        type=Path,
        default=ROOT / ".fuzz",
        help="where failing inputs are kept",
    )
    options = parser.parse_args()
    options.keep = options.keep.absolute()
    return 1 if search(options) else 0


if __name__ == "__main__":
    sys.exit(main())
