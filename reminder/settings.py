"""The settings: from the environment, else from `reminder.toml`; read once and passed on. No secret is ever printed.

A few may also be saved on a page; `reminder.installation` lays those under what is set here.
"""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reminder.errors import UsageError
from reminder.settings_checks import CHECKS, problem, read_limits

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

PREFIX = "REMINDER_"
FILE = "reminder.toml"

FOREIGN = re.compile(
    r"REMINDER_(\w+_)?"
    r"(SERVICE_(HOST|PORT(_\w+)?)=|PORT(_\d+_(TCP|UDP|SCTP))?=(tcp|udp|sctp)://|PORT_\d+_(TCP|UDP|SCTP)_(ADDR|PORT|PROTO)=)"
)
"""What Kubernetes puts into the environment, as `name=value`, for a service called `reminder` or, say, `reminder-db`."""


class Origin(StrEnum):
    """Where a setting comes from; each wins over those after it."""

    ENVIRONMENT = "environment"
    FILE = "file"
    DEMO = "demo"
    PAGE = "page"
    UNREADABLE = "unreadable"  # saved on a page under a secret key that is no longer known: the default holds
    DEFAULT = "default"


LOCKING = frozenset({Origin.ENVIRONMENT, Origin.FILE, Origin.DEMO})
"""What comes from there cannot be changed on a page."""


