// The comparisons of preprocessor conditionals: %( kernel_v >= "5.10" %? … %).
//
// What enters: two operands and an operator as lexemes, and the Environment.
// What leaves: true, false, or why it can't be told.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "lang/lang.h"
#include "lang/lexeme.h"

namespace podtap::lang {

bool IsComparison(Lex kind);

// The error is a message for a diagnostic at the left operand.
std::expected<bool, std::string> Compare(const Environment& environment, const Lexeme& left,
                                         Lex comparison, const Lexeme& right);

// Versions as package managers order them: runs of digits by value, runs of
// letters by spelling, digits after letters; what lies between doesn't matter.
// Negative, zero or positive.
int CompareVersions(std::string_view a, std::string_view b);

// Shell pattern with * ? and [...].
bool MatchesPattern(std::string_view pattern, std::string_view text);

}  // namespace podtap::lang
