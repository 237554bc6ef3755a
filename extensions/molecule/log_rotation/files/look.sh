#!/bin/sh
# What the docker CLI and the disk say, as JSON: the file, dockerd's process, the default driver, live-restore, the
# process of the container `ticker`, and what a new container is given.
file=$(python3 -c 'import json, sys; print(json.dumps(open(sys.argv[1]).read()))' /etc/docker/daemon.json 2>/dev/null || echo '""')
backups=$(find /etc/docker -name 'daemon.json.*.bak' | wc -l)
if [ -e /run/docker.pid ] && [ -d "/proc/$(cat /run/docker.pid)" ]; then
    dockerd=$(cat /run/docker.pid)
    new=$(docker create stevedore/busybox:1)
    given=$(docker inspect --format '{{json .HostConfig.LogConfig}}' "$new")
    docker rm "$new" >/dev/null
    ticker=$(docker inspect --format '{{.State.Pid}} {{.State.StartedAt}}' ticker)
    driver=$(docker info --format '{{.LoggingDriver}}' 2>/dev/null)
    live=$(docker info --format '{{.LiveRestoreEnabled}}' 2>/dev/null)
fi
printf '{"file": %s, "backups": %s, "dockerd": "%s", "driver": "%s", "live": "%s", "ticker": "%s", "given": %s}\n' \
    "$file" "$backups" "$dockerd" "$driver" "$live" "$ticker" "${given:-null}"
