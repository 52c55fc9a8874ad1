"""Writes unicode-data.ts: what Hugging Face tokenizers does with every single code point.

The tables are asked of the library, not of the Unicode Character Database, because it mixes several Unicode versions
(its category tables are older than its lower-casing). Run it in an environment with `pip install tokenizers==0.22.2`:

    python model-assets/tokenizer/generate-unicode.py
"""

import unicodedata
from pathlib import Path

import tokenizers
from tokenizers import normalizers, pre_tokenizers

CODE_POINTS = [*range(0xD800), *range(0xE000, 0x110000)]
HANGUL = range(0xAC00, 0xAC00 + 11172)
OVERLAY = "\u0334"  # canonical combining class 1, the lowest
IOTA_BELOW = "\u0345"  # class 240, the highest


def bert(**flags):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**off, **flags}).normalize_str


clean = bert(clean_text=True)
space_ideographs = bert(handle_chinese_chars=True)
strip = bert(strip_accents=True)
lower = bert(lowercase=True)
nfd = normalizers.NFD().normalize_str
split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str


def combining_classes(stable):
    """The canonical combining class of every code point that is its own decomposition, by the order NFD puts it in."""
    marks = [c for c in stable if nfd(IOTA_BELOW + c) != IOTA_BELOW + c or nfd(c + OVERLAY) != c + OVERLAY]
    known = {}
    for c in marks:  # one representative for every class, the smallest code point that the UCD gives it
        known.setdefault(unicodedata.combining(c), c)
    known.pop(0, None)
    classes = {}
    for c in marks:
        equal = [k for k, r in known.items() if nfd(r + c) == r + c and nfd(c + r) == c + r]
        assert len(equal) == 1, (hex(ord(c)), equal)
        classes[ord(c)] = equal[0]
    return classes


def base36(n):
    digits = ""
    while True:
        n, r = divmod(n, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[r] + digits
        if n == 0:
            return digits


def ranges(values):
    """[(first, last, value)] of a dict by code point, values equal and code points adjacent."""
    out = []
    for cp in sorted(values):
        if out and out[-1][1] == cp - 1 and out[-1][2] == values[cp]:
            out[-1][1] = cp
        else:
            out.append([cp, cp, values[cp]])
    return out


def pack_ranges(values):
    """`gap length [value]` for every range, in base 36; the value is left out where all are 1."""
    words, at = [], 0
    plain = set(values.values()) == {1}
    for first, last, value in ranges(values):
        words.append(base36(first - at) + "," + base36(last - first) + ("" if plain else "," + base36(value)))
        at = last
    return " ".join(words)


def pack_mappings(mappings):
    """`gap target…` for every code point; a target is a distance from the code point itself, so that alphabets repeat."""
    words, at = [], 0
    for cp in sorted(mappings):
        words.append(",".join([base36(cp - at)] + [base36((ord(t) - cp) * 2 if ord(t) >= cp else (cp - ord(t)) * 2 - 1) for t in mappings[cp]]))
        at = cp
    return " ".join(words)


def main():
    removed, spaced, whitespace, punctuation, ideographs, nonspacing = {}, {}, {}, {}, {}, {}
    lowercase, decompositions, stable = {}, {}, []
    for cp in CODE_POINTS:
        c = chr(cp)
        cleaned = clean("a" + c + "b")
        if cleaned == "ab":
            removed[cp] = 1
        elif cleaned != "a" + c + "b":
            assert cleaned == "a b", hex(cp)
            spaced[cp] = 1
        if space_ideographs(c) != c:
            assert space_ideographs(c) == f" {c} "
            ideographs[cp] = 1
        pieces = len(split("a" + c + "b"))
        if pieces == 2:
            whitespace[cp] = 1
        elif pieces == 3:
            punctuation[cp] = 1
        lowered = lower(c)
        if lowered != c:
            lowercase[cp] = lowered
        decomposed = nfd(c)
        if decomposed == c:
            stable.append(c)
            if strip("a" + c + "b") == "ab":
                nonspacing[cp] = 1
        elif cp in HANGUL:
            index = cp - 0xAC00
            jamo = [0x1100 + index // 588, 0x1161 + index % 588 // 28] + ([0x11A7 + index % 28] if index % 28 else [])
            assert [ord(d) for d in decomposed] == jamo, hex(cp)
        else:
            decompositions[cp] = decomposed
    tables = {
        "REMOVED": ("removed by `clean_text`", pack_ranges(removed)),
        "SPACED": ("made a space by `clean_text`", pack_ranges(spaced)),
        "IDEOGRAPHS": ("set between spaces by `handle_chinese_chars`", pack_ranges(ideographs)),
        "NONSPACING": ("removed by `strip_accents` after decomposition", pack_ranges(nonspacing)),
        "COMBINING_CLASSES": ("canonical combining classes that are not 0", pack_ranges(combining_classes(stable))),
        "WHITESPACE": ("dropped between words by BertPreTokenizer", pack_ranges(whitespace)),
        "PUNCTUATION": ("a word of its own for BertPreTokenizer", pack_ranges(punctuation)),
        "LOWERCASE": ("lower case, where it differs", pack_mappings(lowercase)),
        "DECOMPOSITIONS": ("canonical decompositions (NFD), Hangul syllables excepted", pack_mappings(decompositions)),
    }
    lines = [
        f"// Generated by generate-unicode.py from Hugging Face tokenizers {tokenizers.__version__}. Do not edit.",
        "// Ranges: `gap,length-1[,value]`, gaps from the end of the range before. Mappings: `gap,target…`, a target being a",
        "// distance d from the code point itself: 2d forwards, 2d-1 backwards. All numbers in base 36.",
        "",
    ]
    for name, (what, packed) in tables.items():
        lines += [f"/** {what[0].upper()}{what[1:]}. */", "// biome-ignore format: generated", f"export const {name} =", f"  '{packed}';", ""]
    (Path(__file__).parent / "unicode-data.ts").write_text("\n".join(lines))
    print({name: len(packed) for name, (_, packed) in tables.items()})


if __name__ == "__main__":
    main()
