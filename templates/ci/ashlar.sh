#!/bin/sh
# Runs ashlar in its own image, on the folder in which it is called: sh ci/ashlar.sh check .
# ASHLAR_IMAGE names the image by its digest. ASHLAR_ENGINE: docker by default, or podman. ASHLAR_USER: who it runs as, by default whoever calls.
# ASHLAR_ENGINE_OPTIONS: options of the engine, by default a file system that is read only and no capability. State and cache are kept in .ashlar, the engine's logins are read and never written.
set -eu
case ${ASHLAR_IMAGE-} in
  *@sha256:*) ;;
  *) echo "ci/ashlar.sh: ASHLAR_IMAGE must name ashlar's image by its digest, HOST/REPO@sha256:...; it is '${ASHLAR_IMAGE-}'" >&2; exit 2 ;;
esac
mkdir -p .ashlar/home .ashlar/login
logins=${DOCKER_CONFIG:-$HOME/.docker}
if [ ! -d "$logins" ]; then logins=$PWD/.ashlar/login; fi
# shellcheck disable=SC2086  # options are words
exec "${ASHLAR_ENGINE:-docker}" run --rm --network host --user "${ASHLAR_USER:-$(id -u):$(id -g)}" \
  --volume "$PWD:/project" --workdir /project --volume "$logins:/login:ro" --env DOCKER_CONFIG=/login --env HOME=/project/.ashlar/home \
  --env ASHLAR_STATE_DIR=/project/.ashlar/state --env ASHLAR_CACHE_DIR=/project/.ashlar/cache --env ASHLAR_KEY_PASSWORD ${ASHLAR_ENGINE_OPTIONS:---read-only --tmpfs /tmp --cap-drop ALL} \
  "$ASHLAR_IMAGE" "$@"
