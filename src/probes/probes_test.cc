#include "probes/probes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>

#include "kernel/fake_kernel.h"
#include "probes/point.h"
#include "probes/tracepoint.h"

namespace podtap::probes {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

lang::Component Name(std::string name) {
  lang::Component component;
  component.name = std::move(name);
  return component;
}
lang::Component Name(std::string name, int64_t number) {
  lang::Component component = Name(std::move(name));
  component.arg = lang::Component::Arg::kNumber;
  component.number = number;
  return component;
}
lang::Component Name(std::string name, std::string_view text) {
  lang::Component component = Name(std::move(name));
  component.arg = lang::Component::Arg::kString;
  component.text = text;
  return component;
}

lang::ProbePoint Point(std::vector<lang::Component> components, bool optional = false) {
  lang::ProbePoint point;
  uint32_t at = 10;  // each component has a place of its own
  for (lang::Component& component : components) {
    component.tok.span = {0, at, at + 5};
    at += 10;
  }
  point.components = std::move(components);
  point.optional = optional;
  return point;
}
lang::ProbePoint Trace(const char* pattern, bool optional = false) {
  return Point({Name("kernel"), Name("trace", pattern)}, optional);
}

class Probes : public testing::Test {
 protected:
  std::vector<Match> Resolve(const lang::ProbePoint& point) {
    diagnostics_ = {};
    const Provider* provider = FindProvider(point.components[0].name);
    EXPECT_NE(provider, nullptr) << point.components[0].name;
    if (provider == nullptr) return {};
    auto matches = provider->Resolve(point, *kernel_, diagnostics_);
    EXPECT_TRUE(matches.has_value()) << (matches ? "" : matches.error().Message());
    return matches ? std::move(*matches) : std::vector<Match>();
  }
  Match One(const lang::ProbePoint& point) {
    auto matches = Resolve(point);
    EXPECT_EQ(matches.size(), 1u) << PointText(point);
    EXPECT_FALSE(diagnostics_.has_errors()) << diagnostics_.all()[0].message;
    return matches.empty() ? Match() : std::move(matches[0]);
  }
  // The only diagnostic, when nothing matches.
  source::Diagnostic Complaint(const lang::ProbePoint& point) {
    EXPECT_THAT(Resolve(point), IsEmpty()) << PointText(point);
    EXPECT_EQ(diagnostics_.all().size(), 1u) << PointText(point);
    return diagnostics_.all().empty() ? source::Diagnostic() : diagnostics_.all()[0];
  }
  std::vector<std::string> Names(const lang::ProbePoint& point) {
    std::vector<std::string> names;
    for (const Match& match : Resolve(point)) names.push_back(match.name);
    return names;
  }

