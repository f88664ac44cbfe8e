"""What the views share: the words, figures and dates of a document in its language, and texts that
are safe to show.

Whatever people typed, in a rule file or a submission, passes `safe` on its way to a view. Words of
the catalogue are ours and need it only for their arguments, which `message` takes care of.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from cchc_rules.base import messages

Document = Mapping[str, Any]
"""A document that a view lays out: JSON data, as `docs/reference` describes it."""

LabelledText = tuple[str, str]
"""A label and the words beside it: one line of a list of facts."""

Facts: TypeAlias = Iterator[LabelledText]
"""What is said of one thing: labels with their words, in the order of reading."""

Lines: TypeAlias = Iterator[str]
"""The lines of a view, in order and without their line ends."""

CONTROL_CATEGORIES = ("Cc", "Cf", "Cs")
"""The Unicode categories that move a cursor, turn the direction of a line, or are no characters."""

APART_LISTS = ("not_due", "not_applicable", "waived", "unsupported", "without_effect")
"""The lists of a report that stand apart from its lost points, in the order of reading."""

GATE_WORDS = {
    "gated": ("not_met",),
    "gated-partly": ("partly_met",),
    "gated-missing": ("missing",),
}
"""How it is said that a gate lowers the band, by the states of its rule."""

REASONS_TO_SAY = ("gate_unknown", "waiver_ended")
"""The reasons that the other lines of a loss do not tell already."""


def safe(text: object) -> str:
    r"""Return a text on one line, without anything that could act on a terminal or a page.

    Runs of spaces and line ends become one space; control characters, escape sequences and marks
    that turn the direction of writing become `�`. Such marks (U+202E, say) could make a name read
    backwards, so that a reader sees other words than a program does.

    >>> safe("on\ntime")
    'on time'
    >>> safe("\x1b[31mred")
    '�[31mred'
    """
    line = " ".join(str(text).split())
    # Nearly every text is printable; then no character need be looked at.
    if line.isprintable():
        return line
    return "".join(map(_visible, line))


def _visible(char: str) -> str:
    if unicodedata.category(char) in CONTROL_CATEGORIES:
        return "�"
    return char


def safe_list(texts: Iterable[object], separator: str = ", ") -> str:
    """Return texts joined on one line, each made safe."""
    return separator.join(map(safe, texts))


def message(lang: str, key: str, arguments: Mapping[str, object]) -> str:
    """Return a message of the catalogue with its arguments made safe.

    Args:
        lang: the language, `vi` or `en`.
        key: the id of the message.
        arguments: what the message has in braces; each is shown as one safe line.

    >>> message("en", "report.minus", {"points": "1.20"})
    '−1.20 points'
    """
    shown = {name: safe(value) for name, value in arguments.items()}
    return messages.message(lang, key, **shown)


def _conditions(band: Document) -> Mapping[str, Document]:
    """Return the gates of a band that have conditions of their own, by their names."""
    gates = band.get("conditions", [])
    return {gate["gate"]: gate for gate in gates}


def _barring(needs: Iterable[Document]) -> str:
    """Return the texts of the conditions that bar."""
    barring = ("fails", "missing")
    return ", ".join(need["text"] for need in needs if need["state"] in barring)


def _lacking(gate: Document) -> str:
    """Return what a gate asks for that is not there, behind its title if it has one."""
    needs = _barring(gate["needs"])
    if gate["title"] is None:
        return needs
    return f"{gate['title']}: {needs}"


def is_zero(figure: str) -> bool:
    """Whether a printed figure shows nothing but noughts.

    >>> is_zero("-0.00"), is_zero("0.01")
    (True, False)
    """
    return not figure.strip("-0.")


class Words:
    """Says words, figures and dates in the language of one document.

    >>> words = Words({"language": "en"})
    >>> words.number("1902.50"), words.date("2023-07-14")
    ('1,902.50', '14 July 2023')
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.lang: str = document["language"]

    def say(self, key: str, **arguments: object) -> str:
        """Return a message about reports, its arguments made safe."""
        return message(self.lang, f"report.{key}", arguments)

    def number(self, figure: str) -> str:
        """Return a figure in the form of the language."""
        return messages.number(self.lang, figure)

    def date(self, iso: str) -> str:
        """Return a day, given as ISO text, in the form of the language."""
        return messages.date(self.lang, date.fromisoformat(iso))


