"""Weights of linear layers, rounded one input after the other: what rounding an input's weights takes off or adds is made up for by those
of the inputs after it, as far as examples show that they go together (GPTQ: Frantar et al. 2022, arXiv:2210.17323).

Scales are those of `columns.py`, and no two neighbours of a column add up to more than what they may there.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper

from .columns import MOST, MOST_PAIR, scales_of

DAMPED = 0.01
"""Of the mean square of the inputs, added to each: examples are few."""

Rounded = tuple[np.ndarray, np.ndarray]
"""int8 [depth, columns], and float32 scales [columns]."""


def round_by_examples(fp32: Path, weights: Mapping[str, np.ndarray], examples: Iterable[Mapping[str, np.ndarray]]) -> dict[str, Rounded]:
    """The matrices that an fp32 graph multiplies by, by their names, but for those that are its embeddings as well, which are read as they are.
    `weights`: the graph's; `examples`: inputs of the graph."""
    tables = [matrix for matrix in weights.values() if matrix.ndim == 2]
    return {
        name: round_by_moments(weights[name], moments)
        for name, moments in moments_of(fp32, weights, examples).items()
        if not any(table.shape == weights[name].shape[::-1] and np.array_equal(table.T, weights[name]) for table in tables)
    }


def moments_of(fp32: Path, weights: Mapping[str, np.ndarray], examples: Iterable[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Of each matrix [depth, columns] that rows are multiplied by: the mean of row × row, [depth, depth]."""
    model = onnx.load(fp32)
    read = {node.input[1]: node.input[0] for node in model.graph.node if node.op_type == "MatMul" and weights.get(node.input[1], np.empty(0)).ndim == 2}
    rows = sorted(set(read.values()))
    model.graph.ClearField("output")
    model.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in rows)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    sums: dict[str, np.ndarray] = {}
    counts = dict.fromkeys(rows, 0)
    for example in examples:
        for name, found in zip(rows, session.run(rows, dict(example)), strict=True):
            flat = found.reshape(-1, found.shape[-1]).astype(np.float64)
            sums[name] = sums.get(name, 0) + flat.T @ flat
            counts[name] += len(flat)
    return {matrix: sums[name] / counts[name] for matrix, name in read.items()}


def round_by_moments(matrix: np.ndarray, moments: np.ndarray) -> Rounded:
    """A matrix [depth, columns] whose rows of input have these moments, [depth, depth]."""
    scales = scales_of(matrix)
    # In steps, as far as they are not yet rounded.
    left = matrix / scales.astype(np.float64)
    rounded = np.zeros(matrix.shape, np.int8)
    shares = _shares(moments)
    for k in range(len(matrix)):
        before = rounded[k - 1].astype(int) if k % 2 else np.zeros(matrix.shape[1], int)
        least, most = np.maximum(-MOST, -MOST_PAIR - before), np.minimum(MOST, MOST_PAIR - before)
        rounded[k] = np.clip(np.round(left[k]), least, most)
        left[k + 1 :] -= shares[k, k + 1 :, None] * (left[k] - rounded[k])
    return rounded, scales


def _shares(moments: np.ndarray) -> np.ndarray:
    """[k, later]: what an input takes on of what input k lacks, of opposite sign."""
    damped = moments + np.eye(len(moments)) * max(DAMPED * np.trace(moments) / len(moments), np.finfo(np.float64).tiny)
    upper = np.linalg.cholesky(np.linalg.inv(damped)).T
    return upper / np.diagonal(upper)[:, None]
