# SPDX-License-Identifier: GPL-2.0-or-later
# libFuzzer on the reader and its parsers; what it finds interesting is kept in build/corpus and built upon.
SECONDS ?= 60

$(B)/fuzz-journal: tests/fuzz/fuzz.c $(wildcard journal/*.[ch]) include/rrio/journal.h
	@mkdir -p $(@D)
	clang $(CPPFLAGS) -I. -std=c11 -O1 -g $(WARN) -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
		-o $@ $(filter %.c,$^) -lzstd

# Seeds: the golden journals, each as every part that the target knows.
$(B)/corpus/seeds: $(wildcard tests/golden/*.hex)
	@mkdir -p $(@D)
	for hex in $^; do for part in 00 01 02 03 04 05; do \
		{ echo $$part; cat $$hex; } | xxd -r -p >$(@D)/$$(basename $$hex .hex)-$$part || exit; done; done
	touch $@

#: make fuzz SECONDS=60      libFuzzer on the journal's reader; a finding is left in build/fuzz-*
fuzz: $(B)/fuzz-journal $(B)/corpus/seeds
	$(B)/fuzz-journal -max_total_time=$(SECONDS) -rss_limit_mb=512 -malloc_limit_mb=64 -timeout=10 -max_len=65536 -len_control=20 \
		-artifact_prefix=$(B)/fuzz- -print_final_stats=1 $(B)/corpus

# Before anything of it is built.
fuzz-packages:
	scripts/setup fuzz

$(B)/fuzz-journal $(B)/corpus/seeds: | fuzz-packages

.PHONY: fuzz fuzz-packages
