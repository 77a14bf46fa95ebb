"""Pages and jobs reach records through `visible_to(actor)` or through a record they already have (security.md §2)."""

from __future__ import annotations

import ast
from pathlib import Path

from django.apps import apps
from django.db import models

ROOT = Path(__file__).resolve().parents[2]
DOORS = ("huzhu/web", "huzhu/jobs")
OURS = {model.__name__: model for model in apps.get_models() if model.__module__.startswith("huzhu.")}

# What everybody may read, and what carries no employer's or person's data.
OPEN_TO_ALL = {"Plan", "PlanVersion", "SocietyAccount"}

# Places that read on another ground than the actor's scope, each with that ground.
ALLOWED = {
    ("huzhu/web/actors.py", "StaffPost"): "who the signed-in account is; there is no actor yet",
    ("huzhu/web/actors.py", "Membership"): "who the signed-in account is; there is no actor yet",
    ("huzhu/web/public/views/signing_in.py", "User"): "the account that is just signing in",
    ("huzhu/web/public/views/signing_in.py", "StaffPost"): "the account that is just signing in; the demo's people",
    ("huzhu/web/public/views/signing_in.py", "Membership"): "the account that is just signing in; the demo's people",
    ("huzhu/web/public/views/passwords.py", "User"): "the account whose mobile was just proven",
    ("huzhu/web/public/views/demo.py", "SmsMessage"): "the demo's phone, refused outside the demo",
    ("huzhu/web/public/views/registering.py", "Registration"): "narrowed by the applicant's proven mobile",
    ("huzhu/web/public/views/registering.py", "StoredFile"): "the certificate of the applicant's own registration",
    ("huzhu/web/files.py", "StoredFile"): "the one place where files are narrowed to what the actor may see",
    ("huzhu/web/presenters/papers.py", "StoredFile"): "files named by proofs of an application already narrowed",
    ("huzhu/web/presenters/policies.py", "StoredFile"): "files named by policies already narrowed",
    ("huzhu/web/office/views/receipts.py", "StoredFile"): "the file of a receipt already narrowed",
    ("huzhu/web/employer/views/receipts.py", "StoredFile"): "the file of a receipt already narrowed",
    ("huzhu/web/office/views/registrations.py", "StoredFile"): "the certificate of a registration already narrowed",
    ("huzhu/web/office/views/messages.py", "SmsMessage"): "the one place where messages are narrowed to the subtree",
    ("huzhu/web/office/presenters/reviews.py", "SmsMessage"): "the message about a slip already narrowed",
    ("huzhu/web/office/views/audit.py", "AuditEvent"): "the one place where events are narrowed to the subtree",
    ("huzhu/web/office/views/audit.py", "Employer"): "names of the employers in events already narrowed",
    ("huzhu/web/office/views/audit.py", "User"): "accounts by name, to find their events among those already narrowed",
    ("huzhu/web/office/presenters/cover.py", "Policy"): "policies of covers already narrowed",
    ("huzhu/web/search/people.py", "WorkerDocument"): "holders of a number, to find roster entries that are narrowed",
    ("huzhu/jobs/cover.py", "PastPolicyUpload"): "the job's own record; the list is taken over as whoever sent it",
    ("huzhu/jobs/roster.py", "RosterImport"): "the job's own record; the import runs as whoever sent the file",
    ("huzhu/jobs/roster.py", "User"): "whoever sent the file, to act with the roles held now",
    ("huzhu/web/presenters/people.py", "ApplicationMember"): "narrowed by the application, or a page of its members",
}


def get_bare_reads() -> dict[tuple[str, str], list[int]]:
    """Every `Model.objects…` in pages and jobs that is narrowed neither by `visible_to` nor by a parent record."""
    found: dict[tuple[str, str], list[int]] = {}
    for door in DOORS:
        for path in sorted((ROOT / door).rglob("*.py")):
            tree = ast.parse(path.read_text())
            above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute) and node.attr in ("objects", "_default_manager"):
                    name = ast.unparse(node.value).rsplit(".", 1)[-1]
                    if name in OURS and name not in OPEN_TO_ALL and not _is_narrowed(node, above, OURS[name]):
                        found.setdefault((str(path.relative_to(ROOT)), name), []).append(node.lineno)
    return found


def _is_narrowed(node: ast.AST, above: dict[ast.AST, ast.AST], model: type[models.Model]) -> bool:
    """Walk up the chain of calls on the manager: `visible_to`, or a filter by a record or employer at hand."""
    parents = {field.name for field in model._meta.concrete_fields if field.is_relation} - {"user"}
    while isinstance(above.get(node), ast.Attribute | ast.Call):
        node = above[node]
        if isinstance(node, ast.Attribute) and node.attr == "visible_to":
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "filter":
            for word in node.keywords:
                # Another manager inside the value would only move the question there, where it is asked again.
                if word.arg and (word.arg.split("__")[0] in parents or word.arg.startswith("employer_id")):
                    return True
                if word.arg and word.arg.removesuffix("_id") in parents:
                    return True
    return False


def test_pages_and_jobs_read_no_record_that_is_not_narrowed():
    bare = get_bare_reads()
    assert {place: lines for place, lines in bare.items() if place not in ALLOWED} == {}


def test_every_exception_is_still_needed():
    assert set(ALLOWED) - set(get_bare_reads()) == set()


def test_the_lint_sees_a_bare_read(tmp_path, monkeypatch):
    """The twin: a page that reads all employers is found, one that narrows is not."""
    page = tmp_path / "huzhu/web/page.py"
    page.parent.mkdir(parents=True)
    page.write_text("Employer.objects.all()\nEmployer.objects.visible_to(actor).order_by('id')\n")
    monkeypatch.setattr("tests.house.test_scope_lint.ROOT", tmp_path)
    assert get_bare_reads() == {("huzhu/web/page.py", "Employer"): [1]}


def test_the_subtree_rule_stands_in_one_place():
    """Nobody but `accounts/scope.py` compares paths of branches."""
    rule = ("path__startswith", "path.startswith(", "branch_path.count", 'branch_path or "").count')
    known = {"huzhu/accounts/scope.py", "huzhu/accounts/models.py", "huzhu/accounts/queries.py"}
    places = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "huzhu").rglob("*.py")
        if any(words in path.read_text() for words in rule) and "migrations" not in path.parts
    }
    assert places - known == set()
