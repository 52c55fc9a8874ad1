"""Tokenizers without a fast twin: what is written gives the ids that the slow one gives."""

import io
import json
import sys
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

import sentencepiece
from transformers import AutoTokenizer, CTRLTokenizer, MarianTokenizer
from transformers.models.deprecated.transfo_xl import TransfoXLTokenizer

ASSETS = Path(__file__).parents[2] / "model-assets"
sys.path[:0] = [str(ASSETS), str(ASSETS / "seeded")]

from corpus import sentences  # noqa: E402

from export.load import Unfit  # noqa: E402
from export.tokenizer_files import write_tokenizer  # noqa: E402

TEXTS = ["", "  two  spaces ", "one", *sentences(60, 5)]
REAL = Path(__file__).parents[3] / "shared/tokenizers/opus-mt-tc-big-fr-en"


class Converted(unittest.TestCase):
    def same(self, kind: str, source: Path, slow, texts: list[str]) -> None:
        with TemporaryDirectory() as out:
            write_tokenizer(source, Path(out), kind, 256)
            fast = AutoTokenizer.from_pretrained(out)
            self.assertTrue(fast.is_fast)
            self.assertEqual(fast.model_input_names, slow.model_input_names)
            self.assertEqual(fast.unk_token, slow.unk_token)
            self.assertLessEqual(fast.model_max_length, 512)
            other = [(text, slow.tokenize(text), fast.tokenize(text)) for text in texts if fast(text).input_ids != slow(text).input_ids]
            self.assertEqual(other, [])

    def test_ctrl(self) -> None:
        with TemporaryDirectory() as folder:
            pieces = ["<unk>", "t@@", "h@@", "e@@", "e", "th@@", "the", "b@@", "r", "br", "s@@", "s", "a", "a@@", "n@@", "nd", "and", "d", "o@@", "o"]
            Path(folder, "vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(pieces)}))
            Path(folder, "merges.txt").write_text("#version: 0.2\nt h\nth e</w>\nb r</w>\nn d</w>\na nd</w>\n")
            self.same("ctrl", Path(folder), CTRLTokenizer.from_pretrained(folder), ["the and the", "br the", "so\nthe and", *TEXTS[:3]])

    def test_transformer_xl(self) -> None:
        words = sorted({word for text in sentences(400, 1) for word in text.split() if word.isalpha() and word.isascii()})
        with TemporaryDirectory() as folder:
            Path(folder, "vocab.txt").write_text("\n".join(["<eos>", "<unk>", *words, ",", ".", "'s"]) + "\n")
            slow = TransfoXLTokenizer(vocab_file=f"{folder}/vocab.txt")
            self.same("transfo-xl", Path(folder), slow, ["The bridge was quiet , said Lewis .", "My name is Pedro and I work in Lima"])

    def test_a_pickle_is_not_opened(self) -> None:
        with TemporaryDirectory() as folder, self.assertRaisesRegex(Unfit, "vocab.bin is a pickle"):
            Path(folder, "vocab.bin").write_bytes(b"\x80\x04.")
            write_tokenizer(Path(folder), Path(folder, "out"), "transfo-xl", None)

    def test_marian(self) -> None:
        with TemporaryDirectory() as folder:
            for name, seed in [("source", 1), ("target", 2)]:
                model = io.BytesIO()
                sentencepiece.SentencePieceTrainer.train(
                    sentence_iterator=iter(sentences(2000, seed)), model_writer=model, vocab_size=400, minloglevel=2, hard_vocab_limit=False
                )
                Path(folder, f"{name}.spm").write_bytes(model.getvalue())
            pieces = {}
            for name in ("source", "target"):
                spm = sentencepiece.SentencePieceProcessor(model_file=f"{folder}/{name}.spm")
                pieces |= dict.fromkeys(spm.id_to_piece(i) for i in range(3, spm.get_piece_size()))
            vocabulary = {piece: i for i, piece in enumerate(["</s>", "<unk>", ">>fra<<", *pieces, "<pad>"])}
            Path(folder, "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
            slow = MarianTokenizer(f"{folder}/source.spm", f"{folder}/target.spm", f"{folder}/vocab.json")
            # `....` can be cut in two ways that score alike.
            texts = [text for text in TEXTS if ".…" not in text]
            self.same("marian", Path(folder), slow, [*texts, *(f">>fra<< {text}" for text in texts[3:9])])

    @unittest.skipUnless(REAL.exists(), f"{REAL} is not there")
    def test_a_published_marian(self) -> None:
        slow = MarianTokenizer.from_pretrained(REAL)
        self.same("marian", REAL, slow, ["Ce cours est produit par Hugging Face.", "  J'aime  beaucoup ça !", "L’été, c'est naïf\u00a0: 12,5 %", "Привет", ""])


if __name__ == "__main__":
    unittest.main()
