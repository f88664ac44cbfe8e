"""What an editor sees: taplo, the language tool behind most TOML editors, held against rule files good and bad.

Skipped where there is no `taplo` (`pip install taplo`, or `npm install --global @taplo/cli`), unless `CCHC_TAPLO=1`.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_form_schemas import BEYOND, CAUGHT_TOO, FORM_CODES, ROOT

from cchc_rules.cli.main import main

RULES = [
    path
    for path in (ROOT / "rules").glob("*.toml")
    if not path.name.endswith(".cases.toml")
]
SCHEMA = ROOT / "src" / "cchc_rules" / "packaged" / "schemas" / "rules.schema.json"
TAPLO = shutil.which(
    "taplo",
    path=os.pathsep.join(
        [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    ),
)

pytestmark = [
    pytest.mark.wide,
    pytest.mark.skipif(
        TAPLO is None and os.environ.get("CCHC_TAPLO") != "1",
        reason="taplo is not installed; CCHC_TAPLO=1 asks for it",
    ),
]

READ_OTHERWISE = {"number-too-long", "toml-syntax--base"}
"""A whole number of more than 64 bits, which taplo reads as another one; and a good file over a bad one."""

RULE = """\
#:schema ./rules.schema.json

format = 1

[ruleset]
id      = "tiny"
version = "1"
title   = { vi = "Nhỏ", en = "Tiny" }
valid   = { from = 2023-01-01, until = 2023-12-31 }
"""


def lint(*paths, schema=None, cwd=None):
    """The files in which taplo marks something, and all it says."""
    named = ["--schema", schema.as_uri()] if schema else []
    done = subprocess.run(
        [TAPLO, "lint", "--colors", "never", *named, *map(str, paths)],
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        check=False,
    )
    said = done.stdout + done.stderr
    refused = {
        Path(path).stem for path in re.findall(r"┌─ (.+):\d+:\d+$", said, re.MULTILINE)
    }
    assert (done.returncode != 0) == bool(refused), said
    return refused, said


def test_it_is_there():
    assert TAPLO is not None


def test_packaged_files_name_their_schema_and_are_good():
    for path in RULES:
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        assert (path.parent / first.removeprefix("#:schema ")).resolve() == SCHEMA
    assert lint(*RULES)[0] == set()


def test_good_files_are_good():
    assert lint(*(ROOT / "tests" / "good").glob("*.toml"), schema=SCHEMA)[0] == set()


def test_of_bad_files_those_with_a_fault_of_form_are_marked():
    paths = [
        path
        for path in (ROOT / "tests" / "bad" / "rules").glob("*.toml")
        if path.stem != "not-utf8"
    ]
    wanted = {
        path.stem
        for path in paths
        if (
            path.stem.partition("--")[0]
            in FORM_CODES | {"toml-syntax", "decimal-comma"}
            and path.stem not in BEYOND | READ_OTHERWISE
        )
        or path.stem in CAUGHT_TOO
    }
    assert lint(*paths, schema=SCHEMA)[0] == wanted
    assert len(wanted) > 50


def test_a_file_beside_the_schema_that_the_command_writes(tmp_path):
    assert (
        main(["schema", "rules", "--output", str(tmp_path / "rules.schema.json")]) == 0
    )
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(RULE, encoding="utf-8")
    bad.write_text(
        RULE.replace("2023-01-01", '"tháng 1"').replace("title ", "titel "),
        encoding="utf-8",
    )
    refused, said = lint(good, bad, cwd=tmp_path)
    assert refused == {"bad"}
    assert "'titel' was unexpected" in said
    assert '"tháng 1" is not a "date"' in said
    assert '"title" is a required property' in said


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_what_init_writes_is_good_as_it_stands(lang, tmp_path):
    assert main(["init", str(tmp_path / "mine.toml"), "--lang", lang]) == 0
    assert lint(tmp_path / "mine.toml", cwd=tmp_path)[0] == set()
    bad = tmp_path / "bad.toml"
    bad.write_text(
        (tmp_path / "mine.toml")
        .read_text(encoding="utf-8")
        .replace("weight ", "wieght "),
        encoding="utf-8",
    )
    assert "'wieght' was unexpected" in lint(bad, cwd=tmp_path)[1]
