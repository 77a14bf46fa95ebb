"""全方位智能校验: one set-based engine for employer and reviewer, and a registry of versioned rules (rulebook §3)."""

from huzhu.enrolment.precheck.engine import Verdict, check
from huzhu.enrolment.precheck.registry import APPLICATION, PERSON, PLAN, RULES, Rule

__all__ = ["APPLICATION", "PERSON", "PLAN", "RULES", "Rule", "Verdict", "check"]
