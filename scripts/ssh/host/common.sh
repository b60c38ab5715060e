# Read on the host by `sh -s`, before one of the scripts beside it. Answers are lines `kilo:NAME=VALUE` on stdout: whatever
# else a shell's start-up files print is no answer. POSIX sh and the commands of every Linux and macOS, nothing else.
# Given: $key and $manifest (which distribution), $client (who asks), $folder (the project).

set -u
mask=$(umask)
umask 077

say() { printf 'kilo:%s=%s\n' "$1" "$2"; }
fail() {
  say error "$1"
  exit 0
}

# Runs a command as the user's own shell does after a login, because that is where PATH, JAVA_HOME and keys are set.
login() {
  case ${SHELL##*/} in
    bash | zsh | fish | ksh | dash | sh) "$SHELL" -lc "$1" </dev/null ;;
    *) sh -c "$1" </dev/null ;;
  esac
}

alive() { [ -n "$1" ] && kill -0 "$1" 2>/dev/null; }

# Whether process $1 is a backend of folder $2; another program may have got its number since.
backend() {
  alive "$1" || return 1
  if [ -r "/proc/$1/cmdline" ]; then
    tr '\0' ' ' <"/proc/$1/cmdline" | grep -qF "$2/"
  else
    ps -p "$1" -o args= 2>/dev/null | grep -qF "$2/"
  fi
}

first() { [ -r "$1" ] && sed -n 1p "$1"; }

# Whether folder $1 holds exactly what was sent: the list's own checksum is known to the other side.
intact() {
  [ -f "$1/files.sha256" ] && [ "$($sum "$1/files.sha256" | cut -c1-64)" = "$manifest" ] &&
    (cd "$1" && $sum -c files.sha256 >/dev/null 2>&1)
}

if command -v sha256sum >/dev/null 2>&1; then
  sum=sha256sum
else
  sum="shasum -a 256"
fi

[ -n "${HOME:-}" ] && [ -d "$HOME" ] || fail "The user $(id -un) has no home folder there, so Kilo can't be put anywhere."
base=${XDG_CACHE_HOME:-$HOME/.cache}/kilo/remote
states=${XDG_STATE_HOME:-$HOME/.local/state}/kilo/remote
dist=$base/$key
state=$states/$key
