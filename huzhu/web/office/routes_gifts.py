"""赠送与补贴."""

from huzhu.web.access import office, office_may
from huzhu.web.office.views import gift_steps, gifts, sponsors
from huzhu.web.routes import Route

GIFT = "gifts/<int:campaign_id>/"
ACTS = (
    "gift_campaign.draft",
    "gift_campaign.propose",
    "gift_campaign.publish",
    "gift_campaign.close",
)

ROUTES = [
    Route("gifts/", gifts.gifts, "gifts", office(does=("gift_campaign.draft",))),
    Route("gifts/sponsors/", sponsors.sponsors, "sponsors", office()),
    Route("gifts/sponsors/<int:sponsor_id>/", sponsors.sponsor, "sponsor", office()),
    Route("gifts/new/", gift_steps.new, "gift-new", office_may("gift_campaign.draft")),
    Route(GIFT, gifts.gift, "gift", office(does=ACTS)),
    Route(f"{GIFT}edit/", gift_steps.edit, "gift-edit", office_may("gift_campaign.draft")),
    Route(f"{GIFT}propose/", gift_steps.propose, "gift-propose", office_may("gift_campaign.propose")),
    Route(f"{GIFT}recall/", gift_steps.recall, "gift-recall", office_may("gift_campaign.recall")),
    Route(f"{GIFT}discard/", gift_steps.discard, "gift-discard", office_may("gift_campaign.discard")),
    Route(f"{GIFT}publish/", gift_steps.publish, "gift-publish", office_may("gift_campaign.publish")),
    Route(f"{GIFT}return/", gift_steps.send_back, "gift-return", office_may("gift_campaign.send_back")),
    Route(f"{GIFT}close/", gift_steps.close, "gift-close", office_may("gift_campaign.close")),
]
