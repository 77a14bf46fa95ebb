"""Accounts: the people who sign in, the branches staff belong to, sessions, and codes sent to mobiles."""

from __future__ import annotations

import pgtrigger
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q

from huzhu.accounts import guards, scope
from huzhu.accounts.roles import StaffRole
from huzhu.shared.actors import Actor
from huzhu.shared.privacy import data_classes


class BranchLevel(models.TextChoices):
    PROVINCE = "province", "省"
    CITY = "city", "市"
    COUNTY = "county", "县（区）"


class BranchQuerySet(models.QuerySet["Branch"]):
    """Branches somebody may look into."""

    def visible_to(self, actor: Actor) -> BranchQuerySet:
        """Staff see their own branch and those below; their names alone are public."""
        subtree = scope.get_subtree(actor)
        return self.none() if subtree is None else self.filter(path__startswith=subtree)

    def open(self) -> BranchQuerySet:
        """Those that take employers and staff."""
        return self.filter(closed_at__isnull=True)


class Branch(models.Model):
    """
    One office of the association (代办处/代办点) in the tree province → city → county.

    `path` is the ids from the root, each followed by a dot ("1.4.17."), so that a subtree is a prefix.
    """

    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    level = models.CharField(max_length=10, choices=BranchLevel)
    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    path = models.CharField(max_length=120, unique=True)
    closed_at = models.DateTimeField(null=True)  # a closed branch stays for history and takes nobody

    objects = BranchQuerySet.as_manager()

    privacy = data_classes(public="id parent level code name path closed_at")

    class Meta:
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=True, level="province") | Q(parent__isnull=False) & ~Q(level="province"),
                name="branch_root_is_the_province",
            )
        ]
        triggers = guards.tree()

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Looks accounts up by login name; accounts are made by operations."""

    def get_by_natural_key(self, login_name: str | None) -> User:
        """The account with this login name, in lower case."""
        return self.get(login_name=(login_name or "").strip().lower())


class User(AbstractBaseUser):
    """
    One account. An employer's people sign in with their mobile, staff with a staff name; `mobile` is the verified person behind it.
    """

    login_name = models.CharField(max_length=40, unique=True)
    mobile = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    is_staff_account = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    password_changed_at = models.DateTimeField(null=True)  # none: a one-time password, or none yet
    enabled_at = models.DateTimeField(null=True)  # when an administrator last opened the account again
    former_mobiles = ArrayField(
        models.CharField(max_length=20), default=list
    )  # the same person before: what they did stays theirs

    objects = UserManager()
    USERNAME_FIELD = "login_name"
    REQUIRED_FIELDS = []

    privacy = data_classes(
        internal="id is_staff_account is_active created_at password_changed_at enabled_at last_login",
        personal="login_name mobile name former_mobiles",
        sensitive="password",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mobile"], condition=Q(is_staff_account=False), name="one_portal_account_per_mobile"
            ),
            models.UniqueConstraint(
                fields=["mobile"], condition=Q(is_staff_account=True), name="one_staff_account_per_mobile"
            ),
        ]
        # The few whose mobile has changed: every decision asks whether one of them decides on what they asked for.
        indexes = [models.Index(fields=["id"], condition=~Q(former_mobiles=[]), name="user_of_several_mobiles")]

    def __str__(self) -> str:
        return self.name


class StaffPostQuerySet(models.QuerySet["StaffPost"]):
    """Staff somebody may see."""

    def visible_to(self, actor: Actor) -> StaffPostQuerySet:
        """Staff see those placed in their branch's subtree."""
        return scope.narrow(self, actor, branch="branch")


class StaffPost(models.Model):
    """
    A staff account's place: the branch and the roles held there. The three administrators' powers are never held by one person.
    """

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="post")
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="posts")
    roles = ArrayField(models.CharField(max_length=20, choices=StaffRole))

    objects = StaffPostQuerySet.as_manager()

    privacy = data_classes(internal="id user branch roles")

    class Meta:
        constraints = [
            models.CheckConstraint(
                # At most one of the three powers, and with it no business role (security.md §2).
                condition=~Q(roles__overlap=["system_admin", "security_admin", "auditor"])
                | Q(roles=["system_admin"])
                | Q(roles=["security_admin"])
                | Q(roles=["auditor"]),
                name="administrators_do_nothing_else",
            )
        ]
        triggers = [
            guards.open_branch(),
            pgtrigger.Trigger(
                name="no_member_of_own_subtree",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                # The other wall of rulebook §1's two-person rule; its twin stands on memberships.
                func="""
                    IF EXISTS (
                        SELECT FROM employers_membership m JOIN accounts_user member ON member.id = m.user_id
                        JOIN employers_employer e ON e.id = m.employer_id JOIN accounts_branch theirs ON theirs.id = e.branch_id
                        JOIN accounts_branch ours ON ours.id = NEW.branch_id AND theirs.path LIKE ours.path || '%'
                        JOIN accounts_user staff ON staff.id = NEW.user_id AND staff.mobile = member.mobile
                        WHERE m.ended_at IS NULL
                    ) THEN RAISE EXCEPTION 'a member of an employer in the own subtree' USING ERRCODE = 'check_violation';
                    END IF; RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.branch}"

    def get_role_names(self) -> list[str]:
        """The roles in the society's words, in the order of rulebook §1."""
        return [str(role.label) for role in StaffRole if role in self.roles]


class Session(AbstractBaseSession):
    """
    One signed-in browser, ended on the server at logout, password or role change, and by the idle and absolute limits.
    """

    user_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=45, blank=True)
    device = models.CharField(max_length=200, blank=True)

    privacy = data_classes(
        internal="user_id created_at last_seen_at expire_date",
        personal="address device",
        sensitive="session_key session_data",
    )

    class Meta:
        indexes = [
            models.Index(fields=["user_id"], name="session_user"),
            models.Index(fields=["expire_date"], name="session_expiry"),
        ]


class MobileCode(models.Model):
    """
    One code sent to one mobile for one purpose: hashed, used once, five minutes, five tries (security.md §1).
    """

    purpose = models.CharField(max_length=30)
    mobile = models.CharField(max_length=20)
    code_hash = models.CharField(max_length=128)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=45, blank=True)

    privacy = data_classes(
        internal="id purpose sent_at expires_at tries used_at", personal="mobile address", sensitive="code_hash"
    )

    class Meta:
        indexes = [
            models.Index(fields=["mobile", "purpose", "-id"], name="code_mobile"),
            models.Index(fields=["address", "sent_at"], name="code_address"),
        ]


class KnownDevice(models.Model):
    """
    A browser in which an employer's person has proven the mobile: no code is asked for there until it is forgotten, idle for long,
    or the password changes. The browser keeps a signed number; `mark` binds it to the account.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_devices")
    mark = models.CharField(max_length=64)
    device = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=45, blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    privacy = data_classes(internal="id user first_seen_at last_seen_at", personal="device address", sensitive="mark")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "mark"], name="one_row_per_device")]


class RecoveryCode(models.Model):
    """
    One of ten codes that open a staff account once each when the authenticator is lost; shown once, kept as a hash.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    privacy = data_classes(internal="id user made_at used_at", sensitive="code_hash")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "code_hash"], name="one_row_per_recovery_code")]
