# Prepares a fresh Debian (12 or newer) or Ubuntu (24.04 or newer) server for Hosting Desk. Run it as root:
#
#   sh bootstrap.sh            makes what is missing, and says each thing that it changes; safe to repeat
#   sh bootstrap.sh --remove   takes it back; refuses while there are sites or databases
#   sh bootstrap.sh --remove --with-data    takes it back with all sites, databases and backups
#
# It makes one account that hosts (the "sandbox user") and a number of slots. A slot is an account, a pool of PHP and a
# database account with which the code of one site runs. Afterwards nothing of Hosting Desk runs as root, and nothing
# that it runs can become root: there is no sudo rule. As root this writes into folders of root only.

# --- Parameters -------------------------------------------------------------------------------------------------------
account='hd'                                 # the sandbox user: 2 to 16 small letters
slots='20'                                   # how many sites with PHP there can be; more at any time, never fewer
public_key=''                                # who may log in as the sandbox user: one line of a .pub file
http_port='80'                               # where something else holds a port, another one is taken
https_port='443'
with_certbot='yes'                           # for certificates
with_git='yes'                               # for platforms from a repository
with_composer='no'                           # for platforms by Composer
mariadb_socket='/run/mysqld/mysqld.sock'
# --- End of parameters ------------------------------------------------------------------------------------------------

script_version=1

hosting_desk_bootstrap() (
  set -eu
  umask 022
  export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
  name_things
  case "${1:-}" in
    '')
      check_all
      make_folder "$config" root root 755
      [ -f "$made" ] || : >"$made"
      install_packages
      find_php
      make_accounts
      make_folders
      make_doors
      make_php
      make_wordpress
      make_database_accounts
      make_nginx
      write_summary
      start_services
      say_result
      ;;
    --remove)
      check_root
      check_name
      remove_all "${2:-}"
      ;;
    *) refuse "unknown argument $1" ;;
  esac
)

# Everything is named after the account, so that two sandbox users can stand side by side.
name_things() {
  home="/srv/$account"
  config="/etc/$account"
  summary="$config/machine.json"
  state="/var/lib/$account-slots"
  doors="/usr/local/lib/$account-slot"
  sockets="/run/$account-php"
  logs="/var/log/$account-php"
  nginx_unit="/etc/systemd/system/$account-nginx.service"
  php_unit="/etc/systemd/system/$account-php.service"
  upgrade_unit="/etc/systemd/system/$account-upgrade"
  wordpress_config='/etc/wordpress/config-hosting-desk.php'
  made="$config/made"                        # tells that all of this is ours, and what was masked
  changed='' groups_changed='' nginx_changed='' php_changed='' php_pools_changed=''
}

say() { echo "$*"; }
did() { echo "+ $*"; changed=yes; }
refuse() { echo "Refused: $*" >&2; exit 1; } # nothing was changed
fail() { echo "Failed: $*" >&2; exit 1; }    # it can be run again
is_ours() { [ -f "$made" ] || [ -f "$summary" ]; }
has_systemd() { [ -d /run/systemd/system ]; }
has_program() { command -v "$1" >/dev/null 2>&1; }
has_account() { getent passwd "$1" >/dev/null; }
is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
as_account() { setpriv --reuid "$account" --regid "$account" --init-groups --reset-env "$@"; }
sql() { mariadb --socket="$mariadb_socket" --user=root --batch --skip-column-names; }
# What carries the marks of a slot of ours: a number of its own, no home and no shell.
is_slot() { getent passwd "$1" | grep -Eq ':7[0-9]{4}:7[0-9]{4}:[^:]*:/nonexistent:/usr/sbin/nologin$'; }
slot_names() { i=1; while [ "$i" -le "$slots" ]; do printf '%s%02d\n' "$account" "$i"; i=$((i + 1)); done; }
recorded() { [ -f "$summary" ] && sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",]*\).*/\1/p" "$summary" || true; }

