"""An archive that is written as it grows: each part with its size and its SHA-256; and what is in it said in both languages."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

FORMAT = "everything/1"
MANIFEST, PACK, FILES = "manifest.json", "catalog/pack.json", "files.csv"

NOT_IN = {
    "audit": {
        "en": "The audit, and the chain of digests that binds history to this database; a backup holds them.",
        "zh": "审计记录，以及把历史与本数据库绑定的校验链；备份中包含这些内容。",
    },
    "secrets": {
        "en": "Passwords, tokens, and values of sealed fields, which are masked here.",
        "zh": "密码、令牌，以及加密字段的值（此处为掩码）。",
    },
    "unseen": {
        "en": "What whoever took this out may not see.",
        "zh": "导出人无权查看的内容。",
    },
}
"""What is not in an archive, and why; the manifest says it."""

ONE_WAY = {
    "history": {
        "en": "history/ is for reading: brought into another database it could be taken for what happened there, and no chain of digests would vouch for it.",
        "zh": "history/ 仅供阅读：写入别的数据库后可能被误认为那里发生过的事，且没有校验链为其作证。",
    },
    "bin": {
        "en": "What lies in the recycle bin or in the archive goes back there; from when on counts from the day on which it was brought back.",
        "zh": "回收站与归档中的记录会回到原处；保留期限从恢复之日起重新计算。",
    },
}
"""What does not come back as it went out, and why; the manifest says it."""

README = {
    "README.md": """\
# Everything of {workspace}

Taken out of Guanxi on {at} by {by}. Nothing here needs Guanxi to be read.

| | |
|---|---|
| `records/OBJECT.csv` | the records of an object as a table in UTF-8: every field by its API name, custom fields too; `id`; beside each link its id (`..._id`); who made and changed it, and when (`created_at` in {timezone}) |
| `records/OBJECT.jsonl` | the same records exactly, a JSON object a line, times in UTC; this is what comes back |
| `archive/OBJECT.jsonl`, `bin/OBJECT.jsonl` | in the same way what lies in the archive, and in the recycle bin of those who may open it |
| `history/OBJECT.jsonl` | what was done to all of these, an entry a line, oldest first: `record`, `at`, `actor`, `kind`, `cause`, `changes` as field, before and after; `hidden` counts fields that you may not see |
| `files/OBJECT/ID/FIELD-NAME` | uploaded files and pictures, by the record and the field that hold them |
| `files.csv` | a list of these with size, type and SHA-256; without a SHA-256 the file was not there any more |
| `catalog/pack.json` | the shape of the workspace: own objects, fields, options, layouts, views, rules |
| `manifest.json` | how many records of which object, and each part with its size and SHA-256 |

`records/user`, `team` and `role` are the people and what they may do. Notes, calls, meetings and tasks are records like all others; `about` says of what.

Into an empty workspace it comes back by `guanxi import THIS.zip`: the same records with their ids, links, makers and dates, those of the archive in the archive and those of the bin in the bin. What does not come back: passwords and tokens (people get invitations),
values of sealed fields (they are masked here), when and by whom a record was changed last, that a record was made by the program, history and audit (`manifest.json` says why), and what nobody may see who took this out. Files of a table can also be
imported one by one on the page.
""",
    "README.zh.md": """\
# {workspace} 的全部数据

{by} 于 {at} 从“关系”导出。阅读这些文件不需要本软件。

| | |
|---|---|
| `records/OBJECT.csv` | 一个对象的全部记录，UTF-8 表格：每个字段（含自定义字段）以 API 名称为表头；`id`；每个关联旁边有其编号（`..._id`）；创建人、修改人与时间（`created_at` 为 {timezone}） |
| `records/OBJECT.jsonl` | 同样的记录，逐行 JSON，数值精确，时间为 UTC；恢复时用它 |
| `archive/OBJECT.jsonl`、`bin/OBJECT.jsonl` | 归档中的记录，以及（有权打开回收站时）回收站中的记录，格式相同 |
| `history/OBJECT.jsonl` | 以上记录的全部变更，每行一条，先旧后新：`record`、`at`、`actor`、`kind`、`cause`、`changes`（字段、变更前、变更后）；`hidden` 为你无权查看的字段数 |
| `files/OBJECT/ID/FIELD-NAME` | 上传的文件与图片，按所属记录与字段存放 |
| `files.csv` | 文件清单：大小、类型、SHA-256；没有 SHA-256 表示文件已不存在 |
| `catalog/pack.json` | 工作区的结构：自建对象、字段、选项、布局、视图、规则 |
| `manifest.json` | 各对象的记录数，每个部分的大小与 SHA-256 |

`records/user`、`team`、`role` 是人员、团队与权限。备注、电话、会议、任务也都是记录，`about` 说明属于谁。

用 `guanxi import THIS.zip` 可恢复到空的工作区：记录的编号、关联、创建人与日期不变，归档的仍在归档，回收站的仍在回收站。不能恢复的有：密码与令牌（人员会收到邀请）、加密字段的值（这里是掩码）、最后修改的时间与人、由程序创建的标记、历史与审计（原因见 `manifest.json`），以及导出人无权查看的内容。
各表格也可在页面上逐个导入。
""",
}


@dataclass(slots=True)
class Part:
    """A part that is being written: how much, and its digest."""

    out: IO[bytes]
    size: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)  # noqa: UP037 - the class has no public name

    def write(self, data: bytes) -> None:
        """Append."""
        self.out.write(data)
        self.size += len(data)
        self.digest.update(data)


class Archive:
    """A ZIP being written to ``path``; ``parts`` are those that the manifest lists: path, size and digest."""

    def __init__(self, path: Path) -> None:
        self.zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4)
        self.parts: list[tuple[str, int, str]] = []

    @contextmanager
    def part(self, name: str, *, listed: bool = True, packed: bool = True) -> Iterator[Part]:
        """Write one part; ``packed`` is not for what is compressed already."""
        info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info.external_attr = 0o600 << 16
        with self.zip.open(info, "w", force_zip64=True) as out:
            part = Part(out)
            yield part
        if listed:
            self.parts.append((name, part.size, part.digest.hexdigest()))

    def put(self, name: str, data: bytes, *, listed: bool = True) -> None:
        """A small part at once."""
        with self.part(name, listed=listed) as part:
            part.write(data)

    def close(self) -> None:
        """Write the directory of the archive."""
        self.zip.close()


def file_path(object: str, record: str, field: str, name: str) -> str:
    """Where an uploaded file lies in the archive."""
    clean = "".join("_" if c in '/\\:*?"<>|' or ord(c) < 32 else c for c in name).strip(". ")[:150] or "file"
    return f"files/{object}/{record}/{field}-{clean}"
