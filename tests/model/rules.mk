# SPDX-License-Identifier: GPL-2.0-or-later
# The model of the turnstile: spin searches all of its states; with each rule broken in its turn, it must find that.

MODEL_RULES = PARKED PUBLISH SIGNAL NESTED WAKE LOOK
M := $(B)/model

# Everything in a folder of its own: spin writes where it is called.
define SEARCH
	@rm -rf $(M)/$(1) && mkdir -p $(M)/$(1)
	@cd $(M)/$(1) && spin -a $(2) $(CURDIR)/tests/model/turnstile.pml >spin.log && \
		$(CC) -O2 -w -DSAFETY -DCOLLAPSE -o pan pan.c && timeout 300 ./pan -m400000 >pan.log
	@grep -q 'errors: $(3)' $(M)/$(1)/pan.log && ! grep -q 'max search depth too small' $(M)/$(1)/pan.log || \
		{ echo "model: $(1): not $(3) error(s), see $(M)/$(1)/pan.log"; exit 1; }
endef

#: make model                a model of the turnstile: no deadlock, no rule broken, in any order of its threads' steps
model: $(MODEL_RULES:%=model-without-%)
	$(call SEARCH,as-it-is,,0)
	@grep 'states, stored' $(M)/as-it-is/pan.log
	@echo "model: nothing found; each of $(words $(MODEL_RULES)) broken rules found"

model-without-%: model-packages
	$(call SEARCH,$*,-DBREAK_$*,1)

model-packages:
	scripts/setup model

.PHONY: model model-packages $(MODEL_RULES:%=model-without-%)
