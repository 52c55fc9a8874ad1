"""Text that is the project's own: sentences out of templates, with names, places, accents, emoji and a few other scripts."""

import random

NAMES = "Sylvain Amélie Zoë Lewis Merve Björn Chloé Pedro Ümit Olga Ngozi Søren Anna-Lena Jean-Luc O'Neill Łukasz José Aiko Ravi Fatima".split()
PLACES = "Brooklyn Paris Zürich Kraków São-Paulo Lagos Kyoto Reykjavík Lima Oslo Quebec Dakar Malmö Pune Hanoi".split()
FIRMS = ["Hugging Face", "Blue River Mills", "Çelik & Sons", "North Sea Cables", "Atlas Bakery", "Quartz Labs", "Aurora Rail", "Old Mill Press"]
THINGS = "course model library bridge kitchen letter garden engine concert lecture harbour violin recipe lantern journal".split()
ADJECTIVES = "wonderful terrible quiet brilliant boring useful broken elegant slow unbelievable modest unhappy generous crystal-clear".split()
VERBS = "loved hated opened repaired described painted measured translated forgot rebuilt explained recommended".split()
MARKS = ["", "!", "?!", "…", " 🙂", " 🎉🎉", " ❤️", " 👩‍🔬", " — 12.5%", " (3,200 m)", " “quoted”", " naïve café", " 東京", " Привет", " e\u0301te\u0301", " ½"]
TEMPLATES = [
    "{name} {verb} the {adjective} {thing} in {place}{mark}",
    "My name is {name} and I work at {firm} in {place}{mark}",
    "The {thing} was {adjective}, said {name} of {firm}.{mark}",
    "I've been waiting for a {adjective} {thing} my whole life.{mark}",
    "In {year}, {firm} {verb} a {thing} near {place}; {name} didn't{mark}",
    "What a {adjective} {thing}{mark} Isn't it {adjective2}?",
    "{place} is {adjective}, but {name}'s {thing} is {adjective2}{mark}",
]


def sentence(rng: random.Random) -> str:
    return rng.choice(TEMPLATES).format(
        name=rng.choice(NAMES), place=rng.choice(PLACES), firm=rng.choice(FIRMS), thing=rng.choice(THINGS), verb=rng.choice(VERBS),
        adjective=rng.choice(ADJECTIVES), adjective2=rng.choice(ADJECTIVES), year=rng.randint(1801, 2026), mark=rng.choice(MARKS),
    )


def sentences(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [sentence(rng) for _ in range(count)]


def passage(rng: random.Random, length: int) -> str:
    return " ".join(sentence(rng) for _ in range(length))
