"""Columns of weights in int8, of which no two neighbours add up to more than 128.

Processors without VNNI add the products of two neighbours up in 16 bits, which hold 255 × 128: with such weights rows of activations may have
all of their 8 bits there, and answers are the same on all processors. The engine's compiler (`engine/pack-bytes.ts`) makes such weights of
any; made of floats they are rounded once instead of twice.
"""

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import numpy_helper

MOST = 127
MOST_PAIR = 128
LEAST_SCALE = 1e-12


def put_columns(model: onnx.ModelProto, weights: Mapping[str, np.ndarray], rounded: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> None:
    """Puts such weights in the place of the quantizer's. `weights`: those of the graph before it was quantized, by their names; `rounded`: bytes
    and scales of those that are not to be rounded to the nearest."""
    initializers = {weight.name: weight for weight in model.graph.initializer}
    for node in model.graph.node:
        name = node.input[1].removesuffix("_quantized") if node.op_type == "MatMulInteger" else ""
        matrix = _matrix(name, weights)
        if matrix is None or name == node.input[1]:
            continue
        values, scales = rounded.get(name) or round_columns(matrix)
        for kind, array in (("quantized", values), ("scale", scales), ("zero_point", np.zeros(len(scales), np.int8))):
            initializers[f"{name}_{kind}"].CopyFrom(numpy_helper.from_array(array, f"{name}_{kind}"))


def _matrix(name: str, weights: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """[depth, columns]; of a Gemm the quantizer turns it round, and names it so."""
    matrix = weights[name] if name in weights else weights.get(name.removesuffix("_Transposed"), np.empty(0)).T
    return matrix if matrix.ndim == 2 else None


def round_columns(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[depth, columns] to the nearest int8, and float32 scales [columns]."""
    scales = scales_of(matrix)
    return np.round(matrix / scales).astype(np.int8), scales


def scales_of(matrix: np.ndarray) -> np.ndarray:
    """Of a matrix [depth, columns], float32: a 127th of the greatest of a column's elements and of the sums of two neighbours."""
    pairs = np.pad(matrix, ((0, len(matrix) % 2), (0, 0))).reshape(-1, 2, matrix.shape[1]).sum(1)
    reach = np.maximum(np.abs(matrix).max(0), np.abs(pairs).max(0))
    return (reach / MOST).clip(LEAST_SCALE).astype(np.float32)
