"""Embeddings of an int8 graph, better than the quantizer makes them: each row has a scale of its own, where it takes one for all rows.

Of a masked language model the embeddings are the head as well, and the quantizer makes two matrices of one. The columns of the head
have their own scales and serve both, which saves 384 bytes a piece.
"""

from collections.abc import Callable

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

NAME = "word_embeddings"


def scale_rows(graph: onnx.GraphProto, weight: np.ndarray) -> None:
    """Quantizes `weight` [pieces, size] anew, and puts it in the place of the embeddings."""
    scales = (np.abs(weight).max(-1, keepdims=True) / 127).clip(1e-12).astype(np.float32)
    rows = np.round(weight / scales).astype(np.int8)
    graph.initializer.extend([numpy_helper.from_array(rows, f"{NAME}_all"), numpy_helper.from_array(scales, f"{NAME}_all_scales")])

    def nodes(ids: str) -> list[onnx.NodeProto]:
        return [
            helper.make_node("Gather", [f"{NAME}_all", ids], [f"{NAME}_rows"], axis=0),
            helper.make_node("Gather", [f"{NAME}_all_scales", ids], [f"{NAME}_scales"], axis=0),
        ]

    _replace(graph, nodes)


def share_head(graph: onnx.GraphProto) -> None:
    """Takes embeddings from the columns of the head. Throws where it is no head of a tied model."""
    weights = {weight.name: weight for weight in graph.initializer}
    head = next(node for node in reversed(graph.node) if node.op_type == "MatMulInteger")
    columns, zero = head.input[1], head.input[3]
    scales = columns.removesuffix("_quantized") + "_scale"
    taken, _ = _found(graph)
    if list(weights[columns].dims) != list(weights[taken.input[0]].dims)[::-1] or numpy_helper.to_array(weights[zero]).any():
        raise ValueError(f"{columns} are not the embeddings")
    graph.initializer.append(helper.make_tensor(f"{NAME}_last", TensorProto.INT64, [1], [-1]))

    def nodes(ids: str) -> list[onnx.NodeProto]:
        return [
            helper.make_node("Gather", [columns, ids], [f"{NAME}_columns"], axis=1),
            helper.make_node("Transpose", [f"{NAME}_columns"], [f"{NAME}_rows"], perm=[1, 2, 0]),
            helper.make_node("Gather", [scales, ids], [f"{NAME}_flat_scales"], axis=0),
            helper.make_node("Unsqueeze", [f"{NAME}_flat_scales", f"{NAME}_last"], [f"{NAME}_scales"]),
        ]

    _replace(graph, nodes)


def _found(graph: onnx.GraphProto) -> tuple[onnx.NodeProto, onnx.NodeProto]:
    """The two nodes that the quantizer makes of embeddings."""
    taken = next(node for node in graph.node if node.op_type == "Gather" and "word_embeddings" in node.input[0])
    return taken, next(node for node in graph.node if node.op_type == "DequantizeLinear" and taken.output[0] in node.input)


def _replace(graph: onnx.GraphProto, nodes: Callable[[str], list[onnx.NodeProto]]) -> None:
    """Puts in their place what `nodes(ids)` makes of ids: int8 rows [batch, sequence, size] and scales [batch, sequence, 1]."""
    taken, scaled = _found(graph)
    new = [
        *nodes(taken.input[1]),
        helper.make_node("Cast", [f"{NAME}_rows"], [f"{NAME}_unscaled"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{NAME}_unscaled", f"{NAME}_scales"], [scaled.output[0]]),
    ]
    place = list(graph.node).index(taken)
    kept = [node for node in graph.node if node not in (taken, scaled)]
    del graph.node[:]
    graph.node.extend([*kept[:place], *new, *kept[place:]])
    unused = {taken.input[0], *scaled.input[1:]}
    weights = [weight for weight in graph.initializer if weight.name not in unused]
    del graph.initializer[:]
    graph.initializer.extend(weights)
