"""A training that was interrupted ends as one that was not, and what it keeps. `python -m unittest discover -s ../test/recipes`"""

import random
import unittest
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import nn

from recipes.copies import averaged
from recipes.keep import kept
from recipes.train import Example, Plan, batches, train

EXAMPLES = [Example([i % 7, i % 5]) for i in range(40)]
PLAN = Plan(epochs=3, learning_rate=0.05, batch=8, mean=0.9)
STEPS = 5
"""Of an epoch."""


class Interrupted(Exception):
    pass


class Kept(unittest.TestCase):
    def test_is_made_once_and_not_taken_for_whole_when_it_is_not(self) -> None:
        made = []

        def make() -> list[Example]:
            made.append(1)
            if len(made) == 1:
                raise Interrupted
            return EXAMPLES

        with TemporaryDirectory() as folder:
            path = Path(folder) / "said.pt"
            path.with_suffix(".tmp").write_bytes(b"half")
            with self.assertRaises(Interrupted):
                kept(path, make)
            self.assertEqual([kept(path, make), kept(path, make)], [EXAMPLES, EXAMPLES])
        self.assertEqual(len(made), 2)


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.line, self.dropped = nn.Linear(2, 2), nn.Dropout(0.2)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.line(self.dropped(ids.to(self.line.weight.dtype))).float()


def loss_until(stop: int):
    """A loss that can be taken so many times."""
    taken = 0

    def loss_of(model: Model, batch: Sequence[Example]) -> torch.Tensor:
        nonlocal taken
        taken += 1
        if taken > stop:
            raise Interrupted
        ids = torch.tensor([e.ids for e in batch], dtype=torch.float)
        return (model(ids) - ids.flip(-1)).square().mean()

    return loss_of


class Trained(unittest.TestCase):
    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_to_the_end(self, name: str, stops: Sequence[int] = (), evaluate=None, plan: Plan = PLAN) -> Model:
        for stop in stops:
            with self.assertRaises(Interrupted):
                train(Model(), EXAMPLES, plan, self.folder / name, loss_until(stop), evaluate)
        model = Model()
        train(model, EXAMPLES, plan, self.folder / name, loss_until(1_000), evaluate)
        return model

    def test_interrupted_in_any_epoch_it_ends_with_the_same_weights(self) -> None:
        whole = self.run_to_the_end("whole").line.weight
        for stops in ([2], [STEPS + 2], [2 * STEPS + 2], [STEPS + 2, STEPS + 2]):
            with self.subTest(stops):
                resumed = self.run_to_the_end(f"after {stops}", stops).line.weight
                self.assertTrue(torch.equal(resumed, whole))

    def test_with_a_copy_in_half_the_bits_too_and_what_is_fixed_stays(self) -> None:
        plan = replace(PLAN, half=True)
        whole = self.run_to_the_end("half", plan=plan).line
        self.assertFalse(torch.equal(whole.weight, Model().line.weight))
        self.assertTrue(torch.equal(self.run_to_the_end("half again", [STEPS + 2], plan=plan).line.weight, whole.weight))
        fixed = Model()
        fixed.line.bias.requires_grad_(False)
        train(fixed, EXAMPLES, plan, self.folder / "fixed", loss_until(1_000), None)
        self.assertTrue(torch.equal(fixed.line.bias, Model().line.bias))
        self.assertFalse(torch.equal(fixed.line.weight, Model().line.weight))

    def test_the_state_of_another_training_is_refused(self) -> None:
        self.run_to_the_end("one")
        others = ((replace(PLAN, learning_rate=0.1), EXAMPLES), (PLAN, EXAMPLES[:-8]))
        for plan, examples in others:
            with self.assertRaisesRegex(ValueError, "another training"):
                train(Model(), examples, plan, self.folder / "one", loss_until(1_000), None)

    def test_without_an_evaluation_the_last_epoch_is_kept(self) -> None:
        seen: list[torch.Tensor] = []
        looked_at = Model()

        def look() -> float:
            seen.append(looked_at.line.weight.detach().clone())
            return float(len(seen))

        train(looked_at, EXAMPLES, PLAN, self.folder / "looked at", loss_until(1_000), look)
        self.assertTrue(torch.equal(self.run_to_the_end("last").line.weight, seen[-1]))

    def test_the_best_epoch_is_kept(self) -> None:
        seen: list[torch.Tensor] = []
        model = Model()
        scores = iter([0.1, 0.3, 0.2])

        def score() -> float:
            seen.append(model.line.weight.detach().clone())
            return next(scores)

        train(model, EXAMPLES, PLAN, self.folder / "best", loss_until(1_000), score)
        self.assertTrue(torch.equal(model.line.weight, seen[1]))
        self.assertFalse(torch.equal(model.line.weight, seen[2]))

    def test_what_has_ended_is_not_trained_again(self) -> None:
        first = self.run_to_the_end("twice")
        again = Model()
        train(again, EXAMPLES, PLAN, self.folder / "twice", loss_until(0), None)
        self.assertTrue(torch.equal(again.line.weight, first.line.weight))


class Batches(unittest.TestCase):
    def test_each_example_is_in_one_and_lengths_are_alike(self) -> None:
        rng = random.Random(3)
        examples = [Example([i] * rng.randint(1, 60)) for i in range(1_000)]
        found = batches(examples, 16, rng)
        self.assertEqual(sorted(e.ids[0] for batch in found for e in batch), list(range(1_000)))
        padded = sum(len(batch) * max(len(e.ids) for e in batch) for batch in found)
        self.assertLess(padded, 1.1 * sum(len(e.ids) for e in examples))


class Averaged(unittest.TestCase):
    def test_floats_are_the_mean_and_numbers_the_firsts(self) -> None:
        states = [{"weight": torch.tensor([1.0, 4.0]), "places": torch.tensor([0, 1])}, {"weight": torch.tensor([3.0, -4.0]), "places": torch.tensor([0, 1])}]
        found = averaged(states)
        self.assertEqual(found["weight"].tolist(), [2.0, 0.0])
        self.assertEqual((found["places"].tolist(), found["places"].dtype), ([0, 1], torch.int64))
        self.assertEqual(states[0]["weight"].tolist(), [1.0, 4.0])


if __name__ == "__main__":
    unittest.main()
