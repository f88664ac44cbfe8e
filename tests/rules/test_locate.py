"""Where a key path stands in a TOML text, however it is written."""

import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from cchc_rules.rules.locate import Locator

TEXT = '''\
format = 1
tracks = [
  "appraised",
  "survey",
]

[ruleset]
id = "x"
valid = { from = 2023-01-01, until = 2023-12-31 }
note = """
[rule.not-here]
weight = 3
"""

[metric."on_time"]
title = { vi = "a # b", en = "[rule.x]" } # a comment with weight = 1
'type' = "percent"

[rule.on-time]
deduction = { kind = "tiers", tiers = [
  { from = 90, points = 1 },
  # between
  { below = 90, points = 0 },
] }
absence.not_due = "full"
weight = 2

  [ rule . "late" ]
  weight = 1
  source = ["1", "2"]

[[band]]
id = "low"
to = 50

[[band]]
id = "high"
above = 50

[kind.mountain.rule.on-time]
threshold = 80
'''


def line(*path):
    return Locator(TEXT).line(path)


class TestOneText:
    def test_keys_at_the_top(self):
        assert (line("format"), line("tracks")) == (1, 2)

    def test_tables(self):
        assert (line("ruleset"), line("rule", "on-time"), line("rule", "late")) == (
            7,
            19,
            28,
        )

    def test_keys_in_tables_quoted_or_not(self):
        assert (
            line("ruleset", "id"),
            line("metric", "on_time", "title"),
            line("metric", "on_time", "type"),
        ) == (
            8,
            16,
            17,
        )

    def test_keys_in_inline_tables_stand_where_their_table_does(self):
        assert line("ruleset", "valid", "until") == 9

    def test_what_stands_in_a_text_of_many_lines_is_no_table(self):
        assert not Locator(TEXT).holds(("rule", "not-here"))
        assert line("rule", "on-time", "weight") == 26

    def test_entries_of_a_list_over_several_lines(self):
        assert [
            line("rule", "on-time", "deduction", "tiers", at, "points") for at in (0, 1)
        ] == [21, 23]

    def test_dotted_keys(self):
        assert line("rule", "on-time", "absence", "not_due") == 25

    def test_lists_of_tables(self):
        assert [line("band", at) for at in (0, 1)] == [32, 36]
        assert [line("band", 0, "to"), line("band", 1, "above")] == [34, 38]

    def test_tables_in_tables(self):
        assert line("kind", "mountain", "rule", "on-time", "threshold") == 41

    def test_the_longest_part_that_is_there(self):
        assert line("rule", "on-time", "group") == 19
        assert line("rule", "none", "group") == 0 or line(
            "rule", "none", "group"
        ) == line("rule")
        assert line("nothing", "at", "all") == 0

    def test_holds(self):
        found = Locator(TEXT)
        assert found.holds(("rule", "late", "source"))
        assert not found.holds(("rule", "late", "group"))

    def test_windows_line_ends(self):
        assert (
            Locator(TEXT.replace("\n", "\r\n")).line(("rule", "late", "weight")) == 29
        )


IDS = st.from_regex(r"[a-z][a-z0-9-]{0,6}", fullmatch=True)
VALUES = st.one_of(
    st.integers(0, 99),
    st.booleans(),
    st.text("ab \n\"'[]#=", max_size=12),
    st.lists(st.integers(), max_size=3),
)
TABLES = st.dictionaries(IDS, VALUES, min_size=1, max_size=4)
DOCUMENTS = st.fixed_dictionaries(
    {"rule": st.dictionaries(IDS, TABLES, min_size=1, max_size=4)}
)


@given(DOCUMENTS)
def test_every_key_is_found_on_the_line_that_begins_with_it(document):
    text = tomli_w.dumps(document, multiline_strings=True)
    lines = text.splitlines()
    locator = Locator(text)
    for name, table in document["rule"].items():
        assert (
            lines[locator.line(("rule", name)) - 1].replace('"', "") == f"[rule.{name}]"
        )
        for key in table:
            assert (
                lines[locator.line(("rule", name, key)) - 1]
                .replace('"', "")
                .startswith(f"{key} =")
            )
