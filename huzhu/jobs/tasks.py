"""Where Procrastinate's Django integration looks for tasks: it imports every module that declares some."""

from huzhu.jobs import announcements, billing, cover, employers, notifications, policies, roster, scheduled

__all__ = ["announcements", "billing", "cover", "employers", "notifications", "policies", "roster", "scheduled"]
