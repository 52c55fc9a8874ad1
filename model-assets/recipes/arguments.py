"""The flags that every recipe takes."""

import argparse
from pathlib import Path


def arguments(description: str | None) -> argparse.Namespace:
    """`data`, `work` (made where it is missing) and `out`, all paths."""
    return parsed(flags(description))


def parsed(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """What a recipe keeps goes into a folder of its checkpoint's name in `work`: two recipes never take each other's."""
    args = parser.parse_args()
    args.work /= args.out.name
    args.work.mkdir(parents=True, exist_ok=True)
    return args


def flags(description: str | None) -> argparse.ArgumentParser:
    """The same, for a recipe to add its own to."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../../shared/data"), help="gzipped JSON lines, one folder a task")
    parser.add_argument("--work", type=Path, required=True, help="for what must survive an interruption (up to 1.2 GB)")
    parser.add_argument("--out", type=Path, required=True, help="the checkpoint's folder")
    return parser
