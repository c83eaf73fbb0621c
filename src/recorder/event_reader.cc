#include "recorder/event_reader.h"

#include <functional>
#include <string_view>

#include "ir/format.h"

namespace podtap::recorder {
namespace {

using ir::FormatValue;
using store::SignalSent;

// How one field of the script goes into a T.
template <typename T>
struct Column {
  std::string_view field;
  void (*set)(T&, const FormatValue&);
};

template <typename To>
To Number(const FormatValue& value) {
  return static_cast<To>(value.number);
}
std::string Text(const FormatValue& value) { return std::string(value.text); }

constexpr uint32_t kExiting = 0x4;         // PF_EXITING
constexpr uint32_t kKthread = 0x200000;    // PF_KTHREAD
constexpr uint64_t kNoLimit = UINT64_MAX;  // RLIM_INFINITY
// page_counter.max without a limit is LONG_MAX / PAGE_SIZE pages.
constexpr uint64_t kNoPageLimit = static_cast<uint64_t>(INT64_MAX) / 4096;
constexpr uint64_t kPageSize = 4096;

constexpr Column<Born> kBorn[] = {
    {"pid", [](Born& b, const FormatValue& v) { b.process.pid = {Number<int32_t>(v)}; }},
    {"start", [](Born& b, const FormatValue& v) { b.process.start = {v.number}; }},
    {"parent", [](Born& b, const FormatValue& v) { b.parent.pid = {Number<int32_t>(v)}; }},
    {"parent_start", [](Born& b, const FormatValue& v) { b.parent.start = {v.number}; }},
    {"comm", [](Born& b, const FormatValue& v) { b.comm = Text(v); }},
    {"ns_pid", [](Born& b, const FormatValue& v) { b.ns_pid = Number<int32_t>(v); }},
    {"cgroup", [](Born& b, const FormatValue& v) { b.cgroup = {Number<uint64_t>(v)}; }},
    {"uid", [](Born& b, const FormatValue& v) { b.uid = Number<uint32_t>(v); }},
};

// The script joins arguments by the unit separator.
void SplitArgs(std::string_view text, std::vector<std::string>& args) {
  for (size_t from = 0; from <= text.size();) {
    const size_t end = std::min(text.find('\x1f', from), text.size());
    args.emplace_back(text.substr(from, end - from));
    from = end + 1;
  }
}

constexpr Column<Executed> kExecuted[] = {
    {"pid", [](Executed& e, const FormatValue& v) { e.process.pid = {Number<int32_t>(v)}; }},
    {"start", [](Executed& e, const FormatValue& v) { e.process.start = {v.number}; }},
    {"comm", [](Executed& e, const FormatValue& v) { e.comm = Text(v); }},
    {"file", [](Executed& e, const FormatValue& v) { e.file = Text(v); }},
    {"exe", [](Executed& e, const FormatValue& v) { e.exe = Text(v); }},
    {"links", [](Executed& e, const FormatValue& v) { e.exe_links = Number<uint32_t>(v); }},
    {"inode", [](Executed& e, const FormatValue& v) { e.exe_inode = Number<uint64_t>(v); }},
    {"args", [](Executed& e, const FormatValue& v) { SplitArgs(v.text, e.args); }},
    {"args_bytes",
     [](Executed& e, const FormatValue& v) {
       size_t told = 0;  // each with its NUL
       for (const std::string& arg : e.args) told += arg.size() + 1;
       e.args_cut = told < Number<uint64_t>(v);
     }},
    {"cwd", [](Executed& e, const FormatValue& v) { e.cwd = Text(v); }},
    {"uid", [](Executed& e, const FormatValue& v) { e.uid = Number<uint32_t>(v); }},
    {"login_uid", [](Executed& e, const FormatValue& v) { e.login_uid = Number<uint32_t>(v); }},
    {"session", [](Executed& e, const FormatValue& v) { e.session = Number<uint32_t>(v); }},
    {"ns_pid", [](Executed& e, const FormatValue& v) { e.ns_pid = Number<int32_t>(v); }},
    {"cgroup", [](Executed& e, const FormatValue& v) { e.cgroup = {Number<uint64_t>(v)}; }},
};

using store::ProcessExited;
constexpr Column<ProcessExited> kExited[] = {
    {"pid", [](ProcessExited& e, const FormatValue& v) { e.process.pid = {Number<int32_t>(v)}; }},
    {"start", [](ProcessExited& e, const FormatValue& v) { e.process.start = {v.number}; }},
    {"tid", [](ProcessExited& e, const FormatValue& v) { e.tid = Number<int32_t>(v); }},
    {"comm", [](ProcessExited& e, const FormatValue& v) { e.comm = Text(v); }},
    {"status", [](ProcessExited& e, const FormatValue& v) { e.status = Number<int32_t>(v); }},
    {"by_group", [](ProcessExited& e, const FormatValue& v) { e.by_group = v.number != 0; }},
    {"thread_only", [](ProcessExited& e, const FormatValue& v) { e.thread_only = v.number != 0; }},
    {"ns_pid", [](ProcessExited& e, const FormatValue& v) { e.ns_pid = Number<int32_t>(v); }},
    {"cgroup", [](ProcessExited& e, const FormatValue& v) { e.cgroup = {Number<uint64_t>(v)}; }},
};

struct Signal {
  SignalSent sent;
  int64_t sender_links = -1;
};

template <typename Enum>
Enum Word(const FormatValue& value, Enum last) {
  const bool known = value.number >= 0 && value.number <= static_cast<int64_t>(last);
  return known ? static_cast<Enum>(value.number) : last;
}

constexpr Column<Signal> kSignal[] = {
    {"signal", [](Signal& s, const FormatValue& v) { s.sent.signal = Number<int32_t>(v); }},
    {"info",
     [](Signal& s, const FormatValue& v) { s.sent.info = Word(v, SignalSent::Info::kReal); }},
    {"code", [](Signal& s, const FormatValue& v) { s.sent.code = Number<int32_t>(v); }},
    {"address", [](Signal& s, const FormatValue& v) { s.sent.address = Number<uint64_t>(v); }},
    {"fault_call", [](Signal& s, const FormatValue& v) { s.sent.fault_call = Number<int32_t>(v); }},
    {"fault_arch",
     [](Signal& s, const FormatValue& v) { s.sent.fault_arch = Number<uint32_t>(v); }},
    {"to_group", [](Signal& s, const FormatValue& v) { s.sent.to_group = v.number != 0; }},
    {"result",
     [](Signal& s, const FormatValue& v) {
       s.sent.result = Word(v, SignalSent::Result::kLoseInfo);
     }},
    {"sender", [](Signal& s, const FormatValue& v) { s.sent.sender.pid = {Number<int32_t>(v)}; }},
    {"sender_start", [](Signal& s, const FormatValue& v) { s.sent.sender.start = {v.number}; }},
    {"sender_tid", [](Signal& s, const FormatValue& v) { s.sent.sender_tid = Number<int32_t>(v); }},
    {"sender_comm", [](Signal& s, const FormatValue& v) { s.sent.sender_comm = Text(v); }},
    {"sender_cgroup",
     [](Signal& s, const FormatValue& v) { s.sent.sender_cgroup = {Number<uint64_t>(v)}; }},
    {"sender_flags",
     [](Signal& s, const FormatValue& v) {
       s.sent.sender_exiting = (Number<uint32_t>(v) & kExiting) != 0;
       s.sent.sender_kthread = (Number<uint32_t>(v) & kKthread) != 0;
     }},
    {"sender_uid",
     [](Signal& s, const FormatValue& v) { s.sent.sender_uid = Number<uint32_t>(v); }},
    {"sender_links", [](Signal& s, const FormatValue& v) { s.sender_links = v.number; }},
    {"call", [](Signal& s, const FormatValue& v) { s.sent.call = Number<int32_t>(v); }},
    // kill(2) takes an int: a negative one has zeros above it in the register.
    {"call_arg", [](Signal& s, const FormatValue& v) { s.sent.call_arg = Number<int32_t>(v); }},
    {"target", [](Signal& s, const FormatValue& v) { s.sent.target.pid = {Number<int32_t>(v)}; }},
    {"target_start", [](Signal& s, const FormatValue& v) { s.sent.target.start = {v.number}; }},
    {"target_tid", [](Signal& s, const FormatValue& v) { s.sent.target_tid = Number<int32_t>(v); }},
    {"target_comm", [](Signal& s, const FormatValue& v) { s.sent.target_comm = Text(v); }},
    {"target_cgroup",
     [](Signal& s, const FormatValue& v) { s.sent.target_cgroup = {Number<uint64_t>(v)}; }},
    {"target_ns_pid",
     [](Signal& s, const FormatValue& v) { s.sent.target_ns_pid = Number<int32_t>(v); }},
    {"action",
     [](Signal& s, const FormatValue& v) { s.sent.action = Word(v, SignalSent::Action::kHandle); }},
    {"blocked", [](Signal& s, const FormatValue& v) { s.sent.blocked = v.number != 0; }},
    {"unkillable", [](Signal& s, const FormatValue& v) { s.sent.unkillable = v.number != 0; }},
    {"pdeath_signal",
     [](Signal& s, const FormatValue& v) { s.sent.pdeath_signal = Number<int32_t>(v); }},
    {"cpu_limit",
     [](Signal& s, const FormatValue& v) {
       const auto limit = Number<uint64_t>(v);
       s.sent.cpu_limit_s = limit == kNoLimit ? 0 : limit;
     }},
    {"instruction",
     [](Signal& s, const FormatValue& v) { s.sent.instruction = Number<uint64_t>(v); }},
};

constexpr Column<Mapped> kMapped[] = {
    {"pid", [](Mapped& m, const FormatValue& v) { m.process.pid = {Number<int32_t>(v)}; }},
    {"start", [](Mapped& m, const FormatValue& v) { m.process.start = {v.number}; }},
    {"from", [](Mapped& m, const FormatValue& v) { m.mapping.start = Number<uint64_t>(v); }},
    {"to", [](Mapped& m, const FormatValue& v) { m.mapping.end = Number<uint64_t>(v); }},
    {"offset",
     [](Mapped& m, const FormatValue& v) { m.mapping.file_offset = Number<uint64_t>(v); }},
    {"file", [](Mapped& m, const FormatValue& v) { m.mapping.path = Text(v); }},
};

using store::OomKill;
constexpr Column<OomKill> kOom[] = {
    {"pid", [](OomKill& o, const FormatValue& v) { o.victim.pid = {Number<int32_t>(v)}; }},
    {"start", [](OomKill& o, const FormatValue& v) { o.victim.start = {v.number}; }},
    {"comm", [](OomKill& o, const FormatValue& v) { o.comm = Text(v); }},
    {"cgroup", [](OomKill& o, const FormatValue& v) { o.cgroup = {Number<uint64_t>(v)}; }},
    {"allocator", [](OomKill& o, const FormatValue& v) { o.allocator.pid = {Number<int32_t>(v)}; }},
    {"allocator_start", [](OomKill& o, const FormatValue& v) { o.allocator.start = {v.number}; }},
    {"anon_kb", [](OomKill& o, const FormatValue& v) { o.anon_kb = Number<uint64_t>(v); }},
    {"file_kb", [](OomKill& o, const FormatValue& v) { o.file_kb = Number<uint64_t>(v); }},
    {"shmem_kb", [](OomKill& o, const FormatValue& v) { o.shmem_kb = Number<uint64_t>(v); }},
    {"score_adj", [](OomKill& o, const FormatValue& v) { o.score_adj = Number<int32_t>(v); }},
};

constexpr Column<OomLevel> kOomLevel[] = {
    {"pid", [](OomLevel& l, const FormatValue& v) { l.victim.pid = {Number<int32_t>(v)}; }},
    {"start", [](OomLevel& l, const FormatValue& v) { l.victim.start = {v.number}; }},
    {"depth", [](OomLevel& l, const FormatValue& v) { l.depth = Number<uint32_t>(v); }},
    {"cgroup", [](OomLevel& l, const FormatValue& v) { l.level.cgroup = {Number<uint64_t>(v)}; }},
    {"name", [](OomLevel& l, const FormatValue& v) { l.name = Text(v); }},
    {"usage", [](OomLevel& l, const FormatValue& v) { l.level.usage = Number<uint64_t>(v); }},
    {"limit",
     [](OomLevel& l, const FormatValue& v) {
       const auto pages = Number<uint64_t>(v);
       l.level.limit = pages >= kNoPageLimit ? UINT64_MAX : pages * kPageSize;
     }},
    {"ooms", [](OomLevel& l, const FormatValue& v) { l.level.ooms = Number<uint64_t>(v); }},
    {"locked", [](OomLevel& l, const FormatValue& v) { l.level.locked = v.number != 0; }},
    {"group", [](OomLevel& l, const FormatValue& v) { l.level.group = v.number != 0; }},
};

using store::CgroupChanged;
constexpr Column<CgroupChanged> kCgroup[] = {
    {"id", [](CgroupChanged& c, const FormatValue& v) { c.cgroup = {Number<uint64_t>(v)}; }},
    {"path", [](CgroupChanged& c, const FormatValue& v) { c.path = Text(v); }},
};

// What to do with an event: fill in a T, hand it to the witness.
using Handler = std::function<void(BootNs, std::span<const FormatValue>)>;

// `columns` in the order in which the script lists the fields.
template <typename T, size_t kColumns, typename Deliver>
Result<Handler> MakeHandler(const ir::EventType& type, const Column<T> (&columns)[kColumns],
                            Deliver deliver) {
  struct Place {
    void (*set)(T&, const FormatValue&);
    size_t index;
  };
  std::vector<Place> places;
  for (const Column<T>& column : columns) {
    size_t index = 0;
    while (index < type.fields.size() && type.fields[index].name != column.field) index++;
    if (index == type.fields.size()) {
      return std::unexpected(
          Error{.kind = ErrorKind::kInternal,
                .tried = "read the recorder's event " + type.name,
                .reason = "the script gives no field " + std::string(column.field)});
    }
    places.push_back({column.set, index});
  }
  return [places = std::move(places), deliver = std::move(deliver)](
             BootNs at, std::span<const FormatValue> values) {
    T filled{};
    for (const Place& place : places) {
      if (place.index < values.size()) place.set(filled, values[place.index]);
    }
    deliver(at, filled);
  };
}

// Cgroup events differ by `what` alone.
Result<Handler> MakeCgroupHandler(const ir::EventType& type, Witness& witness,
                                  CgroupChanged::What what) {
  return MakeHandler(type, kCgroup, [&witness, what](BootNs at, CgroupChanged& changed) {
    changed.what = what;
    witness.OnCgroup(at, changed);
  });
}

Result<Handler> HandlerOf(const ir::EventType& type, Witness& w) {
  using What = CgroupChanged::What;
  if (type.name == "fork") {
    return MakeHandler(type, kBorn, [&w](BootNs at, const Born& b) { w.OnBorn(at, b); });
  }
  if (type.name == "exec") {
    return MakeHandler(type, kExecuted,
                       [&w](BootNs at, const Executed& e) { w.OnExecuted(at, e); });
  }
  if (type.name == "exit") {
    return MakeHandler(type, kExited,
                       [&w](BootNs at, const ProcessExited& e) { w.OnExited(at, e); });
  }
  if (type.name == "signal") {
    return MakeHandler(type, kSignal, [&w](BootNs at, const Signal& s) {
      w.OnSignal(at, s.sent, s.sender_links);
    });
  }
  if (type.name == "mapping") {
    return MakeHandler(type, kMapped, [&w](BootNs at, const Mapped& m) { w.OnMapped(at, m); });
  }
  if (type.name == "oom") {
    return MakeHandler(type, kOom, [&w](BootNs at, const OomKill& o) { w.OnOom(at, o); });
  }
  if (type.name == "oom_level") {
    return MakeHandler(type, kOomLevel,
                       [&w](BootNs at, const OomLevel& l) { w.OnOomLevel(at, l); });
  }
  if (type.name == "cgroup_made") return MakeCgroupHandler(type, w, What::kMade);
  if (type.name == "cgroup_removed") return MakeCgroupHandler(type, w, What::kRemoved);
  if (type.name == "cgroup_emptied") return MakeCgroupHandler(type, w, What::kEmptied);
  return std::unexpected(Error{.kind = ErrorKind::kInternal,
                               .tried = "read the recorder's events",
                               .reason = "nobody knows its event " + type.name});
}

class Reader : public EventReader {
 public:
  Reader(const ir::Module& module, Witness& witness, std::vector<Handler> handlers)
      : module_(module), witness_(witness), handlers_(std::move(handlers)) {}

  void OnEvent(const events::Event& event) override {
    const BootNs at{static_cast<int64_t>(event.header->time_ns)};
    switch (event.item->op) {
      case ir::Op::kEvent:
        handlers_[event.item->index](at, event.values);
        return;
      case ir::Op::kError:
      case ir::Op::kWarn: {
        std::string message;
        ir::FormatTextEscaped(module_.formats[event.item->index], event.values, message);
        if (event.item->site != ir::kNone)
          message += " near " + module_.sites[event.item->site].near;
        witness_.OnProbeError(at, message);
        return;
      }
      default:
        return;
    }
  }

 private:
  const ir::Module& module_;
  Witness& witness_;
  std::vector<Handler> handlers_;  // by the number of the event type
};

}  // namespace

Result<std::unique_ptr<EventReader>> EventReader::Make(const ir::Module& module, Witness& witness) {
  std::vector<Handler> handlers;
  for (const ir::EventType& type : module.events) {
    Result<Handler> handler = HandlerOf(type, witness);
    if (!handler) return std::unexpected(std::move(handler.error()));
    handlers.push_back(std::move(*handler));
  }
  return std::make_unique<Reader>(module, witness, std::move(handlers));
}

}  // namespace podtap::recorder
