"""
Names of people (facts §4.4): tidying, what can not be a name, pinyin initials for search, masked forms.
"""

import os
from functools import cache

import polars as pl

LONGEST = 50

_HAN = r"[\p{Han}〇]"
_DOTS = r"\s*[·•・．‧.∙⋅･]\s*"
_DIGITS = r"[\p{Nd}\p{No}]"
_PRIVATE_USE = r"\p{Co}"
_CONTROL = r"\p{Cc}"
_BRACKETS = r"[()\[\]{}<>〈〉《》【】〔〕「」『』]"
# 张三-财务部, 张三/财务部, 张三财务部: a separator inside a Han name, or the usual endings of a department
_DEPARTMENT = (
    r"\p{Han}[\-—–_/\\|,，、;；:：+&]"
    r"|^[^·]{3,}部$|^[^·]{2,}(?:车间|科室|办公室|公司|中心|学院|工会|班组|分厂|项目部)$"
)
_ALLOWED = r"^[\p{L}\p{M}〇· '’\-.]*[\p{L}〇][\p{L}\p{M}〇· '’\-.]*$"

_WIDE = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {"\u3000": " ", "\u00a0": " "}

COMPOUND_SURNAMES = frozenset(
    """
    欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶
    太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良
    漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 微生 梁丘 左丘 东门 西门 第五
    单于 淳于 贺兰 完颜
    """.split()  # noqa: SIM905 - a block of words reads better than eighty literals
)

# Surnames read otherwise than the same character in a word; the first letter is what search needs.
_SURNAME_INITIALS = {
    "单": "s", "曾": "z", "解": "x", "仇": "q", "查": "z", "区": "o", "朴": "p", "任": "r", "盖": "g", "缪": "m",
    "覃": "q", "尉": "w", "翟": "z", "乐": "y", "员": "y", "黑": "h", "秘": "b", "冼": "x", "洗": "x", "折": "s",
    "祭": "z", "隗": "w", "种": "c", "召": "s", "车": "c", "沈": "s", "石": "s", "乜": "n", "郗": "x", "卜": "b",
    "褚": "c", "都": "d", "那": "n", "柏": "b", "薄": "b", "繁": "p", "能": "n", "句": "g", "阙": "q", "牟": "m",
    "谌": "c", "长": "z", "晁": "c", "俞": "y", "贾": "j", "宁": "n", "瞿": "q", "莘": "s", "洪": "h", "尹": "y",
}  # fmt: skip
_COMPOUND_INITIALS = {"万俟": "mq", "尉迟": "yc", "长孙": "zs", "单于": "cy", "澹台": "tt", "乐正": "yz", "子车": "zj"}

# Words that stand where a name should and are nobody's (compared without case).
NO_NAMES = frozenset(
    """
    合计 小计 总计 共计 累计 姓名 名字 无 空 无名 暂无 暂缺 待定 待补 未知 不详 不明 测试 测试人员 测试员工 测试用户
    某 某某 某人 样例 示例 无此人 none null nil test
    """.split()  # noqa: SIM905 - a block of words reads better than thirty literals
)

PROBLEMS: dict[str, tuple[str, str]] = {
    "name_missing": ("没有填写姓名", "请填写证件上的姓名"),
    "name_invalid": ("填的不是姓名", "请填写证件上的姓名；不是人员的行请删去"),
    "name_control": ("姓名中有看不见的控制字符", "请删去该单元格内容后重新录入姓名"),
    "name_private_use": ("姓名中有自造字，无法显示和打印", "请改用规范汉字（生僻字可从输入法的 Unicode 字库输入）"),
    "name_digits": ("姓名中有数字", "请删去数字，同名人员以证件号码区分"),
    "name_brackets": ("姓名中有括号", "请删去括号及其中的内容，同名人员以证件号码区分，不用（大）（小）"),
    "name_department": ("姓名后面带有部门或其他说明", "姓名栏只写姓名，部门请写在部门栏"),
    "name_characters": ("姓名中有不能用于姓名的符号", "请对照证件重新录入姓名，少数民族姓名中间用“·”"),
    "name_too_long": (f"姓名超过 {LONGEST} 个字", "请对照证件核对姓名"),
}


class NameRefused(ValueError):
    """
    The text can not be a name: `code` is a key of `PROBLEMS`, `message` and `remedy` are for people.
    """

    def __init__(self, *, code: str) -> None:
        self.code = code
        self.message, self.remedy = PROBLEMS[code]
        super().__init__(f"{self.message}。{self.remedy}。")


def tidied_names(text: pl.Expr) -> pl.Expr:
    """
    Tidy a column of names; this function will turn full-width letters into half-width, drop invisible marks, drop all
    spaces of Han names and write their middle dot as U+00B7, and leave single spaces in Latin names. Null
    becomes empty.
    """
    plain = text.fill_null("").str.replace_many(_WIDE).str.replace_all(r"\p{Cf}", "")
    han = plain.str.replace_all(_DOTS, "·").str.replace_all(r"\s", "")
    latin = plain.str.replace_all(r"\s+", " ").str.strip_chars()
    return pl.when(plain.str.contains(_HAN)).then(han).otherwise(latin)


