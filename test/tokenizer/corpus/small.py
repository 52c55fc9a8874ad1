"""Small tokenizers of the components that no checkpoint at hand has, trained on a text."""

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers


def train(tokenizer, trainer, lines):
    tokenizer.train_from_iterator(lines, trainer)
    return tokenizer


def build(lines, save, size=6000):
    # GPT: BPE with a suffix that ends a word.
    gpt = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    gpt.normalizer = normalizers.BertNormalizer()
    gpt.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    save("gpt", train(gpt, trainers.BpeTrainer(vocab_size=size, special_tokens=["<unk>"], end_of_word_suffix="</w>", show_progress=False), lines))
    # SentencePiece BPE, as Llama's: no pre-tokenizer, bytes where a character is unknown.
    llama = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    llama.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    llama.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    train(llama, trainers.BpeTrainer(vocab_size=size, special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)], show_progress=False), lines)
    llama.pre_tokenizer = None
    llama.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    save("llama", llama)
    # Byte-level BPE with the pattern of Llama 3, and words that are looked up whole.
    llama3 = Tokenizer(models.BPE(ignore_merges=True))
    pattern = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    llama3.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    train(llama3, trainers.BpeTrainer(vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=["<|begin|>"], show_progress=False), lines)
    begin = processors.TemplateProcessing(single="<|begin|> $A", pair="<|begin|> $A <|begin|>:1 $B:1", special_tokens=[("<|begin|>", 0)])
    llama3.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=True, add_prefix_space=False), begin])
    save("llama3", llama3)
    # BPE with a prefix on what continues a word, unknown characters fused.
    prefixed = Tokenizer(models.BPE(unk_token="[UNK]", continuing_subword_prefix="##", fuse_unk=True))
    prefixed.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    prefixed.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.Digits(True)])
    save("bpe-prefix", train(prefixed, trainers.BpeTrainer(vocab_size=size, special_tokens=["[UNK]"], continuing_subword_prefix="##", limit_alphabet=120, show_progress=False), lines))
    # WordLevel, with added tokens of every kind.
    level = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    level.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Replace(Regex(r"\d+"), "0")])
    level.pre_tokenizer = pre_tokenizers.Whitespace()
    train(level, trainers.WordLevelTrainer(vocab_size=size, special_tokens=["[UNK]", "[CLS]", "[SEP]"], show_progress=False), lines)
    level.add_tokens([AddedToken("the", single_word=True), AddedToken("Über", normalized=True), AddedToken("(", lstrip=True, rstrip=True), AddedToken("and", single_word=True, lstrip=True, normalized=False), AddedToken("X", rstrip=True, normalized=False)])
    level.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    save("wordlevel", level)
    # WordPiece behind the scripts; each of the other behaviours of Split.
    piece = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=40))
    piece.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Strip(right=False)])
    piece.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.UnicodeScripts(), pre_tokenizers.Split(Regex(r"[aeiou]\s+|-"), "merged_with_previous"),
        pre_tokenizers.Split(" ", "removed"), pre_tokenizers.Split(Regex(r"\p{Lu}"), "merged_with_next"),
        pre_tokenizers.Split(Regex(r"[\w']+"), "isolated", invert=True), pre_tokenizers.Digits(False)])
    save("wordpiece-scripts", train(piece, trainers.WordPieceTrainer(vocab_size=size, special_tokens=["[UNK]"], show_progress=False), lines))
    kd = Tokenizer(models.BPE(unk_token="?"))
    kd.normalizer = normalizers.Sequence([normalizers.NFKD(), normalizers.Nmt()])
    kd.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(prepend_scheme="first"), pre_tokenizers.Punctuation("removed")])
    train(kd, trainers.BpeTrainer(vocab_size=size, special_tokens=["?"], limit_alphabet=200, show_progress=False), lines)
    kd.add_tokens([AddedToken("É", normalized=True), AddedToken("ﬁ", normalized=False)])
    save("bpe-nfkd", kd)
