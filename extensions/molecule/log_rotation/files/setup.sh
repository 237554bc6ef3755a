#!/bin/sh
# The host as the case wants it, whatever the case before has left; ends with what look.sh says.
set -eu
unset_everything() {
    rm -rf /etc/docker/daemon.json* /etc/systemd/system/docker.service.d
    mkdir -p /etc/systemd/system/docker.service.d
    if [ ! -e /etc/default/docker.own ]; then cp /etc/default/docker /etc/default/docker.own; fi
    cp /etc/default/docker.own /etc/default/docker
    if [ "$(docker info --format '{{.Swarm.LocalNodeState}}' 2>/dev/null)" = active ]; then docker swarm leave --force >/dev/null; fi
}
unset_everything
eval "$SETUP"
if [ -n "$FILE" ]; then printf '%s' "$FILE" >/etc/docker/daemon.json; fi
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl reset-failed docker.service docker.socket
fi
# Debian's init script cannot restart what is stopped.
service docker stop >/dev/null || true
service docker start >/dev/null
until docker version >/dev/null 2>&1; do sleep 0.1; done
docker start ticker >/dev/null
if [ -n "$LATER" ]; then printf '%s' "$LATER" >/etc/docker/daemon.json; fi
eval "$THEN"
/usr/local/bin/look
