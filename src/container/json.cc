#include "container/json.h"

#include <algorithm>
#include <limits>

namespace podtap::container {

using nlohmann::json;

std::optional<json> ParseJson(std::string_view text) {
  const auto values = std::ranges::count_if(
      text, [](char c) { return c == ',' || c == '[' || c == '{' || c == ':'; });
  if (static_cast<size_t>(values) > kMaxJsonValues) return std::nullopt;
  json parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded()) return std::nullopt;
  return parsed;
}

const json& Member(const json& object, const char* name) {
  static const json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(name);
  return found == object.end() ? kNull : *found;
}

std::string TextOf(const json& value) {
  const auto* text = value.get_ptr<const std::string*>();
  return text == nullptr ? "" : *text;
}

int64_t NumberOf(const json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    return number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())
               ? 0
               : static_cast<int64_t>(number);
  }
  return value.is_number_integer() ? value.get<int64_t>() : 0;
}

bool TruthOf(const json& value) { return value.is_boolean() && value.get<bool>(); }

}  // namespace podtap::container
