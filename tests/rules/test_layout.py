"""One layout: every comment stays, the file says the same, a second time changes nothing; else it is left alone."""

import os
import random
import re
import stat
import sys
import time
from collections import Counter
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st
from strategies import cases
from test_form_schemas import PACKAGED

from cchc_rules import RulesError
from cchc_rules.cli.main import main
from cchc_rules.rules.layout import tidy
from cchc_rules.rules.layout.key_order import laid_out
from cchc_rules.rules.layout.statements import comments, tokens
from cchc_rules.rules.layout.tidy import same, tidied
from cchc_rules.rules.load import problems_of

ROOT = Path(__file__).parents[2]
MESSY = """\
# Bộ tiêu chí mẫu
#   hai dòng

# Phiên bản
format=1   # luôn là 1
[ruleset]  # đầu tệp
version = "1"


title = "A tiny rule set"   # tên
  # mã của nó
  id    = "tiny"
valid = {from=2023-01-01,until = 2023-12-31}
# dưới cùng

# Số liệu
[ metric . share ]
type = "percent"
title = "Dossiers on time"
[group.work]
title = "Work"
#hết nhóm

[rule.on-time]
weight = 2.50
deduction = { kind = "tiers", tiers = [   # các mức
    {from=90,percent=100},   # đủ


  # nửa
      { below = 90 , percent = 50 }
] }
group = "work"
title.vi = "Đúng hạn"
title.en = "On time"
source = [ "1" , 'II.3' ]
metric = "share"
"""

TIDY = """\
# Bộ tiêu chí mẫu
#   hai dòng

# Phiên bản
format = 1  # luôn là 1

[ruleset]  # đầu tệp
# mã của nó
id      = "tiny"
version = "1"
title   = "A tiny rule set"  # tên
valid   = { from = 2023-01-01, until = 2023-12-31 }
# dưới cùng

# Số liệu
[metric.share]
title = "Dossiers on time"
type  = "percent"

[group.work]
title = "Work"
#hết nhóm

[rule.on-time]
group     = "work"
title.vi  = "Đúng hạn"
title.en  = "On time"
source    = ["1", 'II.3']
metric    = "share"
weight    = 2.50
deduction = { kind = "tiers", tiers = [  # các mức
  { from = 90, percent = 100 },  # đủ

  # nửa
  { below = 90, percent = 50 }
] }
"""


def parsed(text):
    return tomli.loads(text, parse_float=Decimal)


