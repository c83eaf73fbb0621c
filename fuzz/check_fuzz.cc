// Any text → parse → check: no crash, no runaway, and what the checker passes
// can be dumped and is fully typed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lang/lang.h"

namespace {

using namespace podtap;

// A little of everything that the checker takes from the tapset.
constexpr const char* kTapset = R"(
global __seen
private global started
probe begin { started = 1 }
function pid:long() %{ ctx.pid %}
function log(msg:string) %{ session.log %}
function f(x):2 { if (x) next; return started }
function f(x):1 { next }
function id(x) { return x }
probe signal.send = kernel.trace("signal_generate") { sig = $sig name = "send" }
probe signal.all = signal.send !, signal.* ? { all = 1 }
probe loop.a = loop.b { }
probe loop.b += loop.a { }
)";

void RequireTyped(const lang::Script& script) {
  for (const lang::Global* global : script.globals)
    if (global->type == lang::Type::kUnknown) std::abort();
  for (const lang::Probe& probe : script.probes)
    for (const lang::Local& local : probe.locals)
      if (local.type != lang::Type::kLong && local.type != lang::Type::kString) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 65536) return 0;
  source::SourceSet sources;
  source::Diagnostics diagnostics;
  const lang::Environment environment;
  std::vector<std::unique_ptr<lang::File>> tapset;
  tapset.push_back(
      lang::Parse(sources, sources.Add("tapset.stp", kTapset, true), environment, diagnostics));
  if (diagnostics.has_errors()) std::abort();

  const auto id = sources.Add("fuzz.stp", std::string(reinterpret_cast<const char*>(data), size));
  auto user = lang::Parse(sources, id, environment, diagnostics);
  // Even a tree with holes, which no caller passes on, must not crash it.
  const bool parsed = !diagnostics.has_errors();
  lang::CheckOptions options;
  options.global_overrides = {{"x", "1"}, {"a", "text"}};
  const lang::Script script =
      lang::Check(sources, std::move(user), std::move(tapset), {"begin", "end", "kernel", "timer"},
                  options, diagnostics);
  const std::string dump = lang::Dump(script);
  const std::string shown = source::Render(sources, diagnostics, false);
  if (parsed && !diagnostics.has_errors()) RequireTyped(script);
  return dump.size() + shown.size() == SIZE_MAX ? 1 : 0;
}
