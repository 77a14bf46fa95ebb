"""`huzhu import-roster`: the upload page's operation for the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NoReturn

import typer
from django.utils import timezone

from huzhu.employers.models import Employer
from huzhu.roster import operations as roster
from huzhu.roster.files.repairs import lines_of
from huzhu.roster.merge import RosterBusy
from huzhu.shared.actors import system_actor
from huzhu.shared.identity.credit_code import normalise_credit_code
from huzhu.shared.uploads import UploadRefused

_WORDS = {
    "rows": "读取",
    "inserted": "新增",
    "updated": "更新",
    "unchanged": "未变",
    "failed": "失败",
    "repaired": "已修正",
}


def import_roster_command(employer: str, file: Path, as_json: bool) -> None:
    """
    This function will import a file for the employer with that credit code and print the result: one JSON object, or words.

    It exits with 0 also when rows failed, and with 2, saying why, when the employer is unknown or the file is refused.
    """
    known = Employer.objects.filter(credit_code=normalise_credit_code(employer)).first()
    if known is None:
        _refuse("employer_unknown", f"没有统一社会信用代码为 {employer} 的参保单位。", as_json=as_json)
    try:
        record = roster.import_roster(
            employer_id=known.pk,
            content=file.read_bytes(),
            file_name=file.name,
            by=system_actor("命令行"),
            at=timezone.now(),
        )
    except UploadRefused as refusal:
        _refuse(refusal.code, str(refusal), as_json=as_json)
    except RosterBusy as busy:
        _refuse("roster_busy", str(busy), as_json=as_json)
    answer = roster.import_result_json(record)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    typer.echo("，".join(f"{word} {answer[name]} 行" for name, word in _WORDS.items()) + "。")
    for remark in record.remarks:
        typer.echo(remark["message"])
    for error in record.errors:
        typer.echo(f"第 {error['row']} 行 {error['column']}：{error['message']}（{error['code']}）")
    for row, column, how, before, after in lines_of(record.repairs):
        typer.echo(f"第 {row} 行 {column}：{how}，{before or '（空）'} → {after}")


def _refuse(code: str, words: str, *, as_json: bool) -> NoReturn:
    if as_json:
        typer.echo(json.dumps({"refused": code, "message": words}, ensure_ascii=False))
    typer.echo(words, err=True)
    raise typer.Exit(2)
