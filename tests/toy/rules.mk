# SPDX-License-Identifier: GPL-2.0-or-later
# The toy emulator, its three crippled relatives, and the program that records and replays it many times.

T := $(B)/tests/toy
TOY_EMULATOR := $(call objects,tests/toy/emulator)
TOY_PROGRAMS := $(addprefix $(T)/,qemu-system-toy qemu-system-small qemu-system-inlined qemu-system-none check)

# As QEMU's are: functions that can be found by name, and none inlined into its callers.
$(TOY_EMULATOR) $(T)/small.o $(T)/inlined.o: CFLAGS += -O1 -fno-inline

$(T)/qemu-system-toy: $(TOY_EMULATOR)
	$(call say,ld)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -rdynamic -o $@ $^ -lpthread

$(T)/qemu-system-small: $(filter-out %/round.o,$(TOY_EMULATOR)) $(T)/small.o
	$(call say,ld)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -rdynamic -o $@ $^ -lpthread

$(T)/qemu-system-inlined: $(TOY_EMULATOR) $(T)/inlined.o
	$(call say,ld)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -rdynamic -Wl,--wrap=icount_round -o $@ $^ -lpthread

$(T)/qemu-system-none: $(T)/none.o
	$(call say,ld)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

$(T)/check: $(call objects,tests/toy/driver)
	$(call say,ld)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

toy-programs: $(B)/librrio.so $(TOY_PROGRAMS)
test-parts: toy-programs

# N seeds of the first case, the others as in make test. The toy's folders are left in $(T) where a seed fails.
TOY_CASES := replays bare differs changed-image cut refusals opaque gives-up hangs ends mutants
define TRY_TOY
	@cd $(1)/tests/toy && for case in $(TOY_CASES); do \
		./check $$case $$(test $$case = replays && echo $(2)) || exit; done
endef

#: make test-toy [N=5000]    the toy emulator alone, recorded and replayed twice with N seeds
test-toy: toy-programs
	$(call TRY_TOY,$(B),$(N))

#: make test-toy-asan        the same with AddressSanitizer and UBSan in librrio.so and in the toy
test-toy-asan:
	$(MAKE) --no-print-directory B=$(B)-asan ASAN=1 toy-programs
	$(call TRY_TOY,$(B)-asan,$(N))

#: make test-toy-tsan        the same with ThreadSanitizer
test-toy-tsan:
	CFLAGS='-fsanitize=thread' LDFLAGS='-fsanitize=thread' $(MAKE) --no-print-directory B=$(B)-tsan toy-programs
	$(call TRY_TOY,$(B)-tsan,$(N))

.PHONY: toy-programs test-toy test-toy-asan test-toy-tsan