# Writes a file of root's from standard input where it differs: write_file PATH MODE. Sets was_written.
write_file() {
  was_written=''
  cat >"$1.new"
  chmod "$2" "$1.new"
  if cmp -s "$1.new" "$1"; then rm "$1.new"; return; fi
  mv "$1.new" "$1"
  was_written=yes
  did "wrote $1"
}

make_folder() { # PATH OWNER GROUP MODE, below root's folders only
  [ -d "$1" ] && [ "$(stat -c %U:%G:%a "$1")" = "$2:$3:$4" ] && return
  install -d -o "$2" -g "$3" -m "$4" "$1"
  did "made folder $1"
}

# --- Checks: nothing is changed before all of them have passed --------------------------------------------------------

check_all() {
  check_root
  check_parameters
  check_system
  check_account
  check_node
}

check_root() { [ "$(id -u)" = 0 ] || refuse 'this must be run as root.'; }

check_name() {
  echo "$account" | grep -Eqx '[a-z]{2,16}' || refuse "the account's name must be 2 to 16 small letters."
}

check_parameters() {
  check_name
  echo "$slots" | grep -Eqx '[1-9][0-9]{0,2}' || refuse 'the number of slots must be 1 to 999.'
  for port in "$http_port" "$https_port"; do
    echo "$port" | grep -Eqx '[1-9][0-9]{0,4}' && [ "$port" -le 65535 ] || refuse "$port is no port."
  done
  [ "$http_port" -ne "$https_port" ] || refuse 'HTTP and HTTPS need a port each.'
  case "$public_key" in
    ssh-ed25519\ AAAA* | ssh-rsa\ AAAA* | ecdsa-sha2-nistp*\ AAAA* | sk-*@openssh.com\ AAAA*) ;;
    *) refuse 'public_key must be one line of a .pub file.' ;;
  esac
  [ "$(printf '%s' "$public_key" | wc -l)" -eq 0 ] || refuse 'public_key must be one line.'
}

check_system() {
  ID='' VERSION_ID='' PRETTY_NAME='an unknown system'
  [ -r /etc/os-release ] && . /etc/os-release
  case "$ID" in
    debian) system=Debian oldest=12 ;;
    ubuntu) system=Ubuntu oldest=24.04 ;;
    *) refuse "this is $PRETTY_NAME; Debian 12 or newer, or Ubuntu 24.04 or newer is needed." ;;
  esac
  printf '%s\n%s\n' "$oldest" "$VERSION_ID" | sort -CV || refuse "this is $PRETTY_NAME; $system $oldest or newer is needed."
}

# What has our names and was not made by this script is somebody else's.
check_account() {
  if is_ours; then
    before=$(ls "$config/php/pool.d" 2>/dev/null | wc -l)
    [ "$slots" -ge "$before" ] || refuse "there are $before slots already, and sites may be in them; there can only be more."
    # shellcheck disable=SC2046 # a list of words
    check_names $(slot_names)
    return
  fi
  # shellcheck disable=SC2046 # a list of words
  check_names "$account" $(slot_names)
  for folder in "$config" "$home"; do
    [ -e "$folder" ] && refuse "there is $folder, which this script did not make; choose another name."
  done
  return 0
}

# A slot with a pool is ours. So is one with our marks: of a run that was broken off before it made the pools.
check_names() { # NAME...
  database_accounts=$(echo 'SELECT User FROM mysql.global_priv' | sql 2>/dev/null || true)
  for name in "$@"; do
    [ ! -f "$config/php/pool.d/$name.conf" ] || continue
    has_account "$name" && ! { is_ours && is_slot "$name"; } &&
      refuse "there is an account $name that this script did not make; choose another name."
    echo "$database_accounts" | grep -qx "$name" &&
      refuse "there is a database account $name that this script did not make; choose another name."
  done
  return 0
}

