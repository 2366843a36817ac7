# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# differences.sh - what is not here as it was when a recording was made: emulator, working directory, the files that
# the emulator opened. All of it is listed before a replay starts, each with what would make it work. Sourced by rrio.
# The content of files and images is compared by the library, when they are opened and read.

# The GNU build-id in hexadecimal; the note is at the front of every executable that has one.
build_id() { # FILE
	head -c 65536 -- "$1" | od -An -v -tx1 | tr -d ' \n' |
		grep -oE '04000000(14|10)00000003000000474e5500([0-9a-f]{40}|[0-9a-f]{32})' | head -n 1 | cut -c 33-
}

differs() { # MESSAGE
	printf 'rrio: %s\n' "$1" >&2
	differences=$((differences + 1))
}

check_emulator() {
	local size id version here_size here_id
	size=$(field emulator_size) id=$(field build_id) version=$(field emulator_version)
	if [[ ! -x $emulator ]]; then
		differs "$dir: recorded with $emulator (version $version), which is not here; install it, then: rrio replay $dir"
		return
	fi
	here_size=$(stat -Lc %s -- "$emulator") here_id=$(build_id "$emulator" || :)
	if [[ $size != "$here_size" ]]; then
		differs "$emulator has $here_size bytes; $dir was recorded with one of $size bytes (version $version): install that one"
	elif [[ -n $id && $id != "${here_id:0:${#id}}" ]]; then
		differs "$emulator has build-id ${here_id:-none}; $dir was recorded with $id (version $version): install that one"
	fi
}

# Reads the list `opened` (journal/FORMAT.md) into arrays by path: opened_how (letters), opened_size, opened_leads; and
# the images' own paths into opened_image. An entry that is not complete, since the emulator was killed, is left out.
declare -gA opened_how=() opened_size=() opened_leads=() opened_image=()
read_opened() {
	local entries=() i head
	[[ ! -f $dir/opened ]] || mapfile -d '' -t entries <"$dir/opened"
	for ((i = 0; i + 2 < ${#entries[@]}; i += 3)); do
		[[ ${entries[i + 1]} == /* ]] || continue
		IFS=' ' read -ra head <<<"${entries[i]}"
		if [[ ${head[0]} == i ]]; then
			opened_image[${entries[i + 2]}]=yes
			continue
		fi
		opened_how[${entries[i + 1]}]+=${head[0]}
		opened_size[${entries[i + 1]}]=${head[1]}
		opened_leads[${entries[i + 1]}]=${entries[i + 2]}
	done
}

# A part of the emulator's own installation, as its firmware is not.
is_module() { # PATH
	[[ ${opened_how[$1]} == m && $1 == @(/usr/lib|/lib)*/* ]]
}

# The place of a recorded path here.
here() { # PATH
	if [[ -n $root && -e $root$1 ]]; then
		printf '%s' "$root$1"
	else
		printf '%s' "$1"
	fi
}

is_image() { # PATH
	[[ -n ${opened_image[${opened_leads[$1]}]-} ]]
}

check_file() { # PATH DATA
	local path=$1 file here_size
	file=$(here "$path" && printf x) file=${file%x}
	if [[ ${opened_how[$path]} == *c* ]]; then
		[[ -n ${packing-} || -d $root${path%/*}/ || -d ${path%/*}/ ]] || differs "$dir: writes to $path, whose folder is not here; make it: mkdir -p $(quoted "${path%/*}")"
	elif is_image "$path" && [[ $2 == full ]]; then
		return # all that was read of it is in the recording
	elif is_image "$path"; then
		[[ -e $file ]] || differs "$dir: image $path is not here; put it back as the recording left it, or record with --data full, which needs no image"
	elif [[ ! -e $file ]]; then
		differs "$dir: $path is not here; put it back; it had ${opened_size[$path]} bytes"
	elif [[ ${opened_how[$path]} == r ]]; then
		here_size=$(stat -Lc %s -- "$file")
		[[ $here_size == "${opened_size[$path]}" ]] ||
			differs "$dir: $path has $here_size bytes, recorded ${opened_size[$path]}; put back the one that was recorded"
	fi
}

check_files() {
	local data path
	data=$(field data)
	while IFS= read -rd '' path; do
		if is_module "$path" || { [[ $path == "$cwd"/* ]] && [[ ! -d $root$cwd ]]; }; then
			continue
		fi
		check_file "$path" "$data"
	done < <(printf '%s\0' "${!opened_how[@]}" | sort -z)
}

check_differences() {
	local differences=0
	check_emulator
	[[ -d $root$cwd ]] ||
		differs "$dir was recorded in $cwd, which is gone; make it again with its files, then: rrio replay $dir"
	read_opened
	[[ ${#opened_how[@]} -eq 0 ]] || check_files
	[[ $differences -eq 0 ]] || exit "$NO_RECORDING"
}
