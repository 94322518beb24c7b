"""Why a task failed, in our words, out of a provider's code and message."""

from tasks.providers.contract import Failure
from tasks.providers.masks import mask_secrets
from tasks.providers.words import squeezed
from tasks.vocabulary import Reason

MAX_MESSAGE = 2000

# The first that fits wins: `InvalidParameter.DataInspection` is moderation, not bad input.
_SIGNS = (
    (
        Reason.MODERATION,
        "moderat contentpolicy contentfilter policyviolation inappropriate sensitive nsfw safety datainspection "
        "prohibited copyright riskcontrol",
    ),
    (
        Reason.QUOTA,
        "quota insufficientbalance insufficientcredit insufficientfund billing arrear paymentrequired",
    ),
    (Reason.AUTH, "apikey unauthorized authentication permissiondenied accessdenied"),
    (
        Reason.PROVIDER,
        "timeout timedout servererror internalerror upstream unavailable overload channelsfailed",
    ),
    (
        Reason.BAD_INPUT,
        "invalid badrequest unsupported notsupported modelnotfound required mustbe notallowed toolarge toolong",
    ),
)
_BY_HTTP_CODE = {"400": Reason.BAD_INPUT, "401": Reason.AUTH, "402": Reason.QUOTA, "422": Reason.BAD_INPUT}


def failure_of(provider: str, code: str, message: str, *, otherwise: Reason = Reason.UNKNOWN) -> Failure:
    """A failure with the provider's own words, shortened and without keys; a sentence of ours when it gave none."""
    shown = mask_secrets(message.strip()[:MAX_MESSAGE])[:MAX_MESSAGE]
    reason = _reason(code) or _reason(shown) or _BY_HTTP_CODE.get(code) or otherwise
    return Failure(reason, shown or f"{provider} gave no reason.", code or None)


def _reason(words: str) -> Reason | None:
    found = squeezed(words)
    return next((reason for reason, signs in _SIGNS if any(sign in found for sign in signs.split())), None)