check_node() {
  if has_program node; then
    version=$(node --version | tr -d v)
    where='installed'
  else
    apt-get update -q >/dev/null || refuse 'apt-get update failed; see above.'
    version=$(apt-cache policy nodejs | sed -n 's/ *Candidate: *\([0-9.]*\).*/\1/p')
    where='what this system would install'
  fi
  [ "${version%%.*}" -ge 18 ] 2>/dev/null || refuse "Node 18 or newer is needed; $where is ${version:-nothing}."
}

# --- Packages ---------------------------------------------------------------------------------------------------------

install_packages() {
  wanted='openssh-server rsync curl mariadb-server'
  has_program node || wanted="$wanted nodejs"
  has_program nginx || { hold nginx; wanted="$wanted nginx"; }
  find_php_version
  [ -x "/usr/sbin/php-fpm$php_version" ] || hold "php$php_version-fpm"
  for part in fpm cli mysql gd curl mbstring xml zip intl; do wanted="$wanted php$php_version-$part"; done
  [ "$with_git" = no ] || wanted="$wanted git"
  [ "$with_certbot" = no ] || wanted="$wanted certbot"
  [ "$with_composer" = no ] || wanted="$wanted composer unzip"
  missing=''
  for package in $wanted; do is_installed "$package" || missing="$missing $package"; done
  [ -n "$missing" ] || return 0
  say "Installing$missing"
  apt-get update -q >/dev/null
  # shellcheck disable=SC2086 # a list of words
  apt-get install -q -y --no-install-recommends $missing >/dev/null
  did "installed$missing"
}

find_php_version() {
  php_version=$(recorded phpVersion)
  [ -n "$php_version" ] || php_version=$(ls /usr/sbin | sed -n 's/^php-fpm\([0-9.]*\)$/\1/p' | sort -V | tail -n 1)
  [ -n "$php_version" ] || apt-get update -q >/dev/null
  [ -n "$php_version" ] || php_version=$(apt-cache depends php-fpm | sed -n 's/.*Depends: php\([0-9.]*\)-fpm/\1/p')
  [ -n "$php_version" ] || fail 'there is no package of PHP-FPM.'
}

find_php() {
  php_fpm="/usr/sbin/php-fpm$php_version"
  [ -x "$php_fpm" ] || fail "there is no $php_fpm."
  nginx=$(command -v nginx) || fail 'there is no nginx.'
}

# The distribution's own service would run as root, on our ports. It is kept from starting; its files stay as they are.
# A service that was there before us is somebody's, and is left alone.
hold() {
  has_systemd || return 0
  systemctl mask --quiet "$1.service"
  echo "masked $1.service" >>"$made"
  did "masked $1.service: the distribution's own would run as root"
}

# --- Accounts ---------------------------------------------------------------------------------------------------------

make_accounts() {
  was_there=yes
  if ! has_account "$account"; then
    was_there=''
    # A password that nothing fits. None at all would count as locked, and sshd refuses the key of a locked account.
    useradd --user-group --no-create-home --home-dir "$home" --shell /bin/bash --password no-password "$account"
    did "made account $account, which hosts"
  fi
  before=$(id -nG "$account")
  for slot in $(slot_names); do
    has_account "$slot" && continue
    # Numbers of their own, so that the next ordinary account is not numbered after them.
    useradd --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin \
      -K UID_MIN=70000 -K UID_MAX=79999 -K GID_MIN=70000 -K GID_MAX=79999 "$slot"
    did "made account $slot, a slot"
  done
  usermod -aG "$(slot_names | paste -sd, -)" "$account"
  [ "$before" = "$(id -nG "$account")" ] || { groups_changed=yes nginx_changed=yes; }
  deny_timers
}

# A slot's crontab would outlive its site.
deny_timers() {
  deny_in /etc/cron.deny
  # Without this file nobody but root may use at; making it would let everybody.
  [ ! -f /etc/at.deny ] || deny_in /etc/at.deny
}

deny_in() {
  for slot in $(slot_names); do
    grep -qsx "$slot" "$1" && continue
    echo "$slot" >>"$1"
    did "denied $slot in $1"
  done
}

# --- Folders ----------------------------------------------------------------------------------------------------------

