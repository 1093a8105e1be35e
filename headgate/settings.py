"""All knobs of a deployment: environment over ``headgate.toml`` over defaults."""

import difflib
import os
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, field_validator

from headgate.api_keys import ApiKey
from headgate.documents.base import Frozen, sha256_of
from headgate.errors import UsageError
from headgate.names import VersionRef

PREFIX = "HEADGATE_"
FILE = "headgate.toml"
Origin = Annotated[str, Field(pattern=r"^(\*|https?://[A-Za-z0-9.:\[\]-]+)$")]


class Settings(Frozen):
    """Everything that differs between two deployments; the defaults need no service.

    A local ``store_url`` and ``models_dirs`` are taken from the working directory.
    """

    store_url: str = Field("./runtime", description="Where everything is kept: folder or s3://.")
    host: str = Field("127.0.0.1", description="Address the API listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port of the API.")
    prefect_api_url: str = Field(
        "http://127.0.0.1:4200/api", description="Prefect's API; also read from PREFECT_API_URL."
    )
    default_model: str | None = Field(None, description="Model of /predict without a name.")
    serve: tuple[str, ...] = Field(
        (), description="Models to serve, iris or iris@v0007; empty: all with a champion."
    )
    api_keys: tuple[ApiKey, ...] = Field(
        (), description="Keys as headgate key new prints them, comma-separated."
    )
    api_keys_file: Path | None = Field(
        None, description="File of keys, one a line; read again when it changes."
    )
    rate_limit: float | None = Field(
        None, gt=0, description="Requests per second and key, in each server process."
    )
    rate_burst: int | None = Field(
        None, gt=0, description="Requests a key may send at once; default: those of one second."
    )
    max_in_flight: int = Field(
        128, gt=0, description="Most predictions under way in one server process; more get 503."
    )
    body_seconds: float = Field(30.0, gt=0, description="Time a request's body has to arrive.")
    drain_seconds: float = Field(
        1.0, ge=0, description="Time between not ready and closed after SIGTERM."
    )
    root_path: str = Field(
        "",
        pattern=r"^(/[A-Za-z0-9._~-]+)*$",
        description="Path under which a proxy shows this service, such as /headgate.",
    )
    forwarded_allow_ips: tuple[str, ...] = Field(
        (), description="Proxies whose X-Forwarded-* headers are believed, comma-separated."
    )
    cors_origins: tuple[Origin, ...] = Field(
        (), description="Origins whose pages may call this service, comma-separated."
    )
    models_dir: tuple[Path, ...] = Field(
        (Path("models"),), description="Folders of model files, separated as in PATH."
    )
    trusted_types: tuple[str, ...] = Field(
        (), description="Types of your own that artifacts may hold, comma-separated."
    )
    max_body_bytes: int = Field(4 * 1024**2, gt=0, description="Largest request body.")
    max_inline_rows: int = Field(10_000, gt=0, description="Most rows in one request.")
    cache_dir: Path = Field(
        Path(".headgate-cache"), description="Folder where servers keep what they verified."
    )
    cache_max_bytes: int = Field(2 * 1024**3, gt=0, description="Most bytes kept there.")
    max_loaded_models: int = Field(
        32, gt=0, description="Most versions a server process keeps in memory."
    )
    max_loaded_bytes: int = Field(
        1024**3, gt=0, description="Most bytes of artifacts behind those versions."
    )
    shadow: tuple[str, ...] = Field(
        (), description="Versions to try on live rows unseen, such as iris@v0007."
    )
    log_format: Literal["json", "text"] = Field(
        "json", description="Form of the service's log lines: json, or text for people."
    )
    log_inputs: bool = Field(
        default=False,
        description="Whether the rows of predictions are logged, a few of each request.",
    )
    log_redact: tuple[str, ...] = Field(
        (), description="Columns whose values are never logged, comma-separated."
    )
    env: str | None = Field(None, description="Section of headgate.toml to use, such as prod.")

    @field_validator(
        "serve",
        "trusted_types",
        "shadow",
        "forwarded_allow_ips",
        "cors_origins",
        "log_redact",
        mode="before",
    )
    @classmethod
    def _split_commas(cls, value: object) -> object:
        return _parts(value) if isinstance(value, str) else value

    @field_validator("shadow")
    @classmethod
    def _name_versions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            try:
                is_version = VersionRef.parse(text).version not in (None, "champion")
            except UsageError as err:
                raise ValueError(str(err)) from err
            if not is_version:
                raise ValueError(f"{text[:80]!r} names no version; write it as iris@v0007")
        return value

    @field_validator("forwarded_allow_ips")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value if value != ("*",) else ():
            try:
                ip_network(text)
            except ValueError as err:
                raise ValueError(
                    f"{text[:80]!r} is no address or network; write 10.0.0.1 or 10.0.0.0/8, or "
                    "* alone to believe everybody"
                ) from err
        return value

    @field_validator("api_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        parts = _parts(value) if isinstance(value, str) else value
        if not isinstance(parts, list | tuple):
            return value
        return tuple(_key_from_text(part) if isinstance(part, str) else part for part in parts)

    @field_validator("api_keys_file", "rate_limit", "rate_burst", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("models_dir", mode="before")
    @classmethod
    def _split_paths(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(Path(part) for part in value.split(os.pathsep) if part)

    @property
    def has_keys(self) -> bool:
        """Whether callers need a key; where they do, no key is ever no reason to let them in."""
        return bool(self.api_keys) or self.api_keys_file is not None

    @property
    def models_dirs(self) -> tuple[Path, ...]:
        return self.models_dir

    @property
    def store_cache(self) -> Path:
        """The part of the cache folder that belongs to this store."""
        return self.cache_dir / sha256_of(self.store_url.encode())[:16]

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> Self:
        """Read settings from ``headgate.toml`` in ``cwd`` and from the environment.

        Raises:
            UsageError: naming every unknown or unusable setting at once, never a secret.
        """
        environ = os.environ if environ is None else environ
        cwd = Path.cwd() if cwd is None else cwd
        own = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in environ.items()
            if name.startswith(PREFIX)
        }
        if "PREFECT_API_URL" in environ:
            own.setdefault("prefect_api_url", environ["PREFECT_API_URL"])
        merged: dict[str, object] = {**_from_file(cwd / FILE, own.get("env")), **own}
        try:
            settings = cls.model_validate(merged)
        except ValidationError as err:
            raise UsageError(_sentence(err)) from None
        file = settings.api_keys_file
        return settings.model_copy(
            update={
                "api_keys_file": cwd / file if file else None,
                "store_url": _absolute(settings.store_url, cwd),
                "cache_dir": cwd / settings.cache_dir.expanduser(),
                "models_dir": tuple(cwd / folder for folder in settings.models_dir),
            }
        )

    def check_listening(self) -> None:
        """Refuse to listen beyond loopback without keys.

        Raises:
            UsageError: if ``host`` is reachable from elsewhere and there are no API keys.
        """
        if self.has_keys or is_loopback(self.host):
            return
        raise UsageError(
            f"Listening on {self.host!r} would let anyone who reaches it use this service, and "
            "HEADGATE_API_KEYS is empty. Set keys or HEADGATE_API_KEYS_FILE, or listen on "
            "127.0.0.1."
        )


def is_loopback(host: str) -> bool:
    """Say whether a host name or address is reachable from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _key_from_text(text: str) -> ApiKey:
    try:
        return ApiKey.parse(text)
    except UsageError as err:
        raise ValueError(str(err)) from None


def _absolute(url: str, cwd: Path) -> str:
    return url if "://" in url else str((cwd / Path(url).expanduser()).resolve())


def _from_file(path: Path, env: str | None) -> dict[str, object]:
    if not path.is_file():
        if env is None:
            return {}
        raise UsageError(f"HEADGATE_ENV is {env!r}, but there is no {path}. Create it or unset it.")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise UsageError(f"{path} cannot be read as TOML: {err}.") from err
    sections = {name: value for name, value in table.items() if isinstance(value, dict)}
    common = {name: value for name, value in table.items() if name not in sections}
    chosen = env if env is not None else common.get("env")
    if chosen is None:
        return common
    if chosen not in sections:
        have = ", ".join(sorted(sections)) or "none"
        raise UsageError(f"{path} has no section [{chosen}] (it has: {have}).")
    return {**common, **sections[str(chosen)], "env": chosen}


def _sentence(err: ValidationError) -> str:
    problems = []
    for e in err.errors(include_input=False, include_url=False):
        name = str(e["loc"][0]) if e["loc"] else "settings"
        shown = f"{PREFIX}{name.upper()}"
        if e["type"] == "extra_forbidden":
            near = difflib.get_close_matches(name, Settings.model_fields, n=1)
            hint = f"; did you mean {PREFIX}{near[0].upper()}?" if near else ""
            problems.append(f"{shown} is not a setting{hint}")
        else:
            where = ".".join(str(part) for part in e["loc"][1:])
            problems.append(f"{shown}{' ' + where if where else ''}: {e['msg']}")
    return "Settings cannot be used: " + "; ".join(problems) + "."
