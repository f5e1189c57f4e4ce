"""Help texts that begin with examples: what most readers came for."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import typer

F = TypeVar("F", bound=Callable[..., Any])


def command(app: typer.Typer, name: str, *examples: str) -> Callable[[F], F]:
    """Register a function as a command of `app`. Its help shows `examples`, then its docstring.

    An example is a command line without the program's name. In lists of commands stands the first paragraph.
    """

    def register(function: F) -> F:
        told = [" ".join(one.split()) for one in inspect.cleandoc(function.__doc__ or "").split("\n\n")]
        app.command(name, help=_shown(examples) + "\n\n".join(told), short_help=told[0])(function)
        return function

    return register


def _shown(examples: tuple[str, ...]) -> str:
    if not examples:
        return ""
    lines = (f"  profitsync {example}" for example in examples)
    return "\n".join(("\b", "Examples:", *lines)) + "\n\n"