class TestTheLayout:
    def test_a_messy_file(self):
        assert laid_out(MESSY) == TIDY
        assert laid_out(TIDY) == TIDY
        assert parsed(MESSY) == parsed(TIDY)

    @pytest.mark.parametrize("path", PACKAGED, ids=lambda path: path.stem)
    def test_the_packaged_files_have_it(self, path):
        assert not tidied(path).changed

    @pytest.mark.parametrize(
        "path",
        sorted((ROOT / "tests" / "good").glob("*.toml")),
        ids=lambda path: path.stem,
    )
    def test_what_is_good_stays_good(self, path, tmp_path):
        found = tidied(path)
        (tmp_path / path.name).write_text(found.after, encoding="utf-8")
        for base in path.parent.glob("*.toml"):
            if base.name != path.name:
                (tmp_path / base.name).write_bytes(base.read_bytes())
        assert [one.code for one in problems_of(tmp_path / path.name)] == [
            one.code for one in problems_of(path)
        ]

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("", ""),
            ("\n\n", ""),
            ("# only\n\n\n\n# comments", "# only\n\n\n# comments\n"),
            ("\n\n# first\na=1", "# first\na = 1\n"),
            ("a=1\n[b]\n\n\n\n[c]\n", "a = 1\n\n[b]\n\n[c]\n"),
            ("a=1\n# of b\n[b]", "a = 1\n\n# of b\n[b]\n"),
            ("a=1\n# of a\n\n[b]", "a = 1\n# of a\n\n[b]\n"),
            (
                "a=1\n\n\n\n# ===\n# 1\n# ===\n\n[b]",
                "a = 1\n\n\n# ===\n# 1\n# ===\n\n[b]\n",
            ),
            (
                "[b]\n# head\n\n# of x\nx=1\n\n# end",
                "[b]\n# head\n# of x\nx = 1\n\n# end\n",
            ),
            (
                "[rule.a]\n# head\n\ntitle='T'\n# g\ngroup='g'",
                "[rule.a]\n# head\n# g\ngroup = 'g'\ntitle = 'T'\n",
            ),
            ("extends='x'\nformat=1", "format  = 1\nextends = 'x'\n"),
            (
                "#:schema ./s.json\nextends='x'\nformat=1",
                "#:schema ./s.json\n\nformat  = 1\nextends = 'x'\n",
            ),
            (
                "[[band]]\nfrom=1\ntitle='T'\nid='a' # x\n",
                "[[band]]\nid    = 'a'  # x\ntitle = 'T'\nfrom  = 1\n",
            ),
            ("[ 'a b' . \"c.d\" ]\n", "['a b'.\"c.d\"]\n"),
            (
                "[kind.k.rule.a]\nweight=1\ngroup='g'",
                "[kind.k.rule.a]\ngroup  = 'g'\nweight = 1\n",
            ),
            (
                "[kind.k]\nrule.a.weight=1\ntitle='T'",
                "[kind.k]\ntitle = 'T'\nrule.a.weight = 1\n",
            ),
            (
                "[rule]\nweight.group='g'\ngroup.group='g'",
                "[rule]\nweight.group = 'g'\ngroup.group  = 'g'\n",
            ),
            (
                "[rule.a.absence]\nwaived='lost'\nmissing='lost'",
                "[rule.a.absence]\nmissing = 'lost'\nwaived  = 'lost'\n",
            ),
            ("[rule.a.deduction]\nb=1\na=1", "[rule.a.deduction]\nb = 1\na = 1\n"),
            ("[x.y]\nb=1\na=1", "[x.y]\nb = 1\na = 1\n"),
            (
                "[ruleset.valid]\nuntil=1\nfrom=1",
                "[ruleset.valid]\nfrom  = 1\nuntil = 1\n",
            ),
            (
                "a = [ ]\nb = { }\nc = [[1 , 2],[ 3 ]]",
                "a = []\nb = {}\nc = [[1, 2], [3]]\n",
            ),
            (
                "a = [\n1,\n\n\n\n  2 # two\n\t, # then\n]",
                "a = [\n  1,\n\n  2  # two\n  ,  # then\n]\n",
            ),
            (
                "a = 1979-05-27 07:32:00.5\nb=+1_0.5e-3",
                "a = 1979-05-27 07:32:00.5\nb = +1_0.5e-3\n",
            ),
            (
                'a = """  x\n\n\n# no comment  \n"""   # yes',
                'a = """  x\n\n\n# no comment  \n"""  # yes\n',
            ),
            ("a = '''x\n''''\nb = \"\"\"\"\"\"", "a = '''x\n''''\nb = \"\"\"\"\"\"\n"),
            ('a = """x\\"""#"""""\nb = "#\\"]"', 'a = """x\\"""#"""""\nb = "#\\"]"\n'),
            ("\"a#\" = 1\n'b]' . c = 2", "\"a#\" = 1\n'b]'.c = 2\n"),
        ],
    )
    def test_small_pieces(self, before, after):
        assert laid_out(before) == after
        assert laid_out(after) == after
        assert parsed(before) == parsed(after)

    def test_what_is_no_toml_is_not_laid_out(self):
        with pytest.raises(ValueError, match="no TOML at 4"):
            laid_out("a = '")


def messed(text, draw):
    """A rule file with its keys in another order, spaces, blank lines, comments and line ends as they come."""
    out = []
    for block in re.split(r"\n(?=\[)", text):
        head, *keys = (
            block.split("\n") if block.startswith("[") else ["", *block.split("\n")]
        )
        for line in [head, *draw.sample(keys, len(keys))]:
            out += [
                draw.choice(["", "   ", "# a", "\t#  b = [1]", '# "c'])
                for _ in range(draw.choice([0, 0, 0, 1, 3]))
            ]
            out.append(
                spread(line, draw) + draw.choice(["", "", "  ", "#d", "   # e  "])
            )
    return "\n".join(out)


def spread(line, draw):
    """A line with other spaces around signs outside of quotes, and the lists of it over several lines."""
    parts = re.split(r'("(?:\\.|[^"\\])*")', line)
    for at in range(0, len(parts), 2):
        if line.startswith("["):
            continue
        parts[at] = re.sub(
            r" ?([=,{}\]]) ?",
            lambda sign: f"{' ' * draw.choice([0, 1, 3])}{sign[1]} ",
            parts[at],
        )
        if "[" in parts[at] and draw.random() < 0.3:
            parts[at] = parts[at].replace("[", "[ # in a list ]\n\n")
    return draw.choice(["", "  "]) + "".join(parts)


@pytest.fixture(scope="module")
def drawn_in(tmp_path_factory):
    return tmp_path_factory.mktemp("drawn")


