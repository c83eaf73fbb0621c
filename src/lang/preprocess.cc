#include "lang/preprocess.h"

#include <algorithm>

#include "lang/condition.h"

namespace podtap::lang {
namespace {

using source::TokenClass;

// A macro may use macros: a few lines could otherwise expand without end.
constexpr size_t kMaxExpansion = 1'000'000;
constexpr size_t kMaxMacroDepth = 100;

// Whether the preprocessor has nothing to do with it.
bool IsPlain(Lex kind) {
  const bool special = kind == Lex::kEnd || kind == Lex::kAtWord ||
                       (kind >= Lex::kArgument && kind <= Lex::kArgumentCountText) ||
                       (kind >= Lex::kCondOpen && kind <= Lex::kCondClose);
  return !special;
}

}  // namespace

Preprocessor::Preprocessor(const source::SourceSet& sources, source::FileId file,
                           const Environment& environment, MacroTable& macros)
    : sources_(sources), environment_(environment), macros_(macros), file_(file) {
  arguments_used_.resize(environment.args.size());
  Frame frame;
  frame.lexer.emplace(file, sources.Text(file));
  frames_.push_back(std::move(frame));
}

Lexeme Preprocessor::Fail(const Lexeme& at, std::string message) {
  texts_.push_back(std::move(message));
  Lexeme junk = at;
  junk.kind = Lex::kJunk;
  junk.text = texts_.back();
  return junk;
}

Lexeme Preprocessor::PullInFrame() {
  Frame& frame = frames_.back();
  if (frames_.size() > 1 && ++expanded_ > kMaxExpansion) return {};
  if (frame.lexer) return frame.lexer->Next();
  if (frame.at == frame.end) return {};
  return *frame.at++;
}

Lexeme Preprocessor::Pull() {
  while (true) {
    if (expanded_ > kMaxExpansion) {
      const Lexeme at = frames_.front().lexer->Next();
      Abandon();
      return Fail(at, "macros expand to too much");
    }
    Lexeme raw = PullInFrame();
    if (!raw.Is(Lex::kEnd) || frames_.size() == 1) return raw;
    const size_t base = frames_.back().conditional_base;
    frames_.pop_back();
    if (conditionals_.size() > base) {
      Lexeme at;
      at.span = conditionals_.back().open;
      at.token_class = TokenClass::kOperator;
      conditionals_.resize(base);
      return Fail(at, "conditional isn't closed by '%)' in its macro");
    }
  }
}

std::optional<Lexeme> Preprocessor::PeekInFrame() {
  const Frame& frame = frames_.back();
  if (frame.lexer) {
    Lexer ahead = *frame.lexer;
    return ahead.Next();
  }
  if (frame.at == frame.end) return std::nullopt;
  return *frame.at;
}

void Preprocessor::Push(Frame frame) {
  frame.conditional_base = conditionals_.size();
  frames_.push_back(std::move(frame));
}

bool Preprocessor::TooDeep() const { return frames_.size() > kMaxMacroDepth; }

void Preprocessor::Abandon() {
  const auto end = static_cast<uint32_t>(sources_.Text(file_).size());
  frames_.resize(1);
  frames_.front().lexer.emplace(source::Span{file_, end, end}, std::string_view());
  conditionals_.clear();
  expanded_ = 0;
}

Lexeme Preprocessor::Next() {
  // Nearly every lexeme is a plain one of the file itself.
  if (frames_.size() == 1) {
    const Lexeme raw = frames_.front().lexer->Next();
    if (IsPlain(raw.kind)) return raw;
    if (const Outcome out = Handle(raw)) return *out;
  }
  while (true) {
    const Lexeme raw = Pull();
    if (const Outcome out = Handle(raw)) return *out;
  }
}

Preprocessor::Outcome Preprocessor::Handle(const Lexeme& raw) {
  switch (raw.kind) {
    case Lex::kEnd: {
      const Outcome unclosed = HandleEnd();
      return unclosed ? unclosed : raw;
    }
    case Lex::kCondOpen:
      return HandleConditional(raw);
    case Lex::kCondThen:
      if (in_condition_) return raw;
      return Fail(raw, "'%?' without a conditional");
    case Lex::kCondElse:
      return HandleElse(raw);
    case Lex::kCondClose:
      return HandleClose(raw);
    case Lex::kArgument:
    case Lex::kArgumentText:
      return HandleArgument(raw);
    case Lex::kArgumentCount:
    case Lex::kArgumentCountText:
      return HandleArgumentCount(raw);
    case Lex::kAtWord:
      return HandleAtWord(raw);
    default:
      return raw;
  }
}

// ------------------------------------------------------------- conditionals

Preprocessor::Outcome Preprocessor::HandleEnd() {
  if (conditionals_.empty()) return std::nullopt;
  Lexeme at;
  at.span = conditionals_.back().open;
  at.token_class = TokenClass::kOperator;
  conditionals_.clear();
  return Fail(at, "incomplete conditional at end of file");
}

Preprocessor::Outcome Preprocessor::HandleConditional(const Lexeme& raw) {
  if (in_condition_) return Fail(raw, "expected '%?' before another conditional");
  Outcome failure;
  in_condition_ = true;
  const bool holds = EvaluateOr(failure);
  in_condition_ = false;
  if (failure) {
    // What the branches hold can't be judged: go on behind both.
    (void)SkipBranch(raw, false);
    return failure;
  }
  conditionals_.push_back({raw.span, false});
  if (holds) return std::nullopt;
  return SkipBranch(raw, true);
}

bool Preprocessor::EvaluateOr(Outcome& failure) {
  bool holds = false;
  while (true) {
    Lexeme next;
    holds = EvaluateAnd(next, failure) || holds;
    if (failure || next.Is(Lex::kCondThen)) return holds;
    if (next.Is(Lex::kOrOr)) continue;
    failure = next.Is(Lex::kJunk) ? next : Fail(next, "expected '%?', '&&' or '||'");
    return false;
  }
}

bool Preprocessor::EvaluateAnd(Lexeme& next, Outcome& failure) {
  bool holds = true;
  do {
    holds = EvaluateComparison(failure) && holds;
    if (failure) return false;
    next = Next();
  } while (next.Is(Lex::kAndAnd));
  return holds;
}

bool Preprocessor::EvaluateComparison(Outcome& failure) {
  const Lexeme left = Next();
  if (left.Is(Lex::kJunk)) return failure = left, false;
  const Lexeme comparison = Next();
  if (comparison.Is(Lex::kJunk)) return failure = comparison, false;
  if (!IsComparison(comparison.kind)) {
    failure = Fail(comparison, "expected a comparison in the conditional");
    return false;
  }
  const Lexeme right = Next();
  if (right.Is(Lex::kJunk)) return failure = right, false;
  const auto answer = Compare(environment_, left, comparison.kind, right);
  if (!answer) {
    const bool is_right = answer.error().find("right side") != std::string::npos;
    failure = Fail(is_right ? right : left, answer.error());
  }
  return answer.value_or(false);
}

// Passes over raw lexemes up to this conditional's `%)`, or its `%:`.
Preprocessor::Outcome Preprocessor::SkipBranch(const Lexeme& open, bool stop_at_else) {
  for (size_t depth = 0;;) {
    const Lexeme raw = PullInFrame();
    if (raw.Is(Lex::kEnd)) {
      if (stop_at_else) conditionals_.pop_back();
      return Fail(open, "incomplete conditional at end of file");
    }
    if (raw.Is(Lex::kCondOpen)) ++depth;
    if (depth == 0 && stop_at_else && raw.Is(Lex::kCondElse)) {
      conditionals_.back().in_else = true;
      return std::nullopt;
    }
    if (!raw.Is(Lex::kCondClose)) continue;
    if (depth-- > 0) continue;
    if (stop_at_else) conditionals_.pop_back();
    return std::nullopt;
  }
}

Preprocessor::Outcome Preprocessor::HandleElse(const Lexeme& raw) {
  if (in_condition_) return Fail(raw, "expected '%?'");
  if (conditionals_.size() <= frames_.back().conditional_base || conditionals_.back().in_else) {
    return Fail(raw, "'%:' without a conditional");
  }
  Lexeme open = raw;
  open.span = conditionals_.back().open;
  conditionals_.pop_back();
  return SkipBranch(open, false);
}

Preprocessor::Outcome Preprocessor::HandleClose(const Lexeme& raw) {
  if (in_condition_) return Fail(raw, "expected '%?'");
  if (conditionals_.size() <= frames_.back().conditional_base) {
    return Fail(raw, "'%)' without a conditional");
  }
  conditionals_.pop_back();
  return std::nullopt;
}

// --------------------------------------------------------- script arguments

Preprocessor::Outcome Preprocessor::HandleArgument(const Lexeme& raw) {
  const auto& args = environment_.args;
  int64_t index = 0;
  const bool is_decimal = raw.text[0] != '0' && ParseNumber(raw.text, index);
  if (!is_decimal || index < 1 || static_cast<uint64_t>(index) > args.size()) {
    Lexeme at = raw;
    at.token_class = TokenClass::kJunk;
    return Fail(at, "command line argument out of range [1-" + std::to_string(args.size()) + "]");
  }
  const auto i = static_cast<size_t>(index - 1);
  arguments_used_[i] = true;
  if (raw.Is(Lex::kArgumentText)) {
    Lexeme text = raw;
    text.kind = Lex::kRawString;
    text.token_class = TokenClass::kString;
    text.text = args[i];
    return text;
  }
  const bool nested = std::any_of(frames_.begin(), frames_.end(),
                                  [](const Frame& frame) { return frame.is_argument; });
  if (nested) return Fail(raw, "command line argument refers to another");
  Frame frame;
  frame.lexer.emplace(raw.span, args[i]);
  frame.is_argument = true;
  Push(std::move(frame));
  return std::nullopt;
}

Preprocessor::Outcome Preprocessor::HandleArgumentCount(const Lexeme& raw) {
  // A script that counts its arguments has looked at all of them.
  std::fill(arguments_used_.begin(), arguments_used_.end(), true);
  texts_.push_back(std::to_string(environment_.args.size()));
  Lexeme count = raw;
  count.kind = raw.Is(Lex::kArgumentCount) ? Lex::kNumber : Lex::kRawString;
  count.text = texts_.back();
  return count;
}

}  // namespace podtap::lang
