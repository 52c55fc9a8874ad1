"""The slow tokenizers of transformers 4.57 that have no fast twin, CTRL's and Transformer-XL's, over vocabularies out of books: writes each
with its conversion (model-assets/tokenizer/convert_*.py) and the ids that the slow one gives for every text.

    pip install tokenizers==0.22.2 transformers==4.57.6 sacremoses==0.2.0
    python test/tokenizer/corpus/slow.py <data folder> <texts.jsonl> <folder to write>

Writes ctrl.json, ctrl.slow.jsonl, transfo-xl.json and transfo-xl.slow.jsonl; compare-slow.ts counts what differs.
"""

import gzip
import json
import logging
import sys
from collections import Counter
from itertools import islice
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers
from transformers import CTRLTokenizer
from transformers.models.deprecated.transfo_xl import TransfoXLTokenizer

sys.path.append(str(Path(__file__).parents[3] / "model-assets/tokenizer"))
import convert_ctrl
import convert_transfo_xl

MERGES, WORDS, LINES = 20_000, 50_000, 40_000
data, texts_file, out = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
out.mkdir(parents=True, exist_ok=True)
logging.disable(logging.ERROR)


def book_lines():
    """Lines of the books from the fifth on: the first four are in the texts."""
    with gzip.open(data / "text/books.jsonl.gz", "rt", encoding="utf-8") as file:
        lines = (line + "\n" for row in islice(file, 4, None) for line in json.loads(row)["text"].split("\n") if line)
        return list(islice(lines, LINES))


def ctrl(lines):
    """Merges learned as fastBPE learns them, and as the vocabulary what is left of the same lines when they are applied."""
    trained = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    trained.pre_tokenizer = pre_tokenizers.Split(Regex(r"\S+\n?"), "removed", invert=True)
    trained.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=MERGES, end_of_word_suffix="</w>", show_progress=False))
    merges = [tuple(pair) for pair in json.loads(trained.to_str())["model"]["merges"]]
    (out / "ctrl.merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges if "\n" not in a + b), encoding="utf-8")
    (out / "ctrl.vocab.json").write_text(json.dumps({"<unk>": 0}))
    files = {"vocab_file": str(out / "ctrl.vocab.json"), "merges_file": str(out / "ctrl.merges.txt")}
    pieces = count(CTRLTokenizer(**files), lines)
    vocabulary = {piece: id for id, piece in enumerate(["<unk>", *pieces])}
    (out / "ctrl.vocab.json").write_text(json.dumps(vocabulary))
    tokenizer, behind = convert_ctrl.convert(vocabulary, convert_ctrl.read_merges(files["merges_file"]))
    print(f"ctrl: {len(vocabulary)} pieces, {behind} more on the way to others")
    return CTRLTokenizer(**files), tokenizer


def count(slow, lines):
    return [piece for piece, _ in Counter(piece for line in lines for piece in slow._tokenize(line)).most_common()]


def transfo_xl(lines):
    """The most frequent words, as the tokenizer itself counts them."""
    slow = TransfoXLTokenizer(special=["<eos>", "<unk>"], max_size=WORDS)
    slow.count_sents([slow._tokenize(line) for line in lines])
    slow.build_vocab()
    slow.unk_idx = slow.sym2idx["<unk>"]
    print(f"transfo-xl: {len(slow.sym2idx)} words")
    return slow, convert_transfo_xl.convert(slow)


def main():
    lines = book_lines()
    texts = [json.loads(line) for line in texts_file.open()]
    for name, make in (("ctrl", ctrl), ("transfo-xl", transfo_xl)):
        slow, tokenizer = make(lines)
        tokenizer.save(str(out / f"{name}.json"))
        with (out / f"{name}.slow.jsonl").open("w") as file:
            for text in texts:
                file.write(json.dumps(slow.encode(text)) + "\n")


main()
