// Script text and places in it.
//
// What enters: file names and their bytes. What leaves: a SourceSet that owns
// the text for the whole run, and Spans that name a place in it in 12 bytes.
// Everything from the lexer to the kernel verifier's complaint speaks in Spans.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace podtap::source {

using FileId = uint32_t;
inline constexpr FileId kNoFile = UINT32_MAX;

// Bytes [begin, end) of one file.
struct Span {
  FileId file = kNoFile;
  uint32_t begin = 0;
  uint32_t end = 0;
  bool valid() const { return file != kNoFile; }
  friend bool operator==(const Span&, const Span&) = default;
};

// 1-based, columns counted in bytes, a tab as one column (as SystemTap does).
struct LineColumn {
  uint32_t line = 0;
  uint32_t column = 0;
};

class SourceSet {
 public:
  // `name` is what messages show ("sg.stp", "<input>" for -e). `is_tapset`
  // marks podtap's own scripts, whose text may use intrinsics.
  FileId Add(std::string name, std::string text, bool is_tapset = false);

  std::string_view Name(FileId file) const;
  std::string_view Text(FileId file) const;
  std::string_view Text(Span span) const;  // empty for an invalid span
  bool IsTapset(FileId file) const;
  LineColumn Locate(Span span) const;
  // The whole line in which the span begins, without its newline.
  std::string_view Line(Span span) const;
  // "sg.stp:3:7".
  std::string Where(Span span) const;

 private:
  struct File {
    std::string name;
    std::string text;
    bool is_tapset = false;
    mutable std::vector<uint32_t> line_starts;  // filled at the first Locate
  };
  std::deque<File> files_;
};

}  // namespace podtap::source
