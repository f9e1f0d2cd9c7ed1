#!/usr/bin/env bash
# Installs the build, moves the tree elsewhere, then builds and runs a consumer with it. Nothing may
# be found in the build tree, the source tree or the fetched dependencies: all that may be gone.
# Usage: installed_tree.sh <cmake> <source dir> <build dir> <deps dir>
set -euo pipefail
cmake=$1 source=$2 build=$3 deps=$4

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$cmake" --install "$build" --prefix "$work/first" > /dev/null
mv "$work/first" "$work/moved"

"$cmake" -S "$source/tests/install/consumer" -B "$work/build" -G Ninja \
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$work/moved" -DCONSUMER_FINDS_PACKAGE=ON
"$cmake" --build "$work/build"
"$work/build/consumer" "$work/store"

check_libraries() {
  local libraries
  libraries=$(ldd "$1")
  if grep -F -e "$build/" -e "$source/" -e "$deps/" -e 'not found' <<< "$libraries"; then
    echo "$1 does not live from the installed tree alone" >&2
    return 1
  fi
}
check_libraries "$work/build/consumer"
for file in "$work"/moved/bin/* "$work"/moved/lib*/libmosaico.so; do
  check_libraries "$file"
done
if grep --recursive --fixed-strings --files-with-matches -e "$build" -e "$source" -e "$deps" \
     "$work"/moved/lib*/cmake "$work"/moved/include; then
  echo "these installed files name the build tree" >&2
  exit 1
fi
"$work/moved/bin/mosaicod" --help > /dev/null
"$work/moved/bin/mosaico" --help > /dev/null
test -s "$work/moved/share/bash-completion/completions/mosaico"
test -s "$work/moved/share/zsh/site-functions/_mosaico"
for command in $("$work/moved/bin/mosaico" help --list); do
  grep --quiet "^.TH MOSAICO" "$work/moved/share/man/man1/mosaico-$command.1"
done
