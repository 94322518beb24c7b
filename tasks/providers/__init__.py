"""The providers, chosen from one dict. A fourth is one module, one fixture folder, one test file, one line here."""

from tasks.providers import lemondata, moneyprinter, nebula
from tasks.providers.contract import Provider

PROVIDERS: dict[str, Provider] = {"lemondata": lemondata, "nebula": nebula, "moneyprinter": moneyprinter}
PROVIDER_CHOICES = [(name, provider.NAME) for name, provider in PROVIDERS.items()]
