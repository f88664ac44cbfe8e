"""The tutorial, the how-to guides, the guides in Vietnamese and the README are stories: what they show is what happens.

Each page is one story, played in a folder of its own that holds `examples` and `rules`. Its fenced blocks, in order:

- a block with a file name writes that file (`toml my.toml`, `json figures.json`, `python embed.py`, `sh gate.sh`,
  `csv table.csv`); with `added` after the name it is added at the end of that file; `diff my.toml` changes that file;
- `console` runs every `$ cchc-rules …` (and `$ python FILE …`, `$ sh FILE …`) and compares what is printed, line by
  line; a line `…` stands for any lines, `# exit code N` for the code when it is not 0;
- `python` without a file name is run; where it has comments `#>`, they are what it prints;
- a block without a language runs its lines `… -m cchc_rules …`, written as on Windows or not;
- `toml`, `csv` and `text` without a file name are excerpts: their lines stand in this order in a file of the folder, or
  in something printed before (the report of the example in both languages is there from the start);
- `json` without a file name is read, and a whole submission is held against its rule set.

Other blocks are only shown.
"""

import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cchc_rules import load_measurements, load_rules
from cchc_rules.cli.main import main

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
STORIES = [
    ROOT / "README.md",
    *(
        page
        for folder in ("tutorial", "how-to", "guide-vi")
        for page in sorted((DOCS / folder).glob("*.md"))
    ),
    *(
        DOCS / "explanation" / name
        for name in ("why-exact.md", "absence-is-not-zero.md")
    ),
]
STORIES.remove(
    DOCS / "how-to" / "score-with-spark.md"
)  # tests/tables/test_spark.py plays it, where there is Spark
MADE = DOCS / "how-to" / "how-does-my-sheet-say-it.md"
"""A page that is made from tested files, there only where somebody has made it."""
STORIES = [page for page in STORIES if page != MADE]
LONG = {
    "audit-a-report.md",
    "can-bo.md",
    "check-in-ci.md",
    "compare.md",
    "exit-codes.md",
    "fill-in-a-form.md",
    "first-index.md",
    "hold-the-laws.md",
    "html-report.md",
    "kiem-tra.md",
    "rank-a-province.md",
    "score-a-table.md",
    "tinh.md",
    "try-a-change.md",
    "verify-a-report.md",
    "what-changed.md",
    "why-exact.md",
    "workbook.md",
}
"""Stories that take seconds, each told only with `--wide`."""

