// What the tests of this room share: a host that writes down what it is asked,
// with a small memory of its own, and a module from its text form.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "interp/interp.h"
#include "ir/passes.h"

namespace podtap::interp {

class FakeHost : public Host {
 public:
  int64_t Context(ir::ContextValue which) override { return 1000 + static_cast<int64_t>(which); }
  std::string Comm() override { return "podtap"; }
  bool ReadKernel(uint64_t address, void* to, uint32_t size) override {
    return Read(kernel, address, to, size);
  }
  bool ReadUser(uint64_t address, void* to, uint32_t size) override {
    return Read(user, address, to, size);
  }
  uint64_t TaskFromPid(int64_t pid) override { return static_cast<uint64_t>(pid) * 16; }
  TaskOffsets task_offsets() override { return offsets; }

  void Print(uint32_t, std::string_view text) override { out.append(text); }
  void Event(uint32_t, uint32_t event, std::span<const ir::FormatValue> values) override {
    out += "event " + std::to_string(event);
    for (const ir::FormatValue& value : values) {
      out += " " + std::to_string(value.number) + "'" + std::string(value.text) + "'";
    }
    out += "\n";
  }
  void Exit() override { out += "<exit>"; }
  void Error(uint32_t program, ir::SiteId site, std::string_view message) override {
    out += "<error " + std::to_string(program) + " " + std::to_string(site) + " " +
           std::string(message) + ">";
  }
  void Warn(std::string_view message) override { out += "<warn " + std::string(message) + ">"; }
  void Log(std::string_view message) override { out += "<log " + std::string(message) + ">"; }

  std::map<uint64_t, std::string> kernel;  // regions by their first address
  std::map<uint64_t, std::string> user;
  TaskOffsets offsets;
  std::string out;

 private:
  static bool Read(const std::map<uint64_t, std::string>& regions, uint64_t address, void* to,
                   uint32_t size) {
    auto region = regions.upper_bound(address);
    if (region == regions.begin()) return false;
    --region;
    const uint64_t offset = address - region->first;
    if (offset > region->second.size() || size > region->second.size() - offset) return false;
    std::memcpy(to, region->second.data() + offset, size);
    return true;
  }
};

inline ir::Module ParseModule(const std::string& text, uint32_t max_string = 512) {
  Result<ir::Module> module =
      ir::Read("limits " + std::to_string(max_string) + " 1000 10000 2048 10 0 target 0\n" + text);
  EXPECT_TRUE(module.has_value()) << (module ? "" : module.error().Message());
  return module ? std::move(*module) : ir::Module{};
}

inline constexpr const char* kBegin = "program \"begin\" written \"begin\" attach begin 0\n";

struct World {
  ir::Module module;
  FakeHost host;
  std::unique_ptr<ir::Store> store;
  std::unique_ptr<Interpreter> interpreter;

  explicit World(const std::string& text, uint32_t max_string = 512)
      : module(ParseModule(text, max_string)),
        store(MakeLocalStore(module)),
        interpreter(std::make_unique<Interpreter>(module, *store, nullptr, host)) {}

  // Runs a program and takes what it put out.
  std::string Run(uint32_t program = 0) {
    host.out.clear();
    interpreter->Run(program);
    return host.out;
  }
  int64_t Long(uint32_t global) {
    int64_t number = 0;
    std::memcpy(&number, store->Long(global), sizeof number);
    return number;
  }
  void SetLong(uint32_t global, int64_t number) {
    std::memcpy(store->Long(global), &number, sizeof number);
  }
};

}  // namespace podtap::interp
