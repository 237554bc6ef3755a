# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What is to be done with one container, as ``module_utils/_run/options.py`` declares it."""

    DOCUMENTATION = r"""
options:
  detach:
    description:
      - V(false) waits until the container has ended, without a time limit, and returns RV(stdout), RV(stderr), and RV(rc).
        The task fails if the exit code is not 0. Useful for one-off jobs, often together with O(auto_remove=true).
      - If a container is replaced, the old one is stopped and kept until the new one has ended. It comes back if the exit
        code is not 0.
    type: bool
    default: true
  force_kill:
    description:
      - Kill the container when it has to end, instead of sending its stop signal and waiting for its O(stop_timeout). A
        database, for example, then cannot write its data before it ends.
      - Applies to O(state=stopped), O(state=absent), and replacements, not to O(restart=true).
    type: bool
    default: false
    aliases: [forcekill]
  ignore_changes:
    description:
      - Options whose differences are ignored in an existing container.
    type: list
    elements: str
    default: []
  keep_volumes:
    description:
      - Keep the anonymous volumes of a container that is removed. If the container is replaced, the new one gets them. If a
        running container has O(auto_remove=true), the engine removes its anonymous volumes when it is stopped, as with
        C(docker run --rm).
      - If the new container does not mount a volume of the old one, and the task did not remove that volume, the volume is
        kept. A warning tells how to mount it again. This happens, for example, when a new image declares its volume at
        another path.
      - V(false) removes the anonymous volumes together with the container. A replacement starts with empty ones.
    type: bool
    default: true
  max_bytes:
    description:
      - The maximum number of bytes to return for each output stream with O(detach=false). The last bytes are kept, and a
        warning says that there were more.
    type: int
    default: 16777216
  name:
    description:
      - The name of the container.
    type: str
    required: true
  paused:
    description:
      - Whether the processes of the container are suspended, with O(state=started).
    type: bool
    default: false
  pull:
    description:
      - When to pull the image. The credentials come from the configuration file of the docker CLI.
      - V(missing) pulls an image that the engine does not have, or has only for another O(platform).
      - V(always) asks the registry whether the tag has moved, and pulls the image if it has.
      - V(never) never pulls.
    type: str
    choices: [always, missing, never]
    default: missing
  recreate:
    description:
      - V(auto) replaces the container if a difference requires it.
      - V(always) always replaces the container.
      - V(never) updates in place what is possible, and warns about other differences.
    type: str
    choices: [always, auto, never]
    default: auto
  restart:
    description:
      - Restart a running container, unless this task has just started it.
    type: bool
    default: false
  rollback:
    description:
      - Restore the old container if the new one fails, and remove a new container that does not start.
      - With V(false), a failed new container stays in place for analysis. The old container is kept next to it, stopped and
        without its restart policy. The next run restores the old container before it tries again.
    type: bool
    default: true
  stable_for:
    description:
      - How long a container must run after this task has started it, for example V(3s) or V(1m30s). The task fails if the
        container ends within this time with an exit code other than 0, or if the engine restarts it. A container that ends
        with 0 has done its work.
      - With O(state=healthy), the healthcheck decides instead, with its own C(start_period), C(interval), and C(retries).
      - Failures after this time are not detected. Use a healthcheck or a longer time if a container can fail later.
      - V(0s) does not wait. A container that is already running is not watched.
    type: str
    default: 3s
  state:
    description:
      - V(started) means that the container is running.
      - V(healthy) also waits until its healthcheck reports healthy. A container without a healthcheck must run for
        O(stable_for).
      - V(present) creates a missing container, and neither starts nor stops it.
      - V(stopped) means that the container exists and is not running.
      - V(absent) removes the container. A running container is stopped with its own stop signal first, see O(force_kill).
      - Without O(image), only the state of an existing container is managed, not its options.
    type: str
    choices: [absent, healthy, present, started, stopped]
    default: started
  stdin:
    description:
      - Text for the standard input of the container, which is then closed. Requires O(detach=false).
    type: str
  wait_timeout:
    description:
      - The maximum number of seconds to wait for O(state=healthy).
      - By default, this is the time that the healthcheck needs for a verdict, and at least 300 seconds. The time is computed
        as C(start_period), plus C(interval) and C(timeout) for C(retries) + 1 checks.
      - Also the maximum number of seconds to wait for another task that is changing the same container.
    type: float
    aliases: [healthy_wait_timeout]
"""
