"""The overview of a province: every figure worked by hand, hostile names, the pages of units, and the command."""

import json
import os
import shutil
from decimal import Decimal

import polars as pl
import pytest

from cchc_rules import SubmissionError, parse_rules
from cchc_rules.cli.main import main
from cchc_rules.render.overview import render
from cchc_rules.tables.province import overview as module
from cchc_rules.tables.province.overview import overview
from cchc_rules.tables.province.ranking_document import ranking
from cchc_rules.tables.province.scored_units import GivenResults
from cchc_rules.tables.score_table import Scorer

RULES = """
format = 1
[ruleset]
id = "two"
version = "1"
title = { vi = "Hai lĩnh vực", en = "Two areas" }
valid = { from = 2023-01-01, until = 2023-12-31 }
[index]
scale = 100
places = 2
weight_basis = "chosen"
[absence]
not_applicable = "exclude"
[metric.on_time]
title = { vi = "Đúng hạn", en = "On time" }
type = "percent"
[metric.trained]
title = { vi = "Tập huấn", en = "Trained" }
type = "percent"
[metric.prizes]
title = { vi = "Giải thưởng", en = "Prizes" }
type = "count"
[group.work]
title = { vi = "Thủ tục", en = "Procedures" }
[group.staff]
title = { vi = "Cán bộ", en = "Staff" }
[group.more]
title = { vi = "Thưởng", en = "Bonus" }
kind = "bonus"
cap = 2
[band.good]
title = { vi = "Tốt", en = "Good" }
from = 80
[band.fair]
title = { vi = "Khá", en = "Fair" }
from = 50
below = 80
[band.weak]
title = { vi = "Yếu", en = "Weak" }
below = 50
[rule.on-time]
group = "work"
title = { vi = "Hồ sơ đúng hạn", en = "Dossiers on time" }
source = ["II.1"]
metric = "on_time"
comparator = ">="
threshold = 100
weight = 60
deduction = "proportional"
[rule.trained]
group = "staff"
title = { vi = "Cán bộ được tập huấn", en = "Staff trained" }
source = ["II.2", "PL.1"]
metric = "trained"
comparator = ">="
threshold = 100
weight = 40
deduction = "proportional"
[rule.prizes]
group = "more"
title = { vi = "Giải", en = "Prizes" }
source = ["II.3"]
metric = "prizes"
comparator = ">="
threshold = 1
weight = 2
deduction = "all_or_nothing"
"""
HOSTILE = '<script>alert("1")</script>'


def table(**more):
    """An: 54 + 40; Bình: 30 + 20; Cam: 60 alone, of 60; Dầu: 0 + 30. Nobody has a prize."""
    return pl.DataFrame(
        {
            "unit": ["Xã An", "Xã Bình", "Xã Cam", "Xã Dầu"],
            "district": ["Tây", "Tây", "Đông", None],
            "period": ["2023"] * 4,
            "on_time": [90, 50, 100, None],
            "trained": [100, 50, None, 75],
            "trained.not_applicable": [None, None, "none", None],
            "prizes": [0, 0, 0, 0],
        }
        | more
    )


def scored(frame=None):
    frame = table() if frame is None else frame
    return (
        Scorer(parse_rules(RULES))
        .score(frame.with_row_index("row", offset=1).cast({"row": pl.Int64}))
        .results
    )


def document(results=None, lang="en", **ways):
    results = scored() if results is None else results
    return overview(parse_rules(RULES), results, ranking(results, lang=lang, **ways))


def with_refused(results, *rows):
    """Results of which some rows were refused: (row, unit)."""
    refused = pl.DataFrame(rows, schema=["row", "unit"], orient="row")
    return GivenResults(results, refused)


