"""
The policy table is the one place that says who may do what: no operation without a row, no row without an operation, no route that
acts without naming its act, no second table beside it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from huzhu.accounts import policy
from huzhu.accounts.roles import SIDES, SYSTEM
from huzhu.journeys.flows import FLOWS
from huzhu.shared.actors import Actor, Side, system_actor
from huzhu.web import access
from tests.policy import open_to
from tests.web import traced

HOUSE = Path(policy.__file__).parents[1]
ACCOUNTS = ("devices", "factors", "opening", "own_sessions")  # what writes there, beside its operations

# Operations that ask nobody, each with the reason.
ASKS_NOBODY = {
    "accounts.forget": "one's own device: looked up among one's own",
    "accounts.remember": "one's own device, while signing in",
    "accounts.use_recovery_code": "one's own code, while signing in",
    "accounts.end_one": "one's own session: looked up among one's own",
    "accounts.end_others": "one's own sessions",
    "accounts.set_password": "one's own, behind a code or the old password",
    "accounts.make_user": "called by what lets somebody into an account, after its own check",
    "accounts.make_recovery_codes": "one's own, behind the second factor",
    "accounts.disable_idle_staff": "a job of the program",
    "announcements.confirm_read": "for the own employer: looked up among what one may see",
    "audit.export_events": "asked by its page: the trace lies below the table and knows no roles",
    "audit.record": "the trace itself",
    "audit.record_refusal": "the trace itself",
    "billing.allocate": "part of matching, under its check",
    "billing.book": "the ledger, under the check of what books",
    "billing.book_again": "part of settling, under its check",
    "billing.book_subsidies": "part of settling, under its check",
    "billing.credit_left_out": "part of settling, under its check",
    "billing.close_cancelled": "part of cancelling, under its check",
    "billing.sign": "part of deciding, under its check",
    "billing.tell_on_slip": "part of what it tells of, under its check",
    "billing.move": "the only lines that write a line's state, under the check of what moves",
    "billing.void_requests": "part of what closes a slip, under its check",
    "billing.reverse": "the ledger, under the check of what reverses",
    "cover.take_over": "part of taking a list over, under its check",
    "cover.refuse_upload": "the job of a list that was given in under its check",
    "documents.store_bytes": "part of what keeps a file, under its check",
    "documents.store_upload": "part of what keeps a file, under its check",
    "enrolment.accept_the_rest": "part of approving, under its check",
    "employers.admit": "called by what lets somebody into an account, after its own check",
    "employers.ask_to_join": "whoever has an account may ask",
    "employers.register": "whoever has proven a mobile may ask",
    "enrolment.changed": "part of filling in, under its check",
    "enrolment.move": "the only lines that write the state, under the check of what moves",
    "gifts.move": "the only lines that write a campaign's state, under the check of what moves",
    "notifications.mark_read": "for the own employer: looked up among its own",
    "plans.load_catalogue": "a command of the program",
    "plans.move": "the only lines that write a version's state, under the check of what moves",
    "policies.add_members": "of covers that enrolment.settle, asked before, let start",
    "policies.make_document": "a job of the program",
    "policies.note_renewal": "the trace of a draft that enrolment.begin was asked for",
    "policies.note_reminders": "a job of the program",
    "roster.refuse_import": "a job of the program, for an import that was begun under its check",
    "work.check_free": "a question, asked after the act's own",
    "work.free_stranded": "part of a transfer, under its check",
    "work.read_copies": "one's own copies: looked up among one's own",
}

# Routes that act on what is one's own and nobody else's: no act of the table, whoever opens them.
OWN = {
    *("office:account-password", "office:account-sessions-end", "office:account-recovery-codes"),
    *("employer:account-password", "employer:account-sessions-end", "employer:account-device-forget"),
    *("employer:account-code", "employer:announcement-read", "employer:messages-read"),
    *("office:work-copy-open", "office:stand-in"),
}


Functions = dict[str, list[ast.FunctionDef]]


def _modules(app: Path) -> list[Path]:
    single = app / "operations.py"
    found = [single] if single.exists() else sorted((app / "operations").glob("*.py"))
    found += [exports] if (exports := app / "exports.py").exists() else []
    return found + [app / f"{name}.py" for name in ACCOUNTS if app.name == "accounts"]


def _functions(module: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.parse(module.read_text()).body if isinstance(node, ast.FunctionDef)]


def _asked(function: ast.FunctionDef, near: Functions, far: Functions, seen: frozenset[str]) -> Iterator[str]:
    """
    The acts that a function asks for, itself or through others of its module or app; a varying part is a star.

    :param near: what a bare name means; `far` what `module.name` may mean
    """
    for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
        is_far = isinstance(call.func, ast.Attribute)
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name == "check_may_review":
            yield "enrolment.*"
        elif name == "check" and len(call.args) > 1 and isinstance(call.args[1], ast.Constant | ast.JoinedStr):
            yield _read(call.args[1])
        elif name not in seen:
            for found in far.get(name, []) if is_far else near.get(name) or far.get(name, []):
                yield from _asked(found, near if found in near.get(name, []) else far, far, seen | {name})


def _read(word: ast.expr) -> str:
    if isinstance(word, ast.Constant):
        return str(word.value)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in word.values)


def _get_operations() -> dict[str, list[str]]:
    """Every public operation that is told who acts, with the acts it asks for."""
    found: dict[str, list[str]] = {}
    for app in sorted(one for one in HOUSE.iterdir() if (one / "models.py").exists() or (one / "models").is_dir()):
        modules = [{one.name: [one] for one in _functions(module)} for module in _modules(app)]
        far: Functions = {}
        for near in modules:
            for name, own in near.items():
                far.setdefault(name, []).extend(own)
        for near in modules:
            for name, (function,) in near.items():
                if not name.startswith("_") and "by" in [each.arg for each in function.args.kwonlyargs]:
                    asked = set(_asked(function, near, far, frozenset({name})))
                    found[f"{app.name}.{name}"] = sorted(asked | set(found.get(f"{app.name}.{name}", [])))
    return found


OPERATIONS = _get_operations()


def _is_known(act: str) -> bool:
    return act in policy.get_table() or (
        act.endswith(".*") and any(one.startswith(act[:-1]) for one in policy.get_table())
    )


class TestOperations:
    def test_there_are_many(self):
        assert len(OPERATIONS) > 100

    def test_every_operation_asks_for_an_act_or_says_why_not(self):
        silent = {name for name, acts in OPERATIONS.items() if not acts}
        assert silent == set(ASKS_NOBODY), "an operation without a row of the policy table"

    def test_every_act_that_is_asked_for_has_a_row(self):
        assert [act for acts in OPERATIONS.values() for act in acts if not _is_known(act)] == []

    def test_the_twin_without_a_check_is_caught(self):
        source = ast.parse("def cancel(*, slip_id, by, at):\n    slip = _lock(slip_id)\n    slip.save()\n").body[0]
        assert list(_asked(source, {}, {}, frozenset())) == []

    def test_every_row_is_asked_for_by_an_operation(self):
        asked = {act for acts in OPERATIONS.values() for act in acts}
        of_the_trace = [HOUSE / f"web/office/views/{name}.py" for name in ("audit", "row_changes")]
        others = [*(HOUSE / "journeys").glob("*.py"), *of_the_trace]
        elsewhere = "\n".join(one.read_text() for one in others)
        idle = {
            act
            for act, rule in policy.get_table().items()
            if act not in asked
            and f"{act.rpartition('.')[0]}.*" not in asked
            and f'"{act}"' not in elsewhere
            and rule.roles != {SYSTEM}  # what the program does by itself asks nobody
        }
        assert idle == set()


class TestRoutes:
    def test_every_route_that_acts_names_its_acts(self):
        table = access.get_table()
        sided = {name for name in traced.get_writing_routes() if table[name].side is not None}
        silent = {name for name in sided - traced.READS if not table[name].acts}
        assert silent == OWN

    def test_every_act_of_a_route_has_a_row(self):
        named = {act for rule in access.get_table().values() for act in rule.acts}
        assert named <= set(policy.get_table())

    def test_whoever_may_act_may_open_the_route(self):
        shut = [
            (name, act)
            for name, rule in access.get_table().items()
            for act in rule.acts
            if rule.side and not policy.get_rule(act).get_roles(rule.side) <= rule.roles
        ]
        assert shut == []

    def test_a_route_cannot_name_an_act_that_nobody_declared(self):
        with pytest.raises(policy.UnknownAct):
            access.office_may("slip.burn")

    def test_nor_one_that_nobody_on_its_side_may_take(self):
        with pytest.raises(ValueError, match="nobody"):
            access.employer_may("registration.approve")


class TestTable:
    def test_every_step_of_every_flow_has_a_row_with_the_roles_of_the_flow(self):
        for _, flow in FLOWS.values():
            for action, step in flow.steps.items():
                assert policy.get_rule(f"{flow.name}.{action}").roles == set(map(str, step.by)), (flow.name, action)

    def test_no_act_is_declared_twice(self):
        with pytest.raises(ValueError, match="twice"):
            policy.declare(policy.get_rule("slip.issue"))

    def test_every_role_counts_on_one_side_of_the_counter(self):
        assert {role for rule in policy.get_table().values() for role in rule.roles} <= set(SIDES)

    def test_every_row_says_what_it_asks_and_what_others_are_told(self):
        for act, rule in policy.get_table().items():
            assert rule.otherwise, act
            for question in (*filter(None, [rule.scope]), *rule.guards):
                assert question.__doc__, (act, question)

    @pytest.mark.parametrize("role", sorted(SIDES))
    @pytest.mark.parametrize("side", Side)
    def test_a_role_counts_only_on_its_own_side(self, role: str, side: Side):
        by = Actor(user_id=1, name="甲", person="13900000000", side=side, roles=frozenset({role}))
        for act, rule in policy.get_table().items():
            assert bool(policy.may(by, act)) is (role in rule.roles and SIDES[role] == side), act

    def test_the_program_may_what_the_table_says_and_nothing_else(self):
        open_ = {act for act in policy.get_table() if policy.may(system_actor(), act)}
        assert {"slip.expire", "bank_line.post", "roster.keep"} <= open_
        assert {"registration.approve", "roster.reveal", "receipt_request.reverse"}.isdisjoint(open_)

    def test_an_act_by_its_record_is_not_passed_without_one(self):
        with pytest.raises(TypeError, match="by its record"):
            policy.check(system_actor(), "roster.keep")

    def test_the_twin_with_another_row_lets_others_in(self, monkeypatch):
        by = Actor(user_id=1, name="甲", person="13900000000", side=Side.OFFICE, roles=frozenset({"auditor"}))
        assert not policy.may(by, "slip.issue")
        open_to(monkeypatch, "slip.issue", {"auditor"})
        assert policy.may(by, "slip.issue")
