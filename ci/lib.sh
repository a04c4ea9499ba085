# shellcheck shell=sh
# Sourced by reproduce and the scripts in ci/: what they say, and how they say that something went wrong.

# One line of progress, unless TRANSFERSCALE_QUIET is set; never on stdout, which belongs to results.
say() { [ -n "${TRANSFERSCALE_QUIET:-}" ] || printf '%s\n' "reproduce: $*" >&2; }

# fault NUMBER WHERE FOUND EXPECTED FIX: the project's message (CONTRIBUTING.md#habits) on stderr.
fault() { printf 'error[E%s] %s: found %s, expected %s. Fix: %s\n' "$1" "$2" "$3" "$4" "$5" >&2; }

# fail NUMBER …: a fault that ends the script with its exit code, the number's hundreds.
fail() {
    fault "$@"
    exit $(($1 / 100))
}

# The rows of a list file without comments: "a b # why" becomes "a b".
rows() { sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$1"; }

# What `quoted "$1" "$2" …` prints can be evaluated back into the same words.
quoted() {
    for word in "$@"; do
        printf "'"
        printf '%s' "$word" | sed "s/'/'\\\\''/g"
        printf "' "
    done
}

# heartbeat SECONDS COMMAND…: runs COMMAND every SECONDS until the script that called it ends or kills it ($!).
# It watches its parent, so that a killed set-up leaves no clock ticking.
heartbeat() {
    interval=$1
    shift
    while sleep "$interval" >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do "$@"; done
}

# core_count: nproc alone would take OMP_NUM_THREADS for it.
core_count() { env -u OMP_NUM_THREADS nproc; }

# is_cuda_wanted: TRANSFERSCALE_CUDA set to anything but 0.
is_cuda_wanted() { [ "${TRANSFERSCALE_CUDA:-0}" != 0 ]; }
