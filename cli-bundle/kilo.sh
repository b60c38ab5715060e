#!/bin/sh
# Starts the bundled CLI on its own Node. Only shell built-ins unless it was called through a symbolic link.
case ${0##*/} in opencode) export KILO_STARTED_AS=opencode ;; esac
self=$0
while [ -h "$self" ]; do
  target=$(readlink "$self")
  case $target in
    /*) self=$target ;;
    *) self=${self%/*}/$target ;;
  esac
done
case $self in
  */*) home=${self%/*} ;;
  *) home=$(dirname "$(command -v "$self")") ;;
esac
exec "$home/node/bin/node" --disable-warning=ExperimentalWarning "$home/lib/main.mjs" "$@"
