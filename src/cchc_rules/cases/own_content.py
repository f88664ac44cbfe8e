"""What a rule file gives itself: all of it, or of an overlay what differs from the files below."""

from cchc_rules.rules import dependencies
from cchc_rules.rules.model import Rule, RuleSet


class OwnContent:
    """The places of a rule set that its own file gives something of."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        own = [
            path
            for path, origin in rules.origins.items()
            if rules.bases and origin.file == rules.files[0]
        ]
        self.places = {path[:length] for path in own for length in (1, 2)}

    def gives(self, *place: str) -> bool:
        """Whether the file gives something of a place: `"index"`, or `"metric"` and its id."""
        return not self.rules.bases or place in self.places

    def judges(self, rule: Rule) -> bool:
        """Whether the file gives something of a rule, of a figure that it reads, or of what every
        absence does.
        """
        figures = (
            ("metric", name) for name in dependencies.rule_metrics(self.rules, rule)
        )
        return any(
            self.gives(*place) for place in (("absence",), ("rule", rule.id), *figures)
        )
