"""The demo: invented people, mail caught locally, a clock that can be moved."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    port: Annotated[int, typer.Option(help="The port to listen on; another one is taken if it is in use.")] = 8060,
    no_open: Annotated[bool, typer.Option("--no-open", help="Only print the address.")] = False,
    folder: Annotated[Path | None, typer.Option("--dir", help="Keep the data here; else it is thrown away.")] = None,
) -> None:
    """Show the product with forty invented people; nothing is sent anywhere."""
    from reminder.demo.show import run

    run(port=port, open_browser=not no_open, folder=folder)
