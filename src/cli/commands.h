// The subcommands: one row each, one file each.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

namespace CLI {
class App;
}

namespace podtap::cli {

struct Command {
  const char* name;
  const char* text;  // in `podtap --help`
  // Declares the options. What it returns runs the command, once the command line was
  // parsed, and gives the exit status.
  std::function<int()> (*declare)(CLI::App& app, int64_t process_started_ns);
};

// In the order of --help.
std::span<const Command> Commands();

// `run` alone, for when we are called `stap`.
std::function<int()> DeclareRun(CLI::App& app, int64_t process_started_ns);

}  // namespace podtap::cli
