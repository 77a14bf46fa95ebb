"""The `huzhu` command. It calls the same operations as the pages; its JSON shapes are documented in docs/reference/cli.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from huzhu.cli import environment

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="互助会业务系统 Huzhu", pretty_exceptions_enable=False
)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]


def main() -> None:
    """The console entry."""
    app()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text} is not a date; write YYYY-MM-DD") from error


Day = Annotated[date, typer.Option(parser=_day, metavar="YYYY-MM-DD")]


def _start_django() -> None:
    environment.prepare()
    import django

    django.setup()


def _fail(words: str) -> None:
    typer.echo(words, err=True)
    raise typer.Exit(2)


def _show(answer: Mapping[str, object], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False, default=str))
    else:
        for name, value in answer.items():
            typer.echo(f"{name}: {value}")


class Category(StrEnum):
    """The retirement categories of facts §3."""

    MALE = "male"
    FEMALE_55 = "female_55"
    FEMALE_50 = "female_50"


@app.command("cover-dates")
def cover_dates(
    arrival: Annotated[
        list[date], typer.Option(parser=_day, metavar="YYYY-MM-DD", help="Repeat for parts; the latest counts.")
    ],
    term: Annotated[int, typer.Option(min=1, help="Months.")],
    reference: Annotated[date | None, typer.Option(parser=_day, metavar="YYYY-MM-DD")] = None,
    previous_end: Annotated[date | None, typer.Option(parser=_day, metavar="YYYY-MM-DD", help="Exclusive.")] = None,
    grace: Annotated[int, typer.Option(min=0, help="Days.")] = 0,
    as_json: AsJson = False,
) -> None:
    """When cover starts and ends, and how it joins the earlier cover (rulebook §4)."""
    from huzhu.cover import rules

    period = rules.cover_period(
        reference_on=reference, arrival_on=max(arrival), term_months=term, previous_end=previous_end, grace_days=grace
    )
    answer = {
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "last_day": period.last_day.isoformat(),
        "class": str(period.cover_class),
    }
    _show(answer, as_json=as_json)


@app.command()
def retirement(
    born: Day,
    category: Annotated[Category, typer.Option()],
    as_json: AsJson = False,
) -> None:
    """The statutory retirement age and date of somebody (facts §3)."""
    from huzhu.roster import rules

    retires_on = rules.statutory_retirement_on(born_on=born, category=rules.RetirementCategory(category))
    months = rules.statutory_age_months(born_on=born, category=rules.RetirementCategory(category))
    answer = {
        "retirement_on": retires_on.isoformat(),
        "retirement_month": f"{retires_on:%Y-%m}",
        "statutory_age_months": months,
    }
    _show(answer, as_json=as_json)


@app.command("import-roster")
def import_roster(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    employer: Annotated[str, typer.Option(help="Credit code of the employer.")],
    as_json: AsJson = False,
) -> None:
    """Import a roster file for an employer, as the upload page does."""
    _start_django()
    from huzhu.cli.roster import import_roster_command

    import_roster_command(employer, file, as_json)


@app.command("import-statement")
def import_statement(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    account: Annotated[str, typer.Option(help="Number of the association's account.")],
    as_json: AsJson = False,
) -> None:
    """Import a bank statement and match it, as the cashier's page does."""
    _start_django()
    from huzhu.billing.operations import AccountUnknown
    from huzhu.journeys import import_statement as journey
    from huzhu.shared.actors import system_actor
    from huzhu.shared.uploads import UploadRefused

    try:
        report = journey.import_statement(
            account_number=account, content=file.read_bytes(), file_name=file.name, by=system_actor("命令行"), at=_now()
        )
    except (AccountUnknown, UploadRefused) as refusal:
        _fail(str(refusal))
        return
    answer = report.as_dict()
    unsettled = answer.pop("unsettled")
    _show(answer, as_json=as_json)
    if unsettled:
        typer.echo(f"not settled: {unsettled}", err=True)
        raise typer.Exit(1)


@app.command()
def migrate() -> None:
    """Bring the database up to date, as the owner role."""
    environment.prepare(as_owner=True)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=1)


