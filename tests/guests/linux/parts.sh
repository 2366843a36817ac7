# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# parts.sh - a guest's kernel out of Debian's packages, and an initrd with our init and that kernel's modules. Sourced by
# build, and by tests/targets/build for other processors, with $work (a folder with the program init), $out (where
# initrd.img goes), $modules (the list) set, and $objcopy if it is not the host's. On failure: one line, status 1 or 69.

die() {
	echo "guest: $1" >&2
	exit "${2:-1}"
}

# Gone when the script ends. Others may look into it: apt fetches as another user.
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
chmod 755 "$temp"

# ---- what must be installed: command and package on each line of stdin ----

check_commands() {
	local command package missing=
	while read -r command package; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null || missing+=" $package"
	done
	[ -z "$missing" ] || die "needed and not installed:$missing; next: apt-get install$missing" 69
}

# ---- the kernel ----

# The packages that this one stands for today, last the deepest: a kernel is one package, or (from 7.0 on) several.
kernel_packages() { # PACKAGE
	local package
	LC_ALL=C apt-cache depends "$1" 2>/dev/null |
		sed -nE 's/^ *Depends: (linux-(image|base|binary|modules)-[0-9].*)/\1/p' | while read -r package; do
		echo "$package"
		kernel_packages "$package"
	done
}

# apt fetches as the user _apt, who must be able to write the folder.
fetch_packages() { # FOLDER PACKAGE...
	local dir=$1
	shift
	[ "$(id -u)" != 0 ] || chown _apt "$dir"
	(cd "$dir" && apt-get -q download "$@" >download.log 2>&1) ||
		die "$* could not be fetched: $(tail -n 1 "$dir/download.log"); next: apt-get update"
}

make_kernel() { # PACKAGE
	local packages file
	[ ! -e "$work/kernel/name" ] || return 0
	mapfile -t packages < <(kernel_packages "$1" | sort -u)
	[ ${#packages[@]} -gt 0 ] || die "apt knows no package $1; next: apt-get update"
	mkdir "$temp/packages"
	fetch_packages "$temp/packages" "${packages[@]}"
	rm -rf "$work/kernel"
	mkdir "$work/kernel"
	for file in "$temp"/packages/*.deb; do
		dpkg-deb --extract "$file" "$work/kernel"
		rm "$file"
	done
	echo "${packages[*]}" >"$work/kernel/name"
}

# ---- its modules ----

# The file of a module, unpacked; nothing if the kernel has none of that name, or has it built in.
module_file() {
	local file
	file=$(find "$work/kernel" -regextype posix-extended -regex ".*/${1//[-_]/[-_]}\.ko(\.xz)?" | LC_ALL=C sort | head -n 1)
	case $file in
	*.xz) [ -e "${file%.xz}" ] || xz -dkq "$file" ;;
	esac
	echo "${file%.xz}"
}

built_in() {
	find "$work/kernel" -name modules.builtin -exec grep -qE "/${1//[-_]/[-_]}\.ko$" {} +
}

# A field of a module's description, a value a line.
module_field() {
	tr '\0' '\n' <"$1" | sed -n "s/^$2=//p"
}

# ---- the initrd ----

# Copies a module and what it depends on into the initrd, unless it is there; prints their names in the order of loading.
add_module() {
	local file name needed
	file=$(module_file "$1")
	if [ -z "$file" ]; then
		built_in "$1" || die "the kernel package has no module $1"
		return 0
	fi
	name=$(basename "$file" .ko)
	for needed in $(module_field "$file" depends | tr , ' '); do
		add_module "$needed"
	done
	# Without type information and, as a result, signature: reading and checking them was a third of the boot.
	"${objcopy:-objcopy}" -R .BTF "$file" "$root/modules/$name.ko"
	echo "$name"
}

# The patterns of devices that QEMU can have, without those of others' hardware: any vendor, or one of QEMU's.
module_aliases() {
	local file
	file=$(module_file "$1")
	[ -z "$file" ] || module_field "$file" alias |
		grep -E '^(virtio:|scsi:|usb:v\*|pci:v(\*|0000(8086|1AF4|1B36|10EC)))' || [ $? = 1 ]
}

add_listed_modules() {
	local when name order pattern
	: >"$root/modules/always"
	: >"$root/modules/aliases"
	while read -r when name; do
		[ "$when" != if-there ] || [ -n "$(module_file "$name")" ] || continue
		order=$(add_module "$name" | awk '!seen[$0]++ { printf "%s%s", sep, $0; sep = " " }')
		case $when in
		always | if-there) echo "$order" >>"$root/modules/always" ;;
		asked) ;;
		device) module_aliases "$name" | while IFS= read -r pattern; do
			echo "$pattern $order"
		done >>"$root/modules/aliases" ;;
		*) die "$modules: '$when' is neither always, if-there, asked nor device" ;;
		esac
	done < <(grep -v '^#' "$modules")
}

# One program that is login, shell and network tools, where there is one for this processor.
add_shell() {
	mkdir -p "$root/bin" "$root/etc" "$root/tmp"
	cp "$work/busybox" "$root/bin/busybox"
	ln -s busybox "$root/bin/sh"
	echo 'root::0:0:root:/:/bin/sh' >"$root/etc/passwd"
	echo 'root:x:0:' >"$root/etc/group"
}

# Not compressed: nothing is quicker for a guest to unpack than what it need not unpack.
make_initrd() {
	root=$work/root
	rm -rf "$root"
	mkdir -p "$root/modules" "$root/dev" "$root/proc" "$root/sys" "$root/mnt"
	cp "$work/init" "$root/init"
	[ ! -e "$work/busybox" ] || add_shell
	add_listed_modules
	find "$root" -exec touch -h -d @0 {} +
	(cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 --reproducible) >"$out/initrd.img.new"
	mv "$out/initrd.img.new" "$out/initrd.img"
}

# True if the file is missing or older than one of the others.
outdated() {
	local file=$1 input
	shift
	[ -e "$file" ] || return 0
	for input in "$@"; do
		[ ! "$input" -nt "$file" ] || return 0
	done
	return 1
}
