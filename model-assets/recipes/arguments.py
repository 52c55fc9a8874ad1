"""The flags that recipes take, and those of the programs that measure."""

import argparse
from pathlib import Path


def arguments(description: str | None) -> argparse.Namespace:
    """`data`, `work` (made where it is missing) and `out`, all paths."""
    return parsed(flags(description))


def parsed(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """What a recipe keeps goes into a folder of its checkpoint's name in `work`: two recipes never take each other's, but for the trunk, which several begin with."""
    args = parser.parse_args()
    args.work /= args.out.name
    args.work.mkdir(parents=True, exist_ok=True)
    return args


def compared(description: str | None) -> argparse.Namespace:
    """Of a program that measures: `checkpoint`, `fp32` (or None) and `data`, all paths."""
    parser = _parser(description)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--fp32", type=Path, help="the graph before it was quantized, to compare")
    return parser.parse_args()


def flags(description: str | None) -> argparse.ArgumentParser:
    """Those of `arguments`, for a recipe to add its own to."""
    parser = _parser(description)
    parser.add_argument("--work", type=Path, required=True, help="for what must survive an interruption (up to 2 GB a recipe)")
    parser.add_argument("--out", type=Path, required=True, help="the checkpoint's folder")
    return parser


def _parser(description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../../shared/data"), help="gzipped JSON lines, one folder a task")
    return parser
