#include "lang/parser.h"

namespace podtap::lang {
namespace {

using source::TokenClass;

// A script with more mistakes than this is not a script.
constexpr int kMaxErrors = 20;

constexpr std::string_view kTooDeep = "nested too deeply (more than 400 levels)";
static_assert(kMaxDepth == 400);

}  // namespace

Parser::Parser(const source::SourceSet& sources, source::FileId file,
               const Environment& environment, MacroTable& macros, source::Diagnostics& diagnostics)
    : sources_(sources),
      environment_(environment),
      diagnostics_(diagnostics),
      preprocessor_(sources, file, environment, macros),
      file_(file) {
  const auto size = static_cast<uint32_t>(sources.Text(file).size());
  end_.span = {file, size, size};
}

const Lexeme& Parser::PeekAhead(size_t n) {
  if (panic_) return end_;
  while (ahead_count_ < n) ahead_[ahead_count_++] = preprocessor_.Next();
  return ahead_[n - 1];
}

void Parser::Advance() {
  if (ahead_count_ == 0) {
    current_ = preprocessor_.Next();
    return;
  }
  current_ = ahead_[0];
  ahead_[0] = ahead_[1];
  --ahead_count_;
}

Lexeme Parser::Take() {
  const Lexeme lexeme = Peek();
  if (panic_) return lexeme;
  last_ = lexeme.span;
  Advance();
  return lexeme;
}

bool Parser::Accept(Lex kind) {
  if (!At(kind)) return false;
  Take();
  return true;
}

Lexeme Parser::Expect(Lex kind, std::string_view what) {
  if (At(kind)) return Take();
  Fail("expected " + std::string(what));
  return end_;
}

void Parser::Fail(std::string message) { FailAt(Peek(), std::move(message)); }

void Parser::FailAt(const Lexeme& at, std::string message) {
  if (panic_) return;
  panic_ = true;
  if (++errors_ <= kMaxErrors) {
    diagnostics_.ParseError(at.span, at.token_class, std::move(message));
  }
  stopped_at_ = current_;  // `at` may be it, or a lexeme before it
  current_ = end_;
}

void Parser::Recover() {
  panic_ = false;
  loops_ = 0;
  if (errors_ > kMaxErrors) return;  // current_ stays at the end
  current_ = stopped_at_;
  Lex previous = Lex::kEnd;
  while (!current_.Is(Lex::kEnd)) {
    const Lex kind = current_.kind;
    const bool begins = kind == Lex::kProbe || kind == Lex::kGlobal || kind == Lex::kFunction ||
                        kind == Lex::kPrivate;
    if (begins && previous != Lex::kDot) return;  // kernel.function("x") begins nothing
    previous = kind;
    Advance();
  }
  current_ = end_;
  ahead_count_ = 0;
}

bool Parser::Touch(const source::Span& last, const source::Span& next) {
  return last.file == next.file && last.end == next.begin;
}

source::Span Parser::SpanFrom(const source::Span& first) const {
  // Macros and arguments bring in places that don't join.
  if (first.file != last_.file || last_.end < first.begin) return first;
  return {first.file, first.begin, last_.end};
}

bool Parser::Enter() {
  if (++depth_ <= kMaxDepth) return true;
  Fail(std::string(kTooDeep));
  return false;
}

void Parser::Raise(Expr& node, const Expr* child) {
  if (child == nullptr || child->height < node.height) return;
  if (child->height >= kMaxDepth) {
    // A chain such as a+b+c+… is as deep as it is long.
    Lexeme at = end_;
    at.span = node.tok.span;
    at.token_class = node.tok.token_class;
    FailAt(at, std::string(kTooDeep));
  }
  node.height = static_cast<uint16_t>(child->height + 1);
}

std::unique_ptr<File> Parser::Run() {
  auto file = std::make_unique<File>();
  file->id = file_;
  Advance();
  while (true) {
    ParseTopLevel(*file);
    if (panic_) {
      Recover();
    } else if (At(Lex::kEnd) && !panic_) {
      break;
    }
  }
  file->arguments_used = preprocessor_.arguments_used();
  return file;
}

std::shared_ptr<MacroTable> NewMacroTable() { return std::make_shared<MacroTable>(); }

std::unique_ptr<File> Parse(const source::SourceSet& sources, source::FileId file,
                            const Environment& environment, MacroTable& macros,
                            source::Diagnostics& diagnostics) {
  const std::string_view text = sources.Text(file);
  if (text.size() > kMaxScriptBytes) {
    diagnostics.ParseError({}, TokenClass::kJunk,
                           "script '" + std::string(sources.Name(file)) +
                               "' is too long: " + std::to_string(text.size()) +
                               " bytes, at most " + std::to_string(kMaxScriptBytes));
    auto empty = std::make_unique<File>();
    empty->id = file;
    return empty;
  }
  return Parser(sources, file, environment, macros, diagnostics).Run();
}

std::unique_ptr<File> Parse(const source::SourceSet& sources, source::FileId file,
                            const Environment& environment, source::Diagnostics& diagnostics) {
  MacroTable macros;
  return Parse(sources, file, environment, macros, diagnostics);
}

}  // namespace podtap::lang
