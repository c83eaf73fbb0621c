#include "report/fact.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace podtap::report {
namespace {

using store::ProcessKey;
using store::SignalSent;

constexpr ProcessKey kServer{{7942}, {100}};
constexpr ProcessKey kPkill{{23549}, {200}};
constexpr ProcessKey kBash{{23495}, {150}};

const store::Process* Find(const ProcessKey& key) {
  static const store::Process server{.key = kServer, .comm = "server"};
  static const store::Process pkill{.key = kPkill, .parent = kBash, .comm = "pkill"};
  static const store::Process bash{.key = kBash, .comm = "bash"};
  for (const store::Process* process : {&server, &pkill, &bash}) {
    if (process->key == key) return process;
  }
  return nullptr;
}

SignalSent Kill() {
  SignalSent sent;
  sent.signal = 9;
  sent.info = SignalSent::Info::kReal;
  sent.sender = kPkill;
  sent.target = kServer;
  sent.call = 62;
  return sent;
}

std::string Text(const store::Fact& fact) { return FactText({{0}, fact}, Find); }

TEST(FactLine, ASignalWithItsSendersParent) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  const int64_t boot_at = 1'000'000'000;
  const int64_t unix_ns = 1'785'420'202'123'000'000;  // 14:03:22.123
  EXPECT_EQ(FactLine({{boot_at}, Kill()}, Find, unix_ns - boot_at),
            "14:03:22.123 pkill(23549) sent SIGKILL to server(7942), parent bash(23495)");
}

TEST(FactText, WhatBecameOfASignal) {
  SignalSent sent = Kill();
  sent.result = SignalSent::Result::kAlreadyPending;
  EXPECT_EQ(Text(sent), "pkill(23549) sent SIGKILL to server(7942), already pending");
  sent.result = SignalSent::Result::kIgnored;
  EXPECT_EQ(Text(sent), "pkill(23549) sent SIGKILL to server(7942), ignored");
  sent.unkillable = true;
  EXPECT_EQ(Text(sent), "pkill(23549) sent SIGKILL to server(7942), dropped");
  sent.result = SignalSent::Result::kDelivered;
  sent.signal = 15;
  sent.action = SignalSent::Action::kHandle;
  EXPECT_EQ(Text(sent), "pkill(23549) sent SIGTERM to server(7942), handled");
}

TEST(FactText, FaultsAndTheKernel) {
  SignalSent fault;
  fault.signal = 11;
  fault.info = SignalSent::Info::kReal;
  fault.code = 1;
  fault.address = 0x10;
  fault.sender = fault.target = kServer;
  EXPECT_EQ(Text(fault), "server(7942) raised SIGSEGV at 0x10");
  fault.info = SignalSent::Info::kKernel;
  fault.signal = 9;
  fault.code = 128;
  EXPECT_EQ(Text(fault), "the kernel sent SIGKILL to server(7942)");
}

TEST(FactText, Ends) {
  store::ProcessExited exited;
  exited.process = kServer;
  exited.status = 139;
  EXPECT_EQ(Text(exited), "server(7942) was ended by SIGSEGV, core dumped");
  exited.status = 3 << 8;
  EXPECT_EQ(Text(exited), "server(7942) exited with code 3");
  exited.status = 31;
  exited.thread_only = true;
  EXPECT_EQ(Text(exited), "a thread of server(7942) was ended by SIGSYS");
}

TEST(FactText, OthersWords) {
  store::RuntimeSaid said;
  said.runtime = container::RuntimeKind::kDocker;
  said.action = "kill";
  said.signal = 15;
  EXPECT_EQ(Text(said), "Docker said: kill, SIGTERM");
  store::RuntimeClients clients;
  clients.socket = "/run/docker.sock";
  EXPECT_EQ(Text(clients), "connected to /run/docker.sock: nobody");
  clients.clients = {kPkill};
  EXPECT_EQ(Text(clients), "connected to /run/docker.sock: pkill(23549)");
  store::OomKill oom;
  oom.victim = kServer;
  oom.anon_kb = 20ULL * 1024;
  EXPECT_EQ(Text(oom), "the OOM killer chose server(7942), which held 20 MiB");
}

TEST(FactLine, NamesAreEscaped) {
  store::ProcessExec exec;
  exec.process = {{5}, {6}};
  exec.file = "/tmp/\x1b[2J";
  const std::string line = FactLine({{0}, exec}, nullptr, 0);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_NE(line.find("process 5 ran /tmp/\\x1b[2J"), std::string::npos) << line;
}

}  // namespace
}  // namespace podtap::report
