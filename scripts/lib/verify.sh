# shellcheck shell=bash disable=SC2154,SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# verify.sh - rrio verify: replays without a terminal, and says whether the library found a difference. Sourced by rrio,
# with replay.sh.

cmd_verify() {
	local emulator argv cwd root trust='' packed count=1 words=() extra=()
	while [[ $# -gt 0 ]]; do
		case $1 in
		-n)
			[[ ${2-} =~ ^[1-9][0-9]{0,5}$ ]] || die "$USAGE" "verify: -n takes a number from 1"
			count=$2 && shift
			;;
		--trust) trust=yes ;;
		*) words+=("$1") ;;
		esac
		shift
	done
	ready verify "${words[@]}"
	replay_often "$count"
}

replay_often() { # COUNT
	local count=$1 run status
	said=$(mktemp) && trap 'rm -f -- "$said"' EXIT
	for ((run = 1; run <= count; run++)); do
		status=0
		(
			trap - EXIT
			unset RRIO_UNTIL RRIO_GDB RRIO_MONITOR RRIO_QMP RRIO_SPEED
			prepare_replay
			exec -a "${argv[0]}" -- "$emulator" "${argv[@]:1}" "${extra[@]}" </dev/null >/dev/null 2>"$said"
		) || status=$?
		judge_run "$status" "$(last_words)"
	done
	printf 'identical: %s, %d of %d replays\n' "$dir" "$count" "$count"
}

# What ended a replay, if the library or the loader did: the last line of theirs that is no warning or remark.
last_words() {
	grep -E '^rrio: |^ERROR: ld\.so: .*librrio' "$said" |
		grep -vE '^rrio: (warning|[a-z]+: (info|debug)): ' | tail -n 1 || :
}

# A status below is the library's own only together with its line: the emulator may end with any status by itself.
judge_run() { # STATUS LINE
	case $1:$2 in
	*:ERROR*) die "$CANNOT" "$dir: the loader does not take librrio.so: ${2#ERROR: }" ;;
	1:rrio:*)
		printf 'differs: %s, replay %d of %d\n%s\n' "$dir" "$run" "$count" "${2#rrio: }"
		exit "$FINDING"
		;;
	2:rrio:* | 65:rrio:* | 69:rrio:* | 70:rrio:* | 75:rrio:*)
		printf '%s\n' "$2" >&2
		exit "$1"
		;;
	esac
}
