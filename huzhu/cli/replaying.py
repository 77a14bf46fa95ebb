"""`huzhu replay`: an old application judged again by the facts and rules of its day."""

from __future__ import annotations

import json
from typing import NoReturn

import typer

from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.precheck.registry import RuleForgotten
from huzhu.enrolment.precheck.replaying import Replay, replay
from huzhu.shared.calendar import SHANGHAI
from huzhu.shared.seals import SealBroken


def replay_command(number: str, as_json: bool) -> None:
    """
    This function will replay every run kept of the application with that number and print what came of each.

    It exits with 0 when all are equal, 1 when one is not, and with 2, saying why, when there is nothing to replay or it cannot be.
    """
    application = EnrolmentApplication.objects.filter(number=number).first()
    if application is None:
        _refuse(f"没有编号为 {number} 的参保申请。")
    runs = list(application.judgements.all())
    if not runs:
        _refuse(f"参保申请 {number} 没有留存校验依据：尚未提交，或提交于开始留存之前。")
    try:
        replays = [replay(judgement=run) for run in runs]
    except (RuleForgotten, SealBroken) as error:
        _refuse(str(error))
    if as_json:
        typer.echo(json.dumps({"number": number, "runs": [_as_dict(each) for each in replays]}, ensure_ascii=False))
    else:
        for each in replays:
            typer.echo(_in_words(each))
    if not all(each.is_equal for each in replays):
        raise typer.Exit(1)


def _as_dict(replayed: Replay) -> dict[str, object]:
    run = replayed.judgement
    return {
        "submission": run.submission,
        "occasion": run.occasion,
        "judged_at": run.judged_at.isoformat(),
        "kept": replayed.kept,
        "made": replayed.made,
        "equal": replayed.is_equal,
        "differences": replayed.difference_count,
    }


def _in_words(replayed: Replay) -> str:
    run = replayed.judgement
    head = f"第{run.submission}次提交 {run.get_occasion_display()} {run.judged_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    if replayed.is_equal:
        return f"{head}：{replayed.made} 项校验结果完全一致。"
    return f"{head}：当时 {replayed.kept} 项，重演 {replayed.made} 项，{replayed.difference_count} 处不同。"


def _refuse(words: str) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(2)
