"""Which English is wanted for a translation checkpoint, and what of its made French is kept. `python -m unittest discover -s ../test/recipes`"""

import random
import unittest

from recipes import back
from recipes.pairs import Pair
from recipes.wanting import Wanting, _share

OFTEN = ["of course we go there now and then"]
PAIRS = [*OFTEN * 300, *["the class is long", "a class is long"] * 100, *["the course is long"] * 5, *["the dog is here and a cat is there"] * 50]
AT_LARGE = [*OFTEN * 300, *(f"{article} {noun} is long." for article in ("The", "A") for noun in ("course", "ship") for _ in range(50))]
AT_LARGE += ["The class is long.", "A class is long."] * 5


class Wanted(unittest.TestCase):
    def setUp(self) -> None:
        self.wanting = Wanting(PAIRS, [AT_LARGE])

    def test_a_word_that_stands_behind_another_as_a_rule_is_counted_with_it(self) -> None:
        self.assertIn("of course", self.wanting.here)
        self.assertEqual(self.wanting.here["course"], 5)

    def test_what_is_rare_beside_english_at_large_is_worth_more(self) -> None:
        self.assertGreater(self.wanting.worth("the course is long"), self.wanting.worth("the class is long"))
        self.assertGreater(self.wanting.rates["course"], 2)
        self.assertLess(self.wanting.rates["class"], 1)

    def test_sentences_are_drawn_for_what_is_lacking_and_readable(self) -> None:
        drawn = self.wanting.chosen(40, random.Random(1))
        self.assertEqual(set(drawn), {"The course is long.", "A course is long."})
        # A ship stands in no pair: what a model has never seen it cannot translate.
        self.assertTrue(20 < len(drawn) < 60)

    def test_shares_add_up_to_what_is_wanted(self) -> None:
        rights = [random.Random(2).random() for _ in range(1_000)]
        share = _share(rights, 300)
        self.assertAlmostEqual(sum(min(1.0, right * share) for right in rights), 300, places=3)


class Kept(unittest.TestCase):
    def test_about_as_long_and_nothing_twice(self) -> None:
        for fr, en, is_likely in (
            ("Le cours est long.", "The course is long.", True),
            ("Le cours.", "The course is long and hard and nobody likes it.", False),
            ("Le cours est long et long et long et long et long et long.", "The course is long.", False),
            ("Le cours cours est long.", "The course is long.", False),
            ("Nous nous levons tôt.", "We get up early.", True),
        ):
            with self.subTest(fr):
                self.assertEqual(back._is_likely(Pair(fr, en)), is_likely)

    def test_a_word_left_in_english_is_found(self) -> None:
        self.assertEqual(back._shared(Pair("Le ship est long.", "The ship is long.")), {"ship", "long"})


if __name__ == "__main__":
    unittest.main()
