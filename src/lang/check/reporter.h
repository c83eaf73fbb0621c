// Where the checker's rooms put what they find wrong.
//
// What enters: a token and a message. What leaves: a Diagnostic in the caller's
// collection, each place and message once, with the probe point it was reached
// from when it stands in the tapset. Inside @defined() nothing is reported.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "lang/tree.h"
#include "source/diagnostic.h"
#include "source/source.h"

namespace podtap::lang::check {

using Names = std::vector<std::string>;

class Reporter {
 public:
  Reporter(const source::SourceSet& sources, source::Diagnostics& out)
      : sources_(sources), out_(out) {}
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;

  void Error(const Token& at, std::string message, Names similar = {});
  // An error in a probe point that was reached from the user's own point.
  void PointError(const Token& at, source::Span used_from, std::string message, Names similar = {});
  // Warnings about tapset code are podtap's own business and are dropped.
  void Warning(const Token& at, std::string message, Names similar = {});

  // Near names, best first. A hostile script could ask for them a million
  // times, so that after some hundred mistakes the answer is empty.
  Names Similar(std::string_view name, const Names& candidates);
  bool wants_similar() const { return similar_left_ > 0 && !soft(); }

  // The user's probe point whose bodies are being checked.
  void set_used_from(source::Span span) { used_from_ = span; }
  bool soft() const { return soft_ > 0; }
  bool IsTapset(source::Span span) const { return span.valid() && sources_.IsTapset(span.file); }

  // While one lives, mistakes are silent: the operand of @defined().
  class Soft {
   public:
    explicit Soft(Reporter& reporter) : reporter_(reporter) { ++reporter_.soft_; }
    ~Soft() { --reporter_.soft_; }
    Soft(const Soft&) = delete;
    Soft& operator=(const Soft&) = delete;

   private:
    Reporter& reporter_;
  };

 private:
  bool IsNew(source::Span span, const std::string& message);
  const source::SourceSet& sources_;
  source::Diagnostics& out_;
  std::set<std::tuple<source::FileId, uint32_t, std::string>> seen_;
  source::Span used_from_;
  int soft_ = 0;
  int similar_left_ = 200;
};

}  // namespace podtap::lang::check