@app.command("first-admin")
def first_admin(
    login_name: Annotated[str, typer.Option(help="What the administrator signs in with, e.g. li.ming.")],
    mobile: Annotated[str, typer.Option(help="The administrator's own mobile.")],
    name: Annotated[str, typer.Option(help="The administrator's name.")],
    branch_code: Annotated[str, typer.Option(help="Code of the province, if it is not there yet.")] = "44",
    branch_name: Annotated[str, typer.Option(help="Name of the province; the association's if left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Open the one account of a new installation, with a password for one day and nothing but setting another."""
    _start_django()
    from django.conf import settings

    from huzhu.accounts.opening import open_first_admin
    from huzhu.accounts.operations import StaffRefused
    from huzhu.shared.actors import system_actor
    from huzhu.shared.identity.mobile import MobileRefused

    place = branch_name or settings.ASSOCIATION_NAME
    by, who = system_actor("命令行"), {"login_name": login_name, "mobile": mobile, "name": name}
    try:
        opened = open_first_admin(**who, branch_code=branch_code, branch_name=place, by=by, at=_now())
    except (StaffRefused, MobileRefused) as refusal:
        _fail(str(refusal))
        return
    answer = {"login_name": opened.user.login_name, "one_time_password": opened.secret, "good_for_hours": 24}
    _show(answer, as_json=as_json)


@app.command()
def worker() -> None:
    """Run a worker for queued jobs until stopped."""
    _start_django()
    from django.core.management import call_command

    call_command(
        "procrastinate", "worker", "--no-listen-notify" if environment.is_behind_pooler() else "--listen-notify"
    )


@app.command()
def run(
    port: Annotated[int, typer.Option(envvar="PORT")] = 8000,
    host: Annotated[str, typer.Option(envvar="HOST")] = "127.0.0.1",
    tls_certificate: Annotated[
        Path | None, typer.Option(exists=True, help="PEM; with it the web answers on https.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(exists=True, help="PEM, of the certificate.")] = None,
) -> None:
    """Start everything: database, migrations, demo data the first time, web and worker. Ctrl-C stops it."""
    from huzhu.cli.running import Tls
    from huzhu.cli.running import run as start

    start(host=host, port=port, tls=Tls(tls_certificate, tls_key) if tls_certificate and tls_key else None)


@app.command()
def seed() -> None:
    """Make the demo data, once, by calling operations."""
    _start_django()
    from huzhu.demo.seed import seed as make

    for line in make(at=_now()):
        typer.echo(line)


@app.command()
def doctor(
    as_json: AsJson = False,
    since: Annotated[
        date | None, typer.Option(parser=_day, metavar="YYYY-MM-DD", help="First day of the trace to read again.")
    ] = None,
) -> None:
    """Check a running installation: money, cover, jobs, messages, trace. Exit code 1 if anything is wrong."""
    _start_django()
    from huzhu.cli.doctor import examine

    findings = examine(at=_now(), since=since)
    _show(dict(findings), as_json=as_json)
    if any(findings.values()):
        raise typer.Exit(1)


@app.command()
def replay(
    number: Annotated[str, typer.Argument(help="Number of the application, e.g. SQ20261124000010D.")],
    as_json: AsJson = False,
) -> None:
    """Judge an old application again by the facts and rules of its day. Exit code 1 if a finding comes out otherwise."""
    _start_django()
    from huzhu.cli.replaying import replay_command

    replay_command(number, as_json)


@app.command()
def bench(name: Annotated[str, typer.Argument(help="chain, dates, precheck or roster; empty for all")] = "") -> None:
    """Measure the promises of speed on this machine and print ratios."""
    from huzhu.bench.running import run as measure

    measure(name)


@app.command()
def states(
    check: Annotated[bool, typer.Option("--check", help="Fail if one of these pages is not up to date.")] = False,
) -> None:
    """Draw docs/states/, write docs/reference/rights.md and events.md from the flow declarations and the access table."""
    _start_django()
    from huzhu.cli import events, rights
    from huzhu.cli.diagrams import draw

    stale = draw(check=check) + rights.write(check=check) + events.write(check=check)
    if stale:
        _fail("not up to date: " + ", ".join(stale) + " (make fix)")


def _now() -> datetime:
    from django.utils import timezone

    return timezone.now()


if __name__ == "__main__":
    main()
