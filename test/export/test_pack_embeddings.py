"""python -m export.pack_embeddings on the folders that there are: what it finds, what it changes, and when it fails."""

import sys
import unittest
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).parents[2] / "model-assets"))

from export.pack_embeddings import main  # noqa: E402

RNG = np.random.default_rng(5)
IDS = helper.make_tensor_value_info("ids", TensorProto.INT64, [None])
ROWS = helper.make_tensor_value_info("rows", TensorProto.FLOAT, [None, 32])


def reader(is_int8: bool = True) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    """Nodes from ids to rows of a table, and their weights."""
    table = numpy_helper.from_array(RNG.integers(-127, 128, (100, 32)).astype(np.int8 if is_int8 else np.float32), "words")
    if not is_int8:
        return [helper.make_node("Gather", ["words", "ids"], ["rows"])], [table]
    nodes = [helper.make_node("Gather", ["words", "ids"], ["bytes"]), helper.make_node("DequantizeLinear", ["bytes", "scale"], ["rows"])]
    return nodes, [table, numpy_helper.from_array(np.float32(0.01), "scale")]


def save(path: Path, nodes: list[onnx.NodeProto], weights: list[onnx.TensorProto], *further: onnx.ValueInfoProto) -> None:
    path.parent.mkdir(exist_ok=True)
    graph = helper.make_graph(nodes, "graph", [IDS, *further], [ROWS], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def save_merged(path: Path) -> None:
    """As merge.py has it: all nodes are in the branches of an If."""
    nodes, weights = reader()
    branches = {name: helper.make_graph(nodes, name, [], [ROWS]) for name in ("then_branch", "else_branch")}
    switch = helper.make_tensor_value_info("use_cache_branch", TensorProto.BOOL, [1])
    save(path, [helper.make_node("If", ["use_cache_branch"], ["rows"], **branches)], weights, switch)


def is_packed(path: Path) -> bool:
    return any(node.op_type == "GatherBlockQuantized" for node in onnx.load(path).graph.node)


class Folders(unittest.TestCase):
    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_main(self) -> str:
        with patch.object(sys, "argv", ["pack_embeddings", str(self.folder)]), redirect_stdout(StringIO()) as said:
            main()
        return said.getvalue()

    def test_what_export_writes(self) -> None:
        floats, int8 = self.folder / "onnx" / "model.onnx", self.folder / "onnx" / "model_quantized.onnx"
        save(floats, *reader(is_int8=False))
        save(int8, *reader())
        before = floats.read_bytes()
        said = self.run_main()
        self.assertTrue(is_packed(int8))
        self.assertEqual(floats.read_bytes(), before)
        self.assertRegex(said, "model.onnx: left as it is")
        self.assertRegex(said, "model_quantized.onnx: .* in 4 bits now words")

    def test_the_encoder_beside_a_merged_decoder(self) -> None:
        decoder, encoder = self.folder / "decoder_model_merged.onnx", self.folder / "encoder_model.onnx"
        save_merged(decoder)
        save(encoder, *reader())
        before = decoder.read_bytes()
        self.run_main()
        self.assertTrue(is_packed(encoder))
        self.assertEqual(decoder.read_bytes(), before)

    def test_nothing_to_pack_is_a_failure(self) -> None:
        with self.assertRaisesRegex(SystemExit, "there is no graph in it"):
            self.run_main()
        save(self.folder / "model.onnx", *reader(is_int8=False))
        with self.assertRaisesRegex(SystemExit, "no graph has embeddings in 8 bits"):
            self.run_main()


if __name__ == "__main__":
    unittest.main()