class Display(Words):
    """Says the parts of one report, for every view alike."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self.rules: dict[str, Document] = {
            rule["id"]: rule for rule in document["rules"]
        }

    def state(self, state: str) -> str:
        """Return the name of a state."""
        return messages.message(self.lang, f"state.{state}")

    def listed_rules(self, key: str) -> list[Document]:
        """Return the rules that a list of the document names."""
        return [self.rules[id_] for id_ in self.document[key]]

    def title(self, group: Document) -> str:
        """Return the title of a group; bonus and penalty groups say that they are such."""
        title = safe(group["title"])
        if group["kind"] == "base":
            return title
        return f"{title} ({self.say(group['kind'])})"

    def areas(self) -> list[Document]:
        """Return the groups at the top, in the order of the rule file."""
        groups = self.document["groups"]
        return [group for group in groups if group["parent"] is None]

    # The head and the index. Every view begins with these two lists of facts, in this order, so
    # that a reader of one finds the way about in the others.

    def head(self) -> Facts:
        """Yield what was scored, by which rule set, as of which day.

        Figures that were tried out are told here, so that nobody takes what might be for what is.
        """
        submission = self.document["measurements"]
        yield self.say("unit"), self._unit()
        yield self.say("period"), self._period()
        yield from self._ruleset()
        if submission["note"]:
            yield self.say("note"), safe(submission["note"])
        for change in submission["changes"]:
            yield self.say("tried"), safe(change["text"])

    def _unit(self) -> str:
        unit = safe(self.document["measurements"]["unit"])
        kind = self.document["ruleset"]["kind_title"]
        if not kind:
            return unit
        return f"{unit} ({safe(kind)})"

    def _period(self) -> str:
        return self.say(
            "period-line",
            period=self.document["measurements"]["period"],
            as_of=self.date(self.document["as_of"]),
        )

    def _ruleset(self) -> Facts:
        ruleset = self.document["ruleset"]
        name = f"{ruleset['id']} {ruleset['version']} – {ruleset['title']}"
        yield self.say("ruleset"), safe(name)
        if not ruleset["since"]:
            return
        since = self.date(ruleset["since"])
        if ruleset["since_title"]:
            since += f" – {safe(ruleset['since_title'])}"
        yield self.say("since"), since

    def index(self) -> Facts:
        """Yield the index, its band and its targets, and how far each of them holds."""
        index = self.document["index"]
        # The figure that everybody asks for comes first, and how it comes about right below it.
        yield self.say("index"), self.index_of_scale()
        yield self.say("arithmetic"), safe(index["calculation"])
        if index["coverage"] is not None:
            yield self.say("coverage"), safe(index["coverage"]["text"])
        if self.document["band"]:
            yield self.say("band"), self._band(self.document["band"])
        if index["supported"] not in (index["claimed"], None):
            yield self.say("evidence"), self._claimed_and_supported(index)
        # Where nothing is open, lowest and highest are the index itself: there is no range to tell.
        ends = {index["lowest"], index["highest"]}
        if None not in ends and ends != {index["value"]}:
            yield self.say("possible"), self._possible_range(index)
        for target in self.document["targets"]:
            yield self.say("target"), self._target(target)
        yield self.say("counts"), self._counts(index["counts"])

    def index_of_scale(self) -> str:
        """Return the index of its scale, or that there is none."""
        index = self.document["index"]
        if index["value"] is None:
            return self.why_no_index()
        value = self.number(index["value"])
        scale = self.number(index["scale"])
        return f"{value} / {scale}"

    def why_no_index(self) -> str:
        """Return why there is no index: too little was reported, or nothing is left to score."""
        coverage = self.document["index"]["coverage"]
        if coverage is not None and not coverage["enough"]:
            return self.say("too-little")
        return self.say("no-index")

    def _claimed_and_supported(self, index: Document) -> str:
        return self.say(
            "claimed",
            claimed=self.number(index["claimed"]),
            supported=self.number(index["supported"]),
        )

    def _possible_range(self, index: Document) -> str:
        return self.say(
            "range",
            lowest=self.number(index["lowest"]),
            highest=self.number(index["highest"]),
        )

    def _counts(self, counts: Mapping[str, int]) -> str:
        parts = []
        for state, count in counts.items():
            if count:
                parts.append(f"{count} {self.state(state)}")
        return ", ".join(parts)

    def _band(self, band: Document) -> str:
        parts = [safe(band["title"]), *self.gated(band)]
        if band["next"]:
            parts.append(self.next_band(band))
        return "; ".join(parts)

    def gated(self, band: Document) -> Lines:
        """Yield why gates lower a band: by rules not met, met in part, or not reported."""
        conditions = _conditions(band)
        of_rules = (gate for gate in band["gates"] if gate not in conditions)
        gates = [self.rules[gate] for gate in of_rules]
        for key, states in GATE_WORDS.items():
            titles = [rule["title"] for rule in gates if rule["state"] in states]
            if titles:
                yield self.say(key, rules=", ".join(titles))
        for name in band["gates"]:
            if name in conditions:
                yield self.say("gated-needs", needs=_lacking(conditions[name]))

    def next_band(self, band: Document) -> str:
        """Return how far the next band is, and what bars it besides."""
        following = band["next"]
        conditions = _conditions(band)
        gates = []
        for name in following["gates"]:
            if name in conditions:
                gates.append(_lacking(conditions[name]))
            else:
                gates.append(self.rules[name]["title"])
        key = "next-band"
        if gates:
            key = "next-band-gated"
        return self.say(
            key,
            distance=self.number(following["distance"]),
            band=following["title"],
            rules=", ".join(gates),
        )

    def _target(self, target: Document) -> str:
        title = safe(target["title"])
        clauses = self.clauses(target)
        return f"{title} ({clauses}): {self.target_reached(target)}"

    def target_reached(self, target: Document) -> str:
        """Return the words for what became of a target, with what it lacks beside the index."""
        needs = _barring(target.get("needs", []))
        if needs and target["reached"] is False:
            return self.say("not-reached-needs", needs=needs)
        return self.reached(reached=target["reached"])

    def reached(self, *, reached: bool | None) -> str:
        """Return the words for a target: reached, missed, or None where there is no index."""
        if reached is None:
            return self.say("not-judged")
        if reached:
            return self.say("reached")
        return self.say("not-reached")

    # Rules. What is said of one rule stands in the order of the questions that its officer asks: by
    # which clause, what was asked, what was reported, how that makes so many points, and what is to
    # be done.

    def lost(self) -> Iterator[tuple[str, list[Document]]]:
        """Yield the lists of lost points, each with its heading.

        What reported figures cost comes first. What is missing may still be found, so that its
        losses stand apart from those that are known to be such.
        """
        yield self.say("losses"), self.listed_rules("losses")
        if self.document["missing"]:
            yield self.say("list-missing"), self.listed_rules("missing")

    def apart(self) -> Iterator[tuple[str, str, list[Document]]]:
        """Yield the lists that stand apart from the lost points: key, heading and rules.

        The last of them has the rules that read a figure in place of a missing one and stand in no
        other list, where that is told of them.
        """
        listed = {*self.document["losses"], *self.document["missing"]}
        for key in APART_LISTS:
            if self.document[key]:
                yield key, self.list_heading(key), self.listed_rules(key)
            listed.update(self.document[key])
        fallbacks = [
            rule
            for rule in self.document["rules"]
            if rule["fallback"] and rule["id"] not in listed
        ]
        if fallbacks:
            yield "fallback", self.list_heading("fallback"), fallbacks

    def list_heading(self, key: str) -> str:
        """Return the heading of a list of the document."""
        message_key = key.replace("_", "-")
        return self.say(f"list-{message_key}")

    def loss(self, rule: Document) -> Facts:
        """Yield everything that is said of a rule that lost points."""
        yield self.say("clause"), self.clauses(rule)
        yield self.say("required"), safe(rule["required"])
        if rule["origin"]:
            yield self.say("origin"), safe(rule["origin"])
        yield self.say("reported"), safe(rule["reported"])
        yield self.say("arithmetic"), safe(rule["calculation"])
        # One reason is enough: that a figure stood in for another is told where nothing else is.
        if self._has_reason_to_say(rule):
            yield self.say("reason"), safe(rule["reason"]["text"])
        elif rule["fallback"]:
            yield self.say("reason"), safe(rule["fallback"])
        if rule["win_back"]:
            yield self.say("win-back"), safe(rule["win_back"])
        for gain in rule["gains"]:
            yield self.say(f"gain-{gain['aim']}"), safe(gain["text"])
        yield from self.remedy(rule["remedy"])
        yield from self.proof(rule)
        for conflict in rule["conflicts"]:
            yield self.say("conflict"), self.conflict(conflict)

    def _has_reason_to_say(self, rule: Document) -> bool:
        """Whether the other lines leave open why a rule is in its state: for lack of another figure
        than its own, say.
        """
        for figure in rule["inputs"]:
            is_own = figure["metric"] == rule["metric"]
            if figure["state"] == rule["state"] and not is_own:
                return True
        return rule["reason"]["code"] in REASONS_TO_SAY

    def remedy(self, remedy: Document | None) -> Facts:
        """Yield what is to be done, by whom, with whom, by when, and with which money."""
        if remedy is None:
            return
        for key in ("task", "lead", "with", "due", "budget"):
            if remedy[key]:
                yield self.say(key), safe(remedy[key])

    def proof(self, rule: Document) -> Facts:
        """Yield the documents that were given as evidence, and the product that the plan names."""
        documents = rule["evidence"]["documents"]
        names = [document["document"] for document in documents if document["valid"]]
        if names:
            yield self.say("documents"), safe_list(names, "; ")
        if rule["remedy"] and rule["remedy"]["product"]:
            yield self.say("product"), safe(rule["remedy"]["product"])

    def conflict(self, conflict: Document) -> str:
        """Return another reading of the target: where it stands, what it asks, and why."""
        parts = (conflict["source"], conflict["required"], conflict["note"])
        return ": ".join(safe(part) for part in parts if part)

    def lost_points(self, rule: Document) -> str:
        """Return what a rule of a list of lost points lost; of a missing one, what else became of
        its points.

        A missing figure may cost its points, leave the maximum, count in full, or wait for points
        from a person: whatever the rule set declares for it.
        """
        if Decimal(rule["lost"]):
            return self.say("minus", points=self.number(rule["lost"]))
        if Decimal(rule["excluded"]):
            excluded = self.number(rule["excluded"])
            return self.say("excluded-points", points=excluded)
        if rule["id"] in self.document["losses"]:
            return self.say("minus", points=self.under_a_tick())
        earned = Decimal(rule["earned"])
        # In a pool a part of the points may be all that counts: the rest lies beyond the cap.
        if earned and earned < Decimal(rule["maximum"]):
            return self.say("earned-in-part", points=self.number(rule["earned"]))
        if earned:
            return self.say("counted-in-full", points=self.number(rule["earned"]))
        # In a mean even the whole of a rule may be too little for the last place; beyond a cap
        # nothing is lost, and nothing can be won back.
        if rule["win_back"]:
            return self.say("minus", points=self.under_a_tick())
        return self.say("no-points")

    def amount(self, rule: Document) -> str:
        """Return the loss of a rule as a figure alone."""
        if Decimal(rule["lost"]):
            return f"−{self.number(rule['lost'])}"
        return self.under_a_tick()

    def under_a_tick(self) -> str:
        """Return what stands for an amount too little for the last place: `under 0.01`."""
        # The maximum is always there, and printed with all places of points.
        _, _, decimals = self.document["index"]["maximum"].partition(".")
        tick = Decimal(1).scaleb(-len(decimals))
        points = self.number(f"{tick:f}")
        return message(self.lang, "word.under", {"points": points})

    def no_losses(self) -> str:
        """Return what stands in place of losses: that nothing was lost only where that is so."""
        if self.document["index"]["at_its_highest"]:
            return self.say("no-losses")
        return self.say("no-losses-yet")

    def points_at_stake(self, rule: Document, key: str = "") -> str:
        """Return what a rule of a list lost, or what it is worth where it lost nothing.

        Args:
            rule: the rule.
            key: the list, as the document names it; some lists tell other points.
        """
        if key == "missing":
            return self.lost_points(rule)
        if key == "unsupported":
            return self.say("of-points", points=self.number(rule["earned"]))
        if key == "without_effect":
            beyond = self.number(rule["without_effect"])
            return self.say("of-points", points=beyond)
        if Decimal(rule["lost"]):
            return self.say("minus", points=self.number(rule["lost"]))
        return self.say("of-points", points=self.number(rule["maximum"]))

    def clauses(self, part: Document) -> str:
        """Return the clauses of the document that a rule or a target comes from."""
        return safe_list(part["source"])

    # Tracks: what others gave, an appraisal team say, beside the points of the report itself

    def tracks(self) -> Iterator[tuple[str, list[str]]]:
        """Yield each further track with its sum, and the rules that it gave points to."""
        for track in self.document["tracks"]:
            earned = self.number(track["earned"])
            maximum = self.number(track["maximum"])
            words = f"{safe(track['id'])}: {earned} / {maximum}"
            yield words, list(self._points_of_track(track["id"]))

    def _points_of_track(self, track: str) -> Lines:
        for rule in self.document["rules"]:
            points = rule["tracks"][track]
            if points is None:
                continue
            title = safe(rule["title"])
            clauses = self.clauses(rule)
            earned = self.number(points)
            maximum = self.number(rule["maximum"])
            line = f"{title} ({clauses}): {earned} / {maximum}"
            # Reports that were written before reasons were kept have none.
            reason = rule.get("track_reasons", {}).get(track)
            if reason:
                line += f" – {safe(reason)}"
            yield line

    # The foot

    def foot(self) -> Facts:
        """Yield where everything comes from: documents, weights, files with their hashes."""
        ruleset = self.document["ruleset"]
        engine = self.document["engine"]
        # Who holds a printed report can tell by the hashes which files it was made from.
        for label, key in (("document", "source"), ("note", "note")):
            if ruleset[key]:
                yield self.say(label), safe(ruleset[key])
        yield self.say("weights"), self._weight_bases()
        rules = self.document["rules"]
        conflicts = sum(bool(rule["conflicts"]) for rule in rules)
        if conflicts:
            yield self.say("conflicts"), self.say("conflict-count", count=conflicts)
        for file in ruleset["files"]:
            yield safe(file["name"]), f"SHA-256 {file['sha256']}"
        submission_hash = self.document["measurements"]["sha256"]
        yield self.say("submission"), f"SHA-256 {submission_hash}"
        yield self.say("engine"), safe(f"{engine['name']} {engine['version']}")

    def _weight_bases(self) -> str:
        parts = (*self.document["rules"], *self.document["groups"])
        bases = sorted({part["weight_basis"] for part in parts})
        words = [self.say(f"basis-{basis}") for basis in bases]
        return "; ".join(words)
