// The text form back into a Module.
#include <charconv>

#include "ir/passes.h"
#include "ir/text.h"
#include "regex/regex.h"

namespace podtap::ir {
namespace {

// The words of one line; a quoted string is one word, its quotes kept off.
class Line {
 public:
  explicit Line(std::string_view text) : rest_(text) {}

  std::string_view Peek() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
    return rest_.substr(0, rest_.find(' '));
  }
  std::string_view Word() {
    const std::string_view word = Peek();
    rest_.remove_prefix(word.size());
    return word;
  }
  bool Accept(std::string_view word) {
    if (Peek() != word) return false;
    Word();
    return true;
  }
  void SkipPrefix(size_t bytes) { rest_.remove_prefix(bytes); }
  bool done() { return Peek().empty(); }
  bool failed() const { return failed_; }
  void Fail() { failed_ = true; }

  int64_t Number() { return ParseNumber(Word()); }
  int64_t ParseNumber(std::string_view word) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size()) failed_ = true;
    return value;
  }
  uint32_t Index() { return static_cast<uint32_t>(Number()); }

  std::string Quoted() {
    Peek();
    std::string out;
    if (rest_.empty() || rest_.front() != '"') {
      failed_ = true;
      return out;
    }
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_.front() != '"') {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '\\' && !rest_.empty()) {
        c = rest_.front();
        rest_.remove_prefix(1);
        if (c == 'n')
          c = '\n';
        else if (c == 't')
          c = '\t';
        else if (c == 'x' && rest_.size() >= 2) {
          unsigned value = 0;
          const std::string_view digits = rest_.substr(0, 2);
          std::from_chars(digits.begin(), digits.end(), value, 16);
          c = static_cast<char>(value);
          rest_.remove_prefix(2);
        }
      }
      out += c;
    }
    if (rest_.empty())
      failed_ = true;
    else
      rest_.remove_prefix(1);
    return out;
  }

  Operand ReadOperand(std::string_view word) {
    if (word.starts_with('%')) return Operand::R(static_cast<Reg>(ParseNumber(word.substr(1))));
    if (word.starts_with('@'))
      return Operand::L(static_cast<uint32_t>(ParseNumber(word.substr(1))));
    return Operand::I(ParseNumber(word));
  }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

class Reader {
 public:
  Result<Module> Read(std::string_view text) {
    size_t number = 0;
    while (!text.empty()) {
      const size_t end = text.find('\n');
      const std::string_view content = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      number++;
      Line line(content);
      if (line.done()) continue;
      ReadLine(line);
      if (line.failed() || !line.done()) {
        return std::unexpected(Error{.kind = ErrorKind::kInput,
                                     .tried = "read ir",
                                     .on = "line " + std::to_string(number),
                                     .reason = "it isn't understood: " + std::string(content),
                                     .error_number = 0,
                                     .remedy = "",
                                     .detail = ""});
      }
    }
    for (Format& format : module_.formats) {
      for (Directive& piece : format.pieces) {
        if (piece.conversion == Directive::Conversion::kTable &&
            piece.table_index < module_.tables.size()) {
          piece.table = std::make_shared<const StringTable>(module_.tables[piece.table_index]);
        }
      }
    }
    return std::move(module_);
  }

 private:
  void ReadLine(Line& line) {
    struct Row {
      std::string_view word;
      void (Reader::*read)(Line&);
    };
    static constexpr Row kRows[] = {
        {"limits", &Reader::ReadLimits},       {"literal", &Reader::ReadLiteral},
        {"format", &Reader::ReadFormat},       {"global", &Reader::ReadGlobal},
        {"event", &Reader::ReadEvent},         {"table", &Reader::ReadTable},
        {"iteration", &Reader::ReadIteration}, {"site", &Reader::ReadSite},
        {"program", &Reader::ReadProgram},     {"reg", &Reader::ReadReg},
        {"block", &Reader::ReadBlock},         {"regex", &Reader::ReadRegex},
    };
    // "event" is a line of the module's and an instruction.
    const bool in_block = !module_.programs.empty() && !module_.programs.back().blocks.empty();
    for (const Row& row : kRows) {
      if (in_block && row.word == "event") continue;
      if (line.Accept(row.word)) return (this->*row.read)(line);
    }
    ReadInstr(line);
  }

  void ReadLimits(Line& line) {
    Limits& limits = module_.limits;
    for (uint32_t* value : {&limits.max_string, &limits.max_action, &limits.max_action_user,
                            &limits.max_map_entries, &limits.max_nesting, &limits.max_errors}) {
      *value = line.Index();
    }
    if (line.Accept("target")) module_.target_pid = line.Number();
  }
  void ReadLiteral(Line& line) { module_.literals.push_back(line.Quoted()); }

