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
               const Environment& environment, MacroTable& macros,
               source::Diagnostics& diagnostics)
    : sources_(sources),
      environment_(environment),
      diagnostics_(diagnostics),
      preprocessor_(sources, file, environment, macros),
      file_(file) {
  const auto size = static_cast<uint32_t>(sources.Text(file).size());
  end_.span = {file, size, size};
}

const Lexeme& Parser::Peek(size_t ahead) {
  if (panic_) return end_;
  while (ahead_count_ <= ahead) {
    ahead_[(ahead_at_ + ahead_count_) % ahead_.size()] = preprocessor_.Next();
    ++ahead_count_;
  }
  const Lexeme& lexeme = ahead_[(ahead_at_ + ahead) % ahead_.size()];
  if (ahead == 0 && lexeme.Is(Lex::kJunk)) {
    FailAt(lexeme, std::string(lexeme.text));
    return end_;
  }
  return lexeme;
}

Lexeme Parser::Take() {
  const Lexeme lexeme = Peek();
  if (panic_) return lexeme;
  ahead_at_ = (ahead_at_ + 1) % ahead_.size();
  --ahead_count_;
  last_ = lexeme.span;
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
  if (++errors_ > kMaxErrors) return;
  diagnostics_.ParseError(at.span, at.token_class, std::move(message));
}

void Parser::Recover() {
  panic_ = false;
  loops_ = 0;
  if (errors_ > kMaxErrors) {
    ahead_count_ = 1;
    ahead_[ahead_at_] = end_;
    return;
  }
  Lex previous = Lex::kEnd;
  while (true) {
    if (ahead_count_ == 0) {
      ahead_[ahead_at_] = preprocessor_.Next();
      ahead_count_ = 1;
    }
    const Lex kind = ahead_[ahead_at_].kind;
    if (kind == Lex::kEnd) return;
    const bool begins = kind == Lex::kProbe || kind == Lex::kGlobal || kind == Lex::kFunction ||
                        kind == Lex::kPrivate;
    if (begins && previous != Lex::kDot) return;  // kernel.function("x") begins nothing
    previous = kind;
    ahead_at_ = (ahead_at_ + 1) % ahead_.size();
    --ahead_count_;
  }
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
                           "script '" + std::string(sources.Name(file)) + "' is too long: " +
                               std::to_string(text.size()) + " bytes, at most " +
                               std::to_string(kMaxScriptBytes));
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