def name_problems(name: pl.Expr) -> pl.Expr:
    """
    Judge a column of tidied names (facts §4.4); this function will return a key of `PROBLEMS`, or null for a good name.
    """
    return (
        pl.when(name.str.len_chars() == 0)
        .then(pl.lit("name_missing"))
        .when(name.str.to_lowercase().is_in(NO_NAMES))
        .then(pl.lit("name_invalid"))
        .when(name.str.contains(_CONTROL))
        .then(pl.lit("name_control"))
        .when(name.str.contains(_PRIVATE_USE))
        .then(pl.lit("name_private_use"))
        .when(name.str.contains(_DIGITS))
        .then(pl.lit("name_digits"))
        .when(name.str.contains(_BRACKETS))
        .then(pl.lit("name_brackets"))
        .when(name.str.contains(_DEPARTMENT))
        .then(pl.lit("name_department"))
        .when(~name.str.contains(_ALLOWED))
        .then(pl.lit("name_characters"))
        .when(name.str.len_chars() > LONGEST)
        .then(pl.lit("name_too_long"))
    )


def normalise_name(text: str | None) -> str:
    """
    Tidy one name as `tidied_names` does; this function will return the text to store.
    """
    return pl.select(tidied_names(pl.lit(text, dtype=pl.String))).item()


def check_name(text: str | None) -> str:
    """
    Judge one typed name; this function will return it tidied.

    :raises NameRefused: with the code, the fault and the remedy
    """
    name = normalise_name(text)
    if problem := pl.select(name_problems(pl.lit(name))).item():
        raise NameRefused(code=problem)
    return name


@cache
def _first_letter(character: str) -> str:
    # A large dictionary: loaded when the first name is read, and without its 47,000 phrases, which single characters do not need.
    os.environ |= {"PYPINYIN_NO_PHRASES": "1", "PYPINYIN_NO_DICT_COPY": "1"}
    from pypinyin import Style, lazy_pinyin

    if character.isascii():
        return character.lower() if character.isalpha() else ""
    letter = lazy_pinyin(character, style=Style.FIRST_LETTER, errors="ignore")
    return (
        letter[0][:1].lower() if letter else character.lower() if character.isalpha() and character < "\u2e80" else ""
    )


class _Letters(dict[int, str]):
    """
    A table for `str.translate` that looks each character up once.
    """

    def __missing__(self, code: int) -> str:
        letter = self[code] = _first_letter(chr(code))
        return letter


_LETTERS = _Letters()


def load_letters() -> None:
    """
    This function will load the dictionary and look up the usual characters (CJK Unified Ideographs, the basic block), which takes a
    fifth of a second once.
    """
    "".join(map(chr, range(0x4E00, 0x9FA6))).translate(_LETTERS)


def initials(name: str) -> str:
    """
    Spell a tidied name by the first letters of its pinyin; this function will return lower-case letters (曾小贤 → zxx),
    read surnames as surnames (单 → s, 万俟 → mq), and take the first letter of each Latin word.
    """
    if name.isascii():
        return "".join(word[0] for word in name.lower().replace("-", " ").split() if word[0].isalpha())
    if (compound := name[:2]) in COMPOUND_SURNAMES and len(name) > 2:
        return _COMPOUND_INITIALS.get(compound, compound.translate(_LETTERS)) + name[2:].translate(_LETTERS)
    return _SURNAME_INITIALS.get(name[0], name[0].translate(_LETTERS)) + name[1:].translate(_LETTERS)


def initials_column(names: pl.Series) -> pl.Series:
    """
    Spell a column of tidied names; this function will return what `initials` returns, in about 0.1 s for 100,000.
    """
    return pl.Series(names.name, [initials(name) if name else "" for name in names.to_list()], dtype=pl.String)


def masked_name(name: str | None) -> str:
    """
    Hide a name but for the surname, 张*, 欧阳*; this function will return the empty text for an empty name.
    """
    if not name:
        return ""
    return f"{name[:2] if name[:2] in COMPOUND_SURNAMES and len(name) > 2 else name[0]}*"


def masked_names(name: pl.Expr) -> pl.Expr:
    """
    Hide a column of names as `masked_name` does; this function will return text.
    """
    name = name.fill_null("")
    compound = name.str.slice(0, 2).is_in(list(COMPOUND_SURNAMES)) & (name.str.len_chars() > 2)
    surname = pl.when(compound).then(name.str.slice(0, 2)).otherwise(name.str.slice(0, 1))
    return pl.when(name == "").then(pl.lit("")).otherwise(pl.concat_str(surname, pl.lit("*")))
