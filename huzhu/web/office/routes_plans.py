"""保障计划."""

from huzhu.web.access import office, office_may
from huzhu.web.office.views import plan_drafts, plan_steps, plans
from huzhu.web.routes import Route

PLAN = "plans/<int:version_id>/"
ACTS = ("plan.draft", "plan.shorten", "plan.set_window", "plan_version.publish", "plan_version.close")

ROUTES = [
    Route("plans/", plans.plans, "plans", office(does=("plan.draft",))),
    Route("plans/new/", plan_steps.begin, "plan-new", office_may("plan.draft")),
    Route(PLAN, plans.plan, "plan", office(does=ACTS)),
    Route(f"{PLAN}draft/", plan_steps.draft, "plan-draft", office_may("plan.draft")),
    Route(f"{PLAN}edit/", plan_drafts.edit, "plan-edit", office_may("plan.draft")),
    Route(f"{PLAN}benefits/", plan_drafts.benefits, "plan-benefits", office_may("plan.draft")),
    Route(f"{PLAN}cases/", plan_drafts.cases, "plan-cases", office_may("plan.draft")),
    Route(f"{PLAN}cases/try/", plan_drafts.try_case, "plan-case-try", office_may("plan.draft")),
    Route(f"{PLAN}propose/", plan_steps.propose, "plan-propose", office_may("plan_version.propose")),
    Route(f"{PLAN}recall/", plan_steps.recall, "plan-recall", office_may("plan_version.recall")),
    Route(f"{PLAN}discard/", plan_steps.discard, "plan-discard", office_may("plan_version.discard")),
    Route(f"{PLAN}publish/", plan_steps.publish, "plan-publish", office_may("plan_version.publish")),
    Route(f"{PLAN}return/", plan_steps.send_back, "plan-return", office_may("plan_version.send_back")),
    Route(f"{PLAN}shorten/", plan_steps.shorten, "plan-shorten", office_may("plan.shorten")),
    Route(f"{PLAN}close/", plan_steps.close, "plan-close", office_may("plan_version.close")),
    Route(f"{PLAN}window/", plan_steps.window, "plan-window", office_may("plan.set_window")),
]
