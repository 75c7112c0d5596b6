/*
 * The shell that runs on a server: POSIX (dash, bash, busybox), in ~/.hosting-desk:
 *
 *   tmp/PID.MARK.N   a request under way; no claim yet
 *   runs/ID          claim 1; runs/ID.2 is claim 2
 *     claim          boot id, number of stages; written before the claim
 *     request        calls of `input`, `begin` and `stage`; removed with the inputs once these are opened
 *     room           as much as is still to be written, for a disk that is full; given up when the supervisor begins
 *     pid            made exclusively, by the supervisor ("PID START BOOT") or by who voids the claim ("void"): so a
 *                    run that was called never started cannot start any more
 *     group          process group of the stage that runs, and when its leader started
 *     out.N err.N    what a stage prints; status.N its exit code: it counts once its line is whole, and the one that
 *                    ends the run is renamed into place
 *   follow/PID.MARK  a FIFO for each follower; supervisors write there that a run has ended
 *
 * A fork costs as much as everything else together, so what builtins can do is done by builtins.
 */

/** What a run is: sourced by the follower and by a cancel. Answers in `state`, `d`, `seen`. */
export const LOOK = `
{ read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null ||
  boot=$(sysctl -n kern.bootsessionuuid 2>/dev/null) || boot=-

folder() { d=runs/$1.2; [ -d "$d" ] || d=runs/$1; [ -d "$d" ]; }

# Of the stages that have ended, in \`seen\` their number; true where these are all there will be.
ended() {
  claimed= count=1; { read -r claimed count <"$d/claim"; } 2>/dev/null
  state=finished seen=0
  while { read -r code <"$d/status.$seen"; } 2>/dev/null; do
    case $code in '' | *[!0-9]*) code=255 ;; esac
    state="$state $code" seen=$((seen + 1))
    [ "$code" = 0 ] && [ "$seen" -lt "$count" ] || return 0
  done
  return 1
}

alive() {
  kill -0 "$1" 2>/dev/null || return 1
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
  set -- "$2" \${stat##*) }
  [ "$2" != Z ] && [ "\${21}" = "$1" ]
}

void() {
  set -C
  { echo 'void - -' >"$d/pid"; } 2>/dev/null
  set +C
}

look() {
  seen=0 pid=
  folder "$1" || { state=absent; return; }
  ended && return
  if { read -r pid start at <"$d/pid"; } 2>/dev/null; then
    if [ "$pid" = void ]; then state=never-started
    elif [ "$at" = "$boot" ] && alive "$pid" "$start"; then state="running $pid"
    else ended || state=lost # it may have ended between our two looks
    fi
  elif [ "$claimed" = "$boot" ]; then state=starting
  elif [ -e "$d/pid" ]; then state=lost # cut off, or no space, while it was written
  else void; state=never-started; fi
}
`

/** "$1" the run, "$2" the grace time in seconds. TERM goes to the supervisor, which hands it on and records the end. */
export const CANCEL_SCRIPT = `
umask 077
cd "$HOME/.hosting-desk" 2>/dev/null || { echo 'hd:state=absent'; exit 0; }
${LOOK}
look "$1"
[ "$state" = starting ] && { void; look "$1"; }
case $state in
  running*)
    { echo "$2" >"$d/grace"; } 2>/dev/null
    kill -s TERM "$pid"
    ;;
  lost)
    if { read -r group began <"$d/group"; } 2>/dev/null && [ "$at" = "$boot" ]; then
      { [ ! -d "/proc/$group" ] || alive "$group" "$began"; } && kill -s TERM -- "-$group" 2>/dev/null &&
        { (sleep "$2"; kill -s KILL -- "-$group") </dev/null >/dev/null 2>&1 & }
    fi
    ;;
esac
echo "hd:state=$state"
exit 0
`
