# SPDX-License-Identifier: GPL-2.0-or-later
# make [DEBUG=1] [ASAN=1]   build/librrio.so, build/rrio-inspect; `make help` lists the rest
VERSION := 0.1.0
B       ?= build
PREFIX  ?= /usr/local
CC      ?= cc

WARN    := -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wshadow -Wvla -Wpointer-arith
CPPFLAGS += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DXXH_NAMESPACE=rrj_ -DXXH_STATIC_LINKING_ONLY -DRRIO_VERSION='"$(VERSION)"' -Iinclude
CFLAGS  += -std=c11 $(if $(DEBUG),-O0 -g3,-O2 -g) $(WARN) -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections -MMD -MP
ifdef ASAN
CFLAGS  += -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDFLAGS += -fsanitize=address,undefined
endif

# One short line for each file made; V=1 shows the commands.
Q       := $(if $(V),,@)
say      = $(if $(V),,@printf '  %-6s %s\n' $(1) $(if $(2),$(2),$@))

objects = $(patsubst %.c,$(B)/%.o,$(wildcard $(1)/*.c))

all: $(B)/librrio.so $(B)/rrio-inspect

include $(wildcard man/rules.mk journal/rules.mk preload/rules.mk tests/rules.mk scripts/rules.mk)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,cc)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

clean:
	rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)

.PHONY: all clean
.DELETE_ON_ERROR:
