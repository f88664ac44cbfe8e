"""The command line at its edges: files, pipes, signals, faults, complaints; exit codes are the promise."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rule_texts import TINY

from cchc_rules.cli import console
from cchc_rules.cli.commands import COMMANDS
from cchc_rules.cli.main import main

posix = pytest.mark.skipif(os.name != "posix", reason="pipes and signals of Unix")
SUBMISSION = {
    "format": 1,
    "ruleset": "tiny",
    "unit": "UBND xã",
    "period": "2023",
    "measurements": {"share": 95},
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a rule file, one that extends it, a submission and a table."""
    (tmp_path / "tiny.toml").write_text(TINY, encoding="utf-8", newline="\n")
    (tmp_path / "over.toml").write_text('format = 1\nextends = "tiny.toml"\n')
    (tmp_path / "in.json").write_text(json.dumps(SUBMISSION), encoding="utf-8")
    (tmp_path / "q.errors.csv").write_text("unit,period,share\nA,2023,90\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys):
    def running(*arguments):
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return running


def process(*arguments, **more):
    command = [sys.executable, "-m", "cchc_rules", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, **more)


class TestInputsStay:
    @pytest.mark.parametrize(
        ("call", "kept"),
        [
            ("score in.json --output in.json", "in.json"),
            ("score in.json --output tiny.toml --rules tiny.toml", "tiny.toml"),
            ("score in.json --rules over.toml --output tiny.toml", "tiny.toml"),
            ("check tiny.toml --output ./tiny.toml", "tiny.toml"),
            ("check over.toml --output tiny.toml", "tiny.toml"),
            ("doc tiny.toml --output tiny.toml", "tiny.toml"),
            ("plan in.json --to 90 --output in.json", "in.json"),
            ("compare in.json in.json --output in.json", "in.json"),
            ("diff tiny.toml over.toml --output tiny.toml", "tiny.toml"),
            ("sensitivity in.json --output in.json", "in.json"),
            ("template tiny.toml --output tiny.toml", "tiny.toml"),
            (
                "score q.errors.csv --rules tiny.toml --output q.csv",
                "q.errors.csv",
            ),
            (
                "score q.errors.csv --rules tiny.toml --output a.csv --errors a.csv",
                "q.errors.csv",
            ),
        ],
    )
    def test_and_nothing_is_written(self, run, folder, call, kept):
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        code, out, err = run(*call.split(), "--lang", "en")
        assert (code, out) == (2, "")
        assert "Will not write over" in err
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
        assert kept in before

    def test_suggested_cases_are_added_to_the_file_that_was_read(self, run, folder):
        assert (
            run("test", "tiny.toml", "--suggest", "--output", "tiny.cases.toml")[0] == 0
        )
        first = (folder / "tiny.cases.toml").read_text(encoding="utf-8")
        assert first

    def test_init_writes_over_nothing(self, run, folder):
        assert run("init", "tiny.toml")[0] == 2
        assert (folder / "tiny.toml").read_text(encoding="utf-8") == TINY


class TestNames:
    @posix
    def test_a_pipe_on_the_command_line_is_read(self, folder):
        for call in ("check /dev/stdin", "score /dev/stdin"):
            data = TINY if "check" in call else json.dumps(SUBMISSION)
            rules = ["--rules", "tiny.toml"] if "score" in call else []
            done = process(*call.split(), *rules, cwd=folder, input=data.encode())
            assert done.returncode == 0, done.stderr

    @posix
    def test_a_pipe_inside_a_file_is_refused(self, run, folder):
        os.mkfifo(folder / "pipe.toml")
        (folder / "x.toml").write_text('format = 1\nextends = "pipe.toml"\n')
        code, _, err = run("check", "x.toml", "--lang", "en")
        assert code == 3
        assert "file-unreadable" in err

    @pytest.mark.parametrize("name", ["../secret", "/etc/secret", "sub/rules", ".."])
    def test_a_submission_names_no_file_elsewhere(self, run, folder, name):
        (folder.parent / "secret.toml").write_text(TINY, encoding="utf-8")
        (folder / "in.json").write_text(json.dumps(SUBMISSION | {"ruleset": name}))
        code, _, err = run("score", "in.json", "--lang", "en")
        assert code == 3
        assert "unknown-ruleset" in err

    def test_a_name_that_is_too_long_is_an_unknown_rule_set(self, run, folder):
        (folder / "in.json").write_text(json.dumps(SUBMISSION | {"ruleset": "n" * 300}))
        code, _, err = run("score", "in.json", "--lang", "en")
        assert code == 3
        assert "Cannot write" not in err

    @posix
    def test_a_name_that_is_no_utf8(self, folder):
        name = b"r\xff.toml"
        try:
            os.rename(b"tiny.toml", name)
        except OSError:
            pytest.skip("the disk takes no such name")
        for form in ("json", "html", "text"):
            call = [b"score", b"in.json", b"--rules", name, b"--format", form.encode()]
            command = [os.fsencode(sys.executable), b"-m", b"cchc_rules", *call]
            done = subprocess.run(command, capture_output=True, check=False)
            assert done.returncode == 0, done.stderr
            done.stdout.decode("utf-8")


@posix
class TestStreams:
    def test_a_closed_pipe_does_not_hide_that_the_index_is_below(self, folder):
        reader, writer = os.pipe()
        os.close(reader)
        call = ["score", "in.json", "--fail-under", "101"]
        command = [sys.executable, "-m", "cchc_rules", *call]
        done = subprocess.run(
            command, stdout=writer, stderr=subprocess.PIPE, check=False
        )
        os.close(writer)
        assert (done.returncode, done.stderr) == (1, b"")

    @pytest.mark.parametrize(
        ("shell", "code"),
        [(">&-", 2), ("> /dev/full", 2), ("2>&-", 0), ("2> /dev/full", 0)],
    )
    def test_nowhere_to_write(self, folder, shell, code):
        call = f'"{sys.executable}" -m cchc_rules score in.json {shell}'
        done = subprocess.run(["sh", "-c", call], capture_output=True, check=False)
        assert done.returncode == code
        assert b"Traceback" not in done.stderr

    def test_a_refusal_stays_one_without_standard_error(self, folder):
        call = f'"{sys.executable}" -m cchc_rules check in.json 2> /dev/full'
        done = subprocess.run(["sh", "-c", call], capture_output=True, check=False)
        assert done.returncode == 3

    def test_standard_output_by_its_name_goes_on_where_it_stands(self, folder):
        call = (
            "(echo before; "
            f'"{sys.executable}" -m cchc_rules schema rules --output /dev/stdout)'
            " > all.txt"
        )
        subprocess.run(["sh", "-c", call], check=True)
        text = (folder / "all.txt").read_text(encoding="utf-8")
        assert text.startswith("before\n{")
        assert json.loads(text.removeprefix("before\n"))


@posix
class TestStopped:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
    def test_nothing_is_left_behind(self, folder, number):
        rows = "".join(f"U{i},2023,{i % 90}.5\n" for i in range(60_000))
        (folder / "long.csv").write_text("unit,period,share\n" + rows)
        (folder / "out").mkdir()
        (folder / "out" / "s.csv").write_text("old")
        call = ["score", "long.csv", "--rules", "tiny.toml", "--output", "out/s.csv"]
        running = subprocess.Popen(
            [sys.executable, "-m", "cchc_rules", *call, "--lang", "en"],
            stderr=subprocess.PIPE,
        )
        for _ in range(2000):
            if len(os.listdir("out")) > 1 or running.poll() is not None:
                break
            time.sleep(0.01)
        running.send_signal(number)
        _, err = running.communicate(timeout=60)
        if running.returncode == 0:
            pytest.skip("it was done before it was stopped")
        assert running.returncode == 128 + number
        assert "Stopped" in err.decode()
        assert os.listdir("out") == ["s.csv"]
        assert (folder / "out" / "s.csv").read_text() == "old"


class TestUnforeseen:
    @pytest.mark.parametrize(
        ("lang", "words"), [("vi", "Lỗi không lường trước"), ("en", "Unforeseen fault")]
    )
    def test_has_a_code_and_a_sentence(self, run, folder, monkeypatch, lang, words):
        def broken(*_, **__):
            raise ZeroDivisionError("x\x1b[2J")

        monkeypatch.setattr("cchc_rules.cli.commands.score.score", broken)
        code, out, err = run("score", "in.json", "--lang", lang)
        assert (code, out) == (console.UNFORESEEN, "")
        assert words in err
        assert "Traceback" not in err
        assert "\x1b" not in err
        monkeypatch.setenv(console.TRACEBACK, "1")
        assert "Traceback" in run("score", "in.json")[2]

    def test_its_code_is_no_other(self):
        others = {console.DONE, console.BELOW, console.USAGE, console.RULES_REFUSED}
        others |= {console.SUBMISSION_REFUSED, console.INTERRUPTED}
        assert console.UNFORESEEN not in others


ENGLISH = re.compile(
    r"invalid choice|choose from|following arguments|are required|unrecognized|"
    r"one of the arguments|expected|not allowed with|ignored explicit|\bargument\b|"
    r"No such file|Is a directory|Permission denied"
)
SLIPS = [
    "scoer",
    "",
    "score",
    "score in.json --format pdf",
    "score in.json --colour",
    "score in.json --as-of yesterday",
    "score in.json --set on_time",
    "score in.json --fail-under 80,5",
    "score in.json --long=3",
    "score in.json --output",
    "score none.json",
    "score in.json --output none/out.txt",
    "plan in.json",
    "plan in.json --to nine",
    "plan in.json --to 90 --to-band good",
    "sensitivity in.json --range 100",
    "rank",
    "rank none.csv --ties whatever",
    "rank none.csv",
    "check none.toml",
    "check .",
    "verify none.json",
    "schema pictures",
    "schema rules --output none/out.json",
    "fmt none.toml",
    "init none/x.toml",
    "test none",
]


class TestComplaints:
    @pytest.mark.parametrize("slip", SLIPS)
    def test_in_vietnamese_throughout(self, run, folder, slip):
        code, _, err = run(*slip.split(), "--lang", "vi")
        assert code in (2, 3, 4)
        assert not ENGLISH.search(err), err
        assert "không hiểu các đối số" not in err, "a sentence of argparse is new"

    @pytest.mark.parametrize("slip", SLIPS)
    def test_in_english_every_slip_is_understood(self, run, folder, slip):
        _, _, err = run(*slip.split(), "--lang", "en")
        assert err
        assert "are not understood" not in err

    def test_a_misspelt_command_names_what_is_near(self, run):
        assert "“score”" in run("scoer", "--lang", "en")[2]

    @pytest.mark.parametrize("command", COMMANDS)
    def test_help_names_the_forms_that_are_taken(self, run, command):
        code, out, _ = run(command, "--help", "--lang", "en")
        assert code == 0
        part = re.search(
            r"\n  --format \{([^}]*)\}(.*?)(?=\n  -|\n\n|\Z)", out, re.DOTALL
        )
        if part:
            taken = set(part.group(1).split(","))
            named = re.findall(r"\b(text|markdown|json|html|xlsx|csv)\b", part.group(2))
            assert set(named) <= taken
            assert taken <= {*named, "sarif", "github"}


class TestTexts:
    def test_control_characters_of_a_file_are_not_printed(self, run, folder):
        clause = 'clause = "I.1\\u001b[2J\\u202e"\n'
        text = TINY.replace("[rule.", '[metric."x\\u001b"]\ntype = "count"\n[rule.', 1)
        (folder / "bad.toml").write_text(text + clause, encoding="utf-8")
        for call in (["check", "bad.toml"], ["check", "\x1b[31mx.toml"]):
            _, out, err = run(*call)
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f\x9b\u202e]", out + err)

    def test_nor_on_a_terminal_in_any_form(self, folder, monkeypatch):
        class Terminal:
            def __init__(self):
                self.text = ""

            def isatty(self):
                return True

            def write(self, text):
                self.text += text

            def flush(self):
                pass

        monkeypatch.setattr(sys, "stdout", Terminal())
        console.put('{"a": "\u202e\x9b\x1b]0;title\x07"}\n', None)
        assert not set("\u202e\x9b\x1b\x07") & set(sys.stdout.text)


class TestExtras:
    @pytest.mark.parametrize("package", sorted({*console.EXTRAS} - {"holidays"}))
    def test_a_package_that_is_missing_is_named(self, package, capsys):
        def work():
            raise ModuleNotFoundError("no", name=f"{package}.inner")

        assert console.guarded(work, "en") == 2
        err = capsys.readouterr().err
        assert package in err
        assert f"cchc-rules[{console.EXTRAS[package]}]" in err


def test_every_exit_code_stands_in_the_reference():
    page = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"
    table = page.read_text(encoding="utf-8").partition("## Exit codes")[2]
    for code in (0, 1, 2, 3, 4, console.UNFORESEEN, console.INTERRUPTED, 129, 143):
        assert re.search(rf"^\| .*\b{code}\b", table, re.MULTILINE)
