"""Texts to compare on, one JSON string a line: books, Wikipedia, French, source code, and random Unicode of every block.

    python test/tokenizer/corpus/texts.py <data folder> <number> > texts.jsonl
"""

import gzip
import json
import random
import sys
from pathlib import Path

data, number = Path(sys.argv[1]), int(sys.argv[2])
random.seed(1)


def rows(path, most):
    with gzip.open(data / path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for _, line in zip(range(most), file)]


def sources():
    book = "".join(r["text"] for r in rows("text/books.jsonl.gz", 4))
    yield [line for line in book.split("\n") if line]
    yield [book[i : i + 700] for i in range(0, 2_000_000, 700)]
    yield [line for r in rows("text/wikitext-2.dev.jsonl.gz", 2000) for line in r["text"].split("\n")]
    docs = rows("translation/python-docs.fr-en.jsonl.gz", 20000)
    yield [r["fr"] for r in docs]
    yield [r["fr"] for r in rows("translation/tatoeba.fr-en.jsonl.gz", 20000)]
    code = [p.read_text(errors="replace") for p in sorted(Path(json.__file__).parent.parent.glob("*.py"))[:60]]
    yield [t[i : i + 300] for t in code for i in range(0, len(t), 300)]


BLOCKS = [(b, b + 0x7F) for b in [*range(0, 0x3000, 0x80), *range(0xA000, 0xABFF, 0x80), *range(0xF900, 0xFFFF, 0x80), *range(0x10000, 0x12500, 0x80), *range(0x1D000, 0x1FB00, 0x80), 0x3000, 0x3080, 0x3300, 0x4E00, 0xAC00, 0xD700, 0x20000, 0x2F800, 0xE0000, 0xE0100]]
SPECIALS = ["[MASK]", " <mask>", "<mask> ", "</s>", "<s>", "<|endoftext|>", "<extra_id_3>", "en_XX", "the", "Über", "u\u0308ber", " ( ", "and", " and ", "X  ", "É", "E\u0301", "ﬁ", "<unk>", "▁", "``", "''", "\r\n", "   ", "\t", "\u00a0", "'s", "'LL", "\u2028", "1234", "e\u0301\u0323", "\u1100\u1161\u11a8", "\u0600a", "ſ", "İ"]


def generated():
    text = []
    for _ in range(random.randint(1, 14)):
        roll = random.random()
        if roll < 0.3:
            low, high = random.choice(BLOCKS)
            text += [chr(c) for c in (random.randint(low, high) for _ in range(random.randint(1, 6))) if not 0xD800 <= c < 0xE000]
        elif roll < 0.5:
            text.append(random.choice(SPECIALS))
        elif roll < 0.6:
            text += [chr(random.randint(0x300, 0x36F)) for _ in range(random.randint(1, 5))]
        elif roll < 0.8:
            text.append("".join(random.choice("etaoin shrdluETAOIN.,'-0129") for _ in range(random.randint(1, 9))))
        else:
            text.append(" " * random.choice([1, 1, 1, 2, 3]))
    return "".join(text)


def main():
    lists = [random.sample(s, min(len(s), number // 8)) for s in sources()]
    texts = [t for s in lists for t in s if t]
    texts += [generated() for _ in range(number - len(texts))]
    for text in texts:
        print(json.dumps(text))


main()
