"""Accounts on networks, from the command line."""

from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from app.accounts.models import User
from app.social.connecting import CannotConnect, connect, is_unknown
from app.social.encryption import DecryptionFailed
from app.social.models import Account
from app.social.networks import NETWORKS
from app.social.sharing import remove, resume
from owed import clock


class Command(BaseCommand):
    help = "Connect, list, switch off or on, or remove accounts through which posts are shared; reseal secrets after a new key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, title="verbs")
        add = verbs.add_parser("add", help="connect an account; a webhook's secret is printed once")
        add.add_argument("network", choices=sorted(NETWORKS))
        add.add_argument("name")
        add.add_argument("endpoint", nargs="?", default="", help="the URL that a webhook calls, or the account's server")
        add.add_argument(
            "--handle", default="", help="who signs in, on Bluesky; the password or token is asked for, not given here"
        )
        add.add_argument("--owner", metavar="USERNAME", help="share only this author's posts; an editor shares every post")
        verbs.add_parser("list", help="list the accounts")
        for verb in ("disable", "enable", "remove"):
            verbs.add_parser(verb, help=f"{verb} an account").add_argument("id", type=int)
        verbs.add_parser("reseal", help="encrypt every secret with the current SECRET_KEY")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['verb']}")(options)

    def _add(self, options: dict[str, Any]) -> None:
        given = {name: options[name] for name in ("network", "name", "endpoint", "handle")}
        field = NETWORKS[options["network"]].form.base_fields.get("secret")
        asked = field is not None and field.required
        given["secret"] = getpass(f"{field.label}: ") if field and asked else ""
        try:
            account, secret = connect(**given, owner=_owner(options["owner"]))
        except CannotConnect as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Account {account.pk} is connected.")
        if account.endpoint and is_unknown(account.endpoint):
            self.stderr.write(f"{account.host} cannot be found at the moment. Calls are tried for two days.")
        if secret and not asked:
            self.stdout.write(f"Secret, shown this once: {secret}")

    def _list(self, options: dict[str, Any]) -> None:
        for account in Account.objects.connected().order_by("pk"):
            state = "active" if account.active else f"off ({account.error or 'by hand'})"
            state += "" if account.is_readable else ", its secret cannot be read with SECRET_KEY or SECRET_KEY_FALLBACKS"
            self.stdout.write(f"{account.pk}  {account.network}  {account.name}  {account.endpoint or '-'}  {state}")

    def _disable(self, options: dict[str, Any]) -> None:
        changed = _account(options["id"]).disable()
        self.stdout.write("Switched off." if changed else "It was off already.")

    def _enable(self, options: dict[str, Any]) -> None:
        account = _account(options["id"])
        was_on = account.active
        resume(account, now=clock.now())
        self.stdout.write("It was on already." if was_on else "Switched on.")

    def _remove(self, options: dict[str, Any]) -> None:
        remove(_account(options["id"]), now=clock.now())
        self.stdout.write("Removed; its secret is forgotten, what was shared through it stays accounted for.")

    def _reseal(self, options: dict[str, Any]) -> None:
        accounts = list(Account.objects.exclude(secret_encrypted="").order_by("pk"))
        unreadable = [account for account in accounts if not self._is_resealed(account)]
        self.stdout.write(f"{len(accounts) - len(unreadable)} secrets are under the current key.")
        if unreadable:
            raise CommandError(
                f"{len(unreadable)} cannot be read: add the key that encrypted them to SECRET_KEY_FALLBACKS and run it again, "
                "or connect those accounts again."
            )

    def _is_resealed(self, account: Account) -> bool:
        try:
            account.reencrypt()
        except DecryptionFailed:
            self.stderr.write(f"Cannot be read: {account.pk}  {account.network}  {account.name}  {account.endpoint or '-'}")
            return False
        return True


def _owner(username: str | None) -> User | None:
    if username is None:
        return None
    try:
        return User.objects.get(username=username)
    except User.DoesNotExist:
        raise CommandError(f"No user is called {username}.") from None


def _account(pk: int) -> Account:
    try:
        return Account.objects.connected().get(pk=pk)
    except Account.DoesNotExist:
        raise CommandError(f"No account has the number {pk}.") from None
