#include "cli/run_session.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>

#include "attach/session.h"
#include "base/fd.h"
#include "base/own_code.h"
#include "cli/child_command.h"
#include "cli/exit_status.h"
#include "cli/timer_probes.h"
#include "cli/user_host.h"
#include "events/reader.h"
#include "interp/interp.h"
#include "print/printer.h"

namespace podtap::cli {
namespace {

// While events come in faster than this many a wake-up, the reader sleeps a
// little between its turns, so that the kernel needn't wake it for each.
constexpr size_t kBusy = 64;
constexpr int kBusySleepUs = 200;
constexpr int kReaderPriority = -20;  // as nice(1) counts

// Kernel events on their way to the printer.
class EventSink : public events::Sink {
 public:
  EventSink(const ir::Module& module, print::Printer& printer, SessionState& state, bool escape,
            bool dump)
      : module_(module), printer_(printer), state_(state), escape_(escape), dump_(dump) {}

  void OnEvent(const events::Event& event) override {
    const ir::RecordHeader& header = *event.header;
    if (dump_) printer_.Text(Origin(header), DumpEvent(event));
    switch (event.item->op) {
      case ir::Op::kPrint:
        text_.clear();
        print::FormatEvent(module_, event, escape_, text_);
        return printer_.Text(Origin(header), text_);
      case ir::Op::kEvent:
        return printer_.Event(Origin(header), module_.events[event.item->index], event.values);
      case ir::Op::kExit:
        state_.exit_asked = true;
        return;
      case ir::Op::kError:
        state_.errors++;
        printer_.Flush();
        return PrintScriptError(module_, header.program, event.item->site, Message(event));
      case ir::Op::kWarn:
        printer_.Flush();
        return PrintScriptWarning(Message(event));
      case ir::Op::kLog:
        return printer_.Text(Origin(header), Message(event, escape_) + "\n");
      default:
        return;
    }
  }

 private:
  static print::Origin Origin(const ir::RecordHeader& header) {
    return {
        .time_ns = header.time_ns, .program = header.program, .cpu = header.cpu, .pid = header.pid};
  }
  std::string Message(const events::Event& event, bool escape = false) {
    std::string text;
    print::FormatEvent(module_, event, escape, text);
    return text;
  }
  const ir::Module& module_;
  print::Printer& printer_;
  SessionState& state_;
  // --dump=events: one line an item, before what it prints.
  std::string DumpEvent(const events::Event& event) const {
    const ir::RecordHeader& header = *event.header;
    std::string text = "event time " + std::to_string(header.time_ns) + " cpu " +
                       std::to_string(header.cpu) + " pid " + std::to_string(header.pid) + " " +
                       module_.programs[header.program].name + ": " + ir::Info(event.item->op).name;
    for (size_t i = 0; i < event.values.size(); i++) {
      using Kind = ir::Item::Field::Kind;
      const ir::Item::Field& field = event.item->fields[i];
      const ir::FormatValue& value = event.values[i];
      const bool constant_long = field.kind == Kind::kConstant && !field.constant.is_literal();
      if (field.kind == Kind::kChain) {
        text += " chain of " + std::to_string(value.text.size() / sizeof(ir::ChainEntry));
      } else if (field.kind == Kind::kLong || constant_long) {
        text += " " + std::to_string(value.number);
      } else {
        text += " \"" + print::EscapeControls(value.text) + "\"";
      }
    }
    return text + "\n";
  }

  const bool escape_;
  const bool dump_;
  std::string text_;
};

int64_t RealMinusBootNs() {
  timespec real{}, boot{};
  clock_gettime(CLOCK_REALTIME, &real);
  clock_gettime(CLOCK_BOOTTIME, &boot);
  return (int64_t{real.tv_sec} - boot.tv_sec) * 1'000'000'000 + real.tv_nsec - boot.tv_nsec;
}

template <typename Attach>
std::vector<uint32_t> ProgramsOf(const ir::Module& module) {
  std::vector<uint32_t> found;
  for (uint32_t i = 0; i < module.programs.size(); i++) {
    if (std::holds_alternative<Attach>(module.programs[i].attach)) found.push_back(i);
  }
  const auto order = [&](uint32_t i) {
    if constexpr (requires(Attach a) { a.order; }) {
      return std::get<Attach>(module.programs[i].attach).order;
    } else {
      return int64_t{0};
    }
  };
  std::stable_sort(found.begin(), found.end(),
                   [&](uint32_t a, uint32_t b) { return order(a) < order(b); });
  return found;
}

class SessionRun {
 public:
  SessionRun(Compilation& compilation, kernel::Kernel& kernel, const RunOptions& options,
             int64_t started_ns)
      : compilation_(compilation),
        module_(compilation.module),
        kernel_(kernel),
        options_(options),
        started_ns_(started_ns) {}

  int Run() {
    if (!OpenOutput() || !StartChild() || !Load()) return status_;
    if (options_.last_pass == 4) return kOk;
    if (!CatchSignals()) return status_;
    RunPrograms(ProgramsOf<ir::AttachBegin>(module_));
    stopped_ |= host_->Interrupted();
    if (!ending() && Arm()) Loop();
    return End();
  }

