#!/usr/bin/env bash
# Builds spire-server and spire-agent with the Go toolchain into DIR, unless they are there already, and prints DIR.
#   install.sh [DIR]      DIR defaults to ${XDG_CACHE_HOME:-~/.cache}/comity/spire-1.13.3
# It takes about seven minutes on two cores. Two that run at once wait for each other.
set -euo pipefail
version=1.13.3
cache=${XDG_CACHE_HOME:-}
[[ $cache == /* ]] || cache=$HOME/.cache
bin=${1:-$cache/comity/spire-$version}
mkdir -p "$bin"
bin=$(cd "$bin" && pwd)

complete() { [ -x "$bin/spire-server" ] && [ -x "$bin/spire-agent" ]; }
if complete; then echo "$bin"; exit 0; fi
command -v go >/dev/null || { echo "Go is needed to build SPIRE $version, and was not found" >&2; exit 3; }

# The lock goes with the process that holds it. Where there is no flock, two builds at once are only slow.
if command -v flock >/dev/null; then
  exec 9>"$bin/.lock"
  flock -n 9 || { echo "SPIRE $version is being built by another process: waiting for it" >&2; flock 9; }
  if complete; then echo "$bin"; exit 0; fi
fi

work=$(mktemp -d)
beat=
finish() {
  if [ -n "$beat" ]; then kill "$beat" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT
echo "building SPIRE $version, which is done once and takes some minutes" >&2
(while sleep 30; do echo "  still building SPIRE ($((SECONDS / 60)) min $((SECONDS % 60)) s)" >&2; done) 9>&- &
beat=$!

cd "$work"
export GOFLAGS='-mod=mod -buildvcs=false'
# One indirect dependency is missing from the checksum database; every other module is still checked.
export GONOSUMDB=github.com/GoogleCloudPlatform/cloudsql-proxy
go mod init spiretools 2>/dev/null
for tool in spire-agent spire-server; do
  if [ -x "$bin/$tool" ]; then continue; fi
  # Not "go install …@version": not every module proxy answers that.
  go get -tool "github.com/spiffe/spire/cmd/$tool@v$version" >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 4; }
  go build -ldflags='-s -w' -o "$work/$tool" "github.com/spiffe/spire/cmd/$tool" >&2
  # Whole or not at all: first beside its place, then by a rename.
  mv "$work/$tool" "$bin/.$tool.new"
  mv "$bin/.$tool.new" "$bin/$tool"
  echo "  $tool is built" >&2
done
echo "$bin"
