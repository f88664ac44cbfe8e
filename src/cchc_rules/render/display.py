"""What the views share: words, figures and dates of a document in its language, and texts made safe
to show.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from cchc_rules.base import messages

Document = Mapping[str, Any]


def safe(text: object) -> str:
    """Return a text on one line without control characters, escape sequences or marks that turn the
    direction.
    """
    flat = " ".join(str(text).split())
    if flat.isprintable():
        return flat
    return "".join(
        "�" if unicodedata.category(char) in ("Cc", "Cf", "Cs") else char
        for char in flat
    )


class Words:
    """Says words, figures and dates in the language of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.lang: str = document["language"]

    def say(self, id_: str, **places: object) -> str:
        """Return a message of the catalogue, its places made safe."""
        return messages.message(
            self.lang,
            f"report.{id_}",
            **{key: safe(value) for key, value in places.items()},
        )

    def number(self, text: str) -> str:
        """Return a figure in the language's form."""
        return messages.number(self.lang, text)

    def date(self, iso: str) -> str:
        """Return an ISO date in the language's form."""
        return messages.date(self.lang, date.fromisoformat(iso))


class Display(Words):
    """Says the parts of one report."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self.rules: dict[str, Document] = {
            rule["id"]: rule for rule in document["rules"]
        }

    def state(self, state: str) -> str:
        """Return a state's name."""
        return messages.message(self.lang, f"state.{state}")

    def picked(self, key: str) -> list[Document]:
        """Return the rules that a list of the document names."""
        return [self.rules[id_] for id_ in self.document[key]]

    def title(self, group: Document) -> str:
        """Return a group's title; a pool beside the base says what it is."""
        title = safe(group["title"])
        return (
            title if group["kind"] == "base" else f"{title} ({self.say(group['kind'])})"
        )

    def areas(self) -> list[Document]:
        """Return the groups at the top."""
        return [group for group in self.document["groups"] if group["parent"] is None]

    def head(self) -> Iterator[tuple[str, str]]:
        """Yield the lines of the head: label and words."""
        document = self.document
        rules = self.document["ruleset"]
        kind = f" ({safe(rules['kind_title'])})" if rules["kind_title"] else ""
        yield self.say("unit"), safe(document["measurements"]["unit"]) + kind
        yield (
            self.say("period"),
            self.say(
                "period-line",
                period=document["measurements"]["period"],
                as_of=self.date(document["as_of"]),
            ),
        )
        yield (
            self.say("ruleset"),
            safe(f"{rules['id']} {rules['version']} – {rules['title']}"),
        )
        if rules["since"]:
            title = f" – {safe(rules['since_title'])}" if rules["since_title"] else ""
            yield self.say("since"), self.date(rules["since"]) + title
        if document["measurements"]["note"]:
            yield self.say("note"), safe(document["measurements"]["note"])
        for change in document["measurements"]["changes"]:
            yield self.say("tried"), safe(change["text"])

    def index(self) -> Iterator[tuple[str, str]]:
        """Yield the lines of the index: label and words."""
        index = self.document["index"]
        yield (
            self.say("index"),
            f"{self.number(index['value'])} / {self.number(index['scale'])}",
        )
        yield self.say("arithmetic"), safe(index["calculation"])
        if self.document["band"]:
            yield self.say("band"), self._band(self.document["band"])
        if index["supported"] != index["claimed"]:
            yield (
                self.say("evidence"),
                self.say(
                    "claimed",
                    claimed=self.number(index["claimed"]),
                    supported=self.number(index["supported"]),
                ),
            )
        if (index["lowest"], index["highest"]) != (index["value"], index["value"]):
            yield (
                self.say("possible"),
                self.say(
                    "range",
                    lowest=self.number(index["lowest"]),
                    highest=self.number(index["highest"]),
                ),
            )
        for target in self.document["targets"]:
            yield self.say("target"), self._target(target)
        yield (
            self.say("counts"),
            ", ".join(
                f"{count} {self.state(state)}"
                for state, count in index["counts"].items()
                if count
            ),
        )

    def _band(self, band: Document) -> str:
        line: str = safe(band["title"])
        if band["gates"]:
            titles = ", ".join(self.rules[rule]["title"] for rule in band["gates"])
            line += "; " + self.say("gated", rules=titles)
        if band["next"]:
            distance = self.number(band["next"]["distance"])
            line += "; " + self.say(
                "next-band", distance=distance, band=band["next"]["title"]
            )
        return line

    def _target(self, target: Document) -> str:
        reached = self.say("reached" if target["reached"] else "not-reached")
        return f"{safe(target['title'])} ({', '.join(map(safe, target['source']))}): {reached}"

    def loss(self, rule: Document) -> Iterator[tuple[str, str]]:
        """Yield what must be said of a lost point: label and words."""
        yield self.say("clause"), self.clauses(rule)
        yield self.say("required"), safe(rule["required"])
        if rule["origin"]:
            yield self.say("origin"), safe(rule["origin"])
        yield self.say("reported"), safe(rule["reported"])
        yield self.say("arithmetic"), safe(rule["calculation"])
        if rule["reason"]["code"] in ("gate_unknown", "waiver_ended"):
            yield self.say("reason"), safe(rule["reason"]["text"])
        if rule["win_back"]:
            yield self.say("win-back"), safe(rule["win_back"])
        for gain in rule["gains"]:
            yield self.say(f"gain-{gain['aim']}"), safe(gain["text"])
        yield from self.remedy(rule["remedy"])
        yield from self.proof(rule)
        for conflict in rule["conflicts"]:
            yield self.say("conflict"), self.conflict(conflict)

    def remedy(self, remedy: Document | None) -> Iterator[tuple[str, str]]:
        """Yield who must act, with whom, by when: label and words."""
        for key in ("task", "lead", "with", "due", "budget"):
            if remedy and remedy[key]:
                yield self.say(key), safe(remedy[key])

    def proof(self, rule: Document) -> Iterator[tuple[str, str]]:
        """Yield which document proves it: what was given, and what the plan names as the product."""
        given = [
            item["document"] for item in rule["evidence"]["documents"] if item["valid"]
        ]
        if given:
            yield self.say("documents"), "; ".join(map(safe, given))
        if rule["remedy"] and rule["remedy"]["product"]:
            yield self.say("product"), safe(rule["remedy"]["product"])

    def conflict(self, conflict: Document) -> str:
        """Return another reading of the target."""
        parts = [conflict["source"], conflict["required"], conflict["note"]]
        return ": ".join(safe(part) for part in parts if part)

    def worth(self, rule: Document) -> str:
        """Return what a rule that stands apart is worth, or what it lost."""
        if Decimal(rule["lost"]):
            return self.say("minus", points=self.number(rule["lost"]))
        return self.say("of-points", points=self.number(rule["maximum"]))

    def clauses(self, rule: Document) -> str:
        """Return the clauses that a rule holds."""
        return ", ".join(map(safe, rule["source"]))

    def lost(self) -> Iterator[tuple[str, list[Document]]]:
        """Yield the lists of lost points: by figures, and apart from them by figures that are
        missing.
        """
        yield self.say("losses"), self.picked("losses")
        if self.document["missing"]:
            yield self.say("list-missing"), self.picked("missing")

    def apart(self) -> Iterator[tuple[str, list[Document]]]:
        """Yield the lists that stand apart from what was lost: heading and rules."""
        for key in ("not_due", "not_applicable", "waived", "unsupported"):
            if self.document[key]:
                yield self.say(f"list-{key.replace('_', '-')}"), self.picked(key)

    def foot(self) -> Iterator[tuple[str, str]]:
        """Yield where it all comes from: label and words."""
        document = self.document
        for label, key in (("document", "source"), ("note", "note")):
            if document["ruleset"][key]:
                yield self.say(label), safe(document["ruleset"][key])
        bases = {rule["weight_basis"] for rule in document["rules"]} | {
            g["weight_basis"] for g in document["groups"]
        }
        yield (
            self.say("weights"),
            "; ".join(self.say(f"basis-{basis}") for basis in sorted(bases)),
        )
        conflicts = sum(bool(rule["conflicts"]) for rule in document["rules"])
        if conflicts:
            yield self.say("conflicts"), self.say("conflict-count", count=conflicts)
        for file in document["ruleset"]["files"]:
            yield safe(file["name"]), f"SHA-256 {file['sha256']}"
        yield self.say("submission"), f"SHA-256 {document['measurements']['sha256']}"
        yield (
            self.say("engine"),
            safe(f"{document['engine']['name']} {document['engine']['version']}"),
        )
