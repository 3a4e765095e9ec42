#!/bin/sh
# Prints where Chromium is, if it and Node are here; else says in one sentence what to install, and fails.
is_new_enough='const [major, minor] = process.versions.node.split(".").map(Number);
process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)'
if ! command -v npm >/dev/null || ! node -e "$is_new_enough" 2>/dev/null; then
    echo "The page checks need Node 20.19 or newer with npm, and it is not here. Install it (see nodejs.org)." >&2
    exit 1
fi
for browser in "$CHROMIUM" chromium chromium-browser google-chrome; do
    test -n "$browser" && command -v "$browser" && exit 0
done
echo "The page checks need Chromium, and it is not here. Install it (on Debian and Ubuntu: sudo apt install" \
    "chromium), or name it: make pages CHROMIUM=/path/to/chromium" >&2
exit 1