  void ReadFormat(Line& line) {
    Format format;
    while (!line.done()) {
      Directive piece;
      if (line.Peek().starts_with("lit\"")) {
        piece.text = ReadLiteralPiece(line);
      } else {
        ReadDirective(line, piece);
      }
      if (line.failed()) return;
      format.pieces.push_back(std::move(piece));
    }
    module_.formats.push_back(std::move(format));
  }
  static std::string ReadLiteralPiece(Line& line) {
    line.SkipPrefix(3);
    return line.Quoted();
  }
  void ReadDirective(Line& line, Directive& piece) {
    std::string_view word = line.Word();
    const auto next = [&] {
      const size_t colon = word.find(':');
      const std::string_view part = word.substr(0, colon);
      word = colon == std::string_view::npos ? "" : word.substr(colon + 1);
      return part;
    };
    const auto conversion = ConversionByName(next());
    if (!conversion) return line.Fail();
    piece.conversion = *conversion;
    while (!word.empty()) {
      const std::string_view part = next();
      if (part.starts_with('w'))
        piece.width = static_cast<int32_t>(line.ParseNumber(part.substr(1)));
      else if (part.starts_with('p'))
        piece.precision = static_cast<int32_t>(line.ParseNumber(part.substr(1)));
      else if (part.starts_with('t'))
        piece.table_index = static_cast<uint32_t>(line.ParseNumber(part.substr(1)));
      else
        for (char flag : part) {
          piece.left |= flag == '-';
          piece.zero |= flag == '0';
          piece.plus |= flag == '+';
          piece.space |= flag == '_';
          piece.alternate |= flag == '#';
        }
    }
  }

  // "i64", "ptr:12", "str:16", "chain"
  static void ReadType(Line& line, Type& type, uint32_t& cap, uint32_t& btf_id) {
    const std::string_view word = line.Word();
    const size_t colon = word.find(':');
    const std::string_view name = word.substr(0, colon);
    const uint32_t number = colon == std::string_view::npos
                                ? 0
                                : static_cast<uint32_t>(line.ParseNumber(word.substr(colon + 1)));
    if (name == "i64")
      type = Type::kI64;
    else if (name == "chain")
      type = Type::kChain;
    else if (name == "ptr") {
      type = Type::kPtr;
      btf_id = number;
    } else if (name == "str") {
      type = Type::kStr;
      cap = number;
    } else
      line.Fail();
  }

  void ReadGlobal(Line& line) {
    Global global;
    global.name = line.Quoted();
    const std::string_view value = line.Word();
    if (value == "stats") global.value = ValueType::kStats;
    if (value.starts_with("string:")) {
      global.value = ValueType::kString;
      global.value_cap = static_cast<uint32_t>(line.ParseNumber(value.substr(7)));
    }
    while (!line.done() && !line.failed()) {
      uint32_t unused = 0;
      if (line.Accept("max"))
        global.max_entries = line.Index();
      else if (line.Accept("key")) {
        Global::Key key;
        ReadType(line, key.type, key.cap, unused);
        global.keys.push_back(key);
      } else if (line.Accept("wrap"))
        global.wrap = true;
      else if (line.Accept("kernel"))
        global.in_kernel = true;
      else if (line.Accept("boxed"))
        global.boxed = true;
      else if (line.Accept("print"))
        global.print_at_end = true;
      else if (line.Accept("log"))
        global.log_histogram = true;
      else if (line.Accept("linear")) {
        Global::Linear linear;
        linear.low = line.Number();
        linear.high = line.Number();
        linear.step = line.Number();
        global.linear_histogram = linear;
      } else if (line.Accept("fields"))
        global.stat_fields = static_cast<StatFields>(line.Number());
      else if (line.Accept("init"))
        global.init_long = line.Number();
      else if (line.Accept("text"))
        global.init_string = line.Quoted();
      else
        line.Fail();
    }
    module_.globals.push_back(std::move(global));
  }

  void ReadEvent(Line& line) {
    EventType event;
    event.name = line.Quoted();
    while (!line.done() && !line.failed()) {
      EventType::Field field;
      uint32_t unused = 0;
      ReadType(line, field.type, unused, unused);
      field.name = line.Quoted();
      event.fields.push_back(std::move(field));
    }
    module_.events.push_back(std::move(event));
  }
  void ReadTable(Line& line) {
    StringTable table;
    table.name = line.Quoted();
    table.hex_fallback = line.Word() == "hex";
    while (!line.done() && !line.failed()) table.entries.push_back(line.Quoted());
    module_.tables.push_back(std::move(table));
  }
  void ReadRegex(Line& line) {
    const std::string pattern = line.Quoted();
    auto made = regex::Compile(pattern, line.Accept("captures"));
    if (!made) return line.Fail();
    module_.regexes.push_back(std::move(*made));
  }
  void ReadIteration(Line& line) {
    Iteration iteration;
    if (line.Accept("global")) iteration.global = line.Index();
    if (line.Accept("sort")) iteration.sort_direction = static_cast<int>(line.Number());
    if (line.Accept("column")) iteration.sort_column = static_cast<int>(line.Number());
    if (line.Accept("stat")) iteration.sort_stat = static_cast<StatField>(line.Number());
    while (!line.done() && !line.failed()) {
      if (line.Accept("most"))
        iteration.most = line.Index();
      else if (line.Accept("key"))
        iteration.key_regs.push_back(line.ReadOperand(line.Word()).reg);
      else if (line.Accept("value"))
        iteration.value_reg = line.ReadOperand(line.Word()).reg;
      else if (line.Accept("any"))
        iteration.filters.push_back({});
      else if (line.Accept("only"))
        iteration.filters.push_back({false, line.ReadOperand(line.Word())});
      else
        line.Fail();
    }
    module_.iterations.push_back(std::move(iteration));
  }
  void ReadSite(Line& line) {
    Site site;
    site.near = line.Quoted();
    site.file = line.Quoted();
    site.line = line.Index();
    site.column = line.Index();
    module_.sites.push_back(std::move(site));
  }

