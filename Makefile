# podtap: two commands are enough on a fresh Debian 12, `make demo` and
# `make test`. Every target installs what it needs first (scripts/setup).
PREFIX ?= /usr/local
DESTDIR ?=
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
export JOBS

RELEASE := build/release/bin/podtap
bindir = $(DESTDIR)$(PREFIX)/bin
mandir = $(DESTDIR)$(PREFIX)/share/man/man1
sharedir = $(DESTDIR)$(PREFIX)/share

.DEFAULT_GOAL := build
.PHONY: help build dev test test-kubelet demo bench install uninstall fuzz-smoke tidy format clean

help:
	@echo "make build       the release binary, $(RELEASE)"
	@echo "make test        builds and runs every test"
	@echo "make test-kubelet  the same for deaths by a real kubelet (builds one first: minutes)"
	@echo "make demo        kills a container and lets podtap say who did it"
	@echo "make bench       measures podtap beside bpftrace"
	@echo "make install     into PREFIX ($(PREFIX)), below DESTDIR"
	@echo "make uninstall   takes that away again"
	@echo "make fuzz-smoke  every fuzzer for FUZZ_SECONDS ($(FUZZ_SECONDS)) seconds"
	@echo "make tidy        clang-tidy over all but the tests"
	@echo "make format      clang-format over everything"
	@echo "make clean       removes build/"

build:
	@scripts/setup build
	@scripts/build release podtap

dev:
	@scripts/setup build test
	@scripts/build dev all

test:
	@scripts/setup build test
	@scripts/build release podtap
	@scripts/build dev all
	@scripts/build asan-ubsan all
	@tests/run --dev build/dev --sanitized build/asan-ubsan --podtap $(RELEASE)

test-kubelet:
	@scripts/setup build test kubelet
	@scripts/build release podtap victims
	@tests/kubelet/build
	@tests/kubelet/run --podtap $(RELEASE)

demo:
	@scripts/setup build demo
	@scripts/build release podtap
	@scripts/demo $(RELEASE)

bench:
	@scripts/setup build bench
	@scripts/build release podtap bench_programs
	@bench/run --podtap $(RELEASE) --programs build/release/bin --json build/bench.json

# A stap that somebody else installed is left alone.
install: build
	install -d $(bindir) $(mandir) $(sharedir)/bash-completion/completions \
	  $(sharedir)/zsh/site-functions $(sharedir)/fish/vendor_completions.d \
	  $(sharedir)/doc/podtap
	install -m 755 $(RELEASE) $(bindir)/podtap
	@if [ -e $(bindir)/stap ] && [ "$$(readlink $(bindir)/stap)" != podtap ]; then \
	  echo "$(bindir)/stap is another program's; left as it is"; \
	else ln -sfn podtap $(bindir)/stap && echo "ln -s podtap $(bindir)/stap"; fi
	install -m 644 man/podtap.1 man/podtap-run.1 $(mandir)
	install -m 644 completions/podtap.bash $(sharedir)/bash-completion/completions/podtap
	install -m 644 completions/podtap.zsh $(sharedir)/zsh/site-functions/_podtap
	install -m 644 completions/podtap.fish $(sharedir)/fish/vendor_completions.d/podtap.fish
	install -m 644 LICENSE NOTICE README.md $(sharedir)/doc/podtap

uninstall:
	@if [ "$$(readlink $(bindir)/stap)" = podtap ]; then rm -f $(bindir)/stap; fi
	rm -f $(bindir)/podtap $(mandir)/podtap.1 $(mandir)/podtap-run.1 \
	  $(sharedir)/bash-completion/completions/podtap \
	  $(sharedir)/zsh/site-functions/_podtap \
	  $(sharedir)/fish/vendor_completions.d/podtap.fish
	rm -rf $(sharedir)/doc/podtap

fuzz-smoke:
	@scripts/setup build fuzz
	@scripts/build fuzz -DPODTAP_FUZZ_SECONDS=$(FUZZ_SECONDS) fuzz-smoke

tidy:
	@scripts/setup build tidy
	@scripts/build tidy podtap bench_programs

format:
	@scripts/setup build tidy
	@git ls-files -z '*.cc' '*.h' | xargs -0 clang-format -i

clean:
	rm -rf build