EXAMPLE = "examples/cam-due-2023.json"
BLOCK = re.compile(r"^```(\w*)(?: ([^\n]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
BARE_COMMAND = re.compile(r"-m cchc_rules (.+)$", re.MULTILINE)
WRITTEN = ("toml", "json", "python", "sh", "csv")


def lines_of(text):
    return [line.rstrip() for line in text.splitlines()]


def follows(wanted, got):
    """Whether the lines are those wanted, where `…` stands for any lines; all ways are tried, so none is missed."""
    reached = {0}
    for line in wanted:
        if line == "…":
            reached = set(range(min(reached), len(got) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(got) and got[at] == line}
        if not reached:
            return False
    return len(got) in reached


def changed(text, diff):
    """The text with each hunk of the diff made in it, at the only place it fits; an empty line stands between hunks."""
    lines = text.splitlines()
    for hunk in re.split(r"\n\n+", diff.rstrip("\n")):
        old, new = (
            [line[1:] for line in hunk.splitlines() if line[0] in signs]
            for signs in ("- ", "+ ")
        )
        places = [at for at in range(len(lines)) if lines[at : at + len(old)] == old]
        assert len(places) == 1, f"stands {len(places)} times: {old}"
        lines[places[0] : places[0] + len(old)] = new
    return "\n".join(lines) + "\n"


def bare(text):
    """The lines of an excerpt without comments, blanks and ellipses."""
    lines = (
        " ".join(re.sub(r"\s# .*", "", line).split()) for line in text.splitlines()
    )
    return [line for line in lines if line not in ("", "…")]


def within(excerpt, texts):
    """Whether the lines of an excerpt stand in this order in one of the texts."""
    wanted = bare(excerpt)
    for text in texts:
        lines = iter(bare(text))
        if all(line in lines for line in wanted):
            return True
    return False


class Player:
    """Plays one page."""

    def __init__(self, folder, capsys):
        self.folder = folder
        self.capsys = capsys
        self.scope = {"__name__": "story"}
        self.outputs = []
        self.outputs_of_the_example = []

    def play(self, kind, name, body):
        if kind == "console":
            for command, wanted in COMMAND.findall(body):
                self.run(command, lines_of(wanted))
        elif kind == "diff":
            path = self.folder / name
            path.write_text(
                changed(path.read_text(encoding="utf-8"), body), encoding="utf-8"
            )
        elif kind in WRITTEN and name:
            self.write(*name.split(), body=body)
        elif kind in ("toml", "csv"):
            files = [
                path.read_text(encoding="utf-8-sig")
                for path in self.folder.rglob(f"*.{kind}")
            ]
            assert within(body, files), f"in no file: {body}"
        elif kind == "json":
            self.read(json.loads(body))
        elif kind == "python":
            self.execute(body)
        elif kind == "text":
            assert within(body, self.printed()), f"nowhere printed: {body}"
        elif kind == "":
            for arguments in BARE_COMMAND.findall(body):
                self.outcome("cchc-rules", *arguments.replace("\\", "/").split())

    def write(self, name, added="", *, body):
        path = self.folder / name
        before = path.read_text(encoding="utf-8") + "\n" if added else ""
        path.write_text(before + body, encoding="utf-8")

    def read(self, document):
        if "measurements" in document:
            load_measurements(document, load_rules(document["ruleset"]))

    def execute(self, body):
        self.said()
        exec(compile(body, "story", "exec"), self.scope)
        wanted, said = (
            [line.rstrip() for line in re.findall(r"#> ?(.*)$", body, re.MULTILINE)],
            self.said(),
        )
        assert said == wanted or not wanted

    def printed(self):
        """Everything printed so far; the first time, the report of the example in both languages as well."""
        if not self.outputs_of_the_example:
            for lang in ("vi", "en"):
                main(["score", EXAMPLE, "--lang", lang])
                self.outputs_of_the_example.append("\n".join(self.said()))
        return [*self.outputs, *self.outputs_of_the_example]

    def said(self):
        shown = self.capsys.readouterr()
        return lines_of(shown.err + shown.out)

    def run(self, command, wanted):
        expected = 0
        while wanted and (wanted[-1] == "" or wanted[-1].startswith("# exit code ")):
            line = wanted.pop()
            expected = int(line.removeprefix("# exit code ")) if line else expected
        self.said()
        code, got = self.outcome(*shlex.split(command))
        while got and got[-1] == "":
            got.pop()
        assert code == expected, f"$ {command}\nexit code {code}\n" + "\n".join(got)
        assert follows(wanted, got), (
            f"$ {command}\n" + "\n".join(got) + "\n\nwanted\n" + "\n".join(wanted)
        )

    def outcome(self, program, *arguments):
        if program == "cchc-rules":
            code, said = main(arguments), self.said()
            self.outputs.append("\n".join(said))
            return code, said
        if program == "python":
            return self.python(*arguments)
        assert program == "sh", program
        return self.shell(*arguments)

    def python(self, name, *arguments):
        before, sys.argv = sys.argv, [name, *arguments]
        try:
            runpy.run_path(name, run_name="__main__")
        except SystemExit as stop:
            return int(stop.code or 0), self.said()
        finally:
            sys.argv = before
        return 0, self.said()

    def shell(self, *arguments):
        """Run a shell script for which `cchc-rules` is this very package."""
        command = self.folder / "bin" / "cchc-rules"
        command.parent.mkdir(exist_ok=True)
        command.write_text(
            f'#!/bin/sh\nexec "{sys.executable}" -m cchc_rules "$@"\n', encoding="utf-8"
        )
        command.chmod(0o755)
        path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", *arguments],
            env={**os.environ, "PATH": path},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return done.returncode, lines_of(done.stderr + done.stdout)


def name_of(page):
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(
            page, id=name_of(page), marks=[pytest.mark.wide] * (page.name in LONG)
        )
        for page in STORIES
    ],
)
def test_what_the_page_shows_is_what_happens(page, tmp_path, monkeypatch, capsys):
    for folder in ("examples", "rules"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    if any(kind == "sh" for kind, _, _ in blocks) and shutil.which("sh") is None:
        pytest.skip("no shell")
    player = Player(tmp_path, capsys)
    for kind, name, body in blocks:
        player.play(kind, name, body)


def test_there_are_stories_and_each_runs_something():
    assert len(STORIES) > 20
    for page in STORIES:
        kinds = {kind for kind, _, _ in BLOCK.findall(page.read_text(encoding="utf-8"))}
        assert kinds & {"console", "python", "text"}, page


@pytest.mark.parametrize(
    ("wanted", "got", "so"),
    [
        (["a", "…", "c"], ["a", "b", "c"], True),
        (["a", "…", "c"], ["a", "c"], True),
        (["a", "…", "c"], ["a", "c", "d", "c"], True),
        (["a", "…", "c"], ["a", "c", "d"], False),
        (["a"], ["a", "b"], False),
        (["a", "b"], ["a"], False),
        (["…"], [], True),
        ([], [], True),
    ],
)
def test_an_ellipsis_stands_for_lines_and_nothing_else_is_let_through(wanted, got, so):
    assert follows(wanted, got) is so


def test_a_change_is_made_once_and_where_it_says():
    assert changed("a = 1\nb = 2\n", "-a = 1\n+a = 3\n") == "a = 3\nb = 2\n"
    with pytest.raises(AssertionError):
        changed("a = 1\na = 1\n", "-a = 1\n+a = 3\n")
