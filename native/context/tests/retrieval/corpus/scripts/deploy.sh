#!/usr/bin/env bash
# Builds the images and rolls them out to the cluster.
set -euo pipefail

build_image() {
  docker build --tag "shop/$1:$VERSION" "$1"
}

roll_out() {
  kubectl set image "deployment/$1" "$1=shop/$1:$VERSION"
}

for part in api web worker; do
  build_image "$part"
  roll_out "$part"
done
