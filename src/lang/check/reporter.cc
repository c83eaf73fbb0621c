#include "lang/check/reporter.h"

#include <utility>

namespace podtap::lang::check {
namespace {
// More than anybody reads; a bound on what a hostile script can make us keep.
constexpr size_t kMaxDiagnostics = 10'000;
constexpr size_t kMaxCandidates = 5'000;
}  // namespace

bool Reporter::IsNew(source::Span span, const std::string& message) {
  if (soft() || seen_.size() >= kMaxDiagnostics) return false;
  return seen_.emplace(span.file, span.begin, message).second;
}

void Reporter::Error(const Token& at, std::string message, Names similar) {
  PointError(at, IsTapset(at.span) ? used_from_ : source::Span{}, std::move(message),
             std::move(similar));
}

void Reporter::PointError(const Token& at, source::Span used_from, std::string message,
                          Names similar) {
  if (!IsNew(at.span, message)) return;
  source::Diagnostic diagnostic;
  diagnostic.message = std::move(message);
  diagnostic.span = at.span;
  diagnostic.token = at.token_class;
  diagnostic.similar = std::move(similar);
  diagnostic.used_from = used_from;
  out_.Add(std::move(diagnostic));
}

void Reporter::Warning(const Token& at, std::string message, Names similar) {
  if (IsTapset(at.span) || !IsNew(at.span, message)) return;
  out_.Warning(at.span, at.token_class, std::move(message), std::move(similar));
}

Names Reporter::Similar(std::string_view name, const Names& candidates) {
  if (!wants_similar()) return {};
  --similar_left_;
  if (candidates.size() <= kMaxCandidates) return source::Similar(name, candidates);
  return source::Similar(name, Names(candidates.begin(), candidates.begin() + kMaxCandidates));
}

}  // namespace podtap::lang::check
