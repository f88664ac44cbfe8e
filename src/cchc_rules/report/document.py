"""The report document: plain data that every view is drawn from, its texts in one language."""

from collections.abc import Iterable, Sequence

from cchc_rules.base import number
from cchc_rules.base.state import State
from cchc_rules.report import heading
from cchc_rules.report.arithmetic import Arithmetic
from cchc_rules.report.condition_text import ConditionText
from cchc_rules.report.explanation import Explanation
from cchc_rules.report.fixed_parts import fresh
from cchc_rules.report.heading import Document
from cchc_rules.report.machine_form import Proof, digest_of
from cchc_rules.report.printing import indented
from cchc_rules.report.result_text import ResultText
from cchc_rules.report.rule_document import RuleDocuments
from cchc_rules.report.rule_json import CANONICAL, PRINTED, canonical
from cchc_rules.rules.model import Target, Text
from cchc_rules.scoring.coverage import Coverage, is_open, parts_of_base
from cchc_rules.scoring.scoring import Banding, Scoring
from cchc_rules.scoring.totals import Sum, Total


def document(
    scoring: Scoring,
    lang: str,
    *,
    machine: bool = True,
    gains: bool = True,
) -> Document:
    """Return the report document of a scoring, its texts in one language.

    Args:
        scoring: The scoring to write about.
        lang: The language of the texts: `"vi"` or `"en"`.
        machine: Whether the machine form of every rule and the digest are added, by which other
            programs recompute the index.
        gains: Whether the document says what would win points back. Each gain judges every rule
            that reads the metric anew, so the work grows with the square of their number.

    Returns:
        Plain data that can be written as JSON; points are decimal strings, in points of the index
        and with all its places.

    >>> from cchc_rules import load_measurements, load_rules, score
    >>> rules = load_rules("example-access-to-law")
    >>> submission = {"format": 1, "ruleset": rules.id, "unit": "Commune A",
    ...               "period": "2023-07-01/2024-06-30", "measurements": {}}
    >>> scoring = score(rules, load_measurements(submission, rules)).scoring
    >>> content = document(scoring, "en", machine=False, gains=False)
    >>> content["language"], "digest" in content
    ('en', False)
    """
    writer = _Writer(scoring, lang, gains=gains)
    content = writer.document()
    if machine:
        return writer.proved(content)
    return content


def json_text(scoring: Scoring, lang: str) -> str:
    """Return the whole report document as JSON text.

    It is what `print_report` gives of `document`, in half the time: no table is made of rules of
    which the text is known.

    Args:
        scoring: The scoring to write about.
        lang: The language of the texts: `"vi"` or `"en"`.

    >>> from cchc_rules import load_measurements, load_rules, print_report, score
    >>> rules = load_rules("example-access-to-law")
    >>> submission = {"format": 1, "ruleset": rules.id, "unit": "Commune A",
    ...               "period": "2023-07-01/2024-06-30", "measurements": {}}
    >>> scoring = score(rules, load_measurements(submission, rules)).scoring
    >>> json_text(scoring, "en") == print_report(document(scoring, "en"))
    True
    """
    return _Writer(scoring, lang, gains=True).json_text()


