"""参保单位: registrations, employers, the people of their accounts, who comes and who hands over, and group links."""

from huzhu.employers.models.account import (
    HandOver,
    Invitation,
    JoinRequest,
    JoinRequestQuerySet,
    Membership,
    MembershipQuerySet,
)
from huzhu.employers.models.employer import (
    LEGAL_DOCUMENT,
    Employer,
    EmployerKind,
    EmployerQuerySet,
    OfEmployerQuerySet,
)
from huzhu.employers.models.facts import (
    BranchTransfer,
    BranchTransferQuerySet,
    ChangeRequest,
    EmployerVersion,
)
from huzhu.employers.models.group import (
    GroupLink,
    GroupLinkQuerySet,
)
from huzhu.employers.models.registration import (
    Registration,
    RegistrationQuerySet,
)

__all__ = [
    "LEGAL_DOCUMENT",
    "BranchTransfer",
    "BranchTransferQuerySet",
    "ChangeRequest",
    "Employer",
    "EmployerKind",
    "EmployerQuerySet",
    "EmployerVersion",
    "GroupLink",
    "GroupLinkQuerySet",
    "HandOver",
    "Invitation",
    "JoinRequest",
    "JoinRequestQuerySet",
    "Membership",
    "MembershipQuerySet",
    "OfEmployerQuerySet",
    "Registration",
    "RegistrationQuerySet",
]
