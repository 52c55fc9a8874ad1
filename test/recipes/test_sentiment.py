"""What sentiment learns beside film criticism. `python -m unittest discover -s ../test/recipes`"""

import unittest
from types import SimpleNamespace

from recipes import minilm_sst2

REVIEW = "It began well, with a long first act.<br />I slept through the second. Nobody should pay for this. No."
ROWS = {
    "text-classification/imdb.train": [{"text": REVIEW, "label": "NEGATIVE"}],
    "zero-shot-classification/goemotions.train": [{"text": f"a comment of {label}", "label": label} for label in ("joy", "anger", "surprise", "desire", "neutral")],
}


class Broad(unittest.TestCase):
    def test_ends_of_reviews_and_comments_whose_emotion_has_a_sign(self) -> None:
        found = minilm_sst2.broad_rows(SimpleNamespace(rows=ROWS.__getitem__))  # type: ignore[arg-type]
        self.assertEqual(found, [
            {"text": "I slept through the second. Nobody should pay for this.", "label": "NEGATIVE"},
            {"text": "a comment of joy", "label": "POSITIVE"},
            {"text": "a comment of anger", "label": "NEGATIVE"},
        ])

    def test_no_emotion_has_two_signs(self) -> None:
        positive, negative = minilm_sst2.EMOTIONS["POSITIVE"], minilm_sst2.EMOTIONS["NEGATIVE"]
        self.assertEqual(positive & negative, set())


if __name__ == "__main__":
    unittest.main()