class TestDocument:
    def test_the_index(self):
        """94, 50, 100 and 30: together 274, in the middle (50 + 94) / 2."""
        refused = [(7, "Xã Em"), (8, "Xã Gia"), (9, None)]
        found = document(with_refused(scored(), *refused))
        assert found["count"] == 4
        assert found["refused"] == 3
        assert [unit["unit"] for unit in found["unranked"]] == ["Xã Em", "Xã Gia", None]
        assert found["index"] == {
            "highest": "100.00",
            "lowest": "30.00",
            "average": "68.50",
            "median": "72.00",
        }

    def test_the_middle_of_an_odd_number(self):
        assert document(scored().head(3))["index"]["median"] == "94.00"

    def test_bands(self):
        found = document()["bands"]
        assert [(one["id"], one["units"], one["share"]) for one in found] == [
            ("good", 2, "50.0"),
            ("fair", 1, "25.0"),
            ("weak", 1, "25.0"),
        ]

    def test_distribution(self):
        """Parts of two points, from 30 up; 100 belongs to the last."""
        found = document()["distribution"]
        assert [
            (one["from"], one["to"], one["units"], one["bar"])
            for one in found
            if one["units"]
        ] == [
            ("30", "32", 1, "100.0"),
            ("50", "52", 1, "100.0"),
            ("94", "96", 1, "100.0"),
            ("98", "100", 1, "100.0"),
        ]
        assert len(found) == 35

    def test_districts(self):
        assert document()["districts"] == [
            {
                "district": "Đông",
                "units": 1,
                "average": "100.00",
                "best": {"unit": "Xã Cam", "index": "100.00"},
                "last": {"unit": "Xã Cam", "index": "100.00"},
            },
            {
                "district": "Tây",
                "units": 2,
                "average": "72.00",
                "best": {"unit": "Xã An", "index": "94.00"},
                "last": {"unit": "Xã Bình", "index": "50.00"},
            },
        ]

    def test_areas(self):
        """The bonus is no area. Work: 54 + 30 + 60 + 0 of 240; staff: 40 + 20 + 30 of 120, one left out."""
        found = document()
        assert [
            (one["id"], one["title"], one["share"], one["step"])
            for one in found["areas"]
        ] == [
            ("work", "Procedures", "60.0", 2),
            ("staff", "Staff", "75.0", 3),
        ]
        units = {
            one["unit"]: [(area["share"], area["step"]) for area in one["areas"]]
            for one in found["units"]
        }
        assert units == {
            "Xã Cam": [("100.0", 5), (None, 0)],
            "Xã An": [("90.0", 5), ("100.0", 5)],
            "Xã Bình": [("50.0", 2), ("50.0", 2)],
            "Xã Dầu": [("0.0", 1), ("75.0", 3)],
        }

    def test_what_costs_most(self):
        """On time: 6 + 30 + 0 + 60; trained: 0 + 20 + 10; prizes: 4 × 2; together 134."""
        found = document()["costly"]
        assert [
            (
                one["rule"],
                one["lost"],
                one["share"],
                one["average"],
                one["units"],
                one["missing"],
            )
            for one in found
        ] == [
            ("on-time", "96.00", "71.6", "24.00", 3, 1),
            ("trained", "30.00", "22.4", "7.50", 2, 0),
            ("prizes", "8.00", "6.0", "2.00", 4, 0),
        ]
        assert found[1]["source"] == ["II.2", "PL.1"]
        assert found[1]["area"] == "Staff"

    def test_without_states_and_bands(self):
        results = scored().drop(
            "band", "rule.on-time.state", "rule.trained.state", "rule.prizes.state"
        )
        found = document(results)
        assert found["bands"] == []
        assert found["costly"][0]["missing"] is None

    def test_nobody(self):
        found = document(scored().head(0))
        assert found["count"] == 0
        assert found["distribution"] == found["units"] == found["costly"] == []
        assert found["index"]["average"] is None
        assert found["areas"][0]["share"] is None
        assert "–" in render(found, "html")

    def test_a_group_of_another_kind_of_unit(self):
        nothing = pl.lit(None, pl.Decimal(18, 2))
        results = scored().with_columns(
            nothing.alias("group.staff.earned"), nothing.alias("group.staff.lost")
        )
        assert document(results)["units"][0]["areas"][1] == {"share": None, "step": 0}

    def test_other_rules(self):
        with pytest.raises(SubmissionError) as refused:
            document(scored().drop("group.work.earned"))
        assert [(one.code, one.path) for one in refused.value.problems] == [
            ("scores-columns", ("group.work.earned",))
        ]

    def test_more_units_than_a_page_can_show(self, monkeypatch):
        monkeypatch.setattr(module, "MOST_UNITS", 3)
        with pytest.raises(SubmissionError) as refused:
            document()
        assert refused.value.problems[0].code == "table-too-long"


