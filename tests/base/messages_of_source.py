"""Which messages the source asks for: it is parsed whole when this is imported, which takes seconds."""

import ast
import re

from catalogues import ABSENT, IDS, MESSAGES
from package_source import SOURCE, nodes, texts

from cchc_rules import State
from cchc_rules.analysis.comparison.contributions import LINES
from cchc_rules.analysis.comparison.division import BASES
from cchc_rules.analysis.versions.difference import PARTS
from cchc_rules.base.input_files import SYSTEM_REASONS
from cchc_rules.base.state import Effect, Reason
from cchc_rules.render.form_workbook import LINES as GUIDE_LINES
from cchc_rules.render.workbook.layout import SHEETS, TOTALS
from cchc_rules.render.workbook.steps import Reckoning
from cchc_rules.report.arithmetic import EFFECT_MESSAGES, ROUNDING_MESSAGES
from cchc_rules.rules.model import Basis
from cchc_rules.rules.rule_text import COMPARATOR_MESSAGES, CONDITION_WORDS
from cchc_rules.rules.silence import Way
from cchc_rules.tables.province.quota import BEYOND, EQUAL
from cchc_rules.tables.province.rank_table import TIES
from cchc_rules.testing import LAWS


def constants(*modules):
    """The texts that stand in modules of the source, docstrings left out."""
    return frozenset().union(*map(texts, modules))


def prefixes():
    """The beginnings of ids that the source completes: `reason.` of f"reason.{code}"."""
    found = set()
    silent = {
        SOURCE / "report" / "verify.py",
        SOURCE / "tables" / "province" / "overview.py",
    }  # it runs alone; others make names of columns
    silent |= {*(SOURCE / "tables").rglob("*.py")}  # they make names of columns
    for module in set(SOURCE.rglob("*.py")) - silent:
        for node in nodes(module):
            first = (
                node.values[0]
                if isinstance(node, ast.JoinedStr) and node.values
                else None
            )
            if isinstance(first, ast.Constant) and re.fullmatch(
                r"[a-z-]+[.-]", str(first.value)
            ):
                found.add(first.value)
    return found | set(re.findall(r"""say\(["']([a-z-]+-)["'] ~""", templates()))


def called(first_arguments_of):
    """The literal first arguments of calls to functions of these names: the codes of problems."""
    found = set()
    for module in SOURCE.rglob("*.py"):
        for node in nodes(module):
            if (
                isinstance(node, ast.Call)
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in first_arguments_of and isinstance(node.args[0].value, str):
                    found.add(node.args[0].value)
    return found


def templates():
    """What the page's templates say."""
    return "\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted((SOURCE / "packaged" / "html").glob("*.html"))
    )


PAGE = set(re.findall(r"""["']([a-z-]+)["']""", templates()))
"""The words of the templates, among them what they say."""

EVERYWHERE = constants(*SOURCE.rglob("*.py"))
SHOWN = constants(
    *(SOURCE / "render").glob("*.py"), *(SOURCE / "render" / "workbook").glob("*.py")
)
COMPARED = constants(
    SOURCE / "analysis" / "comparison" / "comparison_document.py",
    SOURCE / "render" / "comparison.py",
)
COMMANDED = constants(*(SOURCE / "cli").rglob("*.py"))
CASED = constants(SOURCE / "render" / "cases.py", *(SOURCE / "cases").glob("*.py"))
TEMPLATES = "".join(
    path.read_text(encoding="utf-8")
    for path in (SOURCE / "packaged" / "html").glob("sensitivity*.j2")
)
STUDIED = constants(
    SOURCE / "analysis" / "sensitivity" / "sensitivity_document.py",
    SOURCE / "render" / "sensitivity.py",
) | set(re.findall(r'say\("([a-z-]+)"', TEMPLATES))
INSTRUMENT = constants(
    SOURCE / "rules" / "instrument.py", SOURCE / "render" / "instrument.py"
) | set(
    re.findall(
        r'say\("([a-z-]+)"',
        (SOURCE / "packaged" / "html" / "instrument.html.j2").read_text(
            encoding="utf-8"
        ),
    )
)
OVERVIEW = (SOURCE / "packaged" / "html" / "overview.html.j2").read_text(
    encoding="utf-8"
)
RANKED = constants(
    SOURCE / "render" / "ranking.py", SOURCE / "render" / "overview.py"
) | set(re.findall(r'of\("([a-z-]+)"', OVERVIEW))
UNRANKED = ("refused", "no-score", "not-submitted")
VERSIONED = {"added", "removed", "renamed"} | constants(
    SOURCE / "render" / "versions.py"
)
FILLED = constants(
    SOURCE / "render" / "form_workbook.py", *(SOURCE / "submissions").glob("*.py")
)
KINDS = ("all-or-nothing", "manual", "none", "bonus", "penalty")

