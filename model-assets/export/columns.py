"""Weights of an int8 graph, rounded so that no two neighbours of a column add up to more than 128.

Processors without VNNI add the products of two neighbours up in 16 bits, which hold 255 × 128: with such weights rows of activations may have
all of their 8 bits there, and answers are the same on all processors. The engine's compiler (`engine/pack-bytes.ts`) makes such weights of
any; made of floats they are rounded once instead of twice.
"""

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import numpy_helper

MOST = 127
LEAST_SCALE = 1e-12


def keep_to_pairs(model: onnx.ModelProto, weights: Mapping[str, np.ndarray]) -> None:
    """Puts such weights in the place of the quantizer's. `weights`: those of the graph before it was quantized, by their names."""
    initializers = {weight.name: weight for weight in model.graph.initializer}
    for node in model.graph.node:
        name = node.input[1].removesuffix("_quantized") if node.op_type == "MatMulInteger" else ""
        if name not in weights or name == node.input[1] or weights[name].ndim != 2:
            continue
        rounded, scales = round_to_pairs(weights[name])
        for kind, values in (("quantized", rounded), ("scale", scales), ("zero_point", np.zeros(len(scales), np.int8))):
            initializers[f"{name}_{kind}"].CopyFrom(numpy_helper.from_array(values, f"{name}_{kind}"))


def round_to_pairs(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[depth, columns] to int8 and float32 scales [columns]: a 127th of the greatest of a column's elements and of the sums of two neighbours."""
    even = np.pad(matrix, ((0, len(matrix) % 2), (0, 0))).reshape(-1, 2, matrix.shape[1])
    reach = np.maximum(np.abs(matrix).max(0), np.abs(even.sum(1)).max(0))
    scales = (reach / MOST).clip(LEAST_SCALE).astype(np.float32)
    return np.round(matrix / scales).astype(np.int8), scales
