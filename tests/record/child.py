"""The program of others: does to the database of its environment what its arguments say.

Words are SQL, run at once and committed, or one of these: ``exit:N``, ``kill:N``, ``say:TEXT``,
``many:BYTES``, ``env``, ``ask``, ``wait:SECONDS``, ``touch:FILE``, ``begin``, ``terminal``.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from pathlib import Path


def main(words: list[str]) -> None:
    """Do what each word says."""
    url = os.environ["DATABASE_URL"]
    if url.startswith("sqlite"):
        db = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    else:
        import psycopg

        db = psycopg.connect(url, autocommit=True)
    for word in words:
        verb, _, rest = word.partition(":")
        match verb:
            case "exit":
                sys.exit(int(rest))
            case "kill":
                os.kill(os.getpid(), int(rest))
            case "say":
                print(rest, flush=True)
                print(rest, file=sys.stderr, flush=True)
            case "many":
                os.write(1, b"start\n")
                for _ in range(int(rest) // 1000):
                    os.write(1, bytes(range(250)) * 4)
                os.write(1, b"\nend\n")
            case "env":
                for name in ("DATABASE_URL", "CLEW_DATABASE_URL", "CLEW_RUN"):
                    print(f"{name}={os.environ.get(name)}", flush=True)
            case "ask":
                print(f"you said {input('what? ')!r}", flush=True)
            case "wait":
                time.sleep(float(rest))
            case "touch":
                Path(rest).touch()
            case "terminal":
                print([os.isatty(one) for one in (0, 1, 2)], flush=True)
            case _:
                db.execute(word)


if __name__ == "__main__":
    main(sys.argv[1:])
