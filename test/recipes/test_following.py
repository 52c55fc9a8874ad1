"""What is learned of what follows from what, and what never is. `python -m unittest discover -s ../test/recipes`"""

import random
import unittest

import torch

from recipes import following, unlabelled
from recipes.following import SETS, Following
from recipes.held_back import is_held_back_premise
from recipes.minilm_nli import mixed

PREMISES = [f"It rains in town number {i}." for i in range(200)]


class Made:
    """As `Data`: MNLI has premises that are held back, SNLI one of them too."""

    def rows(self, name: str) -> list[dict]:
        if name.startswith("natural-language-inference"):
            premises = PREMISES if name.endswith("mnli-dev") else PREMISES[:50]
            return [{"premise": p, "hypothesis": f"{p} {kind}", "label": kind} for p in premises for kind in (*following.LABELS, "-")]
        return [{"text": f"{name} {i}", "label": f"topic_{i % 7}"} for i in range(5_000)]


class Learned(unittest.TestCase):
    def setUp(self) -> None:
        self.known = Following(Made())  # type: ignore[arg-type]

    def test_no_set_has_a_premise_that_is_held_back(self) -> None:
        held = {row["premise"] for row in self.known.dev}
        self.assertTrue(any(p in held for p in PREMISES[:50]))
        self.assertEqual(held, {p for p in PREMISES if is_held_back_premise(p)})
        for name in SETS:
            self.assertTrue(self.known.learned[name])
            self.assertTrue(held.isdisjoint(row["premise"] for row in self.known.learned[name]))

    def test_rows_without_a_label_are_left_out(self) -> None:
        self.assertEqual({row["label"] for row in (*self.known.dev, *self.known.learned["mnli-dev"])}, set(following.LABELS))

    def test_half_of_the_topics_are_right(self) -> None:
        rows = following.topics(Made(), random.Random(1))  # type: ignore[arg-type]
        self.assertEqual(len(rows), 12_000)
        for row in rows:
            topic = int(row["premise"].rsplit(" ", 1)[1]) % 7
            self.assertEqual(f"topic {topic}" in row["hypothesis"], row["label"] == "entailment")


class WithoutLabels(unittest.TestCase):
    def test_hypotheses_of_one_premise_are_put_to_one_another(self) -> None:
        rows = [{"premise": p, "hypothesis": f"{p}{i}"} for p in "ab" for i in (1, 1, 2)]
        self.assertEqual(set(unlabelled.others(rows)), {("a1", "a2"), ("a2", "a1"), ("b1", "b2"), ("b2", "b1")})


class Goals(unittest.TestCase):
    def said(self, kind: str) -> list[float]:
        [goal] = mixed([{"label": kind}], torch.tensor([[0.5, 0.3, 0.2]]), 0.75)
        return [round(float(x), 4) for x in goal]

    def test_a_label_counts_by_its_share(self) -> None:
        self.assertEqual(self.said("neutral"), [0.125, 0.825, 0.05])

    def test_what_is_not_entailed_is_shared_out_as_it_is_said(self) -> None:
        self.assertEqual(self.said("not_entailment"), [0.125, 0.525, 0.35])


if __name__ == "__main__":
    unittest.main()
