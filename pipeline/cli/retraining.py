"""What the model commands share: what must be there before work begins, lines written, progress, tables."""

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zipfile import is_zipfile

from pipeline.access import Act
from pipeline.admission import login
from pipeline.cli.common import complain, named, progress, say, stderr, stdout, writing_to
from pipeline.consent import Term
from pipeline.errors import Conflict, Missing, NotFound, Usage
from pipeline.settings import Settings
from pipeline.wiring import Archive, archive, sandbox
from pipeline.wiring_reading import limits

if TYPE_CHECKING:
    from ocr_models.evaluation.score import ItemScore
    from ocr_models.promotion import Decision
    from ocr_models.registry import Model
    from ocr_models.training.train import Standing
    from pipeline.ground_truth import Written

T = TypeVar("T")
NEEDED = ("torch", "onnx", "fontTools")
WHY = {
    "not-allowed": "its consent terms do not allow training",
    "withdrawn": "the pages are withdrawn",
    "also-elsewhere": "another holding that has the same pages does not allow training",
}
MEASURED = ("cer", "words", "numbers", "names", "dropped", "cells")
SECONDS = 15.0  # between lines of progress where there is no terminal


def write_lines(opened: Archive, names: Sequence[str] | None, folder: Path) -> "Written":
    """Lines of these holdings (None: all) that may be learned from, written into a folder; what was left out is told."""
    from pipeline import ground_truth
    from pipeline.model import PageRef

    chosen, consents = opened.settings, opened.catalogue.consents
    asked = _asked(consents.terms(), names)
    allowed = [term.holding_id for term in asked if term.training]
    left_out = [item for item in consents.left_out() if item.holding_id in {term.holding_id for term in asked}]
    opened.note("exported", "training", holdings=" ".join(map(str, allowed)))
    bounds, total, done = limits(chosen), consents.how_many(allowed), 0
    with writing_to(folder), sandbox(chosen, 1) as pool, progress("Cutting lines", "pages") as tell:

        def cut_out(page: PageRef, wanted: "Sequence[ground_truth.Cut]", lying: "ground_truth.Lie", part: Path) -> None:
            nonlocal done
            done += 1
            tell(done, 0, total)
            with opened.blobs.open(page.sha256) as scan:
                pool.submit(
                    ground_truth.write_page, scan, page.number, page.media_type, bounds, wanted, lying, part.absolute()
                ).result()  # fmt: skip

        written = ground_truth.write(folder, consents.may_be_learned_from(allowed), left_out, cut_out)
    if set(allowed) - {term.holding_id for term in consents.terms() if term.training}:
        ground_truth.discard(folder)
        raise Conflict("consent-refused", "a holding refused training meanwhile: its lines are thrown away", "Run the same command again.")
    names_of = {term.holding_id: term.holding for term in asked}
    say(f"{written.lines} lines of {written.pages} pages, in {folder}")
    for item in left_out:
        say(f"  left out: {named(names_of[item.holding_id])}, {item.pages} corrected pages: {WHY[item.code]}")
    for page_id, error in written.troubles:
        complain(type(error)(error.code, f"page {page_id}: {error.detail}", error.way_out))
    return written


def require_training(found: Callable[[str], object] = find_spec) -> None:
    """Raises Missing (no-training) where the training extra is not installed."""
    if absent := [name for name in NEEDED if found(name) is None]:
        raise Missing("no-training", f"training needs {', '.join(absent)}", "Install it: `uv sync --extra training`.")


def _asked(terms: Sequence[Term], names: Sequence[str] | None) -> list[Term]:
    known = {term.holding: term for term in terms}
    for name in names or ():
        if name not in known:
            raise NotFound("no-such-holding", f"there is no holding {name!r}", "`sijill status` lists them.")
    return [known[name] for name in dict.fromkeys(names)] if names else list(terms)


def lines_of_archive(chosen: Settings, names: Sequence[str] | None) -> Path:
    with archive(chosen, Act.TRAIN) as opened:
        written = write_lines(opened, names, chosen.lines_home)
    if not written.lines:
        raise Usage("no-lines", "no corrected line may be learned from", "`sijill consent` tells what each holding allows.")
    return chosen.lines_home


