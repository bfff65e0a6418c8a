#!/bin/sh
# Puts together the file system of the image: Node.js with the libraries that it is linked to, the certification
# authorities, dotls, and nothing else: no shell, no package manager.
#
#   rootfs.sh FOLDER APP
#
# APP has dist/, node_modules/ (without what only developers need) and package.json.
set -eu

target=$1
app=$2
node=$(readlink -f "$(command -v node)")

# copy PATH...: files and links under their own path.
copy() {
  for path in "$@"; do
    mkdir -p "$target$(dirname "$path")"
    cp -L "$path" "$target$path"
  done
}

# Files are readable by everybody, whatever the umask of who builds.
umask 022
mkdir -p "$target/usr/local/bin" "$target/opt/dotls" "$target/etc/dotls" "$target/etc/ssl/certs" \
  "$target/run/dotls" "$target/var/lib/dotls" "$target/tmp"

cp "$node" "$target/usr/local/bin/node"
# Each line of ldd has the path of a library: `libm.so.6 => /lib/... (0x...)`, and that of the loader alone.
# shellcheck disable=SC2046 # paths of libraries have no spaces
copy $(ldd "$node" | sed -n 's|^[^/]*\(/[^ ]*\) (0x.*|\1|p')
# The resolver of the C library, for names of upstreams where no bootstrap servers are configured.
for library in libnss_dns.so.2 libnss_files.so.2 libresolv.so.2; do
  path=$(ldconfig -p | sed -n "s|.*$library .*=> \(/.*\)|\1|p" | head -n 1)
  [ -z "$path" ] || copy "$path"
done
copy /etc/ssl/certs/ca-certificates.crt

cp -R "$app/dist" "$app/node_modules" "$app/package.json" "$target/opt/dotls/"
# There is no `env` that could look for node.
sed -i '1s|^#!.*|#!/usr/local/bin/node|' "$target/opt/dotls/dist/cli/main.js"
chmod 755 "$target/opt/dotls/dist/cli/main.js"
ln -s /opt/dotls/dist/cli/main.js "$target/usr/local/bin/dotls"
cp "$(dirname "$0")/dotls.yaml" "$target/etc/dotls/dotls.yaml"

# Node.js looks up who it runs as.
printf 'root:x:0:0:root:/:/sbin/nologin\ndotls:x:65532:65532:dotls:/var/lib/dotls:/sbin/nologin\n' >"$target/etc/passwd"
printf 'root:x:0:\ndotls:x:65532:\n' >"$target/etc/group"
printf 'hosts: files dns\n' >"$target/etc/nsswitch.conf"
chmod 1777 "$target/tmp"
chmod 755 "$target/run/dotls" "$target/var/lib/dotls"
chown 65532:65532 "$target/run/dotls" "$target/var/lib/dotls"
