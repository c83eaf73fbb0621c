#include "source/source.h"

#include <algorithm>

namespace podtap::source {

FileId SourceSet::Add(std::string name, std::string text, bool is_tapset) {
  // A span counts bytes in 32 bits; the parser refuses far smaller scripts.
  if (text.size() >= UINT32_MAX) text.resize(UINT32_MAX - 1);
  files_.push_back(File{std::move(name), std::move(text), is_tapset, {}});
  return static_cast<FileId>(files_.size() - 1);
}

std::string_view SourceSet::Name(FileId file) const {
  return file < files_.size() ? std::string_view(files_[file].name) : std::string_view();
}

std::string_view SourceSet::Text(FileId file) const {
  return file < files_.size() ? std::string_view(files_[file].text) : std::string_view();
}

std::string_view SourceSet::Text(Span span) const {
  const std::string_view text = Text(span.file);
  if (span.begin >= text.size() || span.end <= span.begin) return {};
  return text.substr(span.begin, span.end - span.begin);
}

bool SourceSet::IsTapset(FileId file) const {
  return file < files_.size() && files_[file].is_tapset;
}

LineColumn SourceSet::Locate(Span span) const {
  if (span.file >= files_.size()) return {};
  const File& file = files_[span.file];
  auto& starts = file.line_starts;
  if (starts.empty()) {
    starts.push_back(0);
    for (size_t i = file.text.find('\n'); i != std::string::npos; i = file.text.find('\n', i + 1)) {
      starts.push_back(static_cast<uint32_t>(i + 1));
    }
  }
  const uint32_t offset = std::min(span.begin, static_cast<uint32_t>(file.text.size()));
  const auto after = std::upper_bound(starts.begin(), starts.end(), offset);
  return {static_cast<uint32_t>(after - starts.begin()), offset - *(after - 1) + 1};
}

std::string_view SourceSet::Line(Span span) const {
  const std::string_view text = Text(span.file);
  if (text.empty()) return {};
  const size_t offset = std::min<size_t>(span.begin, text.size());
  const size_t before = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  const size_t begin = before == std::string_view::npos ? 0 : before + 1;
  const size_t end = std::min(text.find('\n', offset), text.size());
  return text.substr(begin, end - begin);
}

std::string SourceSet::Where(Span span) const {
  if (!span.valid()) return {};
  const LineColumn place = Locate(span);
  std::string out(Name(span.file));
  out += ':' + std::to_string(place.line) + ':' + std::to_string(place.column);
  return out;
}

}  // namespace podtap::source
