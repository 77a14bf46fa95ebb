"""Where Procrastinate's Django integration looks for tasks: it imports every module that declares some."""

from huzhu.jobs import notifications, scheduled

__all__ = ["notifications", "scheduled"]
