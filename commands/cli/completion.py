"""The verb ``completion``: the script that teaches a shell to complete what is typed."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from commands.cli.call import Call
from commands.cli.completing import BASH, VARIABLE
from commands.cli.options import verb
from commands.cli.page import Page


@verb(
    "completion",
    'eval "$(clew completion bash)"      # in ~/.bashrc',
    'eval "$(clew completion zsh)"       # in ~/.zshrc',
    "clew completion fish > ~/.config/fish/completions/clew.fish",
)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def completion(call: Call, shell: str) -> None:
    """Print the script that lets a shell complete verbs, options, positions, tables, migrations.

    Names come from the journal that DATABASE_URL names, read only; where there is none, verbs
    and options are still completed.
    """
    script = BASH if shell == "bash" else _of_click(shell)
    call.answer({"shell": shell, "script": script}, _tell)


def _tell(page: Page, answer: dict[str, str]) -> None:
    page.stream.write(answer["script"])


def _of_click(shell: str) -> str:
    made = get_completion_class(shell)
    assert made is not None
    from commands.cli.main import clew  # noqa: PLC0415 - which holds this verb

    return made(clew, {}, "clew", VARIABLE).source().strip() + "\n"
