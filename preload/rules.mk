# build/librrio.so: the preload library. Its hooks know the emulator; the journal is librrj.a.
PRELOAD_OBJECTS := $(call objects,preload) $(call objects,hooks)

# Functions with 32-bit and 64-bit names stand side by side here: none may be redirected to the other, or inlined.
$(call objects,preload): CPPFLAGS += -U_FILE_OFFSET_BITS -U_FORTIFY_SOURCE
$(PRELOAD_OBJECTS): CFLAGS += -ftls-model=initial-exec

# What runs in a slice, turn or request is made for speed; the rest, three quarters of the library, to be small.
FAST := aio bells bounce clock doorbell engine exchange external gate parts place poll \
	ready request sync tape ticket trail turn turnstile uring vcpu wake
ifndef DEBUG
$(filter-out $(FAST:%=$(B)/preload/%.o),$(call objects,preload)): CFLAGS += -Os
endif

# The way through every slice leads through several files: calls between them were half of its cost. gcc alone, since
# clang needs a plugin of the linker for it; an unoptimised or instrumented library has no need of it.
ifeq ($(DEBUG)$(ASAN)$(findstring sanitize,$(CFLAGS))$(findstring clang,$(CC)),)
$(PRELOAD_OBJECTS): CFLAGS += -flto=auto -ffat-lto-objects
$(B)/librrio.so: LDFLAGS += -flto=auto -O2
endif

$(B)/librrio.so: $(PRELOAD_OBJECTS) $(B)/librrj.a
	$(call say,ld)
	$(Q)$(CC) $(LDFLAGS) -shared -Wl,--gc-sections -Wl,-z,now -Wl,-z,defs -Wl,--exclude-libs,ALL -o $@ $^ -lzstd -ljansson -ldl -lpthread
