#!/bin/sh
# Who may read /etc/syncer/schedule.yaml: the service, which gets a user anew at each
# start, belongs to this group.
set -e
getent group syncer-config >/dev/null || groupadd --system syncer-config
