#include "report/explain.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/json_text.h"
#include "base/signal_name.h"
#include "container/near_names.h"
#include "report/page.h"
#include "verdict/end.h"
#include "verdict/signal.h"
#include "verdict/verdict.h"
#include "verdict/wording.h"

namespace podtap::report {
namespace {

struct Field {
  std::string_view word;
  std::vector<std::string> Explanation::*list;
};
constexpr std::array kFields = {
    Field{"can", &Explanation::can},       Field{"cannot", &Explanation::cannot},
    Field{"untold", &Explanation::untold}, Field{"find", &Explanation::find},
    Field{"see", &Explanation::see},
};

std::vector<std::string> SplitNames(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const size_t comma = text.find(", ");
    names.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 2);
  }
  return names;
}

// False: the line is none of the format's.
bool AddLine(std::string_view line, std::vector<Explanation>& table) {
  if (line.empty() || line.starts_with('#')) return true;
  const size_t space = line.find(' ');
  if (space == std::string_view::npos) return false;
  const std::string_view word = line.substr(0, space);
  std::string_view rest = line.substr(space);
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  if (word == "=") {
    table.emplace_back().names = SplitNames(rest);
    return true;
  }
  if (table.empty() || rest.empty()) return false;
  if (word == "is") {
    table.back().is = rest;
    return true;
  }
  for (const Field& field : kFields) {
    if (field.word != word) continue;
    auto& list = table.back().*field.list;
    if (word == "see") {
      for (std::string& name : SplitNames(rest)) list.push_back(std::move(name));
    } else {
      list.emplace_back(rest);
    }
    return true;
  }
  return false;
}

const Explanation* FindEntry(std::string_view name) {
  const auto find = [](auto is) -> const Explanation* {
    const auto found = std::ranges::find_if(
        Explanations(), [&](const auto& entry) { return std::ranges::any_of(entry.names, is); });
    return found == Explanations().end() ? nullptr : &*found;
  };
  // "sigpipe" is a cause, "SIGPIPE" the signal.
  if (const auto* exact = find([&](const std::string& known) { return known == name; })) {
    return exact;
  }
  const std::string wanted = verdict::Lower(name);
  return find([&](const std::string& known) { return verdict::Lower(known) == wanted; });
}

void Add(std::string_view name, Reading& reading) {
  const Explanation* entry = FindEntry(name);
  if (entry != nullptr) reading.entries.push_back(entry);
}

void AddSignal(int32_t signal, Reading& reading) {
  Add(signal > 31 ? "real-time signal" : SignalName(signal), reading);
}

Reading ExitCode(std::string_view written, int32_t code) {
  Reading reading;
  const int32_t signal = verdict::SignalOfExitCode(code);
  const std::string number = std::to_string(code);
  reading.title = std::string(written) + ": exit code" + (number == written ? "" : " " + number);
  if (signal != 0) {
    reading.title += ", 128 + " + std::to_string(signal) + ", " + SignalName(signal);
    Add("exit code 128 + n", reading);
    AddSignal(signal, reading);
    return reading;
  }
  Add("exit code " + number, reading);
  if (reading.entries.empty() && code >= 64 && code <= 78) Add("exit codes 64 to 78", reading);
  if (reading.entries.empty()) Add("exit code of its own", reading);
  return reading;
}

Reading WaitStatus(std::string_view written, int32_t status) {
  if (verdict::SignalOf(status) == 0) {
    Reading reading = ExitCode(written, verdict::CodeOf(status));
    reading.title += ", as a wait status";
    return reading;
  }
  Reading reading;
  const int32_t signal = verdict::SignalOf(status);
  reading.title = std::string(written) + ": wait status: ended by " + SignalName(signal) +
                  (verdict::DumpedCore(status) ? ", core dumped" : "");
  Add("wait status", reading);
  AddSignal(signal, reading);
  return reading;
}

Reading SignalReading(std::string_view written, int32_t signal) {
  Reading reading;
  const std::string name = SignalName(signal);
  reading.title = std::string(written) + ": " +
                  (verdict::Lower(written) == verdict::Lower(name) ? std::string() : name + ", ") +
                  "signal " + std::to_string(signal) + ", exit code " +
                  std::to_string(128 + signal);
  if (signal > 31) {
    reading.title = std::string(written) + ": real-time signal " + std::to_string(signal) +
                    ", exit code " + std::to_string(128 + signal);
  }
  AddSignal(signal, reading);
  return reading;
}

