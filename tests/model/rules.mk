# SPDX-License-Identifier: GPL-2.0-or-later
# The models of the turnstile, recording (turnstile.pml) and replaying (replay.pml): spin searches all of their states; with
# each rule broken in its turn, it must find that.

MODELS = turnstile replay
RULES_turnstile = PARKED PUBLISH ALONE TOLD SIGNAL NESTED WAKE LOOK
RULES_replay = PARKED LOOP AWAIT AGAIN NESTED PASS
M := $(B)/model

# $(1): a model, or MODEL-without-RULE. Everything in a folder of its own: spin writes where it is called.
define SEARCH
	@rm -rf $(M)/$(1) && mkdir -p $(M)/$(1)
	@cd $(M)/$(1) && spin -a $(addprefix -DBREAK_,$(word 2,$(subst -without-, ,$(1)))) \
		$(CURDIR)/tests/model/$(firstword $(subst -without-, ,$(1))).pml >spin.log && \
		$(CC) -O2 -w -DSAFETY -DCOLLAPSE -o pan pan.c && timeout 300 ./pan -m400000 >pan.log
	@grep -q 'errors: $(2)' $(M)/$(1)/pan.log && ! grep -q 'max search depth too small' $(M)/$(1)/pan.log || \
		{ echo "model: $(1): not $(2) error(s), see $(M)/$(1)/pan.log"; exit 1; }
endef

#: make model                models of the turnstile, recording and replaying: no deadlock, no rule broken, in any order of steps
model: $(MODELS:%=model-%)

define MODEL_RULES
model-$(1): $(RULES_$(1):%=model-$(1)-without-%)
	$$(call SEARCH,$(1),0)
	@grep 'states, stored' $(M)/$(1)/pan.log
	@echo "model: $(1): nothing found; each of $(words $(RULES_$(1))) broken rules found"

$(RULES_$(1):%=model-$(1)-without-%): model-%: model-packages
	$$(call SEARCH,$$*,1)

.PHONY: model-$(1) $(RULES_$(1):%=model-$(1)-without-%)
endef
$(foreach model,$(MODELS),$(eval $(call MODEL_RULES,$(model))))

model-packages:
	scripts/setup model

.PHONY: model model-packages
