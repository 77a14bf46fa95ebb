"""The roles of rulebook §1, as data."""

from django.db import models

from huzhu.shared.actors import Side


class EmployerRole(models.TextChoices):
    """What a member of an employer's account may do in the portal."""

    OWNER = "owner", "单位管理员"
    HANDLER = "handler", "经办人"
    LIAISON = "liaison", "专管员"
    FINANCE = "finance", "单位财务"
    VIEWER = "viewer", "只读"


class StaffRole(models.TextChoices):
    """What a member of the association's staff may do in the back office."""

    REGISTRAR = "registrar", "受理员"
    REVIEWER = "reviewer", "复核员"
    CASHIER = "cashier", "财务"
    CASHIER_REVIEWER = "cashier_reviewer", "财务复核"
    ADJUDICATOR = "adjudicator", "理赔员"
    CLAIM_REVIEWER = "claim_reviewer", "理赔复核"
    PRODUCT_MANAGER = "product_manager", "产品管理员"
    SYSTEM_ADMIN = "system_admin", "系统管理员"
    SECURITY_ADMIN = "security_admin", "安全管理员"
    AUDITOR = "auditor", "审计员"


SYSTEM = "system"
APPLICANT = "applicant"  # somebody with a proven mobile and no account yet

# On which side of the counter a role counts.
SIDES: dict[str, Side] = {
    **dict.fromkeys(map(str, EmployerRole), Side.EMPLOYER),
    **dict.fromkeys(map(str, StaffRole), Side.OFFICE),
    SYSTEM: Side.SYSTEM,
    APPLICANT: Side.PUBLIC,
}

# Who may look at everything of the own employer; who may change enrolment; who handles the money side.
EMPLOYER_READERS = frozenset({EmployerRole.OWNER, EmployerRole.HANDLER, EmployerRole.FINANCE, EmployerRole.VIEWER})
EMPLOYER_ENROLLERS = frozenset({EmployerRole.OWNER, EmployerRole.HANDLER})
EMPLOYER_PAYERS = frozenset({EmployerRole.OWNER, EmployerRole.HANDLER, EmployerRole.FINANCE})

CASHIERS = frozenset({StaffRole.CASHIER, StaffRole.CASHIER_REVIEWER})
STAFF = frozenset(StaffRole.values)
