#include "top/frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ranges>

#include "base/escape.h"
#include "container/exit_text.h"
#include "report/clock.h"
#include "verdict/cause_class.h"
#include "verdict/view.h"
#include "verdict/wording.h"

namespace podtap::top {
namespace {

constexpr std::string_view kBold = "\x1b[1m", kDim = "\x1b[2m", kReverse = "\x1b[7m";
constexpr std::string_view kRed = "\x1b[31m", kYellow = "\x1b[33m", kPlain = "\x1b[0m";

constexpr size_t kMostProblems = 3;

constexpr std::array<std::string_view, 15> kHelp = {
    "j k, arrows    the next and the previous container; space, page keys, g G: further",
    "Enter          the whole story of its last death; Esc or q: back",
    "s              other order: last death, restarts, memory, name",
    "/              containers whose name holds a text; Esc: all",
    "p              stand still, go on",
    "q              end",
    "",
    "LAST DEATH is what podtap record has kept: how long ago, the cause, and by whom.",
    "podtap explain CAUSE says what a cause means, podtap why TARGET tells the story.",
    "not recorded: the runtime tells of a later end that no recorder has kept.",
    "State gone: it died within the hour, and no runtime knows it any more; unknown: not",
    "all runtimes answered.",
    "",
    "Any key goes back.",
    ""};

std::string Age(const Snapshot& snapshot, int64_t unix_ns) {
  return container::DescribeAge(verdict::Elapsed({unix_ns}, {snapshot.now_unix_ns}));
}

std::string Amount(uint64_t bytes) {
  constexpr std::array<char, 5> kUnits = {'K', 'M', 'G', 'T', 'P'};
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  for (; value >= 1000 && unit + 1 < kUnits.size(); unit++) value /= 1024;
  return value >= 10 ? fmt::format("{:.0f}{}", value, kUnits.at(unit))
                     : fmt::format("{:.1f}{}", value, kUnits.at(unit));
}

std::string MemoryText(const Row& row) {
  if (!row.memory && !row.memory_limit) return "-";
  return (row.memory ? Amount(*row.memory) : "?") +
         (row.memory_limit ? "/" + Amount(*row.memory_limit) : "");
}

std::string DeathText(const Snapshot& snapshot, const Row& row) {
  if (row.unrecorded) {
    return Age(snapshot, row.unrecorded->unix_ns) + " " + Escape(row.unrecorded->text) +
           ", not recorded";
  }
  if (!row.death) return "-";
  const store::DeathRow& death = *row.death;
  std::string text = Age(snapshot, death.unix_ns) + " " + Escape(death.cause);
  if (death.confidence == "likely") text += "?";
  if (!death.culprit.empty()) text += " by " + Escape(death.culprit);
  return text;
}

std::string_view InkOf(const Row& row) {
  if (row.unrecorded) return row.unrecorded->exit_code == 0 ? "" : kYellow;
  if (!row.death) return "";
  return verdict::ClassOf(row.death->cause) == verdict::CauseClass::kExited ? "" : kRed;
}

std::string HowMany(int64_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

// The columns between a container's name and its last death, as they go on narrow
// terminals: the last one first.
struct Column {
  std::string_view title;
  size_t width;
  bool right;      // numbers
  int from_width;  // of the terminal
};
constexpr std::array<Column, 4> kColumns = {{
    {"STATE", 10, false, 0},
    {"AGE", 4, true, 56},
    {"RST", 4, true, 62},
    {"MEMORY", 10, true, 72},
}};
using Cells = std::array<std::string, kColumns.size()>;

class Painter {
 public:
  Painter(const Snapshot& snapshot, const View& view, int columns, bool colour)
      : snapshot_(snapshot),
        view_(view),
        columns_(static_cast<size_t>(std::max(columns, 1))),
        colour_(colour) {
    // What is left of the other columns goes to the name and to the death.
    size_t fixed = 1;
    for (const Column& column : kColumns) fixed += Shown(column) ? column.width + 1 : 0;
    const size_t rest = columns_ > fixed ? columns_ - fixed : 2;
    size_t longest = std::string_view("CONTAINER").size();
    for (const Row& row : snapshot.rows) longest = std::max(longest, Width(Escape(row.target)));
    name_ = std::min(longest + 1, std::max<size_t>(rest / 2, 8));
  }

  void Line(const std::string& text, std::string_view ink = "", bool fill = false) {
    const std::string fitted = Fit(text, columns_, fill);
    lines_.push_back(colour_ && !ink.empty() ? std::string(ink) + fitted + std::string(kPlain)
                                             : fitted);
  }

  void Head() {
    std::string text = "podtap top  ";
    // First, so that a narrow terminal doesn't cut it.
    if (view_.paused) {
      text += "[paused] ";
    } else if (view_.old_s > 0) {
      text += "[" + std::to_string(view_.old_s) + "s old] ";
    }
    text += Escape(snapshot_.node) + "  " + report::LocalTime(snapshot_.now_unix_ns).substr(0, 8) +
            "  " + RunningText();
    if (snapshot_.deaths_last_hour) {
      text += ", " + std::string(snapshot_.more_deaths ? "at least " : "") +
              HowMany(*snapshot_.deaths_last_hour, "death") + " in the last hour";
    }
    Line(text, kBold);
    const bool well = snapshot_.recorder.state == Recorder::State::kRuns &&
                      snapshot_.lost_last_hour == 0 && snapshot_.unkept_last_hour == 0 &&
                      snapshot_.blind_last_hour_ns == 0;
    Line(RecorderText(), well ? kDim : kYellow);
    for (const std::string& problem : snapshot_.problems | std::views::take(kMostProblems)) {
      Line(Escape(problem), kYellow);
    }
  }

  void Titles() {
    std::string death = "LAST DEATH";
    if (view_.order != Order::kDeath) {
      death += "  (by " + std::string(OrderName(view_.order)) + ")";
    }
    Cells titles;
    for (size_t i = 0; i < kColumns.size(); i++) titles.at(i) = kColumns.at(i).title;
    Line(Margin(false) + Joined("CONTAINER", titles, death), kBold);
  }

  void RowLine(const Row& row, bool selected) {
    const std::string restarts = row.restarts ? std::to_string(*row.restarts) : "-";
    const std::string age = row.started_unix_ns > 0 ? Age(snapshot_, row.started_unix_ns) : "-";
    const std::string text = Joined(Escape(row.target), {row.state, age, restarts, MemoryText(row)},
                                    DeathText(snapshot_, row));
    if (selected && colour_) {
      Line(text, kReverse, true);
    } else {
      Line(Margin(selected) + text, InkOf(row));
    }
  }

  void Latest(size_t most) {
    if (most == 0) return;
    const bool read = snapshot_.recorder.state != Recorder::State::kUnreadable;
    const char* none = read ? "NO DEATH RECORDED" : "THE STORE COULDN'T BE READ";
    Line(snapshot_.latest.empty() ? none : "LATEST DEATHS", kBold);
    for (size_t i = 0; i + 1 < most && i < snapshot_.latest.size(); i++) {
      const store::DeathRow& death = snapshot_.latest[i];
      Line(report::LocalTime(death.unix_ns).substr(0, 8) + " " + Escape(death.headline));
    }
  }

  void Foot() {
    if (view_.typing) return Line("/" + Escape(view_.filter) + "_", kBold);
    std::string text = "q quit  s order  Enter story  / filter  p pause  h help";
    if (!view_.filter.empty()) text = "only /" + Escape(view_.filter) + " (Esc: all)  " + text;
    Line(text, kDim);
  }

  void set_marked(bool marked) { marked_ = marked; }  // one of the rows is selected
  size_t size() const { return lines_.size(); }
  std::vector<std::string> Take() && { return std::move(lines_); }

 private:
  bool Shown(const Column& column) const {
    return columns_ >= static_cast<size_t>(column.from_width);
  }
  std::string Joined(const std::string& name, const Cells& cells, const std::string& death) const {
    std::string text = Fit(FitMiddle(name, name_), name_, true) + " ";
    for (size_t i = 0; i < kColumns.size(); i++) {
      const Column& column = kColumns.at(i);
      if (!Shown(column)) continue;
      text +=
          column.right ? Right(cells.at(i), column.width) : Fit(cells.at(i), column.width, true);
      text += ' ';
    }
    return text + death;
  }
  // Without colour too one must see which row is selected.
  std::string Margin(bool selected) const {
    if (colour_ || !marked_) return "";
    return selected ? ">" : " ";
  }
  static std::string Right(const std::string& text, size_t columns) {
    const std::string fitted = Fit(text, columns);
    return std::string(columns - std::min(columns, Width(fitted)), ' ') + fitted;
  }

  std::string RunningText() const {
    if (!snapshot_.running) return "containers aren't known";
    const std::string of =
        snapshot_.containers ? " of " + std::to_string(*snapshot_.containers) : "";
    return std::to_string(*snapshot_.running) + of + " running";
  }

  std::string RecorderText() const {
    const Recorder& recorder = snapshot_.recorder;
    const std::string since = report::LocalSince(recorder.since_unix_ns, snapshot_.now_unix_ns);
    std::string text;
    switch (recorder.state) {
      case Recorder::State::kNever:
        text = "No recorder has run here: start podtap record to know why containers die.";
        break;
      case Recorder::State::kRuns:
        text = "Recording since " + since + ".";
        break;
      case Recorder::State::kStopped:
        text = "Nobody has recorded since " + since + ": start podtap record.";
        break;
      case Recorder::State::kKilled:
        text = "The recorder was killed at about " + since + ": start podtap record.";
        break;
      case Recorder::State::kUnreadable:
        text = Escape(recorder.problem);
        break;
    }
    if (recorder.state == Recorder::State::kRuns && snapshot_.blind_last_hour_ns > 0) {
      text += " Nobody did for " + verdict::Duration(snapshot_.blind_last_hour_ns) +
              " of the last hour.";
    }
    if (snapshot_.lost_last_hour > 0) {
      text += " " + std::to_string(snapshot_.lost_last_hour) + " events lost.";
    }
    if (snapshot_.unkept_last_hour > 0) {
      text += " " + std::to_string(snapshot_.unkept_last_hour) + " facts not kept.";
    }
    return text;
  }

  const Snapshot& snapshot_;
  const View& view_;
  const size_t columns_;
  const bool colour_;
  size_t name_ = 0;
  bool marked_ = false;
  std::vector<std::string> lines_;
};

std::vector<std::string> StoryFrame(Story& story, Size size, bool colour) {
  std::vector<std::string> lines;
  const auto columns = static_cast<size_t>(std::max(size.columns, 1));
  const auto shown = static_cast<size_t>(std::max(size.lines - 1, 0));
  // The terminal may have grown.
  story.first = std::min(story.first, story.lines.size() > shown ? story.lines.size() - shown : 0);
  for (size_t i = story.first; i < story.lines.size() && lines.size() < shown; i++) {
    lines.push_back(Fit(story.lines[i], columns));
  }
  const bool more = story.first + shown < story.lines.size();
  const std::string foot = Fit(more ? "Esc back  j k space: more below" : "Esc back", columns);
  lines.push_back(colour ? std::string(kDim) + foot + std::string(kPlain) : foot);
  return lines;
}

}  // namespace

std::string Fit(std::string_view escaped, size_t columns, bool fill) {
  if (Width(escaped) <= columns) {
    std::string text(escaped);
    if (fill) text.append(columns - Width(escaped), ' ');
    return text;
  }
  if (columns == 0) return "";
  size_t bytes = 0;
  for (size_t cells = 0; cells + 1 < columns; cells++) {
    bytes += std::max<size_t>(1, Utf8Length(escaped.substr(bytes)));
  }
  return std::string(escaped.substr(0, bytes)) + "…";
}

std::string FitMiddle(std::string_view escaped, size_t columns) {
  const size_t width = Width(escaped);
  if (width <= columns || columns < 3) return Fit(escaped, columns);
  const size_t tail = columns / 2;
  size_t at = 0;
  for (size_t cells = 0; cells + tail < width; cells++) {
    at += std::max<size_t>(1, Utf8Length(escaped.substr(at)));
  }
  return Fit(escaped, columns - tail) + std::string(escaped.substr(at));
}

std::vector<std::string> Frame(const Snapshot& snapshot, View& view, Size size, bool colour) {
  if (view.story) return StoryFrame(*view.story, size, colour);
  Painter painter(snapshot, view, size.columns, colour);
  painter.Head();
  if (view.help) {
    for (const std::string_view line : kHelp) painter.Line(std::string(line));
  } else {
    painter.set_marked(true);
    painter.Titles();
    const std::vector<const Row*> rows = Arrange(snapshot, view);
    const auto problems = std::min(snapshot.problems.size(), kMostProblems);
    const size_t shown =
        RowsThatFit({.columns = size.columns, .lines = size.lines - static_cast<int>(problems)});
    Settle(view, rows, shown);
    for (size_t i = view.first; i < std::min(rows.size(), view.first + shown); i++) {
      painter.RowLine(*rows[i], rows[i]->key == view.selected);
    }
    if (rows.empty()) {
      painter.Line(snapshot.rows.empty() ? "no container here" : "no container of that name");
    }
    const auto last = static_cast<size_t>(std::max(size.lines - 1, 0));
    if (painter.size() < last) painter.Latest(last - painter.size());
    while (painter.size() < last) painter.Line("");
    painter.Foot();
  }
  std::vector<std::string> lines = std::move(painter).Take();
  if (std::ssize(lines) > size.lines) lines.resize(static_cast<size_t>(std::max(size.lines, 0)));
  return lines;
}

std::vector<std::string> Listing(const Snapshot& snapshot, const View& view, int columns,
                                 bool colour) {
  constexpr size_t kMostLatest = 11;
  Painter painter(snapshot, view, columns, colour);
  painter.Head();
  painter.Line("");
  painter.Titles();
  for (const Row* row : Arrange(snapshot, view)) painter.RowLine(*row, false);
  painter.Line("");
  painter.Latest(kMostLatest);
  return std::move(painter).Take();
}

}  // namespace podtap::top
