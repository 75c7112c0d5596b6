import { LOOK } from './run-folder.ts'

/**
 * One channel for all runs of a connection. A reader takes requests from standard input: it starts runs itself, the
 * rest goes into the FIFO, where supervisors write too. The loop behind the FIFO is the only one that writes to
 * standard output. "$1" marks each of its lines, "$2" is the supervisor, "$3" the most bytes of a stream at once.
 *
 *   s ID CLAIM BYTES SHA256 STAGES, and BYTES of request → S ID started|claimed|failed [why]
 *   f ID STAGE OUT ERR LATER   read on from these offsets  → D frames, then one of
 *        M ID   ask again          W ID state   nothing now; told by itself when there is        E ID state   the end
 *   p all?  look after those that wait (A ID state for each, with 1) → P      u ID  wait no more
 *   v ID    it has not started for too long: void it                 l → L ID state …, L
 *   x ID…   remove → X
 */
export const FOLLOW_SCRIPT = `
mark=$1 supervisor=$2 limit=$3 mask=$(umask) waiting= serial=0 spare=
umask 077
cd "$HOME" || exit
for f in runs tmp follow; do
  [ -d ".hosting-desk/$f" ] || why=$(LC_ALL=C mkdir -p ".hosting-desk/$f" 2>&1) ||
    { echo "$mark F $why"; exit 1; }
done
cd .hosting-desk || exit
${LOOK}
setsid=; command -v setsid >/dev/null 2>&1 && setsid=setsid
if command -v sha256sum >/dev/null 2>&1; then sum='sha256sum'; else sum='shasum -a 256'; fi
take='head -c'
[ "$(printf abc | { head -c 1 >/dev/null; head -c 1; })" = b ] || take=slowly
slowly() { dd bs=1 count="$1" 2>/dev/null; }

for f in follow/*; do
  n=\${f##*/}
  [ -p "$f" ] && { kill -0 "\${n%%.*}" 2>/dev/null || rm -f "$f"; }
done
for f in tmp/*; do
  n=\${f##*/}
  [ -d "$f" ] && { kill -0 "\${n%%.*}" 2>/dev/null || rm -rf "$f"; }
done
fifo=follow/$$.$mark
why=$(LC_ALL=C mkfifo "$fifo" 2>&1) || { echo "$mark F $why"; exit 1; }
exec 3<>"$fifo" 4<&0
trap 'rm -f "$fifo"' EXIT
trap 'exit 1' PIPE HUP TERM INT

fail() {
  rm -rf $t
  why=$(LC_ALL=C dd if=/dev/zero of="tmp/probe.$$" bs=4096 count=16 2>&1) && why=$2
  rm -f "tmp/probe.$$"
  set -f
  printf '%s ' S "$1" failed $why >&3
  echo >&3
  set +f
}

# Folders are made eight at a time.
take_spare() {
  if [ -z "$spare" ]; then
    t=tmp/$$.$mark.$serial serial=$((serial + 1))
    mkdir "$t".1 "$t".2 "$t".3 "$t".4 "$t".5 "$t".6 "$t".7 "$t".8 2>/dev/null || { t="$t".[1-8]; return 1; }
    spare="$t.1 $t.2 $t.3 $t.4 $t.5 $t.6 $t.7 $t.8 "
  fi
  t=\${spare%% *} spare=\${spare#* }
}

# \`room\` keeps what the supervisor is going to write, inputs among it: a run that was begun can also end.
put() {
  take_spare && {
    printf %s "$request" >"$t/request" && echo "$boot $2" >"$t/claim" &&
      printf "%$(($1 + 32768))s" '' >"$t/room"
  } 2>/dev/null
}

# Everything of a request is read before anything can go wrong, so that the next one begins where it should.
start() {
  request=$($take "$3" <&4)
  to=runs/$1
  if [ "$2" = 2 ]; then
    to=$to.2 d=runs/$1 state=never-started
    [ -d "$d" ] && { void; look "$1"; }
    [ "$state" = never-started ] || { echo "S $1 claimed" >&3; return; }
  fi
  [ -e "$to" ] && { echo "S $1 claimed" >&3; return; }
  # On a full disk, what the program keeps for this is given up (provision/system/reserve.ts).
  put "$3" "$5" ||
    { rm -rf $t; [ -s reserve ] && { true >reserve; } 2>/dev/null && put "$3" "$5"; } ||
    { fail "$1" 'cannot write'; return; }
  got=$($sum <"$t/request")
  [ "\${got%% *}" = "$4" ] || { fail "$1" 'arrived damaged'; return; }
  mv "$t" "$to" 2>/dev/null || { fail "$1" 'cannot be claimed'; return; }
  # Where a folder came in between, mv has put ours into it.
  [ -d "$to/\${t##*/}" ] && { rm -rf "$to/\${t##*/}"; echo "S $1 claimed" >&3; return; }
  [ -n "$setsid" ] || set -m
  supervise "$1" "$to" </dev/null >/dev/null 2>&1 3>&- 4>&- &
  [ -n "$setsid" ] || set +m
  request=
  echo "S $1 started" >&3
}

supervise() {
  cd "$2" && exec $setsid sh -c "$supervisor" hosting-desk-run "$1" "$mask" "$boot" "$setsid"
}

discard() {
  files=
  for n; do files="$files runs/$n runs/$n.2"; done
  rm -rf $files
  echo X >&3
}

reader() {
  trap - EXIT PIPE HUP TERM INT
  while read -r verb a b c e f <&4; do
    case $verb in
      s) start "$a" "$b" "$c" "$e" "$f" ;;
      x) discard $a $b $c $e $f ;;
      *) echo "$verb $a $b $c $e $f" >&3 ;;
    esac
  done
  [ -z "$spare" ] || rmdir $spare
  echo q >&3
}

forget() {
  rest=
  for w in $waiting; do case $w in "$1"/*) ;; *) rest="$rest $w" ;; esac; done
  waiting=$rest
}

# Sends what stands behind an offset; in \`sent\` how much that was.
chunk() {
  sent=0
  case $sizes in *" $d/$1.$stage:"*) ;; *) return ;; esac
  size=\${sizes#* "$d/$1.$stage":}
  size=\${size%% *}
  [ "$size" -gt "$2" ] || return
  sent=$((size - $2)) news=1
  [ "$sent" -le "$limit" ] || { sent=$limit more=1; }
  echo "$mark D $id $stage $1 $2 $sent"
  if [ "$2" = 0 ]; then head -c "$sent" "$d/$1.$stage"
  else tail -c "+$(($2 + 1))" "$d/$1.$stage" | head -c "$sent"; fi 2>/dev/null
}

# In \`sizes\`, of those of the files that hold anything.
weigh() {
  sizes=' ' files=
  for f; do [ -s "$f" ] && files="$files $f"; done
  [ -n "$files" ] || return
  set -- $(wc -c $files 2>/dev/null)
  while [ $# -ge 2 ]; do
    sizes="$sizes$2:$1 "
    shift 2
  done
}

measure() {
  n=0
  set --
  while [ "$n" -lt "$count" ]; do
    set -- "$@" "$d/out.$n" "$d/err.$n"
    n=$((n + 1))
  done
  weigh "$@"
}

next_stage() {
  stage=$((stage + 1)) out=0 err=0
  case $later in
    */*)
      out=\${later%%/*} later=\${later#*/}
      err=\${later%%/*} later=\${later#"$err"}
      later=\${later#/}
      ;;
  esac
}

# The sizes are measured after the look: what the look called ended has all its bytes.
serve() {
  id=$1 stage=$2 out=$3 err=$4 later=\${5:--} news= more=
  forget "$id"
  look "$id"
  [ "$state" = absent ] || measure
  while [ "$state" != absent ]; do
    chunk out "$out"; out=$((out + sent))
    chunk err "$err"; err=$((err + sent))
    [ -z "$more" ] || break
    [ "$stage" -lt "$seen" ] && [ $((stage + 1)) -lt "$count" ] || break
    case $state in finished*) [ $((stage + 1)) -lt "$seen" ] || break ;; esac
    next_stage
  done
  case $more$state in
    1*) echo "$mark M $id" ;;
    running* | starting)
      if [ -n "$news" ]; then echo "$mark M $id"; return; fi
      waiting="$waiting $id/$stage/$out/$err/\${later:--}"
      echo "$mark W $id $state"
      ;;
    *) echo "$mark E $id $state" ;;
  esac
}

split() { IFS=/; set -- $1; IFS=' 	
'; id=$1 stage=$2 out=$3 err=$4; shift 4; later=$1; shift; for n; do later=$later/$n; done; }

serve_waiting() {
  for w in $waiting; do
    case $w in "$1"/*) split "$w"; serve "$id" "$stage" "$out" "$err" "$later" ;; esac
  done
}

has_grown() {
  case $sizes in *" $1:"*) ;; *) return 1 ;; esac
  size=\${sizes#* "$1":}
  [ "\${size%% *}" -gt "$2" ]
}

poll() {
  all=$1
  set --
  for w in $waiting; do
    split "$w"
    folder "$id" && set -- "$@" "$d/out.$stage" "$d/err.$stage"
  done
  weigh "$@"
  for w in $waiting; do
    split "$w"
    look "$id"
    case $state in
      running* | starting)
        if [ "$seen" -gt "$stage" ] || has_grown "$d/out.$stage" "$out" || has_grown "$d/err.$stage" "$err"
        then serve "$id" "$stage" "$out" "$err" "$later"
        elif [ "$all" = 1 ]; then echo "$mark A $id $state"; fi
        ;;
      *) serve "$id" "$stage" "$out" "$err" "$later" ;;
    esac
  done
  echo "$mark P"
}

# One that holds a pid file without a line in it died while writing it.
give_up() {
  look "$1"
  if [ "$state" = starting ]; then
    void
    look "$1"
    [ "$state" = starting ] && { sleep 1; look "$1"; }
    [ "$state" = starting ] && { forget "$1"; echo "$mark E $1 lost"; return; }
  fi
  serve_waiting "$1"
}

list() {
  for f in runs/*; do
    n=\${f##*/}
    case $n in *.2 | '*') continue ;; esac
    look "$n"
    echo "$mark L $n $state"
  done
  echo "$mark L"
}

reader &
exec 4<&- </dev/null
echo "$mark R"
while read -r verb a b c e f <&3; do
  case $verb in
    r) serve_waiting "$a" ;;
    f) serve "$a" "$b" "$c" "$e" "$f" ;;
    p) poll "$a" ;;
    u) forget "$a" ;;
    v) give_up "$a" ;;
    l) list ;;
    S | X) printf '%s %s %s %s %s %s %s\\n' "$mark" "$verb" "$a" "$b" "$c" "$e" "$f" ;;
    q) exit ;;
  esac
done
`