make_folders() {
  make_folder "$config/php" root root 755
  make_folder "$config/php/pool.d" root root 755
  make_folder "$doors" root root 755
  make_folder "$logs" root root 755
  make_folder "$state" root root 711
  for slot in $(slot_names); do
    make_folder "$state/$slot" root "$slot" 750
    make_folder "$state/$slot/tmp" "$slot" "$slot" 700
    make_folder "$state/$slot/sess" "$slot" "$slot" 700
  done
  [ -d "$home" ] || make_folder "$home" "$account" "$account" 711
  # From here on it is the account's own, made by the account.
  # shellcheck disable=SC2016 # expanded there
  as_account sh -eu -c '
    cd "$1"
    for private in .ssh .hosting-desk backups nginx nginx/log nginx/tmp nginx/run nginx/vhost.d; do
      [ -d "$private" ] || { mkdir -m 700 "$private"; echo "+ made folder $1/$private"; }
    done
    for open in slots:711 sites:711 platforms:755; do
      [ -d "${open%:*}" ] || { mkdir -m "${open#*:}" "${open%:*}"; echo "+ made folder $1/${open%:*}"; }
    done
    for slot in $3; do
      [ -d "slots/$slot" ] && continue
      mkdir "slots/$slot" && chgrp "$slot" "slots/$slot" && chmod 2750 "slots/$slot"
      echo "+ made folder $1/slots/$slot"
    done
    if ! grep -qsxF "$2" .ssh/authorized_keys; then
      umask 077
      echo "$2" >>.ssh/authorized_keys
      echo "+ let the key in"
    fi' sh "$home" "$public_key" "$(slot_names)"
}

# --- PHP: the doors, one master, one pool a slot ----------------------------------------------------------------------

# The doors are how the sandbox user does something as a slot: scripts of root's that it asks for over the slot's socket.
make_doors() {
  : # @doors: the build puts the files of door/ here
}

