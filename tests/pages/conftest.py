import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from tasks.models import Account


@pytest.fixture
def account(db: None) -> Account:
    return Account.objects.create(
        slug="lemon", name="Lemon studio", provider="lemondata", base_url="https://api.example/v1"
    )


@pytest.fixture
def member(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_user("mira", first_name="Mira", last_name="Okafor"))
    return client


@pytest.fixture
def viewer(db: None) -> Client:
    client = Client()
    user = User.objects.create_user("vera")
    user.groups.add(Group.objects.get(name="viewer"))
    client.force_login(user)
    return client
