"""What graphs do with padding, which one text at a time has not; and what is left of numbers in int8."""

import sys
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper

ASSETS = Path(__file__).parents[2] / "model-assets"
sys.path[:0] = [str(ASSETS), str(ASSETS / "seeded-heads")]

from models import make_model, make_tokenizer  # noqa: E402

from export.load import inputs_of  # noqa: E402
from export.quantize import quantize  # noqa: E402
from export.read import export_reader, outputs_of  # noqa: E402


def run(path: Path, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {each.name: feeds[each.name] for each in session.get_inputs()})


class Padding(unittest.TestCase):
    def test_a_padded_batch_is_pooled_as_transformers_does_it(self) -> None:
        for kind, task in [("gpt2", "text-classification"), ("bart", "text-classification"), ("mbart", "text-classification"), ("mbart", "feature-extraction")]:
            with self.subTest(kind=kind, task=task), TemporaryDirectory() as folder:
                tokenizer = make_tokenizer(kind)
                model = make_model(kind, task, tokenizer)
                if tokenizer.pad_token is None:
                    tokenizer.pad_token, model.config.pad_token_id = tokenizer.eos_token, tokenizer.eos_token_id
                path = Path(folder, "model.onnx")
                export_reader(model, task, inputs_of(model, tokenizer), path)
                encoded = tokenizer(["The bridge in Paris", "A letter that is a good deal longer than the other one"], padding=True, return_tensors="pt")
                with torch.no_grad():
                    expected = model(**encoded)
                for name, found in zip(outputs_of(task), run(path, {name: tensor.numpy() for name, tensor in encoded.items()}), strict=True):
                    kept = encoded.attention_mask.numpy().astype(bool) if task == "feature-extraction" else slice(None)
                    np.testing.assert_allclose(found[kept], expected[name].numpy()[kept], atol=1e-5)


class Int8(unittest.TestCase):
    def quantized(self, kind: str, task: str, folder: str, change=lambda model: None):
        tokenizer = make_tokenizer(kind)
        model = make_model(kind, task, tokenizer)
        with torch.no_grad():
            change(model)
        fp32, int8 = Path(folder, "fp32.onnx"), Path(folder, "int8.onnx")
        export_reader(model, task, inputs_of(model, tokenizer), fp32)
        quantize(fp32, int8)
        return model, onnx.load(int8).graph

    def test_each_row_of_embeddings_has_its_own_scale(self) -> None:
        def loud(model) -> None:
            # One scale for all rows would leave nothing of the others.
            model.transformer.wte.weight[3] = 1000.0

        with TemporaryDirectory() as folder:
            model, graph = self.quantized("gpt2", "token-classification", folder, loud)
            weights = {weight.name: numpy_helper.to_array(weight) for weight in graph.initializer}
            name = next(name for name in weights if name.endswith("wte.weight_rows"))
            rows, scales = weights[name], weights[name.replace("_rows", "_row_scales")]
            table = model.transformer.wte.weight.detach().numpy()
            self.assertTrue((np.abs(rows * scales - table) <= scales / 2 + 1e-6).all())
            self.assertLess(np.abs(rows * scales - table)[4].max(), 0.02)

    def test_embeddings_that_are_the_head_are_stored_once(self) -> None:
        with TemporaryDirectory() as folder:
            model, graph = self.quantized("bert", "fill-mask", folder)
            size = model.bert.embeddings.word_embeddings.weight.shape
            tables = [weight for weight in graph.initializer if sorted(weight.dims) == sorted(size)]
            self.assertEqual([(list(weight.dims), weight.data_type) for weight in tables], [(list(size[::-1]), onnx.TensorProto.INT8)])


if __name__ == "__main__":
    unittest.main()
