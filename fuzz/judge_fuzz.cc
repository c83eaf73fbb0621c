// Any bytes as the evidence of a death: its reader, Judge(), and both reports.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/escape.h"
#include "report/json.h"
#include "report/text.h"
#include "store/evidence_json.h"

namespace podtap {
namespace {

void Demand(bool holds) {
  if (!holds) std::abort();
}

// No byte of the evidence may move a cursor, and no line be wider than asked for.
void CheckText(std::string_view text, size_t width) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    Demand(Escape(line) == line);
    Demand(Width(line) <= width);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
}

void Check(const store::Death& death) {
  const verdict::Verdict verdict = verdict::Judge(death);
  Demand(!verdict.headline.empty());
  Demand((verdict.cause == verdict::Cause::kUnknown) ==
         (verdict.confidence == verdict::Confidence::kUnknown));
  for (const store::RowId row : verdict.evidence) Demand(row < death.rows.size());
  if (!death.watched && verdict.cause != verdict::Cause::kStartFailed) {
    Demand(verdict.confidence != verdict::Confidence::kProven);
  }
  CheckText(report::VerdictText(death, verdict), 80);
  CheckText(report::VerdictText(death, verdict, {.width = 1, .colour = false}), 40);
  Demand(nlohmann::json::accept(report::VerdictJson(death, verdict)));
}

}  // namespace
}  // namespace podtap

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace podtap;
  const auto death =
      store::DeathFromJson(std::string_view(reinterpret_cast<const char*>(data), size));
  if (death) Check(*death);
  return 0;
}
