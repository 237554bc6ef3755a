# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Can run in check mode and predicts the changes without making them.
  diff_mode:
    support: full
    description: Returns details on what has changed, or would change in check mode.
  platform:
    platforms: posix
    support: full
    description: The platforms on which the module can run.
"""

    # For modules that only look.
    READ_ONLY = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Only reads. Check mode makes no difference.
  diff_mode:
    support: N/A
    description: Changes nothing, so that there is no difference to show.
  platform:
    platforms: posix
    support: full
    description: The platforms on which the module can run.
"""
    ACTION_GROUPS = r"""
options: {}
attributes:
  action_group:
    support: full
    membership:
      - stevedore.docker.docker
    description: Use C(group/stevedore.docker.docker) in C(module_defaults) to set defaults for all modules.
"""

    # For modules whose options may hold passwords or the content of files.
    SECRETS = r"""
options: {}
notes:
  - The arguments in the managed node's system log and in the C(invocation) of the result are redacted. They contain neither
    the values of environment variables, nor what is sent to a process, nor passwords and queries in URLs, nor the values of
    keys whose names suggest a password, a secret, or a token. Command lines are logged as they are, except for patterns such
    as C(password=...), since every user of the host can see them in the list of processes.
  - The rest of the result, the output of diff mode, and messages can contain such values. Set C(no_log=true) on the task to
    hide them. The reason of a failure is then only in RV(ignore:failure.msg) of the registered result.
"""