class TestUnitsWithoutAnIndex:
    """A unit of which nothing was left to score is in no average, and is named."""

    def results(self):
        """Xã Dầu, with an index of 30, becomes a unit without one."""
        score = ("index", "index.numerator", "index.denominator", "band")
        return scored().with_columns(
            pl.when(pl.col("unit") != "Xã Dầu").then(pl.col(name)).alias(name)
            for name in score
        )

    def test_figures_are_those_of_the_others(self):
        """94, 50 and 100: together 244, on average 81.33; in the middle 94; a third is fair."""
        found = document(self.results())
        assert found["count"] == 3
        assert found["index"] == {
            "highest": "100.00",
            "lowest": "50.00",
            "average": "81.33",
            "median": "94.00",
        }
        assert [one["units"] for one in found["bands"]] == [2, 1, 0]
        assert [one["share"] for one in found["bands"]] == ["66.7", "33.3", "0.0"]
        assert sum(one["units"] for one in found["distribution"]) == 3
        assert [unit["unit"] for unit in found["units"]] == [
            "Xã Cam",
            "Xã An",
            "Xã Bình",
        ]
        assert found["costly"][0]["lost"] == "36.00"
        assert found["costly"][0]["average"] == "12.00"

    def test_it_is_named_on_the_page(self):
        page = render(document(self.results()), "html")
        assert "1 of 4 units have no rank (without a score: 1)" in page
        assert '<th scope="row">Xã Dầu</th><td>no index</td>' in page


MEAN = """
format = 1
[ruleset]
id = "contact"
version = "1"
title = "Contact"
valid = { from = 2024-01-01, until = 2024-12-31 }
[index]
scale = 100
weight_basis = "stated"
[absence]
missing = "lost"
not_applicable = "exclude"
[metric.post]
title = "Letters answered in time"
type = "percent"
[metric.phone]
title = "Calls answered in time"
type = "percent"
[metric.filed]
title = "Papers filed"
type = "percent"
[metric.prizes]
title = "Prizes"
type = "count"
[group.contact]
title = "Contact with citizens"
combine = "mean"
weight = 30
[group.rest]
title = "Rest"
[group.pool]
title = "Bonus"
kind = "bonus"
cap = 3
[rule.post]
group = "contact"
title = "Letters"
source = ["1"]
metric = "post"
comparator = ">="
threshold = 100
weight = 80
deduction = "proportional"
[rule.phone]
group = "contact"
title = "Calls"
source = ["2"]
metric = "phone"
comparator = ">="
threshold = 100
weight = 20
deduction = "proportional"
[rule.filed]
group = "rest"
title = "Filed"
source = ["3"]
metric = "filed"
comparator = ">="
threshold = 100
weight = 70
deduction = "proportional"
[rule.first-prize]
group = "pool"
title = "First prize"
source = ["4"]
metric = "prizes"
comparator = ">="
threshold = 1
weight = 3
deduction = "all_or_nothing"
[rule.second-prize]
group = "pool"
title = "Second prize"
source = ["5"]
metric = "prizes"
comparator = ">="
threshold = 2
weight = 3
deduction = "all_or_nothing"
"""


class TestLossesInPointsOfTheIndex:
    """What a rule of a mean loses is a part of the mean's points, not of its relative weight."""

    def costly(self, few):
        """An: 70, 95, 80 %, one prize; Bình: 60, 90, 70 %, two; Cam: no letters, 90, 100 %, two."""
        figures = pl.DataFrame(
            {
                "row": [1, 2, 3],
                "unit": ["Xã An", "Xã Bình", "Xã Cam"],
                "period": ["2024"] * 3,
                "post": [70, 60, None],
                "post.not_applicable": [None, None, "none arrived"],
                "phone": [95, 90, 90],
                "filed": [80, 70, 100],
                "prizes": [1, 2, 2],
            }
        )
        rules = parse_rules(MEAN)
        results = Scorer(rules, few=few).score(figures).results
        found = overview(rules, results, ranking(results, lang="en"))["costly"]
        return [(one["rule"], one["lost"], one["share"], one["units"]) for one in found]

    @pytest.mark.parametrize("few", [0, 200])
    def test_rules_of_a_mean(self, few):
        """Filed 70 × (20 + 30) %; letters 30 × 80/100 × (30 + 40) %; calls 30 × 20/100 × (5 + 10) %
        and, alone in Cam's mean, 30 × 10 %. The bonus is at its cap of 3 with one prize: no prize is
        lost. 35 + 16.80 + 3.90 = 55.70."""
        assert self.costly(few) == [
            ("filed", "35.00", "62.8", 2),
            ("post", "16.80", "30.2", 2),
            ("phone", "3.90", "7.0", 3),
        ]


