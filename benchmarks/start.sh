# For benchmarks/run and benchmarks/soak: builds what changed and starts a class of it. Wants $program.
root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/tools/setup/common.sh"

find_java
launcher=$root/benchmarks/target/launcher
stamp=$launcher/built

is_current() {
  [ -e "$stamp" ] && [ -z "$(cd "$root" && find pom.xml CMakeLists.txt platform-profiles native bindings java-api benchmarks \
      \( -name target -o -name test -o -name tests -o -name results \) -prune -o -type f -newer "$stamp" -print -quit)" ]
}

if ! is_current; then
  make_state
  take_lock
  need_jdk
  install_packages "$state/packages.log"
  find_mvn
  say "building (log: $state/benchmarks.log)"
  rm -f "$stamp"
  mkdir -p "$launcher"
  touch "$launcher/building" # what changes while it is built is newer
  build_module benchmarks "$state/benchmarks.log"
  mv "$launcher/building" "$stamp"
  exec 9>&-
fi

# Becomes Java; the arguments are Java's own, the class and the class's arguments.
start() {
  class_path=$root/benchmarks/target/classes
  for jar in "$launcher"/*.jar; do class_path=$class_path:$jar; done
  source=$(git -C "$root" describe --always --dirty 2>/dev/null || true)
  exec "$java_home/bin/java" --enable-native-access=ALL-UNNAMED -Dopenautoglm.cache="$root/benchmarks/target/cache" \
      ${source:+"-Dopenautoglm.source=$source"} -cp "$class_path" "$@"
}
