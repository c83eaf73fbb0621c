#include "recorder/life.h"

#include <algorithm>

namespace podtap::recorder {
namespace {

constexpr size_t kMostKept = 64;

}  // namespace

void Life::Add(BootNs at, store::Fact fact) {
  rows_.push_back({at, std::move(fact)});
  Trim(at);
}

bool Life::MustStay(const store::Row& row) const {
  if (std::holds_alternative<store::KubeletSaid>(row.fact)) return true;
  const auto* sent = std::get_if<store::SignalSent>(&row.fact);
  return sent != nullptr && sent->target == init && sent->sender != init;
}

void Life::Trim(BootNs now) {
  while (!rows_.empty()) {
    const bool old = now.value - rows_.front().at.value > kWindowNs;
    if (!old && rows_.size() <= kMostRows) return;
    if (MustStay(rows_.front())) {
      kept_.push_back(std::move(rows_.front()));
      if (kept_.size() > kMostKept) kept_.pop_front();
    } else if (!old) {
      dropped_++;
    }
    rows_.pop_front();
  }
}

std::vector<store::Row> Life::Rows(BootNs until) const {
  std::vector<store::Row> rows(kept_.begin(), kept_.end());
  for (const store::Row& row : rows_) {
    if (until.value - row.at.value <= kWindowNs || MustStay(row)) rows.push_back(row);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const store::Row& a, const store::Row& b) { return a.at < b.at; });
  return rows;
}

}  // namespace podtap::recorder
