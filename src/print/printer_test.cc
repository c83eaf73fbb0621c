#include "print/printer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>

#include "base/fd.h"
#include "print/json.h"

namespace podtap::print {
namespace {

using ir::FormatValue;
using nlohmann::json;

ir::Module Sample() {
  ir::Module module;
  ir::Program program;
  program.written = "signal.send";
  module.programs = {program};
  return module;
}

// Runs `use` with a printer into a temporary file; what the file has then.
template <typename Use>
std::string Printed(Printer::Options options, const Use& use) {
  const Fd file(::memfd_create("printed", MFD_CLOEXEC));
  EXPECT_TRUE(file.valid());
  options.fd = file.get();
  const ir::Module module = Sample();
  {
    const std::unique_ptr<Printer> printer = Printer::Make(module, options);
    use(*printer);
    printer->Flush();
    EXPECT_EQ(printer->write_error(), 0);
  }
  std::string text;
  char buffer[4096];
  for (ssize_t size = 0;
       (size = ::pread(file.get(), buffer, sizeof buffer, static_cast<off_t>(text.size()))) > 0;) {
    text.append(buffer, static_cast<size_t>(size));
  }
  return text;
}

FormatValue N(int64_t number) { return {.number = number, .text = {}}; }
FormatValue S(std::string_view text) { return {.number = 0, .text = text}; }

std::string ChainBytes(std::string_view comm, uint64_t start_ns) {
  ir::ChainEntry entry{};
  std::memcpy(entry.comm, comm.data(), comm.size());
  entry.start_ns = start_ns;
  return {reinterpret_cast<const char*>(&entry), sizeof entry};
}

const ir::EventType kEventType = {"killed",
                                  {{"sig", ir::Type::kI64},
                                   {"comm", ir::Type::kStr},
                                   {"pid", ir::Type::kI64},
                                   {"from", ir::Type::kChain}}};

TEST(Printer, TextGoesOutAsItIs) {
  const std::string text = Printed({}, [](Printer& printer) {
    printer.Text({}, "one\x1b[0m\n");
    printer.Text({}, "two");
  });
  EXPECT_EQ(text, "one\x1b[0m\ntwo");
}

TEST(Printer, TextIsEscapedWhenAsked) {
  const std::string text = Printed({.escape_controls = true},
                                   [](Printer& printer) { printer.Text({}, "a\x1b[0m\tb\n"); });
  EXPECT_EQ(text, "a\\x1b[0m\tb\n");
}

TEST(Printer, TextOfAnEvent) {
  const std::string chain = ChainBytes("sh", 80'000'000) + ChainBytes("init", 0);
  const std::string text = Printed({}, [&](Printer& printer) {
    printer.Event({}, kEventType, std::vector<FormatValue>{N(9), S("a\"\n\x1b"), N(-1), S(chain)});
  });
  EXPECT_EQ(text,
            "killed sig=9 comm=\"a\\\"\\n\\x1b\" pid=-1 "
            "from=\"init(0m0.000000000s)=>sh(0m0.080000000s)\"\n");
}

TEST(Printer, MuchTextIsComplete) {
  std::string expected;
  const std::string text = Printed({}, [&](Printer& printer) {
    for (int i = 0; i < 50000; i++) {
      const std::string line = "line " + std::to_string(i) + "\n";
      printer.Text({}, line);
      expected += line;
    }
  });
  EXPECT_EQ(text, expected);
}

TEST(Printer, JsonOfText) {
  const Printer::Options options{.mode = Mode::kJson, .real_offset_ns = 1'000'000'000'000'000'000};
  const std::string text = Printed(options, [](Printer& printer) {
    printer.Text({.time_ns = 42, .program = 0, .cpu = 3, .pid = 77}, "hi \"you\"\n");
    printer.Text({.time_ns = 1'000'000'043, .program = 9, .cpu = 0, .pid = 0}, "");
  });
  EXPECT_EQ(text,
            "{\"time\":\"2001-09-09T01:46:40.000000042Z\",\"probe\":\"signal.send\",\"cpu\":3,"
            "\"pid\":77,\"text\":\"hi \\\"you\\\"\\n\"}\n"
            "{\"time\":\"2001-09-09T01:46:41.000000043Z\",\"probe\":\"\",\"cpu\":0,\"pid\":0,"
            "\"text\":\"\"}\n");
}

TEST(Printer, JsonOfAnEvent) {
  const std::string chain = ChainBytes("sh", 80'000'000) + ChainBytes("init", 0);
  const std::string text = Printed({.mode = Mode::kJson}, [&](Printer& printer) {
    printer.Event({.time_ns = 0, .program = 0, .cpu = 1, .pid = 2}, kEventType,
                  std::vector<FormatValue>{N(INT64_MIN), S("b\xff"), N(5), S(chain)});
  });
  const json line = json::parse(text);
  EXPECT_EQ(line["event"], "killed");
  EXPECT_EQ(line["sig"], INT64_MIN);
  EXPECT_EQ(line["comm"], "b\xef\xbf\xbd");
  EXPECT_EQ(line["pid"], 2);
  EXPECT_EQ(line["pid_"], 5);
  EXPECT_EQ(line["from"], (json{{{"comm", "sh"}, {"start_ns", 80'000'000}},
                                {{"comm", "init"}, {"start_ns", 0}}}));
}

TEST(Printer, AFullDiskAndAClosedPipeAreRemembered) {
  const ir::Module module = Sample();
  const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full.valid());
  const auto on_full = Printer::Make(module, {.fd = full.get()});
  on_full->Text({}, "x");
  EXPECT_EQ(on_full->write_error(), 0);  // still in the buffer
  on_full->Flush();
  EXPECT_EQ(on_full->write_error(), ENOSPC);

  const auto before = std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Fd writer(ends[1]);
  ::close(ends[0]);
  const auto on_pipe = Printer::Make(module, {.fd = writer.get()});
  on_pipe->Text({}, std::string(200'000, 'x'));
  on_pipe->Text({}, "more");
  on_pipe->Flush();
  EXPECT_EQ(on_pipe->write_error(), EPIPE);
  std::signal(SIGPIPE, before);
}

// What any bytes become must be what a JSON library makes of them.
TEST(Json, StringsAgreeWithALibrary) {
  std::mt19937 random(5);
  const std::string_view pieces[] = {"a",
                                     "\"",
                                     "\\",
                                     "\n",
                                     "\x1f",
                                     "\x7f",
                                     "\xc3\xbc",
                                     "\xe2\x82\xac",
                                     "\xf0\x9f\x98\x80",
                                     " plain text ",
                                     "\t\r\b"};
  for (int i = 0; i < 3000; i++) {
    std::string text;
    for (size_t parts = random() % 12; parts > 0; parts--) {
      text += pieces[random() % std::size(pieces)];
    }
    std::string out;
    AppendJsonString(text, out);
    EXPECT_EQ(json::parse(out), text);
  }
}

TEST(Json, AnyBytesGiveValidJson) {
  std::mt19937 random(6);
  for (int i = 0; i < 3000; i++) {
    std::string text;
    for (size_t size = random() % 20; size > 0; size--) text += static_cast<char>(random());
    std::string out;
    AppendJsonString(text, out);
    EXPECT_TRUE(json::accept(out)) << out;
  }
}

TEST(Json, TimesBeforeAndAfterTheEpoch) {
  JsonTime time;
  std::string out;
  time.Append(0, out);
  time.Append(-1, out);
  time.Append(1'700'000'000'123'456'789, out);
  EXPECT_EQ(out,
            "1970-01-01T00:00:00.000000000Z1969-12-31T23:59:59.999999999Z"
            "2023-11-14T22:13:20.123456789Z");
  for (const int64_t extreme : {INT64_MIN, INT64_MAX}) time.Append(extreme, out);
}

TEST(FormatEvent, EscapesValuesButNotTheFormat) {
  ir::Module module;
  std::string error;
  size_t offset = 0;
  module.formats.resize(1);
  ASSERT_TRUE(ir::ParseFormat("\x1b[1m%s\x1b[0m", module.formats[0], error, offset));
  const ir::Item item{.op = ir::Op::kPrint, .index = 0, .site = 0, .fields = {}, .max_size = 0};
  const std::vector<FormatValue> values = {S("evil\x1b]")};
  std::string out;
  FormatEvent(module, {.header = nullptr, .item = &item, .values = values}, true, out);
  EXPECT_EQ(out, "\x1b[1mevil\\x1b]\x1b[0m");
  out.clear();
  FormatEvent(module, {.header = nullptr, .item = &item, .values = values}, false, out);
  EXPECT_EQ(out, "\x1b[1mevil\x1b]\x1b[0m");
}

TEST(FormatEvent, RememberedChainsAreNeverStale) {
  ir::Module module;
  module.formats.resize(2);
  ir::Directive chain;
  chain.conversion = ir::Directive::Conversion::kChainTimes;
  module.formats[0].pieces = {chain};
  chain.conversion = ir::Directive::Conversion::kChain;
  module.formats[1].pieces = {chain};
  const std::string chains[] = {ChainBytes("a\x1b", 1), ChainBytes("a\x1b", 2), "",
                                ChainBytes("b", 2) + ChainBytes("a", 1)};
  std::mt19937 random(1);
  for (int i = 0; i < 1000; i++) {
    const std::string& bytes = chains[random() % std::size(chains)];
    const uint32_t format = random() % 2;
    const bool escape = random() % 2 == 0;
    const ir::Item item{
        .op = ir::Op::kPrint, .index = format, .site = 0, .fields = {}, .max_size = 0};
    const std::vector<FormatValue> values = {S(bytes)};
    std::string out, raw;
    FormatEvent(module, {.header = nullptr, .item = &item, .values = values}, escape, out);
    ir::FormatText(module.formats[format], values, raw);
    EXPECT_EQ(out, escape ? EscapeControls(raw) : raw);
  }
}

}  // namespace
}  // namespace podtap::print
