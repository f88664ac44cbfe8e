"""What a check finds, for machines: one document, and SARIF and GitHub's commands made of it; exit codes stay."""

import json
import re
import sys
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from cchc_rules.base.messages import LANGUAGES, outline
from cchc_rules.base.problem import Problem
from cchc_rules.cli.main import main
from cchc_rules.render.check_findings import render
from cchc_rules.report.check_findings import findings

ROOT = Path(__file__).parents[2]
BAD = ROOT / "tests" / "bad" / "rules"

TEXT = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "minLength": 1}},
}
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "additionalProperties": False,
                "properties": {
                    "language": {"pattern": "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$"},
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name"],
                                "properties": {
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {
                                            "required": ["id"],
                                            "properties": {
                                                "shortDescription": TEXT,
                                                "help": TEXT,
                                            },
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "required": ["message"],
                            "properties": {
                                "message": TEXT,
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "locations": {
                                    "items": {
                                        "properties": {
                                            "physicalLocation": {
                                                "required": ["artifactLocation"],
                                                "properties": {
                                                    "artifactLocation": {
                                                        "required": ["uri"],
                                                        "properties": {
                                                            "uri": {
                                                                "pattern": "^[!-~]+$"
                                                            }
                                                        },
                                                    },
                                                    "region": {
                                                        "properties": {
                                                            "startLine": {
                                                                "type": "integer",
                                                                "minimum": 1,
                                                            }
                                                        }
                                                    },
                                                },
                                            }
                                        }
                                    }
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}
"""What SARIF 2.1.0 requires of the parts that are written (section 3 of the standard)."""

ODD = Problem(
    "unknown-key",
    ("rule", "a", 0),
    {"key": "100%\r\n::x,", "nearest": ""},
    "a b/tệp,1:2.toml",
    7,
)
MILD = Problem(
    "metric-unused", ("metric", "m"), {"name": "m"}, "/x/y.toml", 0, warning=True
)
NOWHERE = Problem("unknown-ruleset", (), {"name": "x", "nearest": ""})


@pytest.fixture
def document():
    return findings({"one.toml": (ODD, MILD), "x": (NOWHERE,), "good.toml": ()}, "en")


class TestTheDocument:
    def test_says_what_was_checked(self, document):
        assert document["passed"] is False
        assert document["files"] == [
            {"source": "one.toml", "passed": False, "errors": 1, "warnings": 1},
            {"source": "x", "passed": False, "errors": 1, "warnings": 0},
            {"source": "good.toml", "passed": True, "errors": 0, "warnings": 0},
        ]
        assert findings({"a": (MILD,)}, "vi")["passed"] is True

    def test_says_each_problem_in_both_languages(self, document):
        one, mild, nowhere = document["problems"]
        assert {
            key: one[key]
            for key in ("source", "file", "line", "path", "place", "code", "warning")
        } == {
            "source": "one.toml",
            "file": "a b/tệp,1:2.toml",
            "line": 7,
            "path": ["rule", "a", 0],
            "place": "rule.a[1]",
            "code": "unknown-key",
            "warning": False,
        }
        assert one["what"] == {lang: ODD.what(lang) for lang in LANGUAGES}
        assert one["fix"] == {lang: ODD.fix(lang) for lang in LANGUAGES}
        assert (mild["line"], mild["warning"]) == (None, True)
        assert (nowhere["file"], nowhere["line"], nowhere["place"]) == (None, None, "")

    def test_says_what_each_code_means(self, document):
        assert list(document["codes"]) == [
            "metric-unused",
            "unknown-key",
            "unknown-ruleset",
        ]
        for words in document["codes"].values():
            for said in words.values():
                assert set(said) == set(LANGUAGES)
                assert not re.search(r"\{\w+\}", "".join(said.values()))
        assert outline("en", "problem.unknown-ruleset") == "There is no rule set “…”."


class TestGitHub:
    def test_commands_are_escaped(self, document):
        odd, mild, nowhere = render(document, "github").splitlines()
        assert odd.startswith(
            "::error file=a b/tệp%2C1%3A2.toml,line=7,title=cchc-rules unknown-key::rule.a[1]: "
        )
        # What the file says stands on one line: no text of it begins a command of its own.
        assert "100%25" in odd
        assert "%0A" not in odd
        assert mild.startswith(
            "::warning file=/x/y.toml,title=cchc-rules metric-unused::metric.m: "
        )
        assert nowhere.startswith(
            "::error title=cchc-rules unknown-ruleset::There is no rule set “x”."
        )

    def test_nothing_to_tell(self):
        assert render(findings({"a": ()}, "vi"), "github") == ""


class TestSarif:
    def test_is_as_the_standard_asks(self, document):
        log = json.loads(render(document, "sarif"))
        assert [
            error.message for error in Draft7Validator(SARIF).iter_errors(log)
        ] == []
        (run,) = log["runs"]
        driver = run["tool"]["driver"]
        assert (driver["name"], run["language"]) == ("cchc-rules", "en")
        ids = [rule["id"] for rule in driver["rules"]]
        assert [ids[result["ruleIndex"]] for result in run["results"]] == [
            one["ruleId"] for one in run["results"]
        ]
        assert [result["level"] for result in run["results"]] == [
            "error",
            "warning",
            "error",
        ]
        assert all(rule["help"]["text"] for rule in driver["rules"])

    def test_places(self, document):
        odd, mild, nowhere = (
            one["locations"]
            for one in json.loads(render(document, "sarif"))["runs"][0]["results"]
        )
        assert odd == [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "a%20b/t%E1%BB%87p%2C1%3A2.toml"},
                    "region": {"startLine": 7},
                },
                "logicalLocations": [{"fullyQualifiedName": "rule.a[1]"}],
            }
        ]
        if sys.platform != "win32":
            assert mild[0]["physicalLocation"] == {
                "artifactLocation": {"uri": "file:///x/y.toml"}
            }
        assert nowhere == []

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_every_bad_file(self, lang, capsys):
        paths = [str(path) for path in sorted(BAD.glob("*.toml"))]
        assert main(["check", "--format", "sarif", "--lang", lang, *paths]) == 3
        log = json.loads(capsys.readouterr().out)
        assert [
            error.message for error in Draft7Validator(SARIF).iter_errors(log)
        ] == []
        assert {one["ruleId"] for one in log["runs"][0]["results"]} == {
            path.stem.partition("--")[0] for path in BAD.glob("*.toml")
        }


class TestTheCommand:
    @pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
    def test_exit_codes_stay(self, form, capsys, tmp_path):
        for arguments, code in (
            (["cam-due-2023"], 0),
            ([str(BAD / "metric-unused.toml")], 0),
            ([str(BAD / "unknown-key.toml"), "cam-due-2023"], 3),
        ):
            assert main(["check", "--format", form, *arguments]) == code
            said = capsys.readouterr().out
            assert (
                main(
                    [
                        "check",
                        "--format",
                        form,
                        *arguments,
                        "--output",
                        str(tmp_path / "out"),
                    ]
                )
                == code
            )
            assert capsys.readouterr().out == ""
            assert (tmp_path / "out").read_text(
                encoding="utf-8"
            ).strip() or form == "github"
            assert said
        assert (
            main(["check", "--format", form, "cam-due-2023", "--output", str(tmp_path)])
            == 2
        )

    def test_json(self, capsys):
        path = str(BAD / "unknown-key.toml")
        assert main(["check", path, "--format", "json", "--lang", "en"]) == 3
        said = capsys.readouterr()
        document = json.loads(said.out)
        assert said.err == ""
        (found,) = document["problems"]
        assert (found["file"], found["code"], document["language"]) == (
            path,
            "unknown-key",
            "en",
        )

    def test_text_in_a_file_is_all_that_is_said(self, capsys, tmp_path):
        path = str(BAD / "unknown-key.toml")
        main(["check", path, "cam-due-2023"])
        said = capsys.readouterr()
        main(["check", path, "cam-due-2023", "--output", str(tmp_path / "out.txt")])
        assert sorted(
            (tmp_path / "out.txt").read_text(encoding="utf-8").splitlines()
        ) == sorted((said.err + said.out).splitlines())

    def test_github_ends_with_the_outcome(self, capsys):
        path = str(BAD / "unknown-key.toml")
        main(["check", path, "--format", "github", "--lang", "en"])
        command, outcome = capsys.readouterr().out.splitlines()
        assert command.startswith(f"::error file={path},line=")
        assert outcome == f"{path}: 1 error(s), 0 warning(s)."
