/**
 * One run, in a session of its own; its folder is the current one. Each stage has a group of its own, so a cancel
 * reaches all of the stage and leaves the supervisor to record it.
 */
export const SUPERVISOR_SCRIPT = `
id=$1 mask=$2 boot=$3 setsid=$4 cancelled= again= child= killer= code= start=-
if { read -r stat <"/proc/$$/stat"; } 2>/dev/null; then set -- \${stat##*) }; start=\${20}; fi

stop() {
  cancelled=1 again=1 grace=10
  [ -n "$child" ] || return
  { read -r grace <grace; } 2>/dev/null
  kill -s TERM -- "-$child" 2>/dev/null || kill -s TERM "$child" 2>/dev/null
  [ -n "$killer" ] || { (sleep "$grace"; kill -s KILL -- "-$child") & killer=1; }
}
trap stop TERM

[ -f room ] && : >room
set -C
{ echo "$$ $start $boot" >pid; } 2>/dev/null || exit
set +C

input() { printf %s "$2" >"in.$1"; }

# Stage N reads from descriptor N + 3.
begin() {
  count=$1 files='request room' closes= n=0
  shift
  while [ "$n" -lt "$count" ]; do
    from=/dev/null
    case " $* " in *" $n "*) from=in.$n files="$files in.$n" ;; esac
    eval "exec $((n + 3))<$from"
    closes="$closes $((n + 3))<&-" n=$((n + 1))
  done
  rm -f $files
}

record() {
  if [ "$2" = 0 ] && [ $(($1 + 1)) -lt "$count" ]; then
    echo 0 >"status.$1"
    return
  fi
  echo "$2" >status.tmp && mv status.tmp "status.$1"
  for fifo in ../../follow/*; do [ -p "$fifo" ] && echo "r $id" 1<>"$fifo"; done
  [ -n "$killer" ] && { trap '' TERM; kill -s TERM 0; }
  exit
}

program() {
  umask "$mask"
  cd "$HOME"
  eval "exec $closes"
  exec $setsid "$@"
}

stage() {
  n=$1
  shift
  [ -z "$cancelled" ] || record "$n" 143
  [ -n "$setsid" ] || set -m
  program "$@" <&$((n + 3)) >"out.$n" 2>"err.$n" &
  child=$!
  [ -n "$setsid" ] || set +m
  began=-
  if { read -r stat <"/proc/$child/stat"; } 2>/dev/null; then
    set -- \${stat##*) }
    began=\${20}
  fi
  echo "$child $began" >group
  [ -z "$cancelled" ] || stop
  wait "$child"
  code=$?
  while [ -n "$again" ]; do
    again=
    wait "$child"
    last=$?
    [ "$last" = 127 ] || code=$last
  done
  if [ -n "$cancelled" ]; then
    while kill -0 -- "-$child" 2>/dev/null; do sleep 0.1 2>/dev/null || sleep 1; done
    [ "$code" = 0 ] && [ $((n + 1)) -lt "$count" ] && code=143
  fi
  child=
  record "$n" "$code"
}
. ./request
`
