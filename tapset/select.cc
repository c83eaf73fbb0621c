#include "tapset/select.h"

#include <algorithm>
#include <unordered_map>

namespace podtap::tapset {
namespace {

struct Piece {
  size_t script = 0;
  std::string_view text;
  bool needed = false;
};

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Lines that are comments are passed over: their words name things idly.
template <typename Visit>
void ForEachWord(std::string_view text, const Visit& visit) {
  size_t at = 0;
  while (at < text.size()) {
    while (at < text.size() && !IsWordByte(text[at])) {
      if (text[at] == '#' && (at == 0 || text[at - 1] == '\n')) {
        at = std::min(text.find('\n', at), text.size());
      } else {
        at++;
      }
    }
    const size_t begin = at;
    while (at < text.size() && IsWordByte(text[at])) at++;
    if (at > begin) visit(text.substr(begin, at - begin));
  }
}

// `signal.*`, `sig*.send`: any alias may be meant.
bool HasWildcardPoint(std::string_view text) {
  for (size_t at = text.find('*'); at != std::string_view::npos; at = text.find('*', at + 1)) {
    if (at > 0 && (text[at - 1] == '.' || IsWordByte(text[at - 1]))) return true;
    if (at + 1 < text.size() && text[at + 1] == '.') return true;
  }
  return false;
}

std::string_view FirstLine(std::string_view text) { return text.substr(0, text.find('\n')); }

bool StartsDeclaration(std::string_view text) {
  return text.starts_with("function ") || text.starts_with("probe ") ||
         text.starts_with("global ") || text.starts_with("private ");
}

// Whether the conditional region that `text` begins with holds declarations. One
// that doesn't stands inside a declaration and belongs to it.
bool HoldsDeclarations(std::string_view text) {
  text = text.substr(0, text.find("\n%)"));
  for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', end + 1))
    if (StartsDeclaration(text.substr(end + 1))) return true;
  return false;
}

// Splits a file at the declarations that begin a line. A conditional region
// %( … %) with declarations in it is one piece.
void Split(size_t script, std::string_view text, std::vector<Piece>& pieces) {
  size_t begin = 0, at = 0;
  bool in_region = false;
  const auto cut = [&](size_t end) {
    if (end > begin) pieces.push_back({.script = script, .text = text.substr(begin, end - begin)});
    begin = end;
  };
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("%(") && HoldsDeclarations(rest)) {
      cut(at);
      in_region = true;
    } else if (rest.starts_with("%)")) {
      in_region = false;
    } else if (!in_region && StartsDeclaration(rest)) {
      cut(at);
    }
    const size_t line = rest.find('\n');
    if (line == std::string_view::npos) break;
    at += line + 1;
  }
  cut(text.size());
}

class Selection {
 public:
  std::vector<Selected> Run(std::string_view user_text) {
    const auto scripts = Scripts();
    for (size_t i = 0; i < scripts.size(); i++) Split(i, scripts[i].text, pieces_);
    for (size_t i = 0; i < pieces_.size(); i++) Name(i);
    if (HasWildcardPoint(user_text)) {
      for (Piece& piece : pieces_) piece.needed = true;
    } else {
      Follow(user_text);
    }
    std::vector<Selected> selected;
    for (const Script& script : scripts) selected.push_back({.name = script.name, .text = ""});
    std::vector<bool> used(scripts.size(), false);
    for (const Piece& piece : pieces_) {
      std::string& text = selected[piece.script].text;
      if (piece.needed) {
        text += piece.text;
        used[piece.script] = true;
      } else {
        text.append(static_cast<size_t>(std::count(piece.text.begin(), piece.text.end(), '\n')),
                    '\n');
      }
    }
    for (size_t i = 0; i < selected.size(); i++) {
      if (!used[i]) selected[i].text.clear();
    }
    return selected;
  }

 private:
  // Enters what the piece declares. An alias goes by the first word of its name,
  // a region by every word at which a declaration begins, a file of macros by
  // none: it is always needed.
  void Name(size_t index) {
    const std::string_view text = pieces_[index].text;
    if (text.find("@define ") != std::string_view::npos) return Need(index);
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::string_view line = FirstLine(rest);
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      if (!line.starts_with("function ") && !line.starts_with("probe ") &&
          line.find("global ") == std::string_view::npos) {
        continue;
      }
      const bool all_words = !line.starts_with("function ") && !line.starts_with("probe ");
      size_t word_number = 0;
      ForEachWord(line, [&](std::string_view word) {
        const bool named = word_number == 1 || (all_words && word_number > 0);
        if (named && word != "global") by_name_[word].push_back(index);
        word_number++;
      });
    }
  }

  void Need(size_t index) {
    if (pieces_[index].needed) return;
    pieces_[index].needed = true;
    pending_.push_back(pieces_[index].text);
  }

  void Follow(std::string_view user_text) {
    pending_.push_back(user_text);
    while (!pending_.empty()) {
      const std::string_view text = pending_.back();
      pending_.pop_back();
      ForEachWord(text, [&](std::string_view word) {
        const auto it = by_name_.find(word);
        if (it == by_name_.end()) return;
        for (size_t index : it->second) Need(index);
      });
    }
  }

  std::vector<Piece> pieces_;
  std::unordered_map<std::string_view, std::vector<size_t>> by_name_;
  std::vector<std::string_view> pending_;
};

}  // namespace

std::vector<Selected> Select(std::string_view user_text) { return Selection().Run(user_text); }

}  // namespace podtap::tapset
