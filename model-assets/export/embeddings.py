"""Embeddings of an int8 graph, better than the quantizer makes them: each row has a scale of its own, where it takes one for all rows.

Where the embeddings are the head as well, the quantizer makes two matrices of one. The columns of the head have their own scales and
serve both, which saves a byte for each unit of each piece.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .blocks import drop_unused, put_in_place, rows_of_blocks

LAST = "last_axis"
FEW = 64
"""Rows of a table that 4 bits are not worth it for, as one of kinds of tokens."""


def improve(model: onnx.ModelProto, weights: Mapping[str, np.ndarray], bits: int = 8, least: int = FEW) -> None:
    """Puts better ones in the place of all embeddings. `weights`: those of the graph before it was quantized, by their names. `bits`: 8, or 4
    for those that are not the head as well, and have `least` rows."""
    graph = model.graph
    columns = dict(_heads(graph, weights))
    for taken, scaled, name in list(_tables(graph, weights)):
        table = weights[name]
        head = next((other for other, matrix in columns.items() if matrix.shape == table.shape[::-1] and np.array_equal(matrix.T, table)), None)
        if head is not None:
            nodes = _of_columns(graph, head, taken, scaled)
        elif bits == 4 and len(table) >= least:
            nodes = [rows_of_blocks(model, name, table, taken.input[1], scaled.output[0])]
        else:
            nodes = _of_rows(graph, name, table, taken, scaled)
        put_in_place(graph, [taken, scaled], nodes)
    drop_unused(graph)


def _tables(graph: onnx.GraphProto, weights: Mapping[str, np.ndarray]) -> Iterator[tuple[onnx.NodeProto, onnx.NodeProto, str]]:
    """The two nodes that the quantizer makes of embeddings [pieces, size], and the name of their weight."""
    for taken in graph.node:
        name = taken.input[0].removesuffix("_quantized") if taken.op_type == "Gather" else ""
        if name in weights and name != taken.input[0] and weights[name].ndim == 2:
            yield taken, next(node for node in graph.node if node.op_type == "DequantizeLinear" and node.input[0] == taken.output[0]), name


def _heads(graph: onnx.GraphProto, weights: Mapping[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    """Matrices whose columns have scales, and no zero points but 0."""
    initializers = {weight.name: weight for weight in graph.initializer}
    for node in graph.node:
        name = node.input[1].removesuffix("_quantized") if node.op_type == "MatMulInteger" else ""
        if name in weights and len(node.input) > 3 and not numpy_helper.to_array(initializers[node.input[3]]).any():
            yield name, weights[name]


def _of_rows(graph: onnx.GraphProto, name: str, table: np.ndarray, taken: onnx.NodeProto, scaled: onnx.NodeProto) -> list[onnx.NodeProto]:
    rows, scales = f"{name}_rows", f"{name}_row_scales"
    if rows not in {weight.name for weight in graph.initializer}:
        numbers = (np.abs(table).max(-1, keepdims=True) / 127).clip(1e-12).astype(np.float32)
        graph.initializer.append(numpy_helper.from_array(np.round(table / numbers).astype(np.int8), rows))
        graph.initializer.append(numpy_helper.from_array(numbers, scales))
    ids, start = taken.input[1], scaled.output[0]
    return [
        helper.make_node("Gather", [rows, ids], [f"{start}_rows"], axis=0),
        helper.make_node("Gather", [scales, ids], [f"{start}_scales"], axis=0),
        *_product(start),
    ]


def _of_columns(graph: onnx.GraphProto, head: str, taken: onnx.NodeProto, scaled: onnx.NodeProto) -> list[onnx.NodeProto]:
    if LAST not in {weight.name for weight in graph.initializer}:
        graph.initializer.append(helper.make_tensor(LAST, TensorProto.INT64, [1], [-1]))
    ids, start = taken.input[1], scaled.output[0]
    return [
        helper.make_node("Gather", [f"{head}_quantized", ids], [f"{start}_columns"], axis=1),
        helper.make_node("Transpose", [f"{start}_columns"], [f"{start}_rows"], perm=[1, 2, 0]),
        helper.make_node("Gather", [f"{head}_scale", ids], [f"{start}_flat_scales"], axis=0),
        helper.make_node("Unsqueeze", [f"{start}_flat_scales", LAST], [f"{start}_scales"]),
        *_product(start),
    ]


def _product(start: str) -> list[onnx.NodeProto]:
    """int8 rows [batch, sequence, size] times their scales [batch, sequence, 1]."""
    return [
        helper.make_node("Cast", [f"{start}_rows"], [f"{start}_unscaled"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{start}_unscaled", f"{start}_scales"], [start]),
    ]
