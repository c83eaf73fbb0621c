#include "report/page.h"

#include <algorithm>
#include <array>

#include "base/escape.h"

namespace podtap::report {
namespace {

constexpr size_t kLabel = 11;  // columns of a label with the space behind it
constexpr std::array<std::string_view, 6> kInks = {"",         "\x1b[1m",  "\x1b[2m",
                                                   "\x1b[31m", "\x1b[33m", "\x1b[32m"};

std::string Padded(std::string_view text, size_t width) {
  std::string padded(text);
  const size_t cells = Width(text);
  if (cells < width) padded.append(width - cells, ' ');
  return padded;
}

// Where to cut `text` so that its first part fills at most `width` cells.
size_t CutAt(std::string_view text, size_t width) {
  size_t cells = 0;
  size_t i = 0;
  while (i < text.size()) {
    const size_t length = std::max<size_t>(Utf8Length(text.substr(i)), 1);
    if (++cells > width) return i;
    i += length;
  }
  return i;
}

}  // namespace

std::vector<std::string> Wrap(std::string_view text, size_t width) {
  width = std::max<size_t>(width, 1);
  std::vector<std::string> lines;
  while (Width(text) > width) {
    size_t cut = CutAt(text, width);
    // The space may stand right behind the last cell.
    const size_t space = text.rfind(' ', cut);
    if (space != std::string_view::npos && space > 0) cut = space;
    lines.emplace_back(text.substr(0, cut));
    text.remove_prefix(cut);
    while (text.starts_with(' ')) text.remove_prefix(1);
  }
  if (!text.empty() || lines.empty()) lines.emplace_back(text);
  return lines;
}

Page::Page(int width, bool colour)
    : width_(static_cast<size_t>(std::max(width, 40))), colour_(colour) {}

std::string Page::Painted(std::string_view text, Ink ink) const {
  if (!colour_ || ink == Ink::kPlain) return std::string(text);
  return std::string(kInks.at(static_cast<size_t>(ink))) + std::string(text) + "\x1b[0m";
}

void Page::Lines(std::string_view first, std::string_view rest, std::string_view text, Ink ink) {
  const size_t indent = Width(rest);
  std::string_view before = first;
  for (const std::string& line : Wrap(Escape(text), width_ - std::min(indent, width_ - 1))) {
    out_ += Painted(before, Ink::kDim);
    out_ += Painted(line, ink);
    out_ += '\n';
    before = rest;
  }
}

void Page::Paragraph(std::string_view text, Ink ink) { Lines("", "", text, ink); }

void Page::Field(std::string_view label, std::string_view text, Ink ink) {
  Lines(Padded(label, kLabel), std::string(kLabel, ' '), text, ink);
}

void Page::Item(std::string_view label, std::string_view mark, std::string_view text) {
  const std::string first = Padded(label, kLabel) + std::string(mark);
  Lines(first, std::string(Width(first), ' '), text, Ink::kPlain);
}

void Page::Blank() { out_ += '\n'; }

}  // namespace podtap::report
