#include "report/html.h"

#include <algorithm>
#include <ranges>

#include "report/clock.h"
#include "report/html_class.h"
#include "report/html_text.h"
#include "report/html_timeline.h"
#include "verdict/view.h"
#include "verdict/wording.h"

namespace podtap::report {
namespace {

constexpr size_t kMostKillers = 50;
constexpr size_t kMostBlind = 100;

std::string Number(int64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = std::ssize(digits) - 3; at > 0; at -= 3)
    digits.insert(static_cast<size_t>(at), ",");
  return digits;
}

std::string Tag(std::string_view name, std::string_view style, const std::string& inside) {
  std::string tag(name);
  std::string open = style.empty() ? tag : tag + " class=\"" + std::string(style) + "\"";
  return "<" + open + ">" + inside + "</" + tag + ">";
}

// To the second, with the zone.
std::string Moment(int64_t unix_ns) {
  const std::string whole = LocalDateTime(unix_ns);  // 2026-11-26 14:03:22.123 +0100
  return whole.substr(0, 19) + whole.substr(23);
}

std::string Mark(const ClassLook& look) {
  return "<svg class=\"key\" viewBox=\"-7 -7 14 14\" aria-hidden=\"true\"><path class=\"mark " +
         std::string(look.style) + "\" d=\"" + std::string(look.path) + "\"/></svg>";
}

std::string Header(const Review& review) {
  return "<header><h1>Why containers died on " + Html(review.node) + "</h1>\n<p>" +
         Html(Moment(review.from_unix_ns)) + " to " + Html(Moment(review.to_unix_ns)) +
         "</p></header>\n";
}

std::string Figure(const std::string& number, const std::string& label, const std::string& mark) {
  return Tag("li", "", Tag("b", "", number) + Tag("span", "", mark + label)) + "\n";
}

std::string Figures(const Review& review) {
  const auto deaths = static_cast<int64_t>(review.deaths.size());
  std::string items = Figure(Number(deaths), deaths == 1 ? "death" : "deaths", "");
  for (size_t i = 0; i < verdict::kCauseClasses; i++) {
    const auto which = static_cast<verdict::CauseClass>(i);
    const ClassLook& look = LookOf(which);
    items += Figure(Number(CountOf(review, which)), std::string(look.label), Mark(look));
  }
  return Tag("ul", "figures", "\n" + items) + "\n";
}

// What the reader can't rely on, in a paragraph.
std::string Honesty(const Review& review) {
  std::vector<std::string> sentences;
  const Blindness blind = BlindnessOf(review);
  if (review.older_left_out) {
    sentences.push_back("Only the newest " + Number(static_cast<int64_t>(review.deaths.size())) +
                        " deaths of this time are here; --most N shows more, --since less.");
  }
  if (blind.ns > 0) {
    sentences.push_back("Nobody recorded for " + verdict::Duration(blind.ns) +
                        " of it (hatched): who killed then is not known, and some deaths may be "
                        "missing.");
  }
  if (blind.lost > 0)
    sentences.push_back(Number(static_cast<int64_t>(blind.lost)) + " events were lost.");
  if (blind.unkept > 0) {
    sentences.push_back(Number(static_cast<int64_t>(blind.unkept)) +
                        " facts weren't kept, because too many came at once.");
  }
  if (sentences.empty())
    sentences.emplace_back("The recorder watched all of this time and lost no event.");
  std::string text;
  for (const std::string& sentence : sentences) text += (text.empty() ? "" : " ") + sentence;
  return Tag("p", "honesty", Html(text)) + "\n";
}

std::string CountList(const Counts& counts, size_t most) {
  const auto sorted = MostFirst(counts);
  std::string text;
  for (const auto& [name, count] : sorted | std::views::take(most)) {
    text += (text.empty() ? "" : ", ") + Html(name) +
            (count > 1 ? " <small>×" + Number(count) + "</small>" : "");
  }
  if (sorted.size() > most) text += ", " + std::to_string(sorted.size() - most) + " more";
  return text;
}

std::string KillerName(const Killer& killer) {
  switch (killer.kind) {
    case Killer::Kind::kItself:
      return Tag("i", "", "by itself: exits and faults");
    case Killer::Kind::kNotKnown:
      return Tag("i", "", "not known");
    case Killer::Kind::kSomebody:
      break;
  }
  std::string text = Tag("b", "", Html(killer.name));
  if (!killer.place.empty()) text += " · " + Html(killer.place);
  if (!killer.user.empty()) text += " · " + Tag("small", "", Html(killer.user));
  return text;
}

std::string Killers(const Review& review) {
  const std::vector<KillerRank> ranks = RankKillers(review);
  std::string rows;
  for (const KillerRank& rank : ranks | std::views::take(kMostKillers)) {
    rows += "<tr><td>" + KillerName(rank.killer) + "</td><td class=\"number\">" +
            Number(rank.deaths) + "</td><td>" + CountList(rank.causes, 4) + "</td><td>" +
            CountList(rank.victims, 3) + "</td><td class=\"time\">" +
            Html(Moment(rank.last_unix_ns)) + "</td></tr>\n";
  }
  std::string more;
  if (ranks.size() > kMostKillers) {
    more = Tag("p", "", "and " + std::to_string(ranks.size() - kMostKillers) + " more");
  }
  return "<section><h2>Who ended them</h2>\n<div class=\"wide\"><table><thead><tr>"
         "<th scope=\"col\">Killer</th><th scope=\"col\" class=\"number\">Deaths</th>"
         "<th scope=\"col\">Causes</th><th scope=\"col\">Whom</th><th scope=\"col\">Last</th></tr>"
         "</thead><tbody>\n" +
         rows + "</tbody></table></div>" + more + "</section>\n";
}

// The command that tells the same with everything that was kept.
std::string AskAgain(const store::DeathRow& row) {
  constexpr int64_t kSecond = 1'000'000'000;
  // Until the whole second after it.
  const int64_t after = verdict::Plus({row.unix_ns}, kSecond).value / kSecond * kSecond;
  const std::string until = Rfc3339(after).substr(0, 19) + "Z";
  return "podtap why " + verdict::ShellWord(store::ShortId(row)) + " --death " + until + " -o json";
}

std::string DeathOf(const Told& told) {
  const store::DeathRow& row = told.row;
  const ClassLook& look = LookOf(row.cause);
  const std::string story =
      told.story.empty()
          ? Tag("p", "", "Its evidence can't be read any more.")
          : Tag("pre", "", HtmlLines(told.story)) + Tag("p", "ask", Html(AskAgain(row)));
  return "<details id=\"death-" + std::to_string(row.id) + "\"><summary>" +
         Tag("span", "time", Html(Moment(row.unix_ns).substr(0, 19))) +
         Tag("span", "whom",
             Html(TrackOf(row)) + (row.pod.empty() || row.name.empty()
                                       ? ""
                                       : "<small>/" + Html(row.name) + "</small>")) +
         Tag("span", "cause",
             Mark(look) + Html(row.cause) +
                 (row.confidence == "proven" || row.cause == "unknown"
                      ? ""
                      : Tag("small", "", " " + Html(row.confidence)))) +
         Tag("span", "headline", Html(row.headline)) + "</summary>" + story + "</details>\n";
}

std::string Deaths(const Review& review) {
  std::string items;
  for (const Told& told : review.deaths | std::views::reverse) items += DeathOf(told);
  return "<section class=\"deaths\"><h2>Deaths, the newest first</h2>\n" + items + "</section>\n";
}

std::string BlindWindows(const Review& review) {
  if (review.blind.empty()) return "";
  std::string items;
  for (const store::BlindRow& blind :
       review.blind | std::views::reverse | std::views::take(kMostBlind)) {
    items +=
        Tag("li", "",
            Tag("span", "time", Html(Moment(blind.from_unix_ns))) + " " + Html(BlindText(blind))) +
        "\n";
  }
  if (review.blind.size() > kMostBlind) {
    items += Tag("li", "", "and " + std::to_string(review.blind.size() - kMostBlind) + " before");
  }
  return "<section><h2>What nobody saw</h2>\n<ul class=\"blind-list\">\n" + items +
         "</ul></section>\n";
}

std::string NoDeaths(const Review& review) {
  std::string text = "No container died here in this time, as far as was recorded.";
  if (review.incidents > 0) {
    text += " " + Number(review.incidents) +
            " other processes were ended by a signal: podtap events --kind kill.";
  }
  return Tag("p", "empty", Html(text)) + "\n";
}

}  // namespace

std::string HtmlPage(const Review& review) {
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>podtap: " +
      Html(review.node) + "</title>\n<style>\n" + std::string(StyleSheet()) +
      "</style>\n</head>\n<body>\n<main>\n" + Header(review);
  page += Figures(review) + Honesty(review);
  if (review.deaths.empty()) page += NoDeaths(review);
  page +=
      "<section><h2>When</h2>\n<div class=\"wide\">" + TimelineSvg(review) + "</div></section>\n";
  if (!review.deaths.empty()) page += Killers(review) + Deaths(review);
  page += BlindWindows(review);
  page += "<footer>Made by podtap " + Html(review.version) + " on " +
          Html(Moment(review.made_unix_ns)) + "</footer>\n</main>\n</body>\n</html>\n";
  return page;
}

}  // namespace podtap::report
