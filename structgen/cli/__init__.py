"""The command ``structgen``: one module for each subcommand, none of which imports anything heavy before it runs."""

from structgen.cli.app import app


def main() -> None:
    """Run the command line; the entry point of ``structgen`` and of ``python -m structgen``."""
    app(prog_name="structgen")
