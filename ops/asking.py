"""Secrets are typed unseen, or come by standard input: never as arguments, which others see."""

import sys

import typer


def unseen(what: str) -> str:
    """The secret, without the white space around it."""
    asked = sys.stdin.isatty()
    text: str = typer.prompt(what, hide_input=True) if asked else sys.stdin.readline()
    return text.strip()
