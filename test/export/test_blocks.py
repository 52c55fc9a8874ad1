"""Embeddings in 4 bits: what rounding loses, which tables become them, and those of a checkpoint that was int8."""

import sys
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

ASSETS = Path(__file__).parents[2] / "model-assets"
sys.path[:0] = [str(ASSETS), str(ASSETS / "seeded-heads")]

from models import make_model, make_tokenizer  # noqa: E402

from export.blocks import to_blocks  # noqa: E402
from export.load import inputs_of  # noqa: E402
from export.names import shorten  # noqa: E402
from export.pack_embeddings import pack  # noqa: E402
from export.quantize import quantize  # noqa: E402
from export.read import export_reader  # noqa: E402

RNG = np.random.default_rng(3)
WORDS = "word_embeddings.weight"


def floats_of(values: np.ndarray, scales: np.ndarray, block: int) -> np.ndarray:
    return values.astype(np.float32) * np.repeat(scales, block, 1)[:, : values.shape[1]]


def run(model: onnx.ModelProto, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"]).run(None, feeds)


class Rounding(unittest.TestCase):
    def test_no_worse_than_the_extreme_as_the_scale(self) -> None:
        for size, block in [(64, 32), (40, 16), (7, 16), (100, 64)]:
            table = RNG.standard_normal((50, size)).astype(np.float32) * RNG.uniform(0.01, 10, (50, 1)).astype(np.float32)
            values, scales = to_blocks(table, block)
            self.assertEqual((values.shape, scales.shape, scales.dtype), (table.shape, (50, -(-size // block)), np.dtype(np.float32)))
            padded = np.pad(table, [(0, 0), (0, -size % block)]).reshape(50, -1, block)
            step = np.abs(padded).max(-1, keepdims=True) / 7
            plain = (np.round(padded / step) * step).reshape(50, -1)[:, :size]
            found = np.square(floats_of(values, scales, block) - table).sum()
            self.assertLess(found, np.square(plain - table).sum())
            self.assertLess(found, 0.02 * np.square(table).sum())

    def test_what_four_bits_hold_stays(self) -> None:
        table = np.concatenate([np.zeros((1, 32)), np.arange(-8, 8).repeat(2)[None] * 0.25, -np.arange(-8, 8).repeat(2)[None] * 3.0]).astype(np.float32)
        np.testing.assert_allclose(floats_of(*to_blocks(table, 32), 32), table, atol=1e-6)


class Graphs(unittest.TestCase):
    def exported(self, kind: str, task: str, folder: str, embeddings: int):
        tokenizer = make_tokenizer(kind)
        model = make_model(kind, task, tokenizer)
        fp32, small = Path(folder, "fp32.onnx"), Path(folder, f"int{embeddings}.onnx")
        export_reader(model, task, inputs_of(model, tokenizer), fp32)
        quantize(fp32, small, embeddings=embeddings)
        encoded = tokenizer(["The bridge in Paris", "A letter that is longer"], padding=True, return_tensors="np")
        return model, fp32, onnx.load(small), {name: encoded[name] for name in inputs_of(model, tokenizer)}

    def gathers(self, graph: onnx.GraphProto) -> list[str]:
        return sorted(node.input[0].split(".")[-2] for node in graph.node if node.op_type == "GatherBlockQuantized")

    def test_words_and_places_have_four_bits_and_kinds_of_tokens_have_not(self) -> None:
        with TemporaryDirectory() as folder:
            model, _, small, feeds = self.exported("bert", "text-classification", folder, 4)
            self.assertEqual(self.gathers(small.graph), ["position_embeddings", "word_embeddings"])
            weights = {weight.name: numpy_helper.to_array(weight) for weight in small.graph.initializer}
            name = next(name for name in weights if name.endswith(f"{WORDS}_blocks"))
            self.assertFalse([other for other in weights if other.endswith((f"{WORDS}_quantized", f"{WORDS}_rows", WORDS))])
            table = model.bert.embeddings.word_embeddings.weight.detach().numpy()
            found = floats_of(weights[name], weights[f"{name[:-1]}_scales"], 32)
            self.assertLess(np.square(found - table).sum(), 0.012 * np.square(table).sum())
            self.assertTrue(all(np.isfinite(output).all() for output in run(small, feeds)))

    def test_embeddings_that_are_the_head_keep_their_bytes(self) -> None:
        with TemporaryDirectory() as folder:
            _, _, small, feeds = self.exported("bert", "fill-mask", folder, 4)
            self.assertEqual(self.gathers(small.graph), ["position_embeddings"])
            run(small, feeds)

    def test_a_checkpoint_in_int8_is_packed(self) -> None:
        with TemporaryDirectory() as folder:
            torch_model, fp32, rows, feeds = self.exported("bert", "text-classification", folder, 8)
            table = torch_model.bert.embeddings.word_embeddings.weight.detach().numpy()
            plain = Path(folder, "plain.onnx")
            # With one scale a table, as quantize_dynamic leaves them.
            quantize_dynamic(str(fp32), str(plain), per_channel=True, weight_type=QuantType.QUInt8, op_types_to_quantize=["MatMul", "Gather"])
            self.assertEqual(pack(onnx.load(plain), least=1024), [])
            for model in (rows, onnx.load(plain)):
                names = pack(model)
                self.assertEqual([name.split(".")[-2] for name in sorted(names)], ["position_embeddings", "word_embeddings"])
                self.assertEqual(self.gathers(model.graph), ["position_embeddings", "word_embeddings"])
                onnx.checker.check_model(model)
                run(model, feeds)
                weights = {weight.name: numpy_helper.to_array(weight) for weight in model.graph.initializer}
                [name] = [name for name in names if name.endswith(WORDS)]
                found = floats_of(weights[f"{name}_blocks"], weights[f"{name}_block_scales"], 32)
                self.assertLess(np.square(found - table).sum(), 0.012 * np.square(table).sum())
                self.assertEqual(pack(model), [])

    def test_names_are_shorter_and_answers_the_same(self) -> None:
        with TemporaryDirectory() as folder:
            _, _, model, feeds = self.exported("bert", "text-classification", folder, 4)
            before, size = run(model, feeds), model.ByteSize()
            nodes, outputs = [node.name for node in model.graph.node], [value.name for value in model.graph.output]
            shorten(model)
            self.assertLess(model.ByteSize(), size)
            self.assertEqual(([node.name for node in model.graph.node], [value.name for value in model.graph.output]), (nodes, outputs))
            for a, b in zip(before, run(model, feeds), strict=True):
                np.testing.assert_array_equal(a, b)


if __name__ == "__main__":
    unittest.main()
