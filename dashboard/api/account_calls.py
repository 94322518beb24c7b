"""The calls about accounts."""

from datetime import timedelta

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from dashboard.api.listing import check_parameters
from dashboard.api.refusals import refusals
from dashboard.api.representation import AccountsJson, account_json
from dashboard.api.task_calls import as_json
from tasks.models import Account, AccountUse
from tasks.models.account import USE_WINDOW_S

router = Router(tags=["Accounts"])


@router.get(
    "/accounts",
    summary="List accounts",
    operation_id="list_accounts",
    response={200: AccountsJson, **refusals(400, 401)},
)
def list_accounts(request: HttpRequest) -> HttpResponse:
    """Every account with its health, by slug. Keys are never shown."""
    check_parameters(request)
    since = timezone.now() - timedelta(seconds=USE_WINDOW_S)
    recent = AccountUse.objects.filter(at__gt=since).values_list("account_id")
    used = dict(recent.annotate(sent=Sum("requests_last_minute")))
    rows = Account.objects.order_by("slug")
    return as_json(AccountsJson(items=[account_json(account, used.get(account.pk, 0)) for account in rows]))
