// The tapset as scripts see it: every file parses, every function and alias
// checks when a script uses it, and the manual names them all.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "tapset/tapset_testing.h"

namespace podtap::tapset {
namespace {

const std::vector<std::string> kRoots = {"begin", "end",     "error", "never",
                                         "timer", "process", "kernel"};

TEST(Tapset, EveryFileParsesForEveryKernel) {
  for (const char* release : {"5.10.0-28-amd64", "6.1.0-18-cloud-amd64", "6.18.44", "7.3.1"}) {
    for (const char* arch : {"x86_64", "arm64"}) {
      const Parsed parsed(release, arch);
      EXPECT_EQ(parsed.Said(), "") << release << " " << arch;
    }
  }
}

TEST(Tapset, EveryFunctionChecks) {
  for (const char* release : {"5.10.0", "6.18.44"}) {
    Parsed parsed(release);
    std::string script;
    for (const std::string& call : Calls(parsed)) script += "probe begin { " + call + " }\n";
    parsed.Check(script, kRoots);
    EXPECT_EQ(parsed.Said(), "") << release;
  }
}

TEST(Tapset, EveryAliasChecksWithAllItsVariables) {
  Parsed parsed;
  std::string script;
  for (const Alias& alias : Aliases(parsed)) script += UseOf(alias);
  EXPECT_NE(script.find("println(sig_name)"), std::string::npos);
  parsed.Check(script, kRoots);
  EXPECT_EQ(parsed.Said(), "");
}

TEST(Tapset, MacrosAreForScriptsToo) {
  Parsed parsed;
  parsed.Check(
      "probe kernel.trace(\"oom:mark_victim\") {\n"
      "  println(@choose_defined($task->tgid, $pid))\n"
      "  println(@task(task_current())->pid)\n"
      "  if (@type_member_defined(\"task_struct\", comm)) println(1)\n"
      "  println(@container_of(1, \"task_struct\", comm))\n"
      "}",
      kRoots);
  EXPECT_EQ(parsed.Said(), "");
}

TEST(Tapset, NamesAreUnique) {
  const Parsed parsed;
  std::set<std::string> seen;
  for (const auto& file : parsed.files) {
    for (const auto& function : file->functions) {
      const std::string overload = function->name + "/" + std::to_string(function->parameter_count);
      EXPECT_TRUE(seen.insert(overload).second) << overload;
    }
  }
}

TEST(Tapset, StaysSmallEnoughToParseAtEveryStart) {
  size_t bytes = 0;
  for (const Script& script : Scripts()) bytes += script.text.size();
  EXPECT_LT(bytes, 80U * 1024);
}

std::string ReadDoc(const std::string& name) {
  std::ifstream in(std::string(PODTAP_SOURCE_DIR) + "/docs/" + name);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Tapset, TheManualNamesEveryFunctionAndAlias) {
  const Parsed parsed;
  const std::string functions = ReadDoc("functions.md");
  for (const auto& file : parsed.files) {
    for (const auto& function : file->functions) {
      if (!IsPublic(function->name)) continue;
      EXPECT_NE(functions.find("`" + function->name + "("), std::string::npos) << function->name;
    }
  }
  const std::string probes = ReadDoc("probes.md");
  for (const Alias& alias : Aliases(parsed)) {
    EXPECT_NE(probes.find("`" + alias.name + "`"), std::string::npos) << alias.name;
  }
}

}  // namespace
}  // namespace podtap::tapset
