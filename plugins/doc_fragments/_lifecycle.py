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
      - V(false) waits for the container's end, however long that takes, and returns RV(stdout), RV(stderr) and RV(rc).
        An exit code other than 0 is a failure. Meant for one-off jobs, often together with O(auto_remove=true).
      - A container that is replaced is kept, stopped, until the new one has ended. It comes back when the exit code is not 0.
    type: bool
    default: true
  force_kill:
    description:
      - Kill the container where it has to end, instead of sending it its stop signal and waiting for its O(stop_timeout).
        A database, for example, cannot write then what it writes at its end.
      - This is about a container that O(state=stopped), O(state=absent) or a replacement ends, not about O(restart=true).
    type: bool
    default: false
    aliases: [forcekill]
  ignore_changes:
    description:
      - The options whose differences are tolerated in a container that is there already.
    type: list
    elements: str
    default: []
  keep_volumes:
    description:
      - Anonymous volumes outlive their container. On a replacement the new one gets those of the old one. Those of a
        container with O(auto_remove=true) that runs are removed by the engine when it is stopped, as by C(docker run --rm).
      - What the new one does not mount although the task did not take it out, such as the volume of an image that declares
        it elsewhere now, is kept, and a warning says how to mount it again.
      - With V(false) they are removed with it, and a replacement starts with empty ones.
    type: bool
    default: true
  max_bytes:
    description:
      - How many bytes of each output stream are returned for O(detach=false), the last ones. A warning says when there were
        more.
    type: int
    default: 16777216
  name:
    description:
      - The container's name.
    type: str
    required: true
  paused:
    description:
      - Whether the processes are frozen, for O(state=started).
    type: bool
    default: false
  pull:
    description:
      - When to pull the image, with the credentials of the Docker configuration file.
      - V(missing) pulls what the engine does not have, or has for another O(platform) only.
      - V(always) also asks the registry whether the tag has moved, and pulls if so.
      - V(never) pulls nothing.
    type: str
    choices: [always, missing, never]
    default: missing
  recreate:
    description:
      - V(auto) replaces the container when a difference asks for it.
      - V(always) replaces it in any case.
      - V(never) changes in place what can be, and warns of what cannot.
    type: str
    choices: [always, auto, never]
    default: auto
  restart:
    description:
      - Restart a container that runs and was not started by this task anyway.
    type: bool
    default: false
  rollback:
    description:
      - Put the old container back when the new one cannot take its place, and remove a new container that does not start.
      - With V(false) a failed container stays in its place to be looked at, with the old one stopped and without its
        restart policy beside it. The next run puts the old one back before it tries again.
    type: bool
    default: true
  stable_for:
    description:
      - How long a container that this task has started must run before it counts as proven, for example V(3s) or V(1m30s).
        One that dies before with an exit code other than 0, or that the engine restarts, is a failure. One that ends with 0
        has done its work.
      - For O(state=healthy) the healthcheck decides instead, with its own C(start_period), C(interval) and C(retries).
      - Nothing is promised for later. What dies after a minute is found by a healthcheck, or by a longer time here.
      - V(0s) takes a container that has started for proven. One that runs already is not waited for.
    type: str
    default: 3s
  state:
    description:
      - V(started) means that it runs.
      - V(healthy) also waits until its healthcheck says so. Without a healthcheck it has to run for O(stable_for).
      - V(present) creates it where it is missing, and neither starts nor stops it.
      - V(stopped) means that it is there and does not run.
      - V(absent) removes it. When it runs, it is stopped first, as it wants to be stopped; see O(force_kill).
      - Without O(image) only the state of a container that is there already is looked after, its options are not.
    type: str
    choices: [absent, healthy, present, started, stopped]
    default: started
  stdin:
    description:
      - What the container's process reads from its standard input, then the end of it. Needs O(detach=false).
    type: str
  wait_timeout:
    description:
      - How many seconds O(state=healthy) waits.
      - By default as long as the healthcheck takes to come to a verdict, that is its C(start_period) and its C(interval) and
        C(timeout) for one more time than its C(retries), and 300 at least.
      - Also how many seconds to wait at most for another run that is changing the same container. When it has not finished by
        then, the task fails and says who it is.
    type: float
    aliases: [healthy_wait_timeout]
"""
