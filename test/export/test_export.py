"""Exports checkpoints of every form as a user would, from the folder that save_pretrained wrote, and opens what came out.

    python -m unittest discover -s test/export     (model-assets/export/requirements.txt)
"""

import contextlib
import filecmp
import io
import json
import subprocess
import sys
import unittest
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import torch
import transformers
from onnx import numpy_helper

ASSETS = Path(__file__).parents[2] / "model-assets"
sys.path[:0] = [str(ASSETS), str(ASSETS / "seeded-heads")]

from models import make_model, make_tokenizer, save  # noqa: E402

from export.__main__ import export  # noqa: E402
from export.heads import ARCHITECTURES, NoHead, find_head, guess_task, tasks_of  # noqa: E402
from export.load import Unfit  # noqa: E402

CASES = [
    ("bert", "text-classification"), ("roberta", "fill-mask"), ("gpt2", "text-generation"), ("ctrl", "text-generation"), ("openai-gpt", "text-generation"),
    ("transfo-xl", "text-generation"), ("transfo-xl", "text-classification"), ("gpt2", "text-classification"), ("bart", "question-answering"),
    ("mbart", "zero-shot-classification"), ("t5", "translation"), ("marian", "translation"), ("t5", "feature-extraction"), ("roberta", "text-generation"),
]
FILES = {
    "text-generation": {"gpt2": ["model"], "ctrl": ["decoder_model_merged"]},
    "translation": {"t5": ["decoder_model_merged", "encoder_model"], "marian": ["decoder_model_merged", "encoder_model"]},
}


def setUpModule() -> None:
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)


def checkpoint(kind: str, task: str, folder: Path) -> Path:
    tokenizer = make_tokenizer(kind)
    save(make_model(kind, task, tokenizer), tokenizer, folder)
    return folder


def greatest_pair(path: Path) -> int:
    """How far two neighbours of a column add up, of all weights of a graph and of the branches in it."""
    weights: dict[str, np.ndarray] = {}
    products: list[str] = []

    def walk(graph: onnx.GraphProto) -> None:
        weights.update({each.name: numpy_helper.to_array(each) for each in graph.initializer})
        for node in graph.node:
            products.extend(node.input[1:2] if node.op_type == "MatMulInteger" else [])
            for attribute in node.attribute:
                if attribute.type == onnx.AttributeProto.GRAPH:
                    walk(attribute.g)

    walk(onnx.load(path).graph)
    found = [weights[name].astype(int) for name in products if name in weights]
    return max(int(np.abs(np.add.reduceat(each, np.arange(0, len(each), 2))).max()) for each in found)


class Exported(unittest.TestCase):
    def test_every_form(self) -> None:
        for kind, task in CASES:
            with self.subTest(kind=kind, task=task), TemporaryDirectory() as temporary, contextlib.redirect_stdout(io.StringIO()):
                out = Path(temporary, "out")
                reports = export(checkpoint(kind, task, Path(temporary, "in")), out, task)
                fp32, int8 = reports["fp32"], reports["int8"]
                self.assertLess(fp32.greatest, 1e-4)
                self.assertEqual(fp32.agree, fp32.asked)
                # Of weights that were never trained: those that were flip less.
                if int8.cosine is None:
                    self.assertGreater(int8.agree, 0.85 * int8.asked)
                else:
                    self.assertGreater(int8.cosine, 0.999)
                self.assertGreater(int8.greatest, 1e-3)
                stems = FILES.get(task, {}).get(kind, ["model"])
                wanted = sorted([f"{stem}.onnx" for stem in stems] + [f"{stem}_quantized.onnx" for stem in stems])
                self.assertEqual(sorted(path.name for path in (out / "onnx").iterdir()), wanted)
                for stem in stems:
                    self.assertLessEqual(greatest_pair(out / f"onnx/{stem}_quantized.onnx"), 128)
                    self.assertLess((out / f"onnx/{stem}_quantized.onnx").stat().st_size, (out / f"onnx/{stem}.onnx").stat().st_size)
                self.assertTrue(transformers.AutoTokenizer.from_pretrained(out).is_fast)
                config = json.loads((out / "config.json").read_text())
                self.assertEqual(config["architectures"], [find_head(kind, task).class_name])

    def test_decoders_that_stay_split(self) -> None:
        for kind, task in [("ctrl", "text-generation"), ("t5", "summarization")]:
            with self.subTest(kind=kind), TemporaryDirectory() as temporary, contextlib.redirect_stdout(io.StringIO()):
                out = Path(temporary, "out")
                reports = export(checkpoint(kind, task, Path(temporary, "in")), out, task, split=True)
                self.assertEqual(reports["fp32"].agree, reports["fp32"].asked)
                self.assertTrue((out / "onnx/decoder_with_past_model_quantized.onnx").exists())
                self.assertEqual(list((out / "onnx").glob("*merged*")), [])

    def test_what_else_says_how_it_is_used_is_kept(self) -> None:
        with TemporaryDirectory() as temporary, contextlib.redirect_stdout(io.StringIO()):
            source = checkpoint("bert", "feature-extraction", Path(temporary, "in"))
            (source / "1_Pooling").mkdir()
            (source / "1_Pooling/config.json").write_text('{"pooling_mode_cls_token": true}')
            out = Path(temporary, "out")
            # What an earlier run left is not mixed with what this one makes.
            (out / "onnx").mkdir(parents=True)
            (out / "onnx/decoder_model.onnx").write_text("old")
            export(source, out)
            self.assertEqual((out / "1_Pooling/config.json").read_text(), '{"pooling_mode_cls_token": true}')
            self.assertFalse((out / "onnx/decoder_model.onnx").exists())

    def test_texts_and_report(self) -> None:
        with TemporaryDirectory() as temporary, contextlib.redirect_stdout(io.StringIO()) as printed:
            source = checkpoint("bert", "text-classification", Path(temporary, "in"))
            reports = export(source, Path(temporary, "out"), texts=[("One text.",), ("Another",)], int8_only=True)
            self.assertEqual(list(reports), ["int8"])
            self.assertEqual(reports["int8"].asked, 2)
            self.assertEqual([path.name for path in Path(temporary, "out/onnx").iterdir()], ["model_quantized.onnx"])
        self.assertIn("of 2 labels agree", printed.getvalue())

    def test_the_same_bytes_as_the_seeded_checkpoints(self) -> None:
        for kind, task in [("electra", "token-classification"), ("distilbert", "question-answering"), ("albert", "fill-mask")]:
            with self.subTest(kind=kind), TemporaryDirectory() as temporary, contextlib.redirect_stdout(io.StringIO()):
                export(checkpoint(kind, task, Path(temporary, "in")), Path(temporary, "out"), task)
                kept = ASSETS / f"seeded/seeded-{kind}-{task}/model.onnx"
                self.assertTrue(filecmp.cmp(Path(temporary, "out/onnx/model.onnx"), kept, shallow=False))


