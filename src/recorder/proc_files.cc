#include "recorder/proc_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>

namespace podtap::recorder {
namespace {

constexpr size_t kMostRead = 256 << 10;  // of one file: environments can be long
constexpr size_t kMostArgs = 4096;       // bytes of a command line that are kept
constexpr uint32_t kKthread = 0x200000;  // PF_KTHREAD

// As much of the file as is wanted; empty if it can't be read.
std::string ReadSome(const std::string& path, size_t most = kMostRead) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  if (!fd.valid()) return text;
  char buffer[4096];
  while (text.size() < most) {
    const ssize_t n = ::read(fd.get(), buffer, std::min(sizeof buffer, most - text.size()));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    text.append(buffer, static_cast<size_t>(n));
  }
  return text;
}

std::string ReadLink(const std::string& path) {
  char buffer[4096];
  const ssize_t n = ::readlink(path.c_str(), buffer, sizeof buffer);
  return n <= 0 ? std::string() : std::string(buffer, static_cast<size_t>(n));
}

template <typename T>
std::optional<T> ToNumber(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return number;
}

// The value after "Name:\t" in /proc/PID/status; empty if it isn't there.
std::string_view StatusField(std::string_view status, std::string_view name) {
  const size_t at = status.starts_with(name) ? 0 : status.find("\n" + std::string(name));
  if (at == std::string_view::npos) return {};
  std::string_view rest = status.substr(at);
  if (rest.front() == '\n') rest.remove_prefix(1);
  rest.remove_prefix(name.size());
  rest = rest.substr(0, rest.find('\n'));
  const size_t from = rest.find_first_not_of(" \t");
  return from == std::string_view::npos ? std::string_view() : rest.substr(from);
}

std::string_view FirstWord(std::string_view text) {
  return text.substr(0, text.find_first_of(" \t"));
}
std::string_view LastWord(std::string_view text) {
  const size_t at = text.find_last_of(" \t");
  return at == std::string_view::npos ? text : text.substr(at + 1);
}

void SplitArgs(std::string_view text, store::Process& process) {
  if (text.size() > kMostArgs) {
    text = text.substr(0, kMostArgs);
    process.args_cut = true;
  }
  while (!text.empty()) {
    const size_t end = std::min(text.find('\0'), text.size());
    process.args.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void SetExe(std::string link, store::Process& process) {
  constexpr std::string_view kDeleted = " (deleted)";
  process.exe_memfd = link.starts_with("/memfd:");
  if (link.ends_with(kDeleted)) {
    link.resize(link.size() - kDeleted.size());
    process.exe_deleted = !process.exe_memfd;
  }
  process.exe = std::move(link);
}

int32_t TtyNumber(std::string_view stat) {
  // Field 7, the fourth after "(comm) ".
  const size_t end = stat.rfind(')');
  if (end == std::string_view::npos) return 0;
  std::string_view rest = stat.substr(std::min(end + 2, stat.size()));
  for (int skip = 0; skip < 4; skip++) {
    const size_t space = rest.find(' ');
    if (space == std::string_view::npos) return 0;
    rest.remove_prefix(space + 1);
  }
  return ToNumber<int32_t>(rest).value_or(0);
}

}  // namespace

// proc(5): pid (comm) state ppid pgrp session tty_nr tpgid flags …, starttime is the 22nd.
// A comm may hold brackets and spaces; the last bracket ends it.
std::optional<ProcStat> ParseStat(std::string_view text) {
  const size_t open = text.find('(');
  const size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::nullopt;
  }
  ProcStat stat;
  const auto pid = ToNumber<int32_t>(text);
  if (!pid) return std::nullopt;
  stat.pid = *pid;
  stat.comm = std::string(text.substr(open + 1, close - open - 1));
  std::array<std::string_view, 20> fields;  // from state, the third
  std::string_view rest = text.substr(close + 1);
  for (std::string_view& field : fields) {
    const size_t from = rest.find_first_not_of(' ');
    if (from == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(from);
    field = rest.substr(0, rest.find(' '));
    rest.remove_prefix(field.size());
  }
  const auto parent = ToNumber<int32_t>(fields[1]);
  const auto flags = ToNumber<uint32_t>(fields[6]);
  const auto ticks = ToNumber<int64_t>(fields[19]);
  if (!parent || !flags || !ticks) return std::nullopt;
  stat.parent = *parent;
  stat.kernel_thread = (*flags & kKthread) != 0;
  stat.start = {*ticks * kTickNs};
  return stat;
}

// Major numbers of Documentation/admin-guide/devices.txt; the minor's high bits stand
// above the major (new_encode_dev).
std::string TtyName(int32_t tty_nr) {
  const auto number = static_cast<uint32_t>(tty_nr);
  const uint32_t major = (number >> 8) & 0xfff;
  const uint32_t minor = (number & 0xff) | ((number >> 12) & 0xfff00);
  if (major >= 136 && major <= 143) return "pts/" + std::to_string((major - 136) * 256 + minor);
  if (major == 4) {
    return minor < 64 ? "tty" + std::to_string(minor) : "ttyS" + std::to_string(minor - 64);
  }
  if (number == 0) return "";
  return std::to_string(major) + ":" + std::to_string(minor);
}

std::string ProcFiles::Path(int32_t pid, std::string_view file) const {
  std::string path = root_ + "/" + std::to_string(pid) + "/";
  return path.append(file);
}

std::optional<ProcStat> ProcFiles::Stat(int32_t pid) const {
  return ParseStat(ReadSome(Path(pid, "stat"), 4096));
}

std::vector<ProcStat> ProcFiles::All() const {
  std::vector<ProcStat> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(root_.c_str()), &::closedir);
  if (!folder) return found;
  while (const dirent* entry = ::readdir(folder.get())) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    const auto pid = ToNumber<int32_t>(entry->d_name);
    if (!pid) continue;
    if (auto stat = Stat(*pid)) found.push_back(std::move(*stat));
  }
  return found;
}

