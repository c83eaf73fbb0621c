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
bashdir = $(sharedir)/bash-completion/completions
zshdir = $(sharedir)/zsh/site-functions
fishdir = $(sharedir)/fish/vendor_completions.d
docdir = $(sharedir)/doc/podtap
unitdir = $(DESTDIR)$(PREFIX)/lib/systemd/system

.DEFAULT_GOAL := build
.PHONY: help build dev test test-kubelet test-kernels soak accuracy demo bench install uninstall fuzz-smoke tidy format clean

help:
	@echo "make build       the release binary, $(RELEASE)"
	@echo "make test        builds and runs every test"
	@echo "make test-kubelet  the same for deaths by a real kubelet (builds one first: minutes)"
	@echo "make test-kernels  on Linux 5.10, 6.1 and 6.12, and under systemd, in QEMU (minutes)"
	@echo "make soak        the flight recorder under load, killed fifty times, under systemd (ten minutes)"
	@echo "make accuracy    every cause of death twenty times: how often podtap is right (half an hour)"
	@echo "make demo        kills a container and lets podtap say who did it"
	@echo "make bench       measures podtap beside bpftrace"
	@echo "make install     into PREFIX ($(PREFIX)), below DESTDIR"
	@echo "make uninstall   takes that away again"
	@echo "make fuzz-smoke  every fuzzer for FUZZ_SECONDS ($(FUZZ_SECONDS)) seconds"
	@echo "make tidy        clang-tidy over everything"
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
	@scripts/build release podtap victims
	@scripts/build asan-ubsan all
	@tests/run --build build/asan-ubsan --podtap $(RELEASE)

test-kubelet:
	@scripts/setup build test kubelet
	@scripts/build release podtap victims
	@tests/kubelet/build
	@tests/kubelet/run --podtap $(RELEASE)

test-kernels:
	@scripts/setup build kernels
	@scripts/build release podtap victims
	@tests/kernels/run --podtap $(RELEASE) --victim build/release/bin/victim

soak:
	@scripts/setup build test bench soak kernels
	@scripts/build release podtap victims bench_programs
	@tests/soak/run --podtap $(RELEASE) --programs build/release/bin
	@tests/kernels/run --podtap $(RELEASE) --victim build/release/bin/victim unit

accuracy:
	@scripts/setup build test
	@scripts/build release podtap victims
	@tests/accuracy --podtap $(RELEASE)

demo:
	@scripts/setup build demo
	@scripts/build release podtap
	@scripts/demo $(RELEASE)

bench:
	@scripts/setup build bench
	@scripts/build release podtap bench_programs
	@bench/run --podtap $(RELEASE) --programs build/release/bin --json build/bench.json
	@bench/node --podtap $(RELEASE) --json build/bench-node.json

# A stap that somebody else installed is left alone. Ours has its own links to
# page and completions, because shells and man look by the command's name.
foreign_stap = { [ -e $(bindir)/stap ] || [ -L $(bindir)/stap ]; } && \
  [ "$$(readlink $(bindir)/stap)" != podtap ]

install: build
	install -d $(bindir) $(mandir) $(bashdir) $(zshdir) $(fishdir) $(docdir) $(unitdir)
	install -m 755 $(RELEASE) $(bindir)/podtap
	install -m 644 man/*.1 $(mandir)
	install -m 644 completions/podtap.bash $(bashdir)/podtap
	install -m 644 completions/podtap.zsh $(zshdir)/_podtap
	install -m 644 completions/podtap.fish $(fishdir)/podtap.fish
	install -m 644 LICENSE NOTICE README.md $(docdir)
	sed 's|@bindir@|$(PREFIX)/bin|' deploy/podtap.service >$(unitdir)/podtap.service
	@if $(foreign_stap); then echo "$(bindir)/stap is another program's; left as it is"; else \
	  set -x; \
	  ln -sfn podtap $(bindir)/stap; \
	  ln -sfn podtap-run.1 $(mandir)/stap.1; \
	  ln -sfn podtap $(bashdir)/stap; \
	  ln -sfn podtap.fish $(fishdir)/stap.fish; \
	fi

uninstall:
	@if ! { $(foreign_stap); }; then set -x; \
	  rm -f $(bindir)/stap $(mandir)/stap.1 $(bashdir)/stap $(fishdir)/stap.fish; fi
	rm -f $(bindir)/podtap $(patsubst man/%,$(mandir)/%,$(wildcard man/*.1)) \
	  $(bashdir)/podtap $(zshdir)/_podtap $(fishdir)/podtap.fish $(unitdir)/podtap.service
	rm -rf $(docdir)

fuzz-smoke:
	@scripts/setup build fuzz
	@scripts/build fuzz -DPODTAP_FUZZ_SECONDS=$(FUZZ_SECONDS) fuzz-smoke

tidy:
	@scripts/setup build tidy
	@scripts/build tidy -k 0 podtap bench_programs fuzz_objects unit_tests

format:
	@scripts/setup build tidy
	@scripts/format

clean:
	rm -rf build
