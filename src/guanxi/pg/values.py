"""How values travel between Python and PostgreSQL."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import pq
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Dumper, Loader

from guanxi.base import json


class _JsonBytes(Loader):
    """``json`` is passed on as PostgreSQL rendered it."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


class _JsonbValue(Loader):
    def load(self, data: Buffer) -> Any:
        return json.loads(bytes(data))


class _Text(Loader):
    def load(self, data: Buffer) -> str:
        return str(data, "utf-8")


class _JsonbDumper(Dumper):
    oid = psycopg.adapters.types["jsonb"].oid

    def dump(self, obj: Any) -> bytes:
        return json.dumps(obj)


class Integers(bytes):
    """An ``int[]`` argument in PostgreSQL's binary form: a long one is sent and read in a fraction of the time of a list."""

    @classmethod
    def of(cls, values: NDArray[np.int32]) -> Integers:
        """From a vector."""
        elements = np.empty((len(values), 2), ">i4")
        elements[:, 0] = 4  # bytes that follow
        elements[:, 1] = values
        head = (1, 0, _INT4, len(values), 1) if len(values) else (0, 0, _INT4)
        return cls(struct.pack(">iiIii" if len(values) else ">iiI", *head) + elements.tobytes())


class _IntegersDumper(Dumper):
    format = pq.Format.BINARY
    oid = psycopg.adapters.types["int4"].array_oid

    def dump(self, obj: Any) -> bytes:
        return obj


_INT4 = psycopg.adapters.types["int4"].oid

ADAPTERS = AdaptersMap(psycopg.adapters)
ADAPTERS.register_loader("json", _JsonBytes)
ADAPTERS.register_loader("jsonb", _JsonbValue)
ADAPTERS.register_loader("uuid", _Text)
ADAPTERS.register_dumper(dict, _JsonbDumper)
ADAPTERS.register_dumper(Integers, _IntegersDumper)
