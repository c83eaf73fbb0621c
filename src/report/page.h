// Page: lines that fit a terminal.
//
// What enters: texts that anybody may have written. What leaves: escaped, wrapped
// lines, with colour only where it was asked for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace podtap::report {

enum class Ink : uint8_t { kPlain, kBold, kDim, kRed, kYellow, kGreen };

class Page {
 public:
  // `width`: columns of the terminal; below 40 it is taken as 40.
  Page(int width, bool colour);

  void Paragraph(std::string_view text, Ink ink = Ink::kPlain);
  // "Label      text", the text's further lines below its first. An empty label goes on
  // with the field before.
  void Field(std::string_view label, std::string_view text, Ink ink = Ink::kPlain);
  // The same with a mark before the text, further lines below the text's first.
  void Item(std::string_view label, std::string_view mark, std::string_view text);
  void Blank();
  std::string Take() && { return std::move(out_); }

 private:
  void Lines(std::string_view first, std::string_view rest, std::string_view text, Ink ink);
  std::string Painted(std::string_view text, Ink ink) const;

  size_t width_;
  bool colour_;
  std::string out_;
};

// `text` (escaped already) in lines of at most `width` cells, broken at spaces where
// there are any.
std::vector<std::string> Wrap(std::string_view text, size_t width);

}  // namespace podtap::report
