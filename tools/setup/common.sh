# Set-up shared by ./autoglm and ./verify, which set $program and $root before they source it. POSIX sh.

fail() {
  printf '%s: %s\n' "$program" "$1" >&2
  exit 1
}

say() { printf '%s: %s\n' "$program" "$1" >&2; }

# ---- platform -----------------------------------------------------------------------------------------------------------

platform="$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m | sed 's/^aarch64$/arm64/')"
profile="$root/platform-profiles/$platform/profile.properties"

profile_value() { sed -n "s/^$1=//p" "$profile"; }

# ---- Java ---------------------------------------------------------------------------------------------------------------

java_hint="install one (Debian and Ubuntu: apt-get install openjdk-17-jdk-headless) or set JAVA_HOME to it"

# Major version of the Java in folder $1; empty when there is none. Reads a file where it can: starting a JVM costs 40 ms.
java_version() {
  version=$(sed -n 's/^JAVA_VERSION="\{0,1\}\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null || true)
  if [ -z "$version" ] && [ -x "$1/bin/java" ]; then
    version=$("$1/bin/java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
  fi
  printf '%s' "$version"
}

# Sets java_home to a Java of version 17 or later: $JAVA_HOME, else the java on the PATH.
find_java() {
  if [ -n "${JAVA_HOME:-}" ]; then
    java_home=$JAVA_HOME
    [ -x "$java_home/bin/java" ] || fail "JAVA_HOME is $JAVA_HOME, but there is no bin/java in it: set it to a JDK 17 or later, or unset it"
  else
    path=$(command -v java) || fail "there is no Java on the PATH, and a JDK 17 or later is needed: $java_hint"
    java_home=$(dirname "$(dirname "$(readlink -f "$path")")")
    if [ ! -x "$java_home/bin/java" ] || [ ! -f "$java_home/release" ]; then # a version manager's shim: ask it
      java_home=$("$path" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p')
    fi
  fi
  version=$(java_version "$java_home")
  [ "${version:-0}" -ge 17 ] || fail "the Java at $java_home is version ${version:-unknown}, and a JDK 17 or later is needed: $java_hint"
}

# What building needs beyond running: the compiler and JNI's header.
need_jdk() {
  if [ ! -x "$java_home/bin/javac" ] || [ ! -f "$java_home/include/jni.h" ]; then
    fail "the Java at $java_home can run programs but not build them (it has no javac or no jni.h), and building needs a JDK 17 or later: $java_hint"
  fi
  JAVA_HOME=$java_home
  export JAVA_HOME
}

# Prints the home of a JDK of version $1 or later from the usual folders; nothing when there is none.
find_newer_jdk() {
  for home in "${JAVA25_HOME:-}" "${JAVA_HOME:-}" /usr/lib/jvm/* /opt/java/* /opt/jdk* /usr/local/jdk* "${HOME:-/}"/.sdkman/candidates/java/*; do
    if [ -n "$home" ] && [ -x "$home/bin/javac" ] && [ "$(java_version "$home")" -ge "$1" ] 2>/dev/null; then
      printf '%s' "$home"
      return
    fi
  done
}

# ---- packages -----------------------------------------------------------------------------------------------------------

# An entry is a package, or package:command where the command from elsewhere will do as well. Prints those of $1 that are missing.
missing_packages() {
  for entry in $1; do
    package=${entry%%:*}
    if [ "$package" != "$entry" ] && command -v "${entry#*:}" >/dev/null 2>&1; then continue; fi
    if [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then printf ' %s' "$package"; fi
  done
}

# Installs what is missing where that needs no question (root, or sudo without a password); else says the line to run.
install_packages() { # $1: log; $2: entries, by default the platform's debian.packages
  [ -f "$profile" ] || fail "this machine is $platform, for which there is no folder in $root/platform-profiles: see the README.md there"
  missing=$(missing_packages "${2:-$(profile_value debian.packages)}")
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null 2>&1 ||
    fail "these Debian packages, or what your system calls them, are needed and not there:$missing"
  as_root=
  if [ "$(id -u)" != 0 ]; then
    sudo -n true >/dev/null 2>&1 || fail "packages are missing; please run: sudo apt-get install -y$missing"
    as_root="sudo -n"
  fi
  say "installing$missing"
  # shellcheck disable=SC2086 # lists of words
  {
    install="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends$missing"
    $install || { $as_root apt-get update -q && $install; }
  } >"$1" 2>&1 </dev/null || fail "packages could not be installed (see $1); please run: apt-get update && apt-get install -y$missing"
}

# ---- one build at a time ------------------------------------------------------------------------------------------------

# The folder for what is built for starting, logs and the lock. Sets $state.
make_state() {
  state=$root/.autoglm
  mkdir -p "$state" 2>/dev/null && [ -w "$state" ] ||
    fail "cannot write to $state, where the build keeps its files: make the folder writable, or copy the project to where it is"
}

# Held until this process ends. Children get `9>&-`: one that outlives us must not keep it.
take_lock() {
  exec 9>"$state/lock"
  flock -n 9 && return 0
  say "waiting for another build of this folder to end"
  flock 9
}

# ---- a long command behind one line of progress -------------------------------------------------------------------------

# What the log of a Maven build says about where it is: "<step> <name>" or "<step> <name>, file 12/80".
build_position() {
  awk '
    /^\[INFO\] Building .* +\[[0-9]+\/[0-9]+\]$/ {
      step = $NF; gsub(/[\[\]]/, "", step); name = $0
      sub(/^\[INFO\] Building /, "", name); sub(/ [^ ]+ +\[[0-9\/]+\]$/, "", name); file = ""
    }
    /^\[[0-9]+\/[0-9]+\] / { file = $1; gsub(/[\[\]]/, "", file) }
    END { if (step != "") printf "step %s, %s%s", step, name, (file != "" ? ", file " file : "") }' "$1"
}

elapsed() {
  seconds=$(($(date +%s) - started))
  printf '%d:%02d' $((seconds / 60)) $((seconds % 60))
}

# Runs a command with its output in log $1, and on stderr one line that tells how far it is (a few lines when that is no terminal).
# Ctrl-C ends the command and all it started.
run_with_progress() {
  log=$1
  shift
  started=$(date +%s)
  shown=
  shown_at=$started
  setsid "$@" >"$log" 2>&1 </dev/null 9>&- &
  child=$!
  trap 'stop_child 129' HUP
  trap 'stop_child 130' INT
  trap 'stop_child 143' TERM
  while kill -0 "$child" 2>/dev/null; do
    position=$(build_position "$log")
    if [ -t 2 ]; then
      printf '\r\033[K%s: building, %s %s' "$program" "${position:-preparing}" "$(elapsed)" >&2
    elif [ "${position%%, file*}" != "$shown" ] || [ $(($(date +%s) - shown_at)) -ge 60 ]; then
      shown=${position%%, file*}
      shown_at=$(date +%s)
      [ -z "$position" ] || say "building, $position $(elapsed)"
    fi
    sleep 1
  done
  status=0
  wait "$child" || status=$?
  trap - HUP INT TERM
  if [ -t 2 ]; then printf '\r\033[K' >&2; fi
  return "$status"
}

stop_child() {
  trap '' HUP INT TERM
  kill -TERM "-$child" 2>/dev/null || true
  wait "$child" 2>/dev/null || true
  kill -KILL "-$child" 2>/dev/null || true
  if [ -t 2 ]; then printf '\n' >&2; fi
  say "stopped; the next start goes on from here"
  exit "$1"
}

# Sets $mvn. After install_packages: it may have brought Maven.
find_mvn() {
  mvn=$(command -v mvn) || fail "there is no mvn on the PATH: please run: apt-get install -y maven"
}

# Builds module $1 and what it stands on, without tests and documentation, with its output in log $2.
build_module() {
  run_with_progress "$2" "$mvn" -B -f "$root/pom.xml" -pl "$1" -am package \
      -DskipTests -Dhost.tests.skip=true -Dnative.tests=OFF -Dmaven.javadoc.skip=true -Dmaven.source.skip=true ||
    fail "the build failed: $(first_error "$2") (all of it: $2)"
}

# The line of a build log that says best what is wrong: a compiler's, else CMake's, else Maven's.
first_error() {
  for pattern in '(^|[^a-z])error: ' '^CMake Error' '^\[ERROR\] .*\.java:' '^FAILED: ' '^\[ERROR\]' ''; do
    if line=$(grep -m1 -E "$pattern" "$1"); then break; fi
  done
  printf '%s' "${line#\[ERROR\] }" | cut -c1-300
}