std::optional<int32_t> Number(std::string_view digits, int base) {
  int32_t number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 0) {
    return std::nullopt;
  }
  return number;
}

std::vector<Reading> ExplainNumber(std::string_view code) {
  constexpr int32_t kMostStatus = 0xffff;
  constexpr int32_t kStopped = 0x7f;
  const bool hex = code.starts_with("0x") || code.starts_with("0X");
  const std::optional<int32_t> number = hex ? Number(code.substr(2), 16) : Number(code, 10);
  if (!number || *number > kMostStatus) return {};
  if (hex || *number > 255) {
    // "Stopped" and "continued" are no ends.
    if (verdict::SignalOf(*number) == kStopped) return {};
    const bool both = verdict::SignalOf(*number) != 0 && *number > 255;
    if (both) return {};
    return {WaitStatus(code, *number)};
  }
  std::vector<Reading> readings = {ExitCode(code, *number)};
  if (*number >= 1 && *number <= verdict::kLastSignal) {
    readings.push_back(SignalReading(code, *number));
  }
  return readings;
}

void AddItems(const std::vector<std::string>& items, std::string_view label, Page& page) {
  for (const std::string& item : items) {
    page.Item(&item == items.data() ? label : "", "- ", item);
  }
}

}  // namespace

std::vector<Explanation> ParseExplanations(std::string_view text, std::string& problem) {
  std::vector<Explanation> table;
  size_t number = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    number++;
    if (!AddLine(line, table) && problem.empty()) {
      problem = "line " + std::to_string(number) + ": " + std::string(line);
    }
  }
  return table;
}

const std::vector<Explanation>& Explanations() {
  static const std::vector<Explanation> table = [] {
    std::string ignored;
    return ParseExplanations(ExplanationsText(), ignored);
  }();
  return table;
}

std::vector<Reading> Explain(std::string_view code) {
  if (std::vector<Reading> readings = ExplainNumber(code); !readings.empty()) return readings;
  if (code.empty() || (code[0] >= '0' && code[0] <= '9')) return {};
  if (const Explanation* entry = FindEntry(code)) {
    const int32_t signal = SignalNumber(code);
    const bool means_it = entry->names.front() != code || SignalName(signal) == code;
    if (signal != 0 && means_it) return {SignalReading(code, signal)};
    return {{.title = entry->names.front(), .entries = {entry}}};
  }
  if (const int32_t signal = SignalNumber(code); signal != 0) return {SignalReading(code, signal)};
  return {};
}

std::vector<std::string> NearCodes(std::string_view code) {
  std::vector<std::string> names;
  for (const Explanation& entry : Explanations()) {
    names.insert(names.end(), entry.names.begin(), entry.names.end());
  }
  return container::NearNames(code, std::move(names));
}

std::string ReadingText(const Reading& reading, int width, bool colour) {
  Page page(width, colour);
  page.Paragraph(reading.title, Ink::kBold);
  for (const Explanation* entry : reading.entries) {
    page.Blank();
    page.Paragraph(entry->is);
    AddItems(entry->can, "It can be", page);
    AddItems(entry->cannot, "It can't be", page);
    AddItems(entry->untold, "Not told", page);
    AddItems(entry->find, "Find out", page);
    std::string see;
    for (const std::string& name : entry->see) see += (see.empty() ? "" : ", ") + name;
    if (!see.empty()) page.Field("See also", see);
  }
  return std::move(page).Take();
}

std::string ReadingsJson(std::string_view code, const std::vector<Reading>& readings) {
  using Json = nlohmann::ordered_json;
  Json json = {{"schema", "podtap.explanation/v1"}, {"code", code}, {"readings", Json::array()}};
  for (const Reading& reading : readings) {
    Json entries = Json::array();
    for (const Explanation* entry : reading.entries) {
      entries.push_back({{"name", entry->names.front()},
                         {"is", entry->is},
                         {"can", entry->can},
                         {"cannot", entry->cannot},
                         {"untold", entry->untold},
                         {"find", entry->find},
                         {"see", entry->see}});
    }
    json["readings"].push_back({{"title", reading.title}, {"entries", entries}});
  }
  return JsonText(json);
}

}  // namespace podtap::report