std::optional<store::Process> ProcFiles::Read(const ProcessKey& key) const {
  const int32_t pid = key.pid.value;
  const std::string stat_text = ReadSome(Path(pid, "stat"), 4096);
  const std::optional<ProcStat> stat = ParseStat(stat_text);
  if (!stat || stat->start.value / kTickNs != key.start.value / kTickNs) {
    return std::nullopt;
  }
  store::Process process;
  process.key = key;
  process.seen = store::Seen::kProc;
  process.comm = stat->comm;
  process.kernel_thread = stat->kernel_thread;
  process.tty = TtyName(TtyNumber(stat_text));
  SetExe(ReadLink(Path(pid, "exe")), process);
  struct stat file {};
  if (::stat(Path(pid, "exe").c_str(), &file) == 0) process.exe_inode = file.st_ino;
  SplitArgs(ReadSome(Path(pid, "cmdline"), kMostArgs + 1), process);
  process.cwd = ReadLink(Path(pid, "cwd"));
  const std::string status = ReadSome(Path(pid, "status"), 8192);
  process.uid = ToNumber<uint32_t>(FirstWord(StatusField(status, "Uid:"))).value_or(store::kNoUid);
  process.ns_pid = ToNumber<int32_t>(LastWord(StatusField(status, "NSpid:"))).value_or(0);
  process.login_uid =
      ToNumber<uint32_t>(ReadSome(Path(pid, "loginuid"), 32)).value_or(store::kNoUid);
  process.session =
      ToNumber<uint32_t>(ReadSome(Path(pid, "sessionid"), 32)).value_or(store::kNoUid);
  // The same number, another process: none of this is its.
  const std::optional<ProcStat> after = Stat(pid);
  if (!after || after->start != stat->start) return std::nullopt;
  return process;
}

std::string ProcFiles::Environment(int32_t pid, std::string_view name) const {
  const std::string text = ReadSome(Path(pid, "environ"));
  for (size_t from = 0; from < text.size();) {
    const size_t end = std::min(text.find('\0', from), text.size());
    const std::string_view entry = std::string_view(text).substr(from, end - from);
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=') {
      return std::string(entry.substr(name.size() + 1));
    }
    from = end + 1;
  }
  return "";
}

Fd ProcFiles::OpenExe(int32_t pid) const {
  return Fd(::open(Path(pid, "exe").c_str(), O_RDONLY | O_CLOEXEC));
}

}  // namespace podtap::recorder
