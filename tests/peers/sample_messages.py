"""Messages of any type, made up from its Arrow columns, and their fields as a user sees them."""

import random
import struct
from enum import Enum
from typing import Any

import pyarrow as pa
from mosaicolabs import Serializable, Unmodeled

STRINGS = ["", "base_link", "naïve – ünïcode ✓", "a" * 300, 'with "quotes" and \\']
IMAGE_FORMATS = {"Image": ["raw", "png"], "CompressedImage": ["jpeg", "png", "tiff", "h264"]}
# Columns that may be null, members that the classes want.
WANTED = {"x", "y", "z", "w"}
# The classes want one of these two to be there.
EITHER = {"linear", "angular"}
LONGEST = 5


def builtin_types() -> dict[str, type[Serializable]]:
    """The message types of the package by tag, in the order of the tags."""
    tags = sorted(set(Serializable._list_registered()) - {"Unmodeled"})
    types = {tag: Serializable._get_class_type(tag) for tag in tags}
    return {tag: cls for tag, cls in types.items() if cls.__module__.startswith("mosaicolabs.")
            and not issubclass(cls, Unmodeled)}


class SampleMessages:
    """Deterministic. `filled`: how likely a nullable member is there, 0 to 1."""

    def __init__(self, seed: int, filled: float = 0.5) -> None:
        self._random = random.Random(seed)
        self._filled = filled

    def make(self, cls: type[Serializable]) -> Serializable:
        tag = cls.ontology_tag()
        data = self._members(cls.__msco_pyarrow_struct__)
        if tag in IMAGE_FORMATS:
            data["format"] = self._random.choice(IMAGE_FORMATS[tag])
        if tag == "Header":
            data["sample_counter"] = 1  # The clients cannot read a message of nothing but nulls.
        if tag == "Range":
            data["min_range"], data["range"], data["max_range"] = sorted(
                data[name] for name in ("min_range", "range", "max_range"))
        return cls(**data)

    def _members(self, fields: Any) -> dict[str, Any]:
        members = {field.name: self._member(field) for field in fields}
        if EITHER <= members.keys() and all(members[name] is None for name in EITHER):
            name = self._random.choice(sorted(EITHER))
            members[name] = self._members(fields.field(name).type)
        return members

    def _member(self, field: pa.Field) -> Any:
        wanted = not field.nullable or field.name in WANTED
        if not wanted and self._random.random() >= self._filled:
            return None
        if field.name == "nanoseconds":
            return self._random.randrange(10**9)
        if field.name == "datatype":
            return self._random.randint(1, 8)
        return self._value(field.type)

    def _value(self, kind: pa.DataType) -> Any:
        if pa.types.is_struct(kind):
            return self._members(kind)
        if pa.types.is_fixed_size_list(kind):
            return [self._value(kind.value_type) for _ in range(kind.list_size)]
        if pa.types.is_list(kind):
            return [self._value(kind.value_type) for _ in range(self._random.randint(0, LONGEST))]
        if pa.types.is_boolean(kind):
            return self._random.random() < 0.5
        if pa.types.is_integer(kind):
            low = 0 if pa.types.is_unsigned_integer(kind) else -(2 ** (kind.bit_width - 1))
            offsets = [0, 2**kind.bit_width - 1, self._random.getrandbits(kind.bit_width)]
            return low + self._random.choice(offsets)
        if pa.types.is_floating(kind):
            return self._float(kind.bit_width)
        if pa.types.is_string(kind):
            return self._random.choice(STRINGS)
        if pa.types.is_binary(kind):
            return self._random.randbytes(self._random.randint(0, 40))
        raise NotImplementedError(kind)

    def _float(self, bits: int) -> float:
        """A number that this many bits hold exactly."""
        code = {16: "e", 32: "f", 64: "d"}[bits]
        return struct.unpack(code, struct.pack(code, self._random.uniform(-1000, 1000)))[0]


def fields_of(data: Serializable) -> Any:
    """Every field of a message as JSON has it, read from the object as its user reads it."""
    if isinstance(data, Unmodeled):
        return plain(data.raw_data)
    return _object_fields(data, data.__msco_pyarrow_struct__)


def _object_fields(value: Any, fields: Any) -> Any:
    members = {field.name: _field(getattr(value, field.name), field.type) for field in fields}
    # Both sides take a struct of nothing but nulls for an absent one.
    return None if all(member is None for member in members.values()) else members


def _field(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_struct(kind):
        return _object_fields(value, kind)
    if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        return [_field(element, kind.value_type) for element in value]
    return plain(value)


def plain(value: Any) -> Any:
    """A value as JSON has it: blobs as hex digits, enumerators as their values."""
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [plain(element) for element in value]
    if isinstance(value, bytes):
        return value.hex()
    return value.value if isinstance(value, Enum) else value
