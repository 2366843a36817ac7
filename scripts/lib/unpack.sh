# shellcheck shell=bash disable=SC2154,SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# unpack.sh - takes a packed recording (pack.sh) apart, believing nothing of it: the manifest is read by itself, the
# archive has to hold what it promises and nothing else, and everything is compared with its checksum before it gets a
# name in the store. Sourced by rrio, with
# replay.sh and trust.sh.

readonly MANIFEST_MAX=4194304 MEMBERS_MAX=10000

bad_pack() { # WHY
	die "$NO_RECORDING" "$packed: $1; nothing was unpacked; get it again from where it is from"
}

# Decompressed; what is wrong with the compression itself shows in $scratch/zstd.
plain() {
	zstd -dcq -- "$packed" 2>"$scratch/zstd"
}

truncated() {
	grep -qiE 'premature|truncat|incomplete|unexpected end' "$scratch/zstd"
}

# The first member, by the tar header's own fields: a name of 100 bytes, the size at 124 as an octal number.
extract_manifest() {
	local header size
	header=$(plain | head -c 512 | od -An -v -tx1 | tr -d ' \n') || :
	[[ ${#header} -eq 1024 && ${header:0:18} == 6d616e696665737400 ]] || bad_pack "is no packed recording, or its beginning is damaged"
	size=$(plain | head -c 136 | tail -c 12 | tr -cd 0-7) || :
	size=$((8#${size:-0}))
	[[ $size -gt 0 && $size -le $MANIFEST_MAX ]] || bad_pack "its manifest has an impossible size"
	{ plain || :; } | tail -c +513 | head -c "$size" >"$scratch/manifest" || :
	[[ $(stat -c %s "$scratch/manifest") -eq $size ]] || bad_pack "is truncated in its manifest"
}

decode() { # ENCODED: sets decoded
	printf -v decoded '%b' "${1//%/\\x}"
}

# Each line has to have one of the forms, and paths must be absolute, without "..".
check_manifest() {
	local path='(/([A-Za-z0-9/._+-]|%[0-9a-f]{2})*)' first line count
	first=$(head -n 1 "$scratch/manifest")
	[[ $first =~ ^rrio-pack\ [0-9]+$ ]] || bad_pack "its manifest is none"
	[[ $first == 'rrio-pack 1' ]] || die "$NO_RECORDING" \
		"$packed was packed by a newer rrio ($(sed -nE '2s/^rrio ([0-9A-Za-z.+~-]{1,30})$/\1/p' "$scratch/manifest")) than this, $VERSION; replay it with that one"
	if LC_ALL=C grep -vnE -m 1 "^(rrio-pack 1|rrio [0-9A-Za-z.+~-]{1,30}|cwd $path|member [0-9]{1,15} [0-9a-f]{64} (recording/[A-Za-z0-9][A-Za-z0-9._-]*|files/[1-9][0-9]{0,5})|path files/[0-9]+ $path|link $path $path|dir $path|seal [0-9a-f]{64})$" \
		"$scratch/manifest" >"$scratch/strange"; then
		bad_pack "its manifest has a line that is none: $(tr -cd ' -~' <"$scratch/strange" | head -c 80)"
	fi
	if grep -E '(/|%2f)(\.|%2e){2}(/|%2f| |$)|%00' "$scratch/manifest" >"$scratch/strange"; then
		bad_pack "its manifest has a path with '..'"
	fi
	count=$(grep -c '^member ' "$scratch/manifest") || :
	[[ $count -ge 1 && $count -le $MEMBERS_MAX ]] || bad_pack "its manifest promises $count members"
	line=$(grep '^member ' "$scratch/manifest" | cut -d ' ' -f 4 | sort | uniq -d | head -n 1)
	[[ -z $line ]] || bad_pack "its manifest promises $line twice"
	grep -q '^member .* recording/journal$' "$scratch/manifest" || bad_pack "has no journal"
	[[ $(grep -c '^cwd ' "$scratch/manifest") -eq 1 ]] || bad_pack "its manifest has no working directory"
}

# Type, size and name of each member, as they have to be.
promised() {
	printf -- '- %s manifest\n' "$(stat -c %s "$scratch/manifest")"
	sed -nE 's/^member ([0-9]+) [0-9a-f]+ (.*)/- \1 \2/p' "$scratch/manifest"
}

# The archive's list of members is the manifest's: no other names, types or sizes.
check_members() {
	local member number
	promised >"$scratch/promised"
	number=$(wc -l <"$scratch/promised")
	{ plain || :; } | tar -tv --numeric-owner --quoting-style=escape 2>"$scratch/tar" | head -n $((number + 1)) |
		sed -E 's/^(.)[^ ]* +[^ ]+ +([0-9]+) +[^ ]+ +[^ ]+ /\1 \2 /' >"$scratch/found" || :
	cmp -s "$scratch/promised" "$scratch/found" && return
	! truncated || bad_pack "is truncated"
	member=$(comm -13 <(sort "$scratch/promised") <(sort "$scratch/found") | head -n 1 | cut -c 1-200)
	[[ -z $member ]] || bad_pack "holds what its manifest does not promise: $member"
	bad_pack "does not hold all that its manifest promises"
}

# The members named on stdin, into a folder of their own; then each compared with its checksum.
extract_members() { # FOLDER
	local name
	cut -d ' ' -f 4 >"$scratch/names"
	mapfile -t wanted <"$scratch/names"
	{ plain || :; } | (umask 077 && tar -x -C "$1" --no-same-owner --no-same-permissions --keep-old-files \
		-T "$scratch/names" 2>"$scratch/tar") || :
	for name in "${wanted[@]}"; do
		[[ -f $1/$name && ! -L $1/$name ]] || bad_extract "$name"
	done
	(cd -- "$1" && sed -nE 's/^member [0-9]+ ([0-9a-f]+) (.*)/\1  \2/p' "$scratch/manifest" |
		grep -Fwf "$scratch/names" | sha256sum --quiet --strict -c >"$scratch/sums" 2>&1) ||
		bad_extract "$(head -n 1 "$scratch/sums" | cut -d : -f 1)"
}

bad_extract() { # MEMBER
	! truncated || bad_pack "is truncated"
	bad_pack "$1 is not what the manifest promises$(sed -n '1s/^/: /p' "$scratch/tar" | cut -c 1-200)"
}

# Whether this store's owner has packed it.
is_sealed() {
	local seal
	[[ -s $store/.key ]] || return
	seal=$(sed -n '$s/^seal //p' "$scratch/manifest")
	[[ -n $seal && $seal == "$(head -n -1 "$scratch/manifest" | seal_of)" ]]
}

make_scratch() {
	(umask 077 && mkdir -p -- "$store")
	scratch=$(mktemp -d -- "$store/.unpack-XXXXXX")
	trap 'rm -rf -- "$scratch"' EXIT
	mkdir -- "$scratch/new"
}

# For rrio info: dir becomes a folder with the journal alone.
unpack_journal() {
	make_scratch
	extract_manifest
	check_manifest
	check_members
	grep -E '^member .* recording/(journal|tail\.[01])$' "$scratch/manifest" | extract_members "$scratch/new"
	dir=$scratch/new/recording
}

# The recorded paths below the recording's root/: the files themselves, links between them, the folders that the run
# writes to. Links come last, so that nothing is put in place through one.
make_root() { # FOLDER
	local root=$1/recording/root kind a b decoded target
	while read -r kind a b; do
		case $kind in
		path)
			decode "$b"
			mkdir -p -- "$root${decoded%/*}"
			mv -nT -- "$1/$a" "$root$decoded"
			[[ ! -e $1/$a ]] || bad_pack "has two files for one path"
			;;
		dir | cwd) decode "$a" && mkdir -p -- "$root$decoded" ;;
		esac
	done <"$scratch/manifest"
	while read -r kind a b; do
		[[ $kind == link ]] || continue
		decode "$b" && target=$decoded
		decode "$a"
		mkdir -p -- "$root${decoded%/*}"
		[[ -e $root$decoded ]] || ln -sr -- "$root$target" "$root$decoded"
	done <"$scratch/manifest"
}

# Sets dir to the unpacked recording, which stays in the store: what the run writes is found there, and it is there
# for the next time. Its name comes from its content.
unpack() { # COMMAND
	local name
	make_scratch
	extract_manifest
	check_manifest
	name=pack-$(sha256sum <"$scratch/manifest" | cut -c 1-12)
	if [[ -z $trust ]] && ! is_sealed; then
		show_packed "$1"
	fi
	trust=yes
	if [[ ! -d $store/$name ]]; then
		check_members
		grep '^member ' "$scratch/manifest" | extract_members "$scratch/new"
		(umask 077 && make_root "$scratch/new") || exit
		mv -T -- "$scratch/new/recording" "$store/$name"
		printf 'rrio: %s is unpacked to %s; what it writes goes below root/ there; to delete it: rrio rm %s\n' \
			"$packed" "$store/$name" "$name" >&2
	fi
	rm -rf -- "$scratch" && trap - EXIT
	dir=$store/$name
}

# What a foreign one would run, without having unpacked more than its journal.
show_packed() { # COMMAND
	check_members
	grep -E '^member .* recording/(journal|tail\.[01])$' "$scratch/manifest" | extract_members "$scratch/new"
	dir=$scratch/new/recording
	read_run
	distrust "$1" "was packed by somebody else" "$packed"
}
