"""Lists of old policies too large to be read while somebody waits."""

from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from huzhu.cover import operations as cover
from huzhu.cover.models import PastPolicyUpload
from huzhu.shared.actors import system_actor
from huzhu.work import queries as work

TRIES = 5
GAVE_UP = "这份文件多次处理都没有完成，没有录入任何保单。请按年份拆成几个文件后重新上传。"
GONE = "上传人已不是工作人员，没有录入任何保单。请由省级受理员重新上传。"


class TriedTooOften(Exception):
    """Workers died on this list as often as it may be tried."""


@app.task(name=cover.UPLOAD_TASK, retry=RetryStrategy(max_attempts=TRIES, exponential_wait=5), pass_context=True)
def read_past_policies(context: JobContext, *, upload_id: int) -> None:
    """
    This task will take over one large list as whoever sent it, with the roles held now; running it again changes nothing. A list on
    which workers die again and again is refused in the end.
    """
    upload = PastPolicyUpload.objects.get(pk=upload_id)
    by = work.get_staff_actor(user_id=upload.uploaded_by_id or 0)
    tries_left = TRIES - context.job.attempts
    try:
        if tries_left < 1:
            raise TriedTooOften
        if by is None:
            cover.refuse_upload(upload_id=upload_id, words=GONE, by=system_actor(), at=timezone.now())
        else:
            cover.read_upload(upload_id=upload_id, by=by, at=timezone.now())
    except Exception as error:
        if tries_left <= 1:
            cover.refuse_upload(upload_id=upload_id, words=GAVE_UP, by=system_actor(), at=timezone.now())
        if not isinstance(error, TriedTooOften):
            raise
