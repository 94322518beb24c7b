"""Who and what the demo begins with: people, and accounts at the simulated providers."""

from django.contrib.auth.models import User

from dashboard.demo.scenes import DEAD, LEMON, NEBULA, PRINTER, REFUSED, STUDIO
from dashboard.demo.simulators import KEYS, REFUSED_KEY, Simulators
from tasks.accounts import create_account, edit_account
from tasks.models import Account

VISITOR = "demo"
TEAM = {"mira": "Mira Okafor", "jonas": "Jonas Thal", "aiko": "Aiko Kimura", "sam": "Sam Bello"}
STUDIO_REQUESTS_PER_MINUTE = 60

ACCOUNTS = (
    (LEMON, "lemondata", "LemonData"),
    (STUDIO, "lemondata", "LemonData studio"),
    (NEBULA, "nebula", "Nebula"),
    (PRINTER, "moneyprinter", "MoneyPrinter"),
    (REFUSED, "nebula", "Nebula, old key"),
    (DEAD, "moneyprinter", "Attic printer"),
)


def gather_team() -> dict[str, User]:
    """The visitor, who may do everything, and four colleagues; nobody has a password."""
    people = {VISITOR: _person(VISITOR, "Demo visitor", is_staff=True, is_superuser=True)}
    return people | {username: _person(username, name) for username, name in TEAM.items()}


def _person(username: str, name: str, **rights: bool) -> User:
    first, _, last = name.partition(" ")
    facts = {"first_name": first, "last_name": last, "password": "!", **rights}
    user, _ = User.objects.get_or_create(username=username, defaults=facts)
    return user


def connect_accounts(simulators: Simulators) -> dict[str, Account]:
    """Every account by its slug, leading to where its server listens now."""
    return {slug: _account(slug, provider, name, simulators) for slug, provider, name in ACCOUNTS}


def _account(slug: str, provider: str, name: str, simulators: Simulators) -> Account:
    key = REFUSED_KEY if slug == REFUSED else KEYS.get(slug, "")
    base_url = simulators.origin(slug)
    account = Account.objects.filter(slug=slug).first()
    if account is None:
        per_minute = STUDIO_REQUESTS_PER_MINUTE if slug == STUDIO else None
        return create_account(
            provider, slug, name=name, base_url=base_url, api_key=key, requests_per_minute=per_minute
        )
    if account.base_url != base_url:
        edit_account(account, None, base_url=base_url, api_key=key)
    return account
