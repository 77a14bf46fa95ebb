"""赠送与补贴 in an application: which campaigns the employer chose, and what each pays for whom (docs/adr/0044)."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from huzhu.gifts.models import GiftCampaign, Quota
from huzhu.roster.models import Worker
from huzhu.shared.one_employer import of_one_employer
from huzhu.shared.privacy import data_classes


class ChosenCampaign(models.Model):
    """One gift or subsidy that an employer asks for in an application (添加赠送)."""

    application = models.ForeignKey(
        "enrolment.EnrolmentApplication", on_delete=models.CASCADE, related_name="chosen_campaigns"
    )
    campaign = models.ForeignKey(GiftCampaign, on_delete=models.PROTECT, related_name="+")

    privacy = data_classes(internal="id application campaign")

    class Meta:
        ordering = ["campaign__kind", "campaign_id"]  # gifts before subsidies
        constraints = [models.UniqueConstraint(fields=["application", "campaign"], name="a_campaign_once_chosen")]

    def __str__(self) -> str:
        return str(self.campaign)


# Campaigns whose rows are locked first: whoever takes a place of one waits for whoever is taking another, and counts it then.
_PLACES = """
    PERFORM FROM gifts_giftcampaign c
    WHERE c.id IN (SELECT n.campaign_id FROM new_rows n WHERE n.held_at IS NOT NULL) ORDER BY c.id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM gifts_quota q WHERE q.id IN (SELECT n.quota_id FROM new_rows n WHERE n.held_at IS NOT NULL)
        AND q.person_count < (SELECT count(*) FROM enrolment_subsidy s WHERE s.quota_id = q.id AND s.held_at IS NOT NULL)
    ) THEN RAISE EXCEPTION 'more places held than the quota has' USING ERRCODE = 'check_violation'; END IF;
    IF EXISTS (
        SELECT FROM gifts_giftcampaign c WHERE c.id IN (SELECT n.campaign_id FROM new_rows n WHERE n.held_at IS NOT NULL)
        AND (c.budget_amount < (
                SELECT sum(s.amount) FROM enrolment_subsidy s WHERE s.campaign_id = c.id AND s.held_at IS NOT NULL)
             OR EXISTS (SELECT FROM gifts_quota q WHERE q.campaign_id = c.id) AND EXISTS (
                SELECT FROM new_rows n WHERE n.campaign_id = c.id AND n.held_at IS NOT NULL AND n.quota_id IS NULL))
    ) THEN RAISE EXCEPTION 'more held than the budget has, or beside its quotas' USING ERRCODE = 'check_violation'; END IF;
    IF EXISTS (
        SELECT FROM enrolment_subsidy s JOIN enrolment_applicationmember m ON m.id = s.member_id
        WHERE s.member_id IN (SELECT n.member_id FROM new_rows n WHERE n.held_at IS NOT NULL)
        GROUP BY m.id HAVING sum(s.amount) <> m.subsidy_amount OR sum(s.amount) > m.contribution_amount
    ) THEN RAISE EXCEPTION 'subsidies are not what the person is said to get' USING ERRCODE = 'check_violation'; END IF;
    RETURN NULL;
"""


def _places(name: str, operation: pgtrigger.Operation) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(new="new_rows"),
        func=_PLACES,
    )


class Subsidy(models.Model):
    """
    补贴: what one campaign pays of one person's contribution for one plan; a gift pays the first share.

    While an application is filled in it is a plan, made anew by every check. From submitting on the person holds a place of the
    campaign (`held_at`), until the application goes back, ends without cover, or settlement leaves the person out.
    """

    application = models.ForeignKey(
        "enrolment.EnrolmentApplication", on_delete=models.CASCADE, related_name="subsidies"
    )
    member = models.ForeignKey("enrolment.ApplicationMember", on_delete=models.CASCADE, related_name="subsidies")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="+", db_index=False)
    campaign = models.ForeignKey(GiftCampaign, on_delete=models.PROTECT, related_name="subsidies", db_index=False)
    quota = models.ForeignKey(Quota, null=True, on_delete=models.PROTECT, related_name="subsidies", db_index=False)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    held_at = models.DateTimeField(null=True)

    privacy = data_classes(internal="id application member worker campaign quota amount held_at")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_subsidy_pays"),
            models.UniqueConstraint(fields=["member", "campaign"], name="a_campaign_pays_once"),
            models.UniqueConstraint(
                fields=["campaign", "worker"], condition=Q(held_at__isnull=False), name="a_place_once_per_person"
            ),
        ]
        indexes = [
            models.Index(fields=["worker"], condition=Q(held_at__isnull=False), name="places_of_a_person"),
            models.Index(fields=["quota"], condition=Q(held_at__isnull=False), name="places_of_a_quota"),
        ]
        triggers = [
            _places("places_last", pgtrigger.Insert),
            _places("places_still_last", pgtrigger.Update),
            pgtrigger.Protect(
                name="held_stays", operation=pgtrigger.Delete, condition=pgtrigger.Q(old__held_at__isnull=False)
            ),
            *of_one_employer(
                "SELECT FROM {rows} AS n JOIN enrolment_applicationmember AS m ON m.id = n.member_id "
                "LEFT JOIN gifts_quota AS q ON q.id = n.quota_id WHERE m.application_id <> n.application_id "
                "OR m.worker_id <> n.worker_id OR q.campaign_id <> n.campaign_id",
                fields=["application", "member", "worker", "campaign", "quota"],
            ),
        ]
