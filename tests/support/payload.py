# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A script: the size of what Ansible sends to a host for each module named, as JSON. Needs nothing but ansible-core."""

from __future__ import annotations

import json
import sys

from ansible.executor.module_common import modify_module
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader, module_loader
from ansible.template import Templar


def size(name: str) -> int:
    found = module_loader.find_plugin_with_context(name)
    built = modify_module(
        module_name=name,
        module_path=found.plugin_resolved_path,
        module_args={},
        templar=Templar(loader=DataLoader()),
        task_vars={"ansible_python_interpreter": sys.executable},
        module_compression="ZIP_DEFLATED",
    )
    return len(built.b_module_data)


if __name__ == "__main__":
    init_plugin_loader()
    sys.stdout.write(json.dumps({name: size(name) for name in sys.argv[1:]}))
