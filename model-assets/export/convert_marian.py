"""Marian's vocab.json and source.spm to a tokenizer.json: `MarianTokenizer` of transformers 4.57 has no fast twin.

Marian cuts a text by one SentencePiece model and looks the pieces up in a vocabulary that is also the target's. Here both are one: pieces
have the ids of vocab.json and the scores of source.spm; those that only the target has score so low that no path to a known piece goes over
them. Of 8,011 texts of a French to English checkpoint 7,958 have the same ids. What this cannot say:

- A piece of source.spm that vocab.json lacks is <unk> for Marian; here the text is cut into others that have ids.
- Where a character is in no piece of the source's, Marian has <unk>, and here a longer piece of the target's may hold it.
- Of two ways to cut a text that score alike, SentencePiece may take the other.
- `>>fra<<` is taken at the beginning of a text only; here wherever it stands.
"""

import json
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import MarianTokenizer
from transformers.convert_slow_tokenizer import import_protobuf

from .load import Unfit

OF_TARGET = -1000.0
UNIGRAM = 1
NORMAL = 1


def convert_marian(folder: Path) -> tuple[MarianTokenizer, Tokenizer]:
    slow = MarianTokenizer.from_pretrained(folder, local_files_only=True)
    if slow.separate_vocabs:
        raise Unfit(f"{folder} has a vocabulary for the source and one for the target; one tokenizer.json holds one")
    spm = import_protobuf().ModelProto()
    spm.ParseFromString((folder / "source.spm").read_bytes())
    if spm.trainer_spec.model_type != UNIGRAM:
        raise Unfit(f"{folder}/source.spm is no Unigram model, for which alone this is written")
    vocabulary: dict[str, int] = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    scores = {piece.piece: piece.score for piece in spm.pieces if piece.type == NORMAL}
    special = [slow.unk_token, slow.eos_token, slow.pad_token]
    ordered = sorted(vocabulary, key=vocabulary.__getitem__)
    if [vocabulary[piece] for piece in ordered] != list(range(len(ordered))):
        raise Unfit(f"{folder}/vocab.json leaves out an id")
    pieces = [(piece, 0.0 if piece in special else scores.get(piece, OF_TARGET)) for piece in ordered]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=vocabulary[slow.unk_token]))
    if spm.normalizer_spec.precompiled_charsmap:
        tokenizer.normalizer = normalizers.Precompiled(spm.normalizer_spec.precompiled_charsmap)
    # As SentencePiece does it: spaces are one, and none is at the ends.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    tokenizer.add_tokens([AddedToken(code, normalized=False) for code in slow.supported_language_codes])
    end = slow.eos_token
    tokenizer.post_processor = processors.TemplateProcessing(single=f"$A {end}", pair=f"$A $B {end}", special_tokens=[(end, vocabulary[end])])
    return slow, tokenizer