class TestWhateverIsDrawn:
    @given(
        cases(), st.integers(0, 10**9), st.sampled_from(["\n", "\r\n"]), st.booleans()
    )
    def test_says_the_same_with_every_comment_and_is_settled(
        self, drawn_in, case, seed, newline, mark
    ):
        text = messed(case[0], random.Random(seed))
        path = drawn_in / "drawn.toml"
        path.write_text(
            text, encoding="utf-8-sig" if mark else "utf-8", newline=newline
        )
        assert main(["fmt", str(path)]) == 0
        data = path.read_bytes()
        after = data.decode("utf-8").replace("\r\n", "\n")
        assert parsed(after) == parsed(text)
        assert Counter(comments(after)) == Counter(
            token.text for token in tokens(text) if token.kind == "comment"
        )
        assert data.count(b"\r\n") == (data.count(b"\n") if newline == "\r\n" else 0)
        assert not re.search(r"[ \t]$", after, re.MULTILINE)
        assert main(["fmt", "--check", str(path)]) == 0
        assert path.read_bytes() == data


MORE = count(1)


class TestTheGuard:
    """What cannot be laid out safely is left alone, whatever the layout did to it."""

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda text: text.replace("2.50", "2.5"),
            lambda text: text.replace("# tên", "# ten"),
            lambda text: text.replace("format = 1", "format = 01"),
            lambda text: text + "\n" * next(MORE),
        ],
        ids=["a digit", "a comment", "no TOML", "never settled"],
    )
    def test_refuses(self, spoil, tmp_path, monkeypatch, capsys):
        path = tmp_path / "messy.toml"
        path.write_text(MESSY, encoding="utf-8")
        monkeypatch.setattr(tidy, "laid_out", lambda text: spoil(laid_out(text)))
        assert main(["fmt", "--lang", "en", str(path)]) == 3
        assert "error[layout-unsafe]" in capsys.readouterr().err
        assert path.read_text(encoding="utf-8") == MESSY

    @pytest.mark.parametrize(
        ("one", "other", "so"),
        [
            ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
            ({"a": 1}, {"a": True}, False),
            ({"a": 1}, {"a": Decimal(1)}, False),
            ({"a": Decimal("1.0")}, {"a": Decimal("1.00")}, False),
            ({"a": Decimal("nan")}, {"a": Decimal("nan")}, True),
            ({"a": [1, 2]}, {"a": [1]}, False),
            ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}, True),
            ({"a": {}}, {"b": {}}, False),
        ],
    )
    def test_the_same_is_the_same_to_the_last_digit(self, one, other, so):
        assert same(one, other) is so

    def test_the_order_of_rules_is_that_of_reports(self, monkeypatch, tmp_path):
        text = "[kind.a.rule.x]\nweight = 1\n[kind.a.rule.y]\nweight = 1\n"
        path = tmp_path / "kinds.toml"
        path.write_text(text)
        monkeypatch.setattr(
            tidy,
            "laid_out",
            lambda _: "[kind.a.rule.y]\nweight = 1\n[kind.a.rule.x]\nweight = 1\n",
        )
        with pytest.raises(RulesError, match="layout-unsafe"):
            tidied(path)

    @pytest.mark.parametrize(
        "text",
        [
            "kind = 1\n",
            "kind.a = 1\n",
            "rule = []\n",
            "[rule.metric]\nweight=1\ngroup=2\n",
        ],
    )
    def test_files_that_are_no_rule_sets_are_laid_out_all_the_same(
        self, text, tmp_path
    ):
        path = tmp_path / "any.toml"
        path.write_text(text)
        assert parsed(tidied(path).after) == parsed(text)


