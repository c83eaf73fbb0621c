#include "testimony/klog.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include "container/json.h"

namespace podtap::testimony {
namespace {

using nlohmann::json;

constexpr size_t kMostFields = 64;
constexpr int64_t kSecond = 1'000'000'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

template <typename T>
std::optional<T> Number(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Takes a number of exactly so many digits off the front.
std::optional<uint32_t> TakeDigits(std::string_view& text, size_t count) {
  if (text.size() < count) return std::nullopt;
  const std::string_view digits = text.substr(0, count);
  if (!std::ranges::all_of(digits, IsDigit)) return std::nullopt;
  text.remove_prefix(count);
  return Number<uint32_t>(digits);
}

bool Take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

// "1125 23:37:37.065910", off the front.
std::optional<WallTime> TakeTime(std::string_view& text) {
  const auto month = TakeDigits(text, 2);
  const auto day = TakeDigits(text, 2);
  if (!month || !day || *month < 1 || *month > 12 || *day < 1 || *day > 31) return std::nullopt;
  if (!Take(text, " ")) return std::nullopt;
  const auto hour = TakeDigits(text, 2);
  if (!hour || *hour > 23 || !Take(text, ":")) return std::nullopt;
  const auto minute = TakeDigits(text, 2);
  if (!minute || *minute > 59 || !Take(text, ":")) return std::nullopt;
  const auto second = TakeDigits(text, 2);
  if (!second || *second > 60 || !Take(text, ".")) return std::nullopt;
  const auto micro = TakeDigits(text, 6);
  if (!micro) return std::nullopt;
  const int64_t seconds = (int64_t{*hour} * 60 + *minute) * 60 + *second;
  return WallTime{*month, *day, seconds * kSecond + int64_t{*micro} * 1000};
}

struct Escape {
  char letter;
  char byte;
};
constexpr std::array<Escape, 9> kEscapes = {{{'n', '\n'},
                                             {'t', '\t'},
                                             {'r', '\r'},
                                             {'a', '\a'},
                                             {'b', '\b'},
                                             {'f', '\f'},
                                             {'v', '\v'},
                                             {'"', '"'},
                                             {'\\', '\\'}}};

// A Go string in quotation marks, off the front. \x and \u stay as they are written. One
// that doesn't end takes all.
std::string TakeQuoted(std::string_view& text) {
  std::string out;
  size_t i = 1;
  for (; i < text.size() && text[i] != '"'; i++) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    i++;
    const auto found = std::ranges::find(kEscapes, text[i], &Escape::letter);
    if (found == kEscapes.end()) out += '\\';
    out += found == kEscapes.end() ? text[i] : found->byte;
  }
  text.remove_prefix(std::min(i + 1, text.size()));
  return out;
}

// "<" at the end of a line: the value's lines follow, each with a tab before it, and " >"
// ends them (klog 2.40).
std::string TakeLines(std::string_view& text) {
  std::string out;
  text.remove_prefix(1);
  while (Take(text, "\n\t")) {
    const size_t end = std::min(text.find('\n'), text.size());
    out += (out.empty() ? "" : "\n") + std::string(text.substr(0, end));
    text.remove_prefix(end);
  }
  Take(text, "\n >");
  return out;
}

std::string TakeValue(std::string_view& text) {
  if (text.starts_with('"')) return TakeQuoted(text);
  if (text == "<" || text.starts_with("<\n")) return TakeLines(text);
  // Up to a space outside of brackets and quotation marks.
  size_t depth = 0;
  bool quoted = false;
  size_t i = 0;
  for (; i < text.size(); i++) {
    const char c = text[i];
    if (quoted) {
      i += c == '\\' ? 1 : 0;
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      depth++;
    } else if (c == '}' || c == ']') {
      depth -= depth > 0 ? 1 : 0;
    } else if ((c == ' ' && depth == 0) || c == '\n') {
      break;
    }
  }
  i = std::min(i, text.size());
  std::string out(text.substr(0, i));
  text.remove_prefix(i);
  return out;
}

void ReadMessage(std::string_view text, KlogRecord& record) {
  if (!text.starts_with('"')) {
    record.message = text;
    return;
  }
  record.message = TakeQuoted(text);
  while (Take(text, " ") && record.fields.size() < kMostFields) {
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) return;
    std::string key(text.substr(0, equals));
    if (key.find(' ') != std::string::npos) return;
    text.remove_prefix(equals + 1);
    record.fields.emplace_back(std::move(key), TakeValue(text));
  }
}

std::optional<KlogRecord> ParseText(std::string_view line) {
  constexpr std::string_view kSeverities = "IWEF";
  if (line.empty() || kSeverities.find(line.front()) == std::string_view::npos) {
    return std::nullopt;
  }
  line.remove_prefix(1);
  KlogRecord record;
  record.wall = TakeTime(line);
  if (!record.wall || !line.starts_with(' ')) return std::nullopt;
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const size_t pid_end = line.find(' ');
  if (pid_end == std::string_view::npos) return std::nullopt;
  const auto pid = Number<int32_t>(line.substr(0, pid_end));
  const size_t place_end = line.find("] ", pid_end);
  if (!pid || place_end == std::string_view::npos) return std::nullopt;
  record.pid = *pid;
  const std::string_view place = line.substr(pid_end + 1, place_end - pid_end - 1);
  const size_t colon = place.rfind(':');
  if (colon == std::string_view::npos || place.find(' ') != std::string_view::npos) {
    return std::nullopt;
  }
  record.file = place.substr(0, colon);
  ReadMessage(line.substr(place_end + 2), record);
  return record;
}

// Whatever is nested deeper is of no interest, and may be nested without end.
std::string JsonWord(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return value.dump();
  const std::string name = container::TextOf(container::Member(value, "name"));
  if (!name.empty()) return container::TextOf(container::Member(value, "namespace")) + "/" + name;
  return container::TextOf(container::Member(value, "ID"));
}

std::string JsonValue(const json& value) {
  if (!value.is_array()) return JsonWord(value);
  std::string out = "[";
  for (const json& one : value) out += (out.size() > 1 ? " " : "") + JsonWord(one);
  return out + "]";
}

std::optional<KlogRecord> ParseJsonLine(std::string_view line) {
  const auto root = container::ParseJson(line);
  if (!root || !root->is_object()) return std::nullopt;
  const json& time = container::Member(*root, "ts");
  if (!time.is_number()) return std::nullopt;
  // Milliseconds; before Kubernetes 1.20 seconds.
  const auto number = time.get<double>();
  if (!(number > 0 && number < 1e14)) return std::nullopt;
  KlogRecord record;
  record.unix_ns = std::llround(number < 1e11 ? number * 1e9 : number * 1e6);
  const std::string caller = container::TextOf(container::Member(*root, "caller"));
  const std::string_view place = std::string_view(caller).substr(caller.rfind('/') + 1);
  record.file = place.substr(0, place.find(':'));
  record.message = container::TextOf(container::Member(*root, "msg"));
  for (const auto& [key, value] : root->items()) {
    if (record.fields.size() >= kMostFields) break;
    if (key != "ts" && key != "caller" && key != "msg" && key != "v") {
      record.fields.emplace_back(key, JsonValue(value));
    }
  }
  return record;
}

}  // namespace

std::string_view KlogRecord::Field(std::string_view key) const {
  for (const auto& [name, value] : fields) {
    if (name == key) return value;
  }
  return "";
}

std::optional<KlogRecord> ParseKlog(std::string_view line) {
  line = line.substr(0, kMaxKlogLine);
  return line.starts_with('{') ? ParseJsonLine(line) : ParseText(line);
}

int64_t UnixNs(const WallTime& wall, int64_t now_unix_ns, int64_t utc_offset_s) {
  using namespace std::chrono;
  constexpr int64_t kDay = 86'400 * kSecond;
  const auto today = floor<days>(sys_time<nanoseconds>(nanoseconds(now_unix_ns)));
  const int now_year = static_cast<int>(year_month_day(today).year());
  // A log may be of the end of last year, or of the next one's begin in another zone.
  for (int back = -1; back <= 8; back++) {
    const year_month_day date(year(now_year - back), month(wall.month), day(wall.day));
    if (!date.ok()) continue;  // the 29th of February
    const nanoseconds since = sys_days(date).time_since_epoch();
    const int64_t at = since.count() + wall.of_day_ns - utc_offset_s * kSecond;
    if (at <= now_unix_ns + kDay) return at;
  }
  return 0;
}

}  // namespace podtap::testimony
