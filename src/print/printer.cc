#include "print/printer.h"

#include <algorithm>
#include <array>

#include "base/escape.h"
#include "print/json.h"
#include "print/output.h"

namespace podtap::print {
namespace {

class TextPrinter : public Printer {
 public:
  explicit TextPrinter(const Options& options)
      : output_(options.fd), escape_(options.escape_controls) {}
  ~TextPrinter() override { output_.Flush(); }

  void Text(const Origin&, std::string_view text) override {
    if (escape_) {
      AppendEscaped(text, Keep::kTabsAndNewlines, output_.buffer());
    } else {
      output_.buffer().append(text);
    }
    output_.Written();
  }

  void Event(const Origin&, const ir::EventType& type,
             std::span<const ir::FormatValue> values) override {
    std::string& out = output_.buffer();
    out.append(type.name);
    for (size_t i = 0; i < type.fields.size() && i < values.size(); i++) {
      out.push_back(' ');
      out.append(type.fields[i].name);
      out.push_back('=');
      AppendValue(type.fields[i].type, values[i]);
    }
    out.push_back('\n');
    output_.Written();
  }

  void Flush() override { output_.Flush(); }
  int write_error() const override { return output_.error(); }

 private:
  // A line stays a line, so \n and \t are escaped here too.
  void AppendValue(ir::Type type, const ir::FormatValue& value) {
    std::string& out = output_.buffer();
    if (type == ir::Type::kI64 || type == ir::Type::kPtr) return AppendNumber(value.number, out);
    std::string chain;
    if (type == ir::Type::kChain) ir::FormatChain(value.text, true, chain);
    out.push_back('"');
    for (const char c :
         type == ir::Type::kChain ? EscapeControls(chain) : EscapeControls(value.text)) {
      switch (c) {
        case '"':
          out.append("\\\"");
          break;
        case '\n':
          out.append("\\n");
          break;
        case '\t':
          out.append("\\t");
          break;
        default:
          out.push_back(c);
      }
    }
    out.push_back('"');
  }

  Output output_;
  bool escape_;
};

constexpr std::array<std::string_view, 6> kOwnKeys = {"time", "probe", "cpu",
                                                      "pid",  "event", "text"};

class JsonPrinter : public Printer {
 public:
  JsonPrinter(const ir::Module& module, const Options& options)
      : module_(module), output_(options.fd), real_offset_ns_(options.real_offset_ns) {}
  ~JsonPrinter() override { output_.Flush(); }

  void Text(const Origin& origin, std::string_view text) override {
    AppendOrigin(origin);
    output_.buffer().append(",\"text\":");
    AppendJsonString(text, output_.buffer());
    Close();
  }

  void Event(const Origin& origin, const ir::EventType& type,
             std::span<const ir::FormatValue> values) override {
    AppendOrigin(origin);
    std::string& out = output_.buffer();
    out.append(",\"event\":");
    AppendJsonString(type.name, out);
    for (size_t i = 0; i < type.fields.size() && i < values.size(); i++) {
      std::string name = type.fields[i].name;
      if (std::ranges::find(kOwnKeys, name) != kOwnKeys.end()) name += '_';
      out.push_back(',');
      AppendJsonString(name, out);
      out.push_back(':');
      AppendValue(type.fields[i].type, values[i]);
    }
    Close();
  }

  void Flush() override { output_.Flush(); }
  int write_error() const override { return output_.error(); }

 private:
  void AppendOrigin(const Origin& origin) {
    std::string& out = output_.buffer();
    out.append("{\"time\":\"");
    // Wraps rather than overflows: the time comes from a record.
    time_.Append(static_cast<int64_t>(origin.time_ns + static_cast<uint64_t>(real_offset_ns_)),
                 out);
    out.append("\",\"probe\":");
    AppendJsonString(origin.program < module_.programs.size()
                         ? std::string_view(module_.programs[origin.program].written)
                         : std::string_view(),
                     out);
    out.append(",\"cpu\":");
    AppendNumber(origin.cpu, out);
    out.append(",\"pid\":");
    AppendNumber(origin.pid, out);
  }

  void AppendValue(ir::Type type, const ir::FormatValue& value) {
    std::string& out = output_.buffer();
    switch (type) {
      case ir::Type::kI64:
      case ir::Type::kPtr:
        return AppendNumber(value.number, out);
      case ir::Type::kStr:
        return AppendJsonString(value.text, out);
      case ir::Type::kChain:
        return AppendChain(value.text);
    }
  }

  // Own task first, as captured.
  void AppendChain(std::string_view entries) {
    std::string& out = output_.buffer();
    out.push_back('[');
    for (size_t at = 0; at + sizeof(ir::ChainEntry) <= entries.size();
         at += sizeof(ir::ChainEntry)) {
      ir::ChainEntry entry;
      entries.copy(reinterpret_cast<char*>(&entry), sizeof entry, at);
      out.append(at > 0 ? ",{\"comm\":" : "{\"comm\":");
      const std::string_view comm(entry.comm, sizeof entry.comm);
      AppendJsonString(comm.substr(0, comm.find('\0')), out);
      out.append(",\"start_ns\":");
      AppendNumber(static_cast<int64_t>(entry.start_ns), out);
      out.push_back('}');
    }
    out.push_back(']');
  }

  void Close() {
    output_.buffer().append("}\n");
    output_.Written();
  }

  const ir::Module& module_;
  Output output_;
  JsonTime time_;
  int64_t real_offset_ns_;
};

}  // namespace

std::unique_ptr<Printer> Printer::Make(const ir::Module& module, const Options& options) {
  if (options.mode == Mode::kJson) return std::make_unique<JsonPrinter>(module, options);
  return std::make_unique<TextPrinter>(options);
}

}  // namespace podtap::print
