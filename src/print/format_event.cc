// The text of an event, with the last ancestry remembered: a burst of signals
// comes from one sender, and its chain is the costliest piece to format.
#include <cstring>

#include "base/escape.h"
#include "print/printer.h"

namespace podtap::print {
namespace {

using Conversion = ir::Directive::Conversion;

// One entry: same bytes, same text.
class ChainCache {
 public:
  std::string_view Text(std::string_view entries, bool with_times, bool escaped) {
    if (filled_ && entries == entries_ && with_times == with_times_ && escaped == escaped_) {
      return text_;
    }
    text_.clear();
    ir::FormatChain(entries, with_times, text_);
    if (escaped) {
      std::string raw;
      raw.swap(text_);
      AppendEscaped(raw, Keep::kTabsAndNewlines, text_);
    }
    entries_.assign(entries);
    with_times_ = with_times;
    escaped_ = escaped;
    filled_ = true;
    return text_;
  }

 private:
  bool filled_ = false;
  bool with_times_ = false;
  bool escaped_ = false;
  std::string entries_;
  std::string text_;
};

thread_local ChainCache chain_cache;

}  // namespace

std::string EscapeControls(std::string_view text) {
  std::string out;
  AppendEscaped(text, Keep::kTabsAndNewlines, out);
  return out;
}

void FormatEvent(const ir::Module& module, const events::Event& event, bool escape_controls,
                 std::string& out) {
  if (event.item == nullptr || event.item->index >= module.formats.size()) return;
  std::span<const ir::FormatValue> values = event.values;
  for (const ir::Directive& piece : module.formats[event.item->index].pieces) {
    const bool times = piece.conversion == Conversion::kChainTimes;
    if ((times || piece.conversion == Conversion::kChain) && !values.empty()) {
      out.append(chain_cache.Text(values.front().text, times, escape_controls));
      values = values.subspan(1);
    } else if (escape_controls) {
      ir::FormatPieceEscaped(piece, values, out);
    } else {
      ir::FormatPiece(piece, values, out);
    }
  }
}

}  // namespace podtap::print
