#!/bin/sh
# Installs what building Countersign needs and this machine lacks, and says so; with `tests`, what its tests need beside
# that. Safe to run again.
set -eu

missing=""
need() { missing="$missing $1"; }

command -v g++ >/dev/null || need g++
command -v ccache >/dev/null || need ccache
if [ "${1:-}" = tests ]; then
    # Tests of what a node does when its disk fails trace it, and make file systems of their own.
    command -v strace >/dev/null || need strace
    [ -x /sbin/mkfs.ext4 ] || [ -x /usr/sbin/mkfs.ext4 ] || need e2fsprogs
    command -v mount >/dev/null || need mount
    # `make instructions` counts what calls of contracts execute.
    command -v valgrind >/dev/null || need valgrind
    # The test of the page that checks proofs drives a browser.
    command -v chromedriver >/dev/null || need chromium-driver
    command -v chromium >/dev/null || need chromium
fi
# Not libclang-cpp, which other packages bring alone.
ls /usr/lib/llvm-*/lib/libclang.so* /usr/lib/llvm-*/lib/libclang-[0-9]*.so* 2>/dev/null | grep -q . || need libclang-dev

if ! command -v cargo >/dev/null; then
    echo "setup: cargo is missing; install Rust with rustup, then run this again" >&2
    exit 1
fi
# Contracts are WebAssembly. rustup has the target where it can download; Debian packages a
# compiler and sources to build it from where it cannot.
has_target() { [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]; }
if ! has_target && ! ls -d /usr/lib/rustlib/src/rust/library /usr/src/rustc-*/library >/dev/null 2>&1; then
    echo "setup: adding the wasm32-unknown-unknown target"
    timeout 120 rustup target add wasm32-unknown-unknown 2>/dev/null || true
    # rustup may also say that it is there and be wrong.
    if ! has_target; then
        echo "setup: rustup cannot add it; using Debian's rustc-web instead"
        need rustc-web
        need rust-web-src
    fi
fi

[ -n "$missing" ] || exit 0
install="apt-get update && apt-get install -y$missing"
if [ "$(id -u)" = 0 ]; then
    echo "setup: installing$missing"
    sh -c "$install" >/dev/null
elif command -v sudo >/dev/null; then
    echo "setup: installing$missing (sudo asks for your password)"
    sudo sh -c "$install" >/dev/null
else
    echo "setup: these packages are missing:$missing" >&2
    echo "setup: as root, run: $install" >&2
    exit 1
fi
