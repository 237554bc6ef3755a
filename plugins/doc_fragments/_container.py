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
      - Key-value pairs handed to the OCI runtime.
    type: dict
    aliases: [annotation]
  auto_remove:
    description:
      - Let the engine remove the container when it exits. Excludes O(restart_policy).
    type: bool
    aliases: [rm]
  blkio_weight:
    description:
      - Block IO weight relative to other containers, between 10 and 1000. Updated in place.
    type: int
  blkio_weight_device:
    description:
      - Block IO weight for single devices.
    type: list
    elements: dict
    suboptions:
      path:
        description:
          - The device on the host.
        type: str
        required: true
      weight:
        description:
          - The weight, between 10 and 1000.
        type: int
        required: true
  cap_drop:
    description:
      - Capabilities to take away, with or without the prefix C(CAP_), or V(ALL).
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
      - The cgroup below which the container's own is made.
    type: str
  cgroupns_mode:
    description:
      - The cgroup namespace. Without it the engine decides, and what it decided is left as it is.
    type: str
    choices: [host, private]
    aliases: [cgroupns]
  command:
    description:
      - The command to run, as a list, or as text that is split as a shell would split it, without running a shell.
      - Without it, the image's command runs. An empty command means the same.
    type: raw
  cpu_period:
    description:
      - CFS period in microseconds. Excludes O(cpus). Updated in place.
    type: int
  cpu_quota:
    description:
      - CFS quota in microseconds for each O(cpu_period). Excludes O(cpus). Updated in place.
    type: int
  cpu_rt_period:
    description:
      - The period of the real-time scheduler in microseconds. Updated in place.
    type: int
  cpu_rt_runtime:
    description:
      - Real-time microseconds for each O(cpu_rt_period). Updated in place.
    type: int
  cpu_shares:
    description:
      - CPU weight relative to other containers; the engine's default is 1024. Updated in place.
    type: int
  cpus:
    description:
      - How many CPUs the container may use, for example V(1.5). Updated in place.
    type: float
  cpuset_cpus:
    description:
      - The CPUs the container may run on, such as V(0-2) or V(0,1). Updated in place.
    type: str
  cpuset_mems:
    description:
      - The memory nodes the container may use, such as V(0-3) or V(0,1). Updated in place.
    type: str
  device_cgroup_rules:
    description:
      - Rules for the cgroup's devices, such as V(c 42:* rmw).
    type: list
    elements: str
    aliases: [device_cgroup_rule]
  device_read_bps:
    description:
      - How many bytes may be read from a device in a second.
    type: list
    elements: dict
    suboptions:
      path:
        description:
          - The device on the host.
        type: str
        required: true
      rate:
        description:
          - The limit, such as V(1m).
        type: str
        required: true
  device_read_iops:
    description:
      - How many times a device may be read from in a second.
    type: list
    elements: dict
    suboptions:
      path:
        description:
          - The device on the host.
        type: str
        required: true
      rate:
        description:
          - The limit.
        type: int
        required: true
  device_requests:
    description:
      - Devices to ask drivers for, such as GPUs.
    type: list
    elements: dict
    suboptions:
      capabilities:
        description:
          - Groups of capabilities; a device must have all those of one group, such as V([[gpu]]).
        type: list
        elements: list
      count:
        description:
          - How many devices; V(-1) for all. Excludes O(device_requests[].device_ids).
        type: int
      device_ids:
        description:
          - The devices' ids.
        type: list
        elements: str
      driver:
        description:
          - The driver, such as V(nvidia).
        type: str
      options:
        description:
          - Options for the driver.
        type: dict
  device_write_bps:
    description:
      - How many bytes may be written to a device in a second.
    type: list
    elements: dict
    suboptions:
      path:
        description:
          - The device on the host.
        type: str
        required: true
      rate:
        description:
          - The limit, such as V(1m).
        type: str
        required: true
  device_write_iops:
    description:
      - How many times a device may be written to in a second.
    type: list
    elements: dict
    suboptions:
      path:
        description:
          - The device on the host.
        type: str
        required: true
      rate:
        description:
          - The limit.
        type: int
        required: true
  devices:
    description:
      - Host devices to give to the container, as C(host[:container[:permissions]]), such as V(/dev/fuse) or V(/dev/sda:/dev/xvda:r).
    type: list
    elements: str
    aliases: [device]
  dns_opts:
    description:
      - Options for the resolver, such as V(ndots:2).
    type: list
    elements: str
    aliases: [dns_option]
  dns_search_domains:
    description:
      - Domains in which host names are searched.
    type: list
    elements: str
    aliases: [dns_search]
  dns_servers:
    description:
      - Addresses of DNS servers, in the order in which they are asked.
    type: list
    elements: str
    aliases: [dns]
  domainname:
    description:
      - The container's NIS domain name.
    type: str
  entrypoint:
    description:
      - The program in front of O(command), as a list, or as text that is split as a shell would.
      - An empty list resets the image's entrypoint. Where O(entrypoint) is given and O(command) is not, the image's
        command is dropped, as the docker CLI does.
    type: raw
  env:
    description:
      - Environment variables.
      - "Quote the values: YAML makes true of C(yes), 1.5 of C(1.50) and 18 of C(022). What it may have changed so is refused."
      - 'A variable that was taken out of the play is noticed: it does not stay in the container.'
      - 'A variable without a value (C(NAME: null)) takes one of the image out, as C(docker run --env NAME) does.'
    type: dict
    aliases: [environment]
  env_file:
    description:
      - A file on the managed node with a C(KEY=value) on each line. Variables of O(env) win over it.
      - Empty lines and lines that begin with C(#) are passed over. A C(KEY) alone takes its value from the module's
        environment.
    type: path
  etc_hosts:
    description:
      - 'Lines to add to C(/etc/hosts): host names and their address, or a list of addresses.'
    type: dict
    aliases: [add_host, extra_hosts]
  exposed_ports:
    description:
      - 'Ports the container listens on, beyond those of the image and the published ones: V(80), V(53/udp) or V(8000-8010).'
    type: list
    elements: str
    aliases: [expose, exposed]
  groups:
    description:
      - Additional groups, by name or id, for the container's process.
    type: list
    elements: str
    aliases: [group_add]
  healthcheck:
    description:
      - How the engine finds out whether the container is healthy. What is left out is inherited from the image.
    type: dict
    suboptions:
      interval:
        description:
          - The time between two checks, such as V(1m30s).
        type: str
      retries:
        description:
          - How many failures in a row make it unhealthy.
        type: int
      start_interval:
        description:
          - The time between two checks during the start period. Needs Docker 25.
        type: str
      start_period:
        description:
          - How long failures do not count after the start.
        type: str
      test:
        description:
          - 'The command: text runs in a shell, a list begins with V(CMD), V(CMD-SHELL) or V(NONE). V(NONE) switches
            the image''s check off.'
        type: raw
      timeout:
        description:
          - How long one check may take.
        type: str
  hostname:
    description:
      - The container's host name. Without it, the engine uses the beginning of the container's id.
    type: str
  image:
    description:
      - The image by name, tag, digest or id. Needed when a container must be created.
      - Containers are compared with the image by its id, so that a tag that moved is noticed.
    type: str
  init:
    description:
      - Run an init process that forwards signals and reaps processes.
    type: bool
  interactive:
    description:
      - Keep the standard input open, as C(docker run -i).
    type: bool
  ipc_mode:
    description:
      - 'The IPC namespace: V(none), V(private), V(shareable), V(host) or C(container:NAME). Without it the engine
        decides.'
    type: str
    aliases: [ipc]
  labels:
    description:
      - 'Labels. A label that was taken out of the play is noticed: it does not stay on the container.'
      - Quote the values, as those of O(env).
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
      - The logging driver. Without it, the daemon's default.
    type: str
  log_options:
    description:
      - Options of the logging driver, such as C(max-size) and C(max-file).
      - 'While the daemon''s default driver is used, options that the daemon itself adds are left as they are: a change
        of C(daemon.json) does not replace containers.'
    type: dict
    aliases: [log_opt]
  mac_address:
    description:
      - The MAC address of the first network's interface. Compared only when it is given.
    type: str
  memory:
    description:
      - The memory limit in bytes or with a unit, such as V(512m) or V(1.5g). Updated in place.
    type: str
  memory_reservation:
    description:
      - The soft memory limit, such as V(256m). Updated in place.
    type: str
  memory_swap:
    description:
      - Memory and swap together, such as V(1g), or V(unlimited) or V(-1). Without it, twice O(memory). Updated in
        place.
    type: str
  memory_swappiness:
    description:
      - How readily anonymous pages are swapped out, from 0 to 100.
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
          - Create the source when it is missing (bind).
        type: bool
      labels:
        description:
          - Labels for a volume that is created.
        type: dict
      no_copy:
        description:
          - Do not fill a new volume with what the image has at the target.
        type: bool
      non_recursive:
        description:
          - Do not mount what is mounted below the source (bind).
        type: bool
      propagation:
        description:
          - How mounts below propagate (bind).
        type: str
        choices: [private, rprivate, shared, rshared, slave, rslave]
      read_only:
        description:
          - Mount it read-only.
        type: bool
      read_only_force_recursive:
        description:
          - Fail where what is below cannot be made read-only (bind).
        type: bool
      read_only_non_recursive:
        description:
          - Leave what is mounted below writable (bind).
        type: bool
      source:
        description:
          - The absolute path on the host (bind), the volume's name (volume; without it the volume is anonymous) or the
            image (image).
        type: str
      subpath:
        description:
          - A path inside of the volume or image. Needs Docker 26.
        type: str
      target:
        description:
          - Where it is mounted in the container.
        type: str
        required: true
      tmpfs_mode:
        description:
          - The mode of a tmpfs in octal, such as V('1777'). Quote it; a number that YAML may have made of another one is refused.
        type: raw
      tmpfs_options:
        description:
          - More options of a tmpfs, such as V(noexec). The engine says which it takes.
        type: list
        elements: str
      tmpfs_size:
        description:
          - The size of a tmpfs, such as V(64m).
        type: str
      type:
        description:
          - What is mounted.
        type: str
        default: volume
        choices: [bind, cluster, image, npipe, tmpfs, volume]
      volume_driver:
        description:
          - The driver of a volume that is created.
        type: str
      volume_options:
        description:
          - Options for the volume's driver.
        type: dict
  network_mode:
    description:
      - 'The network: V(bridge), V(host), V(none), C(container:NAME) or the name of a network. Without it, the first
        of O(networks), else V(bridge).'
    type: str
    aliases: [net, network]
  networks:
    description:
      - The networks to connect the container to. The first one becomes O(network_mode) when that is not given.
      - Networks are connected and disconnected in place; a network that is not listed is left.
      - A stopped container whose network was removed and made again is connected to the new one before it starts.
    type: list
    elements: dict
    suboptions:
      aliases:
        description:
          - Further names of the container in this network.
        type: list
        elements: str
      driver_opts:
        description:
          - Options for the network's driver.
        type: dict
      gw_priority:
        description:
          - Of several networks, the one with the highest priority provides the default gateway. Needs Docker 28.
        type: int
      ipv4_address:
        description:
          - A fixed IPv4 address.
        type: str
      ipv6_address:
        description:
          - A fixed IPv6 address.
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
          - The MAC address in this network. Compared only when it is given. Needs Docker 25; before, O(mac_address)
            is the way.
        type: str
      name:
        description:
          - The network's name.
        type: str
        required: true
  oom_killer:
    description:
      - Switch the out-of-memory killer off for the container, as C(docker run --oom-kill-disable).
    type: bool
    aliases: [oom_kill_disable]
  oom_score_adj:
    description:
      - The out-of-memory killer's preference for the container, from -1000 to 1000.
    type: int
  pid_mode:
    description:
      - 'The PID namespace: V(host) or C(container:NAME).'
    type: str
    aliases: [pid]
  pids_limit:
    description:
      - How many processes the container may have; V(-1) for no limit. Updated in place.
    type: int
  platform:
    description:
      - The image's platform as C(os[/arch[/variant]]), such as V(linux/arm64). Used when an image is pulled and compared
        with the image's own.
    type: str
  privileged:
    description:
      - Give the container all privileges of the host.
    type: bool
  publish_all_ports:
    description:
      - Publish all exposed ports on host ports that the engine chooses.
    type: bool
    aliases: [publish_all]
  published_ports:
    description:
      - Ports to publish as C([[address:]host:]container[/protocol]), such as V(8080:80), V(127.0.0.1:5353:53/udp),
        V([::1]:8080:80), V(8000-8010:8000-8010), or V(80) for a host port that the engine chooses. Quote entries with
        a colon.
      - V(all) means O(publish_all_ports).
    type: list
    elements: str
    aliases: [ports, publish]
  read_only:
    description:
      - Mount the container's root file system read-only.
    type: bool
  restart_policy:
    description:
      - When the engine starts the container again by itself. Updated in place.
    type: str
    choices: [always, 'no', on-failure, unless-stopped]
  restart_retries:
    description:
      - How often V(on-failure) tries. Updated in place.
    type: int
  runtime:
    description:
      - The OCI runtime. Without it, the daemon's default.
    type: str
  security_opts:
    description:
      - Security options such as V(no-new-privileges), V(apparmor=unconfined), V(systempaths=unconfined) or C(seccomp=/path/to/profile.json)
        (a file on the managed node).
    type: list
    elements: str
    aliases: [security_opt]
  shm_size:
    description:
      - The size of C(/dev/shm), such as V(64m). Without it the engine decides.
    type: str
  stop_signal:
    description:
      - 'The signal that stops the container: V(SIGTERM), V(TERM) or V(15).'
    type: str
  stop_timeout:
    description:
      - How many seconds the engine waits after O(stop_signal) before it kills the container.
      - It also counts where this task itself stops a container, to remove or replace it, whatever that one was started with.
    type: int
  storage_opts:
    description:
      - Options of the storage driver, such as C(size).
    type: dict
    aliases: [storage_opt]
  sysctls:
    description:
      - Kernel parameters of the container's namespaces.
    type: dict
    aliases: [sysctl]
  tmpfs:
    description:
      - Directories on a tmpfs, as C(path[:options]), such as V(/run:size=64m,noexec).
    type: list
    elements: str
  tty:
    description:
      - Give the container a terminal, as C(docker run -t).
    type: bool
  ulimits:
    description:
      - Limits as C(name:soft[:hard]), such as V(nofile:1024:2048). Compared only when given, because the daemon may
        add its own.
    type: list
    elements: str
    aliases: [ulimit]
  user:
    description:
      - 'The user, and group, to run as: C(user[:group]), by name or id.'
    type: str
  userns_mode:
    description:
      - 'The user namespace: V(host) to switch the daemon''s remapping off.'
    type: str
    aliases: [userns]
  uts:
    description:
      - 'The UTS namespace: V(host) to share the host''s name.'
    type: str
  volume_driver:
    description:
      - The driver for volumes that the container creates.
    type: str
  volumes:
    description:
      - 'Volumes as C([source:]target[:modes]): a path of the host, the name of a volume, or no source for an anonymous
        one.'
      - C(~) is the home of the user the module runs as. Other relative paths are refused.
    type: list
    elements: str
    aliases: [volume]
  volumes_from:
    description:
      - Containers whose volumes are mounted too, as C(name[:ro]).
    type: list
    elements: str
  working_dir:
    description:
      - The directory in which the command runs.
    type: str
    aliases: [workdir]
"""
