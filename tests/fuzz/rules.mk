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
	for hex in $^; do for part in 00 01 02 03 04 05 06; do \
		{ echo $$part; cat $$hex; } | xxd -r -p >$(@D)/$$(basename $$hex .hex)-$$part || exit; done; done
	touch $@

FUZZ = $(B)/fuzz-journal -max_total_time=$(SECONDS) -rss_limit_mb=512 -malloc_limit_mb=64 -timeout=10 -max_len=65536 \
	-len_control=20 -artifact_prefix=$(B)/fuzz- -print_final_stats=1

#: make fuzz SECONDS=60      libFuzzer on the journal's reader; a finding is left in build/fuzz-*
fuzz: $(B)/fuzz-journal $(B)/corpus/seeds
	$(FUZZ) $(B)/corpus

#: make fuzz-each SECONDS=60 the same, so long on each of its seven parsers, two at a time; what each said is in build/fuzz-N.log
fuzz-each: $(B)/fuzz-journal $(B)/corpus/seeds
	@printf '%s\n' 0 1 2 3 4 5 6 | xargs -P 2 -I N sh -c 'mkdir -p $(B)/corpus-N && \
		if FUZZ_PART=N $(FUZZ) $(B)/corpus-N $(B)/corpus >$(B)/fuzz-N.log 2>&1; \
		then echo "parser N: $$(sed -n "s/^Done \(.*\) second.*/\1/p" $(B)/fuzz-N.log) s, no finding"; \
		else tail -n 30 $(B)/fuzz-N.log; echo "parser N: a finding; all it said is in $(B)/fuzz-N.log"; exit 1; fi'

# Before anything of it is built.
fuzz-packages:
	scripts/setup build fuzz

$(B)/fuzz-journal $(B)/corpus/seeds: | fuzz-packages

.PHONY: fuzz fuzz-each fuzz-packages
