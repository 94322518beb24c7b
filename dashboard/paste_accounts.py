"""Which account a piece belongs to: its server tells, else the choice in the form, else the first enabled one."""

from collections.abc import Iterable, Mapping

from dashboard.pieces import AccountChoice, Option, Outcome, Piece
from tasks.models import Account
from tasks.providers import PROVIDERS
from tasks.providers.addresses import same_origin
from tasks.recognition import Candidate


class Accounts:
    """All there are. `choices` is the form around the text: `account-<provider>`."""

    def __init__(self, choices: Mapping[str, str]) -> None:
        self._choices = choices
        accounts = sorted(Account.objects.all(), key=lambda one: (not one.enabled, one.slug))
        self.by_provider = {name: [a for a in accounts if a.provider == name] for name in PROVIDERS}
        self.by_slug = {one.slug: one for one in accounts}

    def usable(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        """Those at a provider with an account; where the text named the server of one, only those there."""
        found = [one for one in candidates if self.by_provider[one.provider]]
        return [one for one in found if self._at_origin(one)] or found

    def of(self, candidate: Candidate) -> Account:
        """The one chosen in the form, if the text's server allows it; else the first enabled one."""
        fitting = self._at_origin(candidate) or self.by_provider[candidate.provider]
        wanted = self._choices.get(f"account-{candidate.provider}")
        return next((one for one in fitting if one.slug == wanted), fitting[0])

    def choices_for(self, pieces: Iterable[Piece]) -> tuple[AccountChoice, ...]:
        """For each provider with something new and more than one account."""
        used = {
            piece.account.provider: piece.account for piece in pieces if _is_open(piece) and piece.account
        }
        return tuple(
            AccountChoice(name, PROVIDERS[name].NAME, self._options(name, used[name]))
            for name in PROVIDERS
            if name in used and len(self.by_provider[name]) > 1
        )

    def _at_origin(self, candidate: Candidate) -> list[Account]:
        origin = candidate.adoption.origin
        accounts = self.by_provider[candidate.provider]
        return [one for one in accounts if same_origin(one.base_url, origin)] if origin else []

    def _options(self, provider: str, chosen: Account) -> tuple[Option, ...]:
        wanted = self._choices.get(f"account-{provider}", chosen.slug)
        return tuple(
            Option(one.slug, f"{one}{'' if one.enabled else ' (paused)'}", one.slug == wanted)
            for one in self.by_provider[provider]
        )


def _is_open(piece: Piece) -> bool:
    """Whether the account is still a choice: not for what is in the trash of another, or where a row says it."""
    return piece.task is None and not piece.says_account and piece.outcome in (Outcome.NEW, Outcome.REFUSED)
