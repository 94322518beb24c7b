"""What the audit page says of a deed."""

from tasks.vocabulary import Deed

GROUPS: dict[str, dict[Deed, str]] = {
    "Links": {
        Deed.SHARE_MADE: "made a link",
        Deed.SHARE_CHANGED: "changed a link",
        Deed.SHARE_RENEWED: "gave a link a new address",
        Deed.SHARE_REVOKED: "revoked a link",
    },
    "Tasks and copies": {
        Deed.TASK_DELETED: "stopped tracking",
        Deed.TASK_RESTORED: "restored from the trash",
        Deed.COPY_DELETED: "deleted a copy",
    },
    "Retention": {
        Deed.RULE_MADE: "made a retention rule",
        Deed.RULE_CHANGED: "changed a retention rule",
        Deed.RULE_DELETED: "deleted a retention rule",
        Deed.RULE_APPLIED: "applied a retention rule",
    },
    "People": {
        Deed.PERSON_ADDED: "added a person",
        Deed.PERSON_DELETED: "deleted a person",
        Deed.ROLE_CHANGED: "changed a role",
        Deed.PERSON_DISABLED: "disabled a person",
        Deed.PERSON_ENABLED: "enabled a person",
        Deed.LINK_GIVEN: "gave a sign-in link",
        Deed.PASSWORD_SET: "set somebody’s password",
    },
    "API tokens": {
        Deed.TOKEN_MADE: "made a token",
        Deed.TOKEN_REVOKED: "revoked a token",
    },
    "Accounts": {
        Deed.ACCOUNT_ADDED: "added an account",
        Deed.ACCOUNT_CHANGED: "changed an account",
        Deed.ACCOUNT_DELETED: "deleted an account",
    },
    "Notifications": {
        Deed.CHANNEL_ADDED: "added a channel",
        Deed.CHANNEL_CHANGED: "changed a channel",
        Deed.CHANNEL_DELETED: "deleted a channel",
    },
}
"""Verbs to follow a name, in the order of the filter."""
WORDS = {deed: words for deeds in GROUPS.values() for deed, words in deeds.items()}
