"""Builds a tokenizer.json for every family from the parts in ../shared/tokenizers, by the reference library's own converters, and
small ones of components that no checkpoint there has. Needs tokenizers 0.22.2, transformers 4.57, sentencepiece, protobuf.

    python test/tokenizer/corpus/build.py <folder of the parts> <folder to write>
"""

import json
import shutil
import sys
from pathlib import Path

import transformers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BertTokenizerFast, DebertaV2TokenizerFast, GPT2TokenizerFast

parts, out = Path(sys.argv[1]), Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)


pieces_to_bytes = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
DECODERS = {
    **{name: decoders.Metaspace() for name in ("albert", "xlm-r", "mbart")},
    **{name: decoders.Sequence(pieces_to_bytes) for name in ("unigram-fallback", "llama")},
    "bpe-nfkd": decoders.Metaspace(prepend_scheme="never"), "bpe-prefix": decoders.WordPiece("##", cleanup=False),
    "gpt": decoders.BPEDecoder("</w>"), "llama3": decoders.ByteLevel(), "wordpiece-scripts": decoders.WordPiece(),
}  # fmt: skip
"""Of those that are put together here."""


def save(name, tokenizer):
    tokenizer = getattr(tokenizer, "backend_tokenizer", tokenizer)
    tokenizer.decoder = DECODERS.get(name, tokenizer.decoder)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    (out / f"{name}.json").write_text(tokenizer.to_str())


for name, source in {"uncased": "bert-base-uncased", "roberta": "roberta-base", "t5": "t5-small", "marian": "marian-joint"}.items():
    shutil.copy(parts / source / "tokenizer.json", out / f"{name}.json")
for name in ("cased", "multilingual"):
    folder = parts / ("bert-base-cased" if name == "cased" else "bert-base-multilingual-cased")
    save(name, BertTokenizerFast(vocab_file=str(folder / "vocab.txt"), do_lower_case=False))
save("gpt2", GPT2TokenizerFast(vocab_file=str(parts / "gpt2/vocab.json"), merges_file=str(parts / "gpt2/merges.txt")))
save("gpt2-prefixed", GPT2TokenizerFast(vocab_file=str(parts / "gpt2/vocab.json"), merges_file=str(parts / "gpt2/merges.txt"), add_prefix_space=True))
save("deberta-v3", DebertaV2TokenizerFast(vocab_file=str(parts / "deberta-v3/spm.model")))

t5 = json.loads((parts / "t5-small/tokenizer.json").read_text())
charsmap = t5["normalizer"]
pieces = json.loads((parts / "albert-base-v2/vocab_pieces_scores.json").read_text())
pieces = pieces if isinstance(pieces, list) else pieces.get("vocab", pieces)
import base64


def precompiled():
    def find(value):
        if isinstance(value, dict):
            if value.get("type") == "Precompiled":
                return value["precompiled_charsmap"]
            return next((f for f in map(find, value.values()) if f), None)
        if isinstance(value, list):
            return next((f for f in map(find, value) if f), None)
    return normalizers.Precompiled(base64.b64decode(find(charsmap)))


# As AlbertConverter builds it.
albert = Tokenizer(models.Unigram([(p, s) for p, s in pieces], unk_id=1))
albert.normalizer = normalizers.Sequence([
    normalizers.Replace("``", '"'), normalizers.Replace("''", '"'), normalizers.NFKD(), normalizers.StripAccents(),
    normalizers.Lowercase(), precompiled(), normalizers.Replace(Regex(" {2,}"), " "),
])
albert.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
albert.post_processor = processors.TemplateProcessing(
    single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
    special_tokens=[("[CLS]", albert.token_to_id("[CLS]")), ("[SEP]", albert.token_to_id("[SEP]"))])
albert.add_special_tokens(["<pad>", "<unk>", "[CLS]", "[SEP]"])
albert.add_special_tokens([AddedToken("[MASK]", lstrip=True, normalized=False)])
save("albert", albert)

# XLM-R-style and mBART-style: the pieces of t5 behind the converters' own normalizers and templates.
vocab = [(p, s) for p, s in t5["model"]["vocab"]]
xlmr = Tokenizer(models.Unigram([("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)] + [v for v in vocab[3:]] + [("<mask>", 0.0)], unk_id=3))
xlmr.normalizer = normalizers.Sequence([precompiled(), normalizers.Replace(Regex(" {2,}"), " ")])
xlmr.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
xlmr.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
xlmr.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True, normalized=False)])
save("xlm-r", xlmr)
mbart = Tokenizer.from_str(xlmr.to_str())
mbart.add_special_tokens(["en_XX", "fr_XX"])
mbart.post_processor = processors.TemplateProcessing(single="$A </s> en_XX", pair="$A $B </s> en_XX", special_tokens=[("</s>", 2), ("en_XX", mbart.token_to_id("en_XX"))])
save("mbart", mbart)
# Unigram with byte fallback, over the whole text at once.
fallback = Tokenizer(models.Unigram([("<unk>", 0.0)] + [(f"<0x{b:02X}>", 0.0) for b in range(256)] + vocab[3:32000], unk_id=0, byte_fallback=True))
fallback.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Strip()])
fallback.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False)
save("unigram-fallback", fallback)
if __name__ == "__main__" and len(sys.argv) > 3:
    import importlib.util
    spec = importlib.util.spec_from_file_location("small", Path(__file__).parent / "small.py")
    small = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(small)
    small.build(Path(sys.argv[3]).read_text(encoding="utf-8").split("\n"), save)
