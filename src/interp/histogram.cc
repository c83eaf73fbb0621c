// @hist_log and @hist_linear as SystemTap draws them: two empty rows around the
// data, a tilde for longer empty runs within it, bars of at most 50 columns, and a
// blank line behind.
#include <algorithm>
#include <vector>

#include "interp/interp.h"
#include "ir/statistics.h"

namespace podtap::interp {
namespace {

constexpr int64_t kBarWidth = 50;
constexpr int kMargin = 2;  // empty rows shown at either side, and around an elided run

struct Rows {
  std::vector<int64_t> counts;  // of every bucket
  int first = -1, last = -1;    // shown; -1: all are empty
  int64_t highest = 0;
};

Rows CountRows(const ir::Global& global, ir::HistogramKind kind, std::span<const uint8_t> value) {
  Rows rows;
  const uint32_t buckets = BucketCount(global, kind);
  for (uint32_t i = 0; i < buckets; i++) {
    const int64_t count = BucketValue(global, kind, i, value);
    rows.counts.push_back(count);
    if (count <= 0) continue;
    if (rows.first < 0) rows.first = static_cast<int>(i);
    rows.last = static_cast<int>(i);
    rows.highest = std::max(rows.highest, count);
  }
  return rows;
}

void WidenRange(ir::HistogramKind kind, Rows& rows) {
  const int end = static_cast<int>(rows.counts.size()) - 1;
  for (int i = 0; i < kMargin; i++) {
    // Data without negative numbers needs no negative rows.
    const bool at_zero = kind == ir::HistogramKind::kLog && rows.first == ir::kZeroBucket;
    if (rows.first > 0 && !at_zero) rows.first--;
    if (rows.last < end) rows.last++;
  }
  if (kind == ir::HistogramKind::kLog) return;
  // The rows for what is out of range are shown only when something is.
  if (rows.first == 0 && rows.counts[0] == 0) rows.first++;
  if (rows.last == end && rows.counts[static_cast<size_t>(end)] == 0) rows.last--;
}

std::string Label(const ir::Global& global, ir::HistogramKind kind, const Rows& rows, int row) {
  if (kind == ir::HistogramKind::kLog) return std::to_string(ir::LogBucketLow(row));
  const ir::Global::Linear& linear = *global.linear_histogram;
  if (row == 0) return "<" + std::to_string(linear.low);
  const int last = static_cast<int>(rows.counts.size()) - 1;
  const int step = row == last ? row - 2 : row - 1;
  // Wraps at worst: a script may ask for a range as wide as a long.
  const uint64_t low = static_cast<uint64_t>(linear.low) +
                       static_cast<uint64_t>(step) * static_cast<uint64_t>(linear.step);
  return (row == last ? ">" : "") + std::to_string(static_cast<int64_t>(low));
}

bool IsElided(const Rows& rows, int row) {
  const int from = std::max(row - kMargin, rows.first), to = std::min(row + kMargin, rows.last);
  return std::all_of(rows.counts.begin() + from, rows.counts.begin() + to + 1,
                     [](int64_t count) { return count == 0; });
}

void AppendRight(std::string_view text, size_t width, std::string& out) {
  if (text.size() < width) out.append(width - text.size(), ' ');
  out.append(text);
}

}  // namespace

std::string DrawHistogram(const ir::Global& global, ir::HistogramKind kind,
                          std::span<const uint8_t> value) {
  Rows rows = CountRows(global, kind, value);
  if (rows.first < 0) return "";
  WidenRange(kind, rows);
  // Rounded up, so that the longest bar fits.
  const int64_t scale = (rows.highest - 1) / kBarWidth + 1;
  const size_t count_width = std::to_string(rows.highest).size();
  constexpr std::string_view kTitle = "value";
  size_t label_width = kTitle.size();
  for (int row = rows.first; row <= rows.last; row++) {
    if (!IsElided(rows, row)) {
      label_width = std::max(label_width, Label(global, kind, rows, row).size());
    }
  }
  std::string out;
  AppendRight(kTitle, label_width, out);
  out.append(" |").append(kBarWidth, '-').append(" count\n");
  bool eliding = false;
  for (int row = rows.first; row <= rows.last; row++) {
    if (IsElided(rows, row)) {
      if (!eliding) {
        AppendRight("~", label_width, out);
        out.push_back('\n');
      }
      eliding = true;
      continue;
    }
    eliding = false;
    const int64_t count = rows.counts[static_cast<size_t>(row)];
    const int64_t bar = std::max<int64_t>(count, 0) / scale;
    AppendRight(Label(global, kind, rows, row), label_width, out);
    out.append(" |").append(static_cast<size_t>(bar), '@');
    out.append(static_cast<size_t>(kBarWidth - bar), ' ');
    out.push_back(' ');
    AppendRight(std::to_string(count), count_width, out);
    out.push_back('\n');
  }
  out.push_back('\n');
  return out;
}

}  // namespace podtap::interp