  std::unique_ptr<kernel::FakeKernel> kernel_ = kernel::MakeSampleKernel();
  source::Diagnostics diagnostics_;
};

TEST_F(Probes, SessionPoints) {
  EXPECT_EQ(std::get<ir::AttachBegin>(One(Point({Name("begin")})).attach).order, 0);
  const Match late = One(Point({Name("begin", -5)}));
  EXPECT_EQ(std::get<ir::AttachBegin>(late.attach).order, -5);
  EXPECT_EQ(late.name, "begin(-5)");
  EXPECT_EQ(std::get<ir::AttachEnd>(One(Point({Name("end", 2)})).attach).order, 2);
  EXPECT_EQ(std::get<ir::AttachError>(One(Point({Name("error", 3)})).attach).order, 3);
  EXPECT_TRUE(std::holds_alternative<ir::AttachNever>(One(Point({Name("never")})).attach));
  EXPECT_EQ(Complaint(Point({Name("begin"), Name("x")})).message, "probe point mismatch");
  EXPECT_EQ(Complaint(Point({Name("begin", "x")})).message, "'begin' takes a number, not a string");
  EXPECT_EQ(Complaint(Point({Name("never", 1)})).message, "'never' takes no argument");
}

TEST_F(Probes, TimerIntervals) {
  const auto interval = [&](std::vector<lang::Component> components) {
    return std::get<ir::AttachTimer>(One(Point(std::move(components))).attach);
  };
  for (const char* unit : {"s", "sec"})
    EXPECT_EQ(interval({Name("timer"), Name(unit, 2)}).interval_ns, 2'000'000'000);
  for (const char* unit : {"ms", "msec"})
    EXPECT_EQ(interval({Name("timer"), Name(unit, 300)}).interval_ns, 300'000'000);
  for (const char* unit : {"us", "usec"})
    EXPECT_EQ(interval({Name("timer"), Name(unit, 7)}).interval_ns, 7'000);
  for (const char* unit : {"ns", "nsec"})
    EXPECT_EQ(interval({Name("timer"), Name(unit, 7)}).interval_ns, 7);
  EXPECT_EQ(interval({Name("timer"), Name("hz", 100)}).interval_ns, 10'000'000);
  EXPECT_EQ(interval({Name("timer"), Name("jiffies", 3)}).interval_ns, 12'000'000);
  const auto random = interval({Name("timer"), Name("ms", 10), Name("randomize", 4)});
  EXPECT_EQ(random.interval_ns, 10'000'000);
  EXPECT_EQ(random.randomize_ns, 4'000'000);
  EXPECT_EQ(One(Point({Name("timer"), Name("ms", 10), Name("randomize", 4)})).name,
            "timer.ms(10).randomize(4)");
}

TEST_F(Probes, TimerProfile) {
  const auto hz = [&](std::vector<lang::Component> components) {
    return std::get<ir::AttachProfile>(One(Point(std::move(components))).attach).frequency_hz;
  };
  EXPECT_EQ(hz({Name("timer"), Name("profile")}), 250);
  EXPECT_EQ(hz({Name("timer"), Name("profile"), Name("tick")}), 250);
  EXPECT_EQ(hz({Name("timer"), Name("profile"), Name("freq"), Name("hz", 99)}), 99);
}

TEST_F(Probes, TimerMistakes) {
  const auto complaint = [&](std::vector<lang::Component> components) {
    return Complaint(Point(std::move(components)));
  };
  const auto zero = complaint({Name("timer"), Name("ms", 0)});
  EXPECT_EQ(zero.message, "invalid value for timer: 0");
  EXPECT_EQ(zero.span.begin, 20u);       // at the component …
  EXPECT_EQ(zero.used_from.begin, 10u);  // … of this point
  EXPECT_EQ(complaint({Name("timer"), Name("ns", -1)}).message, "invalid value for timer: -1");
  EXPECT_EQ(complaint({Name("timer"), Name("s", std::numeric_limits<int64_t>::max())}).message,
            "invalid value for timer: 9223372036854775807");
  EXPECT_EQ(complaint({Name("timer"), Name("ms", 5), Name("randomize", 6)}).message,
            "invalid value for timer: 6");
  EXPECT_EQ(complaint({Name("timer"), Name("hz", 0)}).message, "invalid value for timer: 0");
  EXPECT_EQ(complaint({Name("timer"), Name("ms")}).message, "'ms' needs a number in parentheses");
  EXPECT_THAT(complaint({Name("timer")}).message, HasSubstr("probe point truncated (follow: .s"));
  const auto typo = complaint({Name("timer"), Name("msecs", 5)});
  EXPECT_EQ(typo.message, "probe point mismatch");
  EXPECT_EQ(typo.similar[0], "msec");
  EXPECT_EQ(complaint({Name("timer"), Name("hz", 5), Name("randomize", 1)}).span.begin, 30u);
  EXPECT_EQ(
      complaint({Name("timer"), Name("profile"), Name("freq"), Name("hz", 1'000'000)}).message,
      "invalid value for timer: 1000000");
}

TEST_F(Probes, TracepointWithItsVariables) {
  for (const char* text : {"signal:signal_generate", "signal_generate"}) {
    const Match match = One(Trace(text));
    EXPECT_EQ(match.name, "kernel.trace(\"signal:signal_generate\")");
    EXPECT_EQ(match.trace_name, "signal_generate");
    const auto& attach = std::get<ir::AttachTracepoint>(match.attach);
    EXPECT_EQ(attach.subsystem, "signal");
    EXPECT_EQ(attach.name, "signal_generate");
    const kernel::Btf& btf = **kernel_->btf();
    EXPECT_EQ(btf.Name(attach.btf_id), "btf_trace_signal_generate");
    EXPECT_EQ(DescribeVars(match, btf),
              "$sig:int $info:struct kernel_siginfo* $task:struct task_struct* $group:int "
              "$result:int");
    EXPECT_EQ(match.vars[2].arg, 2u);
  }
}

TEST_F(Probes, TracepointWildcards) {
  EXPECT_THAT(Names(Trace("signal:*")), ElementsAre("kernel.trace(\"signal:signal_deliver\")",
                                                    "kernel.trace(\"signal:signal_generate\")"));
  EXPECT_THAT(Names(Trace("sched_process_e[wx][ei]?")),
              ElementsAre("kernel.trace(\"sched:sched_process_exec\")",
                          "kernel.trace(\"sched:sched_process_exit\")"));
  EXPECT_THAT(Names(Trace("si*:*_generate")),
              ElementsAre("kernel.trace(\"signal:signal_generate\")"));
  EXPECT_THAT(Names(Trace("*:sched_switch")), ElementsAre("kernel.trace(\"sched:sched_switch\")"));
  EXPECT_THAT(Names(Trace("pelt_*")), ElementsAre("kernel.trace(\"pelt_cfs_tp\")"));
  EXPECT_EQ(Names(Trace("*")).size(), 8u);  // not the event without a tracepoint
}

TEST_F(Probes, TracepointThatIsNotThere) {
  const auto typo = Complaint(Trace("signal:signal_generat"));
  EXPECT_THAT(typo.message, testing::StartsWith("no match (similar tracepoints: signal_generate"));
  EXPECT_EQ(typo.span.begin, 20u);
  EXPECT_EQ(Complaint(Trace("zzzzzzzzzzzzzzzz")).message, "no match");
  EXPECT_EQ(Complaint(Trace("sched:signal_generate")).message,
            "no match (similar tracepoints: signal:signal_generate)");
  EXPECT_THAT(Complaint(Trace("syscalls:sys_enter_kill")).message,
              HasSubstr("use raw_syscalls:sys_enter"));
  EXPECT_EQ(Complaint(Trace("")).message, "no match");
  EXPECT_THAT(Resolve(Trace("no_such", true)), IsEmpty());
  EXPECT_THAT(diagnostics_.all(), IsEmpty());
}

TEST_F(Probes, WithoutTracefsNamesDo) {
  for (kernel::Tracepoint& event : kernel_->events) event.subsystem.clear();
  EXPECT_THAT(Names(Trace("signal:signal_generate")),
              ElementsAre("kernel.trace(\"signal:signal_generate\")"));
  EXPECT_THAT(Names(Trace("signal_generate")), ElementsAre("kernel.trace(\"signal_generate\")"));
}

TEST_F(Probes, ArgumentNamesOfOlderKernels) {
  for (const char* prefix : {"__traceiter_", "__bpf_trace_", "__unknown_"}) {
    kernel::BtfBuilder b;
    const auto integer = b.Int("int", 4, true);
    const auto data = b.Ptr(0);
    b.Typedef("btf_trace_hit", b.Ptr(b.FuncProto(0, {{"", data}, {"", integer}})));
    b.Func(std::string(prefix) + "hit", b.FuncProto(0, {{"__data", data}, {"count", integer}}));
    kernel_->SetTypes(b);
    kernel_->events = {{"my", "hit"}};
    for (const char* pattern : {"my:hit", "my:h*"}) {
      const Match match = One(Trace(pattern));
      ASSERT_EQ(match.vars.size(), 1u);
      EXPECT_EQ(match.vars[0].name, std::string(prefix) == "__unknown_" ? "arg1" : "count");
      EXPECT_EQ(match.vars[0].arg, 0u);
    }
  }
}

TEST_F(Probes, ProcessBeginAndEnd) {
  using Filter = Match::ProcessFilter;
  const Match begin = One(Point({Name("process"), Name("begin")}));
  EXPECT_EQ(begin.name, "process.begin");
  EXPECT_EQ(std::get<ir::AttachTracepoint>(begin.attach).name, "sched_process_exec");
  EXPECT_EQ(begin.filter.kind, Filter::Kind::kNone);
  EXPECT_EQ(begin.filter_subject, Match::FilterSubject::kCurrent);
  EXPECT_TRUE(begin.filter.leader_only);
  EXPECT_FALSE(begin.filter.at_exit);

  const Match end = One(Point({Name("process", 42), Name("end")}));
  EXPECT_EQ(end.name, "process(42).end");
  EXPECT_EQ(end.filter.kind, Filter::Kind::kPid);
  EXPECT_EQ(end.filter.pid, 42);
  EXPECT_TRUE(end.filter.at_exit);
  EXPECT_EQ(end.filter.group_dead_arg, 1u);

  const Match thread = One(Point({Name("process"), Name("thread"), Name("begin")}));
  EXPECT_EQ(std::get<ir::AttachTracepoint>(thread.attach).name, "sched_process_fork");
  EXPECT_EQ(thread.filter_subject, Match::FilterSubject::kNewTask);
  EXPECT_TRUE(thread.filter.threads);
  EXPECT_FALSE(thread.filter.leader_only);
  EXPECT_EQ(thread.vars[1].name, "child");
  EXPECT_EQ(One(Point({Name("process"), Name("thread"), Name("end")})).name, "process.thread.end");
}

TEST_F(Probes, ProcessByPath) {
  kernel_->files["/opt/bin/server"] = {.device = 5, .inode = 77};
  const Match match = One(Point({Name("process", "/opt/bin/server"), Name("begin")}));
  EXPECT_EQ(match.name, "process(\"/opt/bin/server\").begin");
  EXPECT_EQ(match.filter.kind, Match::ProcessFilter::Kind::kFile);
  EXPECT_EQ(match.filter.file.inode, 77u);

  const char* before = ::getenv("PATH");
  const std::string saved = before != nullptr ? before : "";
  ::setenv("PATH", "/usr/bin:/opt/bin", 1);
  EXPECT_EQ(One(Point({Name("process", "server"), Name("begin")})).name,
            "process(\"/opt/bin/server\").begin");
  ::setenv("PATH", saved.c_str(), 1);
  EXPECT_EQ(Complaint(Point({Name("process", "/no/such"), Name("end")})).message,
            "cannot find executable '/no/such'");
  EXPECT_EQ(Complaint(Point({Name("process", "/bin/*"), Name("end")})).message,
            "podtap can't match programs by wildcard yet");
}

TEST_F(Probes, ProcessMistakes) {
  EXPECT_EQ(Complaint(Point({Name("process", 0), Name("end")})).message, "invalid process id: 0");
  EXPECT_THAT(Complaint(Point({Name("process")})).message, HasSubstr("truncated"));
  const auto typo = Complaint(Point({Name("process"), Name("beginn")}));
  EXPECT_EQ(typo.message, "probe point mismatch");
  EXPECT_EQ(typo.similar[0], "begin");
  EXPECT_EQ(Complaint(Point({Name("process"), Name("begin"), Name("x")})).span.begin, 30u);
  EXPECT_THAT(Complaint(Point({Name("process"), Name("thread")})).message,
              HasSubstr("(follow: .begin, .end)"));
}

TEST_F(Probes, WhatCantRunYetIsNamed) {
  const auto message = [&](std::vector<lang::Component> components) {
    return Complaint(Point(std::move(components))).message;
  };
  EXPECT_THAT(message({Name("kernel"), Name("function", "do_exit")}),
              HasSubstr("podtap can't run kernel.function probes yet"));
  EXPECT_THAT(message({Name("kernel"), Name("statement", "x@y:1")}), HasSubstr("kernel.statement"));
  EXPECT_THAT(message({Name("module", "ext4"), Name("function", "*")}),
              HasSubstr("module.function"));
  EXPECT_THAT(message({Name("kprobe"), Name("function", "x")}), HasSubstr("kprobe.function"));
  EXPECT_THAT(message({Name("process", "/bin/sh"), Name("function", "main")}),
              HasSubstr("podtap can't run process.function probes yet"));
  EXPECT_THAT(message({Name("process"), Name("syscall")}), HasSubstr("process.syscall"));
  EXPECT_THAT(message({Name("procfs", "x"), Name("read")}), HasSubstr("procfs"));
  EXPECT_THAT(message({Name("perf"), Name("hw"), Name("cpu_cycles")}), HasSubstr("perf.hw"));
  EXPECT_THAT(message({Name("netfilter"), Name("ip")}), HasSubstr("netfilter.ip"));
  EXPECT_THAT(message({Name("syscall"), Name("open")}), HasSubstr("syscall probes"));
  const auto typo = Complaint(Point({Name("kernel"), Name("trce", "x")}));
  EXPECT_EQ(typo.message, "probe point mismatch");
  EXPECT_EQ(typo.similar[0], "trace");
  EXPECT_THAT(Resolve(Point({Name("kernel"), Name("function", "x")}, true)), IsEmpty());
  EXPECT_FALSE(diagnostics_.has_errors());
  EXPECT_EQ(diagnostics_.all().size(), 1u);  // a warning
}

TEST_F(Probes, RootsAreUnique) {
  auto roots = ProviderRoots();
  std::ranges::sort(roots);
  EXPECT_EQ(std::ranges::adjacent_find(roots), roots.end());
  for (const char* root : {"begin", "end", "error", "never", "timer", "kernel", "process"})
    EXPECT_NE(FindProvider(root), nullptr);
  EXPECT_EQ(FindProvider("signal"), nullptr);
}

TEST_F(Probes, Listing) {
  const auto list = [&](const lang::ProbePoint& point, bool with_vars) {
    diagnostics_ = {};
    return ListPoints(point, *kernel_, with_vars, diagnostics_).value();
  };
  EXPECT_THAT(list(Trace("sched:sched_s*"), false),
              ElementsAre("kernel.trace(\"sched:sched_switch\")"));
  EXPECT_THAT(list(Trace("sched:sched_s*"), true),
              ElementsAre("kernel.trace(\"sched:sched_switch\") $preempt:bool "
                          "$prev:struct task_struct* $next:struct task_struct* "
                          "$prev_state:unsigned int"));
  EXPECT_THAT(list(Point({Name("be*")}), true), ElementsAre("begin"));
  EXPECT_THAT(list(Point({Name("process"), Name("end")}), true), ElementsAre("process.end"));
  EXPECT_THAT(list(Trace("zzzz"), false), IsEmpty());
  EXPECT_TRUE(diagnostics_.has_errors());
  EXPECT_THAT(list(Point({Name("nosuch")}), false), IsEmpty());
  EXPECT_TRUE(diagnostics_.has_errors());
}

TEST(ProbesWithoutBtf, IsAMachinesFailure) {
  kernel::FakeKernel kernel;
  source::Diagnostics diagnostics;
  const auto matches = FindProvider("kernel")->Resolve(Trace("x:y"), kernel, diagnostics);
  ASSERT_FALSE(matches.has_value());
  EXPECT_EQ(matches.error().kind, ErrorKind::kUnsupported);
}

// ------------------------------------------------------------ this machine

class RealProbes : public Probes {
 protected:
  void SetUp() override {
    if (::access("/sys/kernel/btf/vmlinux", R_OK) != 0)
      GTEST_SKIP() << "/sys/kernel/btf/vmlinux is missing";
  }
  std::vector<Match> OnThisKernel(const lang::ProbePoint& point) {
    auto matches = FindProvider(point.components[0].name)->Resolve(point, *real_, diagnostics_);
    EXPECT_TRUE(matches.has_value()) << (matches ? "" : matches.error().Message());
    return matches ? std::move(*matches) : std::vector<Match>();
  }
  std::unique_ptr<kernel::Kernel> real_ = kernel::MakeKernel();
};

TEST_F(RealProbes, SignalGenerate) {
  const auto matches = OnThisKernel(Trace("signal:signal_generate"));
  ASSERT_EQ(matches.size(), 1u);
  EXPECT_EQ(DescribeVars(matches[0], **real_->btf()),
            "$sig:int $info:struct kernel_siginfo* $task:struct task_struct* $group:int "
            "$result:int");
}

TEST_F(RealProbes, EveryTracepointHasNamedArguments) {
  const auto matches = OnThisKernel(Trace("*"));
  EXPECT_GT(matches.size(), 500u);
  size_t unnamed = 0;
  for (const Match& match : matches)
    for (const ContextVar& var : match.vars)
      unnamed += var.name == "arg" + std::to_string(var.arg + 1);
  EXPECT_LT(unnamed, 10u);  // task_prctl_unknown calls its own arg2 …
}

TEST_F(RealProbes, Processes) {
  for (const char* which : {"begin", "end"}) {
    EXPECT_EQ(OnThisKernel(Point({Name("process", "/bin/sh"), Name(which)})).size(), 1u);
    EXPECT_EQ(OnThisKernel(Point({Name("process"), Name("thread"), Name(which)})).size(), 1u);
  }
  EXPECT_FALSE(diagnostics_.has_errors());
}

}  // namespace
}  // namespace podtap::probes
