# SPDX-License-Identifier: GPL-2.0-or-later
# Checking, installing and the demonstration.

SHELL_FILES = scripts/rrio scripts/setup scripts/demo scripts/bench scripts/check-layers scripts/build-patched-qemu \
	tests/run tests/qemu/matrix tests/qemu/matrix-table tests/range/debian tests/targets/build tests/targets/table tests/mutate/summary \
	.ci/run \
	$(wildcard scripts/lib/*.sh scripts/completion/*.bash tests/cli/*.sh tests/qemu/*.sh tests/outside/*.sh tests/range/*.sh tests/patched/*.sh \
	tests/targets/*.sh tests/toy/*.sh tests/mutate/*.sh tests/races/*.sh tests/debug/*.sh tests/drives/*.sh)
C_FOLDERS = include journal hooks preload tests

help:
	@sed -n 's/^#: //p' $(MAKEFILE_LIST)

#: make                      build/librrio.so and build/rrio-inspect (DEBUG=1, ASAN=1, B=FOLDER, CC=COMPILER)
#: make install PREFIX=DIR   into DIR/bin, DIR/lib and DIR/share (DESTDIR is honoured)
install: all
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/lib" "$(DESTDIR)$(PREFIX)/share/rrio"
	install -m 755 scripts/rrio $(B)/rrio-inspect "$(DESTDIR)$(PREFIX)/bin"
	install -m 644 $(B)/librrio.so "$(DESTDIR)$(PREFIX)/lib"
	install -m 644 scripts/lib/*.sh "$(DESTDIR)$(PREFIX)/share/rrio"
	install -D -m 644 scripts/completion/rrio.bash "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/rrio"
	install -D -m 644 scripts/completion/_rrio "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_rrio"
	install -D -m 644 -t "$(DESTDIR)$(PREFIX)/include/rrio" include/rrio/*.h
	install -m 644 $(B)/librrj.a "$(DESTDIR)$(PREFIX)/lib"
	install -d "$(DESTDIR)$(PREFIX)/lib/pkgconfig"
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' journal/rrj.pc.in >"$(DESTDIR)$(PREFIX)/lib/pkgconfig/rrj.pc"
	install -m 644 journal/inspect/ndjson.schema.json "$(DESTDIR)$(PREFIX)/share/rrio"
	for page in $(B)/man/*.[1-9]; do \
		[ ! -e "$$page" ] || install -D -m 644 -t "$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}" "$$page" || exit; \
	done

#: make demo                 record, replay and verify a Linux guest; installs what it needs when run as root
demo:
	scripts/setup build guest demo
	$(MAKE) --no-print-directory all plugin guest-linux
	scripts/demo

#: make check                cppcheck, a clang build, shellcheck and check-layers
check: check-layers
	scripts/setup check
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,style,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --suppress=unusedStructMember --suppress=constParameterCallback \
		--suppress='*:tests/plugin/qemu-plugin.h' --suppress=constParameter:preload/signals.c --suppress=unknownMacro \
		--suppress='*:*/sys/queue.h' $(addprefix --include=,$(wildcard /usr/include/*/sys/queue.h)) \
		-D_GNU_SOURCE -DRRIO_VERSION='"$(VERSION)"' -Iinclude $(C_FOLDERS)
	$(MAKE) --no-print-directory B=build-clang CC=clang all unit-programs plugin
	shellcheck -x -P SCRIPTDIR $(SHELL_FILES)

#: make check-layers         who may include whom
check-layers:
	scripts/check-layers

.PHONY: help install demo check check-layers
