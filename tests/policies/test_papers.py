"""电子保单: what it says, that it is made once, and that it can be signed."""

from __future__ import annotations

import datetime as dt
import io

import pypdf
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from huzhu.cover.models import Cover
from huzhu.documents import association, signing
from huzhu.documents import operations as documents
from huzhu.documents.models import StoredFile
from huzhu.policies import operations as policies
from huzhu.policies import papers
from huzhu.policies.models import Policy
from huzhu.shared.actors import system_actor
from tests.factories import policies as make
from tests.factories.policies import LATER, NOON
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db


def text_of(pdf: bytes) -> list[str]:
    """The text of each page without blanks, which typesetting puts where it likes."""
    return ["".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


class TestPaper:
    def test_the_first_page_says_who_what_and_how_long(self):
        policy = make.policy(members=3)
        cover = text_of(papers.make_policy_pdf(policy=policy))[0]
        for words in (
            policy.number,
            policy.employer.name,
            policy.employer.credit_code,
            "住院医保补充保障计划",
            "2025年8月12日00:00至2026年8月11日24:00",
            "285.00",
            "人民币贰佰捌拾伍元整",
            papers.spell_code(policy.verify_code),
            policy.application.number,
            policy.application.slips.get().number,
            "首次参保、断保后参保的免责期为30天",
        ):
            assert words in cover

    def test_everybody_stands_in_the_list_with_the_own_period_and_a_masked_number(self):
        policy = make.policy(members=2)
        renewing, new = Cover.objects.filter(policy_id=policy.pk).order_by("pk")
        Cover.objects.filter(pk=renewing.pk).update(
            coverage_start=dt.date(2025, 9, 1),
            coverage_end=dt.date(2026, 9, 1),
            cover_class="renewal",
            previous_end=dt.date(2025, 9, 1),
            full_from=dt.date(2025, 9, 1),
            added_full_from=dt.date(2025, 9, 1),
        )
        rows = {member.name: member for member in papers.describe_policy(policy=policy).members}
        assert rows[renewing.name].as_row(1)[4:] == ["2025-09-01 至 2026-08-31", "无", "续保"]
        assert rows[new.name].as_row(1)[4:] == ["2025-08-12 至 2026-08-11", "2025-09-10", "首次"]

        listed = "".join(text_of(papers.make_policy_pdf(policy=policy)))
        for cover in (renewing, new):
            assert cover.name in listed
            assert cover.number_masked in listed

    def test_added_shares_wait_and_it_says_so(self):
        policy = make.policy(members=1)
        Cover.objects.filter(policy_id=policy.pk).update(
            cover_class="renewal",
            previous_end=dt.date(2025, 8, 12),
            full_from=dt.date(2025, 8, 12),
            added_full_from=dt.date(2025, 9, 11),
        )
        paper = papers.describe_policy(policy=policy)
        assert paper.members[0].as_row(1)[5:] == ["2025-09-10", papers.RAISED]
        assert papers.RAISED_NOTE in paper.waiting_text

    def test_the_last_page_is_the_confirmation_and_can_be_printed_alone(self):
        policy = make.policy(members=40)
        whole = text_of(papers.make_policy_pdf(policy=policy))
        [alone] = text_of(papers.make_confirmation_pdf(policy=policy))
        for page in (whole[-1], alone):
            for words in ("参保确认书保单号", policy.number, "40人", "参保单位（盖章）"):
                assert words in page
        assert "参保确认书保单号" not in "".join(whole[:-1])

    def test_its_qr_code_says_the_check_page_and_the_confirmation_names_the_policy(self, settings):
        settings.PUBLIC_URL = "https://huzhu.example/"
        policy = make.policy(members=1)
        assert papers.get_verify_url(policy, number=1) == f"https://huzhu.example/verify/{policy.verify_code}/1/"
        assert papers.describe_policy(policy=policy).qr_text == papers.get_verify_url(policy, number=1)
        assert policy.number in papers.get_confirmation_text(policy)

    def test_many_members_take_as_many_queries_as_few(self):
        few, many = make.policy(members=2), make.policy(members=30)
        assert count_queries(lambda: papers.describe_policy(policy=few)) == 3
        assert count_queries(lambda: papers.describe_policy(policy=many)) == 3

    def test_equal_records_give_equal_bytes(self):
        policy = make.policy(members=2)
        assert papers.make_policy_pdf(policy=policy) == papers.make_policy_pdf(policy=policy)


class TestMakeDocument:
    def test_is_kept_with_the_policy_and_made_once(self, monkeypatch):
        policy = make.policy()
        file = policies.make_document(policy_id=policy.pk, by=system_actor(), at=LATER)
        policy.refresh_from_db()
        assert policy.document_id == file.pk
        assert (file.kind, file.employer_id, file.media_type) == ("policy", policy.employer_id, "application/pdf")
        assert policy.number in text_of(documents.read_file(file=file))[0]

        monkeypatch.setattr(papers, "make_policy_pdf", lambda **_: 1 / 0)
        assert policies.make_document(policy_id=policy.pk, by=system_actor(), at=LATER) == file
        assert StoredFile.objects.filter(kind="policy").count() == 1

    def test_of_two_at_once_the_first_paper_stays(self, monkeypatch):
        policy = make.policy()
        real = papers.make_policy_pdf
        first = []

        def slow(**words):
            monkeypatch.setattr(papers, "make_policy_pdf", real)
            first.append(policies.make_document(policy_id=policy.pk, by=system_actor(), at=LATER))
            return real(**words)

        monkeypatch.setattr(papers, "make_policy_pdf", slow)
        assert policies.make_document(policy_id=policy.pk, by=system_actor(), at=LATER) == first[0]
        assert StoredFile.objects.filter(kind="policy").count() == 1

    def test_issuing_a_policy_queues_its_paper(self):
        from procrastinate.contrib.django.models import ProcrastinateJob

        policy = make.policy()
        [job] = ProcrastinateJob.objects.filter(task_name=policies.DOCUMENT_TASK)
        assert job.args == {"policy_id": policy.pk, "number": 1}


class TestSignature:
    @pytest.fixture
    def key(self, settings, tmp_path):
        key, certificate = signing.make_demo_certificate(name="互助会", at=NOON)
        (tmp_path / "key.pem").write_bytes(key)
        (tmp_path / "certificate.pem").write_bytes(certificate)
        settings.SIGNING_KEY_FILE = str(tmp_path / "key.pem")
        settings.SIGNING_CERTIFICATE_FILE = str(tmp_path / "certificate.pem")

    def signatures(self, policy: Policy) -> list:
        file = policies.make_document(policy_id=policy.pk, by=system_actor(), at=LATER)
        return PdfFileReader(io.BytesIO(documents.read_file(file=file))).embedded_signatures

    def test_a_named_key_signs(self, key):
        [signature] = self.signatures(make.policy())
        assert signature.sig_object["/Reason"] == "签发电子保单"

    def test_without_a_key_it_goes_out_unsigned(self):
        assert self.signatures(make.policy()) == []

    def test_the_demo_makes_its_own_key_once(self, settings, tmp_path):
        settings.DEMO, settings.VAR = True, tmp_path
        assert len(self.signatures(make.policy())) == 1
        made = association.get_identity(at=LATER)
        assert association.get_identity(at=LATER) == made
        assert (tmp_path / "demo-keys" / association.DEMO_FILE).stat().st_mode & 0o077 == 0

    def test_half_a_key_is_a_fault_of_the_settings(self, settings):
        settings.SIGNING_KEY_FILE = "/nowhere/key.pem"
        with pytest.raises(association.ImproperlyConfigured):
            association.get_identity(at=LATER)


class TestJob:
    def test_makes_the_paper_and_again_changes_nothing(self):
        from huzhu.jobs import policies as jobs

        policy = make.policy()
        jobs.make_document(policy_id=policy.pk)
        jobs.make_document(policy_id=policy.pk)
        assert StoredFile.objects.filter(kind="policy", employer_id=policy.employer_id).count() == 1
