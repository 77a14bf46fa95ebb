"""The employers that some journeys begin with. No Django here: journeys and the seeding process both read it."""

from huzhu.demo.employers import HOSPITAL, STORIES, Stage

SUBMITTED = STORIES[5]._replace(
    name="东莞长安精密模具有限公司", handler="陈国栋", size=40, stage=Stage.FIRST_REVIEW, plans=HOSPITAL, place=77
)