STEPS = ("maximum", "lost", "excluded", "rescaled", "bonus", "penalty", "held", "index")
NUMBERED = {
    f"workbook.{family}-{at}"
    for family, count in (
        ("step", 13),
        ("score", 14),
        ("input", 12),
        ("loss", 13),
        ("list", 4),
    )
    for at in range(count)
} | {f"workbook.{word}-head" for word in SHOWN if f"workbook.{word}-head" in IDS}
"""The headings of columns, which go by their places, and of lines."""

FAMILIES = {
    "state.": {*(f"state.{state}" for state in State), "state.zero_denominator"},
    "silence.": {f"silence.{way}" for way in Way},
    "reason.": {f"reason.{reason}" for reason in Reason},
    "absent.": {f"absent.{reason}" for reason in ABSENT},
    "origin.": {"origin.threshold", "origin.deduction"},
    "required.": {
        f"required.{word}"
        for word in {
            *COMPARATOR_MESSAGES.values(),
            "at-least",
            "above",
            "at-most",
            "below",
        }
    },
    "calculation.": {
        f"calculation.{word}"
        for word in {
            *EFFECT_MESSAGES.values(),
            *ROUNDING_MESSAGES.values(),
            *("met", "not-met", "below-floor"),
        }
    },
    "list-": {
        f"report.list-{s}"
        for s in (
            *("missing", "not-due", "not-applicable", "waived", "unsupported"),
            *("without-effect", "fallback"),
        )
    },
    "gain-": {f"report.gain-{aim}" for aim in ("any", "all")},
    "basis-": {f"report.basis-{basis}" for basis in Basis.__args__}
    | {f"comparison.basis-{basis.replace('_', '-')}" for basis in BASES},
    "state-": {f"report.state-{key}" for key in ("earned", "lost", "excluded")},
    "step-": {f"report.step-{kind}" for kind in (*STEPS, "held-up")}
    | {f"workbook.step-{name}" for name in Reckoning._fields}
    | NUMBERED,
    "line-": {f"comparison.line-{line.replace('_', '-')}" for line in LINES},
    "moved-": {
        f"comparison.moved-{key}"
        for key in ("state", "figures", "requirement", "weight", "points")
    }
    | {"comparison.moved-surroundings"},
    "comparison.": {
        f"comparison.{name}" for name in COMPARED if f"comparison.{name}" in IDS
    },
    "compare-rules-": {"cli.compare-rules-before", "cli.compare-rules-after"},
    "compare-as-of-": {"cli.compare-as-of-before", "cli.compare-as-of-after"},
    "word.": {"word.bonus", "word.penalty"},
    "formula.": {f"formula.{word}" for word in CONDITION_WORDS},
    "report.": {
        f"report.{name}"
        for name in {*SHOWN, *PAGE, "bonus", "penalty"}
        if f"report.{name}" in IDS
    },
    "sensitivity.": {
        f"sensitivity.{name}" for name in STUDIED if f"sensitivity.{name}" in IDS
    }
    | {
        f"sensitivity.{name}"
        for name in (
            "one-area",
            "nothing-left",
            "band-up",
            "band-down",
            "band-never-up",
        )
    }
    | {f"sensitivity.band-{name}" for name in ("never-down", "top", "bottom", "gated")},
    "ranking.": {f"ranking.{name}" for name in RANKED if f"ranking.{name}" in IDS},
    "overview.": {f"overview.{name}" for name in RANKED if f"overview.{name}" in IDS}
    | {
        f"overview.{name}"
        for name in (
            "highest",
            "lowest",
            "average",
            "median",
            *(f"step-{at}" for at in range(1, 6)),
        )
    },
    "ties-": {f"ranking.ties-{ties}" for ties in TIES},
    "count-": {f"ranking.count-{reason}" for reason in UNRANKED},
    "unranked-": {f"ranking.unranked-{reason}" for reason in UNRANKED},
    "before-": {f"ranking.before-{reason}" for reason in UNRANKED[:2]},
    "cases.": {f"cases.{name}" for name in CASED if f"cases.{name}" in IDS},
    "workbook.": {f"workbook.{name}" for name in SHOWN if f"workbook.{name}" in IDS}
    | NUMBERED,
    "sheet-": {f"workbook.sheet-{sheet}" for sheet in SHEETS}
    | {f"form.sheet-{name}" for name in ("figures", "points", "tracks", "absent")},
    "reckoning-": {
        id_ for id_ in IDS if id_.removeprefix("workbook.reckoning-") in SHOWN
    },
    "total-": {f"workbook.total-{name}" for name in TOTALS},
    "score-": NUMBERED,
    "loss-": NUMBERED,
    "input-": NUMBERED,
    "cli.": {f"cli.{name}" for name in COMMANDED if f"cli.{name}" in IDS},
    "instrument.": {
        f"instrument.{name}"
        for name in {*INSTRUMENT, *KINDS}
        if f"instrument.{name}" in IDS
    },
    "effect-": {f"instrument.effect-{effect}" for effect in Effect},
    "units-": {
        f"instrument.units-{how}" for how in ("exact", "started", "whole", "plain")
    },
    "own-": {f"instrument.own-{name}" for name in ("value", "threshold", "weight")},
    "difference.": {
        f"difference.{name}" for name in VERSIONED if f"difference.{name}" in IDS
    },
    "impact.": {f"impact.{name}" for name in VERSIONED if f"impact.{name}" in IDS},
    "label-": {id_ for id_ in IDS if id_.startswith("difference.label-")},
    "part-": {f"difference.part-{part}" for part in PARTS},
    "form.": {f"form.{name}" for name in FILLED if f"form.{name}" in IDS},
    "column-": {id_ for id_ in IDS if id_.removeprefix("form.column-") in FILLED}
    | {
        f"ranking.column-{name.replace('_', '-')}"
        for name in RANKED
        if f"ranking.column-{name.replace('_', '-')}" in IDS
    },
    "head-": {id_ for id_ in IDS if id_.removeprefix("form.head-") in FILLED},
    "guide-": {f"form.guide-{at}" for at in range(1, GUIDE_LINES + 1)},
    "quota-": {f"ranking.quota-{reason}" for reason in (BEYOND, EQUAL)},
    "law.": {f"law.{law.name}" for law in LAWS},
    "problem-cell.": {
        id_
        for id_ in IDS
        if id_.startswith("problem-cell.")
        and id_.removeprefix("problem-cell.") in EVERYWHERE
    },
    "fix-cell.": {
        id_
        for id_ in IDS
        if id_.startswith("fix-cell.") and id_.removeprefix("fix-cell.") in EVERYWHERE
    },
    "system.": {f"system.{reason}" for reason in SYSTEM_REASONS},
    "no-": {f"cli.no-{kind}" for kind in ("column", "day", "number", "setting")},
    "problem.": {
        id_
        for id_ in IDS
        if id_.startswith("problem.") and id_.removeprefix("problem.") in EVERYWHERE
    },
    "fix.": {
        id_
        for id_ in IDS
        if id_.startswith("fix.") and id_.removeprefix("fix.") in EVERYWHERE
    },
}
"""What each beginning of an id in the source may become."""

DESCRIBED = "".join(
    path.read_text(encoding="utf-8")
    for path in (SOURCE / "packaged" / "schemas").glob("*.json")
)
"""The JSON Schemas, whose descriptions are words of the catalogues; tools/make_schemas.py puts them there."""

USED = set().union(*FAMILIES.values()) | {id_ for id_ in IDS if id_ in EVERYWHERE}
USED |= {
    id_
    for id_ in IDS
    if id_.startswith("schema.") and f'"vi {MESSAGES["vi"][id_]} / en ' in DESCRIBED
}
