"""Writes unicode-classes.ts: sets and mappings of code points that the general pipeline's components use, asked of Hugging Face
tokenizers as in generate-unicode.py (general categories of its regular expressions, scripts, compatibility mappings).

    python model-assets/tokenizer/generate-classes.py
"""

import sys
import unicodedata
from pathlib import Path

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

sys.path.insert(0, str(Path(__file__).parent))
import importlib

unicode_script = importlib.import_module("generate-unicode")
pack_mappings, pack_ranges = unicode_script.pack_mappings, unicode_script.pack_ranges

CODE_POINTS = unicode_script.CODE_POINTS
ALL = "".join(map(chr, CODE_POINTS))
CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co".split()
HANGUL = unicode_script.HANGUL
PREPENDS = "0600-0605 06dd 070f 0890-0891 08e2 0d4e 110bd 110cd 111c2-111c3 1193f 11941 11a3a 11a84-11a89 11d46 11f02"


def matching(pattern):
    """The code points that the regular expression matches."""
    kept = normalizers.Replace(Regex(f"[^{pattern}]"), "").normalize_str(ALL)
    return {ord(c): 1 for c in kept}


def split_by(pre_tokenizer, whole):
    """Code points that stand apart between two letters (`whole`), or that vanish there."""
    found = {}
    for cp in CODE_POINTS:
        pieces = [piece for piece, _ in pre_tokenizer.pre_tokenize_str("a" + chr(cp) + "b")]
        if (len(pieces) == 3) if whole else (len(pieces) == 2):
            found[cp] = 1
    return found


