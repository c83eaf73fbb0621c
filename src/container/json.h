// JSON from outside: parsed without exceptions, with bounded memory, and read without
// trust in its types.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace podtap::container {

// nullopt: no JSON, or more than kMaxJsonValues values (which take many times the text's
// size in memory).
inline constexpr size_t kMaxJsonValues = 2'000'000;
std::optional<nlohmann::json> ParseJson(std::string_view text);

// A member; null if `object` is none or has none.
const nlohmann::json& Member(const nlohmann::json& object, const char* name);
// The text, "" for anything else.
std::string TextOf(const nlohmann::json& value);
// A whole number that fits; 0 for anything else.
int64_t NumberOf(const nlohmann::json& value);
// False for anything but true.
bool TruthOf(const nlohmann::json& value);

}  // namespace podtap::container
