#include "report/html_text.h"

#include "base/escape.h"

namespace podtap::report {

std::string HtmlLines(std::string_view escaped) {
  std::string out;
  out.reserve(escaped.size());
  for (const char c : escaped) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string Html(std::string_view text) { return HtmlLines(Escape(text)); }

}  // namespace podtap::report
