"""Milliseconds that the Rust core of tokenizers takes to encode the lines of standard input, with offsets, on one thread.

    python rust-core.py tokenizer.json < text
"""

import os
import statistics
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
from tokenizers import Tokenizer  # noqa: E402

tokenizer = Tokenizer.from_file(sys.argv[1])
tokenizer.no_truncation()
tokenizer.no_padding()
lines = sys.stdin.read().split("\n")
samples = []
for _ in range(8):
    started = time.perf_counter()
    for line in lines:
        encoding = tokenizer.encode(line)
        # Offsets are made on the way, and read as the ids are.
        encoding.ids, encoding.offsets
    samples.append((time.perf_counter() - started) * 1000)
# The first fills the cache of words.
print(statistics.median(samples[1:]))
