# Starts the backend unless it runs, and tells how to reach it. Given: $java, $linger.

if [ ! -x "$dist/kilo-backend" ]; then
  say missing yes
  exit 0
fi
mkdir -p "$state/clients" || fail "$state can't be made there."
touch "$dist"

# Two windows that start at once must not start two backends.
unlock() { rm -rf "$state/lock"; }
tries=0
until mkdir "$state/lock" 2>/dev/null; do
  tries=$((tries + 1))
  holder=$(first "$state/lock/pid")
  if [ "$tries" -gt 300 ] || { [ -n "$holder" ] && ! alive "$holder"; }; then unlock; fi
  sleep 0.1
done
echo $$ >"$state/lock/pid"
trap unlock EXIT
trap 'exit 1' HUP INT TERM PIPE

if ! backend "$(first "$state/pid")" "$dist"; then
  rm -f "$state/listening" "$state/pid"
  # Without a UTF-8 locale Java can't open a file with another letter in its name.
  case $(locale charmap 2>/dev/null) in
    UTF-8 | utf-8) ;;
    *) export LC_ALL=C.UTF-8 ;;
  esac
  export KILO_JAVA="$java" KILO_DIST="$dist" KILO_STATE="$state" KILO_LINGER="$linger"
  # Every path of it is the backend's own business, not that of the commands that the agent runs.
  # shellcheck disable=SC2016
  command='exec env -u KILO_TOKEN sh "$KILO_DIST/kilo-backend" --listen 127.0.0.1:0 --tls --state "$KILO_STATE" --linger "$KILO_LINGER"'
  case ${SHELL##*/} in
    bash | zsh | fish | ksh | dash | sh) shell=$SHELL ;;
    *) shell=sh ;;
  esac
  umask "$mask"
  nohup "$shell" -lc "$command" </dev/null >"$state/listening" 2>"$state/log" &
  pid=$!
  umask 077
  echo $pid >"$state/pid"
  tries=0
  # A profile may print something first.
  until grep -q '^kilo backend listening on ' "$state/listening"; do
    tries=$((tries + 1))
    if ! alive "$pid" || [ "$tries" -gt 600 ]; then
      kill "$pid" 2>/dev/null
      rm -f "$state/pid"
      fail "The backend did not start there: $(tail -n 3 "$state/log" | tr '\n' ' ')"
    fi
    sleep 0.1
  done
fi
echo $$ >"$state/clients/$client"
line=$(grep '^kilo backend listening on ' "$state/listening" | head -n 1)
address=${line% sha256:*}
say port "${address##*:}"
say fingerprint "${line##* sha256:}"
say token "$(first "$state/backend-token")"
