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
    description: Can run in check mode and says what it would change, without changing it.
  diff_mode:
    support: full
    description: Says in detail what has changed or would change.
  platform:
    platforms: posix
    support: full
    description: The kind of managed node this works on.
"""

    # For modules that only look.
    READ_ONLY = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Only looks, so that check mode makes no difference.
  diff_mode:
    support: N/A
    description: Changes nothing, so that there is no difference to show.
  platform:
    platforms: posix
    support: full
    description: The kind of managed node this works on.
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
  - The managed node's system log and the result's C(invocation) get the arguments without the values of environment variables,
    without what is sent to a process, without passwords and queries in URLs, and without the values of keys that are called like
    a password, a secret or a token. A command line is logged as it is, but for C(password=...) and the like, as any user of the
    host can see it in the list of processes.
  - The rest of a result, the difference of diff mode and messages do show values. Set C(no_log=true) on the task where that must
    not be. Then the reason of a failure is only in RV(ignore:failure.msg) of the registered result.
"""
