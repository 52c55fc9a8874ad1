"""Questions about people, made from patterns. `python -m unittest discover -s ../test/recipes`"""

import random
import re
import unittest

from recipes import facts

ROWS = [
    {"words": ["Anna", "Sato", "left", "Acme", "(", "Oslo", ")"], "tags": ["B-PER", "I-PER", "O", "B-ORG", "O", "B-LOC", "O"]},
    {"words": ["Acme", "/", "Beta", "and", "rome"], "tags": ["B-ORG", "I-ORG", "I-ORG", "O", "B-LOC"]},
]
NAMES = {"PER": ["Anna Sato", "Ben", "Carla Ruiz", "Deng"], "ORG": ["Acme", "Beta Labs"], "LOC": ["Oslo", "New York"]}


class Facts(unittest.TestCase):
    def test_names_are_whole_words_with_a_capital(self) -> None:
        self.assertEqual(facts.mentions(ROWS), {"PER": ["Anna Sato"], "ORG": ["Acme"], "LOC": ["Oslo"]})

    def test_answers_stand_where_they_are_said_to_and_in_the_sentence_of_who_is_asked_about(self) -> None:
        rows = facts.facts(NAMES, 300, ["Nothing happened here."], random.Random(3))
        self.assertEqual(len(rows), 300)
        for row in rows:
            [answer] = row["answers"]
            start, end = answer["start"], answer["start"] + len(answer["text"])
            self.assertEqual(row["context"][start:end], answer["text"])
            sentence = next(each for each in re.finditer(r"[^.]+\.", row["context"]) if each.end() > start)
            asked = [name for name in (*NAMES["PER"], *NAMES["ORG"]) if name in row["question"]]
            self.assertTrue(all(name in sentence[0] for name in asked), row)
            self.assertEqual(answer["text"] in NAMES["LOC"], bool(re.match("Where (is|does) .*(from|Acme|Labs|live)|In (which city|what place)", row["question"])), row)

    def test_nobody_speaks_of_themselves(self) -> None:
        for row in facts.facts(NAMES, 300, ["Nothing happened here."], random.Random(3)):
            self.assertIsNone(re.search(r"\b(I|my|My|me)\b", row["question"] + row["context"]))


if __name__ == "__main__":
    unittest.main()
