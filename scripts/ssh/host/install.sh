# Puts what was uploaded to $upload in its place, if all of it has arrived.

if ! intact "$upload"; then
  rm -rf "$upload"
  say damaged yes
  exit 0
fi
if ! said=$("$upload/cli/node/bin/node" --version 2>&1); then
  rm -rf "$upload"
  fail "The host can't run the Node that Kilo brings along, which needs glibc 2.28 or newer: $(echo "$said" | head -n 1)"
fi
if [ -e "$dist" ]; then
  if intact "$dist"; then
    # Another window was faster.
    rm -rf "$upload"
  else
    mv "$dist" "$upload.broken"
  fi
fi
[ -e "$upload" ] && mv "$upload" "$dist"
rm -rf "$upload.broken"

# The newest other version stays, for a second window that has not been updated yet; so does one that is in use.
kept=0
ls -t "$base" | while IFS= read -r name; do
  case $name in
    "$key" | upload.*) continue ;;
  esac
  if backend "$(first "$states/$name/pid")" "$base/$name"; then continue; fi
  kept=$((kept + 1))
  [ "$kept" -le 1 ] || rm -rf "${base:?}/$name" "${states:?}/$name"
done
say installed yes