  static SiteId ReadSiteId(Line& line) {
    if (!line.Peek().starts_with('!')) return kNone;
    return static_cast<SiteId>(line.ParseNumber(line.Word().substr(1)));
  }
  void ReadProgram(Line& line) {
    Program program;
    program.name = line.Quoted();
    if (line.Accept("written")) program.written = line.Quoted();
    if (line.Accept("attach")) ReadAttach(line, program.attach);
    program.site = ReadSiteId(line);
    module_.programs.push_back(std::move(program));
  }
  static void ReadAttach(Line& line, AttachSpec& attach) {
    const std::string_view kind = line.Word();
    if (kind == "begin")
      attach = AttachBegin{line.Number()};
    else if (kind == "end")
      attach = AttachEnd{line.Number()};
    else if (kind == "error")
      attach = AttachError{line.Number()};
    else if (kind == "never")
      attach = AttachNever{};
    else if (kind == "profile")
      attach = AttachProfile{line.Number()};
    else if (kind == "call") {
      AttachCall call;
      const auto op = OpByName(line.Word());
      if (!op) return line.Fail();
      call.op = *op;
      call.global = line.Index();
      call.first_key = line.Index();
      call.key_count = line.Index();
      attach = call;
    } else if (kind == "timer") {
      AttachTimer timer;
      timer.interval_ns = line.Number();
      timer.randomize_ns = line.Number();
      attach = timer;
    } else if (kind == "tracepoint") {
      AttachTracepoint point;
      point.subsystem = line.Quoted();
      point.name = line.Quoted();
      point.btf_id = line.Index();
      attach = std::move(point);
    } else
      line.Fail();
  }

  void ReadReg(Line& line) {
    if (module_.programs.empty()) return line.Fail();
    RegInfo reg;
    ReadType(line, reg.type, reg.cap, reg.btf_id);
    if (!line.done()) reg.name = line.Quoted();
    module_.programs.back().regs.push_back(std::move(reg));
  }
  void ReadBlock(Line& line) {
    if (module_.programs.empty()) return line.Fail();
    auto& blocks = module_.programs.back().blocks;
    if (line.Index() != blocks.size()) line.Fail();
    blocks.emplace_back();
  }

  void ReadInstr(Line& line) {
    if (module_.programs.empty() || module_.programs.back().blocks.empty()) return line.Fail();
    Block& block = module_.programs.back().blocks.back();
    if (ReadTerminator(line, block.end)) return;
    Instr instr;
    std::string_view word = line.Word();
    if (word.starts_with('_') || word.starts_with('%')) {
      const bool two = word.ends_with(',');
      if (two) word.remove_suffix(1);
      if (word != "_") instr.dst = line.ReadOperand(word).reg;
      if (two || line.Accept(",")) instr.dst2 = line.ReadOperand(line.Word()).reg;
      if (!line.Accept("=")) return line.Fail();
      word = line.Word();
    }
    const auto op = OpByName(word);
    if (!op) return line.Fail();
    instr.op = *op;
    while (!line.done() && !line.failed()) {
      if (line.Accept("imm"))
        instr.imm = line.Number();
      else if (line.Accept("aux"))
        instr.aux = line.Index();
      else if (line.Accept("size"))
        instr.size = static_cast<uint8_t>(line.Number());
      else if (line.Accept("signed"))
        instr.is_signed = true;
      else if (line.Peek().starts_with('!'))
        instr.site = ReadSiteId(line);
      else
        instr.args.push_back(line.ReadOperand(line.Word()));
    }
    block.instrs.push_back(std::move(instr));
  }
  static bool ReadTerminator(Line& line, Terminator& end) {
    if (line.Accept("return")) {
      end.kind = Terminator::Kind::kReturn;
    } else if (line.Accept("jump")) {
      end.kind = Terminator::Kind::kJump;
      end.then_block = line.Index();
    } else if (line.Accept("branch")) {
      end.kind = Terminator::Kind::kBranch;
      end.cond = line.ReadOperand(line.Word());
      end.then_block = line.Index();
      end.else_block = line.Index();
    } else if (line.Accept("guard")) {
      end.kind = Terminator::Kind::kLoopGuard;
      end.then_block = line.Index();
      end.else_block = line.Index();
    } else {
      return false;
    }
    end.site = ReadSiteId(line);
    return true;
  }

  Module module_;
};

}  // namespace

Result<Module> Read(std::string_view text) { return Reader().Read(text); }

}  // namespace podtap::ir
