#!/usr/bin/env bash
# The one door to this project. `./build.sh help` lists what it does.
# It is the only owner of the WebAssembly flags, and installs what it misses into .tools/ and node_modules/.
set -euo pipefail
cd "$(dirname "$0")"

readonly TARGET=wasm32-unknown-unknown
readonly OUT=dist
# What wasm-bindgen makes of each build.
readonly CORES=target/wasm/cores
# Debian's compiler for where rustup cannot add rust-src.
readonly WASM_COMPILER=(rustc-web cargo-web rust-web-src lld-22)
PROFILE=${PROFILE:-release}

# What the compiler and wasm-bindgen use and every browser with SIMD has: wasm-opt must not use more.
readonly WASM_OPT_FEATURES=(bulk-memory bulk-memory-opt multivalue mutable-globals nontrapping-float-to-int reference-types sign-ext simd threads)

usage() {
  cat <<'TEXT'
./build.sh                    builds dist/, a folder that any static host can serve
./build.sh serve [--port N]   builds if needed, serves dist/ on localhost and prints the address; with --watch dist/ is put together
                              anew as www/ is edited, and the page reloads: nothing is compiled but the first time
./build.sh single-file        writes dist/scorecam.html, the whole page in one file that opens by a double click
./build.sh package            makes the npm package: target/scorecam-VERSION.tgz
./build.sh wheel              makes the Python package: target/wheels/scorecam-VERSION-….whl
./build.sh test [PHASE [NAME]] [--full]
                              runs every test, or one phase of them: native, python, js, or browser (the page in Chromium, and its
                              main paths in Firefox ESR and WebKitGTK); NAME is a part of a test's name (native, python) or of a
                              file's (js, browser). --full adds VGG-16 and AlexNet of true size (gigabytes of memory and of disk)
./build.sh bench [OPTION...]  times masked passes in Chromium, by turns with onnxruntime-web; --help lists its options
./build.sh soak [OPTION...]   explains hundreds of pictures in two tabs for half an hour, and looks at results and memory;
                              --browser chromium|firefox, --explanations N, --minutes N
./build.sh check              formatting, lints, types and documentation, warnings as errors
./build.sh sanitize           runs the tests of the engine's portable kernels under an address sanitizer
./build.sh setup              installs the Debian packages that are missing, with sudo unless it is run as root
./build.sh models NAME...     downloads networks of the catalogue into models/; --all takes every one of them
./build.sh help               this text

PROFILE=quick builds the page in a fraction of the time, slower and larger; CHROME and FIREFOX name browsers for the tests;
SCORECAM_PYTHON names a Python with torchvision and grad-cam for the benchmark; SCORECAM_MIRROR a folder on another server that holds the networks' files.
TEXT
}

say() { printf '\n== %s\n' "$*" >&2; }
fail() { printf '\nbuild.sh: %s\n' "$*" >&2; exit 1; }

# --- What has to be there ---------------------------------------------------------------------------------------------

need_node() {
  command -v node >/dev/null || fail "Node is missing; install Node 20.19 or newer (https://nodejs.org)."
  node -e 'const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' ||
    fail "Node $(node --version) is too old; install 20.19 or newer (https://nodejs.org)."
}

need_npm_packages() {
  need_node
  cmp -s package-lock.json node_modules/.installed-lock && return
  say "Installing npm packages (about 10 s)"
  npm ci --ignore-scripts --no-audit --no-fund --silent || fail "npm could not install the packages of package-lock.json; is its registry reachable?"
  cp package-lock.json node_modules/.installed-lock
}

need_cargo() {
  command -v cargo >/dev/null || fail "cargo is missing; install Rust with rustup (https://rustup.rs)."
  # Rust links with the C compiler.
  command -v cc >/dev/null || install_debian gcc libc6-dev || fail "A C compiler is missing; run ./build.sh setup, or install gcc."
}

# The version that Cargo.lock has of a package.
locked_version() {
  awk -v name="name = \"$1\"" '$0 == name { getline; gsub(/version = |"/, ""); print; exit }' Cargo.lock
}

