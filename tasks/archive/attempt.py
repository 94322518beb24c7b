"""One attempt to keep one result: fetch, look at, put into the media storage, say so."""

import asyncio
import logging
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID

from django.utils import timezone

from tasks.archive.copies import Copy, check_content, examine, path_in_folder, put_result
from tasks.archive.download import download
from tasks.archive.failures import FetchFailed, LocalTrouble
from tasks.archive.links import Source
from tasks.archive.means import Means
from tasks.archive.renewing import renew
from tasks.archive.room import NoRoom, disk_full
from tasks.archive.settling import Hold, settle_renewed, settle_stored, settle_verdict
from tasks.archive.sources import KEY_UNREADABLE, source_of
from tasks.archive.tolls import BudgetToll
from tasks.archive.verdicts import Record, Verdict, judge
from tasks.asking import Connection
from tasks.budget import budgets
from tasks.keeping import delete_files
from tasks.models import Account, Result
from tasks.providers.contract import ErrorKind, ProviderError
from tasks.secrets import KeyUnreadable
from tasks.vocabulary import Archive, Health, Kind

logger = logging.getLogger(__name__)

STOPPED = "This account's key is refused. Check the account."


class NotNow(Exception):
    """The account's server is not to be asked at present. Carries what to do instead."""

    def __init__(self, problem: str, due_s: float) -> None:
        super().__init__(problem)
        self.verdict = Verdict(Archive.PENDING, problem, due_s, counts=False)


class Attempt:
    """`hold.result` comes with its task and account. Whoever runs this has locked its files."""

    def __init__(self, hold: Hold, means: Means) -> None:
        self._hold = hold
        self._result = hold.result
        self._account: Account = hold.result.task.account
        self._means = means
        self._best_bytes = hold.result.fetched_bytes
        self._clock = asyncio.get_running_loop().time
        budget = budgets.of(self._account.pk, self._account.requests_per_minute, self._account.concurrency)
        self.is_stored = False
        self._toll = BudgetToll(budget, means.aside, means.timing.budget_look_s, self._check_account)

    async def run(self) -> bool:
        """Make it. True: it is stored, and still ours to be looked into. The row tells how it ended."""
        try:
            kept = await self._keep()
        except NotNow as reason:
            kept = reason.verdict
        except LocalTrouble as trouble:
            if isinstance(trouble, NoRoom):
                await self._discard()
            kept = Verdict(Archive.PENDING, str(trouble), self._means.timing.trouble_s, counts=False)
        if isinstance(kept, Copy):
            return await self._settle_stored(kept)
        await self.settle(kept)
        return False

    async def settle(self, verdict: Verdict) -> None:
        """There is no copy: say so."""
        logger.debug("no copy: %s", verdict.problem, extra={"outcome": verdict.archive})
        if verdict.archive is not Archive.PENDING:
            await self._discard()
        run = self._means.database.run
        await run(settle_verdict, self._hold, verdict, self._best_bytes, timezone.now())

    def judge(self, failed: FetchFailed) -> Verdict:
        record = Record(self._result.attempts, self._best_bytes, self._result.expires_at)
        verdict = judge(failed, record, timezone.now(), self._means.timing)
        self._best_bytes = max(self._best_bytes, failed.fetched_bytes)
        return verdict

    async def _keep(self) -> Copy | Verdict:
        try:
            return await self._go_on()
        except FetchFailed as failed:
            verdict = self.judge(failed)
        if verdict.archive not in {Archive.EXPIRED, Archive.FAILED}:
            return verdict
        try:
            if not await self._renew():
                return verdict
            return await self._fetch()
        except FetchFailed as failed:
            return self.judge(failed)
        except ProviderError as error:
            return self._ask_later(verdict, error)

    async def _go_on(self) -> Copy:
        """From what an attempt that was killed left."""
        whole = self._means.incoming.whole(self._result.pk)
        if await self._means.on_disk(whole.exists):
            return await self._store("")
        return await self._fetch()

    async def _fetch(self) -> Copy:
        source = await self._means.database.run(source_of, self._result, self._account)
        if source.is_own:
            self._check_account()
        try:
            await download(source, self._result.pk, self._means, self._toll)
        except FetchFailed as failed:
            if source.is_own and failed.retry_after_s:
                self._means.slowed[self._account.pk] = self._clock() + failed.retry_after_s
            raise
        return await self._store(_server(source))

    async def _store(self, server: str) -> Copy:
        """What is not what was expected is removed, so that the next attempt begins anew."""
        result_id, on_disk = self._result.pk, self._means.on_disk
        whole = self._means.incoming.whole(result_id)
        try:
            copy = await on_disk(partial(examine, whole))
        except OSError as error:
            raise disk_full(error) from error
        try:
            check_content(copy, Kind(self._result.kind), server)
        except FetchFailed:
            await self._discard()
            raise
        await self._means.on_storage(partial(put_result, whole, result_id, copy.sniffed.content_type))
        return copy

    def _check_account(self) -> None:
        """NotNow while it is stopped, or asked to slow down."""
        account, now = self._account, timezone.now()
        left_s = (account.resumes_at - now).total_seconds() if account.resumes_at else 0.0
        if account.health == Health.UNAUTHORIZED:
            raise NotNow(account.health_message or STOPPED, max(left_s, self._means.timing.trouble_s))
        limited_s = left_s if account.health == Health.LIMITED else 0.0
        wait_s = max(limited_s, self._means.slowed.get(account.pk, 0.0) - self._clock())
        if wait_s > 0:
            raise NotNow(self._result.problem, wait_s)

    async def _renew(self) -> bool:
        """Ask the provider for a fresh link; False when it has none. ProviderError when it does not tell."""
        self._check_account()
        try:
            connection = await self._means.database.run(Connection.of, self._account)
        except KeyUnreadable:
            raise ProviderError(ErrorKind.UNAUTHORIZED, KEY_UNREADABLE) from None
        now = timezone.now()
        fresh = await renew(self._result, connection, self._means.asker, self._toll, now)
        if fresh is None:
            return False
        settled = await self._means.database.run(settle_renewed, self._hold, fresh, now)
        self._result.remote_url, self._result.inline = fresh.url, fresh.inline
        self._result.expires_at = fresh.expires_at
        return settled

    def _ask_later(self, verdict: Verdict, error: ProviderError) -> Verdict:
        gaps = self._means.timing.retry_s
        if self._result.attempts >= len(gaps):
            return verdict
        due_s = max(gaps[self._result.attempts], error.retry_after_s or 0.0)
        said = f"{verdict.problem} No fresh link was to be had: {error}"
        return Verdict(Archive.PENDING, said, due_s)

    async def _settle_stored(self, copy: Copy) -> bool:
        """A file that no row tells of any more is removed. A bucket's stays at hand until it was looked into."""
        result_id, now = self._result.pk, timezone.now()
        stored = self.is_stored = await self._means.database.run(settle_stored, self._hold, copy, now)
        logger.debug("copy kept", extra={"outcome": Archive.STORED if stored else "given up"})
        looked_into = stored and copy.wants_look
        if not stored and not await self._means.database.run(_exists, result_id):
            await self._means.on_storage(partial(delete_files, result_id))
        if not (looked_into and path_in_folder(result_id) is None):
            await self._discard()
        return looked_into

    async def _discard(self) -> None:
        await self._means.on_disk(partial(self._means.incoming.discard, self._result.pk))


def _server(source: Source) -> str:
    return (urlsplit(source.url).hostname or "")[:80]


def _exists(result_id: UUID) -> bool:
    return Result.objects.filter(pk=result_id).exists()
