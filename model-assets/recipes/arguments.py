"""The flags that every recipe takes."""

import argparse
from pathlib import Path


def arguments(description: str | None) -> argparse.Namespace:
    """`data`, `work` (made where it is missing) and `out`, all paths."""
    flags = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--data", type=Path, default=Path("../../shared/data"), help="gzipped JSON lines, one folder a task")
    flags.add_argument("--work", type=Path, required=True, help="for what must survive an interruption (up to 1.2 GB)")
    flags.add_argument("--out", type=Path, required=True, help="the checkpoint's folder")
    args = flags.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    return args
