from tasks.models.account import Account, AccountUse
from tasks.models.audit import AuditEntry
from tasks.models.installation import Installation
from tasks.models.notification import Bookmark, Channel, Delivery, Incident, Notice
from tasks.models.poller import Poller
from tasks.models.result import Result
from tasks.models.retention import RetentionRule
from tasks.models.share import Share, ShareItem, ShareVisit
from tasks.models.submission import Submission
from tasks.models.task import Event, RawAnswer, Task
from tasks.models.token import ApiToken

__all__ = [
    "Account",
    "AccountUse",
    "ApiToken",
    "AuditEntry",
    "Bookmark",
    "Channel",
    "Delivery",
    "Event",
    "Incident",
    "Installation",
    "Notice",
    "Poller",
    "RawAnswer",
    "Result",
    "RetentionRule",
    "Share",
    "ShareItem",
    "ShareVisit",
    "Submission",
    "Task",
]
