# The window of $client has ended. The backend ends with the last one.

rm -f "$state/clients/$client"
pid=$(first "$state/pid")
if [ -z "$(ls -A "$state/clients" 2>/dev/null)" ] && backend "$pid" "$dist"; then
  kill "$pid"
  tries=0
  while alive "$pid" && [ "$tries" -lt 100 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
  rm -f "$state/pid" "$state/listening"
  say ended yes
fi
