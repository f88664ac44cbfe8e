"""What small rule sets of several tests are put together from: TOML texts, each ending its last line."""

import json


def head(id_, vi, en, before=""):
    """The first lines of a rule set for 2023; lines that belong to no table go before it."""
    return f"""format = 1
{before}[ruleset]
id = "{id_}"
version = "1"
title = {{ vi = "{vi}", en = "{en}" }}
valid = {{ from = 2023-01-01, until = 2023-12-31 }}
"""


def share_rule(id_, vi, en, threshold, weight, deduction):
    """A rule of the group `WORK` on the metric `SHARE`."""
    return f"""[rule.{id_}]
group = "work"
title = {{ vi = "{vi}", en = "{en}" }}
source = ["1"]
metric = "share"
comparator = ">="
threshold = {threshold}
weight = {weight}
deduction = "{deduction}"
"""


def one_rule(rule, metric, more="", head=""):
    """A rule set of one rule on one metric, each told by its last lines; `head` stands before the first table."""
    return f"""format = 1
[ruleset]
id = "one"
version = "1"
title = "One"
valid = {{ from = 2023-01-01, until = 2023-12-31 }}
{head}
[metric.figure]
title = "Figure"
{metric}
{more}
[group.all]
title = "All"
[rule.one]
group = "all"
title = "One"
source = ["1"]
metric = "figure"
weight = 2
{rule}
"""


SHARE = '[metric.share]\ntitle = { vi = "Tỷ lệ", en = "Share" }\ntype = "percent"\n'
WORK = '[group.work]\ntitle = { vi = "Việc", en = "Work" }\n'
EXCLUDED = '[absence]\nnot_applicable = "exclude"\nwaived = "exclude"\n'
IN_SHARE = share_rule("share", "Tỷ lệ", "Share", 100, 1, "proportional")

TINY = (
    head("tiny", "Bộ nhỏ", "Tiny")
    + SHARE
    + WORK
    + share_rule("on-time", "Đúng hạn", "On time", 90, 2, "all_or_nothing")
    + EXCLUDED
)


def tiny_files(folder):
    """The rule set `TINY` and a submission for it as files: arguments of a command that takes no time."""
    rules, submission = folder / "tiny.toml", folder / "figures.json"
    rules.write_text(TINY, encoding="utf-8")
    figures = {
        "format": 1,
        "ruleset": "tiny",
        "unit": "A",
        "period": "2023",
        "measurements": {"share": 80},
    }
    submission.write_text(json.dumps(figures), encoding="utf-8")
    return [str(submission), "--rules", str(rules)]


TINY_LINES = """
format = 1
ruleset = { id = "tiny", version = "1", title = "Tiny", valid = { from = 2023-01-01, until = 2023-12-31 } }
"""
"""The first lines of a rule set whose next lines belong to no table yet."""

OF_TEN = """
format = 1
[ruleset]
id = "tiny"
version = "1"
title = "tiny"
language = "vi"
valid = { from = 2023-01-01, until = 2023-12-31 }
[index]
scale = 10
[absence]
missing = "lost"
not_applicable = "exclude"
not_due = "exclude"
waived = "exclude"
"""
"""The first tables of a rule set of ten points that loses what is missing, and excludes what does not apply."""

DOUBTFUL = (
    OF_TEN
    + """
[metric.online]
title = "Hồ sơ trực tuyến"
type = "percent"
ratio = { numerator = "trực tuyến", denominator = "tất cả" }
[metric.late]
title = "Hồ sơ trễ hạn"
type = "percent"
better = "lower"
[metric.income]
title = "Thu ngân sách"
type = "number"
least = 0
[metric.income_before]
title = "Thu ngân sách năm trước"
type = "number"
least = 0
[group.g]
title = "g"
[rule.online]
group = "g"
title = "online"
source = ["1"]
metric = "online"
comparator = ">="
threshold = 90
weight = 8
deduction = "all_or_nothing"
[rule.late]
group = "g"
title = "late"
source = ["2"]
metric = "late"
comparator = "<="
threshold = 5
weight = 1
deduction = "all_or_nothing"
[rule.income]
group = "g"
title = "income"
source = ["3"]
metric = "income"
comparator = "better"
threshold = { metric = "income_before" }
weight = 1
deduction = "all_or_nothing"
"""
)
"""Percentages of both directions, and a figure held against that of the year before: what may be doubtful."""
