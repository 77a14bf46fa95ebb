"""Files: what people upload and what the system sets. The bytes live in the file store under a random name."""

import uuid

from django.db import models

from huzhu.shared.privacy import data_classes


class FileKind(models.TextChoices):
    """What a stored file is, in the society's words."""

    CREDIT_CERTIFICATE = "credit_certificate", "统一社会信用代码证影像"
    HAND_OVER_FORM = "hand_over_form", "盖章经办人变更申请表"
    ROSTER = "roster", "职工名册文件"
    PAST_POLICIES = "past_policies", "历史保单名单"
    INSURANCE_ROSTER = "insurance_roster", "社保/医保名单"
    PROOF = "proof", "证明材料"
    APPLICATION_FORM = "application_form", "参保申请书"
    SEALED_APPLICATION_FORM = "sealed_application_form", "盖章参保申请书"
    PAYMENT_SLIP = "payment_slip", "缴款单"
    BANK_STATEMENT = "bank_statement", "银行流水文件"
    POLICY = "policy", "电子保单"
    SEALED_CONFIRMATION = "sealed_confirmation", "盖章参保确认书"
    RECEIPT = "receipt", "电子票据"


class StoredFile(models.Model):
    """
    One file, as stored: pictures re-encoded, PDFs cleaned. `employer_id` says whose it is; empty means the association's own.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=30, choices=FileKind)
    employer_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=200)  # as the clerk called it
    stored_as = models.CharField(max_length=100)
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    page_count = models.PositiveIntegerField(null=True)
    uploaded_by_id = models.BigIntegerField(null=True)
    uploaded_at = models.DateTimeField()

    privacy = data_classes(
        internal="id kind employer_id stored_as media_type size sha256 page_count uploaded_by_id uploaded_at",
        personal="name",
    )

    class Meta:
        indexes = [models.Index(fields=["employer_id", "kind"], name="file_employer")]

    def __str__(self) -> str:
        return self.name
