"""Questions about plans."""

from datetime import date

from django.db.models import Q, QuerySet

from huzhu.plans.models import Plan, PlanVersion


def get_on_sale(*, day: date) -> QuerySet[PlanVersion]:
    """The plan versions an employer may choose on a day, in catalogue order."""
    return (
        PlanVersion.objects.select_related("plan")
        .filter(is_on_sale=True, published_at__isnull=False)
        .filter(Q(valid_from__isnull=True) | Q(valid_from__lte=day), Q(valid_to__isnull=True) | Q(valid_to__gte=day))
        .order_by("plan_id")
    )


def get_chain(*, version: PlanVersion) -> list[int]:
    """
    The ids of the plans whose cover a plan continues: itself, those it renews from, and its exclusive group (rulebook §4).
    """
    group = Q(versions__exclusive_group=version.exclusive_group) if version.exclusive_group else Q()
    known = Q(pk=version.plan_id) | Q(code__in=version.renews_from)
    return list(
        Plan.objects.filter(known | group if group else known).distinct().order_by("pk").values_list("pk", flat=True)
    )
