# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The size of what Ansible sends to a host for a module. As a script, of each module named, as JSON.

Needs nothing but ansible-core.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys


def size(name: str) -> int:
    # Not at the top: what a bench itself has in memory would count as its processes' peak.
    from ansible.executor.module_common import modify_module
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.loader import module_loader
    from ansible.template import Templar

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


def sizes(python: str | pathlib.Path, collections: str | pathlib.Path, modules: list[str]) -> dict[str, int]:
    """In bytes, by the ansible-core of another Python that finds the modules in ``collections``."""
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections)}
    done = subprocess.run(
        [str(python), __file__, *modules], env=environment, capture_output=True, text=True, check=True
    )
    return {str(name): int(size) for name, size in json.loads(done.stdout).items()}


if __name__ == "__main__":
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader()
    sys.stdout.write(json.dumps({name: size(name) for name in sys.argv[1:]}))
