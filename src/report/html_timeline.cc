#include "report/html_timeline.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "base/escape.h"
#include "report/clock.h"
#include "report/html_class.h"
#include "report/html_text.h"

namespace podtap::report {
namespace {

constexpr size_t kMostTracks = 24;
constexpr size_t kMostMarks = 400;  // of a track
constexpr size_t kNameCells = 34;   // that fit into the gutter
constexpr int kWidth = 1100, kGutter = 250, kMargin = 16;
constexpr int kTop = 30, kRow = 26;
constexpr int64_t kSecond = 1'000'000'000, kMinute = 60 * kSecond, kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

// Distances between ticks that a reader can count in.
constexpr std::array<int64_t, 16> kSteps = {kSecond,     5 * kSecond,  15 * kSecond, kMinute,
                                            5 * kMinute, 15 * kMinute, 30 * kMinute, kHour,
                                            3 * kHour,   6 * kHour,    12 * kHour,   kDay,
                                            2 * kDay,    7 * kDay,     30 * kDay,    365 * kDay};
constexpr int kMostTicks = 9;

int64_t StepFor(int64_t span) {
  for (const int64_t step : kSteps) {
    if (span / step <= kMostTicks) return step;
  }
  return std::max(span / kMostTicks, kSteps.back());
}

// Seconds that local time is ahead of UTC then.
int64_t ZoneOffset(int64_t unix_ns) {
  const std::time_t at = unix_ns / kSecond;
  std::tm local{};
  return ::localtime_r(&at, &local) != nullptr ? local.tm_gmtoff : 0;
}

// "14:03" or, of midnight and where ticks are days apart, "11-26".
std::string TickLabel(int64_t unix_ns, int64_t step) {
  const std::string whole = LocalDateTime(unix_ns);  // 2026-11-26 14:03:22.123 +0100
  if (step >= kDay || whole.substr(11, 8) == "00:00:00") return whole.substr(5, 5);
  return whole.substr(11, step < kMinute ? 8 : 5);
}

// At most kNameCells characters, with its end: pods' names differ there.
std::string Shortened(const std::string& name) {
  std::string escaped = Escape(name);
  if (Width(escaped) <= kNameCells) return escaped;
  std::string_view rest = escaped;
  while (Width(rest) > kNameCells - 1) rest.remove_prefix(std::max<size_t>(1, Utf8Length(rest)));
  return "…" + std::string(rest);
}

class Timeline {
 public:
  explicit Timeline(const Review& review)
      : review_(review),
        span_(std::max<int64_t>(1, review.to_unix_ns - review.from_unix_ns)),
        tracks_(TracksOf(review)),
        shown_(std::min(tracks_.size(), kMostTracks)) {}

  std::string Draw() {
    const bool more = shown_ < tracks_.size();
    bottom_ = kTop + kRow * static_cast<int>(std::max<size_t>(1, shown_));
    const int height = bottom_ + (more ? kRow : 0) + 8;
    out_ = "<svg viewBox=\"0 0 " + std::to_string(kWidth) + " " + std::to_string(height) +
           "\" role=\"img\" aria-label=\"Deaths over time, a line a pod\">\n";
    out_ +=
        "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
        "patternTransform=\"rotate(45)\"><rect class=\"hatch\" width=\"2\" height=\"6\"/>"
        "</pattern></defs>\n";
    DrawBlind();
    DrawTicks();
    for (size_t i = 0; i < shown_; i++) DrawTrack(tracks_[i], kTop + kRow * static_cast<int>(i));
    if (more) {
      out_ += "<text class=\"name\" x=\"" + std::to_string(kGutter - 12) + "\" y=\"" +
              std::to_string(bottom_ + 17) + "\">and " + std::to_string(tracks_.size() - shown_) +
              " more</text>\n";
    }
    return out_ + "</svg>\n";
  }