need_wasm_bindgen() {
  local version
  version=$(locked_version wasm-bindgen)
  [ "$(.tools/bin/wasm-bindgen --version 2>/dev/null)" = "wasm-bindgen $version" ] && return
  say "Installing wasm-bindgen-cli $version (about 2 minutes)"
  # Its lock file may name packages that a mirror does not have yet; then newer ones of the same series will do.
  cargo install wasm-bindgen-cli --version "$version" --root .tools --locked --quiet ||
    cargo install wasm-bindgen-cli --version "$version" --root .tools --quiet ||
    fail "wasm-bindgen-cli $version could not be installed; is crates.io reachable?"
}

has_std_source() { [ -f "$("$1" --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock" ]; }

# A cargo whose rustc has the source of the standard library, which threads need rebuilt with atomics: sets WASM_CARGO,
# WASM_RUSTC and WASM_LINKER.
need_wasm_compiler() {
  need_cargo
  WASM_CARGO=cargo WASM_RUSTC=rustc WASM_LINKER=rust-lld
  has_std_source rustc && return
  if command -v rustup >/dev/null; then
    say "Adding rust-src to the Rust toolchain (some seconds)"
    rustup component add rust-src && has_std_source rustc && return
  fi
  WASM_CARGO=/usr/bin/cargo WASM_RUSTC=/usr/bin/rustc WASM_LINKER=wasm-ld-22
  [ -x $WASM_RUSTC ] && has_std_source $WASM_RUSTC && command -v $WASM_LINKER >/dev/null && return
  say "No rust-src here; Debian's ${WASM_COMPILER[*]} will do (about a minute)"
  install_debian "${WASM_COMPILER[@]}" ||
    fail "No Rust compiler with the source of its standard library: run 'rustup component add rust-src', or ./build.sh setup for Debian's."
}

