#include "lang/check/overrides.h"

#include <charconv>
#include <utility>

namespace podtap::lang::check {

std::optional<int64_t> ParseLong(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text.starts_with('0')) {
    base = 8;
    text.remove_prefix(1);
  }
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return static_cast<int64_t>(negative ? 0 - value : value);
}

void MarkOverrides(const Overrides& overrides, const File& user, Symbols& symbols,
                   ScriptBuilder& builder, Reporter& reporter) {
  for (const auto& [name, value] : overrides) {
    const DeclaredGlobal* declared = symbols.FindGlobal(name, user, Tier::kOwnFile);
    if (declared == nullptr) declared = symbols.FindGlobal(name, user, Tier::kTapset);
    if (declared == nullptr) {
      reporter.Error(Token{}, "unknown global '" + name + "' in -G " + name + "=" + value,
                     reporter.Similar(name, symbols.GlobalNames(user)));
      continue;
    }
    builder.facts(builder.AddGlobal(*declared)).overridden = true;
  }
}

void SetOverrides(const Overrides& overrides, ScriptBuilder& builder, Reporter& reporter) {
  for (uint32_t i = 0; i < builder.script().globals.size(); ++i) {
    Global& global = *builder.script().globals[i];
    const auto given = overrides.find(global.name);
    if (given == overrides.end() || !builder.facts(i).overridden) continue;
    const std::string shown = "-G " + given->first + "=" + given->second;
    if (global.is_array() || global.type == Type::kStats) {
      reporter.Error(global.tok, "only scalar globals can be set by " + shown);
      continue;
    }
    if (global.type == Type::kString) {
      auto text = std::make_unique<StringLiteral>();
      text->value = given->second;
      text->tok = global.tok;
      text->span = global.tok.span;
      global.init = std::move(text);
      continue;
    }
    const std::optional<int64_t> value = ParseLong(given->second);
    if (!value) {
      reporter.Error(global.tok, "'" + global.name + "' is a number, but " + shown);
      continue;
    }
    auto number = std::make_unique<Number>();
    number->value = *value;
    number->tok = global.tok;
    number->span = global.tok.span;
    global.init = std::move(number);
  }
}

}  // namespace podtap::lang::check
