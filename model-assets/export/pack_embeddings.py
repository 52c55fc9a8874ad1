"""Embeddings of a checkpoint in int8 as they would be with --embeddings 4: its folder is changed. For those whose graph in floats is gone.

    cd model-assets && python -m export.pack_embeddings path/to/checkpoint [--block 64] [--least 1024]

Its graphs are those beside config.json and in onnx/. One without such embeddings is left as it is: one in floats, or a merged decoder, whose
nodes are inside of an If. What 8 bits have lost stays lost; of MiniLM's words it is a third of what 4 lose.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnx import GraphProto, NodeProto, numpy_helper

from .blocks import drop_unused, put_in_place, rows_of_blocks
from .embeddings import FEW
from .names import shorten
from .quantize import save_beside


def main() -> None:
    flags = argparse.ArgumentParser(prog="python -m export.pack_embeddings", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("checkpoint", type=Path)
    flags.add_argument("--block", type=int, help="elements of a row that have one scale: 16, 32, 64, …; 128 of words and 32 of places")
    flags.add_argument("--least", type=int, default=FEW, help="rows of a table that is packed: 1024 leaves places in 8 bits")
    args = flags.parse_args()
    paths = [path for folder in (args.checkpoint, args.checkpoint / "onnx") for path in sorted(folder.glob("*.onnx"))]
    if not paths:
        sys.exit(f"{args.checkpoint}: there is no graph in it, nor in its folder onnx")
    if not any([pack_file(path, args.block, args.least) for path in paths]):
        sys.exit(f"{args.checkpoint}: no graph has embeddings in 8 bits that are nothing else")


def pack_file(path: Path, block: int | None, least: int) -> bool:
    """Whether it had something to be packed; else it stays as it was. Says which."""
    before = size_of(path)
    model = onnx.load(path)
    names = pack(model, block, least)
    if not names:
        print(f"{path}: left as it is, without embeddings in 8 bits that are nothing else")
        return False
    if path.with_name(f"{path.name}.data").exists():
        save_beside(model, path)
    else:
        onnx.save_model(model, path)
    print(f"{path}: {before / 1e6:.2f} to {size_of(path) / 1e6:.2f} MB; in 4 bits now {', '.join(names)}")
    return True


def size_of(path: Path) -> int:
    return sum(part.stat().st_size for part in (path, path.with_name(f"{path.name}.data")) if part.exists())


def pack(model: onnx.ModelProto, block: int | None = None, least: int = FEW) -> list[str]:
    """Names of the tables that were packed."""
    found = list(_tables(model.graph, least))
    for name, table, nodes in found:
        put_in_place(model.graph, nodes, [rows_of_blocks(model, _base(name), table, nodes[0].input[1], nodes[-1].output[0], block)])
    drop_unused(model.graph)
    shorten(model)
    return [_base(name) for name, _, _ in found]


def _base(name: str) -> str:
    return name.removesuffix("_quantized").removesuffix("_rows")


def _tables(graph: GraphProto, least: int) -> Iterator[tuple[str, np.ndarray, list[NodeProto]]]:
    """Weights of bytes from which only rows are taken: their name, their floats, and the nodes from their Gather to the floats, but for
    those that others need too."""
    weights = {weight.name: numpy_helper.to_array(weight) for weight in graph.initializer}
    readers: dict[str, list[NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    for taken in graph.node:
        name = taken.input[0] if taken.op_type == "Gather" else ""
        table = weights.get(name)
        if table is None or table.dtype not in (np.int8, np.uint8) or table.ndim != 2 or len(table) < least or _axis(taken) != 0:
            continue
        if len(readers[name]) > 1 or len(readers[taken.output[0]]) > 1:
            continue
        [after] = readers[taken.output[0]]
        if after.op_type == "DequantizeLinear" and all(np.size(weights[part]) == 1 for part in after.input[1:]):
            zero = weights[after.input[2]] if len(after.input) > 2 else 0
            yield name, (table.astype(np.float32) - np.float32(zero)) * weights[after.input[1]], [taken, after]
        elif after.op_type == "Cast" and (product := _product(readers, after)):
            scaled = next((node for node in graph.node if node.op_type == "Gather" and node.output[0] in product.input), None)
            is_alone = scaled is not None and scaled.input[1] == taken.input[1] and len(readers[scaled.output[0]]) == 1
            if is_alone and weights.get(scaled.input[0], table).shape == (len(table), 1):
                yield name, table.astype(np.float32) * weights[scaled.input[0]], [taken, scaled, after, product]


def _product(readers: dict[str, list[NodeProto]], cast: NodeProto) -> NodeProto | None:
    after = readers[cast.output[0]]
    return after[0] if len(after) == 1 and after[0].op_type == "Mul" else None


def _axis(node: NodeProto) -> int:
    return next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 0)


if __name__ == "__main__":
    main()