 private:
  bool ending() const { return state_.exit_asked || TooManyErrors() || stopped_; }
  bool TooManyErrors() const { return state_.errors > module_.limits.max_errors; }

  bool Failed(const Error& error) {
    PrintError(error, options_.verbose);
    status_ = StatusOf(error.kind);
    return false;
  }

  bool OpenOutput() {
    int fd = STDOUT_FILENO;
    if (!options_.output_file.empty()) {
      output_ =
          Fd(::open(options_.output_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
      if (!output_.valid()) {
        return Failed(SystemError("write the output to", options_.output_file, errno));
      }
      fd = output_.get();
    }
    escape_ = !options_.json && isatty(fd) != 0;
    print::Printer::Options print;
    print.fd = fd;
    print.mode = options_.json ? print::Mode::kJson : print::Mode::kText;
    print.real_offset_ns = RealMinusBootNs();
    printer_ = print::Printer::Make(module_, print);
    return true;
  }

  bool StartChild() {
    if (options_.command.empty()) return true;
    if (const auto started = child_.Start(options_.command); !started)
      return Failed(started.error());
    module_.target_pid = child_.pid();
    return true;
  }

  bool Load() {
    const bool any = options_.user_side_in_kernel ||
                     std::any_of(module_.programs.begin(), module_.programs.end(),
                                 [](const ir::Program& p) { return ir::IsKernelSide(p.attach); });
    const int64_t before = MonotonicNs();
    if (any) {
      attach::Options attach;
      attach.ring_bytes = options_.buffer_bytes;
      attach.user_side_in_kernel = options_.user_side_in_kernel;
      ReleaseOwnCode();  // the compiler's
      auto session = attach::Session::Load(module_, compilation_.layout, kernel_, attach);
      if (!session) return Failed(session.error());
      session_ = std::move(*session);
      if (const ir::RingView ring = session_->ring(); ring.fd >= 0) {
        decoder_.emplace(module_, compilation_.layout);
        reader_.emplace(ring, *decoder_);
      }
    }
    local_ = interp::MakeLocalStore(module_);
    host_.emplace(module_, kernel_, *printer_, state_, module_.target_pid);
    sink_.emplace(module_, *printer_, state_, escape_, options_.dump == "events");
    interpreter_.emplace(module_, *local_, session_ ? &session_->store() : nullptr, *host_);
    interpreter_->set_escape_controls(escape_);
    if (options_.verbose > 0) {
      std::fprintf(stderr, "Pass 4: loaded %zu programs in %lld us.\n",
                   session_ ? session_->stats().size() : 0,
                   static_cast<long long>((MonotonicNs() - before) / 1000));
      if (session_) {
        for (const auto& stats : session_->stats()) {
          std::fprintf(stderr, "  %s: %u instructions, %u verified\n", stats.program.c_str(),
                       stats.insns, stats.verified);
        }
      }
    }
    return true;
  }

  bool CatchSignals() {
    sigset_t set;
    sigemptyset(&set);
    for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&set, signal);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    signals_ = Fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_.valid()) return Failed(SystemError("watch for signals", "", errno));
    host_->set_signals(signals_.get());
    return true;
  }

  void RunPrograms(const std::vector<uint32_t>& programs) {
    const uint64_t errors_before = state_.errors;
    for (uint32_t program : programs) {
      // Error probes run after errors; a new one ends them as well.
      if (state_.errors > errors_before && TooManyErrors()) return;
      if (options_.user_side_in_kernel && session_ && session_->IsLoaded(program)) {
        session_->control()->state = 0;  // end probes run after exit()
        if (const auto ran = session_->RunOnce(program); !ran) {
          Failed(ran.error());
          state_.errors++;
        }
        Drain();
      } else {
        interpreter_->Run(program);
      }
    }
  }

  bool Arm() {
    if (const auto started = timers_.Start(module_); !started) return Failed(started.error());
    if (session_) {
      if (const auto attached = session_->Attach(); !attached) return Failed(attached.error());
    }
    if (options_.verbose > 0) {
      std::fprintf(stderr, "Pass 5: armed in %lld us.\n",
                   static_cast<long long>((MonotonicNs() - started_ns_) / 1000));
    }
    child_.OpenGate();
    if (options_.timeout_ms > 0) deadline_ns_ = MonotonicNs() + options_.timeout_ms * 1'000'000;
    return true;
  }

  size_t Drain(size_t max = SIZE_MAX) {
    if (!reader_) return 0;
    return reader_->Drain(*sink_, max);
  }

