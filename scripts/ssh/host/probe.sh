# What this host is, whether it has what is needed, and whether the distribution is there.

case $(uname -s) in
  Linux) system=linux ;;
  Darwin) system=darwin ;;
  *) fail "The host runs $(uname -s); Kilo runs on Linux and macOS hosts." ;;
esac
case $(uname -m) in
  x86_64 | amd64) machine=x64 ;;
  aarch64 | arm64) machine=arm64 ;;
  *) fail "The host is a $(uname -m) machine; Kilo runs on x86-64 and ARM64 hosts." ;;
esac
say platform "$system-$machine"

# A relative path starts at home, as with scp.
case $folder in
  '' | '~') folder=$HOME ;;
  '~/'*) folder=$HOME/${folder#'~/'} ;;
  /*) ;;
  *) folder=$HOME/$folder ;;
esac
[ -e "$folder" ] || fail "There is no folder $folder there, or the user $(id -un) may not see it."
[ -d "$folder" ] || fail "$folder is a file there, not a folder."
[ -r "$folder" ] && [ -x "$folder" ] || fail "The user $(id -un) may not read the folder $folder there."
say directory "$(cd "$folder" && pwd -P)"

major() {
  [ -n "$1" ] || return 0
  "$1" -version 2>&1 </dev/null | sed -n 's/.*version "\([0-9.]*\).*/\1/p' | sed 's/^1\.//; s/\..*//' | head -n 1
}
found=
java=
candidates() {
  [ -n "${JAVA_HOME:-}" ] && echo "$JAVA_HOME/bin/java"
  command -v java
  login 'command -v java; printenv JAVA_HOME' 2>/dev/null | sed -n '/^\//{/\/java$/!s|/*$|/bin/java|;p;}'
}
IFS='
'
for candidate in $(candidates); do
  [ -x "$candidate" ] || continue
  version=$(major "$candidate")
  [ -n "$version" ] || continue
  if [ "$version" -ge 17 ]; then
    java=$candidate
    break
  fi
  found="$found${found:+, }Java $version in $candidate"
done
unset IFS
install="Install one there, for example: sudo apt install openjdk-17-jre-headless"
if [ -z "$java" ]; then
  if [ -n "$found" ]; then
    fail "Java 17 or newer is needed there, and it has only $found. $install"
  fi
  fail "Java 17 or newer is needed there, and none was found. $install"
fi
say java "$java"

command -v tar >/dev/null 2>&1 && command -v gzip >/dev/null 2>&1 || fail "The commands tar and gzip are needed there."
command -v "${sum%% *}" >/dev/null 2>&1 || fail "The command sha256sum or shasum is needed there."

if backend "$(first "$state/pid")" "$dist" || intact "$dist"; then
  say installed yes
  exit 0
fi
mkdir -p "$base" || fail "$base can't be made there."
# What an earlier upload left half done and nobody can be writing to any more.
find "$base" -maxdepth 1 -name 'upload.*' -mmin +60 -exec rm -rf {} + 2>/dev/null
say upload "$(mktemp -d "$base/upload.XXXXXX")"
