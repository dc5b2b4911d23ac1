#!/bin/sh
# Docker for the compose test where it is missing: engine, compose, and the base image where no
# registry answers. Needs root; installs only what is missing. Safe to run again.
set -eu
export DEBIAN_FRONTEND=noninteractive
image=debian:bookworm-slim
log=/var/log/dockerd.log

missing=""
docker info >/dev/null 2>&1 || command -v dockerd >/dev/null || missing="docker.io iptables"
{ docker compose version || docker-compose version; } >/dev/null 2>&1 || missing="$missing docker-compose"
if [ -n "$missing" ]; then
    echo "docker: installing $missing"
    # Without quotes: several packages.
    apt-get update -qq && apt-get install -y --no-install-recommends $missing >/dev/null
fi
if ! docker info >/dev/null 2>&1; then
    echo "docker: starting dockerd, logging to $log"
    setsid dockerd --pidfile /run/docker.pid >"$log" 2>&1 </dev/null &
    tries=0
    until docker info >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 60 ] || { echo "docker: dockerd does not start:" >&2; tail -5 "$log" >&2; exit 1; }
        sleep 1
    done
fi

docker image inspect "$image" >/dev/null 2>&1 && exit 0
echo "docker: fetching $image"
timeout 120 docker pull -q "$image" 2>/dev/null && exit 0
echo "docker: no registry answers; making $image with debootstrap"
command -v debootstrap >/dev/null || { apt-get update -qq && apt-get install -y debootstrap >/dev/null; }
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase bookworm "$root" >/dev/null
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
tar -C "$root" -c . | docker import - "$image" >/dev/null
