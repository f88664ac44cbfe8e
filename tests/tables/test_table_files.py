"""Tables from files to files: every row read is scored or refused, and nothing half done is left."""

import csv
import json
import subprocess
import sys
from datetime import datetime
from decimal import Decimal

import openpyxl
import polars as pl
import pytest
from test_tables import TINY

from cchc_rules import load_rules
from cchc_rules.cli.main import main
from cchc_rules.submissions.table_files import holds_many
from cchc_rules.tables import file_parts, file_sinks
from cchc_rules.tables.score_files import Files, score_file
from cchc_rules.tables.score_table import Scorer

COLUMNS = ("unit", "period", "share.numerator", "share.denominator", "done")
ROWS = (
    ("Xã A", "2023", "45", "100", "có"),
    ("Xã B", "2023", "90", "100", "không"),
    ("Xã C", "2023", "105", "100", "có"),
)


@pytest.fixture
def rules(tmp_path):
    (tmp_path / "tiny.toml").write_text(TINY, encoding="utf-8")
    return tmp_path / "tiny.toml"


def as_csv(path, rows=ROWS, head=COLUMNS, delimiter=",", encoding="utf-8"):
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([head, *rows])
    return path


def as_lines(path, *rows):
    path.write_text(
        "".join(
            (row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows
        ),
        encoding="utf-8",
    )
    return path


def as_sheet(path, rows=ROWS, head=COLUMNS):
    book = openpyxl.Workbook()
    for row in (head, *rows):
        book.active.append(row)
    book.save(path)
    return path


def run(rules, source, output="out.csv", *options):
    """Score a table by the command; return the exit code, the results and the errors."""
    out = rules.parent / output
    code = main(
        [
            "score",
            str(source),
            "--rules",
            str(rules),
            "--output",
            str(out),
            "--lang",
            "en",
            *options,
        ]
    )
    errors = out.with_suffix(".errors.csv")
    return (
        code,
        read(out),
        pl.read_csv(errors, infer_schema=False) if errors.exists() else None,
    )


def read(path):
    if not path.exists():
        return None
    if path.suffix == ".parquet":
        return pl.read_parquet(path)
    if path.suffix == ".jsonl":
        return pl.read_ndjson(path, infer_schema_length=None)
    if path.suffix == ".xlsx":
        head, *rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
        return pl.DataFrame(rows, schema=[*head], orient="row", strict=False)
    return pl.read_csv(path, infer_schema=False)


SINGLE = {
    "unit": "Xã A",
    "period": "2023",
    "share.numerator": 45,
    "share.denominator": 100,
    "done": True,
}


class TestRead:
    @pytest.mark.parametrize(
        ("name", "options"),
        [
            ("in.csv", {}),
            ("in.csv", {"delimiter": ";"}),
            ("in.tsv", {"delimiter": "\t"}),
            ("in.csv", {"encoding": "utf-8-sig"}),
        ],
    )
    def test_csv(self, rules, name, options, capsys):
        code, results, errors = run(rules, as_csv(rules.parent / name, **options))
        assert code == 4
        assert results.select("row", "unit", "index").rows() == [
            ("2", "Xã A", "4.00"),
            ("3", "Xã B", "4.00"),
        ]
        assert errors.select("row", "unit", "column", "code").rows() == [
            ("4", "Xã C", "share", "numerator-above-denominator")
        ]
        said = capsys.readouterr().err
        assert "Read 3 rows: 2 scored, 1 refused" in said
        assert "out.errors.csv" in said

    def test_csv_with_rows_of_other_lengths_and_empty_lines(self, rules):
        path = rules.parent / "in.csv"
        lines = [
            "unit,period,share",
            "A,2023,45",
            "B,2023",
            "",
            '"C\nc",2023,90',
            "D,2023,1,2",
            ",,",
            "E,2023,",
        ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        code, results, errors = run(rules, path)
        assert code == 4
        assert results.select("row", "unit").rows() == [
            ("2", "A"),
            ("5", "C\nc"),
            ("8", "E"),
        ]
        assert errors.select("row", "code").rows() == [
            ("3", "row-length"),
            ("6", "row-length"),
        ]

    def test_many_parts_keep_their_numbers(self, rules, monkeypatch):
        monkeypatch.setattr(file_parts, "BLOCK", 1 << 12)
        rows = [(f"Xã {at}", "2023", "45", "100", "có") for at in range(2, 1002)]
        rows[500] = ("short",)
        _, results, errors = run(rules, as_csv(rules.parent / "in.csv", rows))
        assert all(
            unit == f"Xã {row}" for row, unit in results.select("row", "unit").rows()
        )
        assert errors["row"].to_list() == ["502"]
        assert results.height == 999

    def test_numbers_in_text_are_exact(self, rules):
        rows = [(f"{at}", "2023", f"{at}.1", "100.00", "có") for at in range(1, 90)]
        _, results, _ = run(rules, as_csv(rules.parent / "in.csv", rows))
        wanted = [
            str(
                (Decimal(f"{at}.1") * 4 / 90).quantize(Decimal("0.01"), "ROUND_HALF_UP")
            )
            for at in range(1, 90)
        ]
        assert results["rule.share.earned"].to_list() == wanted

    def test_parquet(self, rules):
        pl.DataFrame([SINGLE, {**SINGLE, "share.numerator": 101}]).write_parquet(
            rules.parent / "in.parquet"
        )
        code, results, errors = run(rules, rules.parent / "in.parquet", "out.parquet")
        assert code == 4
        assert results.select("row", "index").rows() == [(1, Decimal("4.00"))]
        assert errors["row"].to_list() == ["2"]

    def test_parts_of_parquet_are_scored_as_the_whole(self, rules, monkeypatch):
        shares = [*range(0, 100, 3), 105, None]
        frame = pl.DataFrame(
            {
                "unit": [f"Xã {at}" for at in range(len(shares))],
                "period": ["2023"] * len(shares),
            }
        )
        frame = frame.with_columns(
            pl.Series("share.numerator", shares), pl.lit(100).alias("share.denominator")
        )
        frame.write_parquet(rules.parent / "t.parquet")
        whole = run(rules, rules.parent / "t.parquet", "whole.csv")
        monkeypatch.setattr(file_parts, "PART", 7)
        found = run(rules, rules.parent / "t.parquet", "parts.csv")
        assert found[0] == whole[0]
        assert found[1].equals(whole[1])
        assert found[2]["row"].to_list() == whole[2]["row"].to_list() == ["35", "36"], (
            "numbers go on from part to part"
        )

    def test_json_lines(self, rules):
        nested = {
            "format": 1,
            "ruleset": "tiny",
            "unit": "N",
            "period": "2023",
            "measurements": {"done": True},
        }
        odd = {**SINGLE, "unit": "O", "done": "x"}
        path = as_lines(
            rules.parent / "in.jsonl",
            {**SINGLE, "share.numerator": 44.9},
            "",
            nested,
            odd,
            '{"a": 1, "a": 2}',
            "[]",
            "{",
            {**SINGLE, "unit": "P", "names.items": ["a", "b"]},
        )
        with path.open("ab") as file:
            file.write(b"\xff\n")
        code, results, errors = run(rules, path)
        assert code == 4
        rows = [("1", "Xã A", "4.00"), ("3", "N", "2.00"), ("8", "P", "6.00")]
        assert results.select("row", "unit", "index").rows() == rows
        codes = [
            "not-yes-no",
            "duplicate-key",
            "row-no-object",
            "json-syntax",
            "not-utf8",
        ]
        assert errors.select("row", "code").rows() == [
            *zip("45679", codes, strict=True)
        ]
        assert results["rule.share.earned"][0] == "2.00"

    def test_json_lines_with_numbers_of_every_size(self, rules):
        figures = [
            45,
            45.5,
            1e-30,
            10**25,
            "45",
            True,
            None,
            [1],
            {"a": 1},
            float("nan"),
        ]
        rows = [
            {"unit": f"{at}", "period": "2023", "share": one}
            for at, one in enumerate(figures)
        ]
        _, results, errors = run(rules, as_lines(rules.parent / "in.jsonl", *rows))
        assert results["unit"].to_list() == ["0", "1", "2", "4", "6"]
        assert {*errors["unit"]} == {"3", "5", "7", "8", "9"}

    def test_a_worksheet(self, rules):
        rows = [
            ("Xã A", 2023, 45.0, 100, "có"),
            (None,) * 5,
            ("Xã B", "2023", 44.9, 100, "không"),
        ]
        code, results, _ = run(rules, as_sheet(rules.parent / "in.xlsx", rows))
        assert code == 0
        assert results.select("row", "unit", "index").rows() == [
            ("2", "Xã A", "4.00"),
            ("4", "Xã B", "2.00"),
        ]

    def test_days_of_a_worksheet(self, rules):
        rows = [
            ("A", "2023", datetime(2023, 3, 1)),
            ("B", "2023", datetime(2023, 3, 1, 7)),
        ]
        _, results, errors = run(
            rules, as_sheet(rules.parent / "in.xlsx", rows, ("unit", "period", "day"))
        )
        assert results["rule.day.state"].to_list() == ["met"]
        assert errors["unit"].to_list() == ["B"]

    def test_a_workbook_that_is_none(self, rules, monkeypatch):
        (rules.parent / "in.xlsx").write_bytes(b"nope")
        assert not holds_many(rules.parent / "in.xlsx")
        as_sheet(rules.parent / "in.xlsx")
        monkeypatch.setitem(sys.modules, "openpyxl", None)
        with pytest.raises(ModuleNotFoundError):
            holds_many(rules.parent / "in.xlsx")

    def test_a_folder(self, rules):
        folder = rules.parent / "all"
        folder.mkdir()
        one = {
            "format": 1,
            "ruleset": "tiny",
            "unit": "N",
            "period": "2023",
            "measurements": {"done": True},
        }
        (folder / "a.json").write_text(json.dumps(one), encoding="utf-8")
        (folder / "b.json").write_text("{", encoding="utf-8")
        (folder / "note.txt").write_text("-", encoding="utf-8")
        code, results, errors = run(rules, folder)
        assert code == 4
        assert results.select("row", "unit", "index").rows() == [("1", "N", "2.00")]
        assert errors.select("row", "unit", "code").rows() == [
            ("2", "b.json", "json-syntax")
        ]

    @pytest.mark.parametrize(
        ("name", "content", "code"),
        [
            ("in.csv", b"unit,period,shere\nA,2023,1\n", "unknown-column"),
            ("in.csv", b"unit,period,unit\nA,2023,1\n", "repeated-column"),
            ("in.csv", b"unit,period\n\xff\xfe,2023\n", "table-encoding"),
            ("in.csv", b"unit,period\nX\xc3", "table-encoding"),
            ("in.csv", b"\xff\xfeu\x00n\x00", "unknown-column"),
            ("in.csv", b"\xff\xfeu\x00n", "table-encoding"),
            ("in.csv", b"", "table-unreadable"),
            ("in.parquet", b"nope", "table-unreadable"),
            ("in.jsonl", b'{"unit": "A", "shere": 1}\n', "unknown-column"),
        ],
    )
    def test_a_table_that_cannot_be_read_leaves_nothing(
        self, rules, name, content, code, capsys
    ):
        (rules.parent / name).write_bytes(content)
        assert run(rules, rules.parent / name) == (4, None, None)
        assert f"[{code}]" in capsys.readouterr().err
        assert {path.name for path in rules.parent.iterdir()} == {"tiny.toml", name}

    def test_a_missing_file(self, rules, capsys):
        assert run(rules, rules.parent / "no.csv") == (4, None, None)
        assert "no.csv" in capsys.readouterr().err


class TestWritten:
    @pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl", "xlsx"])
    def test_every_form_says_the_same(self, rules, ending):
        source = as_csv(rules.parent / "in.csv")
        _, wanted, _ = run(rules, source)
        _, found, _ = run(rules, source, f"other.{ending}")
        assert found.columns == wanted.columns
        assert [float(one) for one in found["rule.share.earned"]] == [2.0, 4.0]
        assert (
            found["rule.done.state"].cast(pl.String).to_list()
            == wanted["rule.done.state"].to_list()
        )

    def test_long_form(self, rules):
        _, found, _ = run(rules, as_csv(rules.parent / "in.csv"), "out.csv", "--long")
        assert found.filter(unit="Xã B").select("rule", "lost", "reason").rows() == [
            ("done", "2.00", "target_missed"),
            ("day", "2.00", "not_reported"),
            ("names", "2.00", "not_reported"),
        ]

    def test_errors_where_they_are_wanted(self, rules):
        path = rules.parent / "wrong.jsonl"
        run(rules, as_csv(rules.parent / "in.csv"), "out.csv", "--errors", str(path))
        assert (
            json.loads(path.read_text(encoding="utf-8"))["code"]
            == "numerator-above-denominator"
        )

    def test_a_worksheet_that_would_be_too_long(self, rules, monkeypatch, capsys):
        monkeypatch.setattr(file_sinks, "MOST_ROWS", 1)
        assert run(rules, as_csv(rules.parent / "in.csv"), "out.xlsx") == (
            4,
            None,
            None,
        )
        assert "[sheet-full]" in capsys.readouterr().err

    def test_a_worksheet_keeps_every_digit(self, tmp_path):
        frame = pl.DataFrame(
            {"row": [1, 2], "long": [123456789012345678, 1], "none": [None, None]}
        )
        frame = frame.with_columns(
            pl.Series("decimal", [Decimal(10**20 + 1), None], dtype=pl.Decimal(38, 0))
        )
        with file_sinks.sink(tmp_path / "out.xlsx", frame.head(0)) as file:
            file.write(frame)
        found = [
            *openpyxl.load_workbook(tmp_path / "out.xlsx").active.iter_rows(
                min_row=2, values_only=True
            )
        ]
        assert found == [
            (1, "123456789012345678", None, "100000000000000000001"),
            (2, "1", None, None),
        ]

    @pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl", "xlsx"])
    def test_an_interruption_leaves_the_old_file(self, rules, ending):
        source, output = as_csv(rules.parent / "in.csv"), rules.parent / f"out.{ending}"
        output.write_bytes(b"old")

        def stop(rows, done):
            raise KeyboardInterrupt

        with pytest.raises(
            KeyboardInterrupt
        ):  # the command line says that it was stopped
            score_file(
                Scorer(load_rules(rules)),
                Files(source, output, rules.parent / "wrong.csv"),
                watch=stop,
            )
        assert output.read_bytes() == b"old"
        assert {path.name for path in rules.parent.iterdir()} == {
            "tiny.toml",
            "in.csv",
            output.name,
        }


class TestCommand:
    def test_it_needs_rules_and_an_output(self, rules, capsys):
        source = as_csv(rules.parent / "in.csv")
        for options in (
            ["--output", "x.csv"],
            ["--rules", str(rules)],
            ["--rules", str(rules), "--output", "x.txt"],
        ):
            assert main(["score", str(source), "--lang", "en", *options]) == 2
            assert "--" in capsys.readouterr().err

    def test_it_says_how_it_was_worked_out(self, rules, capsys):
        rows = [(f"Xã {at}", "2023", 45.5, 100, True) for at in range(300)]
        pl.DataFrame(rows, schema=[*COLUMNS], orient="row").write_parquet(
            rules.parent / "in.parquet"
        )
        assert run(rules, rules.parent / "in.parquet")[0] == 0
        said = capsys.readouterr().err
        assert "64 bits" in said
        assert "share.numerator" in said

    def test_it_names_rules_without_a_form_in_columns(self, tmp_path, capsys):
        rows = [(f"Xã {at}", "2024") for at in range(300)]
        source = as_csv(tmp_path / "in.csv", rows, ("unit", "period"))
        assert (
            main(
                [
                    "score",
                    str(source),
                    "--rules",
                    "qd-766-2022",
                    "--output",
                    str(tmp_path / "out.csv"),
                ]
            )
            == 0
        )
        assert "synchronised" in capsys.readouterr().err

    def test_progress_on_a_terminal(self, rules, capsys, monkeypatch):
        monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
        run(rules, as_csv(rules.parent / "in.csv"))
        assert "100%" in capsys.readouterr().err

    def test_without_the_packages_it_says_what_to_install(self, rules):
        source = as_csv(rules.parent / "in.csv")
        script = (
            "import sys; sys.modules['polars'] = None;"
            "from cchc_rules.cli.main import main; sys.exit(main(sys.argv[1:]))"
        )
        command = [
            sys.executable,
            "-c",
            script,
            "score",
            str(source),
            "--rules",
            str(rules),
            "--output",
            "x.csv",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "cchc-rules[table]" in done.stderr

    def test_a_blank_table(self, rules, capsys):
        assert main(["template", str(rules), "--format", "csv"]) == 0
        head = capsys.readouterr().out.strip()
        assert head.startswith("unit,district,")
        source = rules.parent / "in.csv"
        source.write_text(
            head + "\n" + "A,,,2023" + "," * (head.count(",") - 3) + "\n",
            encoding="utf-8",
        )
        assert run(rules, source)[0] == 0