make_php() {
  write_file "$config/php/php.ini" 644 <<END
; Written by the bootstrap script of Hosting Desk.
expose_php = Off
display_errors = Off
log_errors = On
memory_limit = 256M
post_max_size = 128M
upload_max_filesize = 128M
max_execution_time = 60
cgi.fix_pathinfo = 0
; One slot must not run what another slot has in the cache, empty it, or list it.
opcache.validate_permission = 1
; What a site finds as its settings is what lies there now, not what lay there a second ago.
opcache.revalidate_freq = 0
opcache.restrict_api = /nonexistent
opcache.lockfile_path = $sockets
; Its memory is one for all slots.
apc.enabled = 0
END
  php_changed="$was_written"
  write_file "$config/php/fpm.conf" 644 <<END
; Written by the bootstrap script of Hosting Desk.
[global]
error_log = $logs/fpm.log
process.max = 64
process_control_timeout = 10s
include = $config/php/pool.d/*.conf
END
  php_changed="$php_changed$was_written"
  for slot in $(slot_names); do
    write_file "$config/php/pool.d/$slot.conf" 644 <<END
; Written by the bootstrap script of Hosting Desk.
[$slot]
user = $slot
group = $slot
listen = $sockets/$slot.sock
listen.owner = $account
listen.group = $account
listen.mode = 0600
pm = ondemand
pm.max_children = 5
pm.process_idle_timeout = 10s
pm.max_requests = 500
security.limit_extensions = .php
clear_env = yes
env[HD_SLOT_STATE] = $state/$slot
env[TMPDIR] = $state/$slot/tmp
php_admin_value[upload_tmp_dir] = $state/$slot/tmp
php_admin_value[sys_temp_dir] = $state/$slot/tmp
php_admin_value[session.save_path] = $state/$slot/sess
php_admin_value[session.gc_probability] = 1
php_admin_value[error_log] = $state/$slot/tmp/php-error.log
php_admin_value[mysqli.default_socket] = $mariadb_socket
php_admin_value[pdo_mysql.default_socket] = $mariadb_socket
END
    php_pools_changed="$php_pools_changed$was_written"
  done
}

# Debian's package of WordPress looks for a site's configuration here, when it is called by this name; the web server says
# where the site's own lies. It names no account: all sandbox users of a machine have the same.
make_wordpress() {
  make_folder /etc/wordpress root root 755
  write_file "$wordpress_config" 644 <<'END'
<?php
// Written by the bootstrap script of Hosting Desk.
$file = $_SERVER['HD_SITE_CONFIG'] ?? '';
if (!is_string($file) || !str_ends_with($file, '/wp-config.php')) {
    http_response_code(503);
    exit('No such site.');
}
require $file;
END
}

# --- MariaDB: accounts by their socket, without passwords, and nobody who may make accounts ---------------------------

make_database_accounts() {
  has_systemd && systemctl enable --quiet --now mariadb
  echo 'SELECT 1' | sql >/dev/null || fail "MariaDB does not answer root at $mariadb_socket."
  statements=$(database_statements)
  [ -n "$statements" ] || return 0
  printf '%s\n' "$statements" | sql
  changed=yes
}

# What is missing. The account has its slots' databases one slot at a time: a pattern would fit strangers' as well.
database_statements() {
  known=$(echo 'SELECT User FROM mysql.global_priv' | sql)
  granted=$(echo "SELECT REPLACE(Db, CHAR(92), '') FROM mysql.db WHERE User = '$account' AND Host = 'localhost'" | sql)
  for user in "$account" $(slot_names); do
    echo "$known" | grep -qx "$user" && continue
    if [ "$user" = "$account" ]; then limits='WITH MAX_USER_CONNECTIONS 20'; else limits=''; fi
    printf 'CREATE USER `%s`@localhost IDENTIFIED VIA unix_socket %s;\n' "$user" "$limits"
    [ "$user" = "$account" ] || grant "$user" "$user"
    did "made the database account $user" >&2
  done
  for slot in $(slot_names); do
    echo "$granted" | grep -Fqx "${slot}_%" || grant "$slot" "$account"
  done
  # Patterns of earlier versions of this script.
  for digits in __ ___; do
    echo "$granted" | grep -Fqx "$account${digits}_%" || continue
    printf 'REVOKE ALL PRIVILEGES ON `%s\\_%%`.* FROM `%s`@localhost;\n' "$account$digits" "$account"
    did "took from the database account $account the pattern that fits strangers' databases" >&2
  done
}

grant() { # SLOT USER
  printf 'GRANT ALL PRIVILEGES ON `%s\\_%%`.* TO `%s`@localhost;\n' "$1" "$2"
}

# --- nginx: its master runs as the sandbox user, with the one right to open low ports ---------------------------------

make_nginx() {
  http_port=$(port_for httpPort "$http_port" 8080)
  https_port=$(port_for httpsPort "$https_port" 8443)
  # What answers until the server is verified for the first time.
  # shellcheck disable=SC2016 # expanded there
  as_account sh -eu -c '
    cd "$1/nginx"
    [ ! -e nginx.conf ] || exit 0
    cat >nginx.conf
    echo "+ wrote $1/nginx/nginx.conf"' sh "$home" <<END
pid $home/nginx/run/nginx.pid;
error_log $home/nginx/log/error.log;
events {}
http {
  access_log off;
  client_body_temp_path $home/nginx/tmp/client_body;
  proxy_temp_path $home/nginx/tmp/proxy;
  fastcgi_temp_path $home/nginx/tmp/fastcgi;
  uwsgi_temp_path $home/nginx/tmp/uwsgi;
  scgi_temp_path $home/nginx/tmp/scgi;
  disable_symlinks if_not_owner;
  server { listen $http_port; return 444; }
}
END
  has_systemd || return 0
  write_nginx_unit
  nginx_changed="$nginx_changed$was_written"
  write_php_unit
  php_changed="$php_changed$was_written"
  write_upgrade_units
}

# The port that was recorded, else the wanted one, else the first free one from a start.
port_for() { # NAME WANTED START
  [ -z "$(recorded "$1")" ] || { recorded "$1"; return; }
  port="$2"
  is_taken "$port" && port="$3"
  while is_taken "$port"; do port=$((port + 1)); done
  [ "$port" = "$2" ] || did "took port $port, as something else listens on $2" >&2
  echo "$port"
}

is_taken() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    awk -v port=":$(printf '%04X' "$1")\$" '$4 == "0A" && $2 ~ port { found = 1 } END { exit found ? 0 : 1 }'
}

nginx_command() { echo "$nginx -c $home/nginx/nginx.conf -e stderr"; }
php_command() { echo "$php_fpm --nodaemonize -y $config/php/fpm.conf -c $config/php/php.ini"; }

write_nginx_unit() {
  write_file "$nginx_unit" 644 <<END
[Unit]
Description=nginx of Hosting Desk, as $account
After=network-online.target nss-lookup.target
Wants=network-online.target
[Service]
Type=exec
User=$account
Group=$account
UMask=0027
ExecStartPre=$(nginx_command) -t -q
ExecStart=$(nginx_command) -g "daemon off;"
ExecReload=/bin/kill -HUP \$MAINPID
KillSignal=SIGQUIT
KillMode=mixed
TimeoutStopSec=15
Restart=on-failure
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
LimitNOFILE=65536
ProtectSystem=strict
ReadWritePaths=$home/nginx
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectProc=invisible
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
[Install]
WantedBy=multi-user.target
END
}

# The master changes into the slots' accounts, so it starts as root: with four rights of root's only, and nothing to
# read that the sandbox user or a slot writes.
write_php_unit() {
  write_file "$php_unit" 644 <<END
[Unit]
Description=PHP of Hosting Desk, one pool a slot
Before=$account-nginx.service
[Service]
Type=notify
UMask=0007
RuntimeDirectory=$account-php
RuntimeDirectoryMode=0711
LogsDirectory=$account-php
ExecStartPre=$php_fpm -t -y $config/php/fpm.conf -c $config/php/php.ini
ExecStart=$(php_command)
ExecReload=/bin/kill -USR2 \$MAINPID
Restart=on-failure
CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_CHOWN CAP_KILL
NoNewPrivileges=yes
LimitNOFILE=65536
TasksMax=1024
MemoryMax=60%
ProtectSystem=strict
ReadWritePaths=$home/slots $state
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectProc=invisible
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SocketBindDeny=any
IPAddressDeny=169.254.0.0/16
[Install]
WantedBy=multi-user.target
END
}

# The distribution restarts its own services after an upgrade, not ours.
write_upgrade_units() {
  write_file "$upgrade_unit.path" 644 <<END
[Unit]
Description=Looks for new programs of nginx and PHP
[Path]
PathChanged=$nginx
PathChanged=$php_fpm
[Install]
WantedBy=multi-user.target
END
  write_file "$upgrade_unit.service" 644 <<END
[Unit]
Description=Restarts nginx and PHP of Hosting Desk after their upgrade
[Service]
Type=oneshot
ExecStartPre=/bin/sleep 30
ExecStart=/bin/systemctl try-restart $account-php.service $account-nginx.service
END
}

# --- The end ----------------------------------------------------------------------------------------------------------

write_summary() {
  has_namespaces=false
  as_account unshare -U -n --map-current-user --keep-caps true 2>/dev/null && has_namespaces=true
  check_links
  write_file "$summary" 644 <<END
{
  "format": 1,
  "account": "$account",
  "slots": [$(slot_names | sed 's/.*/"&"/' | paste -sd, -)],
  "slotsFolder": "$home/slots",
  "stateFolder": "$state",
  "socketFolder": "$sockets",
  "doorFolder": "$doors",
  "phpVersion": "$php_version",
  "phpBinary": "/usr/bin/php$php_version",
  "mariadbSocket": "$mariadb_socket",
  "httpPort": $http_port,
  "httpsPort": $https_port,
  "hasUserNamespaces": $has_namespaces,
  "scriptVersion": $script_version
}
END
}

