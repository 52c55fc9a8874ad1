"""What the reference answers: for every text ids, offsets in UTF-16 units, word ids and type ids, as little-endian u32; each text
alone and with special tokens, every fourth as a pair with the one before. With a fourth name also the pieces of all ids, on the first line,
and what the ids of every text are decoded to, every second without special tokens.

    python test/tokenizer/corpus/reference.py <tokenizer.json> <texts.jsonl> <answers.bin> [decoded.jsonl]
"""

import json
import struct
import sys

from tokenizers import Tokenizer

tokenizer = Tokenizer.from_file(sys.argv[1])
tokenizer.no_padding()
tokenizer.no_truncation()
texts = [json.loads(line) for line in open(sys.argv[2])]


def units(text):
    places, at = [0], 0
    for c in text:
        at += 2 if ord(c) > 0xFFFF else 1
        places.append(at)
    return places


decoded = open(sys.argv[4], "w") if len(sys.argv) > 4 else None
if decoded:
    size = max(tokenizer.get_vocab(with_added_tokens=True).values()) + 1
    print(json.dumps([tokenizer.id_to_token(id) for id in range(size)]), file=decoded)
with open(sys.argv[3], "wb") as out:
    for i, text in enumerate(texts):
        pair = texts[i - 1] if i % 4 == 3 else None
        e = tokenizer.encode(text, pair)
        places = [units(text), units(pair or "")]
        numbers = [len(e.ids)]
        for id, (a, b), word, sequence, type_id in zip(e.ids, e.offsets, e.word_ids, e.sequence_ids, e.type_ids):
            p = places[sequence or 0]
            ok = sequence is not None
            numbers += [id, p[a] if ok else a, p[b] if ok else b, 0xFFFFFFFF if word is None else word, type_id]
        out.write(struct.pack(f"<{len(numbers)}I", *numbers))
        if decoded:
            print(json.dumps(tokenizer.decode(e.ids, skip_special_tokens=i % 2 == 1)), file=decoded)
