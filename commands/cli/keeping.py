"""The files of keys on the command line: where they are named, and who knows the passphrase."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from commands.proof.keys import SigningKey, read_key
from journal.errors import Usage

PASSPHRASE = "CLEW_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable


def file_option(*names: str, **settings: Any) -> Callable[[Any], Any]:
    """Make an option that names a file."""
    kind = click.Path(path_type=Path, dir_okay=False)
    return click.option(*names, type=kind, metavar="FILE", **settings)


def key_option(does: str, **settings: Any) -> Callable[[Any], Any]:
    """Make the option ``--key FILE``."""
    return file_option("--key", help=f"{does}, made by clew key new.", **settings)


verifier_option = click.option(
    "--verifier",
    "verifiers",
    multiple=True,
    metavar="VKEY|FILE",
    help="A key that is trusted to sign, as clew key show prints it; can be given again.",
)


def opened(path: Path) -> SigningKey:
    """Read a private key, asking for its passphrase where it has one."""
    return read_key(path, asked)


def asked(*, twice: bool = False) -> str:
    """Return the passphrase: from the environment, else from whoever sits at the terminal."""
    given = os.environ.get(PASSPHRASE)
    if given:
        return given
    if not sys.stdin.isatty():
        raise Usage("the key has a passphrase", hint=f"Set it in {PASSPHRASE}.")
    found: str = click.prompt(
        "Passphrase of the key", hide_input=True, confirmation_prompt=twice, err=True
    )
    return found