def require_material(folders: Sequence[Path]) -> None:
    """Raises Missing (no-faces), Usage (no-lines): told before hours of work begin."""
    from ocr_models.training.faces import find
    from ocr_models.training.real import lines as lines_in

    try:
        find(held_out=False)
    except FileNotFoundError as error:
        raise Missing("no-faces", "there are no type faces to draw lines with", "`python -m ocr_models.training.fetch_faces`") from error
    for folder in folders:
        try:
            next(lines_in(folder))
        except FileNotFoundError as error:
            raise Usage("no-lines", str(error)) from error


def checkpoint_of(chosen: Settings, given: Path | None, must_exist: bool) -> Path:
    file = given or chosen.home / "training" / "lines.pt"
    if must_exist and not file.exists():
        raise NotFound("no-checkpoint", f"there is no checkpoint {file}", "`sijill model train` makes one.")
    if file.exists() and not is_zipfile(file):
        raise Usage("bad-checkpoint-file", f"{file} is no checkpoint of `sijill model train`", "Name another with --checkpoint.")
    return file


def learned_before(chosen: Settings, file: Path, begin: Path | None) -> frozenset[int]:
    """Holdings whose lines are in what training goes on from: its checkpoint, else ``begin``, the default model's weights, else nothing.

    Raises Usage (consent-refused) where one of them no longer allows it: told before hours of work that could not be promoted.
    """
    from ocr_models import registry
    from ocr_models.training import export

    if file.exists():
        learned, what = understood(lambda: export.load(file)).holdings, f"the checkpoint {file}"
        way_out = "Name another with --checkpoint, or move it away: training then begins with the default model's weights."
    elif begin is None:
        return frozenset()
    else:
        model = registry.present(chosen.models_home)
        learned, what = frozenset(model.holdings), f"the default model {model.name}, with whose weights training begins,"
        way_out = "Begin with none: --from-nothing. Or promote a model without them first."
    if refused := learned & no_longer_allowed(chosen):
        ids = ", ".join(map(str, sorted(refused)))
        raise Usage("consent-refused", f"{what} learned from holdings that no longer allow it: {ids}", way_out)
    return learned


def finished(file: Path) -> Path:
    """The checkpoint whose learning rate has fallen, when it is the newer one."""
    final = file.with_name(file.name + ".final")
    return final if final.exists() and final.stat().st_mtime >= file.stat().st_mtime else file


def understood(act: Callable[[], T]) -> T:
    """What a checkpoint or a real line is found to be wrong with, in our words. Raises Usage (bad-training)."""
    try:
        return act()
    except (ValueError, KeyError) as error:
        raise Usage("bad-training", f"training cannot go on with what it was given: {error}") from error


@contextmanager
def at_work(minutes: float) -> Iterator[Callable[["Standing"], None]]:
    """A display of a training run: a bar on a terminal, else a line now and then on stderr."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    if not stderr.is_terminal:
        yield _now_and_then()
        return
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=stderr, transient=True) as bars:
        task = bars.add_task("Training", total=minutes)
        yield lambda standing: bars.update(task, completed=standing.minutes, description=_how(standing))


def _now_and_then() -> Callable[["Standing"], None]:
    last = 0.0

    def tell(standing: "Standing") -> None:
        nonlocal last
        if time.monotonic() - last > SECONDS:
            last = time.monotonic()
            stderr.print(_how(standing))

    return tell


def _how(standing: "Standing") -> str:
    rate = f", CER {standing.error_rate:.2%}" if standing.error_rate is not None else ""
    return f"Training: {standing.lines} lines, {standing.lines_a_second:.0f} a second, loss {standing.loss:.3f}{rate}"


def no_longer_allowed(chosen: Settings) -> frozenset[int]:
    """Holdings of this archive that do not allow training now; none where there is no archive."""
    return who_and_refused(chosen)[1]


def who_and_refused(chosen: Settings) -> tuple[str, frozenset[int]]:
    """In whose name a model is changed, and the holdings that do not allow training now."""
    try:
        with archive(chosen, Act.TRAIN) as opened:
            return opened.access.who, frozenset(term.holding_id for term in opened.catalogue.consents.terms() if not term.training)
    except Missing as error:
        if error.code != "no-archive":
            raise
        return login(), frozenset()


def told(model: "Model", refused: frozenset[int]) -> dict[str, Any]:
    """A model as `model list --json` gives it."""
    entry = model.entry
    return {
        "name": model.name, "default": model.default, "sha256": model.sha256, "sound": model.sound, "bytes": model.bytes,
        "lines": entry.get("lines"), "minutes": entry.get("minutes"), "cer": entry.get("cer", {}),
        "calibration_error": entry.get("calibration_error"), "data": entry.get("data", {}),
        "refused": sorted(refused & set(model.holdings)), "file": str(model.file),
    }  # fmt: skip


def print_models(models: Sequence[Mapping[str, Any]]) -> None:
    """Models as a person reads them; what is wrong with one stands below."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("", "name", "sha256", "bytes", "lines learned from", "CER by condition"):
        table.add_column(name, justify="right" if name in ("bytes", "lines learned from") else "left", overflow="fold")
    for model in models:
        rates = ", ".join(f"{condition} {rate:.2%}" for condition, rate in model["cer"].items())
        size = f"{model['bytes']:,}" if model["bytes"] is not None else "gone"
        table.add_row("*" if model["default"] else "", model["name"], model["sha256"][:12], size, f"{model['lines'] or 0:,}", rates)
    stdout.print(table)
    say("* the default. CER is on synthetic lines; `sijill model evaluate` measures on whole pages.")
    for model in models:
        if not model["sound"]:
            say(f"  {model['name']}: the file is not the one listed: it will not be read with")
        if model["refused"]:
            say(f"  {model['name']}: learned from holdings that no longer allow it: {', '.join(map(str, model['refused']))}")


