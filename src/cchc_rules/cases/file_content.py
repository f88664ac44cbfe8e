"""What a rule file gives itself: all of it, or of an overlay what differs from the files below."""

from cchc_rules.rules import dependencies
from cchc_rules.rules.model import Rule, RuleSet


class FileContent:
    """The parts of a rule set that its own file says something of.

    An overlay answers for what it changes. What it takes over is tested by the cases of the file
    below.

    Args:
        rules: the rule set, with the provenance of its fields.

    >>> from cchc_rules import load_rules
    >>> content = FileContent(load_rules("cam-due-2023"))
    >>> content.gives("index"), content.gives("metric", "plan_date")
    (True, True)
    """

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.paths: set[tuple[str | int, ...]] = set()
        if rules.bases:
            for path, origin in rules.origins.items():
                if origin.file == rules.files[0]:
                    self.paths |= {path[:1], path[:2]}

    def gives(self, *path: str) -> bool:
        """Whether the file gives something of a part: `"index"`, or `"metric"` and its id."""
        return not self.rules.bases or path in self.paths

    def judges(self, rule: Rule) -> bool:
        """Whether the file has a say in the points of a rule.

        It has where it gives something of the rule, of a metric that the rule reads, or of what
        absences do.
        """
        if self.gives("absence") or self.gives("rule", rule.id):
            return True
        metrics = dependencies.rule_metrics(self.rules, rule)
        return any(self.gives("metric", name) for name in metrics)
