"""What an installation sets, from the environment or a ``.env`` file; the environment wins."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*")
_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force. Secrets do not appear in ``repr``."""

    data: Path
    """The data folder: the embedded database, the secret, uploaded files."""
    database_url: str | None = field(default=None, repr=False)
    """A PostgreSQL to use instead of the embedded one."""
    secret: str = field(default="", repr=False)
    """Signs what must not be forged; at least 32 characters. Empty until :meth:`prepared`, unless it is set."""
    earlier_secrets: tuple[str, ...] = field(default=(), repr=False)
    """Secrets that were in force before: what is sealed under one of them is sealed anew."""
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks of one's own that webhooks and flows may reach besides the public internet."""
    rate: int = 60_000
    """Requests that a user may make in a minute, over all sessions and tokens; 0: as many as they like."""
    base_url: str = ""
    """How people reach this installation (``https://crm.example.com``); empty: as the request says."""
    files: str = ""
    """Where uploaded files are kept: a folder or ``s3://bucket/prefix``."""
    log_level: str = "info"
    mail: str = field(default="", repr=False)
    """The server that sends mail: ``smtp://user:password@host:587`` (STARTTLS is required unless ``?tls=none``) or
    ``smtps://…``. Empty: none is sent."""
    mail_from: str = ""
    """The address that mail comes from."""
    unknown: tuple[str, ...] = ()
    """Names of ``GUANXI_...`` variables that mean nothing, most likely misspelt."""

    @classmethod
    def load(cls, env: Mapping[str, str] | None = None, dotenv: Path | None = None) -> Settings:
        """Reads ``env`` (the process's own) over ``dotenv`` (``.env`` in the current folder).

        Raises ValueError naming the variable that cannot be used.
        """
        given = dict(_read(dotenv or Path(".env"))) | dict(os.environ if env is None else env)

        def take(name: str) -> str:
            return given.get(name, "").strip()

        data = Path(take("GUANXI_DATA") or default_data(given)).expanduser().absolute()
        url = take("DATABASE_URL") or None
        if url and not url.startswith(("postgresql://", "postgres://")):
            raise ValueError("DATABASE_URL must start with postgresql://")
        secret = take("GUANXI_SECRET")
        if secret and len(secret) < 32:
            raise ValueError("GUANXI_SECRET must have at least 32 characters")
        earlier = tuple(one.strip() for one in take("GUANXI_SECRET_BEFORE").split(",") if one.strip())
        if any(len(one) < 32 for one in earlier):
            raise ValueError("GUANXI_SECRET_BEFORE: each must have at least 32 characters, as GUANXI_SECRET had")
        try:
            networks = tuple(ip_network(one.strip()) for one in take("GUANXI_NETWORKS").split(",") if one.strip())
        except ValueError:
            raise ValueError("GUANXI_NETWORKS must be networks between commas, such as 10.0.0.0/8") from None
        rate = take("GUANXI_RATE") or "60000"
        if not (rate.isascii() and rate.isdigit() and len(rate) < 10):
            raise ValueError("GUANXI_RATE must be a number of requests a minute")
        base_url = take("GUANXI_BASE_URL").rstrip("/")
        if base_url and not base_url.startswith(("http://", "https://")):
            raise ValueError("GUANXI_BASE_URL must start with http:// or https://")
        level = (take("GUANXI_LOG") or "info").lower()
        if level not in _LEVELS:
            raise ValueError(f"GUANXI_LOG must be one of {', '.join(_LEVELS)}")
        mail, sender = take("GUANXI_MAIL"), take("GUANXI_MAIL_FROM")
        if mail and not mail.startswith(("smtp://", "smtps://")):
            raise ValueError("GUANXI_MAIL must start with smtp:// or smtps://")
        if mail and "@" not in sender:
            raise ValueError("GUANXI_MAIL_FROM must be the address that mail comes from")
        known = {
            "GUANXI_DATA", "GUANXI_SECRET", "GUANXI_SECRET_BEFORE", "GUANXI_NETWORKS", "GUANXI_RATE",
            "GUANXI_BASE_URL", "GUANXI_FILES", "GUANXI_LOG", "GUANXI_MAIL", "GUANXI_MAIL_FROM",
        }  # fmt: skip
        return cls(
            data=data,
            database_url=url,
            secret=secret or _kept(data),
            earlier_secrets=earlier,
            networks=networks,
            rate=int(rate),
            base_url=base_url,
            files=take("GUANXI_FILES") or str(data / "files"),
            log_level=level,
            mail=mail,
            mail_from=sender,
            unknown=tuple(sorted(n for n in given if n.startswith("GUANXI_") and n not in known)),
        )

    def prepared(self) -> Settings:
        """These settings with the data folder (0700) and, unless it is set, a secret (0600) in existence."""
        if not self.data.exists():
            self.data.mkdir(parents=True, exist_ok=True)
            self.data.chmod(0o700)
        if self.secret:
            return self
        handle, fresh = tempfile.mkstemp(prefix=".secret.", dir=self.data)  # readable by us only
        os.write(handle, f"{secrets.token_urlsafe(48)}\n".encode())
        os.fsync(handle)
        os.close(handle)
        # Of two processes that start at once the first one's secret holds: link() does not overwrite.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, self.data / "secret")
        os.unlink(fresh)
        return replace(self, secret=_kept(self.data))


def default_data(env: Mapping[str, str]) -> Path:
    """The data folder when none is set: of the user's own; for root, where a system service keeps its data."""
    if home := env.get("XDG_DATA_HOME"):
        return Path(home) / "guanxi"
    return Path("/var/lib/guanxi") if os.geteuid() == 0 else Path.home() / ".local/share/guanxi"


def _kept(data: Path) -> str:
    try:
        return (data / "secret").read_text().strip()
    except OSError:
        return ""


def _read(path: Path) -> Mapping[str, str]:
    """The variables of a ``.env`` file: ``NAME=value`` lines, quotes taken off, ``#`` starts a comment."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    found: dict[str, str] = {}
    for line in lines:
        if match := _LINE.fullmatch(line):
            name, value = match.groups()
            if value[:1] in ("'", '"') and value[:1] == value[-1:] and len(value) > 1:
                value = value[1:-1]
            else:
                value = re.split(r"\s#", value, maxsplit=1)[0].strip()
            found[name] = value
    return found
