"""Fuzz for long: ``python -m tests.fuzz TARGET|all [SECONDS]``, guided by coverage (extra ``fuzz``).

An input that ends badly is kept in the working directory, and its error printed; pass the file
in place of SECONDS to play it again.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

SLOW = 20
"""Seconds after which an input counts as one that hangs."""
MEMORY = 2048
"""MiB after which an input counts as one that fills memory."""


def main(words: list[str]) -> int:
    """Fuzz one target, or each for its part of the time."""
    name, rest = words[0], words[1] if len(words) > 1 else "60"
    if name != "all":
        return _one(name, rest)
    from tests.fuzz.targets import TARGETS

    bad = 0
    for one in TARGETS:
        command = [sys.executable, "-m", "tests.fuzz", one, str(int(rest) // len(TARGETS))]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        said = done.stdout + done.stderr
        runs = re.findall(r"Done (\d+) runs", said) or re.findall(r"^#(\d+)\t", said, re.MULTILINE)
        print(
            f"{one:18} {int(runs[-1]) if runs else 0:>12,} inputs, exit code {done.returncode}",
            flush=True,
        )
        if done.returncode:
            bad += 1
            print(said[-6000:], flush=True)
    return min(bad, 1)


def _one(name: str, rest: str) -> int:
    import atheris  # an extra

    with atheris.instrument_imports(include=["journal", "projections", "commands"]):
        from tests.fuzz.mutating import mutated
        from tests.fuzz.seeds import seeds
        from tests.fuzz.targets import TARGETS

        begun = seeds(name)
    target = TARGETS[name]
    if not rest.isdigit():
        target(Path(rest).read_bytes())
        return 0
    corpus = tempfile.mkdtemp(prefix=f"clew-fuzz-{name}-")
    for number, one in enumerate(begun):
        Path(corpus, str(number)).write_bytes(one)

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        random = Random(seed)
        if random.random() < 0.5:
            return atheris.Mutate(data, most)[:most]
        return mutated(data, random, others=begun)[:most]

    options = [f"-max_total_time={rest}", f"-timeout={SLOW}", f"-rss_limit_mb={MEMORY}"]
    atheris.Setup(
        [sys.argv[0], corpus, "-max_len=12000", f"-artifact_prefix=./fuzzed-{name}-", *options],
        target,
        custom_mutator=mutate,
    )
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
