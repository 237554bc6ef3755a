# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # Every row of plugins/module_utils/_container/table.py; tests hold the two against each other.
    DOCUMENTATION = r"""
options:
  annotations:
    description:
      - Annotations to pass to the OCI runtime.
    type: dict
    aliases: [annotation]
  auto_remove:
    description:
      - Let the engine remove the container when it exits. Mutually exclusive with O(restart_policy).
    type: bool
    aliases: [rm]
  blkio_weight:
    description:
      - The block I/O weight relative to other containers, between 10 and 1000. Updated in place.
    type: int
  blkio_weight_device:
    description:
      - The block I/O weight for individual devices.
    type: list
    elements: dict
    suboptions:
      path:
        description:
          - The path of the device on the host.
        type: str
        required: true
      weight:
        description:
          - The weight, between 10 and 1000.
        type: int
        required: true
  cap_drop:
    description:
      - Capabilities to drop, with or without the prefix C(CAP_), or V(ALL).
    type: list
    elements: str
  capabilities:
    description:
      - Capabilities to add to the engine's default set, with or without the prefix C(CAP_), or V(ALL).
    type: list
    elements: str
    aliases: [cap_add]
  cgroup_parent:
    description:
      - The parent cgroup of the container's cgroup.
    type: str
  cgroupns_mode:
    description:
      - The cgroup namespace. If not set, the engine decides, and an existing container keeps its mode.
    type: str
    choices: [host, private]
    aliases: [cgroupns]
  command:
    description:
      - The command to run, as a list, or as a string that is split as by a shell. No shell runs it.
      - If not set or empty, the command of the image runs.
    type: raw
  cpu_period:
    description:
      - The CFS period in microseconds. Mutually exclusive with O(cpus). Updated in place.
    type: int
  cpu_quota:
    description:
      - The CFS quota in microseconds for each O(cpu_period). Mutually exclusive with O(cpus). Updated in place.
    type: int
  cpu_rt_period:
    description:
      - The period of the real-time scheduler in microseconds. Updated in place.
    type: int
  cpu_rt_runtime:
    description:
      - The real-time microseconds for each O(cpu_rt_period). Updated in place.
    type: int
  cpu_shares:
    description:
      - The CPU weight relative to other containers. The engine's default is 1024. Updated in place.
    type: int
  cpus:
    description:
      - The number of CPUs that the container can use, for example V(1.5). Updated in place.
    type: float
  cpuset_cpus:
    description:
      - The CPUs on which the container can run, for example V(0-2) or V(0,1). Updated in place.
    type: str
  cpuset_mems:
    description:
      - The memory nodes that the container can use, for example V(0-3) or V(0,1). Updated in place.
    type: str
  device_cgroup_rules:
    description:
      - Rules for the devices cgroup, for example V(c 42:* rmw).
    type: list
    elements: str
    aliases: [device_cgroup_rule]
  device_read_bps:
    description:
      - The maximum number of bytes per second to read from a device.
    type: list
    elements: dict
    suboptions:
      path:
        description:
          - The path of the device on the host.
        type: str
        required: true
      rate:
        description:
          - The limit, for example V(1m).
        type: str
        required: true
  device_read_iops:
    description:
      - The maximum number of read operations per second on a device.
    type: list
    elements: dict
    suboptions:
      path:
        description:
          - The path of the device on the host.
        type: str
        required: true
      rate:
        description:
          - The limit.
        type: int
        required: true
  device_requests:
    description:
      - Devices to request from device drivers, for example GPUs.
    type: list
    elements: dict
    suboptions:
      capabilities:
        description:
          - Alternative lists of capabilities. A device must have all capabilities of one list, for example V([[gpu]]).
        type: list
        elements: list
      count:
        description:
          - The number of devices. V(-1) requests all of them. Mutually exclusive with O(device_requests[].device_ids).
        type: int
      device_ids:
        description:
          - The ids of the devices.
        type: list
        elements: str
      driver:
        description:
          - The device driver, for example V(nvidia).
        type: str
      options:
        description:
          - Options of the driver.
        type: dict
  device_write_bps:
    description:
      - The maximum number of bytes per second to write to a device.
    type: list
    elements: dict
    suboptions:
      path:
        description:
          - The path of the device on the host.
        type: str
        required: true
      rate:
        description:
          - The limit, for example V(1m).
        type: str
        required: true
  device_write_iops:
    description:
      - The maximum number of write operations per second on a device.
    type: list
    elements: dict
    suboptions:
      path:
        description:
          - The path of the device on the host.
        type: str
        required: true
      rate:
        description:
          - The limit.
        type: int
        required: true
  devices:
    description:
      - Devices of the host to add to the container, as C(host[:container[:permissions]]), for example V(/dev/fuse) or
        V(/dev/sda:/dev/xvda:r).
    type: list
    elements: str
    aliases: [device]
  dns_opts:
    description:
      - Options of the resolver, for example V(ndots:2).
    type: list
    elements: str
    aliases: [dns_option]
  dns_search_domains:
    description:
      - The DNS search domains.
    type: list
    elements: str
    aliases: [dns_search]
  dns_servers:
    description:
      - The addresses of DNS servers, in the order in which they are asked.
    type: list
    elements: str
    aliases: [dns]
  domainname:
    description:
      - The NIS domain name of the container.
    type: str
  entrypoint:
    description:
      - The entrypoint, as a list, or as a string that is split as by a shell.
      - An empty list resets the entrypoint of the image. If O(entrypoint) is set and O(command) is not, the command of the
        image is dropped, as in the docker CLI.
    type: raw
  env:
    description:
      - Environment variables.
      - Quote the values. YAML turns an unquoted C(yes) into true, C(1.50) into 1.5, and C(022) into 18. The module refuses
        values that YAML may have changed.
      - A variable that is removed from the task is also removed from the container.
      - "A variable without a value (C(NAME: null)) removes the variable of the image, as C(docker run --env NAME) does."
    type: dict
    aliases: [environment]
  env_file:
    description:
      - A file on the managed node with one C(KEY=value) per line. Variables in O(env) take precedence.
      - Empty lines and lines that start with C(#) are ignored. A C(KEY) without a value takes it from the environment of the
        module.
    type: path
  etc_hosts:
    description:
      - Entries for C(/etc/hosts), as a mapping from host names to an address or a list of addresses.
    type: dict
    aliases: [add_host, extra_hosts]
  exposed_ports:
    description:
      - Ports on which the container listens, in addition to those of the image and the published ones, for example V(80),
        V(53/udp), or V(8000-8010).
    type: list
    elements: str
    aliases: [expose, exposed]
  groups:
    description:
      - Additional groups of the container's process, by name or id.
    type: list
    elements: str
    aliases: [group_add]
  healthcheck:
    description:
      - How the engine determines whether the container is healthy. Values that are not set come from the image.
    type: dict
    suboptions:
      interval:
        description:
          - The time between two checks, for example V(1m30s).
        type: str
      retries:
        description:
          - The number of consecutive failures after which the container is unhealthy.
        type: int
      start_interval:
        description:
          - The time between two checks during the start period. Needs Docker 25.
        type: str
      start_period:
        description:
          - The time after the start during which failures do not count.
        type: str
      test:
        description:
          - The command of the check. A string runs in a shell. A list starts with V(CMD), V(CMD-SHELL), or V(NONE). V(NONE)
            disables the check of the image.
        type: raw
      timeout:
        description:
          - The time limit of one check.
        type: str
  hostname:
    description:
      - The host name of the container. If not set, the engine uses the first 12 characters of the container's id.
    type: str
  image:
    description:
      - The image by name, tag, digest, or id. Required when a container has to be created.
      - A container is compared with the image by its id, so that the module detects a tag that has moved.
    type: str
  init:
    description:
      - Run an init process that forwards signals and reaps processes.
    type: bool
  interactive:
    description:
      - Keep the standard input open, as C(docker run -i) does.
    type: bool
  ipc_mode:
    description:
      - The IPC namespace, which can be V(none), V(private), V(shareable), V(host), or C(container:NAME). If not set, the
        engine decides.
    type: str
    aliases: [ipc]
  labels:
    description:
      - Labels. A label that is removed from the task is also removed from the container.
      - Quote the values, see O(env).
    type: dict
    aliases: [label]
  links:
    description:
      - Links to other containers on the default bridge, as C(name[:alias]).
    type: list
    elements: str
    aliases: [link]
  log_driver:
    description:
      - The logging driver. If not set, the default of the engine is used.
    type: str
  log_options:
    description:
      - Options of the logging driver, for example C(max-size) and C(max-file).
      - While the container uses the engine's default driver, options that the engine itself adds are ignored. A change of
        C(daemon.json) does not replace containers.
    type: dict
    aliases: [log_opt]
  mac_address:
    description:
      - The MAC address of the interface in the first network. Compared only if it is set.
    type: str
  memory:
    description:
      - The memory limit in bytes or with a unit, for example V(512m) or V(1.5g). Updated in place.
    type: str
  memory_reservation:
    description:
      - The soft memory limit, for example V(256m). Updated in place.
    type: str
  memory_swap:
    description:
      - The limit of memory and swap together, for example V(1g), or V(unlimited) or V(-1). If not set, it is twice O(memory).
        Updated in place.
    type: str
  memory_swappiness:
    description:
      - How readily the kernel swaps out anonymous pages, from 0 to 100.
    type: int
  mounts:
    description:
      - Mounts in the long form of C(docker run --mount).
    type: list
    elements: dict
    aliases: [mount]
    suboptions:
      consistency:
        description:
          - A hint for Docker Desktop.
        type: str
        choices: [default, consistent, cached, delegated]
      create_mountpoint:
        description:
          - Create the source if it does not exist (bind).
        type: bool
      labels:
        description:
          - Labels for a volume that is created.
        type: dict
      no_copy:
        description:
          - Do not copy the contents of the image at the target into a new volume.
        type: bool
      non_recursive:
        description:
          - Do not include mounts below the source (bind).
        type: bool
      propagation:
        description:
          - The mount propagation (bind).
        type: str
        choices: [private, rprivate, shared, rshared, slave, rslave]
      read_only:
        description:
          - Mount it read-only.
        type: bool
      read_only_force_recursive:
        description:
          - Fail if mounts below the source cannot be made read-only (bind).
        type: bool
      read_only_non_recursive:
        description:
          - Keep mounts below the source writable (bind).
        type: bool
      source:
        description:
          - The absolute path on the host (bind), the name of the volume (volume), or the image (image). A volume without a
            name is anonymous.
        type: str
      subpath:
        description:
          - A path inside of the volume or image. Requires Docker 26.
        type: str
      target:
        description:
          - The path in the container.
        type: str
        required: true
      tmpfs_mode:
        description:
          - The mode of a tmpfs as an octal number in quotes, for example V('1777'). A number that YAML may have changed is
            refused.
        type: raw
      tmpfs_options:
        description:
          - Further options of a tmpfs, for example V(noexec). The engine decides which ones it accepts.
        type: list
        elements: str
      tmpfs_size:
        description:
          - The size of a tmpfs, for example V(64m).
        type: str
      type:
        description:
          - The type of the mount.
        type: str
        default: volume
        choices: [bind, cluster, image, npipe, tmpfs, volume]
      volume_driver:
        description:
          - The driver of a volume that is created.
        type: str
      volume_options:
        description:
          - Options of the volume driver.
        type: dict
  network_mode:
    description:
      - The network mode, which can be V(bridge), V(host), V(none), C(container:NAME), or the name of a network. If not set,
        the first of O(networks) is used, or V(bridge).
    type: str
    aliases: [net, network]
  networks:
    description:
      - The networks of the container. The first one becomes O(network_mode) if that is not set.
      - Networks are connected and disconnected in place. A network that is not listed is disconnected.
      - If a network of a stopped container was removed and created again, the container is connected to the new one before it
        starts.
    type: list
    elements: dict
    suboptions:
      aliases:
        description:
          - Additional names of the container in this network.
        type: list
        elements: str
      driver_opts:
        description:
          - Options of the network driver.
        type: dict
      gw_priority:
        description:
          - The network with the highest priority provides the default gateway. Requires Docker 28.
        type: int
      ipv4_address:
        description:
          - A static IPv4 address.
        type: str
      ipv6_address:
        description:
          - A static IPv6 address.
        type: str
      link_local_ips:
        description:
          - Link-local addresses.
        type: list
        elements: str
      links:
        description:
          - Links to other containers in the network, as C(name:alias).
        type: list
        elements: str
      mac_address:
        description:
          - The MAC address in this network. Compared only if it is set. Requires Docker 25. Before that, use O(mac_address).
        type: str
      name:
        description:
          - The name of the network.
        type: str
        required: true
  oom_killer:
    description:
      - Disable the out-of-memory killer for the container, as C(docker run --oom-kill-disable) does.
    type: bool
    aliases: [oom_kill_disable]
  oom_score_adj:
    description:
      - The preference of the out-of-memory killer for the container, from -1000 to 1000.
    type: int
  pid_mode:
    description:
      - The PID namespace, which can be V(host) or C(container:NAME).
    type: str
    aliases: [pid]
  pids_limit:
    description:
      - The maximum number of processes in the container. V(-1) means no limit. Updated in place.
    type: int
  platform:
    description:
      - The platform of the image as C(os[/arch[/variant]]), for example V(linux/arm64). It is used to pull the image and
        compared with the platform of the image.
    type: str
  privileged:
    description:
      - Give the container extended privileges, including access to all devices of the host.
    type: bool
  publish_all_ports:
    description:
      - Publish all exposed ports on host ports that the engine chooses.
    type: bool
    aliases: [publish_all]
  published_ports:
    description:
      - Ports to publish as C([[address:]host:]container[/protocol]), for example V(8080:80), V(127.0.0.1:5353:53/udp),
        V([::1]:8080:80), or V(8000-8010:8000-8010). With V(80) or V(0:80), the engine chooses a free host port. Quote entries
        with a colon.
      - V(all) means O(publish_all_ports).
    type: list
    elements: str
    aliases: [ports, publish]
  read_only:
    description:
      - Mount the root file system of the container read-only.
    type: bool
  restart_policy:
    description:
      - When the engine restarts the container. Updated in place.
    type: str
    choices: [always, 'no', on-failure, unless-stopped]
  restart_retries:
    description:
      - The maximum number of restarts with O(restart_policy=on-failure). Updated in place.
    type: int
  runtime:
    description:
      - The OCI runtime. If not set, the default of the engine is used.
    type: str
  security_opts:
    description:
      - Security options, for example V(no-new-privileges), V(apparmor=unconfined), V(systempaths=unconfined), or
        C(seccomp=/path/to/profile.json) with a file on the managed node.
    type: list
    elements: str
    aliases: [security_opt]
  shm_size:
    description:
      - The size of C(/dev/shm), for example V(64m). If not set, the engine decides.
    type: str
  stop_signal:
    description:
      - The signal that stops the container, for example V(SIGTERM), V(TERM), or V(15).
    type: str
  stop_timeout:
    description:
      - The number of seconds that the engine waits after O(stop_signal) before it kills the container.
      - It also applies when this task stops a container in order to remove or replace it, regardless of how that container
        was started.
    type: int
  storage_opts:
    description:
      - Options of the storage driver, for example C(size).
    type: dict
    aliases: [storage_opt]
  sysctls:
    description:
      - Kernel parameters to set in the namespaces of the container.
    type: dict
    aliases: [sysctl]
  tmpfs:
    description:
      - The tmpfs mounts as C(path[:options]), for example V(/run:size=64m,noexec).
    type: list
    elements: str
  tty:
    description:
      - Allocate a terminal, as C(docker run -t) does.
    type: bool
  ulimits:
    description:
      - Resource limits as C(name:soft[:hard]), for example V(nofile:1024:2048). Compared only if set, since the engine can
        add its own.
    type: list
    elements: str
    aliases: [ulimit]
  user:
    description:
      - The user, and optionally the group, to run as, in the form C(user[:group]) with names or ids.
    type: str
  userns_mode:
    description:
      - The user namespace. V(host) disables the user namespace remapping of the engine.
    type: str
    aliases: [userns]
  uts:
    description:
      - The UTS namespace. V(host) shares the host name of the host.
    type: str
  volume_driver:
    description:
      - The driver of volumes that the container creates.
    type: str
  volumes:
    description:
      - Volumes as C([source:]target[:modes]). The source is a path on the host or the name of a volume. Without a source, the
        volume is anonymous.
      - C(~) is the home directory of the user that runs the module. Other relative paths are refused.
    type: list
    elements: str
    aliases: [volume]
  volumes_from:
    description:
      - Containers whose volumes are mounted, as C(name[:ro]).
    type: list
    elements: str
  working_dir:
    description:
      - The working directory of the command.
    type: str
    aliases: [workdir]
"""