  void Loop() {
    // A reader that has to wait for a CPU loses events. It sleeps when there are
    // none, so its turn costs nobody else anything. May fail: then it waits.
    setpriority(PRIO_PROCESS, 0, kReaderPriority);
    std::vector<pollfd> fds;
    fds.push_back({signals_.get(), POLLIN, 0});
    fds.push_back({session_ ? session_->ring().fd : -1, POLLIN, 0});
    fds.push_back({child_.started() ? child_.wait_fd() : -1, POLLIN, 0});
    for (auto& timer : timers_.timers()) fds.push_back({timer.fd.get(), POLLIN, 0});
    while (!ending()) {
      const size_t got = Drain();
      if (ending()) break;
      if (got > kBusy) {
        usleep(kBusySleepUs);
      } else {
        printer_->Flush();
      }
      if (!CheckOutput()) break;
      int wait_ms = got > 0 ? 0 : -1;
      if (deadline_ns_ > 0) {
        const int64_t left = (deadline_ns_ - MonotonicNs() + 999'999) / 1'000'000;
        if (left <= 0) break;
        if (wait_ms < 0) wait_ms = static_cast<int>(std::min<int64_t>(left, 1'000'000));
      }
      const int ready = poll(fds.data(), fds.size(), wait_ms);
      if (ready <= 0) continue;
      if (fds[0].revents != 0) stopped_ = true;
      if (fds[2].revents != 0) {
        child_failure_ = child_.Reap();
        stopped_ = true;
      }
      RunTimers(fds);
    }
  }

  void RunTimers(const std::vector<pollfd>& fds) {
    auto& timers = timers_.timers();
    for (size_t i = 0; i < timers.size() && !ending(); i++) {
      if (fds[3 + i].revents == 0) continue;
      const uint64_t fired = timers_.Acknowledge(timers[i]);
      Drain();  // what happened before the timer is printed before it
      for (uint64_t n = 0; n < fired && !ending(); n++) RunPrograms({timers[i].program});
    }
  }

  bool CheckOutput() {
    const int error = printer_->write_error();
    if (error == 0) return true;
    if (error != EPIPE) {
      Failed(SystemError("write the output", options_.output_file, error));
    }
    stopped_ = true;
    return false;
  }

  int End() {
    if (session_) session_->Detach();
    Drain();
    const bool failed = TooManyErrors();
    RunPrograms(failed ? ProgramsOf<ir::AttachError>(module_) : ProgramsOf<ir::AttachEnd>(module_));
    Drain();
    if (!failed) {
      std::string unread = interpreter_->UnreadGlobals();
      if (escape_) unread = print::EscapeControls(unread);
      if (!unread.empty()) printer_->Text(host_->OriginOf(0), unread);
    }
    printer_->Flush();
    CheckOutput();
    return Summary();
  }

  int Summary() {
    uint64_t skipped = 0;
    if (session_ && session_->control() != nullptr) {
      const ir::Control& control = *session_->control();
      skipped = control.skipped;
      if (control.lost_records > 0) {
        const uint64_t larger_mib = (options_.buffer_bytes >> 20) * 4;
        std::fprintf(stderr,
                     "WARNING: %llu events were lost (of %llu probe hits): the ring buffer was "
                     "full; a larger one may help: -s %llu\n",
                     static_cast<unsigned long long>(control.lost_items),
                     static_cast<unsigned long long>(control.lost_records),
                     static_cast<unsigned long long>(larger_mib));
      }
    }
    if (reader_ && reader_->bad_records() > 0) {
      std::fprintf(stderr, "WARNING: %llu records could not be read\n",
                   static_cast<unsigned long long>(reader_->bad_records()));
      if (status_ == kOk) status_ = kInternalError;
    }
    if (state_.errors > 0 || skipped > 0) {
      std::fprintf(stderr, "WARNING: Number of errors: %llu, skipped probes: %llu\n",
                   static_cast<unsigned long long>(state_.errors),
                   static_cast<unsigned long long>(skipped));
    }
    if (!child_failure_.empty()) PrintScriptWarning(child_failure_);
    if (status_ == kOk && (TooManyErrors() || !child_failure_.empty())) status_ = kScriptFailed;
    if (options_.verbose > 0) std::fprintf(stderr, "Pass 5: run completed.\n");
    return status_;
  }

  Compilation& compilation_;
  ir::Module& module_;
  kernel::Kernel& kernel_;
  const RunOptions& options_;
  const int64_t started_ns_;
  int status_ = kOk;
  bool escape_ = false;
  bool stopped_ = false;
  int64_t deadline_ns_ = 0;
  std::string child_failure_;
  SessionState state_;
  Fd output_, signals_;
  ChildCommand child_;
  TimerProbes timers_;
  std::unique_ptr<print::Printer> printer_;
  std::unique_ptr<attach::Session> session_;
  std::unique_ptr<ir::Store> local_;
  std::optional<UserHost> host_;
  std::optional<interp::Interpreter> interpreter_;
  std::optional<events::Decoder> decoder_;
  std::optional<events::RingReader> reader_;
  std::optional<EventSink> sink_;
};

}  // namespace

int RunSession(Compilation& compilation, kernel::Kernel& kernel, const RunOptions& options,
               int64_t process_started_ns) {
  return SessionRun(compilation, kernel, options, process_started_ns).Run();
}

}  // namespace podtap::cli
