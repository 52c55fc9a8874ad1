"""Activations train as the engine rounds them in seven-bits. `python -m unittest discover -s ../test/recipes`"""

import unittest

import torch
from torch.nn import LayerNorm, Linear, Sequential

from recipes.seven_bits import rounded, seven_bits


class SevenBits(unittest.TestCase):
    def test_a_row_has_128_levels_from_its_least_to_its_greatest(self) -> None:
        row = torch.tensor([-1.0, 0.0, 1.54, 0.011, 0.009])
        # A step is (1.54 + 1) / 127 = 0.02; the levels are -1, -0.98, …, 0, 0.02, …
        torch.testing.assert_close(rounded(row), torch.tensor([-1.0, 0.0, 1.54, 0.02, 0.0]), atol=1e-5, rtol=0)
        many = rounded(torch.linspace(-3, 5, 10_000))
        self.assertEqual(len(many.unique()), 128)

    def test_rows_are_rounded_each_by_itself(self) -> None:
        rows = torch.randn(3, 4, 16, generator=torch.Generator().manual_seed(1)) * torch.tensor([[[1.0]], [[100.0]], [[0.01]]])
        one_by_one = torch.stack([torch.stack([rounded(row) for row in text]) for text in rows])
        torch.testing.assert_close(rounded(rows), one_by_one, rtol=0, atol=0)

    def test_a_row_that_is_all_the_same_stays(self) -> None:
        for value in (0.0, 2.5, -1e-20):
            torch.testing.assert_close(rounded(torch.full((8,), value)), torch.full((8,), value), rtol=0, atol=0)

    def test_all_linear_layers_read_rounded_rows_and_no_longer_after_it(self) -> None:
        torch.manual_seed(2)
        model = Sequential(Linear(8, 8), LayerNorm(8), Sequential(Linear(8, 2)))
        x = torch.randn(5, 8)
        exact = model(x)
        by_hand = model[2][0](rounded(model[1](model[0](rounded(x)))))
        with seven_bits(model):
            torch.testing.assert_close(model(x), by_hand, rtol=0, atol=0)
        self.assertFalse(torch.equal(exact, by_hand))
        torch.testing.assert_close(model(x), exact, rtol=0, atol=0)

    def test_levels_are_not_rounded_again_where_products_are_in_bfloat16(self) -> None:
        torch.manual_seed(3)
        layer, x = Linear(16, 4), torch.randn(5, 16)
        with seven_bits(layer), torch.autocast("cpu", torch.bfloat16):
            said = layer(x)
        torch.testing.assert_close(said, layer(rounded(x)), rtol=0, atol=0)

    def test_gradients_go_through_as_if_nothing_were_rounded(self) -> None:
        layer = Linear(6, 3)
        x = torch.randn(4, 6, requires_grad=True)
        with seven_bits(layer):
            layer(x).sum().backward()
        torch.testing.assert_close(x.grad, layer.weight.sum(0).expand(4, 6))
        torch.testing.assert_close(layer.weight.grad, rounded(x.detach()).sum(0).expand(3, 6))


if __name__ == "__main__":
    unittest.main()
