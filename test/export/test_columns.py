"""Weights of int8 graphs keep to what sums of pairs hold."""

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

RNG = np.random.default_rng(7)


def pairs_of(matrix: np.ndarray) -> np.ndarray:
    """Sums of two neighbours in a column."""
    return np.add.reduceat(matrix.astype(int), np.arange(0, len(matrix), 2))


class Columns(unittest.TestCase):
    def test_no_pair_is_too_much_and_no_element_far(self) -> None:
        for depth in (1, 2, 7, 64, 385):
            matrix = RNG.standard_normal((depth, 40)).astype(np.float32)
            matrix[:2, 0] = -3
            matrix[:, 1] = 0
            rounded, scales = round_columns(matrix)
            self.assertLessEqual(np.abs(pairs_of(rounded)).max(), 128)
            self.assertLessEqual(np.abs(rounded.astype(int)).max(), 127)
            self.assertTrue((np.abs(rounded * scales - matrix) <= scales * 0.501).all())

    def test_a_column_without_great_pairs_has_all_of_its_steps(self) -> None:
        matrix = np.array([[1.27, 0.1], [-1, 0.1], [0.6, -0.2], [0.67, 0.2]], np.float32)
        rounded, scales = round_columns(matrix)
        np.testing.assert_array_equal(rounded[:, 0], [127, -100, 60, 67])
        np.testing.assert_allclose(scales, [0.01, 0.2 / 127], rtol=1e-6)

    def test_a_graph_that_is_quantized_has_such_weights(self) -> None:
        weight = RNG.standard_normal((64, 48)).astype(np.float32)
        x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, size]) for name, size in (("x", 64), ("y", 48)))
        graph = helper.make_graph([helper.make_node("MatMul", ["x", "weight"], ["y"])], "graph", [x], [y], [numpy_helper.from_array(weight, "weight")])
        with TemporaryDirectory() as folder:
            fp32, int8 = Path(folder, "fp32.onnx"), Path(folder, "int8.onnx")
            onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), fp32)
            quantize(fp32, int8)
            graph = onnx.load(int8).graph
        values = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
        product = next(node for node in graph.node if node.op_type == "MatMulInteger")
        rounded = values[product.input[1]]
        scale = values[product.input[1].replace("_quantized", "_scale")]
        self.assertLessEqual(np.abs(pairs_of(rounded)).max(), 128)
        self.assertTrue((np.abs(rounded * scale - weight) <= scale * 0.501).all())
        self.assertFalse(values[product.input[3]].any())


if __name__ == "__main__":
    unittest.main()
