"""What is learned of what follows from what, and what never is. `python -m unittest discover -s ../test/recipes`"""

import math
import random
import unittest
from types import SimpleNamespace
from unittest.mock import patch

import torch

from recipes import apart, following, minilm_nli, unlabelled
from recipes.following import SETS, Following
from recipes.held_back import is_held_back_premise, normal
from recipes.minilm_nli import loss_of_labels, mixed, told_by
from recipes.train import Example

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


    def test_nothing_learned_has_a_text_that_is_kept_back_in_other_letters(self) -> None:
        class Shouted(Made):
            def rows(self, name: str) -> list[dict]:
                rows = super().rows(name)
                if not name.endswith("snli-dev"):
                    return rows
                # One's premise is a hypothesis that is kept back.
                return [*rows, *({"premise": row["hypothesis"].upper(), "hypothesis": "Yes.", "label": "neutral"} for row in self.rows("natural-language-inference/mnli-dev"))]

        known = Following(Shouted())  # type: ignore[arg-type]
        texts = {normal(text) for rows in known.learned.values() for pair in following.pairs(rows) for text in pair}
        self.assertTrue(known.held_back.isdisjoint(texts))
        self.assertIn("yes", texts)


class WithoutLabels(unittest.TestCase):
    def test_no_pair_has_a_text_that_is_kept_back(self) -> None:
        class Alike:
            def rows(self, name: str) -> list[dict]:
                return [{"a": f"{name} {i}", "b": "Kept back!" if i % 2 else f"other {i}"} for i in range(50)]

        rows = [{"premise": f"p{i}", "hypothesis": f"{i} {j}"} for i in range(9) for j in range(3)]
        rows += [{"premise": "p0", "hypothesis": "kept, back"}, {"premise": "long " * 100, "hypothesis": "short"}]
        with patch.object(unlabelled, "near", lambda rows, rng: [("p1", "KEPT BACK"), ("p1", "0 0")]):
            found = unlabelled.pairs(Alike(), rows, rows, rows, {"kept back"})  # type: ignore[arg-type]
        self.assertTrue(all(normal(text) != "kept back" for pair in found for text in pair))
        self.assertTrue(all(len(a) + len(b) < unlabelled.LONGEST for a, b in found))
        for pair in (("0 0", "0 1"), ("0 0", "p0"), ("p1", "0 0"), ("other 0", "feature-extraction/stsb.train 0"), ("p0", "0 0")):
            self.assertIn(pair, found)

    def test_hypotheses_of_one_premise_are_put_to_one_another(self) -> None:
        rows = [{"premise": p, "hypothesis": f"{p}{i}"} for p in "ab" for i in (1, 1, 2)]
        self.assertEqual(set(unlabelled.others(rows)), {("a1", "a2"), ("a2", "a1"), ("b1", "b2"), ("b2", "b1")})


    def test_near_are_hypotheses_of_others_that_are_alike(self) -> None:
        rows = [{"premise": p, "hypothesis": f"{p}{i}"} for p in "abcd" for i in range(3)]
        # Those of a lie beside those of b, and far from the others.
        angle = {"a": 0.0, "b": 0.1, "c": 1.5, "d": 1.6}

        def vectors(texts: list[str]) -> torch.Tensor:
            turns = torch.tensor([angle[text[0]] for text in texts])
            return torch.stack([turns.cos(), turns.sin()], -1)

        with patch.multiple(unlabelled, vectors=vectors, NEAREST=6, NEAR=2):
            found = unlabelled.near(rows, random.Random(1))
        self.assertEqual({(p, h[0]) for p, h in found}, {("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")})
        self.assertEqual(len(set(found)), 8)


class Apart(unittest.TestCase):
    def test_answers_are_in_the_order_of_the_pairs(self) -> None:
        """A model that says how many pieces both texts have."""

        class Counting(torch.nn.Module):
            def forward(self, premises, of, hypotheses) -> torch.Tensor:
                counts = [(len(premises[i].ids), len(each.ids), 0) for i, each in zip(of, hypotheses, strict=True)]
                return torch.tensor(counts, dtype=torch.float).log_softmax(-1)

        pairs = [(f"rain {'and wind ' * (i % 4)}", f"sun {'and snow ' * i}") for i in range(9)]
        said = apart.say(Counting(), pairs)  # type: ignore[arg-type]
        alone = torch.cat([apart.say(Counting(), [pair]) for pair in pairs])  # type: ignore[arg-type]
        self.assertTrue(torch.equal(said, alone))
        self.assertEqual(len({tuple(row.tolist()) for row in said}), len(pairs))


class Goals(unittest.TestCase):
    def said(self, kind: str) -> list[float]:
        [goal] = mixed([{"label": kind}], torch.tensor([[0.5, 0.3, 0.2]]), 0.75)
        return [round(float(x), 4) for x in goal]

    def test_a_label_counts_by_its_share(self) -> None:
        self.assertEqual(self.said("neutral"), [0.125, 0.825, 0.05])

    def test_what_is_not_entailed_is_shared_out_as_it_is_said(self) -> None:
        self.assertEqual(self.said("not_entailment"), [0.125, 0.525, 0.35])


class Labels(unittest.TestCase):
    def test_not_entailed_is_either_of_two_labels(self) -> None:
        said = torch.tensor([[0.5, 0.3, 0.2]])
        model = lambda **_: SimpleNamespace(logits=said.log())  # noqa: E731
        for target, share in ((0, 0.5), (1, 0.3), (following.NOT_ENTAILED, 0.5)):
            loss = loss_of_labels(model, [Example([1], target)])  # type: ignore[arg-type]
            self.assertAlmostEqual(float(loss), -math.log(share), places=5)


class Told(unittest.TestCase):
    def test_what_both_students_say_has_its_share_in_what_their_mean_is_taught(self) -> None:
        class Sure(torch.nn.Module):
            def __init__(self, of: int) -> None:
                super().__init__()
                self.of = of

            def forward(self, input_ids: torch.Tensor, **_: torch.Tensor) -> SimpleNamespace:
                return SimpleNamespace(logits=100 * torch.nn.functional.one_hot(torch.full((len(input_ids),), self.of), 3).float())

        known = Example([1, 2], torch.tensor([0.0, 0.0, 1.0]))
        with patch.object(minilm_nli, "OWN", 0.2):
            [told] = told_by([Sure(0), Sure(1)], [known])  # type: ignore[list-item]
        torch.testing.assert_close(told.target, torch.tensor([0.1, 0.1, 0.8]))
        self.assertEqual(told.ids, known.ids)


if __name__ == "__main__":
    unittest.main()