def main():
    categories, scripts, marks, numeric, nmt_removed, nmt_spaced = {}, {}, {}, {}, {}, {}
    for number, name in enumerate(CATEGORIES):
        for cp in matching(rf"\p{{{name}}}"):
            assert cp not in categories
            categories[cp] = number + 1
    strip, nmt = normalizers.StripAccents().normalize_str, normalizers.Nmt().normalize_str
    for cp in CODE_POINTS:
        c = chr(cp)
        if strip("a" + c + "b") == "ab":
            marks[cp] = 1
        became = nmt("a" + c + "b")
        if became == "ab":
            nmt_removed[cp] = 1
        elif became != "a" + c + "b":
            assert became == "a b", hex(cp)
            nmt_spaced[cp] = 1
    numeric = split_by(pre_tokenizers.Digits(True), True)
    split = pre_tokenizers.Whitespace().pre_tokenize_str
    word, space = {}, {}
    for cp in CODE_POINTS:
        c = chr(cp)
        if len(split("a" + c)) == 1:
            if len(split("!" + c)) == 2:
                word[cp] = 1
            else:
                space[cp] = 1
    # A representative for every script; a code point is of the script from which it is not split.
    script = pre_tokenizers.UnicodeScripts().pre_tokenize_str
    known = []
    for cp in CODE_POINTS:
        c = chr(cp)
        if len(script("a" + c)) == 1 and len(script("1" + c)) == 1:
            continue  # of any script
        for number, other in enumerate(known):
            if len(script(other + c)) == 1:
                scripts[cp] = number + 1
                break
        else:
            known.append(c)
            scripts[cp] = len(known)
    compatibility, compositions = {}, {}
    nfd, nfkd, nfc = (getattr(normalizers, n)().normalize_str for n in ("NFD", "NFKD", "NFC"))
    for cp in CODE_POINTS:
        c = chr(cp)
        if cp in HANGUL:
            continue
        if nfkd(c) != c and nfkd(c) != nfd(c):
            compatibility[cp] = nfkd(c)
        if nfd(c) != c and nfc(c) == c:
            first, second = nfc(nfd(c)[:-1]), nfd(c)[-1]
            assert len(first) == 1 and nfc(first + second) == c, hex(cp)
            compositions[cp] = first + second
    extend = {cp: 1 for cp in CODE_POINTS if clusters("a" + chr(cp)) == 1}
    prepend = {}
    for part in PREPENDS.split():
        first, *last = [int(p, 16) for p in part.split("-")]
        for cp in range(first, (last or [first])[0] + 1):
            prepend[cp] = 1
    control = {}
    for cp in CODE_POINTS:
        ignorable = cp in (0x2065,) or 0xFFF0 <= cp <= 0xFFF8 or 0xE0000 <= cp <= 0xE0FFF
        if cp in extend or cp in prepend or cp in (0x200C, 0x200D):
            continue
        if unicodedata.category(chr(cp)) in ("Cc", "Cf", "Zl", "Zp") or ignorable:
            control[cp] = 1
    tables = {
        "CATEGORIES": (f"general categories in regular expressions, numbered from 1: {' '.join(CATEGORIES)}", pack_ranges(categories)),
        "REGEX_SPACE": ("`\\s` of regular expressions", pack_ranges(matching(r"\s"))),
        "REGEX_WORD": ("`\\w` of regular expressions", pack_ranges(matching(r"\w"))),
        "REGEX_DIGIT": ("`\\d` of regular expressions", pack_ranges(matching(r"\d"))),
        "WORD": ("`\\w` of Whitespace and of added tokens", pack_ranges(word)),
        "SPACE": ("`\\s` of Whitespace and of added tokens", pack_ranges(space)),
        "NUMERIC": ("digits of Digits", pack_ranges(numeric)),
        "MARKS": ("removed by StripAccents", pack_ranges(marks)),
        "NMT_REMOVED": ("removed by Nmt", pack_ranges(nmt_removed)),
        "NMT_SPACED": ("made a space by Nmt", pack_ranges(nmt_spaced)),
        "SCRIPTS": ("scripts of UnicodeScripts, numbered as they come, 0 being any", pack_ranges(scripts)),
        "GRAPHEME_EXTEND": ("joined to what stands before, in grapheme clusters", pack_ranges(extend)),
        "GRAPHEME_PREPEND": ("joined to what follows, in grapheme clusters", pack_ranges(prepend)),
        "GRAPHEME_CONTROL": ("joined to nothing, in grapheme clusters", pack_ranges(control)),
        "COMPATIBILITY": ("compatibility decompositions (NFKD) where they differ from the canonical ones", pack_mappings(compatibility)),
        "COMPOSITIONS": ("what is composed (NFC), of which two", pack_mappings(compositions)),
    }
    lines = [
        f"// Generated by generate-classes.py from Hugging Face tokenizers {tokenizers.__version__}. Do not edit.",
        "// The packing is that of unicode-data.ts.",
        "",
    ]
    for name, (what, packed) in tables.items():
        lines += [f"/** {what[0].upper()}{what[1:]}. */", "// biome-ignore format: generated", f"export const {name} =", f"  '{packed}';", ""]
    (Path(__file__).parent / "unicode-classes.ts").write_text("\n".join(lines))
    print({name: len(packed) for name, (_, packed) in tables.items()}, len(known))


def charsmap():
    """A SentencePiece charsmap that maps `a` to `x`: a trie of one key, and its text."""
    import struct

    units = [0] * 256
    units[0] = 1 << 10  # offset 1
    a = 1 ^ ord("a")
    units[a] = ord("a") | 0x100 | ((a ^ 2) << 10)  # ends here, its leaf at unit 2
    units[2] = 0x80000000
    for i in range(256):
        if i not in (0, a, 2):
            units[i] = 0x80000000
    trie = struct.pack("<256I", *units)
    return struct.pack("<I", len(trie)) + trie + b"x\0"


_probe = normalizers.Precompiled(charsmap()).normalize_str


def clusters(text):
    """1 if `a` and the character after it are one grapheme cluster: then the mapping of `a` takes the place of both."""
    return 1 if _probe(text) == "x" else 2


if __name__ == "__main__":
    main()
