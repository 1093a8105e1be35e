"""All knobs of a deployment: environment over ``headgate.toml`` over defaults."""

import difflib
import os
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator

from headgate.documents.base import Frozen
from headgate.errors import UsageError

PREFIX = "HEADGATE_"
FILE = "headgate.toml"
Role = Literal["predict", "operate", "approve", "admin"]


class ApiKey(Frozen):
    """A named key and what it may do."""

    name: str = Field(min_length=1)
    roles: tuple[Role, ...] = Field(min_length=1)
    secret: SecretStr = Field(min_length=16)


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
        (), description="name:role+role:secret, comma-separated; roles predict operate admin."
    )
    models_dir: tuple[Path, ...] = Field(
        (Path("models"),), description="Folders of model files, separated as in PATH."
    )
    trusted_types: tuple[str, ...] = Field(
        (), description="Types of your own that artifacts may hold, comma-separated."
    )
    max_body_bytes: int = Field(4 * 1024**2, gt=0, description="Largest request body.")
    max_inline_rows: int = Field(10_000, gt=0, description="Most rows in one request.")
    env: str | None = Field(None, description="Section of headgate.toml to use, such as prod.")

    @field_validator("serve", "trusted_types", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        return _parts(value) if isinstance(value, str) else value

    @field_validator("api_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        return tuple(map(_key_from_text, _parts(value))) if isinstance(value, str) else value

    @field_validator("models_dir", mode="before")
    @classmethod
    def _split_paths(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(Path(part) for part in value.split(os.pathsep) if part)

    @property
    def models_dirs(self) -> tuple[Path, ...]:
        return self.models_dir

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
        return settings.model_copy(
            update={
                "store_url": _absolute(settings.store_url, cwd),
                "models_dir": tuple(cwd / folder for folder in settings.models_dir),
            }
        )

    def check_listening(self) -> None:
        """Refuse to listen beyond loopback without keys.

        Raises:
            UsageError: if ``host`` is reachable from elsewhere and there are no API keys.
        """
        if self.api_keys or is_loopback(self.host):
            return
        raise UsageError(
            f"Listening on {self.host!r} would let anyone who reaches it use this service, and "
            "HEADGATE_API_KEYS is empty. Set keys, or listen on 127.0.0.1."
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


def _key_from_text(text: str) -> dict[str, object]:
    name, _, rest = text.partition(":")
    roles, _, secret = rest.partition(":")
    return {"name": name, "roles": tuple(roles.split("+")), "secret": secret}


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
