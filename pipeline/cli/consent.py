"""The command for what a holding's givers allow: consent."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from pipeline.access import Act
from pipeline.cli.common import named, say, settings, shown
from pipeline.consent import Term
from pipeline.errors import Usage
from pipeline.wiring import archive


def add_to(app: typer.Typer) -> None:
    app.command()(consent)


def consent(
    holding: Annotated[str | None, typer.Argument(help="The holding; without one, the terms of all are told.")] = None,
    training: Annotated[
        bool | None, typer.Option("--allow-training/--refuse-training", help="May its corrected lines train a reader?", show_default=False)
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Who decided: a person or body that may speak for the holding.")] = "",
    reason: Annotated[str, typer.Option(help="On what ground: a letter, a meeting, a change of mind.")] = "",
) -> None:
    """Say what a holding's consent terms allow, or see what they are.

    Nothing is allowed until it is said. Each decision is kept, with who made it and why, and entered in the custody record; the latest one
    holds. Once training is refused, lines of the holding written for training before are thrown away.
    """
    from pipeline import ground_truth

    if holding is None:
        if training is not None:
            raise Usage("bad-holding", "name the holding this is about")
    elif training is None:
        raise Usage("bad-consent", "say --allow-training or --refuse-training")
    elif not by.strip() or not reason.strip():
        raise Usage("bad-consent", "say who decided (--by) and why (--reason)")
    with archive(settings(), Act.CONSENT) as opened:
        if holding is None:
            terms = opened.catalogue.consents.terms()
        else:
            actor = opened.access.who if opened.access.account is not None else None
            terms = [opened.catalogue.consents.decide(holding, bool(training), reason.strip(), by.strip(), actor)]
            if not training:
                ground_truth.discard(opened.settings.lines_home)
    for term in terms:
        say(told_term(term))


def told_term(term: Term) -> str:
    """A holding's term as a person reads it."""
    if term.by is None or term.at is None:
        return f"{named(term.holding)}: training not allowed: nobody has said so"
    day = datetime.fromtimestamp(term.at, UTC).date().isoformat()
    return f"{named(term.holding)}: training {'allowed' if term.training else 'refused'} by {shown(term.by)}, {day}: {shown(term.reason)}"


def term_json(term: Term) -> dict[str, Any]:
    at = datetime.fromtimestamp(term.at, UTC).isoformat(timespec="seconds") if term.at is not None else None
    return {"allowed": term.training, "by": term.by, "reason": term.reason, "at": at}