def require_promotable(new: "Model", old: "Model", refused: frozenset[int]) -> None:
    """Raises Usage where there is no question of promoting: it is the default, not what is listed, or from lines no longer allowed."""
    if (new.file, new.sha256) == (old.file, old.sha256):
        raise Usage("already-default", f"{new.name} is the default already")
    if not new.sound:
        raise Usage("model-altered", f"the file of {new.name} is not the one listed", "Export it again under another name.")
    if withdrawn := refused & set(new.holdings):
        ids = ", ".join(map(str, sorted(withdrawn)))
        raise Usage("consent-refused", f"{new.name} learned from holdings that no longer allow it: {ids}", "Train one without them.")


def scores(model: "Model", names: Sequence[str] | None, kept: Path, lines: Path | None) -> "list[ItemScore]":
    """A model's scores on these frozen sets (None: all). Raises Usage (bad-sets), Missing (no-faces)."""
    from ocr_models import frozen

    known = frozen.known(lines)
    if unknown := set(names or ()) - set(known):
        raise Usage("bad-sets", f"there is no frozen set {', '.join(sorted(unknown))}", f"There are: {', '.join(known)}.")
    require_material(())
    found, done, total = list["ItemScore"](), 0, sum(frozen.size(name) for name in names or known)
    with warnings.catch_warnings(record=True) as noted, progress(f"Measuring {model.name}", "pages") as tell:
        warnings.simplefilter("always")

        def tick(items: int) -> None:
            nonlocal done
            done += items
            tell(done, 0, max(total, done))

        for name in dict.fromkeys(names or known):
            found += frozen.scores(model.file, model.sha256, name, kept, lines, tick)
    for said in dict.fromkeys(str(each.message) for each in noted):
        complain(said)
    return found


def shares(items: "Sequence[ItemScore]") -> dict[str, dict[str, float | None]]:
    """By set and measure: the share of all its items together."""
    from ocr_models.evaluation.metrics import total

    by_set = {name: total(item.counts for item in items if item.set == name) for name in dict.fromkeys(item.set for item in items)}
    return {name: {measure: count.share for measure, count in counts.items() if count.whole} for name, counts in by_set.items()}


def print_shares(model: "Model", told: Mapping[str, Mapping[str, float | None]]) -> None:
    """One row a set."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("set", *MEASURED):
        table.add_column(name, justify="left" if name == "set" else "right", no_wrap=True)
    for name, measures in told.items():
        table.add_row(name, *(f"{share:.2%}" if (share := measures.get(measure)) is not None else "" for measure in MEASURED))
    stdout.print(table)
    say(f"{model.name}, sha256 {model.sha256}. cer and dropped: less is better.")


def print_decision(decision: "Decision") -> None:
    """One row a set and measure: shares of both models and the interval of the gain."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("set", "measure", "present", "new", "gain, 95 % interval", "verdict"):
        table.add_column(name, justify="left" if name in ("set", "measure", "verdict") else "right", no_wrap=True)
    for row in decision.rows:
        interval = f"{row.gain.low:+.3%} to {row.gain.high:+.3%}"
        table.add_row(row.set, row.measure, f"{row.old:.3%}", f"{row.new:.3%}", interval, row.verdict)
    stdout.print(table)
