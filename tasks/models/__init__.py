from tasks.models.account import Account, AccountUse
from tasks.models.audit import AuditEntry
from tasks.models.batch import Batch, BatchItem
from tasks.models.input import Input
from tasks.models.installation import Installation
from tasks.models.lookup import Dismissed, Lookup
from tasks.models.model_list import ModelList
from tasks.models.notification import Bookmark, Channel, Delivery, Incident, Notice
from tasks.models.poller import Poller
from tasks.models.result import Result
from tasks.models.retention import RetentionRule
from tasks.models.share import Share, ShareItem, ShareVisit
from tasks.models.submission import Submission
from tasks.models.task import Event, RawAnswer, Task
from tasks.models.template import Template
from tasks.models.token import ApiToken

__all__ = [
    "Account",
    "AccountUse",
    "ApiToken",
    "AuditEntry",
    "Batch",
    "BatchItem",
    "Bookmark",
    "Channel",
    "Delivery",
    "Dismissed",
    "Event",
    "Incident",
    "Input",
    "Installation",
    "Lookup",
    "ModelList",
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
    "Template",
]
