"""Embeddings train as they are shipped, in 4 bits. `python -m unittest discover -s ../test/recipes`"""

import copy
import unittest
from unittest.mock import patch

import numpy as np
import torch

from export import blocks
from recipes import packed


def shipped(rows: torch.Tensor) -> torch.Tensor:
    """As they are read from what `export.blocks` makes of them."""
    numbers, scales = blocks.to_blocks(rows.numpy(), blocks.WORDS)
    return torch.from_numpy(numbers.astype(np.float32) * scales.repeat(blocks.WORDS, axis=1))


class Packed(unittest.TestCase):
    def setUp(self) -> None:
        self.rows = torch.randn(20, 2 * blocks.WORDS, generator=torch.Generator().manual_seed(1))
        self.rows[3] = 0

    def test_with_as_many_tries_they_are_those_of_the_export(self) -> None:
        with patch.object(packed, "FACTORS", tuple(blocks.FACTORS)):
            torch.testing.assert_close(packed.rounded(self.rows), shipped(self.rows))

    def test_with_fewer_they_lose_little_more(self) -> None:
        lost, least = ((of(self.rows) - self.rows).square().mean() for of in (packed.rounded, shipped))
        self.assertLess(float(lost), 1.1 * float(least))

    def test_the_gradient_goes_to_the_weights_as_if_nothing_were_rounded(self) -> None:
        table = packed.Packed.from_pretrained(self.rows, freeze=False)
        read = table(torch.tensor([5, 5, 7]))
        torch.testing.assert_close(read, packed.rounded(self.rows[[5, 5, 7]]))
        read.sum().backward()
        self.assertEqual(table.weight.grad[:, 0].tolist(), [0.0] * 5 + [2.0, 0.0, 1.0] + [0.0] * 12)

    def test_a_copy_in_half_the_bits_is_rounded_in_floats(self) -> None:
        table = packed.Packed.from_pretrained(self.rows, freeze=False)
        half = copy.deepcopy(table).to(torch.bfloat16)
        rounded = packed.rounded(self.rows.to(torch.bfloat16).float())
        torch.testing.assert_close(half(torch.arange(20)), rounded.to(torch.bfloat16), atol=0.03, rtol=0)
        self.assertLess(float((half(torch.arange(20)).float() - rounded).norm() / rounded.norm()), 0.004)


if __name__ == "__main__":
    unittest.main()
