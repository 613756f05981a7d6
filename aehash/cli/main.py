"""``aehash``: the group of commands, each imported when it is asked for, and its exit codes."""

import errno
import importlib
import os
import sys
import warnings

import click

from aehash import __version__
from aehash.errors import AehashError

_COMMANDS = {
    "train": "Train a hashing autoencoder.",
    "extract": "Turn images into codes with a trained run.",
    "evaluate": "Judge codes: MAP@k, precision, recall, chance and collapse.",
    "compare": "Say whether one evaluation is better than another, query by query.",
    "protocols": "List evaluation protocols, with their sources.",
    "search": "Find the images most like one.",
    "feedback": "Search, mark what is right and wrong, search again.",
    "serve": "Search, mark and look, in the browser.",
    "map": "Draw the latent space as a map, coloured by class.",
    "codebook": "Import, export and inspect codes.",
    "export": "Write rankings for trec_eval, codes for FAISS, or a Parquet table.",
    "hash": "Classical codes of any features: ITQ, LSH, PCAH, spectral hashing.",
    "weights": "Make a run of weights that were trained in PyTorch.",
    "data": "List the known data sets; find duplicate images.",
    "experiments": "List recipes and studies by name; run a study.",
    "reproduce": "Set the papers' tables and figures beside what comes out here.",
}


class _Commands(click.Group):
    """Finds a command in the module of its name, so that --help imports none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module = importlib.import_module(f"aehash.cli.{name}")
        command: click.Command = getattr(module, name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="aehash")
def cli() -> None:
    """Hash images with autoencoders, search the codes, and judge them honestly.

    \b
    In an empty folder:
      aehash train --bits 128
      aehash extract
      aehash evaluate --radius 2
    """


def main() -> None:
    """Run a command; wrong use exits with 2, failed work with 1, Ctrl-C with 130."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command and say how it ended.

    Args:
        arguments: As typed after ``aehash``.

    Returns:
        The exit code.
    """
    # An image over Pillow's limit is refused by name; its own warning would say it once more.
    warnings.filterwarnings("ignore", message="Image size .* exceeds limit")
    try:
        cli.main(arguments, prog_name="aehash", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        return _say("Interrupted.", 130)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except AehashError as error:
        return _say(str(error), error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _say(_os_sentence(error), 1)
    except MemoryError as error:
        return _say(f"Out of memory ({error}). Use a smaller batch size or image size.", 1)
    return 0


def _say(sentence: str, code: int) -> int:
    click.echo(f"Error: {sentence}" if code != 130 else sentence, err=True)
    return code


def _os_sentence(error: OSError) -> str:
    where = f" {error.filename}" if error.filename else ""
    full = error.errno == errno.ENOSPC or "errno = 28" in str(error)
    if full or error.errno == errno.EDQUOT:
        return f"The disk is full, so{where or ' the file'} was not written. Free space, run again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"No permission for{where}. Choose another folder with --out or --runs."
    return f"{error.strerror or error}{':' if where else ''}{where}"


if __name__ == "__main__":
    main()
