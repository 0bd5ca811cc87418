#!/usr/bin/env bash
# Runs two federated SPIRE trust domains on 127.0.0.1 for tests: org-a.test and org-b.test,
# each with one server and one agent.
#
#   two-domains.sh start  DIR   bring everything up (may be run again at any time; only what is missing is done)
#   two-domains.sh check  DIR   fetch an X509-SVID and a JWT-SVID on both sides, validate across, list bundles
#   two-domains.sh env    DIR   print the variables of a running pair as NAME=VALUE lines
#   two-domains.sh status DIR   say which of the four processes run
#   two-domains.sh stop   DIR   end the processes named by the pid files under DIR, and nothing else
#   two-domains.sh stop-agent|start-agent|stop-server|start-server DIR a|b   the same for one process
#   two-domains.sh wipe   DIR   stop, then delete what start made under DIR
#
# Variables: SPIRE_BIN (folder of spire-server and spire-agent; else PATH, else where install.sh puts them),
#   PORT_BASE (default 28080; uses +1 +2 +11 +12; the one of the first start stays), PROFILE (https_spiffe or https_web, default https_spiffe),
#   CA_TTL (24h), X509_TTL (1h), JWT_TTL (5m), LOG_LEVEL (INFO), WAIT (seconds to wait for one step, 30).
set -euo pipefail

verb=${1:-}
root=${2:-}
if [ -z "$verb" ] || [ -z "$root" ]; then
  sed -n '2,16p' "$0" | sed 's/^# \{0,1\}//' >&2
  exit 2
fi

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(mkdir -p "$root" && cd "$root" && pwd)
WAIT=${WAIT:-30}
export LOG_LEVEL=${LOG_LEVEL:-INFO} CA_TTL=${CA_TTL:-24h} X509_TTL=${X509_TTL:-1h} JWT_TTL=${JWT_TTL:-5m}