def _setting(help_text: str, *, default: str = "", secret: bool = False, on_page: bool = False) -> Any:  # noqa: ANN401 - as dataclasses.field
    metadata = {"help": help_text, "secret": secret, "on_page": on_page}
    return field(default=default, repr=not secret, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting as text, in the order of the reference; the properties below give the ones that need reading."""

    database_url: str = _setting(
        "Where everything is kept: `sqlite:////path/to/file.db` or `postgresql://user:password@host/name`. "
        "Default: an SQLite file in the user's data folder.",
        secret=True,
    )
    mail_url: str = _setting(
        "The mail server: `smtp://user:password@host:587` (STARTTLS required), `smtps://` (TLS from the start), "
        "`smtp+plain://host:port` (no TLS), `smtp+oauth://mailbox@host?tenant=...` (Microsoft 365, see the how-to), or `folder:/path`, which writes each mail as a file. "
        "Default: the folder `mail` in the user's data folder.",
        secret=True,
        on_page=True,
    )
    mail_from: str = _setting("The address mails come from.", default="reminder@localhost", on_page=True)
    public_url: str = _setting(
        "The address under which people reach these pages; the links in mails begin with it.",
        default="http://127.0.0.1:8060",
        on_page=True,
    )
    secret_key: str = _setting(
        "Signs the links in mails. Several, separated by commas: the first signs, all are accepted (rotation). "
        "Default: made once and kept in the data folder; several machines or users need the same one.",
        secret=True,
    )
    templates: str = _setting("A folder whose mail templates override ours. Default: none.")
    mail_limit: str = _setting(
        "What the mail server allows: `microsoft365`, `google`, `ses`, or `connections=8 minute=30 day=10000`. "
        "Default: one connection, no limit.",
        on_page=True,
    )
    alert_email: str = _setting(
        "An address that is told when the product itself is in trouble. Default: none.", on_page=True
    )
    alert_url: str = _setting(
        "A webhook that is told the same, as JSON; https, or this machine. Default: none.", secret=True
    )
    ping_url: str = _setting(
        "A dead-man's switch: fetched each minute while nothing is wrong; https, or this machine. Default: none.",
        secret=True,
    )
    backup_dir: str = _setting("Where nightly backups go. Default: the folder `backups` in the data folder.")
    trusted_proxies: str = _setting(
        "Addresses of reverse proxies whose X-Forwarded headers are believed, separated by commas. Default: none.",
    )
    origins: Mapping[str, Origin] = field(default_factory=dict)

    def origin(self, name: str) -> Origin:
        """Return where a setting comes from."""
        return self.origins.get(name, Origin.DEFAULT)

    def is_locked(self, name: str) -> bool:
        """Tell whether a setting was given by whoever runs the server, so that no page may change it."""
        return self.origin(name) in LOCKING

    @property
    def secret_keys(self) -> list[str]:
        """Return the keys, the one that signs first."""
        return [key.strip() for key in self.secret_key.split(",") if key.strip()]

    @property
    def limits(self) -> dict[str, int | None]:
        """Return the mail server's limits: connections, minute, day."""
        return read_limits(self.mail_limit)


ENTRIES = tuple(entry for entry in fields(Settings) if "help" in entry.metadata)
"""Every setting, in the order of the reference."""

ON_PAGE = tuple(entry.name for entry in ENTRIES if entry.metadata["on_page"])
"""The settings that may be saved on a page."""


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return PREFIX + name.upper()


def data_dir() -> Path:
    """Return the user's data folder; it is made, for its owner only, when something is first kept there."""
    from platformdirs import user_data_path

    return user_data_path("reminder", appauthor=False)


def load(environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Read the settings from the environment and `reminder.toml` in `folder` (default: the working folder).

    Raise UsageError naming every problem at once.
    """
    environment = os.environ if environment is None else environment
    problems: list[str] = []
    from_file = _from_file((folder or Path.cwd()) / FILE, problems)
    from_environment = _from_environment(environment, problems)
    origins = dict.fromkeys(from_file, Origin.FILE) | dict.fromkeys(from_environment, Origin.ENVIRONMENT)
    settings = _completed({**from_file, **from_environment}, origins)
    problems += [f"{variable(name)}: {words}" for name in CHECKS if (words := problem(name, getattr(settings, name)))]
    if problems:
        raise UsageError("\n".join(problems))
    return settings


def _from_file(path: Path, problems: list[str]) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        found = tomllib.loads(_text(path, FILE, problems) or "")
    except tomllib.TOMLDecodeError as error:
        problems.append(f'{FILE}: cannot be read ({error}); each line is like: public_url = "https://..."')
        return {}
    known = {entry.name for entry in ENTRIES}
    problems += [f"{FILE}: {name!r} is not a setting; {_meant(name, known)}" for name in found if name not in known]
    return {name: str(value) for name, value in found.items() if name in known}


def _from_environment(environment: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    known = {variable(entry.name) + end for entry in ENTRIES for end in ("", "_FILE")}
    unknown = [
        name
        for name, value in environment.items()
        if name.startswith(PREFIX) and name not in known and not FOREIGN.match(f"{name}={value}")
    ]
    problems += [f"{name}: is not a setting; {_meant(name, known)}" for name in sorted(unknown)]
    for entry in ENTRIES:
        name = variable(entry.name)
        if environment.get(name):
            values[entry.name] = environment[name]
        path = environment.get(f"{name}_FILE")
        if not path:
            continue
        if name in environment:
            problems.append(f"{name}: set twice, as itself and as {name}_FILE; keep one")
        text = _text(Path(path), f"{name}_FILE", problems)
        values[entry.name] = (text or "").strip()
        if text is not None and not values[entry.name]:
            problems.append(f"{name}_FILE: {path} is empty")
    return values


def _text(path: Path, name: str, problems: list[str]) -> str | None:
    """Return what is in a file, less the mark that Windows editors begin it with; None, if it cannot be read."""
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        reason = error.strerror
    except UnicodeDecodeError:
        reason = "it is not UTF-8; save it as such"
    problems.append(f"{name}: {path} cannot be read ({reason})")
    return None


def _meant(name: str, known: Collection[str]) -> str:
    """Return what a name that is no setting may have been meant for."""
    near = get_close_matches(name, known, n=1, cutoff=0.8)  # the prefix alone is alike
    return f"did you mean {near[0]}?" if near else "see docs/reference/settings.md"


def _completed(values: dict[str, str], origins: Mapping[str, Origin]) -> Settings:
    """Fill in what has a place in the data folder."""
    keep = data_dir()
    values.setdefault("database_url", f"sqlite:///{keep / 'reminder.db'}")
    values.setdefault("mail_url", f"folder:{keep / 'mail'}")
    values.setdefault("backup_dir", str(keep / "backups"))
    return Settings(**values, origins=origins)


def prepare(settings: Settings) -> Settings:
    """Make what is made on first use: the data folder, and the secret key in it if none is set."""
    private = data_dir()
    if settings.database_url == f"sqlite:///{private / 'reminder.db'}" or not settings.secret_key:
        try:
            private.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            message = (
                f"the data folder {private} cannot be made ({error.strerror}); make it, or set XDG_DATA_HOME to another"
            )
            raise UsageError(message) from None
    if settings.secret_key:
        return settings
    return replace(settings, secret_key=_kept_key(private / "secret-key"))


def _kept_key(path: Path) -> str:
    """Return the key kept in a file, made on first use, readable by its owner alone."""
    try:
        if not path.exists():
            _keep(secrets.token_urlsafe(32), path)
    except OSError as error:
        message = (
            f"the secret key cannot be kept in {path} ({error.strerror}); let it be written, or set REMINDER_SECRET_KEY"
        )
        raise UsageError(message) from None
    problems: list[str] = []
    key = (_text(path, "secret key", problems) or "").strip()
    if not problems and (words := problem("secret_key", key) if key else "it is empty"):
        problems.append(f"secret key in {path}: {words}")
    if problems:
        message = f"{problems[0]}; put it back from a copy, or remove the file (links sent before then open nothing)"
        raise UsageError(message)
    return key


def _keep(key: str, path: Path) -> None:
    """Write a file that appears whole and on the disk, or not; if another process made it meanwhile, leave that one."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.write(key)
        stream.flush()
        os.fsync(stream.fileno())
    try:
        with suppress(FileExistsError):
            path.hardlink_to(partial)
    finally:
        partial.unlink()
