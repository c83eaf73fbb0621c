// process.begin, process.end, process.thread.begin, process.thread.end, of all
// processes, of one (process(PID)) or of one program (process("PATH")).
//
// They are the scheduler's tracepoints with a test before the body. What differs
// from SystemTap: begin is the exec that starts a program, not the fork before
// it; thread.begin runs in the thread that makes the new one.
#include <cstdlib>

#include "probes/glob.h"
#include "probes/point.h"
#include "probes/providers.h"
#include "probes/tracepoint.h"

namespace podtap::probes {
namespace {

using Subject = Match::FilterSubject;

struct ProcessPoint {
  const char* suffix;
  const char* tracepoint;
  Subject subject;
  bool threads;
  bool at_exit;
};
constexpr ProcessPoint kPoints[] = {
    {"begin", "sched_process_exec", Subject::kCurrent, false, false},
    {"end", "sched_process_exit", Subject::kCurrent, false, true},
    {"thread.begin", "sched_process_fork", Subject::kNewTask, true, false},
    {"thread.end", "sched_process_exit", Subject::kCurrent, true, true},
};

constexpr const char* kNotYet[] = {"function", "statement", "syscall",  "insn",  "mark",
                                   "plt",      "library",   "provider", "return"};

// Where execvp would find a program; a path with a slash is taken as it is.
Result<std::pair<std::string, kernel::Kernel::FileIdentity>> FindProgram(const std::string& name,
                                                                         kernel::Kernel& kernel) {
  if (name.find('/') != std::string::npos) {
    auto identity = kernel.IdentifyFile(name);
    if (!identity) return std::unexpected(std::move(identity.error()));
    return std::pair(name, *identity);
  }
  const char* variable = std::getenv("PATH");
  std::string_view directories =
      variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
  while (!directories.empty()) {
    const size_t end = directories.find(':');
    const std::string path = std::string(directories.substr(0, end)) + "/" + name;
    directories.remove_prefix(end == std::string_view::npos ? directories.size() : end + 1);
    if (auto identity = kernel.IdentifyFile(path)) return std::pair(path, *identity);
  }
  return std::unexpected(SystemError("find the program", name, 2));
}

class ProcessProvider : public Provider {
 public:
  const char* root() const override { return "process"; }

  Matches Resolve(const lang::ProbePoint& point, kernel::Kernel& kernel,
                  source::Diagnostics& diagnostics) const override {
    Complaints complaints(point, diagnostics);
    const ProcessPoint* kind = FindKind(point, complaints);
    if (kind == nullptr) return std::vector<Match>();
    lang::Component subject = point.components[0];
    Match::ProcessFilter filter;
    if (!FillFilter(subject, kernel, complaints, filter)) return std::vector<Match>();

    auto found = FindTracepoint("sched", kind->tracepoint, kernel);
    if (!found) return std::unexpected(std::move(found.error()));
    if (!*found) {
      complaints.NoMatch(0, std::string("this kernel has no tracepoint ") + kind->tracepoint);
      return std::vector<Match>();
    }
    Match match = std::move(**found);
    match.name = ComponentText(subject) + "." + kind->suffix;
    match.trace_name.clear();
    filter.leader_only = !kind->threads;
    filter.threads = kind->threads;
    filter.at_exit = kind->at_exit;
    if (kind->at_exit)
      for (const ContextVar& var : match.vars)
        if (var.name == "group_dead") filter.group_dead_arg = var.arg;
    match.filter = filter;
    match.filter_subject = kind->subject;
    return std::vector<Match>{std::move(match)};
  }

 private:
  static const ProcessPoint* FindKind(const lang::ProbePoint& point, Complaints& complaints) {
    std::string suffix;
    for (size_t i = 1; i < point.components.size(); ++i)
      suffix += (i == 1 ? "" : ".") + ComponentText(point.components[i]);
    for (const ProcessPoint& candidate : kPoints)
      if (suffix == candidate.suffix) return &candidate;

    std::vector<std::string> names = {"begin", "end", "thread"};
    if (point.components.size() < 2) {
      complaints.Truncated(0, names);
      return nullptr;
    }
    const std::string& name = point.components[1].name;
    for (const char* not_yet : kNotYet)
      if (name == not_yet) {
        ReportUnsupported(point, 1, "process." + name, complaints);
        return nullptr;
      }
    if (name == "thread" && point.components.size() == 2) {
      complaints.Truncated(1, {"begin", "end"});
    } else if (name == "thread") {
      complaints.Mismatch(2, {"begin", "end"});
    } else if (name == "begin" || name == "end") {
      // Something follows it, or it has an argument.
      if (EndsAt(point, 1, complaints))
        complaints.Error(1, "'" + name + "' takes no argument here");
    } else {
      complaints.Mismatch(1, std::move(names));
    }
    return nullptr;
  }

  // `subject` becomes canonical: with the path that the program was found at.
  static bool FillFilter(lang::Component& subject, kernel::Kernel& kernel, Complaints& complaints,
                         Match::ProcessFilter& filter) {
    if (subject.arg == lang::Component::Arg::kNumber) {
      filter.kind = Match::ProcessFilter::Kind::kPid;
      filter.pid = subject.number;
      if (subject.number > 0) return true;
      complaints.Error(0, "invalid process id: " + std::to_string(subject.number));
      return false;
    }
    if (subject.arg == lang::Component::Arg::kNone) return true;
    auto program = FindProgram(subject.text, kernel);
    if (!program) {
      complaints.NoMatch(0, HasWildcard(subject.text)
                                ? "podtap can't match programs by wildcard yet"
                                : "cannot find executable '" + subject.text + "'");
      return false;
    }
    filter.kind = Match::ProcessFilter::Kind::kFile;
    subject.text = std::move(program->first);
    filter.file = program->second;
    return true;
  }
};

}  // namespace

void AddProcessProvider(std::vector<std::unique_ptr<Provider>>& table) {
  table.push_back(std::make_unique<ProcessProvider>());
}

}  // namespace podtap::probes