class TestTheCommand:
    @pytest.fixture
    def messy(self, tmp_path):
        path = tmp_path / "messy.toml"
        path.write_text(MESSY, encoding="utf-8")
        return path

    def test_lays_a_file_out_in_its_place(self, messy, capsys):
        messy.chmod(0o640)
        assert main(["fmt", str(messy), "--lang", "en"]) == 0
        assert capsys.readouterr().out == f"{messy}: laid out.\n"
        assert messy.read_text(encoding="utf-8") == TIDY
        assert [path.name for path in messy.parent.iterdir()] == ["messy.toml"]
        if os.name == "posix":
            assert stat.S_IMODE(messy.stat().st_mode) == 0o640
        assert main(["fmt", str(messy)]) == 0
        assert capsys.readouterr().out == f"{messy}: đã đúng bố cục.\n"

    @pytest.mark.parametrize(
        ("options", "code"),
        [(["--check"], 1), (["--diff"], 0), (["--check", "--diff"], 1)],
    )
    def test_only_says_what_would_change(self, options, code, messy, capsys):
        assert main(["fmt", str(messy), *options]) == code
        out = capsys.readouterr().out
        assert out.endswith(f"{messy}: cần sắp lại.\n")
        assert ("\n-format=1   # luôn là 1\n+format = 1  # luôn là 1\n" in out) == (
            "--diff" in options
        )
        assert messy.read_text(encoding="utf-8") == MESSY

    def test_goes_on_after_a_file_that_is_refused(self, messy, tmp_path, capsys):
        bad = tmp_path / "bad.toml"
        bad.write_text("a = \n")
        assert (
            main(
                [
                    "fmt",
                    str(bad),
                    str(tmp_path / "none.toml"),
                    str(messy),
                    "--lang",
                    "en",
                ]
            )
            == 3
        )
        said = capsys.readouterr()
        assert "error[toml-syntax]" in said.err
        assert "error[file-unreadable]" in said.err
        assert messy.read_text(encoding="utf-8") == TIDY

    def test_a_link_stays_a_link(self, messy, tmp_path):
        link = tmp_path / "link.toml"
        try:
            link.symlink_to(messy)
        except OSError:
            pytest.skip("no links here")
        assert main(["fmt", str(link)]) == 0
        assert link.is_symlink()
        assert messy.read_text(encoding="utf-8") == TIDY

    def test_what_cannot_be_written_leaves_nothing_behind(
        self, messy, monkeypatch, capsys
    ):
        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        assert main(["fmt", str(messy), "--lang", "en"]) == 2
        assert "the disk is full" in capsys.readouterr().err
        assert [path.name for path in messy.parent.iterdir()] == ["messy.toml"]
        assert messy.read_text(encoding="utf-8") == MESSY

    @pytest.mark.wide
    def test_a_thousand_rules_within_seconds(self, tmp_path):
        rule = MESSY[MESSY.index("[rule.on-time]") :]
        path = tmp_path / "large.toml"
        path.write_text(
            "".join(rule.replace("on-time", f"on-time-{at}") for at in range(1000)),
            encoding="utf-8",
        )
        start = time.perf_counter()
        assert tidied(path).after.count("\n[rule.") == 999
        assert (
            time.perf_counter() - start < 30
        )  # about one second; the machine may be busy, or every line counted

    def test_a_list_of_very_many_lines_in_bounded_time(self, tmp_path):
        path = tmp_path / "long.toml"
        path.write_text("a = [\n" + "  1,  # one\n\n" * 8_000 + "]\n")
        start = time.perf_counter()
        assert not tidied(path).changed
        assert time.perf_counter() - start < 30  # well below one


class TestCheckingTheLayout:
    def test_is_an_error_only_when_it_is_asked_for(self, tmp_path, capsys):
        path = tmp_path / "messy.toml"
        text = (ROOT / "tests" / "good" / "s01-yes-no.toml").read_text(encoding="utf-8")
        path.write_text(
            laid_out(text).replace("\nweight ", "\n weight "), encoding="utf-8"
        )
        line = (
            path.read_text(encoding="utf-8")[
                : path.read_text(encoding="utf-8").index("\n weight ")
            ].count("\n")
            + 2
        )
        assert main(["check", str(path)]) == 0
        capsys.readouterr()
        assert main(["check", "--layout", "--lang", "en", str(path)]) == 3
        assert f"{path}:{line}: error[layout]" in capsys.readouterr().err
        path.write_text(laid_out(text), encoding="utf-8")
        assert main(["check", "--layout", str(path), "cam-due-2023"]) == 0

    def test_lines_at_the_end_count(self, tmp_path):
        path = tmp_path / "end.toml"
        path.write_text("a = 1\n\n\n")
        assert tidied(path).line == 3

    def test_a_file_that_cannot_be_read_is_told_once(self, tmp_path, capsys):
        path = tmp_path / "bad.toml"
        path.write_text("a = \n")
        assert main(["check", "--layout", str(path)]) == 3
        assert capsys.readouterr().err.count("lỗi[") == 1


def test_scoring_loads_nothing_of_it():
    import subprocess  # noqa: PLC0415

    code = (
        "import sys; from cchc_rules.cli.main import main;"
        "main(['score', 'examples/cam-due-2023.json']);"
        "print([n for n in sys.modules if 'rules.layout' in n or n in "
        "('cchc_rules.report.check_findings', 'cchc_rules.base.json_schemas')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        check=True,
    )
    assert done.stdout.endswith("\n[]\n")
    assert done.stdout.endswith("\n[]\n")


def test_sections_with_a_day_and_entries_by_name_have_their_keys_in_order():
    text = '[since.2023-07-01.kind.hill.rule.a]\nweight = 1\nmetric = "m"\n\n'
    text += '[since.2023-07-01]\nrule = {}\ntitle = "T"\n\n'
    text += '[band.good]\nfrom = 75\ntitle = "G"\n\n[[band]]\nfrom = 1\nid = "b"\n'
    wanted = '[since.2023-07-01.kind.hill.rule.a]\nmetric = "m"\nweight = 1\n\n[since.2023-07-01]\ntitle = "T"\n'
    wanted += 'rule  = {}\n\n[band.good]\ntitle = "G"\nfrom  = 75\n\n[[band]]\nid   = "b"\nfrom = 1\n'
    assert laid_out(text) == wanted