 private:
  // Across, in tenths of a unit.
  int64_t Tenths(int64_t unix_ns) const {
    const int64_t at = std::clamp(unix_ns, review_.from_unix_ns, review_.to_unix_ns);
    const double part = static_cast<double>(at - review_.from_unix_ns) / static_cast<double>(span_);
    return int64_t{10} * kGutter +
           static_cast<int64_t>(part * 10.0 * static_cast<double>(kWidth - kGutter - kMargin));
  }
  std::string X(int64_t unix_ns) const {
    const int64_t tenths = Tenths(unix_ns);
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
  }

  void DrawBlind() {
    for (const store::BlindRow& blind : review_.blind) {
      if (blind.why == "not kept") continue;
      if (blind.to_unix_ns <= review_.from_unix_ns || blind.from_unix_ns >= review_.to_unix_ns) {
        continue;
      }
      const int64_t wide = Tenths(blind.to_unix_ns) - Tenths(blind.from_unix_ns);
      // A narrow one must be seen too.
      out_ += "<rect class=\"blind\" x=\"" + X(blind.from_unix_ns) + "\" y=\"" +
              std::to_string(kTop) + "\" width=\"" +
              std::to_string(std::max<int64_t>(2, (wide + 5) / 10)) + "\" height=\"" +
              std::to_string(bottom_ - kTop) + "\"><title>" +
              Html(BlindText(blind) + ", from " + LocalDateTime(blind.from_unix_ns)) +
              "</title></rect>\n";
    }
  }

  void DrawTicks() {
    const int64_t step = StepFor(span_);
    const int64_t zone = ZoneOffset(review_.from_unix_ns) * kSecond;
    const int64_t first = (review_.from_unix_ns + zone) / step * step - zone;
    for (int64_t i = 0; i <= kMostTicks + 1; i++) {
      int64_t after = 0, at = 0;
      if (__builtin_mul_overflow(i, step, &after) || __builtin_add_overflow(first, after, &at)) {
        break;
      }
      if (at < review_.from_unix_ns || at > review_.to_unix_ns) continue;
      out_ += "<path class=\"tick\" d=\"M" + X(at) + "," + std::to_string(kTop - 4) + "V" +
              std::to_string(bottom_) + "\"/><text class=\"when\" x=\"" + X(at) + "\" y=\"" +
              std::to_string(kTop - 10) + "\">" + TickLabel(at, step) + "</text>\n";
    }
  }

  void DrawTrack(const Track& track, int top) {
    const std::string middle = std::to_string(top + kRow / 2);
    out_ += "<text class=\"name\" x=\"" + std::to_string(kGutter - 12) + "\" y=\"" +
            std::to_string(top + kRow / 2 + 4) + "\"><title>" + Html(track.name) + "</title>" +
            HtmlLines(Shortened(track.name)) + "</text><path class=\"track\" d=\"M" +
            std::to_string(kGutter) + "," + middle + "H" + std::to_string(kWidth - kMargin) +
            "\"/>\n";
    // Of too many the newest.
    const size_t skipped = track.deaths.size() > kMostMarks ? track.deaths.size() - kMostMarks : 0;
    for (size_t i = skipped; i < track.deaths.size(); i++) {
      const store::DeathRow& row = review_.deaths[track.deaths[i]].row;
      const ClassLook& look = LookOf(row.cause);
      out_ += "<a href=\"#death-" + std::to_string(row.id) + "\"><path class=\"mark " +
              std::string(look.style) + "\" transform=\"translate(" + X(row.unix_ns) + "," +
              middle + ")\" d=\"" + std::string(look.path) + "\"><title>" +
              Html(LocalDateTime(row.unix_ns) + " " + row.cause + ": " + row.headline) +
              "</title></path></a>\n";
    }
  }

  const Review& review_;
  const int64_t span_;
  const std::vector<Track> tracks_;
  const size_t shown_;
  int bottom_ = 0;
  std::string out_;
};

}  // namespace

std::string TimelineSvg(const Review& review) { return Timeline(review).Draw(); }

}  // namespace podtap::report