class Refused(unittest.TestCase):
    def refused(self, kind: str, task: str, asked: str | None, message: str, change=lambda config: config) -> None:
        with TemporaryDirectory() as temporary:
            source = checkpoint(kind, task, Path(temporary, "in"))
            path = source / "config.json"
            path.write_text(json.dumps(change(json.loads(path.read_text()))))
            with self.assertRaisesRegex((NoHead, Unfit), message):
                export(source, Path(temporary, "out"), asked)

    def test_weights_that_are_not_there(self) -> None:
        self.refused("bert", "fill-mask", "text-classification", "has no weights for .*classifier.weight.* which BertForSequenceClassification needs")

    def test_heads_that_there_are_not(self) -> None:
        self.refused("gpt2", "text-generation", "fill-mask", "no class of GPT-2 for fill-mask; it has some for feature-extraction, question-answering")
        self.refused("marian", "translation", "feature-extraction", "MarianModel asks for decoder_input_ids")

    def test_other_architectures(self) -> None:
        self.refused("bert", "fill-mask", None, "model_type is llama; this exports albert", lambda config: {**config, "model_type": "llama"})

    def test_models_that_see_what_comes_after(self) -> None:
        self.refused("bert", "text-generation", None, "is_decoder is false in config.json", lambda config: {**config, "is_decoder": False})

    def test_labels(self) -> None:
        self.refused("bert", "text-classification", "zero-shot-classification", "needs a label that begins with entail; there are bad, fair, good, best")

    def test_a_task_that_nothing_tells(self) -> None:
        self.refused("bert", "fill-mask", None, "config.json names no class; say --task, one of", lambda config: {**config, "architectures": None})

    def test_no_checkpoint_at_all(self) -> None:
        with TemporaryDirectory() as temporary, self.assertRaisesRegex(Unfit, "has no config.json; save_pretrained writes it"):
            export(Path(temporary), Path(temporary, "out"))


class CommandLine(unittest.TestCase):
    def run_it(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run([sys.executable, "-m", "export", *words], cwd=ASSETS, capture_output=True, text=True)

    def test_it_prints_and_writes_a_report(self) -> None:
        with TemporaryDirectory() as folder:
            source = checkpoint("bert", "question-answering", Path(folder, "in"))
            Path(folder, "texts").write_text("Who?\tMaria Lopez joined.\n\nWhen?\tShe came in March.\n")
            ran = self.run_it(str(source), f"{folder}/out", "--texts", f"{folder}/texts", "--report", f"{folder}/report.json")
            self.assertEqual(ran.returncode, 0, ran.stderr)
            self.assertRegex(ran.stdout, r"int8: 0\.\d MB; \d of 4 starts and ends agree, \d flip; error at most [\d.]+, on average [\d.]+")
            report = json.loads(Path(folder, "report.json").read_text())
            self.assertEqual(list(report), ["fp32", "int8"])
            self.assertEqual(report["fp32"]["agree"], 4)
            self.assertGreater(report["int8"]["max_error"], report["int8"]["mean_error"])

    def test_it_says_what_would_be_right(self) -> None:
        with TemporaryDirectory() as folder:
            ran = self.run_it(folder, f"{folder}/out")
            self.assertEqual(ran.returncode, 1)
            self.assertRegex(ran.stderr.strip().splitlines()[-1], "has no config.json; save_pretrained writes it$")


class Heads(unittest.TestCase):
    def test_all_architectures_of_the_course(self) -> None:
        self.assertEqual(len(ARCHITECTURES), 13)
        self.assertEqual(sum(len(tasks_of(kind)) for kind in ARCHITECTURES), 77)

    def test_the_task_that_a_class_is_published_for(self) -> None:
        guesses = {("bart", "BartForConditionalGeneration"): "summarization", ("mbart", "MBartForConditionalGeneration"): "translation"}
        guesses |= {("bert", "BertForSequenceClassification"): "text-classification", ("gpt2", "GPT2LMHeadModel"): "text-generation"}
        for (kind, name), task in guesses.items():
            self.assertEqual(guess_task(kind, [name]), task)


if __name__ == "__main__":
    unittest.main()