class _Writer:
    """Writes the document of a scoring in one language.

    Rules are asked for by their position in the rule file, groups and metrics by their ids.
    """

    def __init__(
        self,
        scoring: Scoring,
        lang: str,
        *,
        gains: bool,
    ) -> None:
        self.scoring = scoring
        self.lang = lang
        self.speaker = ResultText(scoring, lang)
        self.arithmetic = Arithmetic(self.speaker)
        explanation = Explanation(self.arithmetic)
        self.rules = RuleDocuments(explanation, with_gains=gains)
        self.fixed = self.speaker.fixed

    def document(self) -> Document:
        """Return the whole document but for the machine form and the digest."""
        positions = range(len(self.scoring.results))
        return self._document([self.rules.rule(position) for position in positions])

    def _document(self, rules: list[Document]) -> Document:
        """Return the document with the documents of its rules put in."""
        scoring = self.scoring
        # The order of the keys is the order in which JSON shows them, and part of the format.
        return {
            **heading.scored(self.speaker),
            "ruleset": self.fixed.rule_set(),
            "index": self.index(),
            "band": self.band(),
            "targets": self.targets(),
            "groups": self.groups(),
            "rules": rules,
            "losses": self.ids(scoring.losses()),
            "without_effect": self.ids(scoring.without_effect()),
            **{str(state): self.ids(scoring.in_state(state)) for state in _LISTED},
            "unsupported": self.ids(sorted(scoring.unsupported)),
            **self.required_shares(),
            "tracks": self.tracks(),
            "origins": fresh(self.fixed.origins),
        }

    def proved(self, content: Document) -> Document:
        """Return a document with what it takes to recompute it: the machine form, and a digest of
        all the rest.
        """
        proof = Proof(self.scoring)
        forms = proof.of_rules()
        for rule, form in zip(content["rules"], forms, strict=True):
            rule["machine"] = form
        content["machine"] = proof.whole()
        # The digest comes last: it is taken over everything that stands before it.
        return {**content, "digest": self.digest(content)}

    def digest(self, content: Document) -> str:
        """Return the digest of a document, of whose rules most of the text is known already.

        Args:
            content: The document that this writer wrote, with the machine form in it.
        """
        members = []
        for key in sorted(content):
            if key == "rules":
                text = f"[{','.join(self.rules.texts(CANONICAL))}]"
            else:
                text = canonical(content[key])
            members.append(f'"{key}":{text}')
        whole = f"{{{','.join(members)}}}"
        return digest_of(whole.encode())

    def json_text(self) -> str:
        """Return the whole document as `print_report` writes it."""
        content = self._document([])
        content["machine"] = Proof(self.scoring).whole()
        content["digest"] = self.digest(content)
        members = []
        for key, value in content.items():
            text = indented(value, "\n  ")
            if key == "rules" and self.scoring.results:
                rules = ",\n    ".join(self.rules.texts(PRINTED))
                text = f"[\n    {rules}\n  ]"
            members.append(f'"{key}": {text}')
        whole = ",\n  ".join(members)
        return f"{{\n  {whole}\n}}\n"

    def ids(self, positions: Iterable[int]) -> list[str]:
        """Return the ids of the rules at positions."""
        names = self.scoring.compiled.names
        return [names[position] for position in positions]

    def words(self, text: Text | None) -> str | None:
        """Return a text of the rule file in the document's language, None where it has none."""
        if text:
            return text.of(self.lang)
        return None

    def index(self) -> Document:
        """Return the index with its parts, its range, and the steps from the maximum to it."""
        scoring = self.scoring
        sums = scoring.index
        points = scoring.points
        value = self.value_of(sums)
        exact = None
        if sums.scored:
            exact = number.ratio(sums.exact)
        return {
            "value": value,
            "scale": number.plain(scoring.rules.index.scale),
            "exact": exact,
            **self.total(sums.base),
            "base": points(sums.rounded_base),
            "bonus": points(sums.bonus),
            "penalty": points(sums.penalty),
            "calculation": self.arithmetic.index_line(),
            "lowest": self.value_of(scoring.lowest),
            "highest": self.value_of(scoring.highest),
            # The index takes every claim as it stands; `supported` leaves out what lacks evidence.
            "claimed": value,
            "supported": self.value_of(scoring.supported),
            "at_its_highest": scoring.at_its_highest,
            "counts": {str(state): len(scoring.in_state(state)) for state in State},
            "states": {str(state): self.parts(state) for state in State},
            "steps": self.steps(),
            "coverage": self.coverage(),
        }

    def coverage(self) -> Document | None:
        """Return how much was reported and is asked for, None where nothing is asked for.

        `open` are the rules whose figures or points would lift it, the largest first.
        """
        coverage = self.scoring.coverage
        if coverage is None:
            return None
        compiled = self.scoring.compiled
        parts = parts_of_base(compiled)
        lifting = [
            position
            for position, result in enumerate(self.scoring.results)
            if is_open(result) and parts[position]
        ]
        lifting.sort(key=lambda position: (-parts[position], compiled.names[position]))
        return {
            "least": number.plain(coverage.least),
            "reached": number.ratio(coverage.reached),
            "enough": coverage.enough,
            "parts": [
                {"rule": name, "points": number.ratio(part / compiled.unit)}
                for name, part in zip(compiled.names, parts, strict=True)
                if part
            ],
            "open": self.ids(lifting),
            "text": self.coverage_text(coverage, lifting),
        }

    def coverage_text(self, coverage: Coverage, lifting: Sequence[int]) -> str:
        """Return in words what was reported and is asked for, and what would lift it."""
        line = self.speaker.say(
            "report.coverage-line",
            reached=self.speaker.exact(coverage.shown),
            least=self.speaker.exact(coverage.least),
        )
        if coverage.enough:
            return line
        titles = [
            self.scoring.rule(position).title.of(self.lang)
            for position in lifting[:NAMED]
        ]
        if len(lifting) > NAMED:
            titles.append("…")
        named = "; ".join(titles)
        return self.speaker.say("report.coverage-open", line=line, rules=named)

    def value_of(self, sums: Sum) -> str | None:
        """Return an index as it is shown, None where nothing is left to score.

        Args:
            sums: The index itself, or what it would be in another case, as at its highest.
        """
        if not sums.scored:
            return None
        return self.scoring.points(sums.value)

    def parts(self, state: State) -> Document:
        """Return the points of all rules in a state.

        The four parts of all states together are those of all rules.
        """
        points = self.scoring.points
        maximum, earned, lost, excluded = self.scoring.parts(state)
        return {
            "maximum": points(maximum),
            "earned": points(earned),
            "lost": points(lost),
            "excluded": points(excluded),
        }

    def steps(self) -> list[Document]:
        """Return the way from the maximum to the index, for a waterfall chart."""
        points = self.scoring.points
        return [
            {
                "kind": step.kind,
                "group": step.group,
                "change": points(step.change),
                "total": points(step.total),
            }
            for step in self.scoring.steps()
        ]

    def total(self, total: Total) -> Document:
        """Return the points of a group, or of all groups that make up the base."""
        points = self.scoring.points
        return {
            "maximum": points(total.maximum),
            "earned": points(total.earned),
            "lost": points(total.lost),
            "excluded": points(total.excluded),
            "rescaled": points(total.rescaled),
        }

    def band(self) -> Document | None:
        """Return the band of the index, the next one up and all bands, or None."""
        banding = self.scoring.banding()
        if banding.band is None or banding.before is None:
            return None
        gated_from = None
        if banding.gates:
            gated_from = banding.before.id
        return {
            "id": banding.band.id,
            "title": self.words(banding.band.title),
            "gated_from": gated_from,
            "gates": list(banding.gates),
            "next": self.next_band(banding),
            "ladder": self.fixed.ladder(),
            **self.conditions(),
        }

    def conditions(self) -> Document:
        """Return how the conditions of gates stand, nothing where no gate has any of its own."""
        gates = self.scoring.compiled.band_gates
        with_needs = [gate for gate in gates if gate.gate.needs]
        if not with_needs:
            return {}
        text = ConditionText(self.speaker)
        return {"conditions": [text.gate(gate) for gate in with_needs]}

    def next_band(self, banding: Banding) -> Document | None:
        """Return the next band up and how far it is, None from the highest one."""
        band = banding.next
        if band is None:
            return None
        # Rounded up: who gains the points that are shown is sure to be in the band.
        distance = number.ceiling(banding.distance * self.scoring.compiled.unit)
        return {
            "id": band.id,
            "title": self.words(band.title),
            "distance": self.scoring.points(int(distance)),
            "gates": list(banding.next_gates),
        }

    def targets(self) -> list[Document]:
        """Return the targets on the index, each with whether it is reached."""
        return [self.target(target) for target in self.scoring.rules.targets]

    def target(self, target: Target) -> Document:
        """Return a target, whether it is reached, and how its conditions stand if it has any."""
        threshold = None
        if target.threshold is not None:
            threshold = number.plain(target.threshold)
        content: Document = {
            "id": target.id,
            "title": self.words(target.title),
            "source": list(target.source),
            "comparator": target.comparator,
            "threshold": threshold,
            "value": self.value_of(self.scoring.index),
            "reached": self.scoring.reached(target),
        }
        needs = self.scoring.compiled.target_needs[target.id]
        if needs:
            text = ConditionText(self.speaker)
            content["needs"] = [text.need(need) for need in needs]
        return content

    def required_shares(self) -> Document:
        """Return the shares of points that rules ask of others, nothing where none does."""
        rules = [rule for rule in self.scoring.compiled.ordered if rule.needs]
        if not rules:
            return {}
        return {
            "required_shares": [
                {
                    "rule": rule.id,
                    "requires": need.id,
                    "text": self.speaker.need(need),
                }
                for rule in rules
                for need in rule.needs
            ]
        }

    def groups(self) -> list[Document]:
        """Return all groups, in file order."""
        # The totals stand children before parents; the document follows the rule file.
        groups = zip(self.scoring.compiled.groups, self.scoring.groups, strict=True)
        totals = {compiled.id: total for compiled, total in groups}
        return [self.group(id_, totals[id_]) for id_ in self.scoring.rules.groups]

    def group(self, id_: str, total: Total) -> Document:
        """Return one group with its points."""
        group = self.scoring.rules.groups[id_]
        content = self.fixed.group(id_)
        content |= self.total(total)
        # Points may lie beyond a cap; pools always have one.
        if group.kind != "base" or group.cap is not None:
            content["uncapped"] = self.scoring.points(total.uncapped)
        content["absent"] = self.scoring.measurements.absent.get(id_)
        return content

    def tracks(self) -> list[Document]:
        """Return the totals of the further tracks, such as the appraised points."""
        return [
            {
                "id": track.id,
                "earned": self.speaker.padded(track.earned),
                "maximum": self.speaker.padded(track.maximum),
                "scored": track.scored,
                "unscored": track.unscored,
            }
            for track in self.scoring.tracks()
        ]


NAMED = 5
"""So many rules that would lift the coverage are named in its sentence."""

# Beside the losses, these states have a list of their own rules in the document. A rule that was
# judged is in none of them.
_LISTED = (State.MISSING, State.NOT_DUE, State.NOT_APPLICABLE, State.WAIVED)
