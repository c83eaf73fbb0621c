// The tapset compiled and run: every function and alias becomes ir with this
// kernel's types, and what needs no kernel gives the right values in user space.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "interp/interp.h"
#include "ir/passes.h"
#include "kernel/kernel.h"
#include "lower/lower.h"
#include "probes/probes.h"
#include "tapset/tapset_testing.h"

namespace podtap::tapset {
namespace {

kernel::Kernel* RealKernel() {
  static const std::unique_ptr<kernel::Kernel> kernel = kernel::MakeKernel();
  return kernel->btf() ? kernel.get() : nullptr;
}

// The module of a script, verified; what was wrong goes to `said`.
ir::Module Compile(const std::string& script, std::string& said) {
  Parsed parsed;
  const lang::Script checked = parsed.Check(script, probes::ProviderRoots());
  if (!parsed.diagnostics.has_errors()) {
    auto module = lower::Lower(parsed.sources, checked, *RealKernel(), {}, parsed.diagnostics);
    said = module ? parsed.Said() : module.error().Message();
    if (module && said.empty()) {
      ir::InferCaps(*module);
      ir::Optimise(*module);
      const auto verified = ir::Verify(*module);
      if (!verified) said = verified.error().Message();
      return std::move(*module);
    }
    return {};
  }
  said = parsed.Said();
  return {};
}

class OnThisKernel : public testing::Test {
 protected:
  void SetUp() override {
    if (RealKernel() == nullptr) GTEST_SKIP() << "no BTF";
  }
};

TEST_F(OnThisKernel, EveryFunctionBecomesIr) {
  for (const std::string& call : Calls(Parsed())) {
    std::string said;
    Compile("probe kernel.trace(\"signal:signal_generate\") { " + call + " }", said);
    EXPECT_EQ(said, "") << call;
  }
}

TEST_F(OnThisKernel, EveryAliasBecomesIr) {
  for (const Alias& alias : Aliases(Parsed())) {
    if (alias.name.starts_with("vm.pagefault")) continue;  // x86 with exceptions' events only
    std::string said;
    Compile(UseOf(alias), said);
    EXPECT_EQ(said, "") << alias.name;
  }
}

// A world in which only text comes out.
class TextHost : public interp::Host {
 public:
  int64_t Context(ir::ContextValue) override { return 0; }
  std::string Comm() override { return "me"; }
  bool ReadKernel(uint64_t, void*, uint32_t) override { return false; }
  bool ReadUser(uint64_t, void*, uint32_t) override { return false; }
  uint64_t TaskFromPid(int64_t) override { return 0; }
  TaskOffsets task_offsets() override { return {}; }
  void Print(uint32_t, std::string_view text) override { out += text; }
  void Event(uint32_t, uint32_t, std::span<const ir::FormatValue>) override {}
  void Exit() override {}
  void Error(uint32_t, ir::SiteId, std::string_view message) override {
    out += "ERROR " + std::string(message);
  }
  void Warn(std::string_view message) override { out += "WARNING " + std::string(message); }
  void Log(std::string_view message) override { out += message; }
  std::string out;
};

std::string Output(const std::string& statements) {
  std::string said;
  const ir::Module module = Compile("probe begin { " + statements + " }", said);
  if (!said.empty()) return said;
  TextHost host;
  const auto store = interp::MakeLocalStore(module);
  interp::Interpreter interpreter(module, *store, nullptr, host);
  interpreter.Run(0);
  return host.out;
}
// The value of one expression.
std::string Value(const std::string& expression) { return Output("print(" + expression + ")"); }

struct Case {
  const char* expression;
  const char* value;
};

TEST_F(OnThisKernel, Values) {
  constexpr Case kCases[] = {
      {R"(strpos("hello", "lo"))", "3"},
      {R"(strpos("hello", "x"))", "-1"},
      {R"(strpos("hello", ""))", "0"},
      {R"(isinstr("aab", "ab"))", "1"},
      {R"(isinstr("", "a"))", "0"},
      {R"(substr("hello", 1, 3))", "ell"},
      {R"(substr("hello", -1, 3))", ""},
      {R"(substr("hello", 4, 9))", "o"},
      {R"(stringat("abc", 1))", "98"},
      {R"(stringat("abc", 3))", "0"},
      {R"(str_replace("a.b.c", ".", "--"))", "a--b--c"},
      {R"(str_replace("abc", "", "x"))", "abc"},
      {R"(str_replace("abc", "abc", ""))", ""},
      {R"(strtol("-0x1F", 16))", "-31"},
      {R"(strtol("0x1f", 0))", "31"},
      {R"(strtol("017", 0))", "15"},
      {R"(strtol("12ab", 10))", "12"},
      {R"(strtol(" 1", 10))", "0"},
      {R"(strtol("1012", 2))", "5"},
      {R"(isdigit("9x"))", "1"},
      {R"(isdigit(""))", "0"},
      {R"(tolower("AbZ[") . toupper("az{"))", "abz[AZ{"},
      {R"(text_str("a\n\"\001z\\"))", R"(a\n\"\001z\\)"},
      {R"(text_strn("hello world", 10, 1))", R"("hello"...)"},
      {R"(text_strn("hello", 0, 1))", R"("hello")"},
      {R"(text_strn("hello", 3, 0))", "hel"},
      {R"(string_quoted("a\tb"))", R"("a\tb")"},
      {"errno_str(2)", "ENOENT"},
      {"errno_str(-11)", "EAGAIN"},
      {"errno_str(3333)", "E#3333"},
      {"return_str(1, -2)", "-2 (ENOENT)"},
      {"return_str(2, 255)", "0xff"},
      {"return_str(3, 8)", "010"},
      {"signal_str(9)", "SIGKILL"},
      {"signal_str(37)", "0x25"},
      {"sigset_mask_str(0x101)", "SIGHUP,SIGKILL"},
      {"sa_flags_str(0x10000004)", "SA_SIGINFO|SA_RESTART"},
      {"sa_handler_str(1)", "ignored"},
      {"syscall_name(62)", "kill"},
      {"syscall_name(435)", "clone3"},
      {"syscall_name(231)", "exit_group"},
      {"syscall_name(334)", "rseq"},
      {"syscall_name(470)", "listns"},
      {"syscall_name(400)", "400"},
      {"syscall_name(-1)", "-1"},
      {"ctime(0)", "Thu Jan  1 00:00:00 1970"},
      {"ctime(741480548)", "Wed Jun 30 22:49:08 1993"},
      {"ctime(951782400)", "Tue Feb 29 00:00:00 2000"},
      {"ctime(-2147483648)", "Fri Dec 13 20:45:52 1901"},
      {"ctime(2147483647)", "Tue Jan 19 03:14:07 2038"},
      {"msecs_to_string(66851)", "1m6.851s"},
      {"usecs_to_string(12908000)", "0m12.908000s"},
      {"nsecs_to_string(540000000)", "0m0.540000000s"},
      {"ip_ntop(16777343)", "127.0.0.1"},
      {"htons(0x1234)", "13330"},
      {"ntohl(0x01020304)", "67305985"},
      {"MAJOR(MKDEV(8, 1)) * 10 + MINOR(MKDEV(8, 1))", "81"},
      {"usrdev2kerndev(0x801)", "8388609"},
      {"bytes_to_string(1023)", " 1023"},
      {"bytes_to_string(1536)", " 1.5K"},
      {"bytes_to_string(12582912)", "12.0M"},
      {"bytes_to_string(134217728)", " 128M"},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(Value(c.expression), c.value) << c.expression;
  }
}

TEST_F(OnThisKernel, TokenizeGivesOneAfterTheOther) {
  EXPECT_EQ(
      Output(R"(for (t = tokenize("a,,b;c", ",;"); t != ""; t = tokenize("", ",;")) println(t))"),
      "a\nb\nc\n");
  EXPECT_EQ(Output(R"(printf("%s|", tokenize("a,,b", ","))
                   for (i = 0; i < 3; i++) printf("%s|", tokenize(",")))"),
            "a||b||");
}

TEST_F(OnThisKernel, FaultsAreErrorsOrWhatTheFunctionSays) {
  EXPECT_EQ(Output("kernel_long(8)"), "ERROR kernel long copy fault at 0x8 [man error::fault]");
  EXPECT_EQ(Value("kernel_string(8, \"gone\")"), "gone");
  EXPECT_EQ(Value("user_string2(8, \"gone\")"), "gone");
  EXPECT_EQ(Value("user_int(8)"), "0");
  EXPECT_EQ(Value("user_string_quoted(8)"), "0x8");
  EXPECT_EQ(Value("user_string_quoted(0)"), "NULL");
  EXPECT_EQ(Output("ctime(1 << 40)"), "ERROR time is too far in the future");
  EXPECT_EQ(Output("assert(1 == 2, \"no\")"), "ERROR no");
}

TEST_F(OnThisKernel, IndentFollowsCallsAndReturns) {
  EXPECT_EQ(Output(R"(println(indent(1), "a") println(indent(1), "b")
                   println(indent(-1), "b") println(indent(-1), "a"))"),
            "     0 :a\n     0 : b\n     0 : b\n     0 :a\n");
}

TEST_F(OnThisKernel, QueuesAndStopwatchesStartEmpty) {
  EXPECT_EQ(Value("qsq_utilization(\"q\", 100)"), "0");
  EXPECT_EQ(Output("start_stopwatch(\"w\") print(read_stopwatch_ns(\"w\"))"), "0");
  EXPECT_EQ(Output("qsq_start(\"q\") qs_wait(\"q\") qs_run(\"q\") qs_done(\"q\") qsq_print(\"q\")"),
            "q: 0 ops/s, 0.000 qlen, 0 await, 0 svctm, 0% wait, 0% utilization\n");
}

}  // namespace
}  // namespace podtap::tapset
