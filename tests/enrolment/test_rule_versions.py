"""No rule changes without a new version, and no version is forgotten: old applications are replayed by the rules of their day."""

from __future__ import annotations

import dataclasses

import pytest

from huzhu.enrolment.precheck import registry
from huzhu.enrolment.precheck.registry import RuleForgotten

# Every rule ever judged by, with its digest. A new version gets a new line; no line is ever changed or taken out.
DIGESTS = {
    ("id_invalid", 1): "c8b7c5e056ca16c4",
    ("name_invalid", 1): "fb13d02eb5d3676f",
    ("not_in_service", 1): "59d632a176f4aeea",
    ("duplicate_in_list", 1): "90760545283c859b",
    ("not_yet_working_age", 2): "0b6d4e96be49f41b",
    ("over_age", 1): "cc5fbfd26d9bcc59",
    ("over_max_age", 1): "7959a7a9511a6a2a",
    ("category_unknown", 1): "890fd77c1f80536a",
    ("gender_not_eligible", 1): "2ff9c78f305bca1e",
    ("not_on_insurance_list", 3): "f20849f54a0606a9",
    ("insurance_list_missing", 1): "12aee7dcbe05c7aa",
    ("already_covered", 1): "7c2d6caadff2b7c1",
    ("on_policy_already", 1): "121fb8dc7bae797d",
    ("no_time_left", 1): "00252e5e23222f2f",
    ("exclusive_plan", 1): "1fc85fa50e0d3079",
    ("name_differs", 1): "dd3ca15e644cf0d9",
    ("birth_or_gender_differs", 1): "d61ffd19955ad41a",
    ("participation_floor", 2): "5e47ec1e02c2adea",
    ("first_enrolment", 1): "11f215d2bfa2023d",
    ("renewal", 1): "2265a530198b1c33",
    ("lapsed", 1): "e552388f3053f3cf",
    ("gap_risk", 1): "5c3b59463131e04d",
    ("bound_policy_found", 1): "47b563a68fb2c2fc",
    ("gift_not_eligible", 1): "0741aae8f7d29d6c",
}


def everything() -> list[registry.Rule]:
    return [*registry.FORMER, *registry.RULES]


def test_every_version_does_what_it_always_did():
    assert {(rule.code, rule.version): rule.digest for rule in everything()} == DIGESTS


def test_a_version_is_known_once():
    pairs = [(rule.code, rule.version) for rule in everything()]
    assert len(pairs) == len(set(pairs))
    assert len({rule.code for rule in registry.RULES}) == len(registry.RULES)


@pytest.mark.parametrize(
    "change",
    [
        {"condition": "f.is_over_max_age OR f.is_over_age"},
        {"inputs": {"start": "f.coverage_start"}},
        {"severity": registry.Severity.WARN},
        {"proof_kind": registry.ProofKind.DISPATCH_PROOF},
        {"is_for_reviewers": True},
        {"is_recorded": False},
        {"facts": registry.PLAN},
    ],
)
def test_the_twin_a_change_is_seen(change):
    rule = next(rule for rule in registry.RULES if rule.code == "over_max_age")
    assert dataclasses.replace(rule, **change).digest != DIGESTS[rule.code, rule.version]


def test_former_versions_are_found_and_forgotten_ones_are_named(monkeypatch):
    today = registry.RULES[0]
    raised = dataclasses.replace(today, version=today.version + 1, condition="false")
    monkeypatch.setattr(registry, "RULES", (raised,))
    with pytest.raises(RuleForgotten, match=f"“{today.code}”第{today.version}版"):
        registry.get_rules({today.code: today.version})

    monkeypatch.setattr(registry, "FORMER", (today,))

    assert registry.get_rules({today.code: today.version}) == [today]
    assert registry.get_rules({today.code: raised.version}) == [raised]
