"""What all documents share: strict parsing through one door, a canonical form, a digest, errors with a field path."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from zkmargin.circuits.canonical import Path, canonical_bytes, digest_of, load, path_text
from zkmargin.circuits.errors import InvalidInput, UnsupportedVersion

TIME_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
DATE_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


class FieldError(ValueError):
    """Raised by a check that looks at several fields, to say which of them is wrong."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path


def _calendar_time(text: str) -> str:
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        raise ValueError("not a time such as 2026-12-25T08:00:00Z") from None
    if not 2000 <= moment.year < 2200:
        raise ValueError("not a time between 2000 and 2199")
    return text


def _calendar_date(text: str) -> str:
    try:
        datetime.strptime(text, "%Y-%m-%d")
    except ValueError:
        raise ValueError("not a date such as 2026-12-25") from None
    return text


Timestamp = Annotated[str, StringConstraints(pattern=TIME_PATTERN), AfterValidator(_calendar_time)]
Date = Annotated[str, StringConstraints(pattern=DATE_PATTERN), AfterValidator(_calendar_date)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._:/+-]{0,79}$")]
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,400}$")]


def epoch_seconds(time: str) -> int:
    """Seconds since 1970 of a `Timestamp`; leap seconds do not exist here."""
    return int(datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())


class Part(BaseModel):
    """An object inside a document: nothing is coerced, nothing unknown is let in, nothing changes afterwards."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


class Document(Part):
    """A versioned document; `parse` is the door for bytes and `build` for Python values, both with the same checks."""

    FORMAT: ClassVar[str]

    format: str
    version: Literal[1]

    @classmethod
    def parse(cls, data: bytes | str) -> Self:
        """The document in `data`, or a refusal that names the field."""
        value = load(data)
        if not isinstance(value, dict):
            raise InvalidInput(f"document: a {cls.FORMAT} is a JSON object")
        if value.get("format") != cls.FORMAT:
            raise InvalidInput(f"format: this is not a {cls.FORMAT}")
        if "version" not in value:
            raise InvalidInput("version: is missing")
        if type(value["version"]) is not int:
            raise InvalidInput("version: is not an integer")
        if value["version"] != 1:
            raise UnsupportedVersion("version: this release reads version 1")
        return cls._validated(canonical_bytes(value))

    @classmethod
    def build(cls, **fields: Any) -> Self:
        """A document from Python values: strings, integers, lists, dictionaries and parts of documents."""
        return cls._validated(canonical_bytes({"format": cls.FORMAT, "version": 1, **_plain(fields)}))

    def canonical(self) -> bytes:
        """The RFC 8785 form, which is what gets hashed and signed; fields left at `None` do not appear."""
        return canonical_bytes(_plain(self))

    @cached_property
    def digest(self) -> str:
        return digest_of(self.canonical())

    @classmethod
    def _validated(cls, data: bytes) -> Self:
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise refusal(error) from None


def refusal(error: ValidationError) -> InvalidInput:
    """The first complaint as `path: what is wrong`; inputs are never repeated, since they may be private."""
    first = error.errors(include_url=False, include_input=False)[0]
    path: Path = first["loc"]
    kind = first["type"]
    if kind == "missing":
        return InvalidInput(f"{path_text(path)}: is missing")
    if kind == "extra_forbidden":
        return InvalidInput(f"{path_text(path)}: is not a field of this document")
    if kind == "value_error":
        cause = first["ctx"]["error"]
        inner = cause.path if isinstance(cause, FieldError) else ()
        return InvalidInput(f"{path_text((*path, *inner))}: {cause}")
    return InvalidInput(f"{path_text(path)}: {re.sub('^(Input|String|Value|Tuple) ', '', first['msg'])}")


def _plain(value: Any) -> Any:
    if isinstance(value, Part):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
