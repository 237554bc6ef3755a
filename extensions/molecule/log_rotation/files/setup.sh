#!/bin/sh
# The host as the case wants it, whatever the case before has left; ends with what look.sh says.
set -eu
unset_everything() {
    rm -rf /etc/docker/daemon.json* /etc/systemd/system/docker.service.d /usr/local/bin/dockerd
    mkdir -p /etc/systemd/system/docker.service.d
    if [ -e /etc/default/docker ]; then
        [ -e /etc/default/docker.own ] || cp /etc/default/docker /etc/default/docker.own
        cp /etc/default/docker.own /etc/default/docker
    fi
    if [ "$(docker info --format '{{.Swarm.LocalNodeState}}' 2>/dev/null)" = active ]; then docker swarm leave --force >/dev/null; fi
}
stop() {
    # Debian's init script cannot restart what is stopped.
    if [ "$BARE" != true ]; then
        service docker stop >/dev/null || true
        return
    fi
    pkill -x dockerd || true
    while pgrep -x dockerd >/dev/null; do sleep 0.1; done
}
start() {
    if [ "$BARE" != true ]; then
        service docker start >/dev/null
    else
        # As somebody would by hand; nobody looks after it.
        # shellcheck disable=SC2086
        setsid dockerd $FLAGS </dev/null >>/var/log/dockerd.log 2>&1 &
    fi
}
unset_everything
FLAGS=
eval "$SETUP"
if [ -n "$FILE" ]; then printf '%s' "$FILE" >/etc/docker/daemon.json; fi
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl reset-failed docker.service docker.socket
fi
stop
start
until docker version >/dev/null 2>&1; do sleep 0.1; done
docker start ticker >/dev/null
if [ -n "$LATER" ]; then printf '%s' "$LATER" >/etc/docker/daemon.json; fi
eval "$THEN"
/usr/local/bin/look
