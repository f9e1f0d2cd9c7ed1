#!/usr/bin/env bash
# Builds and runs the consumer with Mosaico as a part of its own build, through FetchContent. The
# build directory stays, so that the second run only checks what has changed.
# Usage: subproject.sh <cmake> <source dir> <build dir> <cmake option>...
set -euo pipefail
cmake=$1 source=$2 build=$3
shift 3

"$cmake" -S "$source/tests/install/consumer" -B "$build" -G Ninja \
  -DFETCHCONTENT_SOURCE_DIR_MOSAICO="$source" "$@"
"$cmake" --build "$build"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build/consumer" "$work/store"