# install_debian PACKAGE...: in a container, where one is root, what is missing is installed on the way; elsewhere that is for
# `setup` alone.
install_debian() {
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || return 1
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# The references' packages in a Python of their own.
need_python() {
  local requirements=tests/reference/requirements.txt
  PYTHON=.tools/python/bin/python
  cmp -s $requirements .tools/python/.installed && return
  say "Installing NumPy, onnx and onnxruntime into .tools/python (about a minute)"
  command -v python3 >/dev/null || fail "Python is missing; install Python 3.11 or newer (https://python.org)."
  python3 -m venv .tools/python || fail "Python cannot make a virtual environment; run ./build.sh setup, or install python3-venv."
  $PYTHON -m pip install --quiet --disable-pip-version-check -r $requirements || fail "pip could not install $requirements; is PyPI reachable?"
  cp $requirements .tools/python/.installed
}

# What builds the Python package and tests it, beside them.
need_python_packages() {
  need_python
  local requirements=tests/python/requirements.txt
  cmp -s $requirements .tools/python/.installed-tests && return
  say "Installing maturin, mypy, pytest and Dask into .tools/python (about a minute)"
  $PYTHON -m pip install --quiet --disable-pip-version-check -r $requirements || fail "pip could not install $requirements; is PyPI reachable?"
  cp $requirements .tools/python/.installed-tests
}

# make_wheel PROFILE FOLDER
make_wheel() {
  rm -rf "$2"
  $PYTHON -m maturin build --quiet --profile "$1" --strip --manifest-path python/Cargo.toml --interpreter $PYTHON --out "$2" ||
    fail "the Python package could not be built."
}

# make_networks FOLDER ARGUMENT...: the six topologies and what the references say of them, unless they are there.
make_networks() {
  local folder=$1 stamp
  stamp=$(cat tests/reference/*.py tests/reference/requirements.txt models/catalog.json | cksum)
  [ "$(cat "$folder/.stamp" 2>/dev/null)" = "$stamp" ] && return
  say "Making networks with seeded weights and their references in $folder (half a minute)"
  $PYTHON tests/reference/make_networks.py "$@" || fail "the networks for the tests could not be made."
  echo "$stamp" >"$folder/.stamp"
}

need_chromium() {
  CHROME=${CHROME:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
  if [ -z "$CHROME" ]; then
    install_debian chromium || fail "No Chromium for the browser tests; run ./build.sh setup, or set CHROME to the path of one."
    CHROME=$(command -v chromium)
  fi
  export CHROME
}

# Firefox, and WebKitGTK with a display to run it under.
need_other_browsers() {
  FIREFOX=${FIREFOX:-$(command -v firefox-esr || command -v firefox || true)}
  local missing=()
  [ -n "$FIREFOX" ] || missing+=(firefox-esr)
  command -v WebKitWebDriver >/dev/null || missing+=(webkit2gtk-driver)
  command -v Xvfb >/dev/null || missing+=(xvfb)
  if [ ${#missing[@]} -gt 0 ]; then
    say "Installing ${missing[*]} (about a minute)"
    install_debian "${missing[@]}" || fail "Missing for the browser tests: ${missing[*]}; run ./build.sh setup."
    FIREFOX=${FIREFOX:-$(command -v firefox-esr)}
  fi
  export FIREFOX
}

# --- WebAssembly ------------------------------------------------------------------------------------------------------

# One line for each build of www/lib/builds.js: its name, then the target features that it has beyond the shared ones.
wasm_builds() {
  node --input-type=module -e 'import { BUILDS } from "./www/lib/builds.js";
    for (const { name, targetFeatures } of BUILDS) console.log(name, ...targetFeatures);'
}

# wasm_cargo COMMAND ARGUMENT...: runs cargo with what all builds share, so that the standard library and the dependencies are
# compiled once for all of them.
wasm_cargo() {
  local command=$1 argument flags= initial
  shift
  local features=+atomics,+bulk-memory,+mutable-globals,+nontrapping-fptoint,+sign-ext,+simd128
  initial=$(node --input-type=module -e 'import { MEMORY, PAGE } from "./www/lib/builds.js"; console.log(MEMORY.linked * PAGE);')
  for argument in --shared-memory --import-memory --initial-memory="$initial" --max-memory=4294967296 \
    --export=__wasm_init_tls --export=__tls_size --export=__tls_align --export=__tls_base; do
    flags="$flags -Clink-args=$argument"
  done
  # RUSTC_BOOTSTRAP lets the stable compiler rebuild its standard library; besides, only alloc_error_hook is unstable.
  # Loop strength reduction is off: it turns the constant offset of each load, which costs nothing, into an addition.
  # Lints are left to `check`: here rustc would warn of the atomics flag at every crate.
  RUSTC_BOOTSTRAP=1 RUSTC=$(command -v "$WASM_RUSTC") \
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$WASM_LINKER \
    RUSTFLAGS="-Ctarget-feature=$features -Cllvm-args=-disable-lsr $flags --cfg getrandom_backend=\"wasm_js\"" \
    "$WASM_CARGO" "$command" --lib --target $TARGET -Zbuild-std=std,panic_abort --no-default-features --features selftest --target-dir target/wasm "$@"
}

# compile NAME FEATURE...: compiles a build to target/wasm/NAME.wasm. Its own features are this crate's alone, which has all the
# kernels.
compile() {
  local name=$1 own=
  shift
  [ $# -eq 0 ] || own=-Ctarget-feature=$(printf '+%s,' "$@")
  say "Compiling the $name build ($PROFILE; from scratch 2 to 5 minutes on two cores, else about half a minute)"
  wasm_cargo rustc --profile "$PROFILE" --quiet -- ${own:+"${own%,}"} \
    2> >(grep -v -e '^warning: unstable feature' -e 'not stably supported' -e '^ *|$' -e '^$' >&2) ||
    fail "the $name build does not compile."
  cp "target/wasm/$TARGET/$PROFILE/scorecam.wasm" "target/wasm/$name.wasm"
}

# finish NAME FEATURE...: makes $CORES/NAME/core.js and core_bg.wasm of target/wasm/NAME.wasm, if the compiler made anything new.
finish() {
  local name=$1 stamp folder=$CORES/$1
  shift
  stamp="$(cksum <"target/wasm/$name.wasm") $PROFILE $(locked_version wasm-bindgen)"
  [ "$(cat "$folder/stamp" 2>/dev/null)" = "$stamp" ] && return
  rm -rf "$folder"
  .tools/bin/wasm-bindgen "target/wasm/$name.wasm" --target web --no-typescript --out-dir "$folder" --out-name core
  if [ "$PROFILE" != quick ]; then
    say "Optimising the $name build (about 2 minutes)"
    # LLVM has done its part; what is left is mostly size. -O3 takes over ten minutes for another percent.
    local feature enabled=()
    for feature in "${WASM_OPT_FEATURES[@]}" "$@"; do enabled+=("--enable-$feature"); done
    npx wasm-opt -O1 --strip-debug --mvp-features "${enabled[@]}" "$folder/core_bg.wasm" -o "$folder/core_bg.wasm" ||
      fail "wasm-opt could not optimise the $name build."
  fi
  echo "$stamp" >"$folder/stamp"
}

# Every build. While one is optimised, on one core, the next is compiled, mostly on the other.
build_wasm() {
  local name features finishing=() job
  while read -r name features; do
    # shellcheck disable=SC2086 # words of a list
    compile "$name" $features </dev/null
    # shellcheck disable=SC2086
    finish "$name" $features </dev/null &
    finishing+=($!)
  done < <(wasm_builds)
  for job in "${finishing[@]}"; do wait "$job" || fail "a build could not be finished."; done
}

# --- Verbs ------------------------------------------------------------------------------------------------------------

build() {
  need_npm_packages
  need_wasm_compiler
  need_wasm_bindgen
  build_wasm
  say "Putting $OUT/ together"
  node tools/bundle.js
  say "$OUT/ is ready: $(du -sh $OUT | cut -f1)"
}

single_file() {
  build
  say "Putting everything into one file"
  node tools/single_file.js
}

package() {
  build
  say "Making the npm package"
  node tools/package.js
  npm pack --silent --pack-destination target ./target/npm
}

wheel() {
  need_cargo
  need_python_packages
  say "Building the Python package (from scratch about 8 minutes on two cores)"
  make_wheel "$PROFILE" target/wheels
  ls target/wheels/*.whl
}

# The Debian packages that this machine lacks, for `setup`.
missing_packages() {
  command -v cc >/dev/null || echo gcc libc6-dev
  python3 -c 'import ensurepip' 2>/dev/null || echo python3-venv
  [ -n "${CHROME:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}" ] || echo chromium
  [ -n "${FIREFOX:-$(command -v firefox-esr || command -v firefox)}" ] || echo firefox-esr
  command -v WebKitWebDriver >/dev/null || echo webkit2gtk-driver
  command -v Xvfb >/dev/null || echo xvfb
  { command -v rustc >/dev/null && has_std_source rustc; } || { [ -x /usr/bin/rustc ] && has_std_source /usr/bin/rustc; } ||
    echo "${WASM_COMPILER[@]}"
}

setup() {
  command -v apt-get >/dev/null || fail "setup knows Debian's apt alone; install a C compiler, Python's venv, Chromium, Firefox and WebKitGTK's driver by hand."
  local packages sudo=()
  read -r -a packages <<<"$(missing_packages | tr '\n' ' ')"
  [ ${#packages[@]} -gt 0 ] || { say "Nothing is missing."; return; }
  [ "$(id -u)" = 0 ] || sudo=(sudo)
  say "Installing ${packages[*]}${sudo:+, with sudo}"
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
}

# The binary that the browser's maps are compared with, and the files that native tests leave for them.
need_native() {
  need_cargo
  need_python
  make_networks target/networks
  $PYTHON tests/reference/make_breaking.py target/breaking || fail "the networks that break could not be made."
}

test_native() {
  need_native
  [ -z "${SCORECAM_FULL:-}" ] || make_networks target/networks/full --full
  say "Native tests (the first time 5 to 10 minutes to compile)"
  local ignored=()
  [ -z "${SCORECAM_FULL:-}" ] || ignored=(--include-ignored)
  cargo test --quiet -- ${1:+"$1"} "${ignored[@]}"
}

# The package as it is installed, and the cluster's scripts with the command line.
test_python() {
  need_cargo
  need_python_packages
  say "The command line and the Python package (the first time about 5 minutes to compile)"
  cargo build --quiet
  make_wheel dev target/wheels-for-tests
  $PYTHON -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps target/wheels-for-tests/*.whl
  say "Types and tests of the Python package"
  $PYTHON -m mypy --strict --no-error-summary --cache-dir target/mypy python/scorecam
  $PYTHON -m pytest --quiet -p no:cacheprovider tests/python ${1:+-k "$1"}
}

# test_files FOLDER NAME ARGUMENT...: runs the test files whose names contain NAME.
test_files() {
  local folder=$1 name=$2
  shift 2
  local files=("$folder"/*"$name"*.test.js)
  [ -e "${files[0]}" ] || fail "no file in $folder has \"$name\" in its name."
  node --test "$@" "${files[@]}"
}

test_js() {
  need_npm_packages
  say "Tests of the JavaScript"
  test_files tests/js "${1:-}"
}

test_browser() {
  need_npm_packages
  need_chromium
  need_other_browsers
  need_native
  say "The command line, to compare with"
  cargo build --quiet
  [ -d target/tmp/hostile ] || cargo test --quiet --test integration -- hostile
  build
  say "Tests in the browser"
  test_files tests/browser "${1:-}" --test-concurrency=1
}

run_tests() {
  local words=() word
  for word in "$@"; do
    case $word in
      --full) export SCORECAM_FULL=1 ;;
      -*) fail "test has no option \"$word\"." ;;
      *) words+=("$word") ;;
    esac
  done
  [ ${#words[@]} -le 2 ] || fail "test takes a phase and a name, not \"${words[*]}\"."
  case ${words[0]:-all} in
    all)
      test_native
      test_python
      test_js
      test_browser
      ;;
    native | python | js | browser) "test_${words[0]}" "${words[1]:-}" ;;
    *) fail "there is no phase \"${words[0]}\": native, python, js or browser." ;;
  esac
}

serve() {
  local argument watch=
  for argument in "$@"; do [ "$argument" != --watch ] || watch=1; done
  # With --watch only what is missing is built: a change of www/ needs no compiler.
  if [ -n "$watch" ] && [ -d $CORES ]; then need_npm_packages; else build; fi
  exec node tools/serve.js "$@"
}

# The kernels that other machines run, on this one and with every access watched. The sanitizer is an unstable flag of the
# stable compiler.
sanitize() {
  need_cargo
  say "Engine tests under the address sanitizer (the first time 5 minutes to compile)"
  RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address --cfg portable_kernels" \
    cargo test --quiet --lib --target "$(rustc -vV | sed -n 's/^host: //p')" --target-dir target/sanitize -- engine::
}

bench() {
  build
  need_chromium
  need_python
  make_networks target/networks/bench --bench
  exec node tests/bench/bench.js "$@"
}

soak() {
  need_npm_packages
  need_chromium
  need_other_browsers
  need_native
  build
  exec node tests/soak/soak.js "$@"
}

check() {
  need_npm_packages
  need_wasm_compiler
  say "Formatting"
  cargo fmt --all --check
  say "Lints, native"
  cargo clippy --quiet --workspace --all-targets --features scorecam/cli,scorecam/selftest -- -D warnings
  say "Lints, WebAssembly"
  wasm_cargo clippy --quiet --profile dev -- -D warnings
  say "Documentation"
  RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps --features selftest --document-private-items
  say "JavaScript"
  npx prettier --check --log-level warn . || fail "run npx prettier --write . and look at what it changes."
  npx eslint --max-warnings 0 .
  say "Types"
  npx tsc --project .
}

verb=${1:-build}
[ $# -eq 0 ] || shift
case $verb in
  build) build ;;
  serve) serve "$@" ;;
  test) run_tests "$@" ;;
  single-file) single_file ;;
  package) package ;;
  wheel) wheel ;;
  bench) bench "$@" ;;
  soak) soak "$@" ;;
  check) check ;;
  sanitize) sanitize ;;
  setup) setup ;;
  models) need_node && exec node tools/models.js "$@" ;;
  help | --help | -h) usage ;;
  *) usage >&2 && fail "there is no verb \"$verb\"." ;;
esac
