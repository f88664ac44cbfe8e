"""The document of a check of rule files: every problem with its place, its code and its words."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from cchc_rules.base.messages import languages, outline
from cchc_rules.base.problem import Problem, path_text

# Counted up when a reader of the document has to change.
FORMAT = 1

# What is said of a code: the key in the document, and the key that its messages begin with.
_WORDS = (("what", "problem"), ("fix", "fix"))


def findings(checked: Mapping[str, Sequence[Problem]], lang: str) -> dict[str, Any]:
    """Return the document of a check of rule files.

    Args:
        checked: The problems of each source that was checked, by the name it was given.
        lang: The language that was asked for; the words of a problem stand in all languages.

    Returns:
        Plain data that can be written as JSON. `passed` is true where there are no errors: warnings
        leave a check passed.

    >>> content = findings({"mine.toml": []}, "en")
    >>> content["passed"], content["files"]
    (True, [{'source': 'mine.toml', 'passed': True, 'errors': 0, 'warnings': 0}])
    """
    every = [
        (source, problem)
        for source, problems in checked.items()
        for problem in problems
    ]
    errors = _count_errors(problem for _, problem in every)
    return {
        "format": FORMAT,
        "language": lang,
        "engine": {"name": "cchc-rules", "version": version("cchc-rules")},
        "passed": not errors,
        "files": [_file(source, problems) for source, problems in checked.items()],
        "problems": [_problem(source, problem) for source, problem in every],
        "codes": _codes(problem.code for _, problem in every),
    }


def _count_errors(problems: Iterable[Problem]) -> int:
    """Return how many problems are more than warnings."""
    return sum(not problem.warning for problem in problems)


def _file(source: str, problems: Sequence[Problem]) -> dict[str, Any]:
    """Return how the check of one source ended."""
    errors = _count_errors(problems)
    return {
        "source": source,
        "passed": not errors,
        "errors": errors,
        "warnings": len(problems) - errors,
    }


def _problem(source: str, problem: Problem) -> dict[str, Any]:
    """Return one problem; `line` is None where it lies in no line of the file."""
    # All languages at once: a file of findings is read by people and machines that did not ask.
    return {
        "source": source,
        "file": problem.file or None,
        "line": problem.line or None,
        "path": list(problem.path),
        "place": path_text(problem.path),
        "code": problem.code,
        "warning": problem.warning,
        "what": {lang: problem.what(lang) for lang in languages()},
        "fix": {lang: problem.fix(lang) for lang in languages()},
    }


def _codes(codes: Iterable[str]) -> dict[str, Any]:
    """Return what each code says of any file, with `…` for what depends on the file.

    SARIF and other forms for code hosts declare the kinds of problems before their places.
    """
    content: dict[str, Any] = {}
    for code in sorted(set(codes)):
        content[code] = {
            part: {lang: outline(lang, f"{key}.{code}") for lang in languages()}
            for part, key in _WORDS
        }
    return content
