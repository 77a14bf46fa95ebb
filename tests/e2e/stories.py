"""Who is there when some journeys begin. Journeys and the seeding process both read it."""

from huzhu.accounts.roles import StaffRole
from huzhu.demo.employers import HOSPITAL, STORIES, Stage
from huzhu.demo.people import DemoStaff

SUBMITTED = STORIES[5]._replace(
    name="东莞长安精密模具有限公司", size=40, stage=Stage.FIRST_REVIEW, plans=HOSPITAL, place=77
)
BOTH = DemoStaff("shouli-fuhe", "方立", "13900000099", "44", (StaffRole.REGISTRAR, StaffRole.REVIEWER))
