"""What a browser says of itself, in plain words."""

from __future__ import annotations

SYSTEMS = (  # what is told apart first stands first
    ("HarmonyOS", "鸿蒙手机"),
    ("OpenHarmony", "鸿蒙设备"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "安卓手机"),
    ("Windows", "Windows 电脑"),
    ("Mac OS X", "苹果电脑"),
    ("Linux", "Linux 电脑"),
)
BROWSERS = (
    ("MicroMessenger", "微信"),
    ("QihooBrowser", "360浏览器"),
    ("360SE", "360浏览器"),
    ("360EE", "360浏览器"),
    ("QQBrowser", "QQ浏览器"),
    ("Edg", "Edge 浏览器"),
    ("OPR/", "Opera 浏览器"),
    ("Firefox/", "火狐浏览器"),
    ("Chrome/", "谷歌浏览器"),
    ("Safari/", "Safari 浏览器"),
)


def describe(user_agent: str) -> str:
    """
    This function will name the device and browser, e.g. "Windows 电脑 · 谷歌浏览器".
    """
    found = [_find(user_agent, SYSTEMS), _find(user_agent, BROWSERS)]
    return " · ".join(filter(None, found)) or "未知设备"


def _find(text: str, words: tuple[tuple[str, str], ...]) -> str:
    return next((word for sign, word in words if sign in text), "")
