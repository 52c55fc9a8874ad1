"""Sentences about where people work, study, live and were born, made from patterns, with questions that differ in a word or two and so
in their answer: questions that people write ask for one of two phrases more often than for the other.

Everyone in them is spoken of by name. Who speaks of themselves is not taught, so that one can measure whether it carries over.
"""

import random
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .tagging import spans

NAMES = re.compile(r"[^\W\d_][\w'.-]*( [^\W\d_][\w'.-]*){0,3}")
"""Mentions that are used: up to four words, without marks between."""
PROFESSIONS = (
    "engineer", "nurse", "teacher", "clerk", "lawyer", "designer", "driver", "cook", "researcher", "accountant", "manager", "doctor",
    "editor", "translator", "technician", "librarian", "chemist", "producer", "mechanic", "consultant",
)


class Relation(NamedTuple):
    said: tuple[str, ...]
    """Sentences with {who}, {org}, {place}, {year}, {job}."""
    asked: Mapping[str, tuple[str, ...]]
    """Questions, by what of these is their answer."""


WORK = (
    "Where does {who} work?", "Where does {who} work?", "Who does {who} work for?", "What company does {who} work for?",
    "Where is {who} employed?", "Who employs {who}?",
)
CITY = ("In which city does {who} work?", "In what place does {who} work?", "Where is {org}?")
RELATIONS = (
    Relation(
        ("{who} works at {org} in {place}.", "{who} works for {org} in {place}.", "{who} has worked at {org} in {place} since {year}.",
         "{who} works as a {job} at {org} in {place}.", "{who} is a {job} at {org} in {place}.", "{who} is employed by {org} in {place}."),
        {"org": WORK, "place": CITY},
    ),
    Relation(
        ("{who} lives in {place} and works at {org}.", "{who} works at {org} and lives in {place}.", "{who}, who lives in {place}, is a {job} at {org}."),
        {"org": WORK, "place": ("Where does {who} live?", "In which city does {who} live?")},
    ),
    Relation(
        ("{who} studied at {org} in {place}.", "{who} went to {org} in {place} in {year}.", "In {year} {who} studied at {org} in {place}."),
        {"org": ("Where did {who} study?", "Where did {who} go to study?"), "place": ("In which city did {who} study?", "Where is {org}?")},
    ),
    Relation(
        ("{who} teaches at {org} in {place}.", "{who} has taught at {org} in {place} since {year}."),
        {"org": ("Where does {who} teach?", "Where does {who} work?"), "place": ("In which city does {who} teach?", "Where is {org}?")},
    ),
    Relation(
        ("{who} was born in {place} in {year}.", "{who} was born in {year} in {place}.", "{who} grew up in {place}."),
        {"place": ("Where does {who} come from?", "Where is {who} from?")},
    ),
    Relation(
        ("{who} moved to {place} in {year} to work at {org}.", "{who} left {place} in {year} and now works at {org}."),
        {"org": WORK, "year": ("When did {who} move?", "In which year did {who} move?")},
    ),
)


def mentions(rows: Sequence[dict]) -> dict[str, list[str]]:
    """The names in tagged rows, once each, by type."""
    found: dict[str, set[str]] = {}
    for row in rows:
        for start, end, kind in spans(row["tags"]):
            name = " ".join(row["words"][start:end])
            if NAMES.fullmatch(name) and name[0].isupper():
                found.setdefault(kind, set()).add(name)
    return {kind: sorted(names) for kind, names in found.items()}


def facts(names: Mapping[str, Sequence[str]], count: int, others: Sequence[str], rng: random.Random) -> list[dict]:
    """`count` questions, as rows of question, context and answers. Beside the sentence that answers stand up to three: of other people, or of `others`."""
    result = []
    while len(result) < count:
        told = [_fact(names, rng) for _ in range(rng.randint(1, 3))]
        if len({values["who"] for _, values, _ in told}) < len(told):
            continue
        relation, values, sentence = told[0]
        sentences = [text for _, _, text in told] + rng.sample(others, rng.randint(0, 1))
        rng.shuffle(sentences)
        # A name that is part of another would be found in it.
        answered = [kind for kind in relation.asked if sentence.count(values[kind]) == 1]
        if not answered:
            continue
        kind = rng.choice(answered)
        context = " ".join(sentences)
        start = context.index(sentence) + sentence.rindex(values[kind])
        question = rng.choice(relation.asked[kind]).format(**values)
        result.append({"question": question, "context": context, "answers": [{"text": values[kind], "start": start}]})
    return result


def _fact(names: Mapping[str, Sequence[str]], rng: random.Random) -> tuple[Relation, dict[str, str], str]:
    relation = rng.choice(RELATIONS)
    values = {
        "who": rng.choice(names["PER"]), "org": rng.choice(names["ORG"]), "place": rng.choice(names["LOC"]),
        "year": str(rng.randint(1950, 2020)), "job": rng.choice(PROFESSIONS),
    }
    return relation, values, rng.choice(relation.said).format(**values)
