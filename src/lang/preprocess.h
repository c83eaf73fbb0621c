// Preprocessor: lexemes as written → lexemes as meant.
//
// What enters: one file's text, the Environment and the macros so far. What
// leaves: lexemes one at a time, with conditionals decided, macros expanded and
// script arguments put in. What is wrong comes out as a kJunk lexeme that says
// so. Bounded: see kMaxExpansion and kMaxMacroDepth in the .cc.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lang/lang.h"
#include "lang/lexer.h"
#include "lang/macro_table.h"

namespace podtap::lang {

class Preprocessor {
 public:
  Preprocessor(const source::SourceSet& sources, source::FileId file,
               const Environment& environment, MacroTable& macros);

  Lexeme Next();
  const std::vector<bool>& arguments_used() const { return arguments_used_; }

 private:
  // The arguments of one macro call; `outer` is where their own @names are
  // looked up.
  struct Bindings {
    std::shared_ptr<const Macro> macro;
    std::vector<std::vector<Lexeme>> arguments;
    std::shared_ptr<const Bindings> outer;
  };
  using Scope = std::shared_ptr<const Bindings>;

  // Where raw lexemes come from: a text, or a macro's body or argument.
  struct Frame {
    std::optional<Lexer> lexer;
    const Lexeme* at = nullptr;
    const Lexeme* end = nullptr;
    Scope scope;  // for @parameter
    Scope owner;  // keeps at..end alive
    size_t conditional_base = 0;
    bool is_argument = false;
  };
  struct Conditional {
    source::Span open;
    bool in_else = false;
  };

  Lexeme PullInFrame();  // kEnd at the end of the innermost frame
  Lexeme Pull();         // kEnd at the end of the file only
  std::optional<Lexeme> PeekInFrame();
  void Push(Frame frame);
  bool TooDeep() const;
  void Abandon();  // nothing but kEnd from here on

  Lexeme Fail(const Lexeme& at, std::string message);

  // Each handles one kind of raw lexeme: nothing means go on with the next.
  using Outcome = std::optional<Lexeme>;
  Outcome Handle(const Lexeme& raw);
  Outcome HandleEnd();
  Outcome HandleConditional(const Lexeme& raw);
  Outcome HandleElse(const Lexeme& raw);
  Outcome HandleClose(const Lexeme& raw);
  Outcome HandleArgument(const Lexeme& raw);
  Outcome HandleArgumentCount(const Lexeme& raw);
  Outcome HandleAtWord(const Lexeme& raw);

  // Conditions: junk in `failure` when they can't be decided.
  bool EvaluateOr(Outcome& failure);
  bool EvaluateAnd(Lexeme& next, Outcome& failure);
  bool EvaluateComparison(Outcome& failure);
  Outcome SkipBranch(const Lexeme& open, bool stop_at_else);

  Outcome Define(const Lexeme& define);
  Outcome DefineParameters(const Lexeme& name, Macro& macro);
  Outcome CollectBody(const Lexeme& name, std::vector<Lexeme>& body);
  Outcome Expand(const Lexeme& call, const std::shared_ptr<const Macro>& definition);
  Outcome CollectArguments(const Lexeme& call, Bindings& bindings);
  Outcome ExpandParameter(const Lexeme& use, bool& found);
  Lexeme Unknown(const Lexeme& at_word);

  const source::SourceSet& sources_;
  const Environment& environment_;
  MacroTable& macros_;
  std::vector<Frame> frames_;
  std::vector<Conditional> conditionals_;
  bool in_condition_ = false;
  size_t expanded_ = 0;  // lexemes pulled from other than the file itself
  size_t unknown_count_ = 0;
  std::vector<bool> arguments_used_;
  std::deque<std::string> texts_;  // of messages and counts
  source::FileId file_;
};

// Whether @name is an operator of the language itself.
bool IsBuiltinAtWord(std::string_view name);

}  // namespace podtap::lang
