#include "lang/condition.h"

#include <fnmatch.h>

#include <algorithm>
#include <compare>

#include "lang/lexer.h"

namespace podtap::lang {
namespace {

bool Holds(Lex comparison, std::strong_ordering order) {
  switch (comparison) {
    case Lex::kEqual:
      return order == 0;
    case Lex::kNotEqual:
      return order != 0;
    case Lex::kLess:
      return order < 0;
    case Lex::kLessEqual:
      return order <= 0;
    case Lex::kGreater:
      return order > 0;
    default:
      return order >= 0;
  }
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Takes the next run of digits or letters off the front of `text`.
std::string_view TakeRun(std::string_view& text) {
  size_t begin = 0;
  while (begin < text.size() && !IsDigit(text[begin]) && !IsAlpha(text[begin])) ++begin;
  text.remove_prefix(begin);
  if (text.empty()) return {};
  const bool digits = IsDigit(text[0]);
  size_t end = 0;
  while (end < text.size() && (digits ? IsDigit(text[end]) : IsAlpha(text[end]))) ++end;
  const std::string_view run = text.substr(0, end);
  text.remove_prefix(end);
  return run;
}

int CompareRuns(std::string_view a, std::string_view b) {
  const bool a_digits = IsDigit(a[0]);
  if (a_digits != IsDigit(b[0])) return a_digits ? 1 : -1;
  if (a_digits) {
    a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
    b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
    if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  }
  return a.compare(b);
}

std::string TextOf(const Lexeme& lexeme) {
  return lexeme.kind == Lex::kString ? Unescape(lexeme.text) : std::string(lexeme.text);
}
bool IsText(const Lexeme& l) { return l.kind == Lex::kString || l.kind == Lex::kRawString; }
bool IsEquality(Lex comparison) {
  return comparison == Lex::kEqual || comparison == Lex::kNotEqual;
}
bool HasWildcard(std::string_view text) {
  return text.find_first_of("*?[") != std::string_view::npos;
}

using Answer = std::expected<bool, std::string>;

Answer CompareText(std::string_view left, Lex comparison, const Lexeme& right) {
  const std::string text = TextOf(right);
  if (IsEquality(comparison) && IsText(right) && HasWildcard(text)) {
    return MatchesPattern(text, left) == (comparison == Lex::kEqual);
  }
  return Holds(comparison, left <=> std::string_view(text));
}

Answer CompareNumber(int64_t left, Lex comparison, const Lexeme& right) {
  int64_t value = 0;
  if (right.kind != Lex::kNumber) return std::unexpected("expected a number on the right side");
  if (!ParseNumber(right.text, value)) return std::unexpected("number invalid or out of range");
  return Holds(comparison, left <=> value);
}

Answer CompareVersion(std::string_view left, Lex comparison, const Lexeme& right) {
  if (!IsText(right)) return std::unexpected("expected a version in quotes on the right side");
  const std::string version = TextOf(right);
  if (IsEquality(comparison) && HasWildcard(version)) {
    return MatchesPattern(version, left) == (comparison == Lex::kEqual);
  }
  return Holds(comparison, CompareVersions(left, version) <=> 0);
}

Answer CompareConfig(const Environment& environment, std::string_view name, Lex comparison,
                     const Lexeme& right) {
  const auto found = environment.kernel_config.find(std::string(name));
  const std::string wanted = TextOf(right);
  if (found == environment.kernel_config.end()) {
    // An option that isn't set is "undefined" to scripts, and "n" to people.
    if (wanted == "n" || wanted.empty()) return comparison == Lex::kEqual;
    return CompareText("undefined", comparison, right);
  }
  std::string_view value = found->second;
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  int64_t number = 0;
  if (right.kind == Lex::kNumber && ParseNumber(value, number)) {
    return CompareNumber(number, comparison, right);
  }
  return CompareText(value, comparison, right);
}

// The leading dotted numbers of a release: "6.1.0-18-amd64" → "6.1.0".
std::string_view BaseVersion(std::string_view release) {
  return release.substr(0, std::min(release.find_first_not_of("0123456789."), release.size()));
}

Answer CompareNamed(const Environment& environment, const Lexeme& left, Lex comparison,
                    const Lexeme& right) {
  const std::string_view name = left.text;
  if (name == "kernel_v") {
    return CompareVersion(BaseVersion(environment.kernel_release), comparison, right);
  }
  if (name == "kernel_vr") return CompareVersion(environment.kernel_release, comparison, right);
  if (name == "systemtap_v") {
    return CompareVersion(environment.systemtap_version, comparison, right);
  }
  if (name == "guru_mode") return CompareNumber(environment.guru_mode ? 1 : 0, comparison, right);
  if (name.starts_with("CONFIG_")) return CompareConfig(environment, name, comparison, right);
  if (name == "arch" || name == "runtime" || name == "systemtap_privilege") {
    if (!IsEquality(comparison)) return std::unexpected("expected '==' or '!='");
    if (!IsText(right)) return std::unexpected("expected a string on the right side");
    if (name == "arch") return CompareText(environment.arch, comparison, right);
    if (name == "runtime") return CompareText(environment.runtime, comparison, right);
    return CompareText("stapdev", comparison, right);
  }
  return std::unexpected(
      "expected 'arch', 'kernel_v', 'kernel_vr', 'systemtap_v', 'runtime', 'guru_mode', "
      "'CONFIG_...', a string or a number in the conditional");
}

}  // namespace

bool IsComparison(Lex kind) { return kind >= Lex::kEqual && kind <= Lex::kGreaterEqual; }

Answer Compare(const Environment& environment, const Lexeme& left, Lex comparison,
               const Lexeme& right) {
  if (right.kind != Lex::kNumber && !IsText(right)) {
    return std::unexpected("expected a string or a number on the right side");
  }
  if (left.kind == Lex::kIdentifier) return CompareNamed(environment, left, comparison, right);
  if (IsText(left)) {
    if (!IsText(right)) return std::unexpected("expected a string on the right side");
    return CompareText(TextOf(left), comparison, right);
  }
  if (left.kind == Lex::kNumber) {
    int64_t value = 0;
    if (!ParseNumber(left.text, value)) return std::unexpected("number invalid or out of range");
    return CompareNumber(value, comparison, right);
  }
  return CompareNamed(environment, Lexeme{}, comparison, right);  // says what it may be
}

int CompareVersions(std::string_view a, std::string_view b) {
  while (true) {
    const std::string_view a_run = TakeRun(a);
    const std::string_view b_run = TakeRun(b);
    if (a_run.empty() || b_run.empty()) {
      return static_cast<int>(!a_run.empty()) - static_cast<int>(!b_run.empty());
    }
    const int order = CompareRuns(a_run, b_run);
    if (order != 0) return order;
  }
}

bool MatchesPattern(std::string_view pattern, std::string_view text) {
  return fnmatch(std::string(pattern).c_str(), std::string(text).c_str(), 0) == 0;
}

}  // namespace podtap::lang