# A unix socket path may have at most 107 bytes on Linux.
longest="$root/a/server.sock"
if [ ${#longest} -gt 107 ]; then
  echo "DIR is too long for a unix socket: $longest has ${#longest} bytes, 107 are possible" >&2
  exit 2
fi

find_tool() {
  local dir
  for dir in "${SPIRE_BIN:-}"; do
    if [ -n "$dir" ] && [ -x "$dir/$1" ]; then echo "$dir/$1"; return; fi
  done
  command -v "$1" || {
    dir=${XDG_CACHE_HOME:-$HOME/.cache}/comity/spire-1.13.3
    if [ -x "$dir/$1" ]; then echo "$dir/$1"; return; fi
    echo "$1 not found; set SPIRE_BIN, or run install.sh" >&2
    exit 3
  }
}

# side a|b -> sets and exports the variables that the two .conf files use
side() {
  local off peer_off
  if [ "$1" = a ]; then TD=org-a.test PEER_TD=org-b.test off=0 peer_off=10
  else TD=org-b.test PEER_TD=org-a.test off=10 peer_off=0; fi
  HOME_DIR=$root/$1
  API_PORT=$((PORT_BASE + off + 1)) BUNDLE_PORT=$((PORT_BASE + off + 2))
  PEER_BUNDLE_PORT=$((PORT_BASE + peer_off + 2))
  if [ "$PROFILE" = https_web ]; then
    PEER_HOST=localhost
    SERVE_PROFILE="profile \"https_web\" { serving_cert_file { cert_file_path = \"$root/web/leaf.pem\" key_file_path = \"$root/web/leaf.key\" file_sync_interval = \"1h\" } }"
    FETCH_PROFILE='bundle_endpoint_profile "https_web" {}'
  else
    PEER_HOST=127.0.0.1
    SERVE_PROFILE='profile "https_spiffe" {}'
    FETCH_PROFILE="bundle_endpoint_profile \"https_spiffe\" { endpoint_spiffe_id = \"spiffe://$PEER_TD/spire/server\" }"
  fi
  export TD PEER_TD HOME_DIR API_PORT BUNDLE_PORT PEER_BUNDLE_PORT PEER_HOST SERVE_PROFILE FETCH_PROFILE
}

# alive PIDFILE NAME: true when the pid in the file is a running process of ours, not a recycled number or a zombie.
# No "| grep -q" in this script: with pipefail, grep leaving early makes the writer fail and the test turn false at random.
alive() {
  local pid cmd envs
  [ -s "$1" ] || return 1
  pid=$(cat "$1")
  [ -d "/proc/$pid" ] || return 1
  cmd=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") || return 1
  envs=$(tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ") || return 1
  [[ $cmd == *"$2 run -config $here/"* && $'\n'$envs$'\n' == *$'\n'"HOME_DIR=$HOME_DIR"$'\n'* ]]
}

# dead PIDFILE: the process is gone or only waits to be reaped (used right after a launch, before its exec shows)
dead() {
  local line
  line=$(cat "/proc/$(cat "$1")/stat" 2>/dev/null) || return 0
  line=${line##*) }
  [[ ${line%% *} == [ZX] ]]
}

# launch NAME ARGS...: background process, own session, log and pid file under HOME_DIR
launch() {
  local name=$1; shift
  setsid "$@" </dev/null >>"$HOME_DIR/$name.log" 2>&1 &
  echo $! >"$HOME_DIR/$name.pid"
}

# until_ok WHAT NAME COMMAND...: try every 0.1 s; give up after WAIT seconds or when the process has died
until_ok() {
  local what=$1 name=$2; shift 2
  local stop=$((SECONDS + WAIT))
  until "$@" >/dev/null 2>&1; do
    if dead "$HOME_DIR/$name.pid"; then
      echo "$TD: $name ended while waiting for: $what" >&2; tail -n 5 "$HOME_DIR/$name.log" >&2; exit 4
    fi
    if [ $SECONDS -ge $stop ]; then
      echo "$TD: gave up after $WAIT s waiting for: $what" >&2; tail -n 5 "$HOME_DIR/$name.log" >&2; exit 4
    fi
    sleep 0.1
  done
}

srv() { "$SERVER" "$@" -socketPath "$HOME_DIR/server.sock"; }

# A private CA and a server certificate for the https_web profile, made once. The leaf is for localhost and 127.0.0.1.
web_pki() {
  local d=$root/web
  [ -s "$d/leaf.pem" ] && return
  mkdir -p "$d"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=test web CA" \
    -keyout "$d/ca.key" -out "$d/ca.pem" 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" \
    -keyout "$d/leaf.key" -out "$d/leaf.csr" 2>/dev/null
  printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' >"$d/leaf.ext"
  openssl x509 -req -in "$d/leaf.csr" -CA "$d/ca.pem" -CAkey "$d/ca.key" -CAcreateserial -days 30 \
    -extfile "$d/leaf.ext" -out "$d/leaf.pem" 2>/dev/null
}

remember_profile() { # the profile and the ports of the first start stay those of this DIR
  if [ -s "$root/profile" ]; then read -r PROFILE PORT_BASE <"$root/profile"
  else PROFILE=${PROFILE:-https_spiffe} PORT_BASE=${PORT_BASE:-28080}; fi
  case $PROFILE in https_spiffe|https_web) ;; *) echo "PROFILE: https_spiffe or https_web" >&2; exit 2 ;; esac
}

print_env() {
  local s up
  for s in a b; do
    side "$s"; up=${s^^}
    echo "ORG_${up}_TRUST_DOMAIN=$TD"
    echo "ORG_${up}_WORKLOAD_ID=spiffe://$TD/workload"
    echo "ORG_${up}_ENDPOINT_SOCKET=unix://$HOME_DIR/agent.sock"
    echo "ORG_${up}_SERVER_SOCKET=$HOME_DIR/server.sock"
    echo "ORG_${up}_BUNDLE_ENDPOINT=https://$([ "$PROFILE" = https_web ] && echo localhost || echo 127.0.0.1):$BUNDLE_PORT"
    echo "ORG_${up}_BUNDLE_PROFILE=$PROFILE"
    echo "ORG_${up}_BUNDLE_ENDPOINT_ID=spiffe://$TD/spire/server"
    echo "ORG_${up}_BOOTSTRAP_BUNDLE=$HOME_DIR/bundle.json"
  done
  if [ "$PROFILE" = https_web ]; then echo "ORG_WEB_CA=$root/web/ca.pem"; fi
}

start() {
  local s token_arg
  SERVER=$(find_tool spire-server) AGENT=$(find_tool spire-agent)
  remember_profile
  echo "$PROFILE $PORT_BASE" >"$root/profile"
  if [ "$PROFILE" = https_web ]; then
    web_pki
    export SSL_CERT_FILE=$root/web/ca.pem   # Go programs read their "system" roots from here
  fi

  # 1. both servers at once, then wait for both
  for s in a b; do
    side "$s"; mkdir -p "$HOME_DIR/server" "$HOME_DIR/agent"; chmod 700 "$HOME_DIR"
    if ! alive "$HOME_DIR/spire-server.pid" spire-server; then
      launch spire-server "$SERVER" run -config "$here/server.conf" -expandEnv
    fi
  done
  for s in a b; do side "$s"; until_ok "server health" spire-server srv healthcheck; done

  # 2. each bundle to a file; the peer takes it as the first one (https_spiffe cannot fetch without it)
  for s in a b; do
    side "$s"
    srv bundle show -format spiffe >"$HOME_DIR/bundle.json"
    srv bundle show -format pem >"$HOME_DIR/bootstrap.pem"
  done
  for s in a b; do
    side "$s"
    srv bundle set -format spiffe -id "spiffe://$PEER_TD" -path "$root/$([ "$s" = a ] && echo b || echo a)/bundle.json" >/dev/null
    srv federation refresh -id "spiffe://$PEER_TD" >>"$HOME_DIR/spire-server.log" 2>&1 || true
  done

  # 3. the workload entry, under a fixed entry ID so that a second start finds it
  for s in a b; do
    side "$s"
    if [[ $(srv entry show -entryID comity-workload 2>/dev/null) != *"Found 1 entry"* ]]; then
      srv entry create -entryID comity-workload -parentID "spiffe://$TD/host" -spiffeID "spiffe://$TD/workload" \
        -selector "unix:uid:$(id -u)" -federatesWith "spiffe://$PEER_TD" >/dev/null
    fi
  done

  # 4. the agents; a join token works once, so it is asked for only when the agent has no SVID of its own yet
  for s in a b; do
    side "$s"
    if ! alive "$HOME_DIR/spire-agent.pid" spire-agent; then
      token_arg=
      if ! [ -s "$HOME_DIR/agent/agent-data.json" ]; then
        token_arg=$(srv token generate -spiffeID "spiffe://$TD/host" | sed -n 's/^Token: *//p')
      fi
      launch spire-agent "$AGENT" run -config "$here/agent.conf" -expandEnv ${token_arg:+-joinToken "$token_arg"}
    fi
  done
  for s in a b; do
    side "$s"
    until_ok "first X509-SVID" spire-agent "$AGENT" api fetch x509 -silent -socketPath "$HOME_DIR/agent.sock"
  done
  print_env
}

check() {
  local s token out
  SERVER=$(find_tool spire-server) AGENT=$(find_tool spire-agent)
  remember_profile
  for s in a b; do
    side "$s"
    out=$("$AGENT" api fetch x509 -socketPath "$HOME_DIR/agent.sock")
    [[ $out == *"spiffe://$TD/workload"* && $out == *"[spiffe://$PEER_TD]"* ]]
    echo "$TD: X509-SVID with federated bundle of $PEER_TD: ok"
    [[ $(srv bundle list) == *"$PEER_TD"* ]]
    echo "$TD: bundle list has $PEER_TD: ok"
    out=$("$AGENT" api fetch jwt -audience "spiffe://$PEER_TD/workload" -socketPath "$HOME_DIR/agent.sock")
    token=$(sed -n '/^token(/{n;s/^[[:space:]]*//p}' <<<"$out")
    [[ $token == *.*.* ]]
    echo "$TD: JWT-SVID: ok"
    # the other side's agent has to accept it
    "$AGENT" api validate jwt -audience "spiffe://$PEER_TD/workload" -svid "$token" \
      -socketPath "$root/$([ "$s" = a ] && echo b || echo a)/agent.sock" >/dev/null
    echo "$TD: JWT-SVID validated by $PEER_TD: ok"
  done
}

status() {
  local s n
  remember_profile
  for s in a b; do
    side "$s"
    for n in spire-server spire-agent; do
      if alive "$HOME_DIR/$n.pid" "$n"; then echo "$TD $n runs, pid $(cat "$HOME_DIR/$n.pid")"; else echo "$TD $n does not run"; fi
    done
  done
}

# end_one NAME a|b
end_one() {
  local n=$1 pid i
  side "$2"
  if alive "$HOME_DIR/$n.pid" "$n"; then
    pid=$(cat "$HOME_DIR/$n.pid")
    kill -TERM "$pid"
    for i in $(seq 100); do alive "$HOME_DIR/$n.pid" "$n" || break; sleep 0.1; done
    if alive "$HOME_DIR/$n.pid" "$n"; then kill -KILL "$pid"; fi
    echo "$TD $n ended"
  fi
  rm -f "$HOME_DIR/$n.pid"
}

# begin_one NAME a|b: starts one that has run before, and waits until it answers
begin_one() {
  SERVER=$(find_tool spire-server) AGENT=$(find_tool spire-agent)
  side "$2"
  if [ "$PROFILE" = https_web ]; then export SSL_CERT_FILE=$root/web/ca.pem; fi
  if ! alive "$HOME_DIR/$1.pid" "$1"; then
    if [ "$1" = spire-server ]; then launch "$1" "$SERVER" run -config "$here/server.conf" -expandEnv
    else launch "$1" "$AGENT" run -config "$here/agent.conf" -expandEnv; fi
  fi
  if [ "$1" = spire-server ]; then until_ok "server health" "$1" srv healthcheck
  else until_ok "an X509-SVID" "$1" "$AGENT" api fetch x509 -silent -socketPath "$HOME_DIR/agent.sock"; fi
}

stop() {
  local s n
  remember_profile
  for n in spire-agent spire-server; do
    for s in a b; do end_one "$n" "$s"; done
  done
}

case $verb in
  start) start ;;
  check) check ;;
  env) remember_profile; print_env ;;
  status) status ;;
  stop) stop ;;
  stop-agent | stop-server | start-agent | start-server)
    case ${3:-} in a|b) ;; *) echo "usage: $verb DIR a|b" >&2; exit 2 ;; esac
    remember_profile
    if [[ $verb == stop-* ]]; then end_one "spire-${verb#stop-}" "$3"; else begin_one "spire-${verb#start-}" "$3"; fi
    ;;
  wipe) stop; rm -rf "$root/a" "$root/b" "$root/web" "$root/profile" ;;
  *) echo "unknown verb: $verb" >&2; exit 2 ;;
esac
