"""The command line: exit codes, where words go, languages, files, pipes; in process and as people run it."""

import io
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from datetime import date
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from packaged_rules import packaged
from rule_texts import TINY

import cchc_rules
from cchc_rules import load_measurements, parse_report, score, sensitivity
from cchc_rules.cli import console
from cchc_rules.cli.commands import COMMANDS
from cchc_rules.cli.main import main, run_process
from cchc_rules.render import TEXTS, render

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
EXAMPLE = EXAMPLES / "cam-due-2023.json"
MISTAKES = EXAMPLES / "cam-due-2023-mistakes.json"
RULES = ROOT / "rules" / "cam-due-2023.toml"
REFERENCE = ROOT / "docs" / "reference"
UNUSED = '[metric.spare]\ntitle = "Spare"\ntype = "count"\n'
SUBMISSION = {
    "format": 1,
    "ruleset": "tiny",
    "unit": "UBND xã",
    "period": "2023",
    "measurements": {"share": 95},
}


@pytest.fixture
def folder(tmp_path):
    """A folder with a rule file and a submission for it."""
    (tmp_path / "tiny.toml").write_text(TINY, encoding="utf-8", newline="\n")
    (tmp_path / "warned.toml").write_text(TINY + UNUSED, encoding="utf-8", newline="\n")
    (tmp_path / "bad.toml").write_text(
        TINY.replace("weight = 2", "weight = -2"), encoding="utf-8", newline="\n"
    )
    (tmp_path / "in.json").write_text(json.dumps(SUBMISSION), encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(capsys):
    """Run the command in process: (exit code, what was printed, what was complained)."""

    def running(*arguments):
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return running


def report(lang="vi", as_of=None):
    rules = packaged("cam-due-2023")
    return score(
        rules, load_measurements(EXAMPLE, rules, as_of=as_of), as_of=as_of
    ).to_dict(lang)


def shown(form, lang):
    """The example as `score` shows it: as a page with the study of how sure its index is."""
    rules = packaged("cam-due-2023")
    study = (
        sensitivity(rules, load_measurements(EXAMPLE, rules)).to_dict(lang)
        if form == "html"
        else None
    )
    return render(report(lang), form, study=study)


def process(*arguments, cwd, env=None, **more):
    command = [sys.executable, "-m", "cchc_rules", *map(str, arguments)]
    return subprocess.run(
        command,
        capture_output=True,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        check=False,
        **more,
    )


class TestScoring:
    def test_text_in_the_rule_sets_language(self, run):
        code, out, err = run("score", EXAMPLE)
        assert (code, err) == (0, "")
        assert out == render(report(), "text")

    @pytest.mark.wide
    @pytest.mark.parametrize("lang", ["vi", "en"])
    @pytest.mark.parametrize("form", TEXTS)
    def test_every_format_in_every_language(self, run, form, lang):
        code, out, err = run("score", EXAMPLE, "--format", form, "--lang", lang)
        assert (code, err) == (0, "")
        assert out == shown(form, lang)

    def test_json_reads_back(self, run):
        assert parse_report(run("score", EXAMPLE, "--format", "json")[1]) == report()

    def test_as_of(self, run):
        code, out, _ = run(
            "score", EXAMPLE, "--as-of", "2023-12-31", "--format", "json"
        )
        assert code == 0
        assert json.loads(out) == report(as_of=date(2023, 12, 31))
        assert json.loads(out)["as_of"] == "2023-12-31"

    @pytest.mark.parametrize("rules", [RULES, "cam-due-2023"])
    def test_rules_by_file_and_by_id(self, run, rules):
        assert run("score", EXAMPLE, "--rules", rules)[:2] == (
            0,
            render(report(), "text"),
        )

    def test_an_overlay(self, run):
        code, out, err = run(
            "score",
            EXAMPLE,
            "--rules",
            ROOT / "rules" / "cam-due-2023-annex.toml",
            "--format",
            "json",
        )
        assert (code, err) == (0, "")
        assert [file["name"] for file in json.loads(out)["ruleset"]["files"]] == [
            "cam-due-2023-annex.toml",
            "cam-due-2023.toml",
        ]

    def test_a_rule_file_beside_the_submission(self, run, folder):
        code, out, err = run("score", folder / "in.json", "--lang=en")
        assert (code, err) == (0, "")
        assert "tiny 1 – Tiny" in out

    @pytest.mark.parametrize(
        ("least", "code"), [("82.56", 0), ("82.57", 1), ("0", 0), ("-5", 0), ("100", 1)]
    )
    def test_fail_under(self, run, least, code):
        found, out, err = run("score", EXAMPLE, f"--fail-under={least}")
        assert (found, err) == (code, "")
        assert out == render(report(), "text")

    def test_the_command_leaves_files_alone(self, run, folder):
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        run("score", folder / "in.json")
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


class TestOutput:
    @pytest.mark.wide
    @pytest.mark.parametrize("form", TEXTS)
    def test_a_file_in_utf8_with_plain_line_ends(self, run, tmp_path, form):
        target = tmp_path / "báo cáo.out"
        assert run("score", EXAMPLE, "--format", form, "--output", target) == (
            0,
            "",
            "",
        )
        assert target.read_bytes() == shown(form, "vi").encode("utf-8")
        assert b"\r" not in target.read_bytes()

    def test_a_file_that_cannot_be_written(self, run, tmp_path):
        for target in (tmp_path, tmp_path / "none" / "x"):
            code, out, err = run("score", EXAMPLE, "--output", target)
            assert (code, out) == (2, "")
            assert str(target) in err
            assert err.startswith("Không ghi được")
        assert run("score", EXAMPLE, "--output", tmp_path, "--lang", "en")[
            2
        ].startswith("Cannot write")

    def test_nothing_is_written_when_refused(self, run, tmp_path):
        target = tmp_path / "report.txt"
        assert run("score", MISTAKES, "--output", target)[0] == 4
        assert not target.exists()


class TestRefusals:
    @pytest.mark.parametrize(
        "arguments",
        [
            (),
            ("score",),
            ("check",),
            ("weigh", "x.json"),
            ("score", "x.json", "--format", "xml"),
            ("score", "x.json", "--lang", "fr"),
            ("score", "x.json", "--as-of", "31/12/2023"),
            ("score", "x.json", "--as-of", "2023-02-30"),
            ("score", "x.json", "--fail-under", "80,5"),
            ("score", "x.json", "--fail-under", "nan"),
            ("score", "x.json", "--fail-under", "1e3"),
            ("score", "x.json", "y.json"),
            ("score", "x.json", "--output"),
        ],
        ids=str,
    )
    def test_wrong_usage(self, run, arguments):
        code, out, err = run(*arguments)
        assert (code, out) == (2, "")
        assert err.startswith("cách dùng: ")

    def test_a_rule_file_with_problems(self, run, folder):
        code, out, err = run(
            "score", folder / "in.json", "--rules", folder / "bad.toml", "--lang", "en"
        )
        assert (code, out) == (3, "")
        assert "error[weight-not-positive] rule.on-time.weight" in err
        assert f"{folder / 'bad.toml'}:19:" in err
        assert (
            err.rstrip()
            .splitlines()[-1]
            .startswith("The rule file is refused; problems above: 1")
        )

    def test_rules_that_are_not_there(self, run, folder):
        for rules in ("cam-due-2032", folder / "none.toml"):
            code, out, err = run("score", folder / "in.json", "--rules", rules)
            assert (code, out) == (3, "")
            assert "Bộ tiêu chí bị từ chối" in err
        assert "“cam-due-2023”?" in run("score", EXAMPLE, "--rules", "cam-due-2032")[2]

    def test_a_submission_that_names_unknown_rules(self, run, folder):
        (folder / "tiny.toml").unlink()
        code, out, err = run("score", folder / "in.json")
        assert (code, out) == (3, "")
        assert "unknown-ruleset" in err
        assert "“tiny”" in err

    def test_a_submission_that_names_no_rules(self, run, tmp_path):
        for content in ("{}", "[]", '{"ruleset": 1}', '{"ruleset": " "}'):
            (tmp_path / "in.json").write_text(content, encoding="utf-8")
            code, out, err = run("score", tmp_path / "in.json")
            assert (code, out) == (4, "")
            assert "ruleset" in err

    def test_a_submission_with_problems(self, run):
        code, out, err = run("score", MISTAKES)
        assert (code, out) == (4, "")
        count = err.count("lỗi[")
        assert count > 10
        assert err.rstrip().endswith(
            f"Biểu số liệu bị từ chối: {count} vấn đề ở trên. Chưa chấm điểm."
        )

    def test_every_problem_says_in_which_file(self, run):
        heads = [
            line for line in run("score", MISTAKES)[2].splitlines() if "lỗi[" in line
        ]
        assert [line for line in heads if not line.startswith(str(MISTAKES))] == []

    def test_a_submission_that_cannot_be_read(self, run, tmp_path):
        code, out, err = run("score", tmp_path / "none.json", "--lang", "en")
        assert (code, out) == (4, "")
        assert "file-unreadable" in err

    def test_a_folder_is_a_table_and_needs_its_rules(self, run, tmp_path):
        code, out, err = run("score", tmp_path, "--lang", "en")
        assert (code, out) == (2, "")
        assert "--rules" in err

    def test_a_day_before_what_was_reported(self, run):
        code, out, err = run("score", EXAMPLE, "--as-of", "2023-02-01")
        assert (code, out) == (4, "")
        assert "date-after-as-of" in err

    @pytest.mark.usefixtures("without_holidays")
    def test_a_missing_holiday_package(self, run, folder):
        (folder / "tiny.toml").write_text(
            TINY + '[calendar]\ncountry = "VN"\n', encoding="utf-8"
        )
        code, out, err = run("score", folder / "in.json", "--lang", "en")
        assert (code, out) == (3, "")
        assert "error[calendar-missing]" in err
        assert 'pip install "cchc-rules[calendar]"' in err

    def test_no_trace_is_ever_shown(self, run, tmp_path):
        (tmp_path / "in.json").write_bytes(b"\xff\xfe\x00")
        for arguments in (
            ("score", tmp_path / "in.json"),
            ("check", tmp_path / "in.json"),
            ("check", tmp_path),
        ):
            code, _, err = run(*arguments)
            assert code in (3, 4)
            assert "Traceback" not in err


class TestChecking:
    def test_a_good_file(self, run):
        assert run("check", RULES) == (0, f"{RULES}: đạt, 0 cảnh báo.\n", "")
        assert run("check", "cam-due-2023", "--lang", "en") == (
            0,
            "cam-due-2023: passed, 0 warning(s).\n",
            "",
        )

    def test_a_warning_does_not_refuse(self, run, folder):
        code, out, err = run("check", folder / "warned.toml", "--lang", "en")
        assert code == 0
        assert "warning[metric-unused] metric.spare" in err
        assert "1 warning" in out

    def test_a_bad_file(self, run, folder):
        code, out, err = run("check", folder / "bad.toml", "--lang", "en")
        assert code == 3
        assert f"{folder / 'bad.toml'}:19: error[weight-not-positive]" in err
        assert out.startswith(f"{folder / 'bad.toml'}: 1 error")

    def test_several_files_are_all_checked(self, run, folder):
        files = [
            folder / "bad.toml",
            folder / "tiny.toml",
            "nowhere",
            folder / "warned.toml",
        ]
        code, out, err = run("check", *files)
        assert code == 3
        assert [line.rpartition(": ")[0] for line in out.splitlines()] == [
            str(file) for file in files
        ]
        assert err.count("lỗi[") == 2
        assert err.count("cảnh báo[") == 1


class TestHelp:
    @pytest.mark.parametrize(
        "arguments",
        [("--help",), ("-h", "--lang", "vi"), ("score", "-h"), ("check", "--help")],
    )
    def test_in_vietnamese(self, run, arguments):
        code, out, err = run(*arguments)
        assert (code, err) == (0, "")
        assert re.search("Chấm|Kiểm tra", out)

    @pytest.mark.parametrize(
        "arguments",
        [
            ("-h", "--lang", "en"),
            ("score", "--lang", "en", "-h"),
            ("check", "--lang=en", "--help"),
        ],
    )
    def test_in_english(self, run, arguments):
        code, out, err = run(*arguments)
        assert (code, err) == (0, "")
        assert re.search("Score|Check", out)
        assert not re.search("[ạảấầậắểễệọốồộớờợụủứừựỹ]", out)

    def test_exit_codes_are_said(self, run):
        assert "3 rule file refused, 4 submission" in " ".join(
            run("-h", "--lang", "en")[1].split()
        )
        codes = (
            console.DONE,
            console.BELOW,
            console.USAGE,
            console.RULES_REFUSED,
            console.SUBMISSION_REFUSED,
        )
        assert codes == (0, 1, 2, 3, 4)


class Terminal(io.StringIO):
    """An output that says it is a terminal."""

    def isatty(self):
        return True


class Full(io.StringIO):
    """An output that cannot take anything."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def write(self, text):
        raise self.error


class TestTheTerminal:
    @pytest.fixture
    def terminal(self, monkeypatch):
        def showing(columns, *arguments, **environment):
            monkeypatch.delenv("NO_COLOR", raising=False)
            monkeypatch.setenv("COLUMNS", str(columns))
            for name, value in environment.items():
                monkeypatch.setenv(name, value)
            monkeypatch.setattr(sys, "stdout", Terminal())
            assert main(["score", str(EXAMPLE), *arguments]) == 0
            return sys.stdout.getvalue()

        return showing

    @pytest.mark.parametrize(
        ("columns", "width"), [(20, 40), (40, 40), (77, 77), (120, 120), (300, 120)]
    )
    def test_its_width_within_bounds(self, terminal, columns, width):
        assert terminal(columns) == render(report(), "text", width=width, colour=True)

    def test_no_color(self, terminal):
        assert "\x1b[" in terminal(100)
        assert terminal(100, NO_COLOR="1") == render(report(), "text")

    @pytest.mark.parametrize("form", ["json", "markdown"])
    def test_other_formats_are_never_coloured(self, terminal, form):
        assert terminal(50, "--format", form) == render(report(), form)

    def test_a_file_is_never_coloured(self, terminal, tmp_path):
        assert terminal(50, "--output", str(tmp_path / "x")) == ""
        assert (tmp_path / "x").read_text(encoding="utf-8") == render(report(), "text")

    def test_a_pipe_that_closes_is_no_failure(self, monkeypatch, capsys):
        monkeypatch.setattr(sys, "stdout", Full(BrokenPipeError()))
        assert main(["score", str(EXAMPLE)]) == 0
        assert capsys.readouterr().err == ""

    @pytest.mark.parametrize(("lang", "words"), [("vi", "Đã dừng"), ("en", "Stopped")])
    def test_stopped_by_hand(self, monkeypatch, capsys, lang, words):
        monkeypatch.setattr(sys, "stdout", Full(KeyboardInterrupt()))
        assert main(["score", str(EXAMPLE), "--lang", lang]) == 130
        shown = capsys.readouterr().err
        assert words in shown
        assert "Traceback" not in shown

    def test_a_pipe_that_closes_while_checking(self, monkeypatch, capsys):
        monkeypatch.setattr(sys, "stdout", Full(BrokenPipeError()))
        assert main(["check", str(RULES)]) == 0
        assert capsys.readouterr().err == ""

    def test_a_full_disk_is_said(self, monkeypatch, capsys):
        monkeypatch.setattr(sys, "stdout", Full(OSError(28, "No space left on device")))
        assert main(["score", str(EXAMPLE)]) == 2
        assert "đĩa đã đầy" in capsys.readouterr().err


class TestAsPeopleRunIt:
    def test_from_another_folder(self, tmp_path):
        done = process("score", EXAMPLE, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.decode("utf-8").replace("\r\n", "\n") == render(
            report(), "text"
        )

    def test_the_script(self, folder):
        script = shutil.which("cchc-rules", path=str(Path(sys.executable).parent))
        assert script
        done = subprocess.run(
            [script, "check", "tiny.toml"], capture_output=True, cwd=folder, check=False
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.decode("utf-8").strip() == "tiny.toml: đạt, 0 cảnh báo."

    def test_the_entry_point(self):
        (found,) = entry_points(group="console_scripts", name="cchc-rules")
        assert found.load() is run_process

    def test_utf8_whatever_the_console(self, folder):
        done = process(
            "score",
            "in.json",
            cwd=folder,
            env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"},
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert "BÁO CÁO" in done.stdout.decode("utf-8")

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("score", "in.json", "--fail-under", "101"), 1),
            (("score",), 2),
            (("score", "in.json", "--rules", "bad.toml"), 3),
            (("score", "tiny.toml"), 4),
        ],
        ids=str,
    )
    def test_exit_codes(self, folder, arguments, code):
        done = process(*arguments, cwd=folder)
        assert done.returncode == code
        assert bool(done.stderr) == (code > 1)
        assert bool(done.stdout) == (code < 2)

    def test_a_pipe_that_closes(self, tmp_path):
        reader, writer = os.pipe()
        os.close(reader)
        command = [sys.executable, "-m", "cchc_rules", "score", str(EXAMPLE)]
        done = subprocess.run(
            command, stdout=writer, stderr=subprocess.PIPE, cwd=tmp_path, check=False
        )
        os.close(writer)
        assert (done.returncode, done.stderr) == (0, b"")


def blocks(page, language):
    return re.findall(
        rf"```{language}\n(.*?)```",
        (REFERENCE / page).read_text(encoding="utf-8"),
        re.DOTALL,
    )


class TestTheReference:
    def test_names_every_command_and_option(self, run):
        text = (REFERENCE / "cli.md").read_text(encoding="utf-8")
        for command in COMMANDS:
            helped = run(command, "-h", "--lang", "en")[1]
            options = set(re.findall(r"--[a-z-]+", helped))
            assert len(options) >= 2
            assert {option for option in options if f"`{option}" not in text} == set()
            assert f"cchc-rules {command}" in text

    def test_names_every_exit_code(self):
        text = (REFERENCE / "cli.md").read_text(encoding="utf-8")
        for code in range(5):
            assert f"| {code} |" in text

    @pytest.mark.wide
    def test_its_examples_print_what_it_says(self, run, monkeypatch, tmp_path):
        for name in ("examples", "rules"):
            shutil.copytree(ROOT / name, tmp_path / name)
        monkeypatch.chdir(tmp_path)
        shown = 0
        for block in blocks("cli.md", "console"):
            for command, wanted in re.findall(
                r"^\$ cchc-rules (.+)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE
            ):
                if "|" in command or ">" in command:
                    continue
                code, out, err = run(*command.split())
                lines = (err + out).splitlines()
                for line in wanted.splitlines():
                    if line.startswith("# "):
                        assert line == f"# exit code {code}"
                    elif line.strip() not in ("", "…"):
                        assert line in lines, (command, line)
                        shown += 1
        assert shown > 15

    def test_the_library_page_names_every_public_name(self):
        text = (REFERENCE / "api.md").read_text(encoding="utf-8")
        assert {name for name in cchc_rules.__all__ if f"`{name}" not in text} == set()

    @pytest.mark.wide
    def test_the_library_page_runs(self, tmp_path, monkeypatch, capsys):
        """Every example of the page, one after the other, in a folder with the examples."""
        for path in EXAMPLES.glob("*.json"):
            shutil.copy(path, tmp_path)
        monkeypatch.chdir(tmp_path)
        scope = {}
        found = blocks("api.md", "python")
        assert len(found) > 5
        for block in found:
            capsys.readouterr()
            exec(compile(block, "api.md", "exec"), scope)
            said = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
            wanted = re.findall(r"#> (.*)$", block, re.MULTILINE)
            assert [line.rstrip() for line in wanted] == said


def test_the_module_runs(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["cchc-rules", "check", "cam-due-2023"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_module("cchc_rules", run_name="__main__")
    assert stop.value.code == 0
    assert "cam-due-2023" in capsys.readouterr().out
