"""Commands for retraining the reader: model lines, train, evaluate, export, list, promote."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.access import Act
from pipeline.cli import retraining
from pipeline.cli.common import print_json, say, settings
from pipeline.errors import Damaged, PageFailed, Terminal, Usage
from pipeline.wiring import archive

Holdings = Annotated[list[str] | None, typer.Option("--holding", help="Only this holding; may be given several times.")]
Checkpoint = Annotated[Path | None, typer.Option(help="The training's state; default: training/lines.pt in the archive's folder.")]
Real = Annotated[list[Path] | None, typer.Option(help="A folder of NAME.png with NAME.gt.txt, as printed; give it once for each.")]
Words = Annotated[Path | None, typer.Option(help="Words for synthetic lines, one a line, the commonest first.")]
Places = Annotated[Path | None, typer.Option(help="OCHA's CSV of places, for synthetic lines.")]
Sets = Annotated[list[str] | None, typer.Option("--set", help="Only this frozen set; may be given several times.")]
RealSets = Annotated[
    Path | None, typer.Option("--lines", help="Folder of the published line collections, to measure on those kept out too.")
]


def add_to(app: typer.Typer) -> None:
    commands = typer.Typer(
        help="""Retrain the reader on your own papers, and judge whether it got better.

        The usual way: [bold]sijill consent[/bold] says which holdings allow it; [bold]model train --from-archive[/bold] learns from
        synthetic lines and from those reviewers corrected; [bold]model export[/bold] makes a model of it; [bold]model promote[/bold] makes
        that the default, but only if it is better on the frozen test sets and worse on none. Training needs `uv sync --extra training`.""",
        no_args_is_help=True,
    )
    for command in (lines, train, export, evaluate, promote):
        commands.command()(command)
    commands.command("list")(list_)
    app.add_typer(commands, name="model")


def lines(
    holding: Holdings = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; default: lines in the archive's folder. What was there is replaced.")
    ] = None,
) -> None:
    """Write the lines that reviewers corrected or confirmed, as pictures with their text, for training.

    Only holdings whose consent terms allow it (`sijill consent`), and never a withdrawn page. The folder is for your eyes only: it holds
    the papers' own words. `lines.json` in it tells which holdings and pages the lines come from.
    """
    chosen = settings()
    with archive(chosen, Act.TRAIN) as opened:
        written = retraining.write_lines(opened, holding, out or chosen.lines_home)
    if written.troubles:
        raise PageFailed("not-all-read", f"{len(written.troubles)} pages could not be cut into lines")


def train(
    minutes: Annotated[float, typer.Option(min=0.01, help="How long to train. An hour on one core shows whether it goes well.")],
    checkpoint: Checkpoint = None,
    decay: Annotated[
        bool, typer.Option(help="Let the learning rate fall to nothing over this run: the last run before an export.")
    ] = False,
    from_archive: Annotated[bool, typer.Option("--from-archive", help="Learn from corrected lines too; writes them anew first.")] = False,
    holding: Holdings = None,
    real: Real = None,
    words: Words = None,
    places: Places = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that draw synthetic lines.")] = 1,
    from_nothing: Annotated[bool, typer.Option("--from-nothing", help="Begin with chance, not with the default model's weights.")] = False,
) -> None:
    """Train the line recogniser: from its checkpoint if there is one, else from the weights of the default model.

    Stop it with Ctrl-C whenever you like: the checkpoint is kept and the same command goes on. A GPU is used where there is one. The
    curve of errors is written beside the checkpoint, as CSV. It ends at once where what it would go on from has learned from a holding
    that no longer allows it.
    """
    retraining.require_training()
    from ocr_models import registry
    from ocr_models.training import weights
    from ocr_models.training.feed import Sources
    from ocr_models.training.train import Plan, run
    from pipeline.ground_truth import holdings

    chosen = settings()
    file = retraining.checkpoint_of(chosen, checkpoint, must_exist=False)
    begin = None if from_nothing else weights.of(registry.default(chosen.models_home))
    before = retraining.learned_before(chosen, file, begin)
    folders = [*(real or ()), *([retraining.lines_of_archive(chosen, holding)] if from_archive else ())]
    retraining.require_material(folders)
    sources = Sources(1, words, places, tuple(folders))
    learned = before | holdings(folders)
    plan = Plan(minutes, decay, workers=workers)
    with retraining.at_work(minutes) as tell:
        trainer = retraining.understood(lambda: run(file, sources, plan, tell, holdings=learned, begin=begin))
    say(f"{trainer.lines} lines learned from in {trainer.seconds / 60:.1f} minutes, all runs together.")
    say("Next: `sijill model export NAME`." if decay else "Next: the same again, or once with --decay before an export.")


def export(
    name: Annotated[str, typer.Argument(help="A new name: small Latin letters, digits, - _ and .")],
    checkpoint: Checkpoint = None,
    real: Real = None,
    words: Words = None,
    places: Places = None,
    judged: Annotated[int, typer.Option(min=10, help="Lines to judge on; three times as many fit its confidence.")] = 400,
) -> None:
    """Make a model of a checkpoint, and list it among yours. The default stays what it is: `sijill model promote NAME` decides that.

    The last run with --decay is taken when there is one that is newer. Ends with an error, and writes nothing, when the exported model
    does not say what the trained net says.
    """
    retraining.require_training()
    from ocr_models import registry
    from ocr_models.training import export as exporting
    from ocr_models.training import weights
    from ocr_models.training.feed import Sources
    from pipeline.ground_truth import holdings

    chosen = settings()
    own = chosen.models_home
    registry.require_free(name, own)
    file = retraining.finished(retraining.checkpoint_of(chosen, checkpoint, must_exist=True))
    retraining.require_material(real or ())
    trained = retraining.understood(lambda: exporting.load(file))
    sources = Sources(0, words, places, tuple(real or ()))
    try:
        data, entry = exporting.export(trained, name, exporting.lines_of(sources, judged))
    except exporting.Unequal as error:
        raise Damaged("model-unequal", str(error), "Nothing was written. Report it, with the versions of torch and onnxruntime.") from error
    entry["data"] = {
        "synthetic": "ocr_models.training.stream", "real": sorted(trained.real | {folder.resolve().name for folder in real or ()}),
        "holdings": sorted(trained.holdings | holdings(real or ())),
    }  # fmt: skip
    registry.open_folder(own)
    exporting.write(own, name, data, entry, default=False, kept=weights.packed(trained.net, trained.shape))
    registry.write_card(own, name)
    say(f"{name}: {len(data):,} bytes, sha256 {entry['sha256']}, in {own}")
    say(f"Next: `sijill model promote {name}`.")


def list_(as_json: Annotated[bool, typer.Option("--json", help="JSON for programs.")] = False) -> None:
    """Tell which models there are, which one reads, and what each learned from.

    Every reading names its model by the first digits of its sha256, so that you can tell which pages an earlier one read.
    """
    from ocr_models import registry

    chosen = settings()
    refused = retraining.no_longer_allowed(chosen)
    found = [retraining.told(model, refused) for model in registry.models(chosen.models_home)]
    if as_json:
        print_json(found)
    else:
        retraining.print_models(found)


def evaluate(
    model: Annotated[str | None, typer.Option(help="A model of `sijill model list`; default: the one that reads.")] = None,
    sets: Sets = None,
    lines_of: RealSets = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs.")] = False,
) -> None:
    """Measure a model on the frozen test sets: synthetic papers whose templates, faces and wear it never learned from.

    `cer` is signs wrong; words, numbers and names are shares read exactly right; dropped are lines not read. The first time pages are
    drawn, which takes minutes. `python -m ocr_models.evaluation` sets Tesseract beside it and draws the plots of docs/reader.md.
    """
    retraining.require_training()
    from ocr_models import registry

    own = settings().models_home
    chosen = registry.named(model, own) if model else registry.present(own)
    shares = retraining.shares(retraining.scores(chosen, sets, own / "scores", lines_of))
    if as_json:
        print_json({"model": chosen.name, "sha256": chosen.sha256, "sets": shares})
    else:
        retraining.print_shares(chosen, shares)


def promote(
    name: Annotated[str, typer.Argument(help="The model to make the default.")],
    sets: Sets = None,
    lines_of: RealSets = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Compare and tell, change nothing.")] = False,
) -> None:
    """Make a model the default, if it is better than the present one and worse nowhere.

    Both read the same frozen test sets. On each set and measure (wrong signs, numbers, full names) the difference is drawn 2,000 times
    anew from the same pages (paired bootstrap); what stays on one side in 95 % of them is beyond chance. Ends with 1 when the model
    is refused.
    """
    from ocr_models import promotion, registry

    if sets and not dry_run:
        raise Usage("bad-sets", "a model is promoted on all sets: --set goes with --dry-run")
    chosen = settings()
    own = chosen.models_home
    new, old = registry.named(name, own), registry.present(own)
    who, refused = retraining.who_and_refused(chosen)
    retraining.require_promotable(new, old, refused)
    decision = promotion.judge(*(retraining.scores(model, sets, own / "scores", lines_of) for model in (old, new)))
    retraining.print_decision(decision)
    if not decision.accepted:
        raise Terminal("not-promoted", f"{name} does not become the default: {decision.reason}", "The default stays as it was.")
    if dry_run:
        say(f"{name} could become the default: {decision.reason}. Nothing was changed.")
        return
    evidence = {
        "sha256": new.sha256, "over": {"name": old.name, "sha256": old.sha256}, "by": who,
        "at": datetime.now(UTC).isoformat(timespec="seconds"), "sets": decision.as_json(),
    }  # fmt: skip
    registry.choose(own, name, evidence)
    say(f"{name} is the default now: {decision.reason}.")
