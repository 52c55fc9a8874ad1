"""Weights that are rounded by examples give what they gave more closely than those that are rounded to the nearest, and keep to pairs."""

import sys
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).parents[2] / "model-assets"))

from export.columns import round_columns  # noqa: E402
from export.quantize import quantize  # noqa: E402
from export.rounding import moments_of, round_by_moments  # noqa: E402

RNG = np.random.default_rng(11)


def rows_of(count: int, depth: int) -> np.ndarray:
    """Inputs that go together, as those of a trained model do: few directions have most of them."""
    mixing = RNG.standard_normal((depth // 4, depth))
    return RNG.standard_normal((count, depth // 4)) @ mixing + 0.1 * RNG.standard_normal((count, depth)) + 0.5


def save(path: Path, nodes: list[onnx.NodeProto], weights: dict[str, np.ndarray], inputs: list[onnx.ValueInfoProto], width: int) -> None:
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, width])]
    graph = helper.make_graph(nodes, "graph", inputs, outputs, [numpy_helper.from_array(value, name) for name, value in weights.items()])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


X = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 64])


class Rounding(unittest.TestCase):
    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.fp32, self.int8 = Path(folder.name, "fp32.onnx"), Path(folder.name, "int8.onnx")

    def error(self, matrix: np.ndarray, rows: np.ndarray, rounded: np.ndarray, scales: np.ndarray) -> float:
        exact = rows @ matrix
        return float(np.linalg.norm(rows @ (rounded * scales) - exact) / np.linalg.norm(exact))

    def test_what_it_gives_is_less_than_half_as_far_off_on_other_rows(self) -> None:
        for depth in (64, 65):
            matrix = RNG.standard_normal((depth, 32)).astype(np.float32)
            rows = rows_of(3_000, depth)
            shown, others = rows[:2_000], rows[2_000:]
            rounded, scales = round_by_moments(matrix, shown.T @ shown / len(shown))
            nearest = self.error(matrix, others, *round_columns(matrix))
            self.assertLess(self.error(matrix, others, rounded, scales), nearest / 2)

    def test_no_pair_is_too_much_however_much_is_made_up_for(self) -> None:
        matrix = np.sign(RNG.standard_normal((64, 32))).astype(np.float32)
        rows = rows_of(500, 64)
        rounded, _ = round_by_moments(matrix, rows.T @ rows / len(rows))
        self.assertLessEqual(np.abs(np.add.reduceat(rounded.astype(int), np.arange(0, 64, 2))).max(), 128)
        self.assertLessEqual(np.abs(rounded.astype(int)).max(), 127)

    def test_without_anything_that_goes_together_it_is_the_nearest(self) -> None:
        matrix = RNG.standard_normal((16, 8)).astype(np.float32)
        for moments in (np.eye(16), np.zeros((16, 16))):
            rounded, scales = round_by_moments(matrix, moments)
            nearest, same = round_columns(matrix)
            np.testing.assert_array_equal(rounded, nearest)
            np.testing.assert_array_equal(scales, same)

    def test_moments_are_those_of_what_a_matrix_is_multiplied_by(self) -> None:
        first, second = (RNG.standard_normal(shape).astype(np.float32) for shape in ((64, 16), (16, 4)))
        nodes = [helper.make_node("MatMul", ["x", "first"], ["z"]), helper.make_node("Relu", ["z"], ["r"]), helper.make_node("MatMul", ["r", "second"], ["y"])]
        weights = {"first": first, "second": second}
        save(self.fp32, nodes, weights, [X], 4)
        batches = [rows_of(count, 64).astype(np.float32) for count in (5, 9)]
        moments = moments_of(self.fp32, weights, [{"x": batch} for batch in batches])
        rows = np.concatenate(batches).astype(np.float64)
        hidden = np.maximum(rows @ first, 0)
        np.testing.assert_allclose(moments["first"], rows.T @ rows / 14, rtol=1e-5)
        np.testing.assert_allclose(moments["second"], hidden.T @ hidden / 14, rtol=1e-4)

    def test_a_graph_is_quantized_by_examples_but_for_a_head_that_is_its_embeddings(self) -> None:
        words, layer = RNG.standard_normal((80, 64)).astype(np.float32), RNG.standard_normal((64, 64)).astype(np.float32)
        ids = helper.make_tensor_value_info("ids", TensorProto.INT64, [None])
        nodes = [
            helper.make_node("Gather", ["words", "ids"], ["rows"]),
            helper.make_node("Tanh", ["rows"], ["t"]),
            helper.make_node("MatMul", ["t", "layer"], ["z"]),
            helper.make_node("MatMul", ["z", "head"], ["y"]),
        ]
        weights = {"words": words, "layer": layer, "head": np.ascontiguousarray(words.T)}
        save(self.fp32, nodes, weights, [ids], 80)
        quantize(self.fp32, self.int8, examples=[{"ids": RNG.integers(0, 80, 12)} for _ in range(20)])
        found = {each.name: numpy_helper.to_array(each) for each in onnx.load(self.int8).graph.initializer}
        self.assertFalse(np.array_equal(found["layer_quantized"], round_columns(layer)[0]))
        np.testing.assert_array_equal(found["layer_scale"], round_columns(layer)[1])
        np.testing.assert_array_equal(found["head_quantized"], round_columns(weights["head"])[0])


if __name__ == "__main__":
    unittest.main()
