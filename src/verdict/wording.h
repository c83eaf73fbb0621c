// Words that several rules need.
//
// What comes out may hold what a process calls itself; it is escaped where it meets a
// terminal (report/).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/verdict.h"
#include "verdict/view.h"

namespace podtap::verdict {

std::string Duration(int64_t ns);   // "12 ms", "0.2 s", "4.1 s", "2 min 5 s", "3 h 12 min"
std::string Bytes(uint64_t bytes);  // "20 MiB", "1.5 GiB", "812 KiB"
std::string Hex(uint64_t value);    // "0x7f31"
// "2026-07-30 14:03:22 UTC", as journalctl's --since reads it.
std::string Utc(int64_t unix_ns);
std::string Joined(const std::vector<std::string>& words);  // "a, b and c"

// One word of a shell's command line, in quotes where it needs them: names from
// outside must not become commands when an operator pastes the line.
std::string ShellWord(std::string_view word);

// "container web of pod default/web-0", "container web", "process 7942".
std::string ContainerName(const container::Container& container);
// The step that makes the next death a watched one.
std::string CatchStep(const container::Container& container);
// "Docker", "Podman", "containerd", "CRI-O", "the container runtime".
std::string RuntimeLabel(container::RuntimeKind kind);
// "root", "root (logged in as alice from 10.0.0.7:51514)", "uid 1000"; "" when not known.
std::string UserName(const store::Process& process);
std::string Lower(std::string_view text);  // ASCII
// The last part of a path.
std::string_view BaseName(std::string_view path);

// Wall clock of a moment; 0 when the death doesn't know it.
int64_t UnixNs(const View& view, store::BootNs at);

}  // namespace podtap::verdict