# A hard link of a slot's to a private file would be served by nginx.
check_links() {
  [ "$(cat /proc/sys/fs/protected_hardlinks)" = 1 ] && return
  write_file "/etc/sysctl.d/60-$account.conf" 644 <<END
fs.protected_hardlinks = 1
fs.protected_symlinks = 1
END
  sysctl -q -p "/etc/sysctl.d/60-$account.conf"
}

start_services() {
  if has_systemd; then start_units; else start_commands; fi
}

start_units() {
  systemctl daemon-reload
  systemctl enable --quiet "$account-php" "$account-nginx"
  systemctl enable --quiet --now "$account-upgrade.path"
  if [ -n "$php_changed" ]; then
    systemctl restart "$account-php"
  elif [ -n "$php_pools_changed" ]; then
    systemctl reload-or-restart "$account-php"
  fi
  # Groups of new slots do not reach an nginx that runs.
  [ -z "$nginx_changed" ] || systemctl restart "$account-nginx"
  systemctl start "$account-php" "$account-nginx"
}

# Where there is no systemd, the units' own command lines, with the same rights. They end with the machine.
start_commands() {
  make_folder "$sockets" root root 711
  start_php
  start_nginx
}

start_php() {
  if is_running php; then
    [ -n "$php_changed$php_pools_changed" ] || return 0
    kill -USR2 "$(cat "$sockets/php.pid")"
    did 'reloaded PHP'
    return
  fi
  rm -f "$sockets"/*.sock                    # of a master that was killed
  (umask 007; in_background php setpriv --no-new-privs --inh-caps=-all \
    --bounding-set=-all,+setuid,+setgid,+chown,+kill sh -c "exec $(php_command)")
  wait_until [ -S "$sockets/${account}01.sock" ] || fail "PHP-FPM did not start; see $logs."
  did 'started PHP'
}

start_nginx() {
  if is_running nginx; then
    [ -n "$nginx_changed" ] || return 0
    kill -QUIT "$(cat "$sockets/nginx.pid")"
    wait_until is_stopped nginx || fail 'nginx does not end.'
  fi
  # A master that was killed leaves its file, and workers that hold the ports.
  as_account rm -f "$home/nginx/run/nginx.pid"
  as_account pkill -QUIT -u "$account" -f '^nginx: worker process' || true
  (umask 027; in_background nginx setpriv --reuid "$account" --regid "$account" --init-groups --no-new-privs \
    --inh-caps=-all,+net_bind_service --ambient-caps=-all,+net_bind_service --bounding-set=-all,+net_bind_service \
    sh -c "exec $(nginx_command) -g 'daemon off;'")
  wait_until [ -s "$home/nginx/run/nginx.pid" ] || fail "nginx did not start; see $logs."
  did 'started nginx'
}

# Who is dead and was not collected has no command line any more, and a number may have gone to somebody else.
is_running() {
  [ -f "$sockets/$1.pid" ] &&
    grep -qsF -e "$home/nginx/nginx.conf" -e "$config/php/fpm.conf" "/proc/$(cat "$sockets/$1.pid")/cmdline"
}
is_stopped() { is_running "$1" && return 1 || return 0; }

wait_until() { # COMMAND...: within five seconds
  for try in $(seq 50); do "$@" && return; sleep 0.1; done
  return 1
}

in_background() { # NAME COMMAND...
  pid_file="$sockets/$1.pid" log_file="$logs/$1.log"
  shift
  cd /
  setsid "$@" </dev/null >>"$log_file" 2>&1 &
  echo $! >"$pid_file"
}

say_result() {
  [ -n "$changed" ] || say 'Nothing had to be changed.'
  [ -z "$groups_changed" ] || [ -z "$was_there" ] || say "Open sessions of $account do not have the new slots: log in anew."
  say "Ready: $account, $slots slots, PHP $php_version, ports $http_port and $https_port."
}

# --- The inverse ------------------------------------------------------------------------------------------------------

remove_all() {
  [ "$1" = '' ] || [ "$1" = --with-data ] || refuse "unknown argument $1"
  is_ours || { say 'There is nothing of this account to remove.'; return; }
  mariadb_socket=$(recorded mariadbSocket)
  mariadb_socket=${mariadb_socket:-/run/mysqld/mysqld.sock}
  [ "$1" = --with-data ] || refuse_while_used
  stop_services
  remove_databases
  for file in /etc/cron.deny /etc/at.deny; do
    [ ! -f "$file" ] || { made_slots | grep -Fvx -f - "$file" >"$file.new" || true; mv "$file.new" "$file"; }
  done
  # A group goes with its account once nobody else is in it: the sandbox user first.
  for user in "$account" $(made_slots); do remove_account "$user"; done
  # Their processes are gone, so that nobody can put a link in the way; rm does not go through links.
  for folder in "$home" "$state" "$doors" "$sockets" "$logs"; do rm -rf "$folder"; did "removed $folder"; done
  unmask
  rm -rf "$config" "/etc/sysctl.d/60-$account.conf"
  remove_wordpress
  say 'Removed. The packages stay.'
}

# An account that is only named like a slot is somebody else's, and so are its databases.
made_slots() {
  for name in $(getent passwd | cut -d: -f1 | grep -Ex "$account[0-9]{2,3}"); do
    ! is_slot "$name" || echo "$name"
  done
}

refuse_while_used() {
  for folder in "$home/slots/$account"[0-9]*/* "$home"/sites/* "$home"/backups/*; do
    [ -e "$folder" ] && refuse "$folder is still there; delete the sites first, or add --with-data."
  done
  left=$(data_bases | head -n 1)
  [ -z "$left" ] || refuse "the database $left is still there; delete the sites first, or add --with-data."
}

data_bases() {
  names=$(echo 'SHOW DATABASES' | sql || true)
  for slot in $(made_slots); do echo "$names" | grep "^${slot}_" || true; done
}

stop_services() {
  if has_systemd; then
    for unit in nginx.service php.service upgrade.path; do
      systemctl disable --quiet --now "$account-$unit" 2>/dev/null || true
    done
    rm -f "$nginx_unit" "$php_unit" "$upgrade_unit.path" "$upgrade_unit.service"
    systemctl daemon-reload
  else
    for name in nginx php; do
      ! is_running "$name" || kill -TERM "$(cat "$sockets/$name.pid")" 2>/dev/null || true
    done
  fi
  did 'stopped nginx and PHP'
}

remove_databases() {
  # A slot names its databases as it likes: a backtick must not end the name.
  { data_bases | sed 's/`/``/g; s/.*/DROP DATABASE `&`;/'
    for user in "$account" $(made_slots); do printf 'DROP USER IF EXISTS `%s`@localhost;\n' "$user"; done
  } | sql || say "MariaDB does not answer: its accounts of $account stay."
}

remove_account() {
  has_account "$1" || return 0
  for try in $(seq 20); do
    pids=$(ps -o pid= -u "$1" || true)
    [ -n "$pids" ] || break
    # shellcheck disable=SC2086 # a list of numbers
    kill -KILL $pids 2>/dev/null || true
    sleep 0.1
  done
  crontab -r -u "$1" 2>/dev/null || true
  userdel "$1"
  did "removed account $1"
}

# Unless another sandbox user of this machine still needs it.
remove_wordpress() {
  [ -z "$(ls /etc/*/machine.json 2>/dev/null)" ] || return 0
  rm -f "$wordpress_config"
  rmdir /etc/wordpress 2>/dev/null || true
}

unmask() {
  [ -f "$made" ] || return 0
  sed -n 's/^masked //p' "$made" | while read -r unit; do systemctl unmask --quiet "$unit"; done
}

# Standard input may be this script.
hosting_desk_bootstrap "$@" </dev/null