class TestPage:
    @pytest.mark.parametrize(
        ("lang", "words"),
        [
            (
                "vi",
                [
                    "Phân bố chỉ số",
                    "Lĩnh vực theo đơn vị",
                    "68,50 / 100",
                    "Hồ sơ đúng hạn",
                    "Tốt",
                    "▲",
                    "71,6\u00a0%",
                ],
            ),
            (
                "en",
                [
                    "How the indices lie",
                    "Areas by unit",
                    "68.50 / 100",
                    "Dossiers on time",
                    "Good",
                    "▲",
                    "71.6\u00a0%",
                ],
            ),
        ],
    )
    def test_both_languages(self, lang, words):
        before = scored(table(on_time=[10, 50, 100, 100]))
        page = render(document(lang=lang, before=before), "html", title="Tỉnh Một")
        assert all(word in page for word in words)
        assert "<h1>Tỉnh Một</h1>" in page
        assert f'<html lang="{lang}">' in page

    def test_names_are_text(self):
        results = scored(
            table(
                unit=[HOSTILE, "Xã Bình", "Xã Cam", "Xã Dầu"],
                district=[HOSTILE, None, None, None],
            )
        )
        page = render(document(results), "html", title=HOSTILE)
        assert "<script" not in page
        assert page.count("&lt;script&gt;") >= 4

    def test_links_lead_where_there_are_pages(self):
        page = render(document(), "html", links={1: "units/2.html"})
        assert page.count('href="units/2.html"') == 2
        assert '<a href="units/2.html">Xã An</a>' in page

    def test_nothing_is_loaded_or_run(self):
        page = render(document(), "html")
        assert "default-src &#39;none&#39;; style-src" in page
        assert "http://" not in page.replace("http-equiv", "")
        assert "https://" not in page

    def test_json_is_the_document(self):
        assert json.loads(render(document(), "json")) == document()


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.toml").write_text(RULES, encoding="utf-8")
    table(on_time=[90, 50, 100, 101]).write_csv("communes.csv")
    main(
        ["score", "communes.csv", "--rules", "rules.toml", "--output", "scores.parquet"]
    )
    return tmp_path


