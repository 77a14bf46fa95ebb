"""People on an employer's roster, and the actors who keep it."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid

import factory
from factory.django import DjangoModelFactory

from huzhu.employers.models import Employer
from huzhu.roster.models import DOCUMENT_NUMBER, EmploymentStatus, RosterEntry, Worker, WorkerDocument
from huzhu.shared import seals
from huzhu.shared.actors import Actor, Side
from huzhu.shared.calendar import SHANGHAI
from huzhu.shared.identity import documents
from huzhu.shared.identity.names import initials
from tests.factories.accounts import ALWAYS
from tests.factories.employers import EmployerFactory

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=SHANGHAI)

_serials = itertools.count(1)


def resident_number(
    serial: int, *, born_on: dt.date = dt.date(1990, 3, 4), gender: str = "male", area: str = "440106"
) -> str:
    """An invented resident number that satisfies the check digit; serial 1 to 499 give different numbers."""
    body = f"{area}{born_on:%Y%m%d}{serial * 2 + (gender == 'male'):03d}"
    total = sum(int(digit) * pow(2, 17 - position, 11) for position, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def _next_number(worker: Worker) -> str:
    """A number nobody has: of areas that `resident_number` does not use by itself."""
    city, serial = divmod(next(_serials), 499)
    return resident_number(serial + 1, born_on=worker.born_on, gender=worker.gender, area=f"44{city + 2:02d}03")


class WorkerFactory(DjangoModelFactory):
    """A natural person."""

    class Meta:
        model = Worker

    gender = "male"
    born_on = dt.date(1990, 3, 4)
    first_seen_at = NOON


class WorkerDocumentFactory(DjangoModelFactory):
    """A resident card; `number` is sealed and fingerprinted as an import does it."""

    class Meta:
        model = WorkerDocument

    class Params:
        number = factory.LazyAttribute(lambda o: _next_number(o.worker))

    worker = factory.SubFactory(WorkerFactory)
    document_type = "resident_id"
    seal_id = factory.LazyFunction(uuid.uuid4)
    fingerprint = factory.LazyAttribute(
        lambda o: seals.fingerprint(
            documents.comparison_key(document_type=o.document_type, number=o.number), purpose="document"
        )
    )
    number_sealed = factory.LazyAttribute(lambda o: seals.seal(o.number, place=DOCUMENT_NUMBER, seal_id=o.seal_id))
    number_masked = factory.LazyAttribute(lambda o: documents.masked_number(o.number))
    first_seen_at = NOON


class RosterEntryFactory(DjangoModelFactory):
    """A person in service; `left=True` one who has left."""

    class Meta:
        model = RosterEntry

    class Params:
        left = factory.Trait(status=EmploymentStatus.LEFT, left_on=dt.date(2026, 10, 31))

    employer = factory.SubFactory(EmployerFactory)
    document = factory.SubFactory(WorkerDocumentFactory)
    worker = factory.SelfAttribute("document.worker")
    name = factory.Sequence(lambda n: f"陈{'一二三四五六七八九十'[n % 10]}{'东南西北中'[n % 5]}")
    name_initials = factory.LazyAttribute(lambda o: initials(o.name))
    gender = factory.SelfAttribute("worker.gender")
    born_on = factory.SelfAttribute("worker.born_on")
    mobile = "13800000002"
    job_category = "worker"
    employment_form = "contract"
    department = "生产部"
    joined_on = dt.date(2020, 1, 1)
    changed_at = NOON


def employer_actor(employer: Employer, *roles: str, user_id: int | None = 1, person: str = "13800000001") -> Actor:
    """Somebody of an employer's account; a handler unless roles are named."""
    return Actor(
        user_id=user_id,
        name="李敏",
        person=person,
        side=Side.EMPLOYER,
        roles=frozenset(roles or ("handler",)),
        employer_id=employer.pk,
        proven_at=ALWAYS,
    )
