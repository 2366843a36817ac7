# shellcheck shell=bash disable=SC2154,SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# pack.sh - rrio pack: one file with a recording and all that its replay needs besides the emulator. Sourced by rrio,
# with store.sh, trust.sh and differences.sh. The file is a tar archive, compressed with zstd:
#
#   manifest       first; lines of words, paths with %XX for what is not plain:
#     rrio-pack 1            the form
#     rrio VERSION           what has packed it
#     cwd PATH               the recorded working directory
#     member SIZE SHA256 NAME   every other member of the archive, in its order
#     path NAME PATH         the recorded path of a member files/N
#     link PATH PATH         a recorded path that leads to another one
#     dir PATH               a folder in which the run makes files
#     seal SHA256            last: for the one who has packed it (trust.sh)
#   recording/…    every file of the recording's folder
#   files/N        kernel, initial ramdisk, firmware, plugins, images
#
# Members have no names of the user's, so nothing about a name can go wrong when it is unpacked.

readonly PACK_FORM=1

encode() { # PATH: everything but the plain characters as %XX
	local LC_ALL=C text=$1 out='' i c
	for ((i = 0; i < ${#text}; i++)); do
		c=${text:i:1}
		case $c in
		[A-Za-z0-9/._+-]) out+=$c ;;
		*) printf -v c '%%%02x' "'$c" && out+=%${c: -2} ;;
		esac
	done
	printf '%s' "$out"
}

# A member is a link in the staging folder that tar follows.
stage() { # NAME FILE
	ln -s -- "$2" "$staging/$1"
	members+=("$1")
}

stage_recording() {
	local file name
	for file in "$dir"/*; do
		name=${file##*/}
		[[ -f $file && ! -L $file ]] || continue
		[[ $name =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]] || die "$NO_RECORDING" "$file is no file of a recording; move it away"
		stage "recording/$name" "$file"
	done
}

# The file behind a recorded path, and its paths; each file once.
declare -gA staged=()
stage_file() { # PATH
	local path=$1 target=${opened_leads[$1]} file name
	file=$(here "$path" && printf x) file=$(readlink -f -- "${file%x}" && printf x) file=${file%?x}
	if [[ -z ${staged[$target]-} ]]; then
		name=files/$((${#staged[@]} + 1))
		stage "$name" "$file"
		staged[$target]=$name
		lines+=("path $name $(encode "$target")")
	fi
	[[ $path == "$target" ]] || lines+=("link $(encode "$path") $(encode "$target")")
}

# What the emulator opened: what is not here any more is listed, as before a replay.
stage_files() {
	local data path
	data=$(field data)
	while IFS= read -rd '' path; do
		if is_module "$path" || { is_image "$path" && [[ $data == full ]]; }; then
			continue
		fi
		if [[ ${opened_how[$path]} == *c* ]]; then
			lines+=("dir $(encode "${path%/*}/")")
			is_image "$path" || continue
		fi
		stage_file "$path"
	done < <(printf '%s\0' "${!opened_how[@]}" | sort -z)
}

# Images that are no regular files are not in the list of opened files.
check_devices() {
	local path
	for path in "${!opened_image[@]}"; do
		[[ $path != /dev/* || $(field data) == full ]] || die "$NO_RECORDING" \
			"$dir: image $path is a device, which is not packed; record with --data full, which needs no image"
	done
}

write_manifest() {
	local name sum bytes
	printf 'rrio-pack %s\nrrio %s\ncwd %s\n' "$PACK_FORM" "$VERSION" "$(encode "$cwd")"
	for name in "${members[@]}"; do
		sum=$(sha256sum <"$staging/$name" | cut -d ' ' -f 1)
		bytes=$(stat -Lc %s -- "$staging/$name")
		printf 'member %s %s %s\n' "$bytes" "$sum" "$name"
	done
	[[ ${#lines[@]} -eq 0 ]] || printf '%s\n' "${lines[@]}"
}

make_archive() { # FILE
	local manifest
	write_manifest >"$staging/sealing"
	manifest=$(seal_of <"$staging/sealing")
	{ cat "$staging/sealing" && printf 'seal %s\n' "$manifest"; } >"$staging/manifest"
	tar --create --format=gnu --dereference --sparse --no-recursion --numeric-owner --owner=0 --group=0 --mode=u=rw,go= --mtime=@0 \
		-C "$staging" -- manifest "${members[@]}" | zstd -q -T0 -o "$1"
}

cmd_pack() {
	local out='' dir packed emulator cwd root='' members=() lines=() argv
	if [[ ${1-} == -o ]]; then
		[[ -n ${2-} ]] || die "$USAGE" "pack: -o takes a file"
		out=$2 && shift 2
	fi
	at_most_one pack "$@"
	find_folder pack "$@"
	[[ -n $out ]] || out=${dir##*/}.rrio
	[[ ! -e $out ]] || die "$USAGE" "$out is there already; delete it, or name another file: rrio pack -o FILE"
	cwd=$(field cwd && printf x) || exit
	cwd=${cwd%$'\n'x}
	! in_use shared || die "$AGAIN" "$dir is being recorded; pack it when its emulator has ended"
	[[ ! -d $dir/root ]] || root=$dir/root
	pack_to "$out"
}

pack_to() { # FILE
	local differences=0 packing=yes size
	[[ -f $dir/opened ]] || die "$NO_RECORDING" "$dir has no list of the files that its emulator opened; record it again, \
or copy the folder with the images that rrio info names"
	read_opened
	check_devices
	check_files
	[[ $differences -eq 0 ]] || exit "$NO_RECORDING"
	staging=$(mktemp -d) && unfinished=$1.$$ && trap 'rm -rf -- "$staging" "$unfinished"' EXIT
	mkdir -- "$staging/recording" "$staging/files"
	lines=("dir $(encode "$cwd/")")
	stage_recording
	stage_files
	(umask 077 && make_archive "$unfinished") || die "$NO_RECORDING" "$1 could not be written; see above"
	mv -n -- "$unfinished" "$1"
	size=$(stat -c %s -- "$1" | numfmt --to=iec)
	printf 'packed: %s, %s, with %d files that the emulator opened; to replay: rrio replay %s\n' "$1" "$size" "${#staged[@]}" "$(quoted "$1")"
}