class TestCommand:
    def test_a_page(self, files, capsys):
        assert (
            main(
                [
                    "overview",
                    "scores.parquet",
                    "--rules",
                    "rules.toml",
                    "--errors",
                    "scores.errors.csv",
                    "--lang",
                    "en",
                ]
            )
            == 0
        )
        shown = capsys.readouterr().out
        assert "1 of 4 units have no rank (refused: 1)" in shown
        assert '<th scope="row">Xã Dầu</th><td>refused</td>' in shown
        assert 'href="units' not in shown

    def test_errors_that_are_none(self, files, capsys):
        assert (
            main(
                [
                    "overview",
                    "scores.parquet",
                    "--rules",
                    "rules.toml",
                    "--errors",
                    "communes.csv",
                    "--lang",
                    "en",
                ]
            )
            == 4
        )
        assert "no column row" in capsys.readouterr().err

    def test_a_folder_with_the_page_of_each_unit(self, files, capsys):
        options = [
            "--rules",
            "rules.toml",
            "--submissions",
            "communes.csv",
            "--output",
            "province",
            "--before",
            "scores.parquet",
        ]
        assert main(["overview", "scores.parquet", *options]) == 0
        page = (files / "province" / "index.html").read_text(encoding="utf-8")
        assert '<a href="units/1.html">Xã Cam</a>' in page
        assert sorted(
            path.name for path in (files / "province" / "units").iterdir()
        ) == ["1.html", "2.html", "3.html"]
        report = (files / "province" / "units" / "2.html").read_text(encoding="utf-8")
        assert "Xã An" in report
        assert "94,00" in report

    def test_submissions_in_a_folder(self, files, capsys):
        (files / "submissions").mkdir()
        for at, share in ((1, 90), (2, 50)):
            figures = {"on_time": share, "trained": 100, "prizes": 0}
            one = {
                "format": 1,
                "ruleset": "two",
                "unit": f"Xã {at}",
                "period": "2023",
                "measurements": figures,
            }
            (files / "submissions" / f"{at}.json").write_text(
                json.dumps(one), encoding="utf-8"
            )
        main(["score", "submissions", "--rules", "rules.toml", "--output", "some.csv"])
        options = [
            "--rules",
            "rules.toml",
            "--submissions",
            "submissions",
            "--output",
            "province",
        ]
        assert main(["overview", "some.csv", *options]) == 0
        assert '<a href="units/2.html">Xã 2</a>' in (
            files / "province" / "index.html"
        ).read_text(encoding="utf-8")

    def test_progress_on_a_terminal(self, files, capsys, monkeypatch):
        monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
        options = [
            "--rules",
            "rules.toml",
            "--submissions",
            "communes.csv",
            "--output",
            "province",
        ]
        assert main(["overview", "scores.parquet", *options]) == 0
        assert "100% 3" in capsys.readouterr().err

    def test_units_that_are_not_ranked_get_no_page(self, files, capsys):
        scored().head(1).write_parquet("one.parquet")
        options = [
            "--rules",
            "rules.toml",
            "--submissions",
            "communes.csv",
            "--output",
            "province",
        ]
        assert main(["overview", "one.parquet", *options]) == 0
        assert [path.name for path in (files / "province" / "units").iterdir()] == [
            "1.html"
        ]

    def test_json(self, files, capsys):
        assert (
            main(
                [
                    "overview",
                    "scores.parquet",
                    "--rules",
                    "rules.toml",
                    "--format",
                    "json",
                ]
            )
            == 0
        )
        assert json.loads(capsys.readouterr().out)["language"] == "vi"

    @pytest.mark.parametrize("options", [[], ["--output", "x", "--format", "json"]])
    def test_pages_of_units_need_a_folder(self, files, capsys, options):
        arguments = [
            "--rules",
            "rules.toml",
            "--submissions",
            "communes.csv",
            "--lang",
            "en",
            *options,
        ]
        assert main(["overview", "scores.parquet", *arguments]) == 2
        assert "folder" in capsys.readouterr().err


def test_points_are_decimals():
    assert isinstance(scored()["index"][0], Decimal)


@pytest.mark.wide
@pytest.mark.untraced
class TestInABrowser:
    """Skipped where there is no browser, unless `CCHC_BROWSER=1`."""

    @pytest.mark.parametrize(
        ("lang", "scheme", "width"),
        [("vi", "light", 1280), ("en", "dark", 390), ("vi", "dark", 360)],
    )
    def test_it_is_readable_by_all_and_does_not_scroll_sideways(
        self, tmp_path, lang, scheme, width
    ):
        if os.environ.get("CCHC_BROWSER") != "1" and shutil.which("chromium") is None:
            pytest.skip("no browser")
        api = pytest.importorskip("playwright.sync_api")
        axe = pytest.importorskip("axe_playwright_python.sync_playwright")
        path = tmp_path / "overview.html"
        names = ["Xã " + "x" * 200, "Xã Bình", "Xã Cam", "Xã Dầu"]
        found = document(
            scored(table(unit=names)),
            lang=lang,
            before=scored(table(on_time=[10, 50, 100, 100], unit=names)),
        )
        path.write_text(
            render(found, "html", links={0: "units/1.html"}), encoding="utf-8"
        )
        with api.sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"),
                args=["--headless", "--no-sandbox"],
            )
            page = browser.new_page(
                viewport={"width": width, "height": 900}, color_scheme=scheme
            )
            page.goto(path.as_uri())
            grave = [
                one
                for one in axe.Axe().run(page).response["violations"]
                if one["impact"] in ("serious", "critical")
            ]
            assert [(one["id"], one["nodes"][0]["html"]) for one in grave] == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            browser.close()
