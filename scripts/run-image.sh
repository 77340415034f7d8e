#!/usr/bin/env bash
# Runs an image under runc as a cluster would that trusts nobody: read-only root, no capabilities, no new privileges, no network.
#   scripts/run-image.sh [--unpacked FOLDER] LAYOUT:TAG [ARGUMENT...]
# Arguments follow the image's entrypoint in place of its cmd. As an ordinary user it runs rootless, in a user namespace. --unpacked keeps the
# files and the runtime's configuration in FOLDER, and uses them when they are there. /tmp is writable, and declared volumes are, which the
# image's user owns. Exit 125: this machine cannot start it, and the last line says why.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
export PATH=$PATH:/usr/sbin:/sbin
usage() { sed -n '2,6s/^# \{0,1\}//p' "$0"; }
if [[ ${1-} == --help || ${1-} == -h ]]; then usage; exit 0; fi
unpacked=
if [[ ${1-} == --unpacked ]]; then unpacked=$2; shift 2; fi
(($#)) || { usage >&2; exit 2; }
image=$1
shift
refuse() { say "$script: cannot run '$image': $*"; exit 125; }
for program in runc skopeo umoci jq; do command -v $program >/dev/null || refuse "there is no $program"; done

work=$(mktemp -d "${TMPDIR:-/tmp}/ashlar-run.XXXXXX")
container=
tidy() {
  if [[ -n $container ]]; then runc --root "$work/state" delete --force "$container" >/dev/null 2>&1 || true; fi
  chmod -R u+rwX "$work" 2>/dev/null
  rm -rf "$work"
}
trap tidy EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
trap 'exit 129' HUP
bundle=${unpacked:-$work/bundle}
rootless=()
if [[ $(id -u) != 0 ]]; then rootless=(--rootless); fi
if [[ ! -d $bundle/rootfs ]]; then
  mkdir -p "$(dirname "$bundle")"
  # This machine's platform alone: umoci reads no index.
  skopeo copy -q --insecure-policy "oci:$image" "oci:$work/one:image" >&2 || refuse "skopeo does not read it"
  skopeo inspect --config "oci:$work/one:image" > "$work/config.json"
  umoci unpack "${rootless[@]}" --image "$work/one:image" "$bundle" >&2 || refuse "umoci does not unpack it"
  cp "$work/config.json" "$bundle/image-config.json"
  rm -f "$bundle/config.json"
fi
rm -f "$bundle/config.json"
runc spec "${rootless[@]}" --bundle "$bundle"

user=$(jq -r '.config.User // "0"' "$bundle/image-config.json")
id=${user%%:*} group=${user#*:}
if ! [[ $id =~ ^[0-9]+$ ]]; then
  name=$id
  id=$(awk -F: -v name="$name" '$1 == name {print $3}' "$bundle/rootfs/etc/passwd" 2>/dev/null)
  [[ -n $id ]] || refuse "its user '$name' is not in its etc/passwd"
  group=$(awk -F: -v name="$name" '$1 == name {print $4}' "$bundle/rootfs/etc/passwd")
fi
[[ $group =~ ^[0-9]+$ ]] || group=$id
# Who is root inside a user namespace is us outside; the others come from the range that newuidmap may give us.
maps='[]' group_maps='[]'
if [[ $(id -u) != 0 ]]; then
  range() { awk -F: -v name="$(id -un)" -v number="$(id -u)" '$1 == name || $1 == number {print $2, $3; exit}' "$1" 2>/dev/null; }
  read -r first count < <(range /etc/subuid) || true
  read -r first_group count_group < <(range /etc/subgid) || true
  if [[ -z ${first-} || -z ${first_group-} ]] || ! command -v newuidmap >/dev/null; then
    refuse "rootless containers need newuidmap and ranges for $(id -un) in /etc/subuid and /etc/subgid"
  fi
  maps="[{\"containerID\":0,\"hostID\":$(id -u),\"size\":1},{\"containerID\":1,\"hostID\":$first,\"size\":$count}]"
  group_maps="[{\"containerID\":0,\"hostID\":$(id -g),\"size\":1},{\"containerID\":1,\"hostID\":$first_group,\"size\":$count_group}]"
fi
arguments='[]'
if (($#)); then arguments=$(printf '%s\0' "$@" | jq -Rs 'rtrimstr("\u0000") | split("\u0000")'); fi
jq --slurpfile image "$bundle/image-config.json" --argjson arguments "$arguments" --argjson id "$id" --argjson group "$group" \
   --argjson maps "$maps" --argjson group_maps "$group_maps" '
  $image[0].config as $config
  | .process.terminal = false
  | .process.args = (($config.Entrypoint // []) + (if $arguments == [] then $config.Cmd // [] else $arguments end))
  | .process.env = ($config.Env // [])
  | .process.cwd = (if ($config.WorkingDir // "") == "" then "/" else $config.WorkingDir end)
  | .process.user = {uid: $id, gid: $group}
  | .process.capabilities = {bounding: [], effective: [], permitted: []}
  | .process.noNewPrivileges = true
  | .root = {path: "rootfs", readonly: true}
  | .mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "mode=1777", "size=64m"]}]
  | .mounts += [($config.Volumes // {}) | keys[] | {destination: ., type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "mode=0755", "uid=\($id)", "gid=\($group)", "size=512m"]}]
  | .linux.namespaces = ([.linux.namespaces[] | select(.type != "network")] + [{type: "network"}])
  | if $maps == [] then . else .linux.uidMappings = $maps | .linux.gidMappings = $group_maps end
' "$bundle/config.json" > "$work/config.json"
cp "$work/config.json" "$bundle/config.json"

# In a sandbox of its own, a machine may leave no control group to write to: then without one.
state=$work/state name=ashlar-$$
for cgroups in auto true; do
  log=$work/log-$cgroups
  code=0
  container=$name-$cgroups
  # In the background, for a shell hears no signal while it waits for a program in the foreground.
  runc --root "$state" --rootless "$cgroups" --log "$log" run --bundle "$bundle" "$container" < /dev/null &
  wait $! || code=$?
  if [[ ! -s $log ]] || ! grep -q 'level=error' "$log"; then exit "$code"; fi
  if grep -q 'unable to start container process: exec:' "$log"; then exit 127; fi  # the image's fault, and said above
done
refuse "runc does not start: $(grep -m 1 'level=error' "$log" | sed 's/.*msg="\{0,1\}//; s/"$//; s/\\"/'\''/g')"
