"""What a check of rule files found, as one document: every problem with file, line, path, code, and
words.
"""

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from cchc_rules.base.messages import languages, outline
from cchc_rules.base.problem import Problem, path_text

FORMAT = 1

_WORDS = (("what", "problem"), ("fix", "fix"))
"""The parts of what is said of a code, and how their messages begin."""


def findings(checked: Mapping[str, Sequence[Problem]], lang: str) -> dict[str, Any]:
    """Return the document of a check: what was checked, by the names it was given, with the
    problems of each.
    """
    return {
        "format": FORMAT,
        "language": lang,
        "engine": {"name": "cchc-rules", "version": version("cchc-rules")},
        "passed": not any(_errors(problems) for problems in checked.values()),
        "files": [_file(source, problems) for source, problems in checked.items()],
        "problems": [
            _problem(source, one)
            for source, problems in checked.items()
            for one in problems
        ],
        "codes": _codes(one.code for problems in checked.values() for one in problems),
    }


def _errors(problems: Iterable[Problem]) -> int:
    return sum(not problem.warning for problem in problems)


def _file(source: str, problems: Sequence[Problem]) -> dict[str, Any]:
    errors = _errors(problems)
    return {
        "source": source,
        "passed": not errors,
        "errors": errors,
        "warnings": len(problems) - errors,
    }


def _problem(source: str, found: Problem) -> dict[str, Any]:
    return {
        "source": source,
        "file": found.file or None,
        "line": found.line or None,
        "path": list(found.path),
        "place": path_text(found.path),
        "code": found.code,
        "warning": found.warning,
        "what": {lang: found.what(lang) for lang in languages()},
        "fix": {lang: found.fix(lang) for lang in languages()},
    }


def _codes(codes: Iterable[str]) -> dict[str, Any]:
    """Return what each code says of any file, with `…` for what is found in one."""
    return {
        code: {
            word: {lang: outline(lang, f"{key}.{code}") for lang in languages()}
            for word, key in _WORDS
        }
        for code in sorted(set(codes))
    }
