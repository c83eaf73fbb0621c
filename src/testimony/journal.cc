#include "testimony/journal.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "container/json.h"
#include "testimony/program.h"

namespace podtap::testimony {
namespace {

using container::Member;
using nlohmann::json;

constexpr int64_t kSecond = 1'000'000'000;
constexpr size_t kMostText = 16u << 20;
constexpr const char* kMostLines = "20000";
// systemd-coredump's; systemd/sd-messages.h, SD_MESSAGE_COREDUMP.
constexpr const char* kCoredumpId = "fc2e22bc6ee647b6b90729ab34a250b1";
constexpr const char* kFields =
    "MESSAGE,_SYSTEMD_UNIT,SYSLOG_IDENTIFIER,SYSLOG_FACILITY,_PID,_TRANSPORT,_AUDIT_TYPE,"
    "CONTAINER_ID,COREDUMP_PID,COREDUMP_SIGNAL,COREDUMP_COMM,COREDUMP_EXE,COREDUMP_CGROUP,"
    "COREDUMP_FILENAME";

// A field is a text; one of bytes that are no text an array of numbers; one that stands
// there twice an array of both.
std::string FieldText(const json& entry, const char* name) {
  const json& value = Member(entry, name);
  if (value.is_string()) return container::TextOf(value);
  std::string text;
  if (!value.is_array()) return text;
  for (const json& byte : value) {
    if (byte.is_string()) return container::TextOf(byte);
    const int64_t number = container::NumberOf(byte);
    if (!byte.is_number() || number < 0 || number > 255) return text;
    text += static_cast<char>(number);
  }
  return text;
}

template <typename T>
T FieldNumber(const json& entry, const char* name) {
  const std::string text = FieldText(entry, name);
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : T{};
}

std::optional<Coredump> ReadCoredump(const json& entry, const std::string& unit) {
  // Its unit is the journal's own word; the fields are whoever's sent the entry.
  if (!unit.starts_with("systemd-coredump@")) return std::nullopt;
  Coredump core;
  core.pid = FieldNumber<int32_t>(entry, "COREDUMP_PID");
  core.signal = FieldNumber<int32_t>(entry, "COREDUMP_SIGNAL");
  if (core.pid <= 0) return std::nullopt;
  core.comm = FieldText(entry, "COREDUMP_COMM");
  core.exe = FieldText(entry, "COREDUMP_EXE");
  core.cgroup = FieldText(entry, "COREDUMP_CGROUP");
  core.file = FieldText(entry, "COREDUMP_FILENAME");
  return core;
}

bool HasEntries(const HostRoot& root, const std::string& folder) {
  const auto fd = root.Open(folder, O_RDONLY | O_DIRECTORY, "look into");
  if (!fd) return false;
  const std::unique_ptr<DIR, int (*)(DIR*)> open(
      ::opendir(("/proc/self/fd/" + std::to_string(fd->get())).c_str()), &::closedir);
  while (const dirent* entry = open ? ::readdir(open.get()) : nullptr) {
    if (entry->d_name[0] != '.') return true;
  }
  return false;
}

// journalctl takes "@SECONDS".
std::string At(const char* option, int64_t seconds) {
  return std::string(option) + "@" + std::to_string(std::max<int64_t>(seconds, 0));
}

}  // namespace

std::optional<std::string> FindJournal(const HostRoot& root) {
  for (const char* folder : {"/var/log/journal", "/run/log/journal"}) {
    if (HasEntries(root, folder)) return root.folder().empty() ? "" : root.Path(folder);
  }
  return std::nullopt;
}

std::vector<std::string> JournalArguments(const JournalQuery& query, const std::string& folder) {
  std::vector<std::string> words = {"journalctl",
                                    "--quiet",
                                    "--no-pager",
                                    "--all",
                                    "--output=json",
                                    std::string("--output-fields=") + kFields,
                                    At("--since=", query.from_unix_ns / kSecond),
                                    At("--until=", query.to_unix_ns / kSecond + 1),
                                    std::string("--lines=") + kMostLines};
  if (!folder.empty()) words.push_back("--directory=" + folder);
  // Matches of one field are alternatives; those of different fields must all fit, unless
  // a "+" stands between.
  std::vector<std::vector<std::string>> groups;
  if (!query.units.empty()) {
    for (auto& group = groups.emplace_back(); const std::string& unit : query.units) {
      group.push_back("_SYSTEMD_UNIT=" + unit);
    }
  }
  if (query.kernel) groups.push_back({"_TRANSPORT=kernel", "_TRANSPORT=audit"});
  if (query.coredumps) groups.push_back({std::string("MESSAGE_ID=") + kCoredumpId});
  for (size_t i = 0; i < groups.size(); i++) {
    if (i > 0) words.emplace_back("+");
    words.insert(words.end(), groups[i].begin(), groups[i].end());
  }
  return words;
}

std::optional<JournalEntry> ParseJournalLine(std::string_view line) {
  const auto root = container::ParseJson(line);
  if (!root || !root->is_object() || root->contains("CONTAINER_ID")) return std::nullopt;
  JournalEntry entry;
  const auto micro = FieldNumber<int64_t>(*root, "__REALTIME_TIMESTAMP");
  if (micro <= 0 || micro > INT64_MAX / 1000) return std::nullopt;
  entry.unix_ns = micro * 1000;
  entry.unit = FieldText(*root, "_SYSTEMD_UNIT");
  entry.identifier = FieldText(*root, "SYSLOG_IDENTIFIER");
  entry.pid = FieldNumber<int32_t>(*root, "_PID");
  const std::string transport = FieldText(*root, "_TRANSPORT");
  entry.audit = transport == "audit";
  if (transport == "kernel") {
    // What a process wrote to /dev/kmsg has another facility than the kernel's, 0.
    if (FieldText(*root, "SYSLOG_FACILITY") != "0") return std::nullopt;
    entry.kernel = true;
  }
  entry.message = FieldText(*root, "MESSAGE");
  entry.coredump = ReadCoredump(*root, entry.unit);
  if (entry.message.empty() && !entry.coredump) return std::nullopt;
  return entry;
}

Result<Journal> ReadJournal(const JournalQuery& query, const std::string& folder,
                            container::Deadline deadline) {
  const auto output = RunProgram(JournalArguments(query, folder), deadline, kMostText);
  if (!output) return std::unexpected(output.error());
  if (output->status != 0 && output->text.empty() && !output->complaint.empty()) {
    return std::unexpected(Error{.kind = ErrorKind::kInput,
                                 .tried = "read",
                                 .on = "the journal",
                                 .reason = output->complaint});
  }
  Journal journal;
  journal.cut = output->cut;
  std::string_view rest = output->text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (auto entry = ParseJournalLine(line)) journal.entries.push_back(std::move(*entry));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  std::ranges::stable_sort(journal.entries, {}, &JournalEntry::unix_ns);
  return journal;
}

}  // namespace podtap::testimony
