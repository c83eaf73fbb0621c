#include "lower/string_tables.h"

#include <cstring>

namespace podtap::lower {
namespace {

// The names that SystemTap prints, x86_64 numbering (signal(7)). 0 is what a
// null signal would be called; a real-time signal prints as hex.
constexpr const char* kSignals[] = {
    "SIG_0",    "SIGHUP",        "SIGINT",    "SIGQUIT", "SIGILL",  "SIGTRAP",   "SIGABRT",
    "SIGBUS",   "SIGFPE",        "SIGKILL",   "SIGUSR1", "SIGSEGV", "SIGUSR2",   "SIGPIPE",
    "SIGALRM",  "SIGTERM",       "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP",   "SIGTSTP",
    "SIGTTIN",  "SIGTTOU",       "SIGURG",    "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF",
    "SIGWINCH", "SIGIO/SIGPOLL", "SIGPWR",    "SIGSYS"};

constexpr int kLastErrno = 133;  // EHWPOISON

ir::StringTable Signals() {
  ir::StringTable table{.name = "signal", .entries = {}, .hex_fallback = true};
  for (const char* name : kSignals) table.entries.emplace_back(name);
  return table;
}

ir::StringTable Errnos() {
  ir::StringTable table{.name = "errno", .entries = {}, .hex_fallback = false};
  for (int number = 0; number <= kLastErrno; number++) {
    const char* name = number == 0 ? nullptr : strerrorname_np(number);
    table.entries.emplace_back(name == nullptr ? "" : name);
  }
  return table;
}

struct Row {
  std::string_view name;
  ir::StringTable (*make)();
};
constexpr Row kTables[] = {{"signal", Signals}, {"errno", Errnos}};

}  // namespace

std::optional<ir::StringTable> MakeStringTable(std::string_view name) {
  for (const Row& row : kTables) {
    if (row.name == name) return row.make();
  }
  return std::nullopt;
}

}  // namespace podtap::lower
