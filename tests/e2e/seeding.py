"""What stands before any employer on a journey's site: branches, staff, plans and accounts. Run as a process of its own."""

import django

django.setup()

from django.utils import timezone  # noqa: E402

from huzhu.demo.seed import found_association  # noqa: E402

if __name__ == "__main__":
    found_association(at=timezone.now())
