"""A running site for one journey: its own database, web and worker as in production, and a real browser that forgives nothing."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from huzhu.shared import postgres
from tests.conftest import TEMPLATE

ROOT = Path(__file__).resolve().parents[2]
PICTURES = Path(os.environ.get("HUZHU_PICTURES", ROOT / "var" / "pictures"))
HAS_FAILED = pytest.StashKey[bool]()
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser; one worker runs it all, so that two cores are not fought over."""
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.xdist_group("e2e"))


@dataclass(frozen=True)
class Site:
    """One running site and a way into its database."""

    address: str
    database: str
    folder: Path

    def query(self, sql: str, *values: object) -> list[tuple]:
        """Ask the site's database as its run-time role."""
        server = os.environ["HUZHU_TEST_SERVER_URL"]
        with psycopg.connect(
            postgres.url_for(server, role=postgres.APP, name=self.database), autocommit=True
        ) as connection:
            return connection.execute(sql, values).fetchall()

    def wait_for(self, sql: str, *values: object, seconds: float = 30) -> list[tuple]:
        """Ask until there is an answer: what the worker does takes a moment."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if rows := self.query(sql, *values):
                return rows
            time.sleep(0.1)
        raise AssertionError(f"no answer within {seconds} s: {sql}")

    def latest_code(self, mobile: str) -> str:
        """The verification code that was last sent to a mobile, as the phone shows it."""
        body = self.wait_for(
            "SELECT body FROM notifications_smsmessage WHERE mobile = %s AND template = 'mobile_code' ORDER BY id DESC LIMIT 1",
            mobile,
        )[0][0]
        return body.split("验证码")[1][:6]


@pytest.fixture(scope="package")
def browser(django_db_setup: None) -> Iterator[Browser]:
    """Debian's Chromium, gone before other tests use the ORM: its driver keeps a loop in the thread, which Django refuses."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "Chromium is missing: make browser"
    expect.set_options(timeout=15_000)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def site(django_db_setup: None, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """
    A fresh database from the template, a web server and a worker on it. What stands on it is told by parameter (`seeding.WHAT`):
    `@pytest.mark.parametrize("site", ["demo"], indirect=True)`; without one, the association and no employer.
    """
    seeded = getattr(request, "param", "association")
    server = os.environ["HUZHU_TEST_SERVER_URL"]
    name = f"huzhu_site_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {TEMPLATE} OWNER {postgres.OWNER} STRATEGY file_copy')
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://localhost:{port}"
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "DATABASE_URL": postgres.url_for(server, role=postgres.APP, name=name),
        "DATABASE_OWNER_URL": postgres.url_for(server, role=postgres.OWNER, name=name),
        "HUZHU_VAR": str(tmp_path),
        "HUZHU_PUBLIC_URL": address,
        "HUZHU_POOL_SIZE": "4",
    }
    env.pop("PYTEST_CURRENT_TEST", None)
    log = (tmp_path / "site.log").open("w")
    subprocess.run([sys.executable, "-m", "tests.e2e.seeding", seeded], env=env, cwd=ROOT, check=True)
    web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    web += ["--workers", "1", "--blocking-threads", "2", "--log-level", "warning", "config.wsgi:application"]
    worker = [sys.executable, "-m", "huzhu.cli.main", "worker"]
    running = [subprocess.Popen(command, env=env, cwd=ROOT, stdout=log, stderr=log) for command in (web, worker)]
    try:
        _wait_until_up(address, log_path=tmp_path / "site.log")
        yield Site(address, name, tmp_path)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()
        log.close()
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _wait_until_up(address: str, *, log_path: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(f"{address}/healthz", timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise AssertionError("the site did not come up:\n" + log_path.read_text()[-3000:])


class Person:
    """Somebody at a browser of their own. Whatever the page complains about, or asks of another host, fails the journey."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.context, self.site = context, site
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._check_host)
        self.page.on("response", lambda answer: self._check_status(answer.status, answer.url))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "status of 422" not in message.text and "status of 400" not in message.text:
            self.complaints.append(f"{message.text} on {self.page.url}")

    def _check_host(self, request: Request) -> None:
        if not request.url.startswith((self.site.address, "data:", "blob:")):
            self.complaints.append(f"a request to another host: {request.url}")

    def _check_status(self, status: int, url: str) -> None:
        if status >= 500:
            self.complaints.append(f"{status} from {url}")

    def go(self, path: str) -> Page:
        """Open a page of the site."""
        self.page.goto(self.site.address + path)
        return self.page

    def picture(self, name: str) -> None:
        """Keep a picture of the page as it stands, for the README and for eyes."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png")

    def download(self, click: str) -> bytes:
        """Click a link that gives a file, and read the file."""
        with self.page.expect_download() as waiting:
            self.page.click(click)
        return Path(waiting.value.path()).read_bytes()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the fixtures know whether the journey failed."""
    report = yield
    if report.when == "call":
        item.stash[HAS_FAILED] = report.failed
    return report


@pytest.fixture
def person(browser: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Callable[[], Person]]:
    """
    Makes people: `person()` is somebody new at a browser of their own, 1366×768 and speaking Chinese. Of a journey that fails,
    everybody's last page is kept as a picture.
    """
    people: list[Person] = []

    def new() -> Person:
        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", accept_downloads=True)
        context.set_default_timeout(15_000)
        people.append(Person(context, site))
        return people[-1]

    yield new
    complaints = [line for one in people for line in one.complaints]
    for place, one in enumerate(people, start=1):
        if request.node.stash.get(HAS_FAILED, False):
            one.picture(f"failed-{request.node.name}-{place}")
        one.context.close()
    assert complaints == [], (site.folder / "site.log").read_text()[-4000:]
