"""CTRL's vocab.json and merges.txt to a tokenizer.json: `CTRLTokenizer` of transformers 4.57 has no fast twin.

    pip install tokenizers==0.22.2
    python model-assets/tokenizer/convert_ctrl.py <vocab.json> <merges.txt> <tokenizer.json>

CTRL writes `@@` behind a piece that does not end a word, BPE here `</w>` behind one that does. What this cannot say:

- Pieces have other names: `hel@@ lo` is `hel lo</w>`. Ids are the same.
- A piece that the merges pass through, but the vocabulary lacks, is <unk> for CTRL. It must have an id of its own here for the merges that
  go on from it: such pieces have the ids behind the vocabulary, and a text that ends on one has an id that the model does not know. Their
  number is printed; `--strict` leaves out the merges that lead to them, so that their texts have other, but known, ids.
- A word that ends in `@@` itself is taken for a piece within a word by CTRL's vocabulary.
- A text that ends within a word is decoded with `@@` by CTRL, and without it here.
"""

import json
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

END, CONTINUES = "</w>", "@@"
UNKNOWN = "<unk>"


def convert(vocabulary: dict[str, int], merges: list[tuple[str, str]], strict: bool = False) -> tuple[Tokenizer, int]:
    """The tokenizer, and how many pieces have ids behind the vocabulary. `merges`: as merges.txt has them, best first."""
    ids = {UNKNOWN: vocabulary[UNKNOWN]}
    for piece, id in vocabulary.items():
        if piece != UNKNOWN:
            ids[piece.removesuffix(CONTINUES) if piece.endswith(CONTINUES) and piece != CONTINUES else piece + END] = id
    known, behind = [], max(vocabulary.values()) + 1
    for pair in merges:
        wanted = [piece for piece in (*pair, "".join(pair)) if piece not in ids]
        if wanted and strict:
            continue
        for piece in wanted:
            ids[piece] = behind
            behind += 1
        known.append(pair)
    tokenizer = Tokenizer(models.BPE(vocab=ids, merges=known, unk_token=UNKNOWN, end_of_word_suffix=END))
    # \S+\n? is what CTRL finds: a word keeps the end of its line.
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"\S+\n?"), "removed", invert=True)
    tokenizer.decoder = decoders.BPEDecoder(suffix=END)
    tokenizer.add_special_tokens([AddedToken(UNKNOWN, normalized=False)])
    return tokenizer, behind - max(vocabulary.values()) - 1


def read_merges(path: str) -> list[tuple[str, str]]:
    """As CTRLTokenizer reads them: the first line and the last are none."""
    with open(path, encoding="utf-8") as file:
        pairs = [tuple(line.split()) for line in file.read().split("\n")[1:-1]]
    return list(dict.fromkeys(pair for pair in pairs if len(pair) == 2))


if __name__ == "__main__":
    options = [word for word in sys.argv[1:] if word.startswith("--")]
    vocab, merges, out = [word for word in sys.argv[1:] if not word.startswith("--")]
    with open(vocab, encoding="utf-8") as file:
        made, beyond = convert(json.load(file), read_merges(merges), "--strict" in options)
    made.save(out)
    print(f"{made.get_vocab_size()} pieces, {beyond} of them behind the vocabulary")
